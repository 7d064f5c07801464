"""How many reminders go out in a second, beside the least that any such table could cost.

    python -m benchmarks.reminders [--reminders N] [--database URL]

Without an address a file of SQLite is made. The database must be empty and migrated; afterwards it
holds invented patients. Three things are measured in one run, in reminders a second by the clock on
the wall: a plain loop of two transactions for each batch (claim, mark) in the database's own words;
our claim with the same plain mark; and the whole path, with consent, caps, words, audit and a
sender that does nothing.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text, update
from sqlmodel import col

from pathways import library
from scheduler.reminders.channels.channel import Message, Receipt
from scheduler.reminders.claiming import claim
from scheduler.reminders.dispatching import Dispatcher
from scheduler.reminders.links import Links
from scheduler.store import migrating, vault
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

NOON = datetime(2027, 1, 4, 17, tzinfo=UTC)
START = NOON + timedelta(days=7)
PATHWAY = "iop-ketamine-iv-2x3"


_CLAIM = """
WITH due AS (
    SELECT id FROM reminder WHERE status = 'pending' AND claimed_until IS NULL
    ORDER BY next_try_at LIMIT 500 --
) UPDATE reminder SET claimed_by = :me, claimed_until = :until
FROM due WHERE reminder.id = due.id RETURNING reminder.id
"""


class Nowhere:
    """Takes every message and does nothing."""

    name = "sms"

    def send(self, message: Message) -> Receipt:
        """Take it."""
        return Receipt(message.key)


def main() -> None:
    """Measure, and print a line for each thing measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reminders", type=int, default=3000)
    parser.add_argument("--database", help="an empty, migrated database; a file without")
    asked = parser.parse_args()
    vault.install(vault.Vault(vault.new_key()))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(asked.database or f"sqlite:///{Path(folder) / 'reminders.sqlite'}")
        if asked.database is None:
            migrating.upgrade(store)
        _seed(store, asked.reminders)
        rates = {
            "plain claim and mark": _rate(store, asked.reminders, lambda: _plain(store)),
            "our claim, plain mark": _rate(store, asked.reminders, lambda: _ours(store)),
            "the whole path": _rate(store, asked.reminders, lambda: _whole(store)),
        }
        store.close()
    plain, _ = rates["plain claim and mark"]
    for name, (rate, per_cpu) in rates.items():
        line = f"{name:24}{rate:>10,.0f}/s{rate / plain:>8.3f} of plain"
        sys.stdout.write(f"{line}{per_cpu:>12,.0f} a second of our processor\n")


def _rate(store: Store, number: int, run: Callable[[], None]) -> tuple[float, float]:
    with store.writing() as session:
        session.execute(
            update(Reminder).values(
                status="pending", claimed_by=None, claimed_until=None, sent_at=None, attempts=0
            )
        )
    begin, used = time.perf_counter(), time.process_time()
    run()
    spent, used = time.perf_counter() - begin, time.process_time() - used
    with store.reading() as session:
        left = session.execute(text("SELECT count(*) FROM reminder WHERE status <> 'sent'"))
        if left.scalar_one():
            raise SystemExit("some were not sent: what was measured means nothing")
    return number / spent, number / used


def _plain(store: Store) -> None:
    """The least: claim a batch, mark it, in two transactions of plain statements."""
    claiming = text(_CLAIM if store.is_sqlite else _CLAIM.replace("--", "FOR UPDATE SKIP LOCKED"))
    marking = text("UPDATE reminder SET status = 'sent' WHERE claimed_by = :me")
    while True:
        values = {"me": uuid4().hex, "until": NOON + timedelta(minutes=1)}
        if store.is_sqlite:
            values["until"] = str(values["until"])
        with store.writing() as session:
            found = session.execute(claiming, values).all()
        if not found:
            return
        with store.writing() as session:
            session.execute(marking, {"me": values["me"]})


def _ours(store: Store) -> None:
    while True:
        worker = uuid4().hex
        with store.writing() as session:
            found = claim(session, worker, now=NOON)
        if not found:
            return
        with store.writing() as session:
            session.execute(
                update(Reminder).where(col(Reminder.claimed_by) == worker).values(status="sent")
            )


def _whole(store: Store) -> None:
    links = Links("https://visits.example.org", "key")
    Dispatcher(store, {"sms": Nowhere()}, links, lambda: NOON, senders=1).run()


def _seed(store: Store, number: int) -> None:
    """So many patients, each with an appointment in a week and one reminder that is due."""
    version = library.versions(PATHWAY)[-1]
    settings = {"sender": "Harbor Office", "phone": "555-555-0199"}
    with store.writing() as session:
        session.add(Clinic(id="bench", timezone="America/New_York", settings=settings))
        session.flush()
        for begin in range(0, number, 500):
            names = [f"p{n}" for n in range(begin, min(begin + 500, number))]
            session.add_all(Patient(clinic_id="bench", id=name) for name in names)
            session.flush()
            enrolments = [
                Enrolment(
                    clinic_id="bench",
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
                session.add_all(_rows(enrolment))
            session.flush()
            session.expunge_all()


def _rows(enrolment: Enrolment) -> list[object]:
    patient, name = enrolment.patient_id, uuid4()
    return [
        ContactPoint(
            clinic_id="bench",
            patient_id=patient,
            kind="phone",
            value=f"+1555{patient[1:]:0>7}",
            mark=vault.vault().mark(patient),
            verified_at=NOON,
        ),
        MessageConsent(
            clinic_id="bench", patient_id=patient, channel="sms", purpose="all", given_at=NOON
        ),
        Appointment(
            clinic_id="bench",
            id=name,
            code=patient,
            enrolment_id=enrolment.id,
            activity="infusion",
            occurrence=1,
            start=START,
            end=START + timedelta(hours=2),
            wall_time="",
            zone="America/New_York",
            tzdata="",
            modality="in-person",
            made_at=NOON,
            changed_at=NOON,
        ),
        AppointmentPatient(clinic_id="bench", appointment_id=name, patient_id=patient, start=START),
        Reminder(
            clinic_id="bench",
            subject_kind="appointment",
            subject_id=str(name),
            subject_version=1,
            kind="N-09",
            recipient=f"patient:{patient}",
            channel="sms",
            patient_id=patient,
            rank=1,
            due_at=NOON,
            next_try_at=NOON,
            expires_at=START,
            facts={"appointment": str(name), "start": START.isoformat()},
            made_at=NOON,
        ),
    ]


if __name__ == "__main__":
    main()
