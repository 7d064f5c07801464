"""The day of a dose: before it, in the chair, on the way home."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from pathways.protocol.care import StaffRole
from pathways.protocol.sourcing import Sourced
from pathways.record import Clock, Count, Elapsed, Fault, Id, Text, refuse_faults

Sign = Literal[
    "systolic pressure",
    "diastolic pressure",
    "rise of systolic pressure",
    "rise of diastolic pressure",
    "oxygen saturation",
    "heart rate",
    "sedation",
    "dissociation",
    "vomiting",
    "panic",
]
Decision = Literal["pass", "prescriber decides", "hold", "stop"]


class Instruction(Sourced):
    """What the patient does before a dose; ``before`` its start, told as a clock time.

    ``words`` hold no numbers: ``{until}`` is the time at which the thing must have ended,
    computed from the real start of the dose.
    """

    id: Id
    title: Text
    words: Text
    before: Elapsed | None = None

    def until(self, first_drug: datetime) -> datetime | None:
        """The latest time for it, counted back from the first drug; None where it has none."""
        return first_drug - self.before if self.before is not None else None


class VitalsCheck(Sourced):
    """One check of the vital signs, or a row of them.

    ``before_start``: at most so long before the drug is first given. ``after_start`` ± ``give``.
    ``every``: repeated through ``during``. ``before_end``: at most so long before the end of the
    monitoring. ``mandatory``: the session cannot be completed without it, and nobody may skip it.
    """

    id: Id
    signs: tuple[Sign, ...] = Field(min_length=1)
    before_start: Elapsed | None = None
    after_start: Elapsed | None = None
    give: Elapsed | None = None
    every: Elapsed | None = None
    during: Literal["dosing", "monitoring"] | None = None
    before_end: Elapsed | None = None
    mandatory: bool = False

    @model_validator(mode="after")
    def _is_due_some_time(self) -> Self:
        return refuse_faults(self, (_due_once,))


def _due_once(check: VitalsCheck) -> list[Fault]:
    ways = (check.before_start, check.after_start, check.every, check.before_end)
    if sum(way is not None for way in ways) != 1:
        return [("", "name one of before_start, after_start, every, before_end")]
    if (check.every is None) != (check.during is None):
        return [("during", "goes with every: say through which part of the visit")]
    return []


class VitalsPlan(Sourced):
    """When vital signs are taken in a visit, and when a check that is late is escalated."""

    checks: tuple[VitalsCheck, ...] = Field(min_length=1)
    overdue_nurse: Elapsed
    overdue_charge_nurse: Elapsed


class BloodPressureGate(Sourced):
    """Blood pressure before the drug is given: above ``decide`` a prescriber decides.

    At or above ``hold`` the dose waits, at or above ``stop`` there is none that day. Exactly
    ``decide`` passes.
    """

    decide_systolic: Count
    decide_diastolic: Count
    hold_systolic: Count
    hold_diastolic: Count
    stop_systolic: Count
    stop_diastolic: Count
    repeat_after: Elapsed
    repeats: Count

    def decision(self, systolic: int, diastolic: int) -> Decision:
        """What follows from a pressure in mmHg, the more severe of the two values."""
        if systolic >= self.stop_systolic or diastolic >= self.stop_diastolic:
            return "stop"
        if systolic >= self.hold_systolic or diastolic >= self.hold_diastolic:
            return "hold"
        if systolic > self.decide_systolic or diastolic > self.decide_diastolic:
            return "prescriber decides"
        return "pass"


class Alarm(Sourced):
    """A sign in the session that calls somebody: ``below`` or ``above`` a value, ``at_most`` one.

    Without a value, the sign itself is enough.
    """

    sign: Sign
    urgency: Literal["notify", "urgent"]
    below: int | None = None
    above: int | None = None
    at_least: int | None = None
    at_most: int | None = None


class DischargeItem(Sourced):
    """One thing that must be true before a patient leaves; all of them must."""

    id: Id
    words: Text
    at_least: int | None = None


class ChairTime(Sourced):
    """Time around the visit: arrival, lateness, overruns."""

    arrival_lead: Elapsed
    late_grace: Elapsed
    overrun_buffer: Elapsed
    extension_step: Elapsed


class StaffLimits(Sourced):
    """How many patients one nurse may watch; no source gives a number, so all are house values.

    ``peak_limit`` holds for ``peak`` from the time the drug is first given, ``per_nurse`` after.
    ``stagger``: between two first doses of one nurse's patients.
    """

    per_nurse: Count
    peak_limit: Count
    peak: Elapsed
    stagger: Elapsed


class NoDriving(Sourced):
    """The note that ends with the night's sleep: no driving, no machinery.

    Until ``wake_time`` of the next day; where ``full_day`` is set, also until 24 hours after the
    drug was first given, whichever is later. ``no_decisions``: no legal papers so long.
    """

    wake_time: Clock
    full_day: bool = False
    no_decisions: Elapsed
    words: Text


class Rides(Sourced):
    """Who takes the patient home, and what happens while nobody has said so."""

    rideshare_alone: bool
    unconfirmed_task: Elapsed
    hold_decision: Elapsed


class MissedDoses(Sourced):
    """What a missed dose means; nothing is ever doubled."""

    in_induction: Literal["keep the remaining dates"]
    in_maintenance: Literal["the prescriber decides on the earlier frequency"]
    adds_doses: Literal[False]
    lapse_days: Count


class DoseOrder(Sourced):
    """The doses that a prescriber may order; the software checks, it never computes one."""

    allowed_mg: tuple[Count, ...] = ()
    first_mg: Count | None = None
    step_mg: Count | None = None
    mg_per_device: Count | None = None
    rest_between_devices: Elapsed | None = None
    words: Text


class HomeConditions(Sourced):
    """What must be in place for a dose outside the clinic."""

    sitter_age: Count
    pressure_within: Elapsed
    doses_per_supply: Count
    video: Literal["one clinician for one patient"]
    licensed_state: Literal[True]
    stopped_by: tuple[StaffRole, ...] = Field(min_length=1)
