"""What is booked already: locked as it is, the rest at a cost."""

import pytest

from tests.factories import Document, dose, integration, pathway, patient, scenario, session
from tests.scheduler.planning.verifying.judging import (
    Placed,
    broken,
    placed,
    verdict,
    warned,
    with_booked,
)


def visits(*more: Document) -> Document:
    """Two visits a week for two weeks."""
    visit = session("visit", schedule=[{"weeks": "1-2", "per_week": 2}])
    return scenario(pathways=[pathway(visit, *more, weeks=2)])


ONE = placed("visit", "mon 09:00")
LATER = placed("visit", "mon 11:00")


def terms(document: Document, *wanted: Placed) -> set[str]:
    found = verdict(document, *wanted)
    assert found.faults == ()
    everywhere = {"unplaced", "unplaced_other", "trip_day", "idle_slot"}
    return {str(name) for name in found.cost.terms} - everywhere


def test_a_locked_appointment_stands_as_it_is() -> None:
    document = with_booked(visits(), ONE)
    assert broken(document, ONE) == set()
    assert broken(document, LATER) == {"locked"}
    assert broken(document) == {"locked"}


def test_a_locked_appointment_may_have_another_id_and_offset() -> None:
    document = with_booked(visits(), ONE)
    same = {"start": "2027-01-04T14:00:00+00:00", "end": "2027-01-04T15:00:00Z", "id": "new"}
    assert broken(document, placed("visit", "mon 09:00", **same)) == set()


def test_the_monitors_of_a_locked_session_stand_as_they_are() -> None:
    document = scenario(pathways=[pathway(dose(schedule=[{"weeks": "1-1", "per_week": 1}]))])
    document["clinic"]["practitioners"].append(
        {**document["clinic"]["practitioners"][0], "id": "nurse-2"}
    )
    locked = with_booked(document, placed("dose", "mon 09:00"))
    assert broken(locked, placed("dose", "mon 09:00")) == set()
    assert broken(locked, placed("dose", "mon 09:00", monitor="nurse-2")) == {"locked"}


def test_a_locked_appointment_that_is_changed_is_judged_like_any_other() -> None:
    sunday = placed("visit", "sun 09:00")
    document = with_booked(visits(), ONE)
    assert broken(document, sunday) == {"locked", "hours"}
    assert "moved" not in verdict(document, sunday).cost.terms


def test_a_locked_appointment_is_told_missing_or_changed() -> None:
    document = with_booked(visits(), ONE)
    says = "booked[0] (ada/visit/1): locked - is locked, and"
    assert [str(fault) for fault in verdict(document).faults] == [f"{says} is missing"]
    assert [str(fault) for fault in verdict(document, LATER).faults] == [f"{says} was changed"]


@pytest.mark.parametrize(
    ("numbers", "rules"),
    [
        ((1, 2), {"occurrence", "order"}),
        ((2, 3), {"occurrence"}),
        ((8, 9), {"occurrence"}),
    ],
)
def test_locked_numbers_nobody_asks_for_ascend_within_their_week(
    numbers: tuple[int, int], rules: set[str]
) -> None:
    """What two would share is asked of nobody who has no partner."""
    weekly = [{"weeks": "1-2", "per_week": 2}]
    joint = session("visit", schedule=weekly, with_partner=True)
    document = scenario(pathways=[pathway(joint, weeks=2)])
    low, high = numbers
    backwards = (placed("visit", "tue 09:00", low), placed("visit", "mon 09:00", high))
    assert warned(with_booked(document, *backwards), *backwards) == rules


def test_a_locked_appointment_nobody_asks_for_is_a_warning() -> None:
    extra = placed("visit", "mon 09:00", 9)
    assert warned(with_booked(visits(), extra), extra) == {"occurrence"}


def test_a_locked_appointment_nobody_asks_for_counts_in_the_rules() -> None:
    extra = placed("visit", "mon 09:00", 9)
    beside = placed("visit", "mon 09:30", 1)
    assert broken(with_booked(visits(), extra), extra, beside) == {"overlap", "location"}


