"""A pathway of the library: valid once it exists, and whole."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from pathways.model import Pathway
from pathways.protocol.activities import LibraryActivity, Purpose, Visit
from pathways.protocol.care import ClearanceKind, ConsentForm, Measure, Medicine, ScreeningItem
from pathways.protocol.course import (
    Continuation,
    Couples,
    Coverage,
    Departure,
    Education,
    Evaluation,
    Exposure,
    Interval,
    LevelBlock,
    LevelId,
    PartReference,
    Reminder,
    Supply,
)
from pathways.protocol.sourcing import Sourced
from pathways.protocol.visiting import (
    Alarm,
    BloodPressureGate,
    ChairTime,
    DischargeItem,
    DoseOrder,
    HomeConditions,
    Instruction,
    MissedDoses,
    NoDriving,
    Rides,
    StaffLimits,
    VitalsPlan,
)
from pathways.record import Count, Date, Fault, Faults, Id, Text, refuse_faults, twice

Treatment = Literal["esketamine", "ketamine"]
Route = Literal["nasal", "intravenous", "intramuscular", "sublingual"]


class LibraryPathway(Sourced):
    """A protocol, complete: what the planner needs and all that the people who treat need.

    ``status`` as in FHIR; ``signed_off`` is the date on which a clinician signed this version, and
    none has until it is set. ``started_by``: maintenance and boosters are started by a prescriber
    and never follow from anything by themselves. ``departures``: the soft rules that it breaks on
    purpose, with the reason.
    """

    id: Id
    version: Id
    title: Text
    status: Literal["draft", "active", "retired"]
    published: Date
    signed_off: Date | None = None
    summary: Text
    treatment: Treatment
    route: Route
    setting: Literal["clinic", "home"]
    indication: Text
    off_label: bool
    phase: Literal["induction", "maintenance", "booster"]
    started_by: Literal["enrolment", "prescriber"]
    track: Literal["mental health", "trauma", "couples", "dual diagnosis"]
    therapy: Literal["cbt", "dbt"]
    weeks: Count
    activities: tuple[LibraryActivity, ...] = Field(min_length=1)
    levels: tuple[LevelBlock, ...]
    parts: tuple[PartReference, ...] = ()
    departures: tuple[Departure, ...] = ()

    visits: tuple[Visit, ...]
    screening: tuple[ScreeningItem, ...]
    clearances: tuple[ClearanceKind, ...]
    consents: tuple[ConsentForm, ...]
    medicines: tuple[Medicine, ...]
    measures: tuple[Measure, ...]
    evaluations: tuple[Evaluation, ...] = ()
    instructions: tuple[Instruction, ...]
    education: tuple[Education, ...]
    vitals: VitalsPlan
    blood_pressure: BloodPressureGate
    alarms: tuple[Alarm, ...]
    discharge: tuple[DischargeItem, ...]
    chair: ChairTime
    staff: StaffLimits
    no_driving: NoDriving
    rides: Rides
    missed_doses: MissedDoses
    dose_order: DoseOrder
    supply: Supply
    coverage: Coverage
    reminders: tuple[Reminder, ...]
    continuation: Continuation | None = None
    exposure: Exposure | None = None
    couples: Couples | None = None
    home: HomeConditions | None = None
    interval: Interval | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        return refuse_faults(self, (_contract_faults, *_CHECKS))

    @cached_property
    def pathway(self) -> Pathway:
        """The part of it that the planner knows, under the library's id."""
        return Pathway(
            id=self.id,
            title=self.title,
            weeks=self.weeks,
            activities=tuple(activity.contract for activity in self.activities),
        )

    def with_purpose(self, *purposes: Purpose) -> tuple[LibraryActivity, ...]:
        """The activities that serve one of these purposes, as they stand."""
        return tuple(activity for activity in self.activities if activity.purpose in purposes)

    @cached_property
    def doses(self) -> tuple[LibraryActivity, ...]:
        """The activities in which the drug is given, in the order of the course."""
        return self.with_purpose("dose")

    def activity(self, name: str) -> LibraryActivity:
        """The activity with this id; KeyError where there is none."""
        return self.activities_by_id[name]

    @cached_property
    def activities_by_id(self) -> dict[str, LibraryActivity]:
        """Its activities by their ids."""
        return {activity.id: activity for activity in self.activities}

    def place_of(self, activity: LibraryActivity) -> str:
        """Where an activity stands in the document, such as ``activities[2]``."""
        return f"activities[{self.activities.index(activity)}]"

    def level_in(self, week: int) -> LevelId:
        """The level of care in a week of the pathway, counted from 1."""
        return next(b.level for b in self.levels if b.weeks.first <= week <= b.weeks.last)

    @property
    def dose_weeks(self) -> tuple[int, ...]:
        """The week of each dose of the course, in order."""
        return tuple(
            sorted(
                week
                for dose in self.doses
                for week in dose.scheduled_weeks
                for _ in range(dose.per_week(week))
            )
        )

    def expected(self, activity: LibraryActivity, week: int) -> int:
        """How often an activity comes in a week, counted from 1.

        What follows another comes as often as that, so many whole weeks later as is ideal.
        """
        if activity.after is None:
            return activity.per_week(week)
        anchor = self.activity(activity.after.activity)
        return anchor.per_week(week - activity.after.lag.ideal // timedelta(weeks=1))

    def first_dose_number(self, activity: LibraryActivity) -> int:
        """The number, within the whole course, of an activity's first dose."""
        return self._first_dose_numbers[activity.id]

    @cached_property
    def _first_dose_numbers(self) -> dict[str, int]:
        found, number = {}, 1
        for dose in self.doses:
            found[dose.id] = number
            number += sum(map(dose.per_week, dose.scheduled_weeks))
        return found


def _contract_faults(pathway: LibraryPathway) -> list[Fault]:
    try:
        _ = pathway.pathway
    except ValidationError as error:
        problems = [entry.get("ctx", {}).get("error") for entry in error.errors()]
        return [fault for one in problems if isinstance(one, Faults) for fault in one.faults]
    return []


def _records_stand_once(pathway: LibraryPathway) -> Iterator[Fault]:
    listed = ("visits", "screening", "clearances", "consents", "medicines", "measures")
    for field in (*listed, "evaluations", "instructions", "education", "discharge"):
        for name in twice(record.id for record in getattr(pathway, field)):
            yield field, f"{name!r} stands twice; ids are unique"


def _levels_cover_every_week(pathway: LibraryPathway) -> Iterator[Fault]:
    covered = [
        week for block in pathway.levels for week in range(block.weeks.first, block.weeks.last + 1)
    ]
    if sorted(covered) != list(range(1, pathway.weeks + 1)):
        yield "levels", f"name one level of care for each of the weeks 1-{pathway.weeks}"


def _kinds_are_known(pathway: LibraryPathway) -> Iterator[Fault]:
    known = {clearance.id for clearance in pathway.clearances}
    for activity in pathway.activities:
        for kind in sorted(set(activity.needs_clearance) - known):
            place = f"{pathway.place_of(activity)}.needs_clearance"
            yield place, f"{kind!r} is not among the clearances; add it there"
    for number, item in enumerate(pathway.screening):
        if item.clearance not in known:
            yield f"screening[{number}].clearance", f"there is no clearance {item.clearance!r}"


def _named_activities_exist(pathway: LibraryPathway) -> Iterator[Fault]:
    known = {activity.id for activity in pathway.activities}
    named = [(f"evaluations[{n}].activity", e.activity) for n, e in enumerate(pathway.evaluations)]
    if pathway.exposure:
        named.append(("exposure.activity", pathway.exposure.activity))
    if pathway.couples:
        named += [(f"couples.joint[{n}]", name) for n, name in enumerate(pathway.couples.joint)]
    for number, pair in enumerate(pathway.coverage.same_day_conflicts):
        place = f"coverage.same_day_conflicts[{number}]"
        named += [(f"{place}.first", pair.first), (f"{place}.second", pair.second)]
    for place, name in named:
        if name not in known:
            yield place, f"the pathway has no activity {name!r}"


def _patients_words(pathway: LibraryPathway) -> Iterator[tuple[str, str]]:
    yield from ((f"education[{n}].words", note.words) for n, note in enumerate(pathway.education))
    for number, instruction in enumerate(pathway.instructions):
        yield f"instructions[{number}].words", instruction.words
    yield "no_driving.words", pathway.no_driving.words


def _words_for_patients_hold_no_numbers(pathway: LibraryPathway) -> Iterator[Fault]:
    for place, words in _patients_words(pathway):
        if re.search(r"[0-9]", words):
            yield place, "holds a number; a number stands once, beside its source: use {until}"


def _measures_are_known(pathway: LibraryPathway) -> Iterator[Fault]:
    known = {measure.id for measure in pathway.measures}
    for number, evaluation in enumerate(pathway.evaluations):
        for name in sorted(set(evaluation.measures) - known):
            yield f"evaluations[{number}].measures", f"there is no measure {name!r}"


def _as_list(
    check: Callable[[LibraryPathway], Iterable[Fault]],
) -> Callable[[LibraryPathway], list[Fault]]:
    return lambda pathway: list(check(pathway))


_CHECKS: tuple[Callable[[Any], list[Fault]], ...] = tuple(
    _as_list(check)
    for check in (
        _records_stand_once,
        _levels_cover_every_week,
        _kinds_are_known,
        _named_activities_exist,
        _words_for_patients_hold_no_numbers,
        _measures_are_known,
    )
)
