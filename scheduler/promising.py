"""What an appointment promises: who and what it takes from the clinic, for how long.

A patient and a person whom a session needs are taken whole; a stage that n patients share takes
the nth part of who watches it. A session takes its place whole, and the turnover after it; a place
in a meeting takes a seat, and enough of room and facilitator that no session fits beside it. A
virtual place holds any number and is not taken.
"""

from collections.abc import Iterator
from datetime import timedelta

from pathways import timing
from pathways.model import Activity
from pathways.plan import Appointment
from pathways.scenario import Clinic, Group, Location
from scheduler.booking import WHOLE, Promise

WHOLE_PLACE = 1000
"""A place whole; one of those who share a meeting there takes 1, and no series has so many."""


def promises_of(clinic: Clinic, appointment: Appointment, activity: Activity) -> list[Promise]:
    """Everything that an appointment of an activity takes; empty for nothing but virtual time."""
    series = series_of(clinic, appointment, activity)
    return [
        *_patients(appointment),
        *_place(clinic, appointment, series),
        *(_seats(clinic, appointment, series) if series else ()),
        *_people(appointment, series),
        *_watchers(appointment, activity),
    ]


def series_of(clinic: Clinic, appointment: Appointment, activity: Activity) -> Group | None:
    """The series of whose meetings a place in a group is one; None for a session."""
    if activity.kind != "group":
        return None
    start = appointment.start.astimezone(clinic.zone)
    day, minutes = timing.weekday(start.date()), start.hour * 60 + start.minute
    for series in clinic.groups:
        meets_there = series.activity == activity.id and series.location == appointment.location
        if meets_there and any(m.day == day and m.start == minutes for m in series.weekly):
            return series
    return None


def _patients(appointment: Appointment) -> Iterator[Promise]:
    for patient in appointment.patients:
        yield Promise(f"patient:{patient}", appointment.start, appointment.end)


def _place(clinic: Clinic, appointment: Appointment, series: Group | None) -> Iterator[Promise]:
    place = _location(clinic, appointment.location)
    if place is None or place.kind == "virtual":
        return
    ready = appointment.end + timedelta(minutes=place.turnover)
    load = 1 if series else WHOLE_PLACE
    yield Promise(f"location:{place.id}", appointment.start, ready, load, WHOLE_PLACE)


def _seats(clinic: Clinic, appointment: Appointment, series: Group) -> Iterator[Promise]:
    place = _location(clinic, series.location)
    most = series.capacity
    if place is not None and place.capacity is not None and place.kind != "virtual":
        most = min(most, place.capacity)
    yield Promise(f"seats:{series.id}", appointment.start, appointment.end, 1, most)


def _people(appointment: Appointment, series: Group | None) -> Iterator[Promise]:
    for person in appointment.practitioners:
        load = 1 if series and person == series.facilitator else WHOLE
        yield Promise(f"person:{person}", appointment.start, appointment.end, load, WHOLE)


def _watchers(appointment: Appointment, activity: Activity) -> Iterator[Promise]:
    ratios = {stage.id: stage.monitor_ratio for stage in activity.stages}
    for stage in appointment.stages:
        ratio = ratios.get(stage.id)
        if stage.practitioner is not None and ratio:
            load = WHOLE // ratio
            yield Promise(f"person:{stage.practitioner}", stage.start, stage.end, load, WHOLE)


def _location(clinic: Clinic, name: str | None) -> Location | None:
    return next((place for place in clinic.locations if place.id == name), None)
