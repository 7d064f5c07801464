"""What keeps the drug from being given and the patient from leaving, with rule and fix."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from scheduler.sessions.checking_in import CheckInState
from scheduler.sessions.checks import Check
from scheduler.sessions.discharge import Item
from scheduler.sessions.pressure import PressureState
from scheduler.sessions.stages import Forecast
from scheduler.sessions.visit import DoseVisit


@dataclass(frozen=True)
class Obstacle:
    """Something in the way: the rule, what is wrong, what helps."""

    rule: str
    says: str
    fix: str


def to_giving(
    visit: DoseVisit,
    check_in: CheckInState,
    pressure: PressureState,
    checks: tuple[Check, ...],
    forecast: Forecast,
    *,
    now: datetime,
) -> tuple[Obstacle, ...]:
    """Everything that keeps the drug from being given at an instant."""
    return (
        *(Obstacle(gate.rule, gate.says, gate.fix) for gate in visit.gates),
        *_form(visit, check_in, now),
        *_risk(check_in),
        *_pressure(pressure),
        *_vitals(checks),
        *_ride(check_in),
        *_closing(visit, forecast, now),
    )


def _form(visit: DoseVisit, check_in: CheckInState, now: datetime) -> Iterator[Obstacle]:
    if not visit.on_its_day(now):
        yield Obstacle("R-07", "the visit is of another day", "move the visit to today")
    if check_in.at is None:
        yield Obstacle("R-07", "the check-in form is not filled in", "fill in the form of the day")
    elif not check_in.of_today:
        yield Obstacle("R-07", "the check-in form is of another day", "fill in a form today")
    elif check_in.missing:
        names = ", ".join(check_in.missing).replace("_", " ")
        yield Obstacle("R-07", f"the check-in form lacks: {names}", "ask, and fill in a whole form")
    if check_in.adverse and check_in.decided != "go ahead":
        names = ", ".join(check_in.adverse).replace("_", " ")
        yield Obstacle("R-07", f"answers need a decision: {names}", "ask a prescriber to decide")


def _risk(check_in: CheckInState) -> Iterator[Obstacle]:
    if check_in.suicide_risk and check_in.risk_decided != "go ahead":
        yield Obstacle(
            "R-43", "suicide risk was found today", "a clinician sees the patient and decides"
        )


def _pressure(pressure: PressureState) -> Iterator[Obstacle]:
    reading = f"blood pressure {pressure.systolic}/{pressure.diastolic}"
    if pressure.found is None:
        yield Obstacle("R-24", "blood pressure was not taken today", "take it now")
    elif pressure.found == "stop":
        yield Obstacle("R-24", f"{reading} stops the dose for today", "call the prescriber at once")
    elif not pressure.lets_begin:
        state = pressure.decided or pressure.found
        fix = "a prescriber decides"
        if pressure.repeat_from is not None:
            fix = f"{fix}, or take it again from {pressure.repeat_from.isoformat()} on"
        yield Obstacle("R-24", f"{reading}: {state}", fix)


def _vitals(checks: tuple[Check, ...]) -> Iterator[Obstacle]:
    for check in checks:
        if check.mandatory and not check.is_done:
            signs = ", ".join(check.signs)
            says = "fresh vital signs are missing"
            yield Obstacle("R-23", says, f"take together: {signs}")


def _ride(check_in: CheckInState) -> Iterator[Obstacle]:
    if check_in.ride_is_valid:
        return
    says = "nobody is named who takes the patient home"
    if check_in.ride is not None and check_in.ride.kind == "self":
        says = "patients never drive themselves home"
    elif check_in.ride is not None and check_in.ride.kind == "rideshare":
        says = "a rideshare alone is no valid ride here"
    yield Obstacle("R-29", says, "name an adult, or the service agreed with the clinic")


def _closing(visit: DoseVisit, forecast: Forecast, now: datetime) -> Iterator[Obstacle]:
    late = forecast.latest_start is not None and now > forecast.latest_start
    if late and "R-19" not in visit.set_aside:
        yield Obstacle("R-19", "the visit would run into closing time", "move it to another day")


def to_leaving(items: tuple[Item, ...]) -> tuple[Obstacle, ...]:
    """Everything that keeps the patient from being discharged."""
    return tuple(
        Obstacle(
            "R-22" if item.id == "time" else item.rule, f"{item.words} {item.why}", "see to it"
        )
        for item in items
        if not item.satisfied
    )
