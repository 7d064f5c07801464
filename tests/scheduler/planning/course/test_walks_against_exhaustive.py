"""One patient's walks are held against a search through all plans, and against the board.

The bound is never above the cheapest plan; where the walk's course can be put on the board at its
price, it is the cheapest; weeks alone cost no more than in company.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from pathways.reading import read_scenario
from scheduler.planning.board import Board
from scheduler.planning.costing import total_terms
from scheduler.planning.course.asking import NotAWalk, Request
from scheduler.planning.course.choosing import Best, Chooser, put_best, standing_cost
from scheduler.planning.course.course import Course, course_of
from scheduler.planning.course.day import NEVER
from scheduler.planning.course.walking import Known, Walker
from scheduler.planning.narrowing import narrowed
from scheduler.planning.problem import Problem
from scheduler.planning.solving.constructing import join_series
from scheduler.planning.stopping import Stop
from tests.exhaustive.search import TooLarge, cheapest_plan
from tests.scenarios.alone import lone_scenario
from tests.scenarios.dice import TINY
from tests.scheduler.planning.comparing import Count, complaint, tempts
from tests.scheduler.planning.trying import Document, campaign, chunks, planned, try_all

WORK = 500
STEPS = 1000


def board_of(document: Document) -> tuple[Board, str]:
    """An empty board for the one patient of a document."""
    scenario = narrowed(read_scenario(document))
    return Board(Problem(scenario)), scenario.patients[0].id


def fixed_cost(board: Board, patient: str) -> int:
    """What any plan costs beside what a course is asked about, with none of it placed."""
    dropped = board.problem.weights.dropped * len(board.problem.asked.dropped)
    return dropped + standing_cost(board, patient)


def total(board: Board) -> int:
    return sum(total_terms(board).values())


class Walks:
    """A complaint about the walk of a document, and what was seen while there was none."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        scenario = read_scenario(document)
        if tempts(scenario) or not scenario.patients:
            return ""
        try:
            cheapest = cheapest_plan(scenario, STEPS)
        except TooLarge:
            return ""
        self.seen["compared"] += 1
        plan = planned(document, WORK)
        self.seen["optimal"] += plan.status == "optimal"
        return complaint(scenario, plan, cheapest) or self._of_walk(document, cheapest.cost)

    def _of_walk(self, document: Document, cheapest: int) -> str:
        board, patient = board_of(document)
        fixed = fixed_cost(board, patient)
        try:
            best = Chooser(Stop()).best(board, patient)
        except NotAWalk:
            return ""
        self.seen["walks"] += 1
        loose = Chooser(Stop(), loosely=True).best(board, patient)
        if loose.bound > best.bound:
            return f"loosely the bound is {loose.bound}, exactly {best.bound}"
        if best.bound + fixed > cheapest:
            return f"the walk's bound is {best.bound + fixed}, the cheapest plan {cheapest}"
        return self._of_plan(board, patient, best, best.cost + fixed)

    def _of_plan(self, board: Board, patient: str, best: Best, told: int) -> str:
        if not put_best(board, patient, best):
            return ""
        self.seen["plans"] += 1
        self.seen["plans at their price"] += total(board) == told
        return f"{told} was told, {total(board)} it costs" if total(board) < told else ""


def compared(walks: Walks, seeds: range, record: Count) -> Counter[str]:
    try_all(seeds, lambda seed: lone_scenario(seed, TINY), walks)
    for name, number in walks.seen.items():
        record(f"walks against exhaustive search: {name}", number)
    return walks.seen


def most(seen: Counter[str], name: str, share: float) -> bool:
    return seen[name] >= share * seen["compared"]


@pytest.mark.parametrize("seeds", chunks(400, 50), ids=lambda seeds: str(seeds[0]))
def test_a_walk_is_never_dearer_than_trying_everything(
    seeds: range, record_property: Count
) -> None:
    seen = compared(Walks(), seeds, record_property)
    assert most(seen, "walks", 0.7)
    assert most(seen, "plans at their price", 0.5)
    assert most(seen, "optimal", 0.9)


@pytest.mark.parametrize("seeds", campaign(100))
def test_a_walk_is_never_dearer_in_a_campaign(seeds: range, record_property: Count) -> None:
    seen = compared(Walks(), seeds, record_property)
    assert most(seen, "walks", 0.7)
    assert most(seen, "plans at their price", 0.5)


# ---- weeks alone ---------------------------------------------------------------------------


