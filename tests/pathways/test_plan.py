"""A plan that exists can be judged: its numbers, rules and instants are of the right kind."""

from datetime import date, timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from pathways.faults import BadDocument
from pathways.plan import Appointment, Rule, Term
from pathways.reading import read_plan
from pathways.scenario import Weights
from pathways.timing import instant, zone
from tests import factories as a

NINE = "2027-01-04T09:00:00-05:00"
TEN = "2027-01-04T10:00:00-05:00"


def faults(**changes: Any) -> dict[str, str]:
    with pytest.raises(BadDocument) as refused:
        read_plan(a.plan(**changes))
    return dict(refused.value.faults)


def talk(**changes: Any) -> dict[str, Any]:
    return {**a.appointment("talk", NINE, TEN), **changes}


def booked(**changes: Any) -> Appointment:
    return read_plan(a.plan(appointments=[talk(**changes)])).appointments[0]


def unplaced(*reasons: dict[str, str], occurrence: int = 1) -> dict[str, Any]:
    return {
        "patient": "ada",
        "activity": "talk",
        "occurrence": occurrence,
        "reasons": list(reasons),
    }


def test_an_appointment_is_the_same_where_patients_activity_and_number_are() -> None:
    one = booked(patients=["ada", "bob"])
    other = booked(patients=["bob", "ada"], id="another", location="bay", start=TEN, end=TEN)
    assert one.identity == other.identity
    assert one.identity != booked(patients=["ada"]).identity
    assert one.identity != booked(patients=["ada", "bob"], occurrence=2).identity


def test_an_instant_made_in_a_zone_keeps_its_offset_and_no_zone() -> None:
    """Within one zone Python would subtract wall clocks: 01:30 to 03:30 is three hours here."""
    tz = zone("America/New_York")
    start, end = (instant(date(2027, 11, 7), m, tz).astimezone(tz) for m in (90, 210))
    kept = Appointment.model_validate(booked().model_dump() | {"start": start, "end": end})
    assert end - start == timedelta(hours=2)
    assert kept.end - kept.start == timedelta(hours=3)
    assert kept.start.isoformat() == "2027-11-07T01:30:00-04:00"


def test_an_instant_without_an_offset_is_refused() -> None:
    naive = booked().start.replace(tzinfo=None)
    with pytest.raises(ValidationError, match="no offset"):
        Appointment.model_validate(booked().model_dump() | {"start": naive})


def test_the_same_instant_may_be_written_with_another_offset() -> None:
    assert booked(start="2027-01-04T15:00:00+01:00").start == booked().start


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"start": "2027-01-04T09:00:00"}, "start"),
        ({"patients": []}, "patients"),
        ({"occurrence": 0}, "occurrence"),
        ({"modality": "letter"}, "modality"),
        ({"minutes": 60}, "minutes"),
        ({"stages": [{"id": "rest", "start": NINE}]}, "stages[0].end"),
        (
            {"notes": [{"kind": "no-driving", "text": "Do not drive", "until": "06:00"}]},
            "notes[0].until",
        ),
    ],
)
def test_a_wrong_appointment_is_refused_by_its_place(changes: dict[str, Any], place: str) -> None:
    found = faults(appointments=[talk(**changes)])
    assert list(found) == [f"appointments[0].{place}"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"status": "good"}, "status"),
        ({"bound": -1}, "bound"),
        ({"bound": 1.5}, "bound"),
        ({"cost": {"total": -1}}, "cost.total"),
        ({"cost": {"total": 1, "terms": {"trips": 1}}}, "cost.terms.trips"),
        ({"format": "care-plan/2"}, "format"),
        ({"groups": [{"patient": "ada", "activity": "group"}]}, "groups[0].series"),
    ],
)
def test_a_wrong_plan_is_refused_by_its_place(changes: dict[str, Any], place: str) -> None:
    assert list(faults(**changes)) == [place]


def test_what_is_unplaced_has_a_reason_in_words() -> None:
    good = {"rule": "ride", "detail": "no ride on Monday"}
    assert read_plan(a.plan(unplaced=[unplaced(good)])).unplaced[0].reasons[0].rule == "ride"
    assert list(faults(unplaced=[unplaced()])) == ["unplaced[0].reasons"]
    silent = {"rule": "ride", "detail": "  "}
    assert list(faults(unplaced=[unplaced(good, silent)])) == ["unplaced[0].reasons[1].detail"]
    unknown = {"rule": "weather", "detail": "it rained"}
    assert list(faults(unplaced=[unplaced(good, unknown)])) == ["unplaced[0].reasons[1].rule"]


def test_number_zero_stands_for_a_whole_series() -> None:
    reason = {"rule": "group", "detail": "no series fits"}
    assert read_plan(a.plan(unplaced=[unplaced(reason, occurrence=0)])).unplaced[0].occurrence == 0


def test_every_weight_is_a_term_of_the_cost() -> None:
    assert set(get_args(Term)) == set(Weights.model_fields)


def test_the_rules_that_a_reason_may_name_are_those_of_the_contract() -> None:
    assert set(get_args(Rule)) == {
        *("hours", "availability", "location", "practitioner", "monitor", "prescriber", "ride"),
        *("clearance", "authorization", "spacing", "order", "lag", "group", "closure"),
        *("partner", "capacity", "past"),
    }


def test_a_plan_is_read_as_it_is_written() -> None:
    stage = {"id": "rest", "start": NINE, "end": TEN, "practitioner": "nurse"}
    note = {"kind": "no-driving", "text": "Do not drive", "until": "2027-01-05T06:00:00-05:00"}
    appointment = talk(stages=[stage], notes=[note])
    plan = read_plan(a.plan(appointments=[appointment]))
    assert read_plan(plan.model_dump(mode="json", by_alias=True)) == plan
