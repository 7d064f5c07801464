"""A pathway: which sessions a patient gets, how often, how long, how far apart, with what.

Records of the planning contract, frozen, valid once they exist. Times of day and lags stand in
the pathway; dates come in with the patient's start.
"""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler

from pathways.record import (
    Count,
    Elapsed,
    Fault,
    Id,
    Record,
    Text,
    refuse_faults,
    repeated,
)

Modality = Literal["in-person", "virtual"]
LocationKind = Literal["treatment-bay", "office", "group-room", "virtual"]
Role = Literal["prescriber", "monitor", "therapist"]
SamePerson = Literal["required", "preferred"]

MOST_A_WEEK = 49
"""Of one activity; a clinic plans one or two a day, and a slip of the pen a million."""
MOST_WEEKS = 520
"""Ten years."""

_WEEKS = re.compile(r"([1-9][0-9]*)(?:-([1-9][0-9]*))?")


class Lag(Record):
    """Elapsed time from the end of one session to the start of the next.

    ``min`` and ``max`` are walls, ``ideal`` is a wish.
    """

    min: Elapsed
    ideal: Elapsed
    max: Elapsed

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if not self.min <= self.ideal <= self.max:
            raise ValueError("a lag needs min ≤ ideal ≤ max")
        return self


class After(Record):
    """One occurrence for each placed occurrence of another activity, with its number."""

    activity: Id
    lag: Lag


