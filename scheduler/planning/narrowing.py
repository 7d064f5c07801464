"""What safety rules of the library add to a scenario, said in the contract's own terms.

A rule that every plan must keep is better known to the planner than found broken afterwards: the
plan of a whole clinic would be refused for one late dose, or for one patient too many in a group.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from math import gcd
from typing import NamedTuple

from pathways import timing
from pathways.levels import levels
from pathways.library import LibraryPathway, protocols_of
from pathways.record import Fault, WeekTable
from pathways.scenario import Clinic, Group, Patient, Scenario
from pathways.timing import MINUTES_A_DAY, WEEKDAYS, Window


class Pickup(NamedTuple):
    """Where a dose may end on a day, and where no longer because closing time is too near."""

    kept: tuple[Window, ...]
    cut: tuple[Window, ...]


def narrowed(scenario: Scenario) -> Scenario:
    """The scenario as the patients on pathways of the library are planned; often the same one.

    Their doses end early enough for an overrun before the clinic closes (R-19): they are picked up
    only until then. Their groups have no more seats than their level allows (R-39). All else stays.
    """
    patients = tuple(_with_rides(scenario, patient, cut=False) for patient in scenario.patients)
    clinic = _with_seats(scenario)
    if (clinic, patients) == (scenario.clinic, scenario.patients):
        return scenario
    return scenario.model_copy(update={"patients": patients, "clinic": clinic})


def what_was_cut(scenario: Scenario) -> Scenario:
    """The patients whose rides were narrowed, their rides being what was taken from them."""
    patients = (
        (patient, _with_rides(scenario, patient, cut=True)) for patient in scenario.patients
    )
    cut = tuple(
        changed.model_copy(update={"partner": None})
        for patient, changed in patients
        if changed is not patient
    )
    return scenario.model_copy(update={"patients": cut, "booked": ()})


def _with_rides(scenario: Scenario, patient: Patient, *, cut: bool) -> Patient:
    """The patient with rides that are what is kept, or cut; the same one where nothing is cut."""
    protocol = protocols_of(scenario).get(patient.pathway)
    days = pickups(scenario, patient, protocol) if protocol is not None else {}
    if not any(pickup.cut for pickup in days.values()):
        return patient
    table = {day: pickup.cut if cut else pickup.kept for day, pickup in days.items()}
    return patient.model_copy(update={"rides": WeekTable(table)})


def pickups(scenario: Scenario, patient: Patient, protocol: LibraryPathway) -> dict[str, Pickup]:
    """When a patient's doses may end, by weekday, and by the dates that have windows of their own.

    A ride's window is half-open: it lasts until the first end that would be too late.
    """
    hours, rides = scenario.clinic.hours, patient.rides or _ANY_TIME
    step = _step(scenario, protocol)
    named = {*hours.root, *rides.root} - set(WEEKDAYS)
    return {
        day: _pickup(_windows(hours, day), _windows(rides, day), overrun_minutes(protocol), step)
        for day in [*WEEKDAYS, *sorted(named)]
    }


def overrun_minutes(protocol: LibraryPathway) -> int:
    """How long before closing a dose ends, in minutes."""
    return int(protocol.chair.overrun_buffer.total_seconds()) // 60


_ANY_TIME = WeekTable(dict.fromkeys(WEEKDAYS, (Window(0, MINUTES_A_DAY),)))


def _step(scenario: Scenario, protocol: LibraryPathway) -> int:
    """Minutes of which every end of a session of the pathway is a multiple."""
    lengths = (int(a.length.total_seconds()) // 60 for a in protocol.pathway.activities)
    return gcd(scenario.clinic.slot_minutes, *lengths)


def _windows(table: WeekTable, day: str) -> tuple[Window, ...]:
    """The windows of ``mon`` … ``sun`` or of a date, which may fall back on its weekday."""
    return table.on_weekday(day) if day in WEEKDAYS else table.on(date.fromisoformat(day))


def _pickup(
    opened: tuple[Window, ...], rides: tuple[Window, ...], buffer: int, step: int
) -> Pickup:
    kept: list[Window] = []
    cut: list[Window] = []
    following = (*(hours.start for hours in opened[1:]), MINUTES_A_DAY)
    for hours, opens_again in zip(opened, following, strict=False):
        too_late = ((hours.end - buffer) // step + 1) * step
        closed = min(hours.end + step, opens_again)
        for ride in rides:
            kept += _window(max(hours.start, ride.start), min(too_late, ride.end))
            cut += _window(max(hours.start, ride.start, too_late), min(closed, ride.end))
    return Pickup(tuple(kept), tuple(cut))


def _window(start: int, end: int) -> Iterator[Window]:
    if start < end:
        yield Window(start, end)


def _with_seats(scenario: Scenario) -> Clinic:
    """The clinic with no more seats in a group than the patients of its level may take."""
    limits = seats_allowed(scenario)
    groups = tuple(_limited(group, limits) for group in scenario.clinic.groups)
    return scenario.clinic.model_copy(update={"groups": groups})


def _limited(group: Group, limits: Mapping[str, int]) -> Group:
    limit = limits.get(group.activity, group.capacity)
    return group if limit >= group.capacity else group.model_copy(update={"capacity": limit})


def seats_allowed(scenario: Scenario) -> dict[str, int]:
    """How many may attend a group of an activity, where more might than R-39 allows.

    Seats that a library's patients can never take too many of are left as they are: then
    everybody else may have the rest.
    """
    protocols = protocols_of(scenario)
    enrolled = [patient.pathway for patient in scenario.patients if patient.pathway in protocols]
    limits: dict[str, int] = {}
    attending: dict[str, int] = {}
    for protocol in (protocols[name] for name in enrolled):
        for group in protocol.with_purpose("group"):
            attending[group.id] = attending.get(group.id, 0) + 1
            for cap in _caps(protocol):
                limits[group.id] = min(cap, limits.get(group.id, cap))
    return {name: limit for name, limit in limits.items() if attending[name] > limit}


def _caps(protocol: LibraryPathway) -> Iterator[int]:
    """How many each level of a pathway lets into a group, where it says so."""
    for block in protocol.levels:
        cap = levels()[block.level].group_cap
        if cap is not None:
            yield cap.patients


def what_no_plan_can_keep(scenario: Scenario) -> Iterator[Fault]:
    """What of a scenario breaks a hard safety rule whatever is planned, and what would be right.

    The note of a dose ends at the clinic's hour, and may not end before the pathway's (R-30).
    """
    resumes = scenario.clinic.resume_driving
    protocols = protocols_of(scenario)
    for name in dict.fromkeys(patient.pathway for patient in scenario.patients):
        earliest = protocols[name].no_driving.wake_time if name in protocols else 0
        if resumes < earliest:
            hour = timing.clock_text(earliest)
            says = f"{timing.clock_text(resumes)} is too early for {name!r}, whose patients do not"
            yield (
                "clinic.resume_driving",
                f"{says} drive before {hour} (R-30); write {hour} or later",
            )
