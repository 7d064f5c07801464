"""What a booking leaves of gates: no other than if all of them had been judged."""

from typing import Any

from sqlmodel import Session, select

from api.bench.crowd import NOW, set_free
from api.demo.loading import document_of_demo
from api.demo.writing import CLINIC
from pathways import reading
from scheduler import gates
from scheduler.acting import machine
from scheduler.appointments import making
from scheduler.appointments.offering import Offer
from scheduler.scenarios.taking import bring_in
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Gate

HOW_MANY = 8


def gates_of(session: Session) -> list[Any]:
    """The gates of the clinic, each with what it says and whether it is open."""
    found = session.exec(select(Gate).where(Gate.clinic_id == CLINIC)).all()
    return sorted((str(g.appointment_id), g.rule, g.about, g.says, str(g.closed_at)) for g in found)


def test_a_booking_leaves_the_gates_that_judging_all_would_leave(store: Store) -> None:
    document, offers = set_free(document_of_demo(), HOW_MANY)
    scenario = reading.read_scenario(document)
    with store.writing() as session:
        bring_in(session, scenario, now=NOW)
        gates.refresh_patients(session, CLINIC, (p.id for p in scenario.patients), now=NOW)
    kinds = set()
    for offer in offers:
        reasons = offer.pop("reasons")
        with store.writing() as session:
            chosen = Offer.model_validate(offer)
            actor = machine(CLINIC, "test")
            row: Appointment = making.book(session, actor, chosen, now=NOW, reasons=reasons)
            kinds.add((row.is_dose, row.series_id is None))
        with store.writing() as session:
            left = gates_of(session)
            gates.refresh_patients(session, CLINIC, offer["patients"], now=NOW)
            session.flush()
            assert gates_of(session) == left, offer
    assert len(kinds) == 3
