"""How full a clinic is, half hour by half hour, counted by hand."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pathways.reading import read_scenario
from pathways.scenario import Clinic
from scheduler.appointments.listing import Listed
from scheduler.appointments.occupancy import Load, loads_on
from tests import factories

MONDAY = date(2027, 1, 4)
NINE = datetime(2027, 1, 4, 14, tzinfo=UTC)
"""Nine in the morning in New York."""

KINDS = {"bay": ["bay"], "nurse": ["rn"]}


def clinic(**changes: Any) -> Clinic:
    nurse = {"id": "rn", "roles": ["monitor"], "hours": {"mon": ["09:00-12:00"]}}
    house = {
        "hours": {"mon": ["09:00-11:00"]},
        "locations": [{"id": "bay", "kind": "treatment-bay"}],
        "practitioners": [nurse | changes.pop("nurse", {})],
        "groups": [],
    }
    scenario = factories.scenario(clinic=factories.clinic(**house, **changes), patients=[])
    found: Clinic = read_scenario(scenario).clinic
    return found


def visit(
    minutes: int = 45, *, status: str = "booked", watched: tuple[int, int] | None = None
) -> Listed:
    stages = []
    if watched is not None:
        first, last = (NINE + timedelta(minutes=m) for m in watched)
        stages = [{"start": first.isoformat(), "end": last.isoformat(), "practitioner": "rn"}]
    row = SimpleNamespace(
        start=NINE,
        end=NINE + timedelta(minutes=minutes),
        location_id="bay",
        practitioners=[],
        stages=stages,
        status=status,
    )
    return Listed(row, ("ada",), tentative=False)


def taken(kind: str, *visits: Listed, house: Clinic | None = None) -> list[int]:
    return [load.taken for load in loads_on(MONDAY, house or clinic(), visits, KINDS)[kind]]


def test_a_place_is_taken_in_every_half_hour_that_a_visit_touches() -> None:
    assert taken("bay", visit(45)) == [1, 1, 0, 0]
    assert taken("bay", visit(60)) == [1, 1, 0, 0]


def test_a_nurse_is_taken_while_she_watches_and_once_for_two_whom_she_watches() -> None:
    assert taken("nurse", visit(90, watched=(30, 60))) == [0, 1, 0, 0]
    both = visit(90, watched=(0, 30)), visit(90, watched=(0, 30))
    assert taken("nurse", *both) == [1, 0, 0, 0]


@pytest.mark.parametrize("status", ["cancelled", "noshow", "proposed"])
def test_what_takes_no_time_takes_no_place(status: str) -> None:
    assert taken("bay", visit(status=status)) == [0, 0, 0, 0]


def test_somebody_away_is_not_there_and_a_place_always_is() -> None:
    away = clinic(nurse={"away": [{"from": "2027-01-04", "to": "2027-01-04"}]})
    loads = loads_on(MONDAY, away, [], KINDS)
    assert {load.there for load in loads["nurse"]} == {0}
    assert {load.there for load in loads["bay"]} == {1}


def test_a_closed_day_has_no_hours() -> None:
    closed = clinic(closures=[{"date": "2027-01-04", "reason": "snow"}])
    assert loads_on(MONDAY, closed, [], KINDS) == {}
    assert loads_on(MONDAY + timedelta(days=1), clinic(), [], KINDS) == {}


def test_the_share_is_never_more_than_all_and_none_of_nothing() -> None:
    assert Load(0, 3, 2).share == 1.0
    assert Load(0, 0, 0).share == 0.0
