"""Write the pages of this directory that tell what the data say; `make reference` runs this."""

from collections.abc import Iterator
from importlib import resources
from inspect import getdoc
from pathlib import Path
from typing import get_args

from pathways import library
from pathways.levels import levels
from pathways.protocol import LibraryPathway
from pathways.record import Record
from pathways.safety import RULES
from pathways.safety.courses import doses_by_week
from pathways.safety.rule import PathwayRule, PlanRule
from pathways.sources import sources

HERE = Path(__file__).parent

RULES_HEAD = """\
# The safety rules

Written by `make reference` from `pathways/safety`; `careweave rules` prints the same list.

**Hard**: refused. **Gate**: may be planned, not confirmed or started. **Soft**: a warning that \
wants a reason. A *pathway* rule judges a pathway of the library, a *plan* rule what is planned \
for a patient on one. Who is named together must override together. `house` means that no source \
was found and every clinic must be able to change it.

The rules support clinicians and do not replace their judgement.
"""

LIBRARY_HEAD = """\
# The library of pathways

Written by `make reference` from `pathways/library`; `careweave pathways show ID` prints a whole \
pathway with its sources.

These are protocols as data, put together from public sources, many of them read in excerpts. **No \
clinician has signed them.** A clinic's prescriber checks every number against its source, changes \
what has to be changed ([how](../how-to/write-a-pathway.md)), and signs the version that is used.
"""

LIBRARY_TAIL = """\
## What neither a pathway nor a plan can say

A scenario names a pathway as `{library: ID, version: "2026.1"}` and gets its activities: what the \
[contract](contract.md) knows. The rest stays with the pathway, for the people and programs that \
run the sessions. Three things need data that only they have, and are judged there: the 24-hour \
mode of the no-driving note, nasal devices left on an authorization, and one active route at a time.

Where the contract leaves room for what a hard rule forbids, the planner knows the rule: it plans \
doses of library pathways to end half an hour before the clinic closes (R-19), and no more of the \
library's patients into a group than R-39 allows. What it cannot mend it refuses before it plans: \
a `resume_driving` before 06:00 (R-30).
"""


def rules_page() -> str:
    """The page of the safety rules, as Markdown."""
    areas: dict[str, list[PathwayRule | PlanRule]] = {}
    for rule in RULES:
        areas.setdefault(rule.area, []).append(rule)
    return "\n".join([RULES_HEAD, *(line for area in areas for line in _area(area, areas[area]))])


def _area(area: str, rules: list[PathwayRule | PlanRule]) -> Iterator[str]:
    yield f"## {area.capitalize()}\n"
    yield from _table_head("id", "strength", "judges", "rule", "override", "sources")
    for rule in rules:
        override = " and ".join(rule.override) or "nobody"
        cited = ", ".join(map(_cited, rule.sources))
        yield _row(rule.id, rule.strength, rule.judges, rule.statement, override, cited)
    yield ""


def _cited(key: str) -> str:
    address = sources()[key].address
    return f"[{key}]({address})" if address.startswith("https://") else key


def pathways_page() -> str:
    """The page of the library, as Markdown."""
    parts = (_pathways(), _contents(), _parts(), _levels())
    return "\n".join([LIBRARY_HEAD, *(line for part in parts for line in part), LIBRARY_TAIL])


def _pathways() -> Iterator[str]:
    yield "## Pathways\n"
    yield from _table_head("id", "version", "what it is", "weeks", "doses, week by week", "level")
    for name, version in library.names():
        pathway = library.load(name, version)
        ladder = " → ".join(dict.fromkeys(levels()[b.level].title for b in pathway.levels))
        yield _row(name, version, _told(pathway), str(pathway.weeks), _doses(pathway), ladder)
    yield ""


def _told(pathway: LibraryPathway) -> str:
    why = "".join(f" Departs from {d.rule}: {d.reason}" for d in pathway.departures)
    return f"**{pathway.title}.** {pathway.summary}{why}"


def _doses(pathway: LibraryPathway) -> str:
    by_week = ", ".join(map(str, doses_by_week(pathway)))
    return f"{by_week} from week {pathway.dose_weeks[0]}, {pathway.route}"


def _contents() -> Iterator[str]:
    yield "## What a file holds\n"
    fields = LibraryPathway.model_fields
    told = {name: _meaning(field.annotation) for name, field in fields.items()}
    plain = ", ".join(f"`{name}`" for name, meaning in told.items() if not meaning)
    yield f"In the file itself or in a part that it names. Words and numbers: {plain}. Tables:\n"
    yield from _table_head("key", "needed", "what it says")
    for name, meaning in told.items():
        if meaning:
            yield _row(f"`{name}`", "yes" if fields[name].is_required() else "", meaning)
    yield ""


def _meaning(annotation: object) -> str:
    """The first sentence about the record that a field holds, one or many; none for a word."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return _first_paragraph(getdoc(annotation) or "")
    return next(filter(None, map(_meaning, get_args(annotation))), "")


def _first_paragraph(text: str) -> str:
    """In one line, and code marked as Markdown marks it."""
    return text.split("\n\n", maxsplit=1)[0].replace("\n", " ").replace("``", "`")


def _parts() -> Iterator[str]:
    yield "## Parts that pathways share\n"
    yield from _table_head("part", "version", "what it is")
    folder = resources.files("pathways.library").joinpath("parts")
    for part in sorted(folder.iterdir(), key=lambda entry: entry.name):
        for file in sorted(part.iterdir(), key=lambda entry: entry.name):
            lines = file.read_text("utf-8").split("\n\n")[0].splitlines()
            told = " ".join(line.removeprefix("#").strip() for line in lines)
            yield _row(part.name, file.name.removesuffix(".toml"), told)
    yield ""


def _levels() -> Iterator[str]:
    yield "## The continuum of care\n"
    yield "People move down as they stabilise and up when they need more; neither by itself.\n"
    yield from _table_head("level", "hours a week", "days a week", "doses", "down to", "up to")
    for name, level in levels().items():
        hours = str(level.hours) if level.hours else "not counted here"
        days = f"at least {level.days_a_week.least}" if level.days_a_week else ""
        ways = (", ".join(level.down), ", ".join(level.up))
        yield _row(f"{level.title} (`{name}`)", hours, days, _yes(level.holds_doses), *ways)
    yield ""


def _yes(held: bool) -> str:
    return "may be given" if held else "none"


def _table_head(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield _row(*("---" for _ in cells))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    HERE.joinpath("rules.md").write_text(rules_page(), encoding="utf-8")
    HERE.joinpath("pathways.md").write_text(pathways_page(), encoding="utf-8")
