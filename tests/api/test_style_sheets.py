"""Style sheets speak of what pages have."""

import re
from pathlib import Path

import api.web

WEB = Path(api.web.__file__).parent
OF_THE_CALENDAR = "ec-"
"""How the classes begin that the calendar's own script makes."""


def _read(folder: str, *endings: str) -> str:
    found = sorted(path for path in (WEB / folder).rglob("*") if path.suffix in endings)
    ours = (path for path in found if not {"dist", "node_modules"} & set(path.parts))
    return "\n".join(path.read_text() for path in ours)


def test_every_class_of_a_style_sheet_is_one_that_a_page_can_have() -> None:
    rules = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", _read(".", ".css"), flags=re.DOTALL))
    named = {name for rule in rules for name in re.findall(r"\.([a-z][\w-]*)", rule)}
    words = set(re.findall(r"[\w-]+", _read(".", ".html", ".py", ".js")))
    # Some are put together: `heat-{{ number }}`.
    begun = {name for name in named if re.sub("[^-]*$", "", name) in words - {"-"}}
    theirs = {name for name in named if name.startswith(OF_THE_CALENDAR)}
    assert "line-2" in begun
    assert sorted(named - words - begun - theirs) == []
