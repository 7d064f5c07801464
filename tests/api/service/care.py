"""A served clinic with a pathway of the library, and what people do in it over the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from httpx2 import Client

from pathways import library
from scheduler import gates
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, AppointmentPatient, Clinic, Enrolment
from tests.api.service.world import World, served
from tests.factories import table
from tests.pathways.clinics import scenario_of
from tests.scheduler.care.course import NEW_YORK, booked

PATHWAY = "iop-esketamine-trd"
VERSION = "2026.1"
PROTOCOL = library.load(PATHWAY, VERSION)
API = "/api/v1"


@contextmanager
def caring(store: Store, folder: Path) -> Iterator[World]:
    """The clinic, certified and licensed, with one patient of its own who is not looked at."""
    document = scenario_of(PROTOCOL)
    parts = {key: document[key] for key in ("clinic", "pathways", "patients")}
    with served(store, folder, **parts) as world:
        with store.writing() as session:
            clinic = session.get_one(Clinic, "harbor")
            clinic.settings = {"certified_site": True, "licensed_states": ["NY"], "state": "NY"}
        yield world


def said(client: Client, path: str, status: int = 200, **body: Any) -> Any:
    """What the API answers to a post, which must have this status."""
    answer = client.post(f"{API}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def seen(client: Client, path: str, status: int = 200) -> Any:
    """What the API shows."""
    answer = client.get(f"{API}{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


def newcomer(world: World, **fields: Any) -> str:
    """A patient who has just come in."""
    coordinator = world.client("coordinator")
    name: str = said(coordinator, "/patients", 201, name="Ada Fictional", **fields)["id"]
    return name


def screen(world: World, patient: str, **answers: str) -> Any:
    """A screening by a nurse, "no" to all but what is named, signed by a prescriber.

    It takes a minute: of two, the later one counts.
    """
    world.now += timedelta(minutes=1)
    given = {item.id: "no" for item in PROTOCOL.screening}
    given |= {key.replace("_", "-"): value for key, value in answers.items()}
    sent = {"pathway": PATHWAY, "version": VERSION, "answers": given}
    row = said(world.client("nurse"), f"/patients/{patient}/screenings", 201, **sent)
    return said(world.client("prescriber"), f"/screenings/{row['id']}/sign")


def enrol(world: World, patient: str, start: date, status: int = 201) -> Any:
    """An enrolment on the pathway."""
    return said(
        world.client("coordinator"),
        f"/patients/{patient}/enrolments",
        status,
        pathway=PATHWAY,
        version=VERSION,
        start=start.isoformat(),
        available=table("07:00-20:00"),
    )


def book(world: World, enrolment: str, activity: str, start: datetime, **changes: Any) -> UUID:
    """An appointment that stands, its gates judged, by whatever door it came in."""
    with world.store.writing() as session:
        row = session.get_one(Enrolment, (world.clinic_id, UUID(enrolment)))
        own: dict[str, Any] = {"clinic_id": world.clinic_id, "enrolment_id": row.id}
        appointment: Appointment = booked(activity, start, **own, **changes)
        session.add(appointment)
        session.flush()
        session.add(
            AppointmentPatient(
                clinic_id=world.clinic_id,
                appointment_id=appointment.id,
                patient_id=row.patient_id,
                start=start,
            )
        )
        session.flush()
        gates.refresh(session, world.clinic_id, [appointment], now=world.now)
        return appointment.id


def open_of(world: World, appointment: UUID) -> set[tuple[str, str]]:
    """The gates of an appointment that are open and more than a warning."""
    rows = seen(world.client("coordinator"), f"/appointments/{appointment}/gates")
    return {
        (row["rule"], row["about"])
        for row in rows
        if row["closed_at"] is None and row["strength"] != "soft"
    }


def local(day: date, clock: str) -> datetime:
    """A wall-clock time of the clinic as an instant."""
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)
