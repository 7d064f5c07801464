"""The course as a whole: levels of care, gates, partners, cover, words and reminders."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pathways.model import WeekRange
from pathways.protocol.activities import Method
from pathways.protocol.care import StaffRole
from pathways.protocol.sourcing import Sourced
from pathways.record import Clock, Count, Elapsed, Id, Record, Text

Offset = Annotated[
    str, StringConstraints(pattern=r"^-?P([0-9]+D|([0-9]+D)?T([0-9]+H)?([0-9]+M)?)$")
]
"""Elapsed time before (``-P3D``) or after (``PT4H``) something."""

LevelId = Literal["detox", "residential", "php", "iop", "virtual-iop", "outpatient"]


class LevelBlock(Sourced):
    """The level of care in some weeks of the pathway."""

    level: LevelId
    weeks: WeekRange


class Evaluation(Sourced):
    """A decision on going on, without which later doses are not confirmed.

    Either between two days counted from the first dose (day 0), gating doses from ``gate_day`` on;
    or once ``after_dose`` doses have been given, gating the ones that follow.
    """

    id: Id
    title: Text
    activity: Id
    by: StaffRole
    from_day: Count | None = None
    to_day: Count | None = None
    gate_day: Count | None = None
    after_dose: Count | None = None
    measures: tuple[Id, ...] = ()


class Exposure(Sourced):
    """Trauma exposure: never on the day of a dose, and only from a certain dose on."""

    activity: Id
    from_dose: Count


class Couples(Sourced):
    """The couples' track: each partner's own screening, consent, ride and dose.

    ``conjoint``: both dosed at the same time; experimental, set by a prescriber alone.
    """

    joint: tuple[Id, ...] = Field(min_length=1)
    therapist_skill: Id
    joint_within_days: Count
    conjoint: bool = False


class Interval(Sourced):
    """Days between two doses of a maintenance or booster course."""

    days: Count
    shortest: Count
    longest: Count


class Continuation(Sourced):
    """Therapy that is proposed after the last dose."""

    method: Method
    sessions_from: Count
    sessions_to: Count
    weeks_from: Count
    weeks_to: Count


class SameDay(Record):
    """Two activities that a payer does not pay for on one day."""

    first: Id
    second: Id


class Coverage(Sourced):
    """What a payer authorises, counted in what unit, and when it is renewed."""

    service: Id | None = None
    unit: Literal["sessions", "days", "hours", "devices"] = "sessions"
    renew_days: Count
    low_percent: Count
    lead_days: Count
    same_day_conflicts: tuple[SameDay, ...] = ()


class Education(Record):
    """A note for the patient in plain words, without numbers and without promises."""

    id: Id
    title: Text
    words: Text


class Reminder(Sourced):
    """One step of the reminder ladder.

    ``offsets`` are elapsed times before (``-P3D``) or after (``PT4H``) the thing it is about,
    ``at`` a time of the patient's day. ``privacy`` P0 (no health information) to P4 (staff only).
    """

    id: Id = Field(pattern=r"^N-[0-9]{2}$")
    about: Text
    offsets: tuple[Offset, ...] = ()
    at: Clock | None = None
    to: tuple[Text, ...] = Field(min_length=1)
    by: tuple[Text, ...] = Field(min_length=1)
    privacy: Literal["P0", "P1", "P2", "P3", "P4"]
    says: Text


class Departure(Record):
    """A soft rule that this pathway departs from on purpose, and why."""

    rule: Id
    reason: Text


class PartReference(Record):
    """A part of the library that this pathway uses, at one version."""

    part: Id
    version: Id


class Supply(Sourced):
    """When the drug must be on site before a dose."""

    lead: Elapsed
    certified_site: bool = False
