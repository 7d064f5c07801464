"""A served clinic with the library's esketamine pathway, and two doses booked on one day."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from httpx2 import Client, Response
from sqlmodel import select

from pathways import library, timing
from scheduler.care.requirements.medicines import DRUG_ON_SITE, MONITORING_PROGRAMME
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Clinic, Enrolment
from tests.api.service.world import World, served
from tests.databases import Databases
from tests.factories import Document, appointment
from tests.pathways.clinics import patient, scenario_of
from tests.scheduler.care.course import answered, clearance, screened, signed, verified
from tests.scheduler.sessions.visits import GOOD, WHOLE

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY = date(2027, 1, 19)
"""In the third week, in which the first dose is."""


def dose(code: str, who: str, begins: str, day: date = TUESDAY, **changes: Any) -> Document:
    """A booked dose visit in the first bay, watched by the first nurse."""
    activity = changes.get("activity", "first-dose")
    visit = library.load("iop-esketamine-trd", "2026.1").activity(activity)
    moment = timing.instant(day, timing.clock_minutes(begins), NEW_YORK)
    stages, begin = [], moment
    for stage in visit.stages:
        end = moment + timedelta(minutes=stage.minutes)
        stages.append(
            {"id": stage.id, "start": _text(moment), "end": _text(end), "practitioner": "nurse-1"}
        )
        moment = end
    until = timing.next_day_at(day, 6 * 60, NEW_YORK).astimezone(NEW_YORK)
    note = {"kind": "no-driving", "text": "Do not drive.", "until": _text(until)}
    document = appointment(
        activity,
        _text(begin),
        _text(moment),
        id=code,
        patients=[who],
        location="bay-1",
        stages=stages,
        notes=[note],
        locked=True,
    )
    return {**document, **changes}


def therapy(code: str, who: str, activity: str = "individual", begins: int = 10) -> Document:
    """Individual therapy on the morning after, so that the dose does not stand alone."""
    start = timing.instant(TUESDAY + timedelta(days=1), begins * 60, NEW_YORK)
    minutes = library.load("iop-esketamine-trd", "2026.1").activity(activity).minutes or 0
    return appointment(
        activity,
        _text(start),
        _text(start + timedelta(minutes=minutes)),
        id=code,
        patients=[who],
        location="office-1",
        practitioners=["therapist-1"],
        locked=True,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(NEW_YORK).isoformat()


def scenario() -> Document:
    """Two patients in one bay with one nurse, the second right after the first."""
    pathway = library.load("iop-esketamine-trd", "2026.1")
    return {
        **scenario_of(pathway),
        "patients": [patient(name, pathway) for name in ("p-1", "p-2")],
        "booked": [
            dose("p-1-first", "p-1", "12:30"),
            dose("p-1-next", "p-1", "12:30", date(2027, 1, 21), activity="dose"),
            dose("p-2-first", "p-2", "15:30"),
            therapy("p-1-therapy", "p-1"),
            therapy("p-1-integration", "p-1", "first-integration", 12),
        ],
    }


@dataclass
class DoseDay:
    """The day of a first dose. ``at`` sets the clock; ``nurse`` and the rest record."""

    world: World
    clients: dict[str, Client] = field(default_factory=dict)

    def at(self, clock: str, day: date = TUESDAY) -> datetime:
        self.world.now = timing.instant(day, timing.clock_minutes(clock), NEW_YORK)
        return self.world.now

    def visit(self, code: str = "p-1-first") -> UUID:
        return self.row(code).id

    def row(self, code: str = "p-1-first") -> Appointment:
        with self.world.store.reading() as session:
            return session.exec(select(Appointment).where(Appointment.code == code)).one()

    def admit(self, patient: str) -> None:
        """Everything on record that a first dose asks for, as of the eve."""
        eve = timing.instant(TUESDAY - timedelta(days=1), 12 * 60, NEW_YORK)
        records = [
            screened(eve),
            *(signed(kind, eve - timedelta(days=3)) for kind in ("treatment", "rems")),
            *(answered(measure, eve) for measure in ("PHQ-9", "C-SSRS")),
            *(
                clearance(kind, eve.date(), TUESDAY, given_at=eve)
                for kind in (MONITORING_PROGRAMME, DRUG_ON_SITE)
            ),
            verified(eve),
        ]
        with self.world.store.writing() as session:
            for record in records:
                record.patient_id = patient
                session.add(record)
            clinic = session.get_one(Clinic, "harbor")
            clinic.settings = {"certified_site": True, "state": "NY"}
            enrolment = session.exec(select(Enrolment).where(Enrolment.patient_id == patient)).one()
            enrolment.settled = [
                {"activity": "preparation", "occurrence": 1, "outcome": "elsewhere"}
            ]

    def client(self, role: str) -> Client:
        """A browser of a role that has just signed in, however late it has become."""
        return self.world.client(role)

    def record(
        self, clock: str, kind: str, *, role: str = "nurse", code: str = "p-1-first", **data: Any
    ) -> Response:
        """Set the clock, and record an event that happens then."""
        now = self.at(clock)
        body = {"id": str(uuid4()), "kind": kind, "at": now.isoformat(), **data}
        path = f"/api/v1/sessions/{self.visit(code)}/events"
        answer: Response = self.client(role).post(path, json=body)
        return answer

    def recorded(self, clock: str, kind: str, **data: Any) -> Document:
        answer = self.record(clock, kind, **data)
        assert answer.status_code == 201, answer.text
        found: Document = answer.json()
        return found

    def begin(self) -> None:
        """Arrived, form, vital signs, 56 mg with the second device at 13:10."""
        self.recorded("12:30", "arrived")
        self.recorded("12:40", "check-in", **WHOLE)
        self.recorded("12:50", "vitals", **GOOD)
        self.recorded("13:00", "given", mg=56, lot="FICTION-1")
        self.recorded("13:10", "device", number=2)

    def to_the_door(self) -> None:
        """Everything that a discharge at 15:10 needs."""
        self.recorded("13:40", "vitals", **GOOD)
        self.recorded("15:00", "vitals", **GOOD)
        self.recorded("15:01", "ready", confirmed=["walking", "nausea"])
        self.recorded("15:02", "note given")
        self.recorded("15:03", "ride met", role="coordinator", name="Rowan Fictional")


@contextmanager
def dose_day(store: Store, folder: Path) -> Iterator[DoseDay]:
    """The clinic, served on the day of the first dose."""
    with served(store, folder, **scenario()) as world:
        day = DoseDay(world)
        day.admit("p-1")
        day.at("12:00")
        yield day


@contextmanager
def eve_of_dose(store: Store, folder: Path) -> Iterator[DoseDay]:
    """The same clinic at nine in the morning on the day before."""
    with dose_day(store, folder) as day:
        day.at("09:00", TUESDAY - timedelta(days=1))
        yield day


@contextmanager
def eve_on_sqlite(databases: Databases, folder: Path) -> Iterator[DoseDay]:
    """The same on one kind of database, for what is drawn alike on both."""
    with dose_day_on_sqlite(databases, folder) as day:
        day.at("09:00", TUESDAY - timedelta(days=1))
        yield day


@contextmanager
def dose_day_on_sqlite(databases: Databases, folder: Path) -> Iterator[DoseDay]:
    """The day itself on one kind of database."""
    vault.install(vault.Vault(vault.new_key()))
    store = Store(databases.sqlite())
    with dose_day(store, folder) as day:
        yield day
    store.close()
