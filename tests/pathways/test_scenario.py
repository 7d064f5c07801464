"""A scenario that exists is whole; what is wrong in one is named by its exact place."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathways import timing
from pathways.faults import BadDocument
from pathways.reading import read_scenario
from pathways.record import DateRange, WeekTable
from pathways.scenario import Scenario
from pathways.timing import Window
from tests import factories as a

Document = dict[str, Any]


def faults(**changes: Any) -> dict[str, str]:
    """What is wrong with a scenario that differs in these keys, by place."""
    with pytest.raises(BadDocument) as refused:
        read_scenario(a.scenario(**changes))
    return dict(refused.value.faults)


def clinic_faults(**changes: Any) -> dict[str, str]:
    return faults(clinic=a.clinic(**changes))


def patient_faults(**changes: Any) -> dict[str, str]:
    return faults(patients=[a.patient(**changes)])


def test_what_a_scenario_leaves_out_has_its_default() -> None:
    scenario = read_scenario(a.scenario(clinic=a.clinic(slot_minutes=None)))
    assert scenario.clinic.slot_minutes == 15
    assert scenario.clinic.resume_driving == 6 * 60
    assert scenario.now is None
    assert scenario.booked == ()
    assert dict(scenario.weights) == {
        "unplaced": 10000,
        "unplaced_other": 2000,
        "lag_hour": 1,
        "lag_hour_early": 2,
        "uneven_day": 5,
        "off_preference": 4,
        "trip_day": 8,
        "idle_slot": 1,
        "new_face": 10,
        "moved": 20,
        "moved_soon": 60,
        "dropped": 100,
    }


@pytest.mark.parametrize("minutes", [5, 6, 10, 12, 15, 20, 30, 60])
def test_a_grid_divides_the_hour(minutes: int) -> None:
    found = read_scenario(a.scenario(clinic=a.clinic(slot_minutes=minutes)))
    assert found.clinic.slot_minutes == minutes


@pytest.mark.parametrize("minutes", [7, 25, 45, 90, 0, -15, 15.0, "15"])
def test_a_grid_that_does_not_divide_the_hour_is_refused(minutes: object) -> None:
    assert list(clinic_faults(slot_minutes=minutes)) == ["clinic.slot_minutes"]


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"timezone": "Berlin"}, "timezone", "no time zone is called 'Berlin'"),
        ({"resume_driving": "24:00"}, "resume_driving", "write HH:MM"),
        ({"resume_driving": 360}, "resume_driving", "quotes"),
        ({"hours": {"mon": ["09:00-08:00"]}}, "hours.mon[0]", "earlier time first"),
        ({"hours": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "hours.mon[1]", "overlap"),
        ({"hours": {"monday": []}}, "hours.monday", "is not a day"),
        ({"hours": {"2027-02-29": []}}, "hours.2027-02-29", "is not a day"),
        ({"closures": [{"date": "04.01.2027"}]}, "closures[0].date", "write YYYY-MM-DD"),
        ({"closures": [{"date": "20270104"}]}, "closures[0].date", "write YYYY-MM-DD"),
        ({"colour": "blue"}, "colour", "unknown key"),
        ({"id": ""}, "id", "at least 1 character"),
        ({"id": "har\x1bbor"}, "id", "is no plain id; write letters, digits and signs"),
        ({"id": "harbor\n"}, "id", "is no plain id"),
        ({"id": 5}, "id", "must be a text, not 5"),
        ({"locations": {}}, "locations", "must be a list, not a mapping"),
    ],
)
def test_a_wrong_clinic_is_refused_by_its_place(changes: Document, place: str, says: str) -> None:
    assert says in clinic_faults(**changes)[f"clinic.{place}"]


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"start": "9999-12-31"}, "start", "mend its year"),
        ({"start": "2027-01-04T00:00"}, "start", "write YYYY-MM-DD"),
        ({"available": None}, "available", "is missing"),
        (
            {"unavailable": [{"from": "2027-01-05", "to": "2027-01-04"}]},
            "unavailable[0].to",
            "swap",
        ),
        ({"rides": {"mon": ["12-13"]}}, "rides.mon[0]", "write HH:MM"),
        ({"partner": "eve"}, "partner", "there is no patient 'eve'"),
        ({"partner": "ada"}, "partner", "themself"),
        ({"pathway": "long"}, "pathway", "there is no pathway 'long'"),
        ({"groups": {"group": "evenings"}}, "groups.group", "no group 'evenings'"),
        ({"groups": {"group": "mornings"}}, "groups.group", "no activity 'group'"),
        (
            {"settled": [{"activity": "dose", "occurrence": 1, "outcome": "late"}]},
            "settled[0].outcome",
            "'missed', 'waived' or 'elsewhere'",
        ),
        (
            {"settled": [{"activity": "talk", "occurrence": 1, "outcome": "missed"}]},
            "settled[0].activity",
            "no activity 'talk'",
        ),
    ],
)
def test_a_wrong_patient_is_refused_by_its_place(changes: Document, place: str, says: str) -> None:
    assert says in patient_faults(**changes)[f"patients[0].{place}"]


def test_authorizations_of_one_service_do_not_overlap() -> None:
    first = {"service": "iop", "units": 3, "from": "2027-01-01", "to": "2027-01-31"}
    touching = {**first, "from": "2027-02-01", "to": "2027-02-28"}
    other = {**first, "service": "esketamine"}
    read_scenario(a.scenario(patients=[a.patient(authorizations=[first, touching, other])]))
    found = patient_faults(authorizations=[first, {**touching, "from": "2027-01-31"}])
    assert found == {"patients[0].authorizations[1]": "overlaps another of 'iop'"}


def test_an_authorization_may_be_open_ended() -> None:
    paid = {"service": "iop", "units": 0, "from": "0001-01-01", "to": "9999-12-31"}
    read_scenario(a.scenario(patients=[a.patient(authorizations=[paid])]))


@pytest.mark.parametrize("value", [-1, 1.0, "1", True, None])
def test_a_weight_is_a_whole_number_of_at_least_zero(value: object) -> None:
    assert list(faults(weights={"trip_day": value})) == ["weights.trip_day"]


def test_an_unknown_weight_is_refused() -> None:
    assert "unknown key" in faults(weights={"tripday": 8})["weights.tripday"]


@pytest.mark.parametrize(
    "text", ["2027-01-04T09:00:00", "2027-01-04", "2027-01-04 09:00:00Z", "yesterday", 5]
)
def test_now_is_an_instant_with_an_offset(text: object) -> None:
    assert list(faults(now=text)) == ["now"]


def test_an_instant_keeps_the_offset_in_which_it_was_written() -> None:
    scenario = read_scenario(a.scenario(now="2027-01-04T15:00:00+01:00"))
    assert scenario.now == datetime(2027, 1, 4, 14, tzinfo=UTC)
    assert scenario.local(scenario.now).isoformat() == "2027-01-04T09:00:00-05:00"


def test_busy_is_local_time_without_an_offset() -> None:
    busy = [{"start": "2027-01-04T09:00:00-05:00", "end": "2027-01-04T10:00"}]
    found = clinic_faults(locations=[a.location("bay", "treatment-bay", busy=busy)], groups=[])
    assert "without an offset" in found["clinic.locations[0].busy[0].start"]


def test_busy_ends_after_it_begins() -> None:
    busy = [{"start": "2027-01-04T09:00", "end": "2027-01-04T09:00"}]
    people = [a.practitioner("nurse", "monitor", busy=busy)]
    found = clinic_faults(practitioners=people, groups=[])
    assert "ends before it begins" in found["clinic.practitioners[0].busy[0]"]


def test_a_meeting_ends_after_it_begins_and_at_midnight_at_the_latest() -> None:
    late = [{"day": "mon", "start": "22:00", "end": "24:00"}]
    found = read_scenario(a.scenario(clinic=a.clinic(groups=[a.series(weekly=late)])))
    assert found.clinic.groups[0].weekly[0].window == Window(22 * 60, 24 * 60)
    backwards = [{"day": "mon", "start": "22:00", "end": "01:00"}]
    assert list(clinic_faults(groups=[a.series(weekly=backwards)])) == [
        "clinic.groups[0].weekly[0]"
    ]


@pytest.fixture
def week() -> WeekTable:
    return WeekTable.model_validate(
        {"mon": ["13:00-17:00", "09:00-12:00", "12:00-13:00"], "2027-01-11": ["10:00-11:00"]}
    )


def test_windows_that_touch_are_one(week: WeekTable) -> None:
    assert week.on_weekday("mon") == (Window(9 * 60, 17 * 60),)


def test_a_date_replaces_its_weekday_on_that_date_alone(week: WeekTable) -> None:
    assert week.on(date(2027, 1, 4)) == (Window(9 * 60, 17 * 60),)
    assert week.on(date(2027, 1, 11)) == (Window(10 * 60, 11 * 60),)
    assert week.names(date(2027, 1, 11))
    assert not week.names(date(2027, 1, 4))
    assert week.on_weekday("mon") == (Window(9 * 60, 17 * 60),)


def test_a_day_without_an_entry_has_no_windows(week: WeekTable) -> None:
    assert week.on(date(2027, 1, 5)) == ()
    assert WeekTable.model_validate({"2027-01-04": []}).on(date(2027, 1, 4)) == ()


def test_a_range_of_dates_holds_its_first_and_its_last() -> None:
    away = DateRange.model_validate({"from": "2027-01-04", "to": "2027-01-05"})
    held = [day for day in range(1, 8) if away.holds(date(2027, 1, day))]
    assert held == [4, 5]
    assert DateRange.model_validate({"from": "2027-01-04", "to": "2027-01-04"}).holds(
        date(2027, 1, 4)
    )


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_every_date_has_the_windows_of_its_weekday(day: date) -> None:
    table = WeekTable.model_validate({timing.weekday(day): ["09:00-10:00"]})
    assert table.on(day) == (Window(540, 600),)
    assert table.on(day + timing.ONE_DAY) == ()


def test_a_scenario_finds_its_records_by_their_ids() -> None:
    scenario = read_scenario(a.scenario())
    ada = scenario.patient("ada")
    assert scenario.pathway_of(ada) is scenario.pathway("short")


def test_a_scenario_is_read_as_it_is_written() -> None:
    scenario: Scenario = read_scenario(a.scenario(now="2027-01-04T09:00:00-05:00"))
    written = scenario.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert read_scenario(written).model_dump() == scenario.model_dump()
