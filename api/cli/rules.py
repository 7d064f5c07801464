"""``careweave rules``: the safety rules, with their strength, who may override, and sources."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from api.cli.safety_view import STYLES
from api.cli.terminal import answers, counted, refuse
from api.cli.wording import STRENGTHS
from pathways.safety import RULES, Strength
from pathways.safety.rule import PathwayRule, PlanRule
from pathways.sources import sources

_READ = {"page": "page read", "excerpt": "excerpt read", "named": "named, not read"}
_MEANING = f"{STRENGTHS} The rules support clinicians and do not replace their judgement."


def rules(
    rule: Annotated[
        str | None,
        typer.Argument(metavar="RULE", help="One rule, such as R-32.", show_default=False),
    ] = None,
    strength: Annotated[
        Strength | None, typer.Option(help="Rules of this strength alone.", show_default=False)
    ] = None,
) -> None:
    """List the safety rules with their sources, or one of them."""
    chosen = [r for r in RULES if rule in (None, r.id) and strength in (None, r.strength)]
    if not chosen:
        known = ", ".join(dict.fromkeys(r.id for r in RULES))
        refuse([f"there is no such rule; rules are {known}"])
    console = answers()
    for one in chosen:
        console.print(_rule_view(one))
    console.print(Text(f"{counted(len(chosen), 'rule')}. {_MEANING}", "dim"))


def _rule_view(rule: PathwayRule | PlanRule) -> RenderableType:
    heading = Text.assemble(
        (rule.id, "bold"), " ", (rule.strength.value, STYLES[rule.strength]), f"  {rule.name}"
    )
    override = " together with ".join(rule.override) or "nobody"
    facts = Text.assemble(
        rule.statement,
        f"\njudges a {rule.judges}; may be overridden by: {override}; area: {rule.area}",
    )
    cited = [Text(_source_line(key), "dim") for key in rule.sources]
    return Group(heading, Padding(Group(facts, *cited), (0, 0, 1, 2)))


def _source_line(key: str) -> str:
    """A source in one line: its key, title, publisher, year and how far it was read."""
    source = sources()[key]
    year = "" if source.year == "unknown" else f", {source.year}"
    weak = ", weak" if source.weak else ""
    if source.seen == "house":
        return f"{key}: no source; a default that every clinic must be able to change"
    return f"{key}: {source.title}. {source.publisher}{year} ({_READ[source.seen]}{weak})"
