"""What safety rules of the library add to a scenario, said in the contract's own terms.

A rule that every plan must keep is better known to the planner than found broken afterwards: the
plan of a whole clinic would be refused for one late dose.
"""

from datetime import date
from itertools import product
from math import gcd

from pathways.library import LibraryPathway, protocols_of
from pathways.record import WeekTable
from pathways.scenario import Patient, Scenario
from pathways.timing import MINUTES_A_DAY, WEEKDAYS, Window


def narrowed(scenario: Scenario) -> Scenario:
    """The scenario with doses of library pathways ending early enough for an overrun (R-19).

    Their patients are picked up only until so long before closing. Anything else stays.
    """
    protocols = protocols_of(scenario)
    if not protocols:
        return scenario
    patients = tuple(
        _picked_up_in_time(scenario, patient, protocols[patient.pathway])
        if patient.pathway in protocols
        else patient
        for patient in scenario.patients
    )
    return scenario.model_copy(update={"patients": patients})


def _picked_up_in_time(scenario: Scenario, patient: Patient, protocol: LibraryPathway) -> Patient:
    hours = scenario.clinic.hours
    buffer = int(protocol.chair.overrun_buffer.total_seconds()) // 60
    # A ride's window is half-open: the next end that the grid allows is the first one too late.
    step = _step(scenario, protocol)
    named = {*hours.root, *(patient.rides.root if patient.rides else ())}
    table = {
        day: tuple(_shortened(_windows(hours, day), _rides(patient, day), buffer - step))
        for day in [*WEEKDAYS, *sorted(named - set(WEEKDAYS))]
    }
    return patient.model_copy(update={"rides": WeekTable(table)})


def _step(scenario: Scenario, protocol: LibraryPathway) -> int:
    """Minutes of which every end of a session of the pathway is a multiple."""
    lengths = (int(a.length.total_seconds()) // 60 for a in protocol.pathway.activities)
    return gcd(scenario.clinic.slot_minutes, *lengths)


def _windows(table: WeekTable, day: str) -> tuple[Window, ...]:
    """The windows of ``mon`` … ``sun`` or of a date, which may fall back on its weekday."""
    return table.on_weekday(day) if day in WEEKDAYS else table.on(date.fromisoformat(day))


def _rides(patient: Patient, day: str) -> tuple[Window, ...]:
    return (Window(0, MINUTES_A_DAY),) if patient.rides is None else _windows(patient.rides, day)


def _shortened(opened: tuple[Window, ...], rides: tuple[Window, ...], minutes: int) -> list[Window]:
    """Where a ride meets opening hours that end so many minutes earlier."""
    met = [
        Window(max(hours.start, ride.start), min(hours.end - minutes, ride.end))
        for hours, ride in product(opened, rides)
    ]
    return [window for window in met if window.start < window.end]
