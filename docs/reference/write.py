"""Write docs/reference/rules.md from the rules themselves; `make reference` runs this."""

from collections.abc import Iterator
from pathlib import Path

from pathways.safety import RULES
from pathways.safety.rule import PathwayRule, PlanRule
from pathways.sources import sources

PAGE = Path(__file__).with_name("rules.md")

HEAD = """\
# The safety rules

Written by `make reference` from `pathways/safety`; `careweave rules` prints the same list.

**Hard**: refused. **Gate**: may be planned, not confirmed or started. **Soft**: a warning that \
wants a reason. A *pathway* rule judges a pathway of the library, a *plan* rule what is planned \
for a patient on one. Who is named together must override together. `house` means that no source \
was found and every clinic must be able to change it.

The rules support clinicians and do not replace their judgement.
"""


def rules_page() -> str:
    """The whole page, as Markdown."""
    areas: dict[str, list[PathwayRule | PlanRule]] = {}
    for rule in RULES:
        areas.setdefault(rule.area, []).append(rule)
    return "\n".join([HEAD, *(line for area in areas for line in _area(area, areas[area]))])


def _area(area: str, rules: list[PathwayRule | PlanRule]) -> Iterator[str]:
    yield f"## {area.capitalize()}\n"
    yield "| id | strength | judges | rule | override | sources |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule in rules:
        override = " and ".join(rule.override) or "nobody"
        cited = ", ".join(map(_cited, rule.sources))
        cells = (rule.id, rule.strength, rule.judges, rule.statement, override, cited)
        yield f"| {' | '.join(cells)} |"
    yield ""


def _cited(key: str) -> str:
    address = sources()[key].address
    return f"[{key}]({address})" if address.startswith("https://") else key


if __name__ == "__main__":
    PAGE.write_text(rules_page(), encoding="utf-8")
