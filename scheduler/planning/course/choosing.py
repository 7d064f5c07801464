"""The best for one patient with all else standing: which series, which faces, and when.

With the series of the groups fixed, and with those whom a family of sessions may meet, a walk
through the days is exact. Choices are tried in order of what they cannot cost less than: first
anybody may be met, then one person only, then two at the price of a new face.
"""

import heapq
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, product
from typing import NamedTuple

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.costing import patient_terms
from scheduler.planning.course.asking import Crowd, Faces, Request, family_of
from scheduler.planning.course.course import Course, course_of
from scheduler.planning.course.day import NEVER
from scheduler.planning.course.faces import Families
from scheduler.planning.course.walking import Known, Walk, Walker
from scheduler.planning.course.weeks_alone import look_of
from scheduler.planning.placements import booked_placement
from scheduler.planning.solving.constructing import place_best, put
from scheduler.planning.stopping import Stop

FIRST_SLACK = 8
"""So much above the least that its weeks cost alone, a course is sought first."""
GROWTH = 16
"""How many times further away each next limit is than the last one was."""
WEEK_SLACK = 128
"""A week by itself is sought within this first."""
NEAR = 64
"""A limit no further away than this is gone to at once."""

Series = dict[tuple[str, str], str | None]


@dataclass(frozen=True)
class Best:
    """The cheapest course: what it costs, and what no course can cost less than.

    Both are of what is free, without `standing_cost`. ``cost`` is `NEVER` and ``starts`` empty
    where nothing within the limit was found.
    """

    cost: int
    bound: int
    starts: dict[Occurrence, int] = field(default_factory=dict)
    series: Series = field(default_factory=dict)
    faces: Faces = field(default_factory=dict)
    skipped: tuple[Occurrence, ...] = ()


class _Node(NamedTuple):
    """Some families' faces: what they cost at least, and the walk, once that is known."""

    least: int
    unwalked: int
    order: int
    faces: Faces
    slack: int
    walk: Walk | None = None
    walker: Walker | None = None


class Chooser:
    """Asks for the best of one patient after the other; days that look alike are walked once.

    ``loosely``: what follows weeks later counts from the best hour of its anchor's day, so that
    the best may come out dearer than it is said to be. Raises `Unfinished` when it is time.
    """

    def __init__(self, stop: Stop, *, loosely: bool = False) -> None:
        self._known = Known(stop)
        self._loosely = loosely
        self._fruitless: dict[str, tuple[int, int]] = {}

    def found_nothing(self, board: Board, patient: str, limit: int) -> bool:
        """Whether the same was asked before, with all as it is now, and nothing came out."""
        return self._fruitless.get(patient) == (self._state(board, patient), limit)

    def remember_nothing(self, board: Board, patient: str, limit: int) -> None:
        """Remember that nothing within a limit came out."""
        self._fruitless[patient] = (self._state(board, patient), limit)

    @staticmethod
    def _state(board: Board, patient: str) -> int:
        """What the question depends on, as one number."""
        starts = course_of(Request(board, patient)).starts
        masks = [*starts.values()]
        for occurrence in starts:
            masks += [mask for _, mask in board.ledger.crews(occurrence, None)]
        return hash((tuple(masks), tuple(sorted(board.seats.items()))))

    def best_part(self, board: Board, patient: str, free: Collection[Occurrence]) -> Best:
        """The same for some of a patient's occurrences, the series of groups as they are.

        What it costs is told without all that stands anyway.
        """
        request = Request(board, patient, part=free)
        return _Choice(request, self._known, loosely=self._loosely).best(NEVER - 1)

    def best(
        self, board: Board, patient: str, limit: int = NEVER - 1, crowd: Crowd | None = None
    ) -> Best:
        """The best for a patient who has none but locked appointments on the board.

        A crowd makes starts dearer. Nothing dearer than the limit is looked for, which like the
        answer leaves out what `standing_cost` counts. The board's series are as before afterwards.
        Raises `NotAWalk` where the patient's weeks are no walk through days.
        """
        before = dict(board.series)
        best = Best(NEVER, limit + 1)
        try:
            for series, choice in self._promising_first(board, patient, limit, crowd):
                board.series.update(series)
                found = choice.best(min(limit, best.cost - 1))
                bound = min(best.bound, found.bound)
                better = replace(found, series=series) if found.cost < best.cost else best
                best = replace(better, bound=bound)
        finally:
            board.series = before
        return best

    def _promising_first(
        self, board: Board, patient: str, limit: int, crowd: Crowd | None
    ) -> list[tuple[Series, "_Choice"]]:
        """The choices of series by what their weeks cost at least, of equal ones the first."""
        found: dict[Hashable, tuple[int, Series, _Choice]] = {}
        for series in self._choices_of_series(board, patient):
            board.series.update(series)
            request = Request(board, patient, crowd=crowd)
            choice = _Choice(request, self._known, loosely=self._loosely)
            meetings = self._meetings(choice.course)
            if meetings not in found:
                found[meetings] = (choice.least(limit), series, choice)
        return [held[1:] for held in sorted(found.values(), key=lambda held: held[0])]

    @staticmethod
    def _meetings(course: Course) -> Hashable:
        """All about the series on the board that makes a difference to a course."""
        return (
            tuple((o, p.start, p.end) for o, p in course.agenda.attended),
            tuple(course.agenda.fixed.items()),
            course.sure,
            tuple(key for key, series in course.request.board.series.items() if series is None),
        )

    @staticmethod
    def _choices_of_series(board: Board, patient: str) -> Iterator[Series]:
        """Every choice of a series for each group, those last that leave one out."""
        groups = [
            activity
            for activity in board.problem.pathways[patient].activities
            if activity.kind == "group"
        ]
        options = [(*board.problem.options(patient, activity), None) for activity in groups]
        choices = sorted(product(*options), key=lambda chosen: chosen.count(None))
        for chosen in choices:
            yield {(patient, a.id): name for a, name in zip(groups, chosen, strict=True)}


