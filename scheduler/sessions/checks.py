"""The vitals plan of a session: what is due when, what is done, whom lateness calls (R-23)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pathways.protocol import LibraryPathway
from pathways.protocol.visiting import Sign, VitalsCheck
from scheduler.sessions.drug import Drug
from scheduler.sessions.happenings import Vitals
from scheduler.sessions.telling import Story
from scheduler.sessions.visit import DoseVisit

State = Literal["coming", "due", "overdue", "done", "done late", "missed"]


@dataclass(frozen=True)
class Check:
    """One check of the vital signs, in ``[opens, closes]``.

    ``calls``: the role that lateness calls, empty while nobody is. ``mandatory``: without it the
    session cannot be completed.
    """

    id: str
    signs: tuple[Sign, ...]
    opens: datetime
    due: datetime
    closes: datetime
    mandatory: bool
    state: State
    done_at: datetime | None = None
    calls: Literal["", "nurse", "charge nurse"] = ""

    @property
    def is_done(self) -> bool:
        """Whether it was taken, in time or late."""
        return self.state in ("done", "done late")


@dataclass(frozen=True)
class _Times:
    """When a check is due, and the reading that does it, if there is one."""

    opens: datetime
    due: datetime
    closes: datetime
    done_at: datetime | None
    passes: bool = False


def checks_of(
    protocol: LibraryPathway, visit: DoseVisit, story: Story, drug: Drug | None, now: datetime
) -> tuple[Check, ...]:
    """Every check of the session, the earliest due first; before the drug, those before it."""
    found = [
        _check(protocol, check, times, now)
        for check in protocol.vitals.checks
        for times in _times(visit, check, taken(story, check), drug, now)
    ]
    return tuple(sorted(found, key=lambda check: (check.due, check.id)))


def taken(story: Story, check: VitalsCheck) -> list[datetime]:
    """When all signs of a check were taken together."""
    return [v.at for v in story.all(Vitals) if set(check.signs) <= v.signs.keys()]


def _times(
    visit: DoseVisit, check: VitalsCheck, readings: list[datetime], drug: Drug | None, now: datetime
) -> Iterator[_Times]:
    if check.before_start is not None:
        yield _before(visit, check.before_start, readings, drug, now)
    elif drug is None:
        return
    elif check.after_start is not None:
        yield _after(drug.first + check.after_start, check.give or timedelta(), readings)
    elif check.before_end is not None:
        yield _leaving(check.before_end, readings, drug, now)
    elif check.every is not None:
        yield from _row(check.every, *_stretch(check, drug), readings)


def _before(
    visit: DoseVisit,
    before: timedelta,
    readings: list[datetime],
    drug: Drug | None,
    now: datetime,
) -> _Times:
    """Before the drug is given, the last reading counts while it is fresh."""
    start = drug.first if drug else max(visit.planned_first_drug, now)
    fresh_from = (drug.first if drug else now) - before
    fresh = [at for at in readings if fresh_from <= at <= start]
    opens = visit.planned_first_drug - before
    closes = drug.first if drug else visit.planned_first_drug
    return _Times(min(opens, closes), closes, closes, fresh[-1] if fresh else None)


def _after(due: datetime, give: timedelta, readings: list[datetime]) -> _Times:
    """The first reading from the opening of the window on, be it late."""
    done = [at for at in readings if at >= due - give]
    return _Times(due - give, due, due + give, done[0] if done else None)


def _leaving(before: timedelta, readings: list[datetime], drug: Drug, now: datetime) -> _Times:
    """The last reading before leaving is no older than the protocol lets it be."""
    leaves = max(drug.leaves_from, now)
    fresh = [at for at in readings if at >= leaves - before and at <= now]
    opens = drug.leaves_from - before
    return _Times(opens, drug.leaves_from, drug.leaves_from, fresh[-1] if fresh else None)


def _stretch(check: VitalsCheck, drug: Drug) -> tuple[datetime, datetime]:
    if check.during == "dosing":
        return drug.first, drug.last if drug.over else drug.leaves_from
    return drug.last, drug.leaves_from


def _row(
    every: timedelta, start: datetime, end: datetime, readings: list[datetime]
) -> Iterator[_Times]:
    """A row of checks strictly between two instants; each takes the reading nearest to it."""
    due = start + every
    while due < end:
        opens, closes = due - every / 2, due + every / 2
        done = [at for at in readings if opens <= at < closes]
        yield _Times(opens, due, due, done[0] if done else None, passes=True)
        due += every


def _check(protocol: LibraryPathway, check: VitalsCheck, times: _Times, now: datetime) -> Check:
    state = _state(protocol, check, times, now)
    return Check(
        id=check.id,
        signs=check.signs,
        opens=times.opens,
        due=times.due,
        closes=times.closes,
        mandatory=check.mandatory,
        state=state,
        done_at=times.done_at,
        calls=_calls(protocol, times, now) if state == "overdue" else "",
    )


def _state(protocol: LibraryPathway, check: VitalsCheck, times: _Times, now: datetime) -> State:
    if times.done_at is not None:
        late = check.before_end is None and times.done_at > times.closes and not times.passes
        return "done late" if late else "done"
    if times.passes and check.every and now >= times.due + check.every / 2:
        return "missed"
    if now >= times.closes + protocol.vitals.overdue_nurse:
        return "overdue"
    return "due" if now >= times.opens else "coming"


def _calls(
    protocol: LibraryPathway, times: _Times, now: datetime
) -> Literal["nurse", "charge nurse"]:
    late = now >= times.closes + protocol.vitals.overdue_charge_nurse
    return "charge nurse" if late else "nurse"
