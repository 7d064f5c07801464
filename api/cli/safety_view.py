"""What the safety rules found in a plan: for a judge in full, for a planner in two lines."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.documents import STANDARD_OUTPUT
from api.cli.terminal import counted, printable
from api.cli.wording import STRENGTHS
from pathways.safety import Breach, Strength
from scheduler.planning.judging import Judgement

STYLES = {Strength.HARD: "bold red", Strength.GATE: "bold yellow", Strength.SOFT: "bold"}
"""How a strength is coloured; the word always stands beside it."""
_PLACES_SHOWN = 2


def safety_view(judgement: Judgement, *, everything: bool) -> RenderableType:
    """Every rule that is broken, the hard ones first with all their places, others with a few."""
    return Group(
        Text(f"\nSafety rules of the library's pathways: {_counts(judgement)}."),
        *(
            _rule_view(breaches, judgement, everything=everything)
            for strength in Strength
            for breaches in _by_rule(judgement.breaches, strength)
        ),
        *_closing(judgement),
    )


def _counts(judgement: Judgement) -> str:
    times = Counter(breach.strength for breach in judgement.breaches)
    found = [f"{times[strength]:,} {strength}" for strength in Strength if times[strength]]
    return ", ".join(found) or "nothing found"


def _by_rule(breaches: Sequence[Breach], strength: Strength) -> list[list[Breach]]:
    found: dict[tuple[str, str], list[Breach]] = {}
    for breach in breaches:
        if breach.strength is strength:
            found.setdefault((breach.rule, breach.name), []).append(breach)
    return list(found.values())


def _rule_view(
    breaches: Sequence[Breach], judgement: Judgement, *, everything: bool
) -> RenderableType:
    rule = breaches[0]
    whole = everything or rule.strength is Strength.HARD
    shown = breaches if whole else breaches[:_PLACES_SHOWN]
    heading = Text.assemble(
        (rule.rule, "bold"), " ", (rule.strength, STYLES[rule.strength]), f"  {rule.statement}"
    )
    heading.append(f" {counted(len(breaches), 'place')}:", "dim")
    places = Table.grid(padding=(0, 1))
    for breach in shown:
        places.add_row("-", _place_text(breach, locked=breach in judgement.standing))
    if len(shown) < len(breaches):
        places.add_row("", Text(f"… and {len(breaches) - len(shown):,} more", "dim"))
    return Padding(Group(heading, Padding(places, (0, 0, 0, 2))), (1, 0, 0, 1))


def _place_text(breach: Breach, *, locked: bool) -> Text:
    hard = breach.strength is Strength.HARD
    remark = " (booked and locked so: no fault of the plan)" if locked and hard else ""
    return Text(printable(f"{breach.place}: {breach.says}; {breach.fix}{remark}"))


def _closing(judgement: Judgement) -> Iterator[RenderableType]:
    if judgement.breaches:
        more = "--all shows every place; careweave rules R-32 explains a rule."
        yield Text(f"\n{STRENGTHS} {more}", "dim")
    if judgement.refusals:
        places = counted(len(judgement.refusals), "place")
        yield Text(f"The plan is refused: hard safety rules are broken in {places}.")


def safety_lines(
    judgement: Judgement, scenario: Path, plan: Path, after: Path | None = None
) -> Iterator[str]:
    """After a search: which gates are open and where to see them; nothing where none are.

    ``after`` is the plan that this one mends.
    Hard rules that locked bookings break are told, too; other breaches of hard rules end a search.
    """
    hard = [breach for breach in judgement.breaches if breach.strength is Strength.HARD]
    if hard:
        yield f"Safety rules that locked bookings break: {_rules_and_places(hard)}."
    if judgement.gates:
        found = _rules_and_places(judgement.gates)
        yield f"Safety gates, to be decided before confirmation: {found}. All of them:"
    if hard or judgement.gates:
        named = "PLAN" if plan == STANDARD_OUTPUT else shlex.quote(str(plan))
        mended = f" --after {shlex.quote(str(after))}" if after else ""
        yield f"  careweave verify {shlex.quote(str(scenario))} {named}{mended} --all"


def _rules_and_places(breaches: Sequence[Breach]) -> str:
    """``R-33 in 25 places, R-36 in 1 place``."""
    times = Counter(breach.rule for breach in breaches)
    return ", ".join(f"{rule} in {counted(number, 'place')}" for rule, number in times.items())


def open_gates(gates: Sequence[Breach], patient: str) -> Iterator[RenderableType]:
    """In a line, what of a patient's plan cannot be confirmed yet; nothing where all can."""
    places: dict[str, dict[str, None]] = {}
    for breach in gates:
        place = breach.place_of(patient)
        if place is not None:
            places.setdefault(breach.rule, {})[place] = None
    if places:
        words = "; ".join(f"{rule} {', '.join(where)}" for rule, where in places.items())
        yield Text(printable(f"Open gates: {words}"), "yellow")
