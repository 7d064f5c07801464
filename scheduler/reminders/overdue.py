"""Safety messages that are late: a person takes them over, whatever still becomes of them."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, literal_column, or_
from sqlmodel import Session, col, select

from scheduler import work
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.outcomes import call_key
from scheduler.reminders.planning import OUTWARD
from scheduler.store.tables import Reminder, Task
from scheduler.store.tables.reminders import URGENT

LATE: Final = timedelta(minutes=10)
"""House: a safety message is with the patient or with a person after a quarter of an hour."""

_CALLED_WITHIN: Final = timedelta(minutes=5)  # house: what is left of the quarter of an hour
_TRIED_AGAIN_WITHIN: Final = timedelta(hours=1)  # longer than any pause between two attempts


def call_for_overdue(session: Session, clinic_id: str, now: datetime) -> int:
    """Put each safety message on the work-list that should have gone ten minutes ago; how many.

    It may still go: better twice than never. What waits for the patient, or for the morning, is
    not late, and what has ended is seen to where it ends.
    """
    late = now - LATE
    # States are said in so many words: each of the two has an index of its own.
    waits = and_(
        literal_column("status = 'pending'"),
        literal_column(URGENT),
        col(Reminder.next_try_at) <= now + _TRIED_AGAIN_WITHIN,
    )
    found: dict[str, Reminder] = {}
    for state in (waits, literal_column("status = 'sending'")):
        rows = session.exec(
            select(Reminder).where(
                state,
                Reminder.clinic_id == clinic_id,
                col(Reminder.safety).is_(True),
                col(Reminder.channel).in_(OUTWARD),
                Reminder.due_at <= late,
                Reminder.expires_at > now,
                or_(col(Reminder.attempts) > 0, col(Reminder.next_try_at) <= late),
            )
        ).all()
        found |= {call_key(row): row for row in rows if catalogue().kinds[row.kind].called}
    known = {f"call:{key}": key for key in found}
    asked = select(Task.key).where(Task.clinic_id == clinic_id, col(Task.key).in_(known))
    missing = known.keys() - set(session.exec(asked)) if known else set()
    for name in sorted(missing):
        work.open_task(session, clinic_id, _call(found[known[name]], now), now=now)
    return len(missing)


def _call(row: Reminder, now: datetime) -> work.Wanted:
    return work.Wanted(
        kind="call",
        owner="charge nurse",
        due_at=now + _CALLED_WITHIN,
        says=f"Call: {row.facts.get('says', row.kind)} ({row.kind}: it has not gone yet).",
        key=call_key(row),
        subject=(row.subject_kind, row.subject_id),
        patient_id=row.patient_id,
    )