class _Choice:
    """One choice of series, and the faces that go best with it.

    The board holds these series whenever anything is asked.
    """

    def __init__(self, request: Request, known: Known, *, loosely: bool) -> None:
        self.request = request
        self.course = course_of(request)
        self.known = known
        self.loosely = loosely
        self.families = Families(request)

    def best(self, limit: int) -> Best:
        """The cheapest faces and starts; whatever costs more than the limit is not looked for."""
        unjoined = self._unjoined()
        if self.course.sure + unjoined > limit:
            return Best(NEVER, limit + 1)
        found = self._with_meetings(self.course, limit - unjoined)
        return replace(found, cost=found.cost + unjoined, bound=found.bound + unjoined)

    def _with_meetings(self, course: Course, limit: int) -> Best:
        """The best that attends whatever meetings can be attended, or stays away from some.

        A course that may stay away is a harder question, but nobody asks both to the end.
        """
        attending = _Faces(self, course)
        least = min(attending.with_anybody(limit), limit + 1)
        # Where attending all costs too much, staying away is the only hope: no need to ask first.
        hopeless = least > limit
        away = (self._least_missing if hopeless else self._least_staying_away)(course, least)
        if away is None:
            found = attending.search(limit)
            away = self._least_staying_away(course, found.bound) if found.bound > least else None
            if away is None:
                return found
        skipping = _Faces(self, course_of(replace(self.request, may_skip=True)))
        return skipping.search(limit, min(least, away))

    def least(self, limit: int) -> int:
        """What this choice costs at least, as far as it matters within a limit."""
        unjoined, course = self._unjoined(), self.course
        if course.sure + unjoined > limit:
            return limit + 1
        weeks = _Faces(self, course).least_of_weeks(limit - unjoined)
        return unjoined + course.sure + sum(weeks.values())

    def _least_missing(self, course: Course, bound: int) -> int | None:
        """What it costs at least to miss a meeting that would have fitted.

        None where that is no less than a bound.
        """
        price = course.sure + self.request.weights.unplaced_other
        return price if course.agenda.attended and price < bound else None

    def _least_staying_away(self, course: Course, bound: int) -> int | None:
        """What a whole course costs at least that misses one; None where that is no less.

        Meetings may bridge what is else waited through, so no waiting is counted.
        """
        if self._least_missing(course, bound) is None:
            return None
        price = self.request.weights.unplaced_other
        lighter = course_of(replace(self.request, attends=False))
        limit = bound - price - 1
        least = _least_of(Walker(lighter, self.known, limit, loosely=True), FIRST_SLACK)
        return None if least is None else least + price

    def _unjoined(self) -> int:
        """What the meetings cost of groups that the patient joins no series of."""
        joined = self.request.board.series
        meetings = sum(
            activity.schedule[0].per_week * len(activity.scheduled_weeks)
            for activity in self.request.activities
            if activity.kind == "group" and joined.get((self.request.patient, activity.id)) is None
        )
        return meetings * self.request.weights.unplaced_other


