"""The form of the day: whole, of today, and its answers looked at (R-07, R-29, R-43)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pathways.protocol import LibraryPathway
from scheduler.sessions.happenings import CheckIn, Decided, RideHome
from scheduler.sessions.telling import Story
from scheduler.sessions.visit import DoseVisit

QUESTIONS: Final = (
    "new_illness",
    "new_medicines",
    "substance_use",
    "pregnancy_possible",
    "fasting_kept",
    "suicide_risk",
)
About = Literal["check-in", "suicide risk"]


@dataclass(frozen=True)
class CheckInState:
    """Where the form of the day stands.

    ``missing``: questions without an answer. ``adverse``: answers that a prescriber looks at.
    ``decided``: what was decided on them, ``risk_decided`` what on suicide risk.
    """

    at: datetime | None
    of_today: bool
    missing: tuple[str, ...]
    adverse: tuple[str, ...]
    decided: str | None
    suicide_risk: bool | None
    risk_decided: str | None
    ride: RideHome | None
    ride_is_valid: bool

    @property
    def is_whole(self) -> bool:
        """Every question is answered, today."""
        return self.of_today and not self.missing

    @property
    def risk_is_decided(self) -> bool:
        """Suicide risk was asked, and what follows from it is decided."""
        return self.suicide_risk is False or self.risk_decided is not None


def check_in_of(protocol: LibraryPathway, visit: DoseVisit, story: Story) -> CheckInState:
    """What the last form of the day says."""
    form = story.last(CheckIn)
    ride = (form.ride if form else None) or visit.ride
    return CheckInState(
        at=form.at if form else None,
        of_today=form is not None and visit.on_its_day(form.at),
        missing=tuple(_missing(form)),
        adverse=tuple(_adverse(form)),
        decided=_decided(story, "check-in", form),
        suicide_risk=form.suicide_risk if form else None,
        risk_decided=_decided(story, "suicide risk", form),
        ride=ride,
        ride_is_valid=is_valid_ride(protocol, ride),
    )


def is_valid_ride(protocol: LibraryPathway, ride: RideHome | None) -> bool:
    """A named adult or service takes the patient home; never the patient's own car (R-29)."""
    if ride is None or not ride.name.strip():
        return False
    if ride.kind == "rideshare":
        return protocol.rides.rideshare_alone
    return ride.kind in ("adult", "service")


def _missing(form: CheckIn | None) -> Iterator[str]:
    for question in QUESTIONS:
        if form is None or getattr(form, question) is None:
            yield question


def _adverse(form: CheckIn | None) -> Iterator[str]:
    if form is None:
        return
    for question in ("new_illness", "new_medicines", "substance_use", "pregnancy_possible"):
        if getattr(form, question):
            yield question
    if form.fasting_kept is False:
        yield "fasting_kept"


def _decided(story: Story, about: About, form: CheckIn | None) -> str | None:
    """What was decided on the form as it is; a form of later needs a decision of its own."""
    if form is None:
        return None
    found = [d for d in story.all(Decided) if d.about == about and d.at >= form.at]
    return found[-1].outcome if found else None
