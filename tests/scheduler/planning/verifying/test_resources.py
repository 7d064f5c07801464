"""Locations and practitioners: of the right kind, on duty, and taken by one thing at a time."""

from typing import Any

import pytest

from tests.factories import (
    EVERY_DAY,
    Document,
    clinic,
    location,
    pathway,
    patient,
    practitioner,
    scenario,
    series,
    session,
    table,
)
from tests.scheduler.planning.verifying.judging import Placed, broken, placed, warned, with_booked

BUSY = [{"start": "2027-01-04T12:00", "end": "2027-01-04T13:00"}]


def shared(*needs: Document, **keys: Any) -> Document:
    """Ada and Ben, each with visits of these needs, in a clinic with these keys."""
    visit = session("visit", schedule=[{"weeks": "1-1", "per_week": 3}], needs=list(needs))
    return scenario(
        clinic=clinic(**keys), pathways=[pathway(visit)], patients=[patient(), patient("ben")]
    )


def ada(start: str, number: int = 1, **keys: Any) -> Placed:
    return placed("visit", start, number, **keys)


def ben(start: str, number: int = 1, **keys: Any) -> Placed:
    return placed("visit", start, number, who=("ben",), **keys)


OFFICE = {"location": "office"}


def test_a_location_holds_one_session_at_a_time() -> None:
    assert broken(shared(OFFICE), ada("mon 09:00"), ben("mon 10:00")) == set()
    assert broken(shared(OFFICE), ada("mon 09:00"), ben("mon 09:30")) == {"location"}


def test_another_location_of_the_kind_is_free() -> None:
    document = shared(OFFICE, locations=[location("office"), location("room")], groups=[])
    assert broken(document, ada("mon 09:00"), ben("mon 09:30", location="room")) == set()


def test_a_virtual_location_holds_any_number_without_a_turnover() -> None:
    video = location("video", "virtual", turnover=60, busy=BUSY)
    document = shared({"location": "virtual"}, locations=[video], groups=[])
    assert broken(document, ada("mon 12:00"), ben("mon 12:30")) == set()


def test_a_session_without_a_need_is_at_no_location() -> None:
    document = shared()
    assert broken(document, ada("mon 09:00")) == set()
    assert broken(document, ada("mon 09:00", location="office")) == {"location"}


def turned_over(minutes: int, **keys: Any) -> Document:
    office = location("office", turnover=minutes, **keys)
    return shared(OFFICE, locations=[office], groups=[])


@pytest.mark.parametrize(
    ("start", "rules"),
    [
        ("mon 10:30", set()),
        ("mon 10:00", {"turnover"}),
        ("mon 09:30", {"location"}),
    ],
)
def test_a_turnover_lies_between_two_sessions(start: str, rules: set[str]) -> None:
    assert broken(turned_over(30), ada("mon 09:00"), ben(start)) == rules


def test_a_turnover_is_not_asked_for_around_busy_hours() -> None:
    document = turned_over(30, busy=BUSY)
    assert broken(document, ada("mon 11:00"), ben("mon 13:00")) == set()
    assert broken(document, ada("mon 11:30")) == {"location"}
    assert broken(document, ada("mon 12:30")) == {"location"}


def test_a_turnover_passes_midnight() -> None:
    document = turned_over(90)
    all_day = table("00:00-24:00", days=EVERY_DAY)
    document["clinic"]["hours"] = all_day
    for person in document["patients"]:
        person["available"] = all_day
    assert broken(document, ada("mon 23:00"), ben("tue 01:30")) == set()
    assert broken(document, ada("mon 23:00"), ben("tue 01:00")) == {"turnover"}


def in_the_group_room(**keys: Any) -> Document:
    room = location("group-room", "group-room", **keys)
    return shared({"location": "group-room"}, locations=[room])


def test_a_meeting_takes_its_location_attended_or_not() -> None:
    assert broken(in_the_group_room(), ada("mon 10:00")) == set()
    assert broken(in_the_group_room(), ada("mon 09:30")) == {"location"}
    assert broken(in_the_group_room(), ada("tue 09:30")) == set()
    assert broken(in_the_group_room(turnover=30), ada("mon 10:00")) == {"turnover"}


def test_a_meeting_that_falls_out_takes_nothing() -> None:
    document = in_the_group_room()
    document["clinic"]["groups"] = [series(cancelled=["2027-01-04"])]
    assert broken(document, ada("mon 09:30")) == set()
    assert broken(document, ada("wed 09:30")) == {"location"}


def test_a_locked_session_at_a_meetings_location_is_a_warning() -> None:
    document = with_booked(in_the_group_room(), ada("mon 09:30"))
    assert warned(document, ada("mon 09:30")) == {"location"}


THERAPIST = {"role": "therapist", "skill": "cbt"}


def helped(**keys: Any) -> Document:
    """Visits with a therapist who has these keys; there are a nurse and a doctor, too."""
    staff = [
        practitioner("therapist", "therapist", **({"skills": ["cbt"]} | keys)),
        practitioner("nurse", "monitor"),
        practitioner("facilitator", "therapist", skills=["cbt", "group"]),
    ]
    return shared(THERAPIST, practitioners=staff)


def with_therapist(start: str, **keys: Any) -> Placed:
    return ada(start, practitioners=["therapist"], **keys)


def test_a_need_asks_for_its_role_and_its_skill() -> None:
    assert broken(helped(), with_therapist("mon 09:00")) == set()
    assert broken(helped(), ada("mon 09:00", practitioners=["nurse"])) == {"practitioner"}
    assert broken(helped(skills=["dbt"]), with_therapist("mon 09:00")) == {"practitioner"}
    assert broken(helped(), ada("mon 09:00", practitioners=["eve"])) == {"practitioner"}


