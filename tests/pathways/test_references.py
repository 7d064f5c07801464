"""Ids that are named exist and stand once; bookings and history can be true."""

from typing import Any

import pytest

from pathways.faults import BadDocument
from pathways.reading import read_scenario
from tests import factories as a

NINE = "2027-01-04T09:00:00-05:00"
TEN = "2027-01-04T10:00:00-05:00"


def faults(**changes: Any) -> dict[str, str]:
    with pytest.raises(BadDocument) as refused:
        read_scenario(a.scenario(**changes))
    return dict(refused.value.faults)


def booking(**changes: Any) -> dict[str, Any]:
    return {**a.appointment("dose", NINE, TEN), "locked": True, **changes}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        (
            {"clinic": a.clinic(locations=[a.location("x"), a.location("x")], groups=[])},
            "locations",
        ),
        (
            {
                "clinic": a.clinic(
                    practitioners=[a.practitioner("x", "monitor"), a.practitioner("x")], groups=[]
                )
            },
            "practitioners",
        ),
        ({"clinic": a.clinic(groups=[a.series("x"), a.series("x")])}, "groups"),
    ],
)
def test_an_id_of_the_clinic_stands_once(changes: dict[str, Any], place: str) -> None:
    assert faults(**changes) == {f"clinic.{place}[1].id": "'x' stands twice; ids are unique"}


def test_a_patient_and_a_pathway_stand_once() -> None:
    found = faults(patients=[a.patient(), a.patient()], pathways=[a.pathway(), a.pathway()])
    assert set(found) == {"patients[1].id", "pathways[1].id"}


def test_one_id_may_stand_for_a_room_and_a_person() -> None:
    people = [a.practitioner("x", "therapist")]
    series = a.series("x", location="x", facilitator="x")
    clinic = a.clinic(locations=[a.location("x")], practitioners=people, groups=[series])
    assert read_scenario(a.scenario(clinic=clinic)).clinic.groups[0].id == "x"


def test_a_series_may_be_of_an_activity_that_no_pathway_has() -> None:
    clinic = a.clinic(groups=[a.series(activity="yoga")])
    assert read_scenario(a.scenario(clinic=clinic)).clinic.groups[0].activity == "yoga"


def test_partners_name_each_other() -> None:
    ada, bob = a.patient("ada", partner="bob"), a.patient("bob", partner="ada")
    assert read_scenario(a.scenario(patients=[ada, bob])).patient("bob").partner == "ada"
    found = faults(patients=[ada, a.patient("bob")])
    assert found == {"patients[0].partner": "'bob' does not name 'ada' in turn"}


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"patients": ["eve"]}, "patients[0]", "no patient 'eve'"),
        ({"patients": ["ada", "ada"]}, "patients[1]", "stands twice"),
        ({"activity": "talk"}, "activity", "no activity 'talk'"),
        ({"location": "cellar"}, "location", "no location 'cellar'"),
        ({"practitioners": ["doctor", "eve"]}, "practitioners[1]", "no practitioner 'eve'"),
        (
            {"stages": [{"id": "rest", "start": NINE, "end": TEN, "practitioner": "eve"}]},
            "stages[0].practitioner",
            "no practitioner 'eve'",
        ),
        ({"locked": None}, "locked", "boolean"),
        ({"locked": "yes"}, "locked", "boolean"),
        ({"end": NINE}, "", "ends before it begins"),
    ],
)
def test_a_wrong_booking_is_refused_by_its_place(
    changes: dict[str, Any], place: str, says: str
) -> None:
    found = faults(booked=[booking(**changes)])
    assert len(found) == 1
    assert says in found[f"booked[0].{place}".rstrip(".")]


def test_one_occurrence_is_booked_once() -> None:
    ada, bob = a.patient("ada", partner="bob"), a.patient("bob", partner="ada")
    found = faults(
        patients=[ada, bob],
        booked=[
            booking(id="one", patients=["ada", "bob"]),
            booking(id="two", patients=["bob", "ada"], start=TEN, end="2027-01-04T11:00:00-05:00"),
        ],
    )
    assert "two bookings of the same occurrence" in found["booked[1]"]


def test_what_has_begun_is_locked() -> None:
    later = "2027-01-04T09:30:00-05:00"
    assert read_scenario(a.scenario(now=later, booked=[booking()])).booked[0].locked
    assert list(faults(now=later, booked=[booking(locked=False)])) == ["booked[0].locked"]
    assert not read_scenario(a.scenario(now=NINE, booked=[booking(locked=False)])).booked[0].locked


def test_a_settled_occurrence_is_not_booked() -> None:
    ada = a.patient(settled=[{"activity": "dose", "occurrence": 1, "outcome": "waived"}])
    found = faults(patients=[ada], booked=[booking()])
    assert found == {"booked[0].occurrence": "is settled; leave the booking out or the settlement"}
    read_scenario(a.scenario(patients=[ada], booked=[booking(occurrence=2)]))


def past(start: str, end: str, activity: str = "dose") -> dict[str, Any]:
    return a.patient(history=[{"activity": activity, "start": start, "end": end}])


def test_history_lies_before_now_or_before_the_start() -> None:
    before_start = past("2027-01-03T23:59:00-05:00", "2027-01-04T00:30:00-05:00")
    read_scenario(a.scenario(patients=[before_start]))
    at_start = past("2027-01-04T00:00:00-05:00", "2027-01-04T01:00:00-05:00")
    found = faults(patients=[at_start])
    assert found == {
        "patients[0].history[0].start": "lies neither before now nor before the patient's start"
    }
    read_scenario(a.scenario(patients=[at_start], now="2027-01-04T00:01:00-05:00"))


def test_history_is_of_an_activity_that_some_pathway_has() -> None:
    found = faults(patients=[past("2027-01-01T09:00:00Z", "2027-01-01T10:00:00Z", "yoga")])
    assert found == {"patients[0].history[0].activity": "no pathway has an activity 'yoga'"}


def test_history_ends_after_it_begins() -> None:
    found = faults(patients=[past("2027-01-01T10:00:00Z", "2027-01-01T10:00:00Z")])
    assert found == {"patients[0].history[0].end": "ends before it begins"}


def test_an_id_of_a_record_with_faults_of_its_own_exists_nevertheless() -> None:
    """Who names a patient whose start is wrong is not told that there is no such patient."""
    ada, bob = a.patient("ada", partner="bob"), a.patient("bob", partner="ada", start="soon")
    assert list(faults(patients=[ada, bob])) == ["patients[1].start"]
    pathway = a.pathway(a.dose(minutes=7))
    assert list(faults(pathways=[pathway])) == ["pathways[0].activities[0]"]
