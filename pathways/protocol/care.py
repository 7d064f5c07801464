"""Who may be treated, what must be signed, what is measured: the care around the sessions."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pathways.protocol.sourcing import Sourced
from pathways.record import Count, Elapsed, Fault, Id, Text, refuse_faults

StaffRole = Literal[
    "prescriber",
    "therapist",
    "nurse",
    "charge nurse",
    "coordinator",
    "addiction clinician",
    "billing lead",
    "clinical director",
    "programme director",
    "authorised representative",
]


class ScreeningItem(Sourced):
    """One question of the screening, and what a yes means.

    ``absolute``: no dose, and nobody may override. ``relative``: no dose until ``cleared_by`` has
    cleared it. ``advisory``: recorded and looked at. ``longer_monitoring``: minutes that a yes
    adds to every dose visit.
    """

    id: Id
    question: Text
    strength: Literal["absolute", "relative", "advisory"]
    clearance: Id
    asked: Literal["before the course", "before every dose"]
    cleared_by: tuple[StaffRole, ...] = ()
    valid_days: Count | None = None
    longer_monitoring: Count | None = None

    @model_validator(mode="after")
    def _somebody_clears_what_can_be_cleared(self) -> Self:
        return refuse_faults(self, (_clearable,))


def _clearable(item: ScreeningItem) -> list[Fault]:
    if (item.strength == "relative") != bool(item.cleared_by):
        return [("cleared_by", "a relative item names who clears it; no other does")]
    return []


class ClearanceKind(Sourced):
    """A permission without which no dose is given, and how long it lasts.

    ``valid_days`` after it was obtained; ``first_dose_within_days``: the first dose comes at most
    so long after it; ``warn_days`` before it ends a task tells the people who renew it.
    """

    id: Id
    title: Text
    given_by: tuple[StaffRole, ...] = Field(min_length=1)
    valid_days: Count
    first_dose_within_days: Count | None = None
    warn_days: Count


class ConsentForm(Sourced):
    """A consent or release, what it is needed for, and how long before."""

    id: Id
    title: Text
    needed_for: Literal["dose", "virtual session", "message", "third party", "conjoint dosing"]
    lead: Elapsed | None = None


class Medicine(Sourced):
    """A group of medicines that a prescriber looks at before every dose."""

    id: Id
    title: Text
    why: Text
    action: Literal["review", "review and hold"]


class Score(Sourced):
    """A value of a measure that means something: response, remission, somebody must look."""

    id: Id
    meaning: Text
    at_least: int | None = None
    at_most: int | None = None
    drop_percent: int | None = None


class Measure(Sourced):
    """A questionnaire or rating, and when it is due.

    ``baseline``: without it no first dose. ``within``: no older than this when a dose begins.
    ``every_days``: while the programme runs. ``at``: at these points of the course, too.
    """

    id: Id
    title: Text
    answered_by: Literal["patient", "clinician"]
    lowest: int
    highest: int
    baseline: bool = False
    baseline_within_days: Count | None = None
    within: Elapsed | None = None
    every_days: Count | None = None
    at: tuple[Literal["baseline", "every dose", "end of induction", "end of course"], ...] = ()
    scores: tuple[Score, ...] = ()