def test_each_need_is_met() -> None:
    assert broken(helped(), ada("mon 09:00", practitioners=[])) == {"practitioner"}
    crowd = ada("mon 11:00", practitioners=["therapist", "facilitator"])
    assert broken(helped(), crowd) == {"practitioner"}


def test_people_stand_in_the_order_of_needs() -> None:
    document = helped()
    document["pathways"][0]["activities"][0]["needs"] = [{"role": "monitor"}, THERAPIST]
    right = ada("mon 11:00", practitioners=["nurse", "therapist"])
    wrong = ada("mon 11:00", practitioners=["therapist", "nurse"])
    assert broken(document, right) == set()
    assert broken(document, wrong) == {"practitioner"}


def test_two_needs_are_two_people() -> None:
    document = helped()
    document["pathways"][0]["activities"][0]["needs"] = [THERAPIST, {"role": "therapist"}]
    assert broken(document, ada("mon 11:00", practitioners=["therapist", "facilitator"])) == set()
    twice = ada("mon 11:00", practitioners=["therapist", "therapist"])
    assert broken(document, twice) == {"practitioner"}


@pytest.mark.parametrize(
    ("start", "rules"),
    [
        ("mon 10:00", set()),
        ("mon 11:00", set()),
        ("mon 09:30", {"practitioner"}),
        ("mon 11:30", {"practitioner"}),
        ("tue 10:00", {"practitioner"}),
    ],
)
def test_people_work_in_their_hours(start: str, rules: set[str]) -> None:
    assert broken(helped(hours={"mon": ["10:00-12:00"]}), with_therapist(start)) == rules


@pytest.mark.parametrize(
    ("day", "rules"),
    [("mon", set()), ("tue", {"practitioner"}), ("wed", {"practitioner"}), ("thu", set())],
)
def test_people_who_are_away_are_away_on_both_ends(day: str, rules: set[str]) -> None:
    away = [{"from": "2027-01-05", "to": "2027-01-06"}]
    assert broken(helped(away=away), with_therapist(f"{day} 11:00")) == rules


def test_people_who_are_busy_are_taken() -> None:
    document = helped(busy=BUSY)
    assert broken(document, with_therapist("mon 11:00")) == set()
    assert broken(document, with_therapist("mon 13:00")) == set()
    assert broken(document, with_therapist("mon 11:30")) == {"practitioner"}


def test_people_serve_one_session_at_a_time() -> None:
    document = helped()
    later = ben("mon 12:00", practitioners=["therapist"])
    meanwhile = ben("mon 11:30", practitioners=["therapist"])
    assert broken(document, with_therapist("mon 11:00"), later) == set()
    assert broken(document, with_therapist("mon 11:00"), meanwhile) == {"practitioner"}


def test_a_meeting_takes_its_facilitator_attended_or_not() -> None:
    document = helped()
    assert broken(document, ada("mon 10:00", practitioners=["facilitator"])) == set()
    assert broken(document, ada("mon 09:30", practitioners=["facilitator"])) == {"practitioner"}


def familiar(mode: str) -> Document:
    """Visits and talks that one therapist should serve, of whom there are two."""
    need = {"role": "therapist", "same_person": mode}
    weekly = [{"weeks": "1-1", "per_week": 2}]
    visit = session("visit", needs=[{"role": "monitor"}, need], schedule=weekly)
    talk = session("talk", needs=[need], same_person_as="visit")
    other = session("other", needs=[need])
    return scenario(pathways=[pathway(visit, talk, other)], patients=[patient(), patient("ben")])


FIRST = placed("visit", "mon 11:00", 1, practitioners=["nurse", "therapist"])


@pytest.mark.parametrize(
    ("other", "rules"),
    [
        (placed("visit", "tue 09:00", 2, practitioners=["nurse", "therapist"]), set()),
        (placed("visit", "tue 09:00", 2, practitioners=["nurse", "facilitator"]), {"same_person"}),
        (placed("talk", "tue 09:00", practitioners=["therapist"]), set()),
        (placed("talk", "tue 09:00", practitioners=["facilitator"]), {"same_person"}),
        (placed("other", "tue 09:00", practitioners=["facilitator"]), set()),
        (
            placed("visit", "tue 09:00", who=("ben",), practitioners=["nurse", "facilitator"]),
            set(),
        ),
    ],
)
def test_one_person_serves_all_of_a_patients_family(other: Placed, rules: set[str]) -> None:
    assert broken(familiar("required"), FIRST, other) == rules


def test_a_preferred_person_is_no_rule() -> None:
    talk = placed("talk", "tue 09:00", practitioners=["facilitator"])
    assert broken(familiar("preferred"), FIRST, talk) == set()


def test_two_locked_faces_are_a_warning_and_a_third_of_either_is_a_fault() -> None:
    talk = placed("talk", "tue 09:00", practitioners=["facilitator"])
    document = with_booked(familiar("required"), FIRST, talk)
    assert warned(document, FIRST, talk) == {"same_person"}
    third = placed("visit", "wed 11:00", 2, practitioners=["nurse", "therapist"])
    assert broken(document, FIRST, talk, third) == {"same_person"}


def test_a_locked_session_without_people_has_no_face() -> None:
    bare = placed("talk", "tue 09:00", practitioners=[])
    document = with_booked(familiar("required"), bare)
    assert warned(document, bare, FIRST) == {"practitioner"}
