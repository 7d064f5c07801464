"""Clearances, authorizations and partners."""

from typing import Any

import pytest

from tests.factories import (
    Document,
    clinic,
    dose,
    group,
    location,
    pathway,
    patient,
    practitioner,
    scenario,
    session,
)
from tests.scheduler.planning.verifying.judging import (
    Placed,
    broken,
    placed,
    unplaced,
    verdict,
    warned,
    with_booked,
)


def cleared(*clearances: tuple[str, str, str], needs: tuple[str, ...] = ("heart",)) -> Document:
    keys = [{"kind": kind, "from": first, "to": last} for kind, first, last in clearances]
    visit = session("visit", needs_clearance=list(needs))
    return scenario(pathways=[pathway(visit)], patients=[patient(clearances=keys)])


@pytest.mark.parametrize(
    ("day", "rules"),
    [("mon", {"clearance"}), ("tue", set()), ("wed", set()), ("thu", {"clearance"})],
)
def test_a_clearance_holds_on_its_first_and_its_last_date(day: str, rules: set[str]) -> None:
    document = cleared(("heart", "2027-01-05", "2027-01-06"))
    assert broken(document, placed("visit", f"{day} 09:00")) == rules


def test_every_kind_that_is_needed_is_cleared() -> None:
    heart, mind = (("heart", "2027-01-01", "2027-02-01"), ("mind", "2027-01-01", "2027-02-01"))
    visit = placed("visit", "mon 09:00")
    assert broken(cleared(heart, needs=("heart", "mind")), visit) == {"clearance"}
    assert broken(cleared(heart, mind, needs=("heart", "mind")), visit) == set()


def authorized(units: int, *more: Document, first: str = "2027-01-04") -> Document:
    """Visits that use units of an authorization until Friday."""
    weekly = [{"weeks": "1-2", "per_week": 3}]
    visit = session("visit", schedule=weekly, needs_authorization="care")
    keys = [{"service": "care", "units": units, "from": first, "to": "2027-01-08"}]
    return scenario(
        pathways=[pathway(visit, *more, weeks=2)], patients=[patient(authorizations=keys)]
    )


def on(*days: str) -> list[Placed]:
    return [placed("visit", f"{day} 09:00", number) for number, day in enumerate(days, start=1)]


def test_so_many_use_an_authorization_as_it_has_units() -> None:
    assert broken(authorized(2), *on("mon", "tue")) == set()
    assert broken(authorized(2), *on("mon", "tue", "wed")) == {"authorization"}
    assert broken(authorized(0), *on("mon")) == {"authorization"}


def test_too_many_on_an_authorization_are_one_fault_at_the_latest() -> None:
    found = verdict(authorized(2), *on("mon", "tue", "wed"))
    assert [fault.place for fault in found.faults] == ["appointments[2] (ada/visit/3)"]


def test_an_authorization_holds_on_its_dates_alone() -> None:
    assert broken(authorized(9), placed("visit", "fri 09:00")) == set()
    assert broken(authorized(9), placed("visit", "mon 09:00", 4, week=2)) == {"authorization"}
    assert broken(authorized(9, first="2027-01-05"), *on("mon")) == {"authorization"}


def test_a_second_authorization_has_units_of_its_own() -> None:
    document = authorized(1)
    more = {"service": "care", "units": 1, "from": "2027-01-09", "to": "2027-02-01"}
    document["patients"][0]["authorizations"].append(more)
    assert broken(document, *on("mon"), placed("visit", "mon 09:00", 4, week=2)) == set()


def test_an_authorization_is_of_one_service() -> None:
    document = authorized(9)
    document["patients"][0]["authorizations"][0]["service"] = "transport"
    assert broken(document, *on("mon")) == {"authorization"}
    document = authorized(1, session("call", needs_authorization="transport"))
    other = {"service": "transport", "units": 1, "from": "2027-01-04", "to": "2027-01-08"}
    document["patients"][0]["authorizations"].append(other)
    assert broken(document, *on("mon"), placed("call", "wed 09:00")) == set()


def test_activities_of_one_service_share_its_units() -> None:
    document = authorized(2, session("call", needs_authorization="care"))
    assert broken(document, *on("mon", "tue"), placed("call", "wed 09:00")) == {"authorization"}


def test_locked_appointments_use_units() -> None:
    locked = with_booked(authorized(1), *on("mon", "tue"))
    assert warned(locked, *on("mon", "tue")) == {"authorization"}
    assert broken(locked, *on("mon", "tue", "wed")) == {"authorization"}


