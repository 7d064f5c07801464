"""Free times across all that an activity needs, ranked; and why a time asked for is not free.

The planner proposes and the judge passes: there is no second set of rules here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from pathways import timing
from pathways.plan import Appointment as Planned
from pathways.safety import Strength
from scheduler.acting import Actor
from scheduler.appointments.holding import with_partners
from scheduler.appointments.judging import Judged, judged
from scheduler.appointments.offering import Offer, offer_of
from scheduler.appointments.scene import Scene, scene_of
from scheduler.errors import NotThere, NotUnderstood
from scheduler.planning import wording
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.explaining import ACTIONABLE, broken_sets
from scheduler.planning.loading import board_of
from scheduler.planning.narrowing import narrowed
from scheduler.planning.obstacles.question import stand
from scheduler.planning.problem import Problem
from scheduler.planning.solving.constructing import start_cost
from scheduler.planning.writing import appointment_on
from scheduler.scenarios.around import Beside

Key = tuple[str, str, int]
"""Patient, activity and number."""

MOST = 10
"""Offers that are made at once, unless another number is asked for."""


@dataclass(frozen=True)
class Obstacle:
    """A rule that stands in the way of a time, and in words how."""

    rule: str
    says: str


@dataclass(frozen=True)
class Found:
    """Offers, the best first; for a time asked for that is not free, what is in its way."""

    offers: tuple[Offer, ...]
    why_not: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What is looked for: an occurrence, between two instants, or best at one.

    ``at``: a start asked for; the offers nearest to it come first. ``most``: how many are made,
    ``a_day``: how many of them may be of one date, where not all that there are. ``place``: the
    one where it is to be, in place of what the planner would choose; the judge says whether.
    """

    patient: str
    activity: str
    occurrence: int
    since: datetime | None = None
    until: datetime | None = None
    at: datetime | None = None
    most: int = MOST
    a_day: int | None = None
    place: str | None = None
    days: tuple[date, ...] = field(default=())

    @property
    def key(self) -> Key:
        """Patient, activity and number, as the planner knows an occurrence."""
        return (self.patient, self.activity, self.occurrence)


def find(session: Session, actor: Actor, asked: Asked, *, now: datetime) -> Found:
    """Free times for one occurrence; what it returns can be held or booked as it is.

    An occurrence that stands already does not stand in its own way. NotThere for somebody else's,
    NotUnderstood where nothing asks for such an occurrence.
    """
    if not actor.may_see(asked.patient):
        raise NotThere("there is no such patient")
    people = with_partners(session, actor.clinic_id, [asked.patient])
    alone = scene_of(session, actor.clinic_id, people, Beside(), now)
    alone.activity(asked.patient, asked.activity)
    days = reach_of(alone, asked.key)
    scene = scene_of(session, actor.clinic_id, people, Beside(frozenset(days)), now)
    return found_in(scene, asked)


def found_in(scene: Scene, asked: Asked) -> Found:
    """The free times of a scene, which holds all that stands on the dates looked at.

    What follows the occurrence is not in its way: it goes along.
    """
    scene = scene.without(scene.following(*asked.key))
    board, occurrence = posed(scene, asked.key)
    offers = tuple(_passing(scene, board, occurrence, asked))
    if asked.at is None:
        offers = tuple(sorted(offers, key=lambda offer: len(offer.sets_aside)))
    if asked.at is None or any(offer.start == asked.at for offer in offers):
        return Found(offers)
    return Found(offers, tuple(_in_the_way(scene, board, occurrence, asked, asked.at)))


def posed(scene: Scene, key: Key) -> tuple[Board, Occurrence]:
    """The board on which all else stands and may not move, and the occurrence, standing nowhere.

    NotUnderstood where nothing asks for it: it is settled, or the pathway has no such number.
    """
    scene.activity(key[0], key[1])
    mine = {
        held.identity
        for held in scene.standing
        if key[0] in held.patients and (held.activity, held.occurrence) == key[1:]
    }
    others = scene.without(mine)
    board = board_of(Problem(narrowed(others.all_locked)), others.plan)
    occurrence = board.problem.asked.by_key.get(key)
    if occurrence is None:
        raise NotUnderstood(
            f"{key[1]} {key[2]} of {key[0]} is not asked for: settled, or not on the pathway",
            fix="look at the pathway and at what was settled",
            place="occurrence",
        )
    return board, occurrence


def reach_of(scene: Scene, key: Key) -> tuple[date, ...]:
    """The dates on which an occurrence may lie at all, as what it follows stands now."""
    board, occurrence = posed(scene, key)
    if occurrence.is_meeting:
        meeting = board.meeting(occurrence)
        if meeting is None:
            return ()
        return (board.problem.calendar.dates[board.problem.calendar.day_of(meeting.start)],)
    reach = board.reach(occurrence)
    if reach is None:
        return ()
    dates = board.problem.calendar.dates
    last = min(reach[1], len(dates) - 1)
    return tuple(timing.dates_between(dates[max(reach[0], 0)], dates[last]))


