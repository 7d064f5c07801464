"""Sending what is due: claim, judge and mark, send with no transaction open, record.

A message is marked as on its way only under the locks of its patient and its row, after everything
that could forbid it was read anew. A cancel that was committed before is seen; one that comes
after finds the mark, and tells the change. While a provider is slow, the database waits for nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Protocol
from uuid import UUID, uuid4

import structlog
from sqlalchemy import tuple_
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import Session, col, select

from scheduler import acting, audit, locking, work
from scheduler.clock import Clock, running
from scheduler.reminders import digesting, history, outcomes, people
from scheduler.reminders.channels.channel import (
    Channel,
    DeliveryFailed,
    Message,
    Receipt,
    Unclear,
    Unreachable,
)
from scheduler.reminders.claiming import (
    BATCH,
    CHUNK,
    LEASE,
    Claimed,
    anything_to_do,
    claim,
    give_back,
    locked,
    lost,
    mark_sending,
    mark_sent,
    stopped_clinics,
)
from scheduler.reminders.doubting import Doubt, ask_somebody
from scheduler.reminders.judging import Bench, Go, Stop, Verdict, Wait, judge
from scheduler.reminders.links import Links
from scheduler.reminders.planning import OUTWARD
from scheduler.reminders.telling import Teller
from scheduler.store.tables import Appointment, Clinic, Enrolment, Reminder

PATIENCE = LEASE / 2
"""So long a worker keeps to what it has claimed: then it looks what has become urgent."""

_RECORD_TRIES = 3
_log = structlog.get_logger()


class Units(Protocol):
    """What gives units of work, as a store does."""

    def writing(self) -> AbstractContextManager[Session]:
        """A unit of work: committed when the block ends, rolled back when it raises."""
        ...

    def reading(self) -> AbstractContextManager[Session]:
        """A session that only looks."""
        ...


@dataclass(frozen=True)
class Outgoing:
    """A message that is marked as on its way."""

    clinic_id: str
    id: UUID
    channel: str
    message: Message
    before: datetime
    """Later than this it is not tried: another worker could take it for lost."""


@dataclass
class Dispatcher:
    """One worker. ``channels``: by name; ``senders``: how many messages it sends at once.

    ``batch``: how many it claims at once; ``chunk``: how many of them are on their way at once,
    which is the most of which nobody knows if it dies.
    """

    store: Units
    channels: Mapping[str, Channel]
    links: Links
    clock: Clock
    senders: int = 16
    batch: int = BATCH
    chunk: int = CHUNK
    worker: str = field(default_factory=lambda: uuid4().hex)
    doubt: Doubt = field(default_factory=lambda: Doubt(running))
    _settled: datetime = field(init=False, repr=False)

    def run(self) -> int:
        """Send everything that is due now; how many messages were looked at."""
        self._look_at_the_clock()
        with self.store.reading() as session:
            if not anything_to_do(session, now=self.clock()):
                return 0
        self.settle_lost()
        looked_at = 0
        while claims := self._claim():
            looked_at += self._go_through(claims)
            if self.clock() >= self._settled + PATIENCE:
                self.settle_lost()
        return looked_at

    def _go_through(self, claims: Sequence[Claimed]) -> int:
        """Send these; how many were looked at before something else had its turn."""
        until = self.clock() + PATIENCE
        for begin in range(0, len(claims), self.chunk):
            if begin and self.clock() >= until:
                self._give_back(claims[begin:])
                return begin
            self.send(claims[begin : begin + self.chunk])
        return len(claims)

    def _give_back(self, claims: Sequence[Claimed]) -> None:
        """Let others take them at once; patients first, as whoever moves a visit does."""
        ordered = sorted(claims, key=lambda claimed: claimed.clinic_id)
        for clinic_id, own in groupby(ordered, key=lambda claimed: claimed.clinic_id):
            left = list(own)
            with self.store.writing() as session:
                about = [claimed.patient_id for claimed in left if claimed.patient_id]
                locking.hold(session, clinic_id, patients=about)
                give_back(session, left, self.worker)

    def _look_at_the_clock(self) -> None:
        now = self.clock()
        if self.doubt.begins(now):
            with self.store.writing() as session:
                ask_somebody(session, now=now)

    def settle_lost(self) -> None:
        """Say of messages whose worker has gone that nobody knows whether they went out."""
        self._settled = now = self.clock()
        with self.store.writing() as session:
            for row in lost(session, now=now):
                outcomes.unknown(session, row, now=now)

    def _claim(self) -> list[Claimed]:
        with self.store.writing() as session:
            return claim(
                session,
                self.worker,
                now=self.clock(),
                batch=self.batch,
                only_safety=self.doubt.stands,
            )

    def send(self, claims: Sequence[Claimed]) -> None:
        """Mark these messages, send those that go, and write down what became of them."""
        outgoing = self.mark(claims)
        results = list(self._sent(outgoing))
        if results:
            self.record(results)

    def mark(self, claims: Sequence[Claimed]) -> list[Outgoing]:
        """Judge these messages and mark those that go; everything else about them is settled."""
        found: list[Outgoing] = []
        ordered = sorted(claims, key=lambda claimed: claimed.clinic_id)
        for clinic_id, own in groupby(ordered, key=lambda claimed: claimed.clinic_id):
            with self.store.writing() as session:
                marked = self._mark_clinic(session, clinic_id, list(own))
            found += marked
        return found

    def _mark_clinic(
        self, session: Session, clinic_id: str, claims: list[Claimed]
    ) -> list[Outgoing]:
        now = self.clock()
        about = history.sharing(session, clinic_id, (c.patient_id for c in claims if c.patient_id))
        locking.hold(session, clinic_id, patients=about)
        rows = [] if clinic_id in stopped_clinics(session) else locked(session, claims, self.worker)
        got = {row.id for row in rows}
        give_back(session, [c for c in claims if c.id not in got], self.worker)
        if not rows:
            return []
        bench = _bench(session, clinic_id, about, rows, self.links, now)
        with session.no_autoflush:  # all of it is written at once, at the end
            settled = [(row, self._settle(session, row, bench)) for row in rows]
        going = [message for _, message in settled if message is not None]
        if going:
            mark_sending(session, clinic_id, [one.id for one in going], self.worker, now=now)
        actor = acting.machine(clinic_id, "dispatch")
        notes = [_note(row) for row, message in settled if message is not None]
        audit.record_many(session, actor, "reminder.send", notes, at=now)
        audit.tell(session, clinic_id, "reminders", "", at=now)
        return going

    def _settle(self, session: Session, row: Reminder, bench: Bench) -> Outgoing | None:
        """Do what was judged about one message; it is answered where it goes out of the house."""
        verdict = _judged(row, bench)
        if isinstance(verdict, Wait):
            row.next_try_at = verdict.until
            row.claimed_by = row.claimed_until = None
        elif isinstance(verdict, Stop):
            _stop(session, row, verdict, bench)
        elif row.channel not in OUTWARD:
            _stay_inside(session, row, verdict, bench.now)
        else:
            return self._go(row, verdict, bench)
        return None

    def _go(self, row: Reminder, verdict: Go, bench: Bench) -> Outgoing:
        if history.counts(row) and row.patient_id:
            bench.history.add(row.id, row.patient_id, bench.now)
        message = Message(str(row.id), verdict.to, verdict.body, verdict.subject)
        return Outgoing(row.clinic_id, row.id, row.channel, message, bench.now + LEASE / 2)

    def _sent(
        self, outgoing: Sequence[Outgoing]
    ) -> Iterable[tuple[Outgoing, Receipt | DeliveryFailed]]:
        if len(outgoing) < 2 or self.senders < 2:
            return [(going, self._send(going)) for going in outgoing]
        with ThreadPoolExecutor(min(self.senders, len(outgoing))) as pool:
            return list(zip(outgoing, pool.map(self._send, outgoing), strict=True))

    def _send(self, going: Outgoing) -> Receipt | DeliveryFailed:
        channel = self.channels.get(going.channel)
        if channel is None:
            return Unreachable(f"no way to send by {going.channel} is set up here")
        if self.clock() >= going.before:
            return Unreachable("those before it took too long")
        try:
            return channel.send(going.message)
        except DeliveryFailed as problem:
            return problem
        except Exception as problem:  # noqa: BLE001  (whatever it was: it may have gone out)
            _log.error("sending", channel=going.channel, error=type(problem).__name__)
            return Unclear(type(problem).__name__)

    def record(self, results: Sequence[tuple[Outgoing, Receipt | DeliveryFailed]]) -> None:
        """Write down what became of messages; what is not ours any more stands as it is.

        Tried a few times: what is not written down counts as unknown once the lease has run out.
        """
        for _ in range(_RECORD_TRIES - 1):
            try:
                return self._record(results)
            except OperationalError as problem:
                _log.warning("recording", error=type(problem).__name__)
        return self._record(results)

    def _record(self, results: Sequence[tuple[Outgoing, Receipt | DeliveryFailed]]) -> None:
        now = self.clock()
        taken, failed = [], []
        for going, result in results:
            if isinstance(result, Receipt):
                taken.append((going.clinic_id, going.id, result.provider_id))
            else:
                failed.append((going, result))
        with self.store.writing() as session:
            rows = _by_key(session, [going for going, _ in results]) if failed else {}
            for going, problem in failed:
                row = rows.get((going.clinic_id, going.id))
                if row is not None and row.claimed_by == self.worker:
                    outcomes.failed(session, row, problem, now=now)
            if taken:
                mark_sent(session, taken, self.worker)


def _by_key(session: Session, outgoing: Sequence[Outgoing]) -> dict[tuple[str, UUID], Reminder]:
    keys = sorted({(going.clinic_id, going.id) for going in outgoing}, key=str)
    asked = select(Reminder).where(tuple_(col(Reminder.clinic_id), col(Reminder.id)).in_(keys))
    ordered = asked.order_by(col(Reminder.clinic_id), col(Reminder.id)).with_for_update()
    return {(row.clinic_id, row.id): row for row in session.exec(ordered)}


def _bench(
    session: Session,
    clinic_id: str,
    about: set[str],
    rows: Sequence[Reminder],
    links: Links,
    now: datetime,
) -> Bench:
    clinic = session.get(Clinic, clinic_id, populate_existing=True)
    assert clinic is not None, "its rows name it"  # noqa: S101  (a foreign key holds)
    known = people.load(session, clinic, about)
    teller = Teller(session, known, links)
    names = sorted({UUID(row.facts["appointment"]) for row in rows if row.facts.get("appointment")})
    booked = people.rows_in(session, clinic_id, Appointment, "id", names)
    whose = sorted({row.enrolment_id for row in booked if row.enrolment_id}, key=str)
    enrolments = people.rows_in(session, clinic_id, Enrolment, "id", whose)
    teller.keep({str(row.id): row for row in booked}, enrolments)
    return Bench(session, known, teller, history.load(session, known, now=now), now)


def _judged(row: Reminder, bench: Bench) -> Verdict:
    """The verdict; a message that cannot even be judged fails alone, and a person is told."""
    try:
        return judge(row, bench)
    except SQLAlchemyError:
        raise
    except Exception as fault:  # noqa: BLE001  (one bad row must not keep the others)
        _log.error("judging", kind=row.kind, error=type(fault).__name__)
        return Stop("failed", f"it cannot be judged ({type(fault).__name__})", calls=True)


def _note(row: Reminder) -> audit.Note:
    """For the record: that a message is sent."""
    detail = {
        "kind": row.kind,
        "channel": row.channel,
        "attempt": row.attempts + 1,
        "outside_caps": not history.counts(row),
    }
    return audit.Note(("reminder", row.id), [row.patient_id] if row.patient_id else [], detail)


def _stop(session: Session, row: Reminder, verdict: Stop, bench: Bench) -> None:
    row.status, row.reason = verdict.status, verdict.reason
    row.claimed_by = row.claimed_until = None
    if verdict.calls:
        outcomes.call_instead(session, row, now=bench.now)
    if verdict.digest:
        digesting.yields(session, row, bench.people, now=bench.now)


def _as_sentence(words: str) -> str:
    end = "" if words.endswith("?") else "."
    return f"{words[:1].upper()}{words[1:]}{end}"


def _stay_inside(session: Session, row: Reminder, verdict: Go, now: datetime) -> None:
    """A task is opened, or a message stands in the portal: nothing leaves the house."""
    row.status, row.sent_at = "delivered", now
    row.claimed_by = row.claimed_until = None
    row.attempts += 1
    if row.channel == "task":
        wanted = work.Wanted(
            kind=row.kind,
            owner=row.recipient.removeprefix("role:"),
            due_at=max(now, row.due_at),
            says=_as_sentence(verdict.body),
            key=f"{row.subject_id}:{row.recipient}",
            subject=(row.subject_kind, row.subject_id),
            patient_id=row.patient_id,
        )
        work.open_task(session, row.clinic_id, wanted, now=now)