def meetings(units: int, *more: Document, **keys: Any) -> Document:
    """Two meetings a week for two weeks, which use an authorization's units."""
    weekly = [{"weeks": "1-2", "per_week": 2}]
    activity = group(schedule=weekly, needs_authorization="care")
    owned = [{"service": "care", "units": units, "from": "2027-01-04", "to": "2027-02-01"}]
    return scenario(
        pathways=[pathway(activity, *more, weeks=2)],
        patients=[patient(authorizations=owned, **keys)],
    )


FOUR = [
    placed("group", "mon 09:00", 1),
    placed("group", "wed 09:00", 2),
    placed("group", "mon 09:00", 3, week=2),
    placed("group", "wed 09:00", 4, week=2),
]


def joined(document: Document, *wanted: Placed) -> set[str]:
    return broken(document, *wanted, series=["mornings"])


def test_meetings_use_units_and_the_earlier_ones_first() -> None:
    assert joined(meetings(2), FOUR[0], FOUR[1]) == set()
    assert joined(meetings(2), FOUR[0], FOUR[2]) == {"authorization"}
    assert joined(meetings(2), FOUR[2], FOUR[3]) == {"authorization"}
    assert joined(meetings(2), *FOUR[:3]) == {"authorization"}


def test_a_meeting_that_fails_for_another_reason_leaves_its_unit_to_a_later_one() -> None:
    away = [{"from": "2027-01-06", "to": "2027-01-06"}]
    assert joined(meetings(2, unavailable=away), FOUR[0], FOUR[2]) == set()


def test_a_meeting_outside_every_authorization_takes_no_unit_from_a_later_one() -> None:
    document = meetings(2)
    document["patients"][0]["authorizations"][0]["from"] = "2027-01-05"
    assert joined(document, FOUR[1], FOUR[2]) == set()


def test_a_meeting_may_lack_the_unit_that_a_locked_later_one_uses() -> None:
    document = with_booked(meetings(2), FOUR[3])
    assert joined(document, FOUR[0], FOUR[3]) == set()


def test_a_meeting_may_lack_the_unit_that_another_activity_uses() -> None:
    document = meetings(1, session("call", needs_authorization="care"))
    assert joined(document, placed("call", "fri 09:00")) == set()


def test_a_meeting_may_lack_a_unit_that_only_another_authorization_has() -> None:
    document = meetings(1, session("call", needs_authorization="care"))
    owned = document["patients"][0]["authorizations"]
    owned[0]["to"] = "2027-01-10"
    owned.append(owned[0] | {"from": "2027-01-11", "to": "2027-02-01"})
    assert joined(document, placed("call", "fri 09:00"), FOUR[2]) == set()


def test_units_that_are_left_over_are_no_matter_of_order() -> None:
    assert joined(meetings(4), FOUR[0], FOUR[2]) == set()


def partners(**keys: Any) -> Document:
    """Ada and Ben, partners on the same pathway of doses and visits."""
    staff = [practitioner("nurse", "monitor"), practitioner("doctor", "prescriber")]
    places = [location("bay", "treatment-bay"), location("bay-2", "treatment-bay")]
    return scenario(
        clinic=clinic(
            practitioners=[*staff, practitioner("nurse-2", "monitor")],
            locations=[*places, location("office")],
            groups=[],
        ),
        pathways=[pathway(dose(), session("visit"), **keys)],
        patients=[patient(partner="ben"), patient("ben", partner="ada")],
    )


def test_partners_are_not_dosed_on_the_same_date() -> None:
    document = partners()
    ada = placed("dose", "mon 09:00")
    same = placed("dose", "mon 15:00", who=("ben",))
    next_day = placed("dose", "tue 09:00", who=("ben",))
    assert broken(document, ada, next_day) == set()
    assert broken(document, ada, same) == {"partner"}


def test_a_partner_may_come_for_something_else() -> None:
    visit = placed("visit", "mon 11:00", who=("ben",))
    assert broken(partners(), placed("dose", "mon 09:00"), visit) == set()


def test_strangers_may_be_dosed_on_the_same_date() -> None:
    document = partners()
    for one in document["patients"]:
        del one["partner"]
    same = placed("dose", "mon 15:00", who=("ben",))
    assert broken(document, placed("dose", "mon 09:00"), same) == set()


def test_reasons_are_not_examined_unless_asked() -> None:
    document = authorized(1)
    left = [unplaced("visit", number, "ride") for number in range(2, 7)]
    assert broken(document, *on("mon"), unplaced=left) == set()