class Weeks(Record):
    """Weeks of a pathway, counted from 1, both ends included."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


def _weeks(value: object) -> object:
    if isinstance(value, Weeks):
        return value
    match = _WEEKS.fullmatch(str(value))
    if match is None or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a range of weeks; write FIRST-LAST, such as 1-4")
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise ValueError(f"{value!r} ends before it begins; write the earlier week first")
    return Weeks(first=first, last=last)


WeekRange = Annotated[
    Weeks,
    BeforeValidator(_weeks),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*(-[1-9][0-9]*)?$"}),
]


def _fits_a_week(number: int) -> int:
    if number > MOST_A_WEEK:
        raise ValueError(
            f"{number:,} a week are more than {MOST_A_WEEK}, seven on every day; mend the number"
        )
    return number


class ScheduleBlock(Record):
    """So many occurrences in each of these weeks of the pathway, at most seven on every day."""

    weeks: WeekRange
    per_week: Annotated[
        Count, AfterValidator(_fits_a_week), Field(json_schema_extra={"maximum": MOST_A_WEEK})
    ]


class Stage(Record):
    """One part of a session; the next follows without a gap.

    ``monitor_ratio`` n: one monitor on duty, who holds at most n such stages at once.
    ``prescriber_on_site``: a prescriber is in the house, and may be busy.
    """

    id: Id
    minutes: Count
    monitor_ratio: Count | None = None
    prescriber_on_site: bool = False


class LocationNeed(Record):
    """One location of a kind, the same throughout the session."""

    location: LocationKind


class RoleNeed(Record):
    """One practitioner with a role (and skill), theirs alone throughout the session."""

    role: Role
    skill: Id | None = None
    same_person: SamePerson | None = None


def _kind_of_need(value: Any) -> str | None:
    keys = value if isinstance(value, dict) else vars(value) if isinstance(value, Record) else {}
    return "<location>" if "location" in keys else "<role>" if "role" in keys else None


Need = Annotated[
    Annotated[LocationNeed, Tag("<location>")] | Annotated[RoleNeed, Tag("<role>")],
    Discriminator(
        _kind_of_need,
        custom_error_type="need",
        custom_error_message="a need is {location: KIND} or {role: ROLE, skill?, same_person?}",
    ),
]


class MaxInDays(Record):
    """At most ``count`` occurrences on any ``days`` consecutive dates, ten years at most."""

    days: Annotated[Count, Field(le=7 * MOST_WEEKS)]
    count: Count


class OccurrenceOf(Record):
    """One numbered occurrence of an activity."""

    activity: Id
    occurrence: Count


_SESSION_KEYS = (
    "minutes",
    "stages",
    "needs",
    "after",
    "same_person_as",
    "min_days_between",
    "max_in_days",
    "spaced_with",
    "preceded_by",
    "gap_before",
    "rest_of_day",
    "no_driving",
    "needs_clearance",
    "with_partner",
)


class Activity(Record):
    """One kind of session or group on a pathway, with the rules of its occurrences."""

    id: Id
    kind: Literal["group", "session"]
    title: Text
    modality: Modality
    schedule: tuple[ScheduleBlock, ...] = ()
    after: After | None = None
    minutes: Count | None = None
    stages: tuple[Stage, ...] = ()
    needs: tuple[Need, ...] = ()
    same_person_as: Id | None = None
    min_days_between: Annotated[int, Field(ge=0, strict=True)] | None = None
    max_in_days: MaxInDays | None = None
    spaced_with: Id | None = None
    preceded_by: tuple[OccurrenceOf, ...] = ()
    gap_before: Annotated[int, Field(ge=0, strict=True)] = 0
    rest_of_day: bool = False
    no_driving: bool = False
    needs_clearance: tuple[Id, ...] = ()
    needs_authorization: Id | None = None
    with_partner: bool = False

    @model_validator(mode="wrap")
    @classmethod
    def _group_has_no_session_keys(cls, data: Any, make: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, dict) and data.get("kind") == "group":
            foreign = [key for key in _SESSION_KEYS if key in data]
            if foreign:
                raise ValueError(f"a group has no {', '.join(foreign)}; leave it out")
        return make(data)

    @field_validator("schedule")
    @classmethod
    def _in_order(cls, blocks: tuple[ScheduleBlock, ...]) -> tuple[ScheduleBlock, ...]:
        return tuple(sorted(blocks, key=lambda block: block.weeks.first))

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        return refuse_faults(self, _ACTIVITY_CHECKS)

    @property
    def location_kind(self) -> LocationKind | None:
        """The kind of location that a session needs, if any."""
        return next((n.location for n in self.needs if isinstance(n, LocationNeed)), None)

    @property
    def role_needs(self) -> tuple[RoleNeed, ...]:
        """The practitioners that a session needs, in their order."""
        return tuple(need for need in self.needs if isinstance(need, RoleNeed))

    @property
    def same_person_need(self) -> RoleNeed | None:
        """The need that should always be met by one face, if any."""
        return next((need for need in self.role_needs if need.same_person), None)

    @property
    def length(self) -> timedelta:
        """How long a session takes, all stages together; zero for a group."""
        minutes = self.minutes or sum(stage.minutes for stage in self.stages)
        return timedelta(minutes=minutes)

    @property
    def is_dose_like(self) -> bool:
        """Whether leaving an occurrence out costs ``unplaced`` and not ``unplaced_other``."""
        return self.kind == "session" and (self.rest_of_day or self.no_driving)

    def per_week(self, week: int) -> int:
        """How many occurrences a week of the pathway asks for."""
        for block in self.schedule:
            if block.weeks.first <= week <= block.weeks.last:
                return block.per_week
        return 0

    @property
    def scheduled_weeks(self) -> tuple[int, ...]:
        """The weeks of the schedule, in order."""
        return tuple(
            week
            for block in self.schedule
            for week in range(block.weeks.first, block.weeks.last + 1)
        )


class Pathway(Record):
    """A protocol as the planner sees it: activities over a number of weeks."""

    id: Id
    title: Text
    weeks: Annotated[Count, Field(le=MOST_WEEKS)]
    activities: tuple[Activity, ...]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        return refuse_faults(self, _PATHWAY_CHECKS)

    def activity(self, name: str) -> Activity:
        """The activity with this id; KeyError where there is none."""
        for found in self.activities:
            if found.id == name:
                return found
        raise KeyError(name)

    def family(self, name: str) -> tuple[Activity, ...]:
        """The activities whose ``same_person`` needs belong together with this one's."""
        root = self.activity(name).same_person_as or name
        return tuple(a for a in self.activities if root in (a.id, a.same_person_as))


def _weeks_keep_apart(activity: Activity) -> list[Fault]:
    blocks = activity.schedule
    return [
        ("schedule", f"weeks {before.weeks} and {after.weeks} overlap")
        for before, after in pairwise(blocks)
        if after.weeks.first <= before.weeks.last
    ]


