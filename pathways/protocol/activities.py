"""The sessions and groups of a protocol: the planner's activity, and what it is for."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from pathways.model import Activity, Stage
from pathways.protocol.sourcing import Sources
from pathways.record import Count, Fault, Id, Record, Text, refuse_faults

Purpose = Literal[
    "dose",
    "preparation",
    "integration",
    "individual",
    "group",
    "family",
    "couples",
    "exposure",
    "medical-review",
    "evaluation",
    "mat",
]
Method = Literal["cbt", "dbt", "written-exposure", "couples", "psychoeducation"]
Aim = Literal[
    "make sense of the experience",
    "challenge rigid thinking",
    "practise coping",
    "turn insight into behaviour",
]
Phase = Literal["check-in", "dosing", "monitoring", "discharge"]

THERAPY: frozenset[Purpose] = frozenset({"integration", "individual", "exposure", "couples"})
"""Psychotherapy in the sense of the rule that no dose stands without it; groups come on top."""

PSYCHIATRIC: frozenset[Purpose] = frozenset({"medical-review", "evaluation"})
"""Sessions in which the treating prescriber sees the patient."""


class ProtocolStage(Stage):
    """A stage of a dose visit, and the part of the visit to which it belongs.

    The drug is first given when the first stage of phase ``dosing`` begins and last given by the
    time the last of them ends; monitoring counts from there.
    """

    phase: Phase
    source: Sources = Field(default_factory=dict)


class Visit(Record):
    """How a dose visit runs, stage by stage; several activities may share one."""

    id: Id
    title: Text
    stages: tuple[ProtocolStage, ...] = Field(min_length=1)
    source: Sources = Field(default_factory=dict)


class LibraryActivity(Activity):
    """An activity of the planner, and what it is for.

    ``visit``: the stages are those of this visit. ``meeting_minutes``: how long a group meets.
    ``programme_hours``: whether its time counts as hours of the programme. ``aims``: of
    integration sessions, one each in turn. ``devices``: nasal devices by occurrence, the last one
    for all that follow. ``signs_papers``: consents or agreements are signed in it.
    """

    purpose: Purpose
    visit: Id | None = None
    stages: tuple[ProtocolStage, ...] = ()
    meeting_minutes: Count | None = None
    programme_hours: bool = False
    method: Method | None = None
    aims: tuple[Aim, ...] = ()
    devices: tuple[Count, ...] = ()
    signs_papers: bool = False
    source: Sources = Field(default_factory=dict)

    @model_validator(mode="after")
    def _serves_its_purpose(self) -> Self:
        return refuse_faults(self, _CHECKS)

    @property
    def contract(self) -> Activity:
        """The part of it that the planner knows."""
        fields = self.model_fields_set & set(Activity.model_fields)
        kept = {name: getattr(self, name) for name in fields}
        if self.stages:
            kept["stages"] = tuple(_planned(stage) for stage in self.stages)
        return Activity(**kept)

    def aim_of(self, occurrence: int) -> Aim:
        """The aim of an integration session, in turn; occurrences count from 1."""
        return self.aims[(occurrence - 1) % len(self.aims)]

    def minutes_of(self, *phases: Phase) -> int:
        """The minutes of all stages that belong to these parts of the visit."""
        return sum(stage.minutes for stage in self.stages if stage.phase in phases)

    @property
    def after_last_drug(self) -> timedelta:
        """From the time the drug was last given to the end of the visit."""
        return timedelta(minutes=self.minutes_of("monitoring", "discharge"))

    @property
    def counted_minutes(self) -> int:
        """Minutes of one occurrence that count as hours of the programme."""
        if not self.programme_hours:
            return 0
        return self.meeting_minutes or int(self.length / timedelta(minutes=1))


def _planned(stage: ProtocolStage) -> Stage:
    fields = stage.model_fields_set & set(Stage.model_fields)
    return Stage(**{name: getattr(stage, name) for name in fields})


def _group_says_how_long(activity: LibraryActivity) -> Iterable[Fault]:
    if activity.kind == "group" and activity.meeting_minutes is None:
        yield "meeting_minutes", "is missing; say how long a meeting of this group is"
    if activity.kind == "session" and activity.meeting_minutes is not None:
        yield "meeting_minutes", "belongs to a group; a session has minutes or a visit"


def _dose_has_its_parts(activity: LibraryActivity) -> Iterable[Fault]:
    if activity.purpose != "dose":
        return
    phases = [stage.phase for stage in activity.stages]
    order = ("check-in", "dosing", "monitoring", "discharge")
    if tuple(dict.fromkeys(phases)) != order or phases != sorted(phases, key=order.index):
        yield "stages", f"a dose visit runs {', '.join(order)}, each at least one stage"


def _integration_has_aims(activity: LibraryActivity) -> Iterable[Fault]:
    if activity.purpose == "integration" and not activity.aims:
        yield "aims", "is missing; each integration session carries one of the four aims"


_CHECKS = (
    lambda activity: list(_group_says_how_long(activity)),
    lambda activity: list(_dose_has_its_parts(activity)),
    lambda activity: list(_integration_has_aims(activity)),
)
