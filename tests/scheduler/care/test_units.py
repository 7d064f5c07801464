"""Units that a payer has approved, to the last one."""

from datetime import date, timedelta

import pytest

from scheduler.care.insurance import renew_from
from scheduler.care.units import at_risk, usage_of
from scheduler.store.tables import Appointment
from tests.scheduler.care.course import (
    ESKETAMINE,
    FIRST_DOSE,
    asked,
    authorized,
    booked,
    facts,
)

DAY = timedelta(days=1)


def doses(later: int) -> list[Appointment]:
    """The first dose, and so many later ones, a day apart."""
    more = [booked("dose", FIRST_DOSE + n * DAY, occurrence=n) for n in range(1, later + 1)]
    return [booked("first-dose", FIRST_DOSE), *more]


def test_twenty_three_devices_are_an_induction_to_the_last_one() -> None:
    # 56 mg are two devices, seven times 84 mg are three each: 2 + 7 x 3 = 23.
    one = authorized("esketamine", 23, "devices")
    for later, lost in ((7, 0), (8, 1)):
        found = facts(*doses(later), authorizations=[one])
        usage = usage_of(ESKETAMINE, found, one)
        assert usage.planned == 23
        assert len(usage.lost) == lost


def test_the_eighth_later_dose_is_at_risk_until_somebody_pays() -> None:
    rows = doses(8)
    found = facts(*rows, authorizations=[authorized("esketamine", 23, "devices")])
    gates = [asked(found, row)["R-45", "esketamine"] for row in rows]
    assert [gate.met for gate in gates] == [True] * 8 + [False]
    assert gates[-1].roles == ("billing lead",)


def test_the_last_session_of_an_authorization_is_covered_and_the_next_is_not() -> None:
    one = authorized("iop", 2)
    meetings = [booked("iop-group", FIRST_DOSE + n * DAY, n) for n in (1, 2, 3)]
    usage = usage_of(ESKETAMINE, facts(*meetings, authorizations=[one]), one)
    assert [row.occurrence for row in usage.lost] == [3]


def test_an_appointment_outside_of_every_authorization_is_at_risk() -> None:
    row = booked("first-dose", FIRST_DOSE)
    for last, lost in ((date(2027, 1, 19), 0), (date(2027, 1, 18), 1)):
        one = authorized("esketamine", 5, last=last)
        assert len(at_risk(ESKETAMINE, facts(row, authorizations=[one]), "esketamine")) == lost


@pytest.mark.parametrize(("unit", "planned"), [("sessions", 3), ("days", 2), ("hours", 9)])
def test_groups_are_counted_as_the_payer_does(unit: str, planned: int) -> None:
    meetings = [
        booked("iop-group", FIRST_DOSE + timedelta(hours=hours), occurrence=n, minutes=180)
        for n, hours in enumerate((0, 4, 24), start=1)
    ]
    one = authorized("iop", 30, unit)
    assert usage_of(ESKETAMINE, facts(*meetings, authorizations=[one]), one).planned == planned


def test_more_is_asked_for_two_weeks_before_the_end_or_with_a_quarter_left_or_at_a_review() -> None:
    today, end = date(2027, 2, 1), date(2027, 6, 30)
    given = [booked("iop-group", FIRST_DOSE + n * DAY, n, status="fulfilled") for n in range(1, 4)]
    cases = [
        (4, None, today),  # three of four are used: a quarter is left
        (5, None, end - 14 * DAY),  # two of five are left, which is more than a quarter
        (5, date(2027, 3, 1), date(2027, 3, 1)),
    ]
    for units, review, since in cases:
        one = authorized("iop", units, last=end, review_on=review)
        usage = usage_of(ESKETAMINE, facts(*given, authorizations=[one]), one)
        assert renew_from(ESKETAMINE, usage, today) == since
