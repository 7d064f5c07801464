"""Reminders by the thousand in the service's own table, and people who have agreed to get them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, text
from sqlmodel import Session, SQLModel, col, select, update

from pathways import library
from scheduler.reminders.claiming import LEASE
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Clinic,
    ContactPoint,
    Enrolment,
    MessageConsent,
    Patient,
    Reminder,
)

NOON: Final = datetime(2027, 1, 4, 17, tzinfo=UTC)
"""Noon in New York, when messages may be sent: everything that is due is due at this instant."""

CLINIC: Final = "bench"
PATHWAY: Final = "iop-ketamine-iv-2x3"
START: Final = NOON + timedelta(days=7)
_AHEAD: Final = 100
"""On so many days after noon something waits; each day stands in its own pattern."""

_KINDS: Final = ("N-09", "N-10", "N-11", "N-14")
"""What is due, in turn: a visit, its confirmation, what to eat and drink before, a ride."""

_LATER: Final = (("N-12", 4), ("N-17", 5), ("N-18", 6))
"""What else waits for each person, and in how many days it is due."""

_COPY: Final = """
INSERT INTO reminder ({columns})
SELECT {values} FROM reminder, {series} WHERE subject_kind = :pattern
"""
_SERIES: Final = {
    "postgresql": "generate_series(1, :each) AS series (n)",
    "sqlite": "(WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series "
    "WHERE n < :each) SELECT n FROM series)",
}
_NAME: Final = {
    "postgresql": "lpad(to_hex(step * 1000000000::bigint + :begin + n), 32, '0')",
    "sqlite": "printf('%032x', step * 1000000000 + :begin + n)",
}


class Filled:
    """A store in which reminders wait, and in which some can be made due again and again."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._waiting = 0
        with store.writing() as session:
            session.add(
                Clinic(
                    id=CLINIC,
                    timezone="America/New_York",
                    settings={"sender": "Harbor Office", "phone": "555-555-0199"},
                )
            )

    def let_wait(self, number: int) -> None:
        """See that so many reminders wait for days to come, that nobody asks for."""
        missing = -(-(number - self._waiting) // _AHEAD)
        days = (NOON + timedelta(days=1 + n) for n in range(_AHEAD))
        with self.store.writing() as session:
            _multiply(session, days, missing, begin=self._waiting)
        self._waiting += missing * _AHEAD
        self._tidy()

    def let_be_due(self, number: int) -> None:
        """Make so many bare reminders due at noon, and nothing else."""
        self._nothing_due()
        with self.store.writing() as session:
            _multiply(session, [NOON], number, begin=900_000_000)
        self._tidy()

    def let_people_be_due(self, number: int) -> None:
        """Make a reminder due at noon for each of so many people who may be written to."""
        self._nothing_due()
        with self.store.writing() as session:
            there = session.exec(select(func.count()).select_from(Patient)).one()
            _add_people(session, [f"p{n}" for n in range(there, number)])
            booked = session.exec(select(Appointment.id, Appointment.code).limit(number))
            for turn, (name, code) in enumerate(booked):
                session.add(_reminder(name, code, _KINDS[turn % len(_KINDS)], NOON))
        self._tidy()

    def give_to(self, worker: str) -> None:
        """Let a worker have claimed everything that is due."""
        with self.store.writing() as session:
            session.execute(
                update(Reminder)
                .where(col(Reminder.due_at) == NOON)
                .values(claimed_by=worker, claimed_until=NOON + LEASE)
                .execution_options(synchronize_session=False)
            )

    def due(self) -> dict[UUID, str]:
        """What is due, and whom it is about."""
        with self.store.reading() as session:
            asked = select(Reminder.id, Reminder.patient_id).where(Reminder.due_at == NOON)
            return {name: patient or "" for name, patient in session.exec(asked)}

    def left(self) -> int:
        """How many of what was due were not sent."""
        with self.store.reading() as session:
            asked = select(func.count()).where(Reminder.due_at == NOON, Reminder.status != "sent")
            return session.exec(asked).one()

    def _nothing_due(self) -> None:
        with self.store.writing() as session:
            session.execute(delete(Reminder).where(col(Reminder.due_at) == NOON))

    def _tidy(self) -> None:
        """As the database's own housekeeping leaves the table sooner or later."""
        if not self.store.is_sqlite:
            with self.store.engine.connect() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                alone.execute(text("VACUUM ANALYZE reminder"))


def _multiply(session: Session, days: Iterable[datetime], each: int, *, begin: int) -> None:
    """Write one reminder for each day, and let the database copy it so many times."""
    patterns = [_pattern(step, day) for step, day in enumerate(days)]
    session.add_all(patterns)
    session.flush()
    connection = session.connection()
    dialect = connection.dialect.name
    columns = [column.name for column in Reminder.metadata.tables["reminder"].columns]
    name = _NAME[dialect]
    told = {
        "id": f"({name}){'::uuid' if dialect == 'postgresql' else ''}",
        "subject_id": name,
        "subject_kind": "'appointment'",
    }
    statement = _COPY.format(
        columns=", ".join(columns),
        values=", ".join(told.get(column, column) for column in columns),
        series=_SERIES[dialect],
    )
    connection.execute(text(statement), {"each": each, "begin": begin, "pattern": "pattern"})
    connection.execute(text("DELETE FROM reminder WHERE subject_kind = 'pattern'"))


def _pattern(step: int, due: datetime) -> Reminder:
    row = _reminder(uuid4(), f"p{step}", "N-09", due)
    row.subject_kind, row.step = "pattern", step
    return row


def _reminder(appointment: UUID, patient: str, kind: str, due: datetime) -> Reminder:
    return Reminder(
        clinic_id=CLINIC,
        subject_kind="appointment",
        subject_id=str(appointment),
        subject_version=1,
        kind=kind,
        recipient=f"patient:{patient}",
        channel="sms",
        patient_id=patient,
        rank=1,
        due_at=due,
        next_try_at=due,
        expires_at=max(due, START) + timedelta(days=1),
        facts={"appointment": str(appointment), "start": START.isoformat()},
        made_at=NOON,
    )


def _add_people(session: Session, names: list[str]) -> None:
    """People with a verified telephone and consent, each with a visit in a week."""
    version = library.versions(PATHWAY)[-1]
    session.add_all(Patient(clinic_id=CLINIC, id=name) for name in names)
    session.flush()
    enrolments = [
        Enrolment(
            clinic_id=CLINIC,
            patient_id=name,
            pathway_id=PATHWAY,
            pathway_version=version,
            start=NOON.date(),
        )
        for name in names
    ]
    session.add_all(enrolments)
    session.flush()
    for enrolment in enrolments:
        session.add_all(_rest_of(enrolment))
    session.flush()
    session.expunge_all()


def _rest_of(enrolment: Enrolment) -> Iterator[SQLModel]:
    patient, visit = enrolment.patient_id, uuid4()
    phone = f"+1555{patient[1:]:0>7}"
    yield ContactPoint(
        clinic_id=CLINIC,
        patient_id=patient,
        kind="phone",
        value=phone,
        mark=vault.vault().mark(phone),
        verified_at=NOON,
    )
    yield MessageConsent(
        clinic_id=CLINIC, patient_id=patient, channel="sms", purpose="all", given_at=NOON
    )
    yield Appointment(
        clinic_id=CLINIC,
        id=visit,
        code=patient,
        enrolment_id=enrolment.id,
        activity=library.load(PATHWAY, enrolment.pathway_version).doses[0].id,
        is_dose=True,
        occurrence=1,
        start=START,
        end=START + timedelta(hours=2),
        wall_time="",
        zone="America/New_York",
        tzdata="",
        modality="in-person",
        made_at=NOON,
        changed_at=NOON,
    )
    yield AppointmentPatient(
        clinic_id=CLINIC, appointment_id=visit, patient_id=patient, start=START
    )
    for kind, days in _LATER:
        yield _reminder(visit, patient, kind, NOON + timedelta(days=days))
