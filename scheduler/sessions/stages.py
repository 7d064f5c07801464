"""Where a session stands, and until when it will last (R-19, R-27)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pathways.protocol import LibraryPathway
from scheduler.sessions.drug import Drug
from scheduler.sessions.happenings import (
    Arrived,
    CheckIn,
    Discharged,
    Extended,
    LeftEarly,
    NotGiven,
)
from scheduler.sessions.telling import Story
from scheduler.sessions.visit import DoseVisit

Phase = Literal[
    "expected",
    "arrived",
    "check-in",
    "dosing",
    "monitoring",
    "discharge",
    "discharged",
    "left early",
    "not given",
]
OVER: frozenset[Phase] = frozenset({"discharged", "left early", "not given"})


@dataclass(frozen=True)
class StageNow:
    """The part of the visit in which a session is; ``until``: when it is to end, where known.

    ``id``: the protocol's stage, where there is one.
    """

    phase: Phase
    id: str
    since: datetime | None
    until: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether the patient has left."""
        return self.phase in OVER


@dataclass(frozen=True)
class Forecast:
    """Until when the visit will last. ``over_by``: beyond what was planned, in minutes.

    ``late``: the patient came later than the protocol's grace. ``latest_start``: the drug may be
    given no later, or the visit would run into closing time (R-19).
    """

    ends: datetime
    over_by: int
    past_closing: bool
    late: bool
    latest_start: datetime | None


def stage_of(visit: DoseVisit, story: Story, drug: Drug | None, now: datetime) -> StageNow:
    """The stage of a session; of what has not happened, the planned times."""
    over = _left(story)
    if over is not None:
        return over
    if drug is not None:
        return _after_drug(visit, drug, now)
    arrived, form = story.first(Arrived), story.first(CheckIn)
    if form is not None:
        return StageNow("check-in", "check-in", form.at, visit.planned_first_drug)
    if arrived is not None:
        return StageNow("arrived", "check-in", arrived.at, visit.planned_first_drug)
    return StageNow("expected", "", None, visit.start)


def _left(story: Story) -> StageNow | None:
    for kind, phase in _ENDS:
        event = story.first(kind)
        if event is not None:
            return StageNow(phase, "", event.at, None)
    return None


_ENDS: tuple[tuple[type[Discharged | LeftEarly | NotGiven], Phase], ...] = (
    (Discharged, "discharged"),
    (LeftEarly, "left early"),
    (NotGiven, "not given"),
)


def _after_drug(visit: DoseVisit, drug: Drug, now: datetime) -> StageNow:
    if not drug.over:
        ends = drug.leaves_from - visit.monitoring
        return StageNow("dosing", _first_id(visit, "dosing"), drug.first, ends)
    begins = drug.last
    watched = [stage for stage in visit.activity.stages if stage.phase == "monitoring"]
    for stage in watched:
        is_last = stage is watched[-1]
        ends = drug.leaves_from if is_last else begins + timedelta(minutes=stage.minutes)
        if now < ends:
            return StageNow("monitoring", stage.id, begins, ends)
        begins = ends
    leaves = begins + visit.planned("discharge")
    return StageNow("discharge", _first_id(visit, "discharge"), begins, leaves)


def _first_id(visit: DoseVisit, phase: Literal["dosing", "discharge"]) -> str:
    return next(stage.id for stage in visit.activity.stages if stage.phase == phase)


def forecast_of(
    protocol: LibraryPathway, visit: DoseVisit, story: Story, drug: Drug | None, now: datetime
) -> Forecast:
    """Until when the visit will last, by what has happened and the protocol's times."""
    ends = _ends(protocol, visit, story, drug, now)
    over = max(ends - visit.planned_end, timedelta())
    buffer = protocol.chair.overrun_buffer
    arrived = story.first(Arrived)
    grace = visit.start + protocol.chair.late_grace
    return Forecast(
        ends=ends,
        over_by=-(-over // timedelta(minutes=1)),
        past_closing=visit.closes is not None and ends > visit.closes - buffer,
        late=arrived is not None and arrived.at > grace,
        latest_start=_latest_start(protocol, visit),
    )


def _ends(
    protocol: LibraryPathway, visit: DoseVisit, story: Story, drug: Drug | None, now: datetime
) -> datetime:
    left = _left(story)
    if left is not None and left.since is not None:
        return left.since
    leaving = visit.planned("discharge")
    if drug is None:
        begins = max(visit.planned_first_drug, now if story.events else visit.start)
        return begins + visit.planned("dosing") + visit.monitoring + leaving
    steps = sum(event.steps for event in story.all(Extended))
    return max(drug.leaves_from + steps * protocol.chair.extension_step + leaving, now)


def _latest_start(protocol: LibraryPathway, visit: DoseVisit) -> datetime | None:
    if visit.closes is None:
        return None
    whole = visit.planned("dosing", "discharge") + visit.monitoring
    return visit.closes - whole - protocol.chair.overrun_buffer