def courses(document: Document) -> Iterator[Course]:
    """The question of a document, once as the first series would have it, once without any."""
    board, patient = board_of(document)
    for join in (True, False):
        if join:
            join_series(board, patient)
        else:
            board.series = {}
        yield course_of(Request(board, patient))


class Weeks:
    """A complaint where weeks alone cost more than the walk through all of them."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        if not document["patients"]:
            return ""  # reduced too far
        self.seen["compared"] += 1
        try:
            return next(filter(None, map(self._of, courses(document))), "")
        except NotAWalk:
            return ""

    def _of(self, course: Course) -> str:
        known = Known(Stop())
        whole = Walker(course, known, NEVER - 1, loosely=True).least()
        weeks = [course.of_week(week) for week in course.weeks]
        alone = [(Walker(w, known, NEVER - 1).least() or 0) - w.sure for w in weeks]
        self.seen["weeks that cost"] += sum(cost > 0 for cost in alone) > 1
        least = course.sure + sum(alone) - course.filled_by_follow_ups()
        return f"{least} alone, {whole} in company" if least > (whole or 0) else ""


@pytest.mark.parametrize("seeds", chunks(300, 50), ids=lambda seeds: str(seeds[0]))
def test_weeks_alone_never_cost_more_than_in_company(seeds: range, record_property: Count) -> None:
    seen = compared_weeks(seeds, record_property)
    assert most(seen, "weeks that cost", 0.3)


@pytest.mark.parametrize("seeds", campaign(200))
def test_weeks_alone_never_cost_more_in_a_campaign(seeds: range, record_property: Count) -> None:
    seen = compared_weeks(seeds, record_property)
    assert most(seen, "weeks that cost", 0.3)


def compared_weeks(seeds: range, record: Count) -> Counter[str]:
    weeks = Weeks()
    try_all(seeds, lone_scenario, weeks)
    record("weeks alone: compared", weeks.seen["compared"])
    return weeks.seen


# ---- the board's price ---------------------------------------------------------------------


LEFT_OUT = ("preceded_by", "needs_authorization")
"""What makes a walk cheaper than its course may be: order within a day, units that run out."""
SPACING = ("min_days_between", "max_in_days", "spaced_with")
"""What it does not count for follow-ups and meetings."""


def with_nothing_left_out(seed: int) -> Document:
    """A scenario of one patient in which a walk says all, unless follow-ups share a day."""
    document = {**lone_scenario(seed), "booked": []}
    activities = document["pathways"][0]["activities"]
    uncounted = {a["id"] for a in activities if a.get("after") or a["kind"] == "group"}
    for activity in activities:
        spaced = {activity["id"], activity.get("spaced_with")}
        for name in (*LEFT_OUT, *(SPACING if spaced & uncounted else ())):
            activity.pop(name, None)
        if activity.get("gap_before", 0) % document["clinic"].get("slot_minutes", 15):
            activity.pop("gap_before")  # less than a slot of it is not kept
    for place in document["clinic"]["locations"]:
        place.pop("turnover", None)
    return document


class Prices:
    """A complaint where a course costs something else on the board than the walk told."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        if not document["patients"]:
            return ""  # reduced too far
        board, patient = board_of(document)
        fixed = fixed_cost(board, patient)
        self.seen["compared"] += 1
        try:
            best = Chooser(Stop()).best(board, patient)
        except NotAWalk:
            return ""
        if follow_ups_meet(board, best):
            return ""
        self.seen["priced"] += 1
        if not put_best(board, patient, best):
            return "it cannot be put on the board"
        told = best.cost + fixed
        return "" if total(board) == told else f"{told} was told, {total(board)} it costs"


def follow_ups_meet(board: Board, best: Best) -> bool:
    """Whether two follow-ups stand on one day, of which one is told as if it met nothing."""
    day_of = board.problem.calendar.day_of
    days = [day_of(start) for occurrence, start in best.starts.items() if occurrence.anchors]
    return len(set(days)) < len(days)


@pytest.mark.parametrize("seeds", chunks(300, 50), ids=lambda seeds: str(seeds[0]))
def test_a_course_costs_on_the_board_what_its_walk_told(
    seeds: range, record_property: Count
) -> None:
    prices = Prices()
    try_all(seeds, with_nothing_left_out, prices)
    record_property("courses priced by the board", prices.seen["priced"])
    assert most(prices.seen, "priced", 0.5)
