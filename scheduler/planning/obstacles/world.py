"""A scenario and its plan as they are, and as they would be with a fact or two otherwise.

Every function answers a *lift*: what makes a world of a world in which one fact has gone. A lift
changes no more than its fact, so that what holds afterwards holds because of that.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from pathways import timing
from pathways.model import Activity, LocationKind, Need, RoleNeed
from pathways.plan import Plan
from pathways.record import DateRange, WeekTable
from pathways.scenario import (
    Authorization,
    Clearance,
    Clinic,
    Location,
    Patient,
    Practitioner,
    Scenario,
)
from pathways.timing import Window

Identity = tuple[tuple[str, ...], str, int]
"""Patients, activity and number of an appointment."""

WHOLE_DAY = Window(0, timing.MINUTES_A_DAY)


@dataclass(frozen=True)
class World:
    """A scenario, and what stands of a plan for it; its costs and reasons are not looked at."""

    scenario: Scenario
    plan: Plan


Lift = Callable[[World], World]
T = TypeVar("T", Location, Practitioner)


def lifted(world: World, lifts: Iterable[Lift]) -> World:
    """The world with all of these facts gone."""
    for lift in lifts:
        world = lift(world)
    return world


def taken_off(identities: frozenset[Identity]) -> Lift:
    """Without these appointments, also where they are locked."""

    def lift(world: World) -> World:
        standing = (a for a in world.plan.appointments if a.identity not in identities)
        booked = (b for b in world.scenario.booked if not b.locked or b.identity not in identities)
        return World(
            world.scenario.model_copy(update={"booked": tuple(booked)}),
            world.plan.model_copy(update={"appointments": tuple(standing)}),
        )

    return lift


def open_for(day: str, window: Window) -> Lift:
    """The clinic open on a date or weekday for a window more."""
    return _clinic(lambda clinic: {"hours": widened(clinic.hours, day, window)})


def reopened(day: date) -> Lift:
    """A closure gone; meetings that fell out with it stay away."""

    def change(clinic: Clinic) -> dict[str, Any]:
        closures = tuple(closure for closure in clinic.closures if closure.date != day)
        groups = tuple(
            group.model_copy(update={"cancelled": (*group.cancelled, day)})
            for group in clinic.groups
        )
        return {"closures": closures, "groups": groups}

    return _clinic(change)


def not_yet_past(moment: datetime) -> Lift:
    """With an earlier now, so that nothing from this instant on has passed."""

    def lift(world: World) -> World:
        return replace(world, scenario=world.scenario.model_copy(update={"now": moment}))

    return lift


def without_meeting(series: str, day: date) -> Lift:
    """A meeting of a series cancelled, and everybody's place in it gone."""

    def lift(world: World) -> World:
        cancelled = _clinic(
            lambda clinic: {
                "groups": tuple(
                    g.model_copy(update={"cancelled": (*g.cancelled, day)}) if g.id == series else g
                    for g in clinic.groups
                )
            }
        )
        zone = world.scenario.clinic.zone
        joined = {(j.patient, j.activity) for j in world.plan.groups if j.series == series}
        gone = {
            a.identity
            for a in (*world.plan.appointments, *world.scenario.booked)
            if (a.patients[0], a.activity) in joined and timing.local_date(a.start, zone) == day
        }
        return cancelled(taken_off(frozenset(gone))(world))

    return lift


def one_more_seat(series: str) -> Lift:
    """Room for one more in the meetings of a series."""

    def change(clinic: Clinic) -> dict[str, Any]:
        rooms = {group.location for group in clinic.groups if group.id == series}
        return {
            "groups": tuple(
                g.model_copy(update={"capacity": g.capacity + 1}) if g.id == series else g
                for g in clinic.groups
            ),
            "locations": tuple(
                p.model_copy(update={"capacity": p.capacity + 1})
                if p.id in rooms and p.capacity is not None
                else p
                for p in clinic.locations
            ),
        }

    return _clinic(change)


def one_more_location(kind: LocationKind) -> Lift:
    """One more location of a kind, always free."""
    name = f"one-more-{kind}"
    return _clinic(lambda c: {"locations": (*c.locations, Location(id=name, kind=kind))})


