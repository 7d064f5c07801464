"""R-17: a missed dose is settled as the pathway says, and a lapse puts later doses on hold."""

from datetime import timedelta

from sqlmodel import Session, select

from api.cli.demo import demo_clinic
from pathways import reading
from scheduler.acting import Actor
from scheduler.appointments import ending
from scheduler.protocols import protocol_of
from scheduler.scenarios.taking import add_appointments, bring_in
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Enrolment, Gate, Task
from tests.scheduler.appointments.bookings import BEFORE


def doses_on_days(session: Session, enrolment: Enrolment, days: list[int]) -> list[Appointment]:
    """Doses that many days from the first, which was given; the others are booked."""
    protocol = protocol_of(enrolment)
    assert protocol is not None
    rows = [
        Appointment(
            clinic_id=enrolment.clinic_id,
            code=f"{enrolment.patient_id}/dose/{number}",
            enrolment_id=enrolment.id,
            activity=protocol.doses[0].id,
            occurrence=number,
            is_dose=True,
            status="booked" if number > 1 else "fulfilled",
            start=BEFORE + timedelta(days=day),
            end=BEFORE + timedelta(days=day, hours=2),
            wall_time="",
            zone="America/New_York",
            tzdata="",
            modality="in-person",
            made_at=BEFORE,
            changed_at=BEFORE,
        )
        for number, day in enumerate(days, start=1)
    ]
    add_appointments(session, ((row, (enrolment.patient_id,)) for row in rows))
    return rows


def missed(session: Session, enrolment: Enrolment, days: list[int]) -> list[Appointment]:
    """The doses, the second of which was missed."""
    rows = doses_on_days(session, enrolment, days)
    actor = Actor(enrolment.clinic_id, None, frozenset({"nurse"}))
    ending.no_show(session, actor, rows[1].id, now=rows[1].end)
    return rows


def test_a_missed_dose_is_settled_and_a_lapse_holds_what_comes_later(store: Store) -> None:
    scenario = reading.read_scenario(reading.parse(demo_clinic()))
    with store.writing() as session:
        bring_in(session, scenario, now=BEFORE)
        on_library = [e for e in session.exec(select(Enrolment)) if e.pathway_version]
        induction = [e for e in on_library if _lapse_of(e) and _phase(e) == "induction"]
        near, far = induction[:2]
        lapse = _lapse_of(far)
        kept = missed(session, near, [0, 3, min(7, _lapse_of(near))])
        held = missed(session, far, [0, 3, lapse + 1])
        shut = session.exec(select(Gate.appointment_id, Gate.roles).where(Gate.rule == "R-17"))
        gates = [(name, roles) for name, roles in shut]
        tasks = session.exec(select(Task.patient_id, Task.owner_role, Task.rule)).all()
        assert near.settled[-1]["outcome"] == far.settled[-1]["outcome"] == "missed"
    assert kept[2].hold_reason is None
    assert held[2].hold_reason is not None
    assert gates == [(held[2].id, ["prescriber"])]
    assert sorted(tasks) == sorted(
        [
            (near.patient_id, "coordinator", "R-17"),
            (far.patient_id, "coordinator", "R-17"),
            (far.patient_id, "prescriber", "R-17"),
        ]
    )


def _lapse_of(enrolment: Enrolment) -> int:
    protocol = protocol_of(enrolment)
    return protocol.missed_doses.lapse_days if protocol else 0


def _phase(enrolment: Enrolment) -> str:
    protocol = protocol_of(enrolment)
    return protocol.phase if protocol else ""