def _occurs_in_one_way(activity: Activity) -> list[Fault]:
    if bool(activity.schedule) == bool(activity.after):
        return [("", "an activity has either a schedule or after")]
    return []


def _has_one_length(activity: Activity) -> list[Fault]:
    if activity.kind == "session" and bool(activity.stages) == bool(activity.minutes):
        return [("", "a session has either minutes or stages")]
    if activity.kind == "group" and len({block.per_week for block in activity.schedule}) > 1:
        return [("schedule", "a group has the same per_week in all its weeks")]
    return []


def _needs_make_sense(activity: Activity) -> list[Fault]:
    faults = []
    if sum(isinstance(need, LocationNeed) for need in activity.needs) > 1:
        faults.append(("needs", "a session is at one location; name one kind"))
    if sum(need.same_person is not None for need in activity.role_needs) > 1:
        faults.append(("needs", "at most one need has same_person"))
    if activity.same_person_as and activity.same_person_need is None:
        faults.append(("same_person_as", "none of its needs has same_person"))
    return faults


def _stages_stand_once(activity: Activity) -> list[Fault]:
    found = repeated(stage.id for stage in activity.stages)
    return [(f"stages[{number}].id", f"{name!r} stands twice") for number, name in found]


_ACTIVITY_CHECKS = (
    _weeks_keep_apart,
    _occurs_in_one_way,
    _has_one_length,
    _needs_make_sense,
    _stages_stand_once,
)


def _ids_stand_once(pathway: Pathway) -> list[Fault]:
    found = repeated(activity.id for activity in pathway.activities)
    return [(f"activities[{n}].id", f"activity {name!r} stands twice") for n, name in found]


def _weeks_fit(pathway: Pathway) -> list[Fault]:
    return [
        (
            f"activities[{number}].schedule",
            f"week {block.weeks.last} passes the pathway's {pathway.weeks} weeks",
        )
        for number, activity in enumerate(pathway.activities)
        for block in activity.schedule
        if block.weeks.last > pathway.weeks
    ]


def _references(activity: Activity) -> list[tuple[str, str | None]]:
    named = [("after.activity", activity.after.activity if activity.after else None)]
    named += [("same_person_as", activity.same_person_as), ("spaced_with", activity.spaced_with)]
    return named + [
        (f"preceded_by[{number}].activity", before.activity)
        for number, before in enumerate(activity.preceded_by)
    ]


def _references_exist(pathway: Pathway) -> list[Fault]:
    known = {activity.id for activity in pathway.activities}
    return [
        (f"activities[{number}].{key}", f"the pathway has no activity {name!r}")
        for number, activity in enumerate(pathway.activities)
        for key, name in _references(activity)
        if name is not None and name not in known
    ]


def _families_agree(pathway: Pathway) -> list[Fault]:
    by_id = {activity.id: activity for activity in pathway.activities}
    faults = []
    for number, activity in enumerate(pathway.activities):
        root = by_id.get(activity.same_person_as or "")
        place = f"activities[{number}].same_person_as"
        if root is None:
            continue
        if root is activity or root.same_person_as is not None:
            faults.append((place, f"{root.id!r} itself names one; name that one"))
        elif _face(root) != _face(activity):
            faults.append((place, f"the need differs from {root.id!r}'s in role or same_person"))
    return faults


def _face(activity: Activity) -> tuple[str, str | None] | None:
    need = activity.same_person_need
    return (need.role, need.same_person) if need else None


def _after_has_no_circle(pathway: Pathway) -> list[Fault]:
    anchors = {a.id: a.after.activity for a in pathway.activities if a.after}
    faults = []
    for number, activity in enumerate(pathway.activities):
        seen, here = [activity.id], anchors.get(activity.id)
        while here in anchors and here not in seen:
            seen.append(here)
            here = anchors[here]
        if here == activity.id:
            faults.append((f"activities[{number}].after", f"a circle: {' → '.join([*seen, here])}"))
    return faults


_PATHWAY_CHECKS = (
    _ids_stand_once,
    _weeks_fit,
    _references_exist,
    _families_agree,
    _after_has_no_circle,
)