def one_more_practitioner(need: RoleNeed) -> Lift:
    """One more person who could meet a need, at any hour."""
    hours = WeekTable(dict.fromkeys(timing.WEEKDAYS, (WHOLE_DAY,)))
    skills = (need.skill,) if need.skill else ()
    name = f"one-more-{need.role}"
    person = Practitioner(id=name, roles=(need.role,), skills=skills, hours=hours)
    return _clinic(lambda clinic: {"practitioners": (*clinic.practitioners, person)})


def without_busy(name: str, start: datetime, end: datetime) -> Lift:
    """A location or person without what keeps them busy between two instants."""

    def lift(world: World) -> World:
        def free(records: tuple[T, ...]) -> tuple[T, ...]:
            return tuple(
                _without_busy(world, r, start, end) if r.id == name else r for r in records
            )

        clinic = world.scenario.clinic
        return _clinic(
            lambda _: {
                "locations": free(clinic.locations),
                "practitioners": free(clinic.practitioners),
            }
        )(world)

    return lift


def _without_busy(world: World, record: T, start: datetime, end: datetime) -> T:
    def instant(moment: datetime) -> datetime:
        minute = moment.hour * 60 + moment.minute
        return timing.instant(moment.date(), minute, world.scenario.clinic.zone)

    kept = (b for b in record.busy if not (instant(b.start) < end and start < instant(b.end)))
    return record.model_copy(update={"busy": tuple(kept)})


def on_duty(person: str, day: str, window: Window) -> Lift:
    """A practitioner back, and on duty for a window of a date or weekday."""

    def change(record: Practitioner) -> dict[str, Any]:
        away = record.away if day in timing.WEEKDAYS else without_date(record.away, day)
        return {"hours": widened(record.hours, day, window), "away": away}

    return _clinic(
        lambda clinic: {
            "practitioners": tuple(
                p.model_copy(update=change(p)) if p.id == person else p
                for p in clinic.practitioners
            )
        }
    )


# ---- patients -----------------------------------------------------------------------------


def available_for(patient: str, day: str, window: Window) -> Lift:
    """A patient available on a date or weekday for a window more."""
    return _patient(patient, lambda p: {"available": widened(p.available, day, window)})


def any_series(patient: str, activity: str) -> Lift:
    """A patient who asks for no series of a group in particular."""

    def change(record: Patient) -> dict[str, Any]:
        return {"groups": {key: held for key, held in record.groups.items() if key != activity}}

    return _patient(patient, change)


def not_away(patient: str, day: str) -> Lift:
    """A patient not away on a date."""
    return _patient(patient, lambda p: {"unavailable": without_date(p.unavailable, day)})


def driven_home(patients: Iterable[str], day: str, window: Window) -> Lift:
    """Patients with a ride on a date or weekday in one window more."""
    names = set(patients)

    def lift(world: World) -> World:
        for patient in world.scenario.patients:
            if patient.id in names and patient.rides is not None:
                changes = {"rides": widened(patient.rides, day, window)}
                scenario = _with_patient(world.scenario, patient, changes)
                world = replace(world, scenario=scenario)
        return world

    return lift


def cleared(patient: str, kind: str, first: date, last: date) -> Lift:
    """A patient cleared from one date to another, too."""
    more = Clearance.model_validate({"kind": kind, "from": first, "to": last})
    return _patient(patient, lambda p: {"clearances": (*p.clearances, more)})


def authorized(patient: str, service: str, day: date, more: int = 1) -> Lift:
    """A patient with some units more of the authorization of a date, or with a first one."""

    def change(record: Patient) -> dict[str, Any]:
        held = [a for a in record.authorizations if a.service == service and a.holds(day)]
        if held:
            wider = held[0].model_copy(update={"units": held[0].units + more})
            others = (a for a in record.authorizations if a is not held[0])
            return {"authorizations": (*others, wider)}
        data = {"service": service, "units": more, "from": day, "to": day}
        return {"authorizations": (*record.authorizations, Authorization.model_validate(data))}

    return _patient(patient, change)


def without_rule(patients: tuple[str, ...], activities: Iterable[str], **changes: Any) -> Lift:
    """A rule of some activities not applied to these patients, on pathways of their own."""
    named = set(activities)

    def lift(world: World) -> World:
        scenario = world.scenario
        for name in _sharing(scenario, patients, named):
            patient = scenario.patient(name)
            pathway = scenario.pathway_of(patient)
            own = pathway.model_copy(
                update={
                    "id": f"{pathway.id} for {name}",
                    "activities": tuple(
                        a.model_copy(update=changes) if a.id in named else a
                        for a in pathway.activities
                    ),
                }
            )
            others = tuple(p for p in scenario.pathways if p.id != own.id)
            scenario = scenario.model_copy(update={"pathways": (*others, own)})
            scenario = _with_patient(scenario, patient, {"pathway": own.id})
        return replace(world, scenario=scenario)

    return lift


