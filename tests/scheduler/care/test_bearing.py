"""A new appointment changes nothing of what others ask for but what is judged again for it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pathways import library
from pathways.protocol import LibraryPathway
from scheduler.care.facts import Facts
from scheduler.care.requirements import OF_A_DOSE, OF_A_VISIT, Requirement, required_gates
from scheduler.care.requirements.bearing import JUDGES, rules_touched
from scheduler.store.tables import Appointment
from tests.scheduler.care.course import START, at, authorized, booked, enrolment, facts

PROTOCOLS = [
    library.load(name, "2026.1")
    for name in ("iop-esketamine-trd", "dual-diagnosis-ketamine-iv", "ptsd-ketamine-iv")
]
NOW = datetime(2027, 1, 20, 15, tzinfo=UTC)
DAYS = (14, 15, 18, 21, 45)
STATUSES = ("pending", "booked", "arrived", "fulfilled", "cancelled", "noshow")
UNITS = ("sessions", "days", "hours", "devices")


@st.composite
def visits(draw: st.DrawFn, protocol: LibraryPathway, *statuses: str) -> Appointment:
    """Some activity of the pathway, doses and what is beside them more often, on few days."""
    usual = tuple(protocol.with_purpose("dose", "mat", "individual"))
    activity = draw(st.sampled_from((*protocol.activities, *usual * 2)))
    day = START + timedelta(days=draw(st.sampled_from(DAYS)))
    hour = draw(st.sampled_from(("10:00", "12:30", "13:00")))
    return booked(
        activity.id,
        at(day, hour),
        draw(st.integers(1, 3)),
        minutes=draw(st.sampled_from((30, 60, 180))),
        status=draw(st.sampled_from(statuses)),
        is_dose=activity.purpose == "dose",
    )


@st.composite
def records(draw: st.DrawFn, protocol: LibraryPathway) -> dict[str, Any]:
    """What else is on record: what was approved, evaluated, and settled elsewhere."""
    services = sorted({a.needs_authorization for a in protocol.activities} - {None})  # type: ignore[type-var]  # None is taken out
    approved = [
        authorized(
            str(service),
            draw(st.integers(1, 4)),
            draw(st.sampled_from(UNITS)),
            first=START + timedelta(days=draw(st.sampled_from((0, 16)))),
            last=date(2027, 3, 31),
        )
        for service in services * draw(st.integers(0, 2))
    ]
    goes_on = draw(st.booleans())
    evaluated = [{"id": e.id, "goes_on": goes_on} for e in protocol.evaluations]
    row = enrolment(protocol, evaluations=evaluated if draw(st.booleans()) else [])
    return {"authorizations": approved, "enrolments": [row]}


@st.composite
def bookings(draw: st.DrawFn) -> tuple[LibraryPathway, list[Appointment], Appointment, Any]:
    """A course as it stands, a new appointment, and what else is on record."""
    protocol = draw(st.sampled_from(PROTOCOLS))
    standing = draw(st.lists(visits(protocol, *STATUSES), min_size=2, max_size=12))
    new = draw(visits(protocol, "booked", "pending"))
    return protocol, standing, new, draw(records(protocol))


def known(*appointments: Appointment, **more: Any) -> Facts:
    taking_part = {one.id: ["ada"] for one in appointments}
    return facts(*appointments, taking_part=taking_part, **more)


def unmet(found: list[Requirement]) -> set[Requirement]:
    return {asked for asked in found if not asked.met}


Booking = tuple[LibraryPathway, list[Appointment], Appointment, dict[str, Any]]


def changed_by(booking: Booking) -> set[str]:
    """The rules by which others ask for something else; all of that is judged again."""
    protocol, standing, new, more = booking
    before, after = known(*standing, **more), known(*standing, new, **more)
    changed = set()
    for other in standing:
        stood = unmet(required_gates(protocol, before, other, NOW))
        whole = unmet(required_gates(protocol, after, other, NOW))
        rules = rules_touched(protocol, after, {new.id: new}, other)
        again = unmet(required_gates(protocol, after, other, NOW, rules))
        stays = {asked for asked in stood if asked.rule not in rules}
        assert stays | again == whole
        assert {asked.rule for asked in again} <= rules
        changed |= {asked.rule for asked in stood ^ whole}
    return changed


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(bookings())
def test_what_is_judged_again_and_what_stays_is_what_the_whole_asks_for(booking: Booking) -> None:
    changed_by(booking)


def test_a_medication_visit_before_a_dose_is_seen_by_the_dose() -> None:
    protocol, day = PROTOCOLS[1], START + timedelta(days=14)
    (visit,), dose = protocol.with_purpose("mat"), protocol.doses[0]
    standing = [booked(dose.id, at(day, "13:00"), is_dose=True)]
    new = booked(visit.id, at(day, "12:15"), minutes=30)
    assert changed_by((protocol, standing, new, {})) == {"R-10"}


def test_one_that_takes_a_unit_may_let_another_have_the_last() -> None:
    protocol = PROTOCOLS[0]
    service = str(protocol.activities_by_id["dose"].needs_authorization)
    more = {"authorizations": [authorized(service, 3, "hours")]}
    days = [START + timedelta(days=number) for number in (14, 21, 28, 35)]
    one, first, second, third = (at(day, "13:00") for day in days)
    new = booked("dose", one, 1, minutes=120, is_dose=True)
    had = booked("dose", first, 2, minutes=120, is_dose=True)
    lost = booked("dose", second, 3, minutes=180, is_dose=True)
    none = booked("dose", third, 4, minutes=60, is_dose=True)
    assert "R-45" in changed_by((protocol, [had, lost], new, more))
    assert "R-45" in changed_by((protocol, [lost, none], new, more))


def test_all_that_asks_by_a_rule_is_judged_by_it_together() -> None:
    protocol, day = PROTOCOLS[0], START + timedelta(days=14)
    dose = booked("first-dose", at(day, "13:00"), is_dose=True)
    found = required_gates(protocol, known(dose), dose, NOW)
    again = required_gates(protocol, known(dose), dose, NOW, set(JUDGES.values()))
    assert again == [asked for asked in found if asked.rule in set(JUDGES.values())]
    assert set(JUDGES) <= {*OF_A_DOSE, *OF_A_VISIT}


def test_an_appointment_of_somebody_else_bears_on_nothing() -> None:
    protocol, day = PROTOCOLS[0], START + timedelta(days=14)
    dose = booked("first-dose", at(day, "13:00"), is_dose=True)
    theirs = booked("dose", at(day + timedelta(days=2), "13:00"), is_dose=True)
    assert rules_touched(protocol, known(dose, theirs), {theirs.id: theirs}, dose)
    assert not rules_touched(protocol, known(dose), {theirs.id: theirs}, dose)
