"""A visit that moves, with everything that is to be told about it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from api.bench.reminders.comparing import Line, Wanted
from api.bench.reminders.filling import CLINIC, NOON, Filled
from api.bench.reminders.peer import Peer
from api.bench.stopwatch import spent
from scheduler.clock import now
from scheduler.reminders import keeping, planning, reconciling
from scheduler.reminders.gathering import courses, wanted_for_appointments
from scheduler.store.tables import Appointment, Clinic, Reminder

TEN: Final = 10
_DAY: Final = timedelta(days=1)
_Pairs = list[tuple[planning.Wanted, str]]

_BLINDLY: Final = text("""
UPDATE reminder SET due_at = due_at + interval '1 day', next_try_at = due_at + interval '1 day',
    expires_at = expires_at + interval '1 day', subject_version = subject_version + 1, attempts = 0,
    claimed_by = NULL, claimed_until = NULL
WHERE clinic_id = :clinic AND subject_kind = 'appointment' AND subject_id = :visit
    AND status = 'pending'
""")
"""The least that could move them: it reads, compares and answers nothing."""


class Moves:
    """A visit in a store, and what moves it so many times. ``visit``: its id."""

    def __init__(self, filled: Filled, peer: Peer, times: int) -> None:
        self._filled = filled
        self._peer = peer
        self._times = times
        filled.let_people_be_due(1)
        with filled.store.writing() as session:
            asked = select(Appointment.id).where(Appointment.code == "p0")
            self._visit = session.exec(asked).one()
            session.exec(delete(Reminder).where(col(Reminder.patient_id) == "p0"))

    def of_ten(self) -> tuple[float, float, float]:
        """Milliseconds in which ten of its messages move, the same blindly, and ten jobs."""
        with self._filled.store.writing() as session:
            pairs = self._ten(session)
            session.exec(delete(Reminder).where(col(Reminder.subject_id) == str(self._visit)))
            reconciling.reconcile(
                session, CLINIC, reconciling.about_appointments([self._visit]), pairs, NOON
            )
            own = Reminder.subject_id == str(self._visit)
            found = session.exec(select(Reminder.id).where(own)).all()
        self._peer.write(found, now() + _DAY)
        later = [_later(pairs, turn * _DAY) for turn in range(1, self._times + 1)]

        def move_rows() -> None:
            for pairs in later:
                with self._filled.store.writing() as session:
                    reconciling.reconcile(
                        session, CLINIC, reconciling.about_appointments([self._visit]), pairs, NOON
                    )

        def move_blindly() -> None:
            for _ in range(self._times):
                with self._filled.store.writing() as session:
                    told = {"clinic": CLINIC, "visit": str(self._visit)}
                    session.connection().execute(_BLINDLY, told)

        def move_jobs() -> None:
            for turn in range(self._times):
                self._peer.move(found, now() + turn * _DAY)

        return self._each(move_rows), self._each(move_blindly), self._each(move_jobs)

    def planned_anew(self) -> float:
        """Milliseconds in which it moves and everything about it is planned anew."""

        def move() -> None:
            for _ in range(self._times):
                with self._filled.store.writing() as session:
                    row = session.get_one(Appointment, (CLINIC, self._visit))
                    row.start, row.end = row.start + _DAY, row.end + _DAY
                    row.version += 1
                    keeping.refresh(session, CLINIC, [self._visit], now=NOON)

        return self._each(move)

    def number(self) -> int:
        """How many messages wait that speak of it."""
        with self._filled.store.reading() as session:
            own = Reminder.subject_id == str(self._visit), Reminder.status == "pending"
            return len(session.exec(select(Reminder.id).where(*own)).all())

    def _each(self, does: Callable[[], None]) -> float:
        return 1000 * spent(does).wall / self._times

    def _ten(self, session: Session) -> _Pairs:
        row = session.get_one(Appointment, (CLINIC, self._visit))
        clinic = session.get_one(Clinic, CLINIC)
        [course] = courses(session, clinic, [row.enrolment_id] if row.enrolment_id else [])
        return list(wanted_for_appointments(course, {self._visit}, now=NOON))[:TEN]


def moved(moves: Moves, turns: int, wanted: Wanted) -> Iterator[Line]:
    """Ten messages that are brought to a new time, then a whole visit that is planned anew."""
    own, blindly, jobs = map(list, zip(*(moves.of_ten() for _ in range(turns)), strict=True))
    yield Line("ten jobs of a visit are rescheduled", "ms", jobs)
    title = "ten messages of a visit move"
    yield Line(title, "ms", own, (), _ratios(own, jobs), "x faster", wanted)
    title = "ten rows move by one UPDATE that compares nothing"
    yield Line(title, "ms", blindly, (), _ratios(blindly, jobs), "x faster")
    moves.planned_anew()
    whole = [moves.planned_anew() for _ in range(turns)]
    number = moves.number()
    title = f"a visit moves, its {number} messages planned anew"
    ratios = _ratios(whole, [job * number / TEN for job in jobs])
    yield Line(title, "ms", whole, (), ratios, "x faster")


def _ratios(values: list[float], others: list[float]) -> list[float]:
    return [other / value for value, other in zip(values, others, strict=True)]


def _later(pairs: _Pairs, by: timedelta) -> _Pairs:
    moved = []
    for found, patient in pairs:
        facts = {**found.facts, "moved": by.days}
        due, end = found.due_at + by, found.expires_at + by
        moved.append((replace(found, due_at=due, expires_at=end, facts=facts), patient))
    return moved