class _Faces:
    """The search for the faces that go best with a course."""

    def __init__(self, choice: _Choice, course: Course) -> None:
        self.choice = choice
        self.known = choice.known
        self.families = choice.families
        self.course = course
        self._least: dict[int, int] = {}
        self._anybody: _Node | None = None

    def with_anybody(self, limit: int) -> int:
        """What a course costs whomever the patient meets; more than the limit, if it does."""
        while self._first(limit).walk is None and self._first(limit).least <= limit:
            self._anybody = self._walked(self._first(limit), limit)
        return self._first(limit).least

    def _first(self, limit: int) -> _Node:
        """Nobody chosen yet, and what that costs at least."""
        if self._anybody is None:
            self._least = self.least_of_weeks(limit)
            least = self.course.sure + sum(self._least.values())
            self._anybody = _Node(least, 1, 0, {}, FIRST_SLACK)
        return self._anybody

    def search(self, limit: int, at_least: int = 0) -> Best:
        """Choices in order of what they cannot cost less than, until the first is whole.

        It is known that no course costs less than ``at_least``.
        """
        order, untried = count(1), NEVER
        first = self._first(limit)
        waiting = [first._replace(least=max(at_least, first.least))]
        while waiting and waiting[0].least <= limit:
            node = heapq.heappop(waiting)
            if node.walk is None:
                more = self._walked(node, limit)
                heapq.heappush(waiting, more._replace(order=next(order)))
                continue
            whole = self._whole(node.faces, node.walk)
            if whole is not None:
                bound = min(node.least, untried)
                return Best(node.least, bound, node.walk.starts, {}, whole, node.walk.skipped)
            price = self.families.price_left_out(node.faces)
            untried = untried if price is None else min(untried, node.walk.cost + price)
            everybody = self.families.with_everybody(node.faces)
            limit = limit if everybody is None else min(limit, node.walk.cost + everybody)
            for more in self._with_one_more(node, node.walk):
                heapq.heappush(waiting, more._replace(order=next(order)))
        return Best(NEVER, min(limit + 1, untried))

    def _with_one_more(self, node: _Node, walk: Walk) -> Iterator[_Node]:
        """The same with each set of people for the next family."""
        family = self.families.left_open(node.faces)[0]
        for people in family.choices():
            faces = {**node.faces, family.name: people}
            least = walk.cost + self.families.new_faces(faces)
            # Who may meet everybody is asked nothing new.
            known = walk if people == set(family.people) else None
            yield _Node(least, int(known is None), 0, faces, FIRST_SLACK, known)

    def _course(self, faces: Faces) -> Course:
        return course_of(replace(self.course.request, faces=faces))

    def _walked(self, node: _Node, limit: int) -> _Node:
        """A choice with its walk, or one that is known to cost more than was tried."""
        new = self.families.new_faces(node.faces)
        tried = _next_limit(node.least, node.slack, limit)
        within = tried - new - self.course.sure
        walker = node.walker or Walker(
            self._course(node.faces),
            self.known,
            within,
            loosely=self.choice.loosely,
            least=self._least,
        )
        walker.limit = within
        walk = walker.walk()
        if walk is None:
            beyond = min(NEVER, walker.beyond + self.course.sure + new)
            slack = GROWTH * node.slack
            return node._replace(least=beyond, slack=slack, walker=walker)
        return node._replace(least=walk.cost + new, unwalked=0, walk=walk)

    def _whole(self, faces: Faces, walk: Walk) -> Faces | None:
        """The faces with one person for each family left open, where that changes no start."""
        whole = dict(faces)
        for family in self.families.left_open(faces):
            people = (family.met | {one} for one in family.people)
            tried = ({**faces, family.name: held} for held in people)
            free = (more for more in tried if self._costs_no_more(faces, more, walk))
            found = next(free, None)
            if found is None:
                return None
            whole[family.name] = found[family.name]
        return whole

    def _costs_no_more(self, faces: Faces, more: Faces, walk: Walk) -> bool:
        """Whether the same starts do with more of the faces chosen, at no price."""
        if self.families.new_faces(more) != self.families.new_faces(faces):
            return False
        request = replace(self.course.request, faces=more)
        servable = request.board.ledger.servable
        return all(
            servable(occurrence, request.allowed_faces(occurrence), 1 << start)
            for occurrence, start in walk.starts.items()
        )

    def least_of_weeks(self, limit: int) -> dict[int, int]:
        """What each week costs at least, whomever the patient may meet, by its first day.

        What follow-ups may fill of other weeks' waiting is taken off the first. Where the weeks
        cost more than the limit, the rest is left at nothing.
        """
        found: dict[int, int] = {}
        filled = self.course.filled_by_follow_ups()
        for week in self.course.weeks:
            found[week.first] = self._least_of_week(self.course.of_week(week))
            if self.course.sure + sum(found.values()) > limit + filled:
                break
        first = min(found, default=0)
        return {**found, first: found.get(first, 0) - filled}

    def _least_of_week(self, alone: Course) -> int:
        """What a week costs alone, or what is known already that it costs at least."""
        look = look_of(alone)
        least = self.known.weeks.bound(look)
        if least is None:
            found = _least_of(Walker(alone, self.known, NEVER - 1), WEEK_SLACK)
            least = (found or 0) - alone.sure
            self.known.weeks.keep(look, least)
        return least


