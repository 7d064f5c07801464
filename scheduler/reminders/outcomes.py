"""What becomes of a message once it was tried in vain: tried again, failed, or nobody knows."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler import work
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.changing import GONE_OUT
from scheduler.reminders.channels.channel import DeliveryFailed, Refused, Unreachable
from scheduler.reminders.people import KIND_OF_CHANNEL
from scheduler.reminders.planning import OUTWARD
from scheduler.store.tables import ContactPoint, Reminder

ONCE_MORE = "nobody knows whether it went out; it goes once more"
"""Why a safety note is sent a second time, and never a third."""

_SOON = timedelta(minutes=15)  # house
CALLED_WITHIN = timedelta(hours=4)
"""House: so soon somebody calls who cannot be written to, where no safety note is at stake."""
_VISIT_NEAR = timedelta(hours=24)


def failed(session: Session, row: Reminder, problem: DeliveryFailed, *, now: datetime) -> None:
    """It did not go out, or nobody knows."""
    if row.status != "sending":
        return
    if isinstance(problem, Refused):
        _refused(session, row, problem, now)
    elif isinstance(problem, Unreachable):
        _try_again(session, row, problem, now)
    else:
        unknown(session, row, now=now)


def unknown(session: Session, row: Reminder, *, now: datetime) -> None:
    """Nobody knows whether it went out: a reminder is not sent again, a safety note once more."""
    row.claimed_by = row.claimed_until = None
    if row.safety and row.reason != ONCE_MORE and now < row.expires_at:
        row.status, row.reason, row.next_try_at = "pending", ONCE_MORE, now
        return
    row.status, row.reason = "unknown", "nobody knows whether it went out"
    start = row.facts.get("start")
    near = start is not None and datetime.fromisoformat(str(start)) - now <= _VISIT_NEAR
    if row.safety or near:
        call_instead(session, row, now=now)


def call_instead(session: Session, row: Reminder, *, now: datetime) -> None:
    """Put it on the work-list: what cannot be written is told by a person."""
    kind = catalogue().kinds[row.kind]
    if not kind.called:
        return
    before = _not_reached(session, row, kind.checks_on)
    for_nurse = row.safety or before is not None
    due = now + _SOON if for_nurse else min(now + CALLED_WITHIN, max(row.expires_at, now))
    wanted = work.Wanted(
        kind="call",
        owner="charge nurse" if for_nurse else "coordinator",
        due_at=due,
        says=_said_by_telephone(row, before, now),
        key=call_key(row),
        subject=(row.subject_kind, row.subject_id),
        patient_id=row.patient_id,
    )
    work.open_task(session, row.clinic_id, wanted, now=now)


def call_key(row: Reminder) -> str:
    """What makes a call in place of a message the same one, by whichever way it failed."""
    return f"{row.kind}:{row.subject_id}:{row.step}:{row.recipient}"


def _said_by_telephone(row: Reminder, before: Reminder | None, now: datetime) -> str:
    later = catalogue().kinds[row.kind].later
    asked = later if later and now >= row.expires_at else row.facts.get("says", row.kind)
    told = f"Call: {asked} ({row.kind}: {row.reason})."
    if before is None:
        return told
    return f"{told} Nor did this reach them: {before.facts.get('says', '')} ({before.kind})."


def _not_reached(session: Session, row: Reminder, kind: str) -> Reminder | None:
    """The message of a kind, about the same, that should have reached them and has not."""
    if not kind:
        return None
    asked = select(Reminder).where(
        Reminder.clinic_id == row.clinic_id,
        Reminder.subject_kind == row.subject_kind,
        Reminder.subject_id == row.subject_id,
        Reminder.kind == kind,
        Reminder.recipient == row.recipient,
        col(Reminder.channel).in_(OUTWARD),
    )
    found = session.exec(asked).all()
    if any(other.status in (*GONE_OUT, "pending") for other in found):
        return None
    return next((other for other in found if other.status != "cancelled"), None)


def _refused(session: Session, row: Reminder, problem: Refused, now: datetime) -> None:
    row.status, row.reason = "failed", f"refused: {problem}"[:200]
    row.claimed_by = row.claimed_until = None
    if problem.address:
        freeze(session, row, now=now)
    call_instead(session, row, now=now)


def freeze(session: Session, row: Reminder, *, now: datetime) -> None:
    """Nothing more goes to an address that does not work, until somebody has verified it again."""
    if not row.recipient.startswith("patient:") or row.channel not in KIND_OF_CHANNEL:
        return
    contacts = session.exec(
        select(ContactPoint).where(
            ContactPoint.clinic_id == row.clinic_id,
            ContactPoint.patient_id == row.recipient.removeprefix("patient:"),
            ContactPoint.kind == KIND_OF_CHANNEL[row.channel],
            col(ContactPoint.frozen_at).is_(None),
        )
    )
    used = min(contacts, key=lambda c: (not c.preferred, str(c.id)), default=None)
    if used is not None:
        used.frozen_at = now


def _try_again(session: Session, row: Reminder, problem: Unreachable, now: datetime) -> None:
    row.claimed_by = row.claimed_until = None
    sending = catalogue().sending
    again = now + sending.pause(row.attempts, row.id.int)
    if row.attempts > len(sending.retry_minutes) or again >= row.expires_at:
        row.status, row.reason = "failed", f"not reached: {problem}"[:200]
        call_instead(session, row, now=now)
    else:
        row.status, row.next_try_at, row.sent_at = "pending", again, None


def report(
    session: Session,
    name: UUID,
    *,
    status: str,
    provider_id: str,
    bad_address: bool,
    now: datetime,
) -> None:
    """What the provider says later of a message: it may come first, twice, or in any order.

    The call is the provider's and names no clinic; what is not known, or settled, stays so.
    """
    row = session.exec(select(Reminder).where(Reminder.id == name).with_for_update()).first()
    if row is None or row.status not in ("sending", "sent", "unknown"):
        return
    row.provider_id = row.provider_id or provider_id
    if status == "delivered":
        row.status, row.reason = "delivered", ""
    elif status in ("failed", "undelivered"):
        row.status, row.reason = "failed", "the provider could not deliver it"
        if bad_address:
            freeze(session, row, now=now)
        call_instead(session, row, now=now)
