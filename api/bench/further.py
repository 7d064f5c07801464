"""Years of further appointments in the same tables: what was, of people who have left since."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlmodel import col, select

from api.bench.crowd import CLINIC, NOW
from scheduler.scenarios.taking import store_at_once
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, AppointmentPatient, Enrolment, Patient

_OF_ONE_PATIENT: Final = 100
_LISTS: Final = ("unavailable", "settled", "history", "evaluations")
_AT_A_TIME: Final = 10_000
_NOT_COPIED: Final = frozenset({"id", "code", "enrolment_id", "start", "end", "status", "taken"})


def add_further(store: Store, number: int) -> None:
    """Store so many appointments of earlier patients, spread evenly over the last eight years."""
    with store.writing() as session:
        pattern = session.exec(
            select(Appointment).where(Appointment.clinic_id == CLINIC).order_by(col(Appointment.id))
        ).first()
        assert pattern is not None  # noqa: S101  (the clinic was brought in with its bookings)
        left = [_left(n) for n in range(-(-number // _OF_ONE_PATIENT))]
        store_at_once(session, Patient, [patient for patient, _ in left])
        store_at_once(session, Enrolment, [enrolment for _, enrolment in left])
    usual = {name: v for name, v in pattern.model_dump().items() if name not in _NOT_COPIED}
    for first in range(0, number, _AT_A_TIME):
        wanted = range(first, min(first + _AT_A_TIME, number))
        rows = [usual | _row(n, number, left[n // _OF_ONE_PATIENT][1]["id"]) for n in wanted]
        with store.writing() as session:
            store_at_once(session, Appointment, rows)
            store_at_once(session, AppointmentPatient, list(_parts(rows)))


def _left(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """An earlier patient, and the enrolment that has ended."""
    name = f"left-{number}"
    patient = {"clinic_id": CLINIC, "id": name, "position": 10_000 + number, "name": name}
    enrolment = {
        "clinic_id": CLINIC,
        "id": uuid4(),
        "patient_id": name,
        "pathway_id": "iop-esketamine-trd",
        "status": "finished",
        "start": NOW.date() - timedelta(days=3000),
        "ended_at": NOW - timedelta(days=7),
    }
    lists: dict[str, list[Any]] = {name: [] for name in _LISTS}
    rest: dict[str, Any] = {"available": {}, "groups": {}}
    return {**patient, "assessment": {}}, {**enrolment, **lists, **rest}


def _row(number: int, of: int, enrolment: UUID) -> dict[str, Any]:
    start = NOW - timedelta(days=7) - timedelta(days=8 * 365) * (number / of)
    return {
        "id": uuid4(),
        "code": f"left-{number // _OF_ONE_PATIENT}/visit/{number % _OF_ONE_PATIENT + 1}",
        "enrolment_id": enrolment,
        "start": start,
        "end": start + timedelta(hours=1),
        "status": "fulfilled",
        "taken": [],
    }


def _parts(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            "clinic_id": CLINIC,
            "appointment_id": row["id"],
            "patient_id": row["code"].split("/")[0],
            "start": row["start"],
        }
