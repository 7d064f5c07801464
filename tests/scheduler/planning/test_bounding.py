"""A bound is a claim about the scenario as it is written, not as the library narrows it."""

import pytest

from pathways.reading import read_scenario
from scheduler.planning.bounding import bound_for, narrowing_matters
from scheduler.planning.repairing import repair
from scheduler.planning.replanning import carried_over
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Progress, Stop
from tests import factories
from tests.factories import Document, table
from tests.library_scenarios import maintained, only_late


def by_the_contract_alone(document: Document) -> Document:
    """The same scenario, carrying the pathway itself."""
    written = read_scenario(document).pathways[0].model_dump(mode="json", exclude_unset=True)
    return {**document, "pathways": [written]}


def nurses_until(closing: str, **patient: Document) -> Document:
    document = maintained()
    for person in document["clinic"]["practitioners"]:
        if "monitor" in person["roles"]:
            person["hours"] = table(f"08:00-{closing}")
    document["patients"][0].update(patient)
    return document


def test_no_plan_of_the_contract_costs_less_than_the_bound() -> None:
    """By the contract all six doses can be given; R-19 leaves none of them a time."""
    told: list[Progress] = []
    narrow = solve(read_scenario(only_late()), Stop(work=5), report=told.append)
    wide = solve(read_scenario(by_the_contract_alone(only_late())), Stop(work=5))
    assert sum(entry.activity == "dose" for entry in narrow.unplaced) == 6
    assert not any(entry.activity == "dose" for entry in wide.unplaced)
    assert narrow.bound <= wide.cost.total < narrow.cost.total
    assert narrow.status == "feasible"
    assert {progress.bound for progress in told} == {0}


def test_a_plan_that_is_mended_claims_no_more_than_a_new_one() -> None:
    scenario = read_scenario(only_late())
    old = solve(scenario, Stop(work=0))
    told: list[Progress] = []
    mended = repair(carried_over(scenario, old), Stop(work=5), improve=True, report=told.append)
    assert (mended.bound, mended.status) == (0, "feasible")
    assert {progress.bound for progress in told} == {0}


def test_what_is_proven_stays_proven_where_nothing_was_lost() -> None:
    """Nurses who leave half an hour before closing end every dose by then, R-19 or not."""
    scenario = read_scenario(nurses_until("18:00"))
    assert bound_for(scenario)(7) == 7
    assert solve(scenario, Stop(work=300)).status == "optimal"


@pytest.mark.parametrize(
    ("nurses", "rides", "matters"),
    [
        ("18:00", None, False),
        ("18:15", None, True),
        ("18:30", {"mon": ["12:00-18:00"]}, False),
        ("18:30", {"mon": ["12:00-18:05"]}, False),
        ("18:30", {"mon": ["12:00-18:15"]}, True),
        ("18:30", {"sat": ["12:00-24:00"]}, False),
    ],
)
def test_narrowing_matters_where_a_dose_could_end_later(
    nurses: str, rides: Document | None, matters: bool
) -> None:
    document = nurses_until(nurses, **({"rides": rides} if rides else {}))
    assert narrowing_matters(read_scenario(document)) is matters


def test_a_dose_that_may_end_as_the_clinic_closes_is_lost_as_well() -> None:
    document = nurses_until("18:30")
    document["patients"][0]["available"] = table("15:35-18:30")
    document["clinic"]["slot_minutes"] = 5
    assert narrowing_matters(read_scenario(document))


def test_without_the_library_every_proof_counts() -> None:
    assert bound_for(read_scenario(factories.scenario()))(7) == 7
