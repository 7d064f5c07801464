"""Lists of visits are written as text: they say what the model says, whatever stands in them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session

from api.routes.appointments import Visit
from scheduler.store.tables import Appointment, AppointmentPatient, Gate, Patient
from tests.api.service.test_appointments import BASE, booked
from tests.api.service.world import World

LISTS = {
    "/day?date=2027-01-05": 1,
    "/appointments?from=2027-01-04&to=2027-01-10": 2,
    "/patients/ada/weeks": 2,
}


def test_a_list_shows_each_visit_as_the_visit_itself_is_shown(world: World) -> None:
    client = world.client("coordinator")
    dose, talk = booked(client), booked(client, activity="integration", at="2027-01-06T10:00-05:00")
    with world.store.writing() as session:
        _with_everything(session, world, UUID(dose["id"]))
    told = [client.get(f"{BASE}/appointments/{one['id']}").json() for one in (dose, talk)]
    assert (told[0]["patients"], told[0]["held"]) == (["ben", "ada"], True)
    assert [one["tentative"] for one in told] == [True, False]
    for path, number in LISTS.items():
        answer = client.get(f"{BASE}{path}")
        assert answer.headers["content-type"] == "application/json"
        TypeAdapter(list[Visit]).validate_json(answer.content)
        assert answer.json() == told[:number], path


def _with_everything(session: Session, world: World, name: UUID) -> None:
    """A visit of two, held, with a gate, and with words that JSON has to write in its own way."""
    row = session.get_one(Appointment, (world.clinic_id, name))
    row.hold_reason = "R-04"
    for column in ("code", "activity", "status", "cancel_reason", "wall_time", "zone", "modality"):
        setattr(row, column, f'{column}: say "no" \\ to Zoë')
    row.held_until = world.now + timedelta(minutes=10, microseconds=5)
    row.notes = [{"kind": "driving", "text": "“no”\n50 % {", "until": None}]
    own = session.get_one(AppointmentPatient, (world.clinic_id, name, "ada"))
    own.position = 1
    session.add(Patient(clinic_id=world.clinic_id, id="ben", name="Ben Fictional"))
    session.flush()
    clinic: dict[str, Any] = {"clinic_id": world.clinic_id, "appointment_id": name}
    session.add(AppointmentPatient(**clinic, patient_id="ben", start=row.start))
    session.add(Gate(**clinic, rule="R-07", opened_at=world.now))
