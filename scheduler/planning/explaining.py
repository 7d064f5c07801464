"""Why an occurrence is unplaced: a set of rules that is true, with words to act on.

With everything else left as it is, every start that could be tried breaks some rules. A set is
true if some start breaks only rules of the set, and none breaks only a part of it. Of the true
sets the one is told that a coordinator can do most about.
"""

from collections.abc import Iterator, Mapping

from pathways.model import Activity
from pathways.plan import Reason, Rule, Unplaced
from scheduler.planning import wording
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board

ACTIONABLE: tuple[Rule, ...] = (
    "clearance",
    "authorization",
    "past",
    "ride",
    "availability",
    "monitor",
    "practitioner",
    "prescriber",
    "location",
    "partner",
    "capacity",
    "order",
    "spacing",
    "closure",
    "hours",
    "lag",
    "group",
)
"""What a coordinator can do something about comes first."""


def why_unplaced(board: Board, occurrence: Occurrence) -> Unplaced:
    """The occurrence with a true set of reasons."""
    if occurrence.is_meeting:
        rules = frozenset(board.broken_by_attending(occurrence))
        meeting = board.meeting(occurrence)
        starts = 1 << meeting.start if meeting else 0
    else:
        parts = broken_sets(board, occurrence)
        if not parts:
            return _unplaced(occurrence, {"hours": "it is longer than any day of its week"})
        rules, starts = _best(parts)
    said = {r: wording.detail(board, occurrence, r, starts) for r in ACTIONABLE if r in rules}
    return _unplaced(occurrence, said)


def _unplaced(occurrence: Occurrence, said: Mapping[Rule, str]) -> Unplaced:
    return Unplaced(
        patient=occurrence.owner,
        activity=occurrence.activity.id,
        occurrence=occurrence.number,
        reasons=tuple(Reason(rule=rule, detail=detail) for rule, detail in said.items()),
    )


def why_unjoined(board: Board, patient: str, activity: Activity) -> Unplaced:
    """A patient in no series of a group."""
    detail = wording.no_series(board.problem, patient, activity)
    reason = Reason(rule="group", detail=detail)
    return Unplaced(patient=patient, activity=activity.id, occurrence=0, reasons=(reason,))


def broken_sets(board: Board, occurrence: Occurrence) -> dict[frozenset[Rule], int]:
    """The sets of rules that the starts of its week or lag break, and the starts of each."""
    domain = board.domain(occurrence)
    parts: dict[frozenset[Rule], int] = {frozenset(): domain}
    for rule, allowed in _masks(board, occurrence, domain):
        split: dict[frozenset[Rule], int] = {}
        for rules, starts in parts.items():
            for broken, held in ((rules, starts & allowed), (rules | {rule}, starts & ~allowed)):
                if held:
                    split[broken] = split.get(broken, 0) | held
        parts = split
    return parts


def _masks(board: Board, occurrence: Occurrence, domain: int) -> Iterator[tuple[Rule, int]]:
    yield from board.rules(occurrence, domain)
    ledger, shape = board.ledger, board.problem.shape(occurrence.activity)
    needed = occurrence.activity.location_kind is not None
    yield "location", ledger.locatable(shape, needed, domain)
    crews, served = 0, 0
    for crew, free in ledger.crews(occurrence, board.faces(occurrence)):
        crews |= free
        served |= ledger.monitored(shape, free & domain, crew)
    yield "practitioner", crews
    yield "monitor", (served | ~crews) & ledger.monitored(shape, domain)


def _best(parts: dict[frozenset[Rule], int]) -> tuple[frozenset[Rule], int]:
    """Of the smallest sets, the one to act on: inside the lag, few rules, doable ones."""
    smallest = [rules for rules in parts if not any(other < rules for other in parts)]
    told = min(
        smallest,
        key=lambda rules: (
            "lag" in rules,
            len(rules),
            sorted(ACTIONABLE.index(rule) for rule in rules),
        ),
    )
    return told, parts[told]