def _least_of(walker: Walker, slack: int) -> int | None:
    """What the cheapest course costs; None where every one costs more than the walker's limit.

    It is sought within ``slack`` first.
    """
    limit, least = walker.limit, 0
    while least <= limit:
        walker.limit = _next_limit(least, slack, limit)
        found = walker.least()
        if found is not None:
            return found
        least, slack = walker.beyond, GROWTH * slack
    return None


def _next_limit(least: int, slack: int, limit: int) -> int:
    """How dear a course may be that is sought next, which costs no less than ``least``."""
    return limit if limit <= least + max(slack, NEAR) else least + slack


def standing_cost(board: Board, patient: str) -> int:
    """What locked appointments cost a patient in any plan, besides trips and waiting.

    The board holds no other appointments of the patient.
    """
    terms = patient_terms(board, patient)
    return sum(terms[term] for term in ("lag_hour", "lag_hour_early", "off_preference"))


def put_best(
    board: Board, patient: str, best: Best, free: Collection[Occurrence] | None = None
) -> bool:
    """Put a patient's best on the board; False where some of it cannot stand after all."""
    board.series.update(best.series)
    for occurrence in board.problem.of_patient(patient) if free is None else free:
        left_out = occurrence.locked or occurrence in best.skipped
        if occurrence.is_meeting and not left_out and board.wanted(occurrence):
            place_best(board, occurrence)
    held = [
        _put(board, occurrence, start, best.faces)
        for occurrence, start in sorted(best.starts.items(), key=lambda item: item[1])
    ]
    return all(held)


def _put(board: Board, occurrence: Occurrence, start: int, faces: Faces) -> bool:
    if not board.wanted(occurrence):
        return False
    if not board.allowed(occurrence) >> start & 1:
        # It may come after an anchor whose day alone was told.
        return place_best(board, occurrence)
    chosen = faces.get(family_of(occurrence.activity))
    prefer = booked_placement(board.problem, occurrence) if occurrence.booked else None
    keep = prefer if prefer is not None and prefer.start == start else None
    return put(board, occurrence, start, keep, None if chosen is None else set(chosen))