def _sharing(scenario: Scenario, patients: Iterable[str], activities: set[str]) -> list[str]:
    """The patients, and their partners if they share one of the activities.

    A couple's session is asked for only while both have the same definition of it.
    """
    found = dict.fromkeys(patients)
    for name in patients:
        patient = scenario.patient(name)
        shared = (a for a in scenario.pathway_of(patient).activities if a.with_partner)
        if patient.partner is not None and not activities.isdisjoint(a.id for a in shared):
            found[patient.partner] = None
    return list(found)


def without_lag(patients: tuple[str, ...], activity: Activity) -> Lift:
    """An activity that may follow its anchor at any time, as soon or as late as its reach."""
    after = activity.after
    if after is None:
        raise ValueError(f"{activity.id} follows nothing")
    lag = after.lag.model_copy(
        update={"min": timedelta(0), "max": after.lag.max + timedelta(days=4)}
    )
    other = after.model_copy(update={"lag": lag})
    return without_rule(patients, [activity.id], after=other)


def with_any_face(patients: tuple[str, ...], activities: Iterable[str]) -> Lift:
    """A family of activities that prefers one person, and does not require it."""
    named = set(activities)

    def lift(world: World) -> World:
        for name in patients:
            for activity in world.scenario.pathway_of(world.scenario.patient(name)).activities:
                if activity.id in named:
                    needs = tuple(_any_face(need) for need in activity.needs)
                    world = without_rule(patients, [activity.id], needs=needs)(world)
        return world

    return lift


def _any_face(need: Need) -> Need:
    if isinstance(need, RoleNeed) and need.same_person:
        return need.model_copy(update={"same_person": "preferred"})
    return need


# ---- how records are changed --------------------------------------------------------------


def _clinic(change: Callable[[Clinic], dict[str, Any]]) -> Lift:
    def lift(world: World) -> World:
        clinic = world.scenario.clinic
        other = clinic.model_copy(update=change(clinic))
        return replace(world, scenario=world.scenario.model_copy(update={"clinic": other}))

    return lift


def _patient(name: str, change: Callable[[Patient], dict[str, Any]]) -> Lift:
    def lift(world: World) -> World:
        patient = world.scenario.patient(name)
        return replace(world, scenario=_with_patient(world.scenario, patient, change(patient)))

    return lift


def _with_patient(scenario: Scenario, patient: Patient, changes: dict[str, Any]) -> Scenario:
    other = patient.model_copy(update=changes)
    patients = tuple(other if p.id == patient.id else p for p in scenario.patients)
    return scenario.model_copy(update={"patients": patients})


def widened(table: WeekTable, day: str, window: Window) -> WeekTable:
    """The table with a window more on a date, or on a weekday and the dates that replace it."""
    days = dict(table.root)
    if day in timing.WEEKDAYS:
        dates = (key for key in table.root if key not in timing.WEEKDAYS)
        named = [key for key in dates if timing.weekday(date.fromisoformat(key)) == day]
        for key in (day, *named):
            days[key] = _with(days.get(key, ()), window)
    else:
        days[day] = _with(table.on(date.fromisoformat(day)), window)
    return WeekTable(days)


def _with(windows: Iterable[Window], more: Window) -> tuple[Window, ...]:
    """Some windows and one more, those that meet made one."""
    start, end = more
    apart = []
    for window in windows:
        if window.end < start or end < window.start:
            apart.append(window)
        else:
            start, end = min(start, window.start), max(end, window.end)
    return tuple(sorted((*apart, Window(start, end))))


def without_date(ranges: Iterable[DateRange], day: str) -> tuple[DateRange, ...]:
    """The date ranges with one date cut out."""
    cut, kept = date.fromisoformat(day), []
    one = timedelta(days=1)
    for held in ranges:
        if not held.holds(cut):
            kept.append(held)
            continue
        for first, last in ((held.first, cut - one), (cut + one, held.last)):
            if first <= last:
                kept.append(DateRange.model_validate({"from": first, "to": last}))
    return tuple(kept)
