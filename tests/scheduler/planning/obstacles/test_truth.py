"""Whatever the scenario, what is told about an obstacle or a price is so in the verifier's eyes."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random

import pytest

from pathways.plan import Plan
from pathways.reading import read_scenario
from pathways.scenario import Scenario
from scheduler.planning.asking import Key
from scheduler.planning.obstacles import Explanation, Question, explain
from scheduler.planning.obstacles.world import World, lifted
from scheduler.planning.verifying import verify
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.reasons import EVERY_RULE, _Trial
from scheduler.planning.verifying.resourcing import Resourcing
from scheduler.planning.verifying.trying import attendance_at, obstacles_to
from tests.scenarios.dice import SMALL, TINY, Size
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.trying import Document, campaign, chunks, planned, try_all

MOST_QUESTIONS = 3
"""About how much of what is unplaced in a scenario it is asked about."""

Record = Callable[[str, object], None]


def allowed(world: World, key: Key, at: datetime | None) -> bool:
    """Whether the verifier finds a placement that breaks no rule, at a start or at any."""
    case = Case(world.scenario, world.plan)
    if key[2] == 0:
        patient = case.patients[key[0]]
        activity = world.scenario.pathway_of(patient).activity(key[1])
        return any(case.may_join(patient, activity, series) for series in case.series.values())
    occurrence = case.asked_under.get(key)
    assert occurrence is not None
    if occurrence.meeting is not None:
        return not obstacles_to(case, attendance_at(occurrence, occurrence.meeting))
    trial = _Trial(case, Resourcing(case), occurrence)
    return any(
        not broken and at in (None, start) for broken, start in trial._placements(EVERY_RULE)
    )


class Told:
    """The first thing told of a scenario that is not so, and what was seen while there was none."""

    def __init__(self, work: int) -> None:
        self.work = work
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        scenario, plan = read_scenario(document), planned(document, self.work)
        for question in asked(scenario, plan):
            told = explain(question)
            self.seen["questions"] += 1
            self.seen["questions without an obstacle to tell"] += not (
                told.possible or told.obstacles
            )
            for says in (*self.untrue_obstacles(told), *self.untrue_prices(told)):
                return f"{question.key} at {question.at}: {says}"
        return ""

    def untrue_obstacles(self, told: Explanation) -> Iterator[str]:
        question, obstacles = told.question, told.obstacles
        if told.possible != allowed(question.world, question.key, question.at):
            yield "planner and verifier disagree whether it is possible as it is"
        for chosen, obstacle in enumerate(obstacles):
            others = [o.facts[0].lift for n, o in enumerate(obstacles) if n != chosen]
            if allowed(lifted(question.world, others), question.key, question.at):
                yield f"possible while {obstacle.facts[0].words}"
            for fact in obstacle.facts:
                self.seen["facts"] += 1
                world = lifted(question.world, [*others, fact.lift])
                if not allowed(world, question.key, question.at):
                    yield f"impossible also without: {fact.words}"

    def untrue_prices(self, told: Explanation) -> Iterator[str]:
        for choice in told.choices:
            self.seen[f"choices: {choice.kind}"] += 1
            verdict = verify(choice.world.scenario, choice.plan)
            present = verify(told.question.scenario, told.question.plan)
            yield from (f"{choice.words}: {fault}" for fault in verdict.faults)
            if verdict.cost.total - present.cost.total != choice.price:
                yield f"{choice.words} does not cost {choice.price} more"
            if told.question.key[2] and told.question.key not in placed_in(choice.plan):
                yield f"{choice.words}: it has no time then"


def placed_in(plan: Plan) -> set[Key]:
    return {(min(a.patients), a.activity, a.occurrence) for a in plan.appointments}


def asked(scenario: Scenario, plan: Plan) -> Iterator[Question]:
    """About everything unplaced, and about a few sessions at another start of their week."""
    unplaced = plan.unplaced
    for left in unplaced[:: 1 + len(unplaced) // MOST_QUESTIONS]:
        yield Question(scenario, plan, (left.patient, left.activity, left.occurrence))
    locked = {booked.identity for booked in scenario.booked if booked.locked}
    groups = {(joined.patient, joined.activity) for joined in plan.groups}
    movable = [
        a
        for a in plan.appointments
        if a.identity not in locked and (a.patients[0], a.activity) not in groups
    ]
    dice = Random(len(movable))  # noqa: S311  (nothing here is a secret)
    for appointment in dice.sample(movable, min(2, len(movable))):
        question = Question(
            scenario,
            plan,
            (min(appointment.patients), appointment.activity, appointment.occurrence),
        )
        board, occurrence = question.posed(question.world)
        starts = [t for t in range(board.problem.calendar.end) if board.domain(occurrence) >> t & 1]
        if starts:
            at = board.problem.calendar.instant(dice.choice(starts))
            yield Question(scenario, plan, question.key, at)


def hold(seeds: range, size: Size, work: int, record: Record) -> Counter[str]:
    told = Told(work)
    try_all(seeds, lambda seed: random_scenario(seed, size), told)
    for name, number in told.seen.items():
        record(f"why not: {name}", number)
    return told.seen


@pytest.mark.parametrize("seeds", chunks(8, 2), ids=lambda seeds: str(seeds[0]))
def test_what_is_told_of_a_plan_is_so(seeds: range, record_property: Record) -> None:
    seen = hold(seeds, SMALL, work=5, record=record_property)
    assert seen["facts"] > 0


@pytest.mark.parametrize("seeds", chunks(48, 12, first=7000), ids=lambda seeds: str(seeds[0]))
def test_what_is_told_of_a_tiny_plan_is_so(seeds: range, record_property: Record) -> None:
    seen = hold(seeds, TINY, work=5, record=record_property)
    assert seen["choices: time"] > 0


@pytest.mark.parametrize("seeds", campaign(50))
def test_what_is_told_is_so_in_a_campaign(seeds: range, record_property: Record) -> None:
    hold(seeds, SMALL, work=20, record=record_property)
