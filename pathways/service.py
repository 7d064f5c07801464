"""Rules and numbers by which the service judges its records: what no plan can express."""

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field

from pathways.protocol.care import StaffRole
from pathways.protocol.sourcing import Sourced
from pathways.record import Count, Elapsed, Id, Record, Text


class ServiceRule(Sourced):
    """One rule. ``override``: all of these together may set it aside; none: nobody may."""

    id: Id
    says: Text
    strength: Literal["hard", "gate", "soft"]
    override: tuple[StaffRole, ...] = ()


class Check(Record):
    """Something that is written down as done, and who may do it."""

    title: Text
    done_by: tuple[StaffRole, ...] = Field(min_length=1)


class StateProfile(Sourced):
    """How a state wants its prescription monitoring programme looked at.

    Before the first dose: on its day, within ``first_within``, or on the working day before. Then
    again within so many months, and ``warn_days`` before that somebody is told.
    """

    first_within: Elapsed
    or_working_day_before: bool
    again_within_months: Count
    warn_days: Count


class Attendance(Sourced):
    """What follows from staying away without notice: never a discharge, always a talk.

    ``notice``: whoever says so earlier is excused. The others count absences in an enrolment.
    """

    notice: Elapsed
    outreach_after: Count
    therapist_after: Count
    review_after: Count
    review_in_a_row: Count


class LevelReview(Sourced):
    """How often the level of care is looked at again, and from when a longer stay is justified."""

    every_days: Count
    justified_after_weeks: Count


class Cover(Sourced):
    """For how many days a verification of cover counts."""

    verified_again_days: Count


class ServiceRules(Record):
    """All of them."""

    rules: dict[Id, ServiceRule]
    checks: dict[Id, Check]
    states: dict[str, StateProfile]
    attendance: Attendance
    level_review: LevelReview
    cover: Cover

    def state(self, name: str) -> StateProfile:
        """The profile of a state, or the strictest where it has none of its own."""
        return self.states.get(name, self.states["*"])


@cache
def service_rules() -> ServiceRules:
    """The rules of the file beside this module."""
    text = resources.files("pathways").joinpath("service.toml").read_text("utf-8")
    return ServiceRules.model_validate(tomllib.loads(text))
