"""Looking after sessions in progress: vital signs that are due, alarms, the time to leave.

Each becomes a task by role in the unit of work in which it is seen, once for each check, by the key
of its message; it goes from the list when there is nothing to do any more. Nothing holds it back:
stopping a clinic's messages does not silence an alarm.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from pathways import timing
from scheduler import locking, work
from scheduler.reminders import keeping
from scheduler.reminders.announcing import ladder_of
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.planning import Subject, Wanted
from scheduler.sessions.alarms import Ringing, baseline
from scheduler.sessions.checks import Check
from scheduler.sessions.happenings import Extended
from scheduler.sessions.loading import DoseSession, on_day
from scheduler.sessions.telling import told
from scheduler.sessions.timeline import Timeline
from scheduler.store.tables import Appointment, Clinic, Task

DUE, ABNORMAL, LEAVES = "N-36", "N-37", "N-38"
IN_PROGRESS = ("arrived", "checked-in")


@dataclass(frozen=True)
class Note:
    """Something that a role has to see to now; ``about`` and ``version``: which, so that it is
    told once; ``step``: how often it was told to somebody before.
    """

    kind: str
    role: str
    about: str
    says: str
    step: int = 0
    version: int = 1

    def key(self, appointment: Appointment) -> str:
        """What tells its task from others of the kind."""
        return f"{appointment.id}/{self.about}:role:{self.role}"


def watch(session: Session, clinic_id: str, now: datetime) -> int:
    """Look after every session of a clinic that is in progress; how many there are."""
    days = _days_in_progress(session, clinic_id)
    locking.hold(session, clinic_id, days=days)
    going = [
        one
        for day in sorted(days)
        for one in on_day(session, clinic_id, day, now=now)
        if one.appointment.status in IN_PROGRESS
    ]
    for one in going:
        look_after(session, one, one.at(now), now=now)
    return len(going)


def _days_in_progress(session: Session, clinic_id: str) -> set[date]:
    rows = session.exec(
        select(Appointment.start).where(
            Appointment.clinic_id == clinic_id,
            col(Appointment.is_dose),
            col(Appointment.status).in_(IN_PROGRESS),
        )
    ).all()
    clinic = session.get(Clinic, clinic_id)
    return {timing.local_date(at, timing.zone(clinic.timezone)) for at in rows} if clinic else set()


def look_after(session: Session, one: DoseSession, present: Timeline, *, now: datetime) -> None:
    """Say what a session asks of somebody now, and take from the list what it no longer does."""
    notes = list(notes_of(one, present, now))
    for note in notes:
        _tell(session, one, note, now)
    wanted = {f"{note.kind}:{note.key(one.appointment)}" for note in notes}
    for task in _open(session, one.appointment):
        if task.key not in wanted:
            kind, _, key = task.key.partition(":")
            work.settle(session, task.clinic_id, kind, key, now=now)


def _open(session: Session, row: Appointment) -> list[Task]:
    return list(
        session.exec(
            select(Task).where(
                Task.clinic_id == row.clinic_id,
                Task.subject_kind == "appointment",
                Task.subject_id == str(row.id),
                col(Task.kind).in_((DUE, ABNORMAL, LEAVES)),
                col(Task.status).in_(work.OPEN),
            )
        )
    )


def notes_of(one: DoseSession, present: Timeline, now: datetime) -> Iterator[Note]:
    """What somebody has to see to in a session at an instant; nothing before it or after it."""
    if present.stage.phase == "expected" or present.stage.is_over:
        return
    yield from _checks(one, present, now)
    yield from _alarms(one, present, now)
    yield from _leaving(one, present, now)


def _checks(one: DoseSession, present: Timeline, now: datetime) -> Iterator[Note]:
    """A check that is due is told to the nurse, later once more, then to the charge nurse."""
    number: Counter[str] = Counter()
    for check in present.checks:
        number[check.id] += 1
        past = present.drug is not None and check.closes <= present.drug.first
        if past or check.state not in ("due", "overdue") or now < check.due:
            continue
        roles = catalogue().kinds[DUE].steps_to
        says = f"{_where(one)}: vital signs ({check.id}) are due"
        for step in range(_lateness(check) + 1):
            yield Note(DUE, roles[step], f"{check.id}/{number[check.id]}", says, step=step)


def _lateness(check: Check) -> int:
    return ("", "nurse", "charge nurse").index(check.calls)


def _alarms(one: DoseSession, present: Timeline, now: datetime) -> Iterator[Note]:
    """A sign beyond its lines; of an urgent one the prescriber has a task already."""
    before = baseline(told(one.recorded).until(now), present.drug)
    signs = before.signs if before else {}
    for alarm in present.alarms:
        if alarm.acknowledged:
            continue
        says = f"{_where(one)}: {_found(alarm, signs.get(alarm.sign))}"
        for role in ("nurse", "prescriber") if alarm.urgency == "notify" else ("nurse",):
            version = round(alarm.since.timestamp())
            yield Note(ABNORMAL, role, alarm.sign, says, version=version)


def _found(alarm: Ringing, before: int | None) -> str:
    value = "" if alarm.value is None else f" {alarm.value}"
    return f"{alarm.sign}{value}" + ("" if before is None else f", {before} before the drug")


def _leaving(one: DoseSession, present: Timeline, now: datetime) -> Iterator[Note]:
    """The time has come to go through the list for leaving."""
    drug, story = present.drug, told(one.recorded).until(now)
    if drug is None or not drug.over:
        return
    steps = sum(event.steps for event in story.all(Extended))
    leaves = drug.leaves_from + steps * one.protocol.chair.extension_step
    if now >= leaves:
        version = round(leaves.timestamp())
        says = f"{_where(one)}: go through the list for leaving"
        yield Note(LEAVES, "nurse", "leaving", says, version=version)


def _where(one: DoseSession) -> str:
    return f"{one.visit.location}, {one.visit.code}" if one.visit.location else one.visit.code


def _tell(session: Session, one: DoseSession, note: Note, now: datetime) -> None:
    """Write the message down as told, and open its task; not a second time."""
    row = one.appointment
    entry = next((e for e in ladder_of(session, row) if e.id == note.kind), None)
    if entry is None:
        return
    found = Wanted(
        subject=Subject("session", f"{row.id}/{note.about}", note.version),
        kind=note.kind,
        step=note.step,
        recipient=f"role:{note.role}",
        channel="task",
        due_at=now,
        expires_at=now + (catalogue().kinds[note.kind].late or timing.ONE_DAY),
        says=entry.says,
        status="delivered",
        facts={"appointment": str(row.id), "start": row.start.isoformat()},
    )
    if keeping.write_once(session, row.clinic_id, found, one.visit.patient_id, now) is None:
        return
    wanted = work.Wanted(
        kind=note.kind,
        owner=note.role,
        due_at=now,
        says=note.says,
        key=note.key(row),
        subject=("appointment", row.id),
        patient_id=one.visit.patient_id,
    )
    work.open_task(session, row.clinic_id, wanted, now=now)