def test_a_locked_appointment_nobody_asks_for_is_no_anchor() -> None:
    document = scenario(pathways=[pathway(dose(), integration())])
    extra = placed("dose", "mon 09:00", 7)
    talk = placed("integration", "tue 10:30", 7)
    locked = with_booked(document, extra)
    assert broken(locked, extra) == set()
    assert broken(locked, extra, talk) == {"occurrence"}


def test_a_locked_appointment_outside_its_week_is_a_warning_and_an_anchor() -> None:
    document = scenario(pathways=[pathway(dose(), integration())])
    early = placed("dose", "mon 09:00", 2, week=2)
    talk = placed("integration", "tue 10:30", 2, week=2)
    assert warned(with_booked(document, early), early, talk) == {"weeks"}


def test_what_stays_costs_nothing() -> None:
    assert terms(with_booked(visits(), ONE, locked=False), ONE) == set()


@pytest.mark.parametrize("now", [None, "2027-01-02T09:00:00-05:00", "2027-01-02T09:30:00-05:00"])
def test_what_is_moved_costs_more_the_sooner_it_was(now: str | None) -> None:
    document = with_booked(visits(), ONE, locked=False)
    if now:
        document["now"] = now
    cost = verdict(document, LATER).cost.terms
    soon = now is not None and now > "2027-01-02T09:00"
    if now == "2027-01-02T09:00:00-05:00":
        soon = False  # 48 hours is not less than 48 hours
    assert (cost.get("moved", 0), cost.get("moved_soon", 0)) == ((0, 60) if soon else (20, 0))


def test_a_move_is_another_start_place_or_set_of_people() -> None:
    document = visits()
    needs = [{"location": "office"}, {"role": "therapist"}, {"role": "therapist"}]
    document["pathways"][0]["activities"][0]["needs"] = needs
    document["clinic"]["locations"].append({"id": "room", "kind": "office"})
    document["clinic"]["practitioners"].append(
        {**document["clinic"]["practitioners"][2], "id": "third"}
    )
    two = ["therapist", "facilitator"]
    was = placed("visit", "mon 11:00", practitioners=two)
    booked = with_booked(document, was, locked=False)
    swapped = placed("visit", "mon 11:00", practitioners=two[::-1])
    assert terms(booked, swapped) == set()
    assert terms(booked, placed("visit", "mon 12:00", practitioners=two)) == {"moved"}
    assert terms(booked, placed("visit", "mon 11:00", practitioners=["third", two[0]])) == {"moved"}
    elsewhere = placed("visit", "mon 11:00", practitioners=two, location="room")
    assert terms(booked, elsewhere) == {"moved"}


def test_another_monitor_is_no_move() -> None:
    document = scenario(pathways=[pathway(dose(schedule=[{"weeks": "1-1", "per_week": 1}]))])
    document["clinic"]["practitioners"].append(
        {**document["clinic"]["practitioners"][0], "id": "nurse-2"}
    )
    booked = with_booked(document, placed("dose", "mon 09:00"), locked=False)
    assert terms(booked, placed("dose", "mon 09:00", monitor="nurse-2")) == set()


def test_what_is_dropped_costs_beside_what_is_unplaced() -> None:
    cost = verdict(with_booked(visits(), ONE, locked=False)).cost.terms
    assert dict(cost) == {"dropped": 100, "unplaced_other": 4 * 2000}


def test_what_is_no_longer_asked_for_is_dropped() -> None:
    extra = placed("visit", "mon 09:00", 9)
    document = with_booked(visits(), extra, locked=False)
    assert terms(document) == {"dropped"}
    assert broken(document, extra) == {"occurrence"}


def test_another_number_is_another_appointment() -> None:
    second = placed("visit", "mon 09:00", 2)
    assert terms(with_booked(visits(), ONE, locked=False), second) == {"dropped"}


def test_a_locked_appointment_of_two_who_share_nothing_is_judged_for_each() -> None:
    first = [{"activity": "call", "occurrence": 1}]
    document = scenario(
        pathways=[
            pathway(session("visit", preceded_by=first), session("call")),
            pathway(session("visit"), id="other"),
        ],
        patients=[patient(), patient("ben", pathway="other")],
    )
    both = placed("visit", "mon 10:00", who=("ada", "ben"))
    locked = with_booked(document, both)
    assert warned(locked, both, placed("call", "mon 09:00")) == {"occurrence", "preceded_by"}
