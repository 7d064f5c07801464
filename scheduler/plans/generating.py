"""What a worker does with a run that asks for a plan: search, judge, keep the drafts."""

from typing import Any

from pathways import reading
from pathways.scenario import Scenario
from scheduler import runs
from scheduler.acting import Actor
from scheduler.clock import Clock
from scheduler.plans import searching
from scheduler.plans.asking import fingerprint
from scheduler.plans.drafting import Origin, draft
from scheduler.plans.searching import Found, Search, SearchFailed
from scheduler.scenarios.giving import data_of
from scheduler.store.session import Store
from scheduler.store.tables import Run

KINDS = ("plan", "repair")
"""The runs that ask for a plan: of some patients, or a repair of what is booked."""


def generate(store: Store, run: Run, clock: Clock) -> None:
    """Do a run that asks for a plan; it ends with the numbers of its drafts, or with a problem."""
    with store.reading() as session:
        data = data_of(session, run.clinic_id, now=clock())

    def watch(progress: dict[str, Any]) -> bool:
        return runs.alive(store, run, progress, now=clock())

    try:
        found = searching.run(_search(run, data), watch)
        problem = "; ".join(found.refusals[:3]) or None
    except SearchFailed as failed:
        found, problem = Found(), str(failed)
    with store.writing() as session:
        if not runs.is_mine(session, run):
            return
        if problem is not None:
            runs.end(session, run, now=clock(), problem=problem)
            return
        actor = Actor(run.clinic_id, account_id=run.asked_by, name="planner")
        scenario = reading.read_scenario(data)
        numbers = [
            draft(
                session, actor, scenario, plan, _origin(run, data, scenario, found), now=clock()
            ).number
            for plan in map(reading.read_plan, found.plans)
        ]
        runs.end(session, run, now=clock(), result={"plans": numbers})


def _search(run: Run, data: dict[str, Any]) -> Search:
    asked = run.asked
    return Search(
        kind=run.kind,
        scenario=data,
        seconds=asked.get("seconds"),
        work=asked.get("work"),
        seed=asked.get("seed", 0),
        patients=tuple(run.patients),
        count=asked.get("alternatives", 1),
    )


def _origin(run: Run, data: dict[str, Any], scenario: Scenario, found: Found) -> Origin:
    everybody = tuple(patient.id for patient in scenario.patients)
    return Origin(
        kind=run.kind,
        patients=tuple(run.patients) or everybody,
        question=fingerprint(data),
        seed=run.asked.get("seed", 0),
        work=found.work,
        run_id=run.id,
    )
