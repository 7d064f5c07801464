"""What became of every message, counted, and what must never have happened, looked for by itself.

Nothing here asks the code that has sent them: only rows, and what the carriers have delivered.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, func, select

from benchmarks.diary.carriers import Delivered
from benchmarks.diary.living import Life
from pathways import timing
from scheduler.store.tables import (
    ContactPoint,
    MessageConsent,
    Patient,
    Reminder,
    Task,
)

_USUAL_ZONE: Final = "America/New_York"
_OUTWARD: Final = ("sms", "e-mail")
_BEFORE: Final = {"N-05", "N-06", "N-09", "N-10", "N-11", "N-13", "N-14", "N-15", "N-23", "N-27"}
_UNCOUNTED: Final = {"N-02", "N-16", "N-19", "N-34", "N-35"}
FAULTS: Final = (
    "duplicates",
    "without an end",
    "the same words twice",
    "at night",
    "after the visit began",
    "over the cap",
    "after STOP",
)
"""What must not happen."""


@dataclass
class Totals:
    """The figures of all weeks together."""

    patients: int = 0
    planned: int = 0
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    carried: Counter[str] = field(default_factory=Counter)
    notes_twice: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def fault(self, name: str, about: str) -> None:
        """Something that must not be."""
        self.faults[name] += 1
        if self.faults[name] <= 3:
            self.examples.append(f"{name}: {about}")


def count(session: Session, life: Life) -> Totals:
    """Count everything, and look for what must not be."""
    totals = Totals(patients=session.exec(select(func.count()).select_from(Patient)).one())
    rows = {str(row.id): row for row in session.exec(select(Reminder))}
    due = [row for row in rows.values() if row.due_at < life.now]
    totals.planned = len(due)
    for row in due:
        way = "outward" if row.channel in _OUTWARD else row.channel
        totals.states[f"{way} {row.status}"] += 1
        if row.channel in _OUTWARD and row.status in ("suppressed", "expired", "failed"):
            totals.reasons[f"{row.status}: {row.reason}"] += 1
        if row.status in ("pending", "sending") and row.expires_at < life.now - timedelta(hours=1):
            totals.fault("without an end", f"{row.kind} {row.status} {row.due_at}")
    for kind, key in session.exec(select(Task.kind, Task.key)):
        totals.tasks[f"call about {key.split(':')[1]}" if kind == "call" else kind] += 1
    totals.carried.update(message.channel for message in life.carriers.delivered)
    _look_at_copies(life.carriers.delivered, rows, totals)
    _look_at_each(session, life.carriers.delivered, rows, totals)
    _look_at_numbers(session, life, rows, totals)
    return totals


def _look_at_copies(delivered: list[Delivered], rows: dict[str, Reminder], totals: Totals) -> None:
    copies = Counter(message.key for message in delivered)
    for key, times in copies.items():
        if times > 1 and rows[key].safety and times == 2:
            totals.notes_twice += 1
        elif times > 1:
            totals.fault("duplicates", f"{rows[key].kind} {key} {times} times")
    last: dict[tuple[str, str], Delivered] = {}
    for message in delivered:
        same = last.get((message.to, message.body))
        last[message.to, message.body] = message
        if same and same.key != message.key and message.at - same.at < timedelta(hours=20):
            kinds = f"{rows[same.key].kind} and {rows[message.key].kind}"
            totals.fault("the same words twice", f"{kinds}: {message.body}")


def _look_at_each(
    session: Session, delivered: list[Delivered], rows: dict[str, Reminder], totals: Totals
) -> None:
    patients = {(row.clinic_id, row.id): row for row in session.exec(select(Patient))}
    for message in delivered:
        row = rows[message.key]
        zone = timing.zone(patients[row.clinic_id, row.patient_id or ""].timezone or _USUAL_ZONE)
        hour = message.at.astimezone(zone).hour
        free = row.kind in ("N-19", "N-02", "N-34", "N-35") or row.recipient.startswith("duty")
        if not free and not 9 <= hour < 20:
            totals.fault("at night", f"{row.kind} at {message.at.astimezone(zone)}")
        start = datetime.fromisoformat(row.facts.get("start", "2999-01-01T00:00:00+00:00"))
        if row.kind in _BEFORE and message.at >= start:
            totals.fault("after the visit began", f"{row.kind} at {message.at}")


def _look_at_numbers(
    session: Session, life: Life, rows: dict[str, Reminder], totals: Totals
) -> None:
    """Each number by itself: caps, and silence after a stop."""
    by_number: dict[str, list[Delivered]] = defaultdict(list)
    for message in life.carriers.delivered:
        if message.channel == "sms" and rows[message.key].subject_kind != "inbound":
            by_number[message.to].append(message)
    caps = _caps(session)
    for number, messages in by_number.items():
        if number in caps:
            counted = [m.at for m in messages if rows[m.key].kind not in _UNCOUNTED]
            for day in _over(counted, *caps[number]):
                totals.fault("over the cap", f"{number} on {day}")
        for message in messages:
            if _stopped(life, number, message):
                totals.fault("after STOP", f"{rows[message.key].kind} {message.at}")


def _over(sent: list[datetime], most: tuple[int, int], zone: ZoneInfo) -> Iterator[date]:
    """Dates on which, or in seven of which, more went than was agreed."""
    days = Counter(timing.local_date(at, zone) for at in sent)
    for day in days:
        in_week = sum(days[day - timedelta(days=n)] for n in range(7))
        if days[day] > most[0] or in_week > most[1]:
            yield day


def _caps(session: Session) -> dict[str, tuple[tuple[int, int], ZoneInfo]]:
    """By number what was agreed, and the zone."""
    zones = {
        (row.clinic_id, row.id): timing.zone(row.timezone or _USUAL_ZONE)
        for row in session.exec(select(Patient))
    }
    agreed = {
        (row.clinic_id, row.patient_id): (3, 10) if row.caps == "more" else (1, 3)
        for row in session.exec(select(MessageConsent).where(MessageConsent.channel == "sms"))
    }
    return {
        row.value: (agreed[key], zones[key])
        for row in session.exec(select(ContactPoint).where(ContactPoint.kind == "phone"))
        if (key := (row.clinic_id, row.patient_id)) in agreed
    }


def _stopped(life: Life, number: str, message: Delivered) -> bool:
    said = [
        reply.body
        for reply in life.replies
        if reply.phone == number and reply.at <= message.at and _is_word(reply.body)
    ]
    return bool(said) and said[-1] != "START"


def _is_word(body: str) -> bool:
    return body in ("START", "STOP", "alto", "cancel", "please stop texting")
