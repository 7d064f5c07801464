"""What a requirement is, and the case in which it is judged."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from pathways.levels import levels
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity, Purpose
from pathways.protocol.course import LevelId
from pathways.service import ServiceRule, service_rules
from scheduler.care.facts import Facts
from scheduler.store.tables import Appointment, Enrolment


class Requirement(NamedTuple):
    """Something that must be so before an appointment starts, and whether it is.

    ``rule``: its id, ``about``: which of the things that the rule asks for. ``strength``:
    ``hard``, ``gate`` or ``soft``; ``roles``: who may set it aside, all of them together.
    ``says``: what is wrong; of what is met nobody reads it, and it may be empty.
    """

    rule: str
    about: str
    strength: str
    roles: tuple[str, ...]
    says: str
    fix: str
    met: bool


class HasOverride(Protocol):
    """A rule as pathways write it down: with its id, its weight and who may set it aside."""

    @property
    def id(self) -> str:
        """Such as ``R-29``."""

    @property
    def strength(self) -> str:
        """How much it weighs."""

    @property
    def override(self) -> tuple[str, ...]:
        """Who may set it aside, all of them together."""


@dataclass(frozen=True)
class Case:
    """One patient's appointment on a pathway of the library, and what is on record of them."""

    protocol: LibraryPathway
    facts: Facts
    appointment: Appointment
    now: datetime

    @cached_property
    def activity(self) -> LibraryActivity | None:
        """The appointment's activity on the pathway, if it has one there."""
        return activity_of(self.protocol, self.appointment)

    @property
    def is_dose(self) -> bool:
        """Whether the drug is given in it."""
        return self.activity is not None and self.activity.purpose == "dose"

    @cached_property
    def day(self) -> date:
        """The clinic's date of the appointment."""
        return self.facts.house.day(self.appointment.start)

    @cached_property
    def enrolment(self) -> Enrolment | None:
        """The enrolment for which it is."""
        return self.facts.enrolment_of(self.appointment)

    @property
    def number(self) -> int:
        """Which dose of the course it is, counted from 1."""
        assert self.activity is not None, "doses have an activity"  # noqa: S101  (says why mypy may rest)
        return self.protocol.first_dose_number(self.activity) + self.appointment.occurrence - 1

    @property
    def is_first_dose(self) -> bool:
        """Whether no dose of the course comes before it."""
        return self.is_dose and self.number == 1

    @property
    def first_drug(self) -> datetime:
        """When the drug is first given, as planned; the start where none is given."""
        return first_drug(self.protocol, self.appointment)

    @property
    def of_course(self) -> list[Appointment]:
        """The appointments of the same enrolment that take place, in order of time."""
        enrolment = self.enrolment
        return self.facts.standing_of(enrolment.id) if enrolment else []

    def with_purpose(self, *purposes: Purpose) -> list[Appointment]:
        """Those of the course that serve one of these purposes."""
        asked = (self.protocol.id, self.enrolment and self.enrolment.id, frozenset(purposes))
        found: list[Appointment] | None = self.facts.remembered.get(asked)
        if found is None:
            names = {activity.id for activity in self.protocol.with_purpose(*purposes)}
            found = [a for a in self.of_course if a.activity in names]
            self.facts.remembered[asked] = found
        return found

    def week_of(self, moment: datetime) -> int:
        """The week of the enrolment in which an instant lies, counted from 1."""
        start = self.enrolment.start if self.enrolment else self.day
        return (self.facts.house.day(moment) - start).days // 7 + 1

    @property
    def level(self) -> LevelId:
        """The level of care on its day: as somebody has decided, or as the pathway has it."""
        decided = self.enrolment.level if self.enrolment else ""
        return level_in(self.protocol, decided, self.week_of(self.appointment.start))

    def asks(self, rule: HasOverride, about: str, *, met: bool, says: str, fix: str) -> Requirement:
        """What a rule asks of this appointment, and whether it is so."""
        return Requirement(rule.id, about, str(rule.strength), tuple(rule.override), says, fix, met)


Judge = Callable[[Case], Iterator[Requirement]]


def rule(name: str) -> ServiceRule:
    """A rule of the service, by its name in the file."""
    return service_rules().rules[name]


def activity_of(protocol: LibraryPathway, appointment: Appointment) -> LibraryActivity | None:
    """An appointment's activity on the pathway; None where the pathway does not have it."""
    return protocol.activities_by_id.get(appointment.activity)


def first_drug(protocol: LibraryPathway, appointment: Appointment) -> datetime:
    """When the drug is first given in an appointment, as planned."""
    activity = activity_of(protocol, appointment)
    before = activity.minutes_of("check-in") if activity and activity.purpose == "dose" else 0
    return appointment.start + timedelta(minutes=before)


def level_in(protocol: LibraryPathway, decided: str, week: int) -> LevelId:
    """The level of care in a week: as decided, or as the pathway has it, its last one after it."""
    known = next((level for level in levels() if level == decided), None)
    return known or protocol.level_in(min(max(week, 1), protocol.weeks))
