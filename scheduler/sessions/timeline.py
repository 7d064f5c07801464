"""Everything that a clinician sees of a session, derived from what happened and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pathways.protocol import LibraryPathway
from pathways.safety.after_dose import drives_again, form_due
from scheduler.sessions import obstacles
from scheduler.sessions.alarms import Ringing, alarms_of
from scheduler.sessions.checking_in import CheckInState, check_in_of
from scheduler.sessions.checks import Check, checks_of
from scheduler.sessions.discharge import Item, items_of
from scheduler.sessions.drug import Drug, drug_of
from scheduler.sessions.happenings import Arrived, Correction, FormFiled, Occurred
from scheduler.sessions.obstacles import Obstacle
from scheduler.sessions.pressure import PressureState, pressure_of
from scheduler.sessions.staffing import crowding
from scheduler.sessions.stages import Forecast, StageNow, forecast_of, stage_of
from scheduler.sessions.telling import Story, told
from scheduler.sessions.visit import DoseVisit


@dataclass(frozen=True)
class Timeline:
    """A session at an instant.

    ``may_give``, ``may_leave``: whether nothing stands in the way, and it is the time for it.
    ``drives_again``: the end of the no-driving note. ``form_due``: of the monitoring form, where
    the treatment has one and the drug was given; ``form_filed`` whether it was.
    """

    stage: StageNow
    drug: Drug | None
    checks: tuple[Check, ...]
    check_in: CheckInState
    pressure: PressureState
    alarms: tuple[Ringing, ...]
    to_giving: tuple[Obstacle, ...]
    may_give: bool
    discharge: tuple[Item, ...]
    to_leaving: tuple[Obstacle, ...]
    may_leave: bool
    forecast: Forecast
    drives_again: datetime | None
    form_due: datetime | None
    form_filed: bool
    warnings: tuple[str, ...]


def timeline(
    protocol: LibraryPathway,
    visit: DoseVisit,
    recorded: Iterable[Occurred | Correction],
    now: datetime,
) -> Timeline:
    """The session as it stands at ``now``, by all that was recorded of it, in writing order.

    What happened after ``now`` has not happened yet. Once the patient has left, what was to be
    taken and seen before stays as it stood when they left.
    """
    story = told(recorded).until(now)
    drug = drug_of(protocol, visit, story)
    check_in = check_in_of(protocol, visit, story)
    pressure = pressure_of(protocol.blood_pressure, story)
    stage = stage_of(visit, story, drug, now)
    looked = stage.since if stage.is_over and stage.since else now
    checks = checks_of(protocol, visit, story, drug, looked)
    items = items_of(protocol, story, drug, check_in, checks, looked)
    forecast = forecast_of(protocol, visit, story, drug, now)
    giving = _to_giving(visit, story, drug, (check_in, pressure, checks, forecast), now)
    leaving = obstacles.to_leaving(items)
    return Timeline(
        stage=stage,
        drug=drug,
        checks=() if stage.is_over and drug is None else checks,
        check_in=check_in,
        pressure=pressure,
        alarms=alarms_of(protocol, story, drug),
        to_giving=giving,
        may_give=drug is None and not stage.is_over and not giving,
        discharge=items,
        to_leaving=leaving,
        may_leave=drug is not None and not stage.is_over and not leaving,
        forecast=forecast,
        drives_again=_drives_again(protocol, visit, drug),
        form_due=form_due(drug.first, visit.zone) if drug and has_form(protocol) else None,
        form_filed=story.first(FormFiled) is not None,
        warnings=() if stage.is_over else crowding(protocol, visit, drug, now),
    )


def has_form(protocol: LibraryPathway) -> bool:
    """Whether every session is reported on a form: where the site must be certified (R-48)."""
    return protocol.supply.certified_site


def _to_giving(
    visit: DoseVisit,
    story: Story,
    drug: Drug | None,
    states: tuple[CheckInState, PressureState, tuple[Check, ...], Forecast],
    now: datetime,
) -> tuple[Obstacle, ...]:
    if drug is not None:
        return ()
    found = obstacles.to_giving(visit, *states, now=now)
    if story.first(Arrived) is None:
        return (Obstacle("R-60", "the patient has not arrived", "record the arrival"), *found)
    return found


def _drives_again(protocol: LibraryPathway, visit: DoseVisit, drug: Drug | None) -> datetime | None:
    if drug is None:
        return None
    hour = visit.resume_driving
    return drives_again(protocol.no_driving, drug.first, hour=hour, zone=visit.zone)