def _passing(scene: Scene, board: Board, occurrence: Occurrence, asked: Asked) -> Iterator[Offer]:
    """The offers that the judge passes, no more than asked for."""
    made: Counter[int] = Counter()
    day_of = board.problem.calendar.day_of
    without = scene.without({(occurrence.patients, occurrence.activity.id, occurrence.number)})
    for start in _starts(board, occurrence, asked):
        if made.total() == asked.most:
            return
        if asked.a_day is not None and made[day_of(start)] >= asked.a_day:
            continue
        if not stand(board, occurrence, start):
            continue
        appointment = _wished(board, occurrence, asked)
        cost = 0 if occurrence.is_meeting else start_cost(board, occurrence, start)
        board.remove(occurrence)
        after = without.with_these([appointment])
        found = judged(without, after, frozenset({appointment.identity}))
        if not found.is_refused:
            made[day_of(start)] += 1
            yield _marked(offer_of(appointment, cost), found)


def _wished(board: Board, occurrence: Occurrence, asked: Asked) -> Planned:
    """The appointment as it stands on the board, at the place that was asked for."""
    planned = appointment_on(board, occurrence)
    if asked.place is None or planned.location is None:
        return planned
    return planned.model_copy(update={"location": asked.place})


def _marked(offer: Offer, found: Judged) -> Offer:
    """The offer with the rules that would have to be set aside, and the gates that it opens."""
    soft, gates = (
        tuple(sorted({breach.rule for breach in found.of_strength(strength)}))
        for strength in (Strength.SOFT, Strength.GATE)
    )
    return offer.model_copy(update={"sets_aside": soft, "opens": gates})


def _starts(board: Board, occurrence: Occurrence, asked: Asked) -> Iterable[int]:
    """The starts that are free as far as the board knows, the best first."""
    if occurrence.is_meeting:
        meeting = board.meeting(occurrence)
        barred = meeting is None or board.broken_by_attending(occurrence)
        return [] if barred or meeting is None else [meeting.start]
    calendar, free = board.problem.calendar, board.allowed(occurrence)

    def fits(start: int) -> bool:
        instant = calendar.instant(start)
        early = asked.since is not None and instant < asked.since
        return not early and (asked.until is None or instant < asked.until)

    def rank(start: int) -> tuple[float, int, int]:
        away = abs((calendar.instant(start) - asked.at).total_seconds()) if asked.at else 0.0
        return (away, start_cost(board, occurrence, start), start)

    return sorted(filter(fits, _bits(free)), key=rank)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _in_the_way(
    scene: Scene, board: Board, occurrence: Occurrence, asked: Asked, at: datetime
) -> Iterator[Obstacle]:
    """What keeps an occurrence from a start, rule by rule; what one can act on comes first."""
    if occurrence.is_meeting:
        for rule in sorted(board.broken_by_attending(occurrence)):
            yield Obstacle(rule, wording.detail(board, occurrence, rule, 0))
        yield Obstacle("group", "a group meets at its own times")
        return
    calendar = board.problem.calendar
    start = calendar.tick_of(at)
    domain = board.domain(occurrence)
    if start < 0 or calendar.instant(start) != at or not domain >> start & 1:
        yield Obstacle("lag" if occurrence.anchors else "hours", _outside(board, occurrence))
        return
    for rules, starts in broken_sets(board, occurrence).items():
        if starts >> start & 1:
            for rule in (rule for rule in ACTIONABLE if rule in rules):
                yield Obstacle(rule, wording.detail(board, occurrence, rule, 1 << start))
    yield from _unsafe(scene, board, occurrence, asked, start)


def _outside(board: Board, occurrence: Occurrence) -> str:
    reach = board.reach(occurrence)
    if reach is None:
        return "what it comes after has no time yet"
    dates = board.problem.calendar.dates
    first, last = (dates[min(max(day, 0), len(dates) - 1)] for day in reach)
    minutes = board.problem.clinic.slot_minutes
    return f"it begins every {minutes} minutes, from {first:%a %d %b} to {last:%a %d %b}"


def _unsafe(
    scene: Scene, board: Board, occurrence: Occurrence, asked: Asked, start: int
) -> Iterator[Obstacle]:
    """What the judge finds at the start, where the planner alone would have it stand."""
    if not board.allowed(occurrence) >> start & 1 or not stand(board, occurrence, start):
        return
    appointment = _wished(board, occurrence, asked)
    board.remove(occurrence)
    without = scene.without({appointment.identity})
    found: Judged = judged(
        without, without.with_these([appointment]), frozenset({appointment.identity})
    )
    for finding in found.contract:
        yield Obstacle(finding.rule, finding.words)
    for breach in found.of_strength(Strength.HARD):
        yield Obstacle(breach.rule, breach.says)
