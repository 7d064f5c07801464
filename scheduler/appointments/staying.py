"""A visit that lasts longer than planned: it keeps its place and people as far as they are free.

That somebody stays is a fact, and facts are never refused: what is promised to others already is
said, and stays promised to them until somebody finds them another time.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sqlmodel import Session

from scheduler import booking
from scheduler.booking import STEP, Promise
from scheduler.store.tables import Appointment


def rounded(moment: datetime) -> datetime:
    """The next whole step of the ledger."""
    moment = moment.astimezone(UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -(-(moment - midnight) // STEP) * STEP


def longer(visit: Appointment, planned: datetime, end: datetime) -> Iterator[Promise]:
    """What was promised until ``planned`` or beyond it, for as much longer as is missing."""
    kept: dict[str, list[Promise]] = {}
    for promise in map(Promise.read, visit.taken):
        if promise.end >= planned:
            kept.setdefault(promise.resource, []).append(promise)
    for resource, promises in sorted(kept.items()):
        turnover = min(promise.end for promise in promises) - planned
        last = max(promises, key=lambda promise: promise.end)
        if end + turnover > last.end:
            yield Promise(resource, last.end, end + turnover, last.load, last.capacity)


def keep(session: Session, visit: Appointment, wanted: Iterable[Promise]) -> list[Promise]:
    """Promise a visit what of it is free; the rest, of which too little is left."""
    missing = []
    for promise in list(wanted):
        if booking.conflicts_of(session, visit.clinic_id, [promise]):
            missing.append(promise)
        else:
            booking.take(session, visit.clinic_id, [promise])
            visit.taken = [*visit.taken, promise.written()]
    return missing


def give_back(session: Session, visit: Appointment, planned: datetime) -> None:
    """Free what a visit was promised for after its planned end alone."""
    late = [data for data in visit.taken if Promise.read(data).start >= planned]
    booking.release(session, visit.clinic_id, map(Promise.read, late))
    visit.taken = [data for data in visit.taken if data not in late]


def stretch(visit: Appointment, end: datetime, now: datetime) -> None:
    """Let a visit, and its last stage, end at an instant."""
    stages = [dict(stage) for stage in visit.stages]
    if stages:
        stages[-1]["end"] = end.isoformat()
    visit.stages, visit.end = stages, end
    visit.sequence += 1
    visit.version += 1
    visit.changed_at = now
