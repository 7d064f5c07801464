"""Whether one nurse has too much at once: first drugs too close, too many patients (R-28)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pathways.protocol import LibraryPathway
from scheduler.sessions.drug import Drug
from scheduler.sessions.visit import DoseVisit


def crowding(
    protocol: LibraryPathway, visit: DoseVisit, drug: Drug | None, now: datetime
) -> tuple[str, ...]:
    """Warnings about the nurse of a visit; the charge nurse decides what follows from them."""
    starts = drug.first if drug else max(now, visit.planned_first_drug)
    return (
        *_too_close(protocol, visit, starts, given=drug is not None),
        *_too_many(protocol, visit, starts),
    )


def _too_close(
    protocol: LibraryPathway, visit: DoseVisit, starts: datetime, *, given: bool
) -> Iterator[str]:
    for other in visit.neighbours:
        apart = abs(other.first_drug - starts)
        if apart < protocol.staff.stagger and (given or other.dosed):
            yield (
                f"{visit.nurse} begins with {other.code} less than "
                f"{_minutes(protocol.staff.stagger)} minutes apart"
            )


def _too_many(protocol: LibraryPathway, visit: DoseVisit, starts: datetime) -> Iterator[str]:
    """Counted at the start of this drug: the others whom the same nurse watches then."""
    watched = [o for o in visit.neighbours if o.dosed and o.first_drug <= starts < o.until]
    peaking = [o for o in watched if starts < o.first_drug + protocol.staff.peak]
    most = protocol.staff.per_nurse
    if len(watched) + 1 > most:
        yield f"{visit.nurse} watches {len(watched) + 1} patients; {most} is most"
    elif len(peaking) + 1 > protocol.staff.peak_limit:
        yield (
            f"{visit.nurse} watches {len(peaking) + 1} patients in their first "
            f"{_minutes(protocol.staff.peak)} minutes; {protocol.staff.peak_limit} is most"
        )


def _minutes(elapsed: timedelta) -> int:
    return elapsed // timedelta(minutes=1)
