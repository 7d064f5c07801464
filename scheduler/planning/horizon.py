"""The calendar of a question: the dates on which anything can lie, and all minutes that matter."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from pathways import timing
from pathways.model import Pathway, Stage
from pathways.scenario import Booked, Scenario
from scheduler.planning.calendar import Calendar


def calendar_of(scenario: Scenario) -> Calendar:
    """All dates that matter, in ticks that divide every time and every length."""
    held = [[int(m.timestamp()) for m in _moments(booked)] for booked in scenario.booked]
    first, last = _horizon(scenario, held)
    return Calendar(
        scenario.clinic.zone,
        (first, last),
        _minutes_of_day(scenario),
        _lengths(scenario),
        (second for seconds in held for second in seconds),
    )


def stages_of(scenario: Scenario) -> list[Stage]:
    """The stages of all activities of all pathways."""
    return [
        stage
        for pathway in scenario.pathways
        for activity in pathway.activities
        for stage in activity.stages
    ]


def _moments(booked: Booked) -> Iterator[datetime]:
    yield booked.start
    yield booked.end
    for stage in booked.stages:
        yield stage.start
        yield stage.end


def _horizon(scenario: Scenario, held: Sequence[Sequence[int]]) -> tuple[date, date]:
    """The first and the last date on which anything of the scenario can lie.

    ``held``: the moments of each booking, in seconds since 1970.
    """
    days = []
    afterwards = {
        patient.id: _afterwards(scenario.pathway_of(patient)) for patient in scenario.patients
    }
    for patient in scenario.patients:
        pathway = scenario.pathway_of(patient)
        weeks_end = patient.start + timedelta(days=7 * pathway.weeks)
        days += [patient.start, weeks_end + afterwards[patient.id]]
    last: dict[str, int] = {}
    for booked, seconds in zip(scenario.booked, held, strict=True):
        for name in booked.patients:
            last[name] = max(last.get(name, seconds[0]), *seconds)
    # A booking may stand weeks outside its pathway, and what follows it stands with it.
    date_of = partial(_date_of, scenario.clinic.zone)
    days += [date_of(second) + afterwards[name] for name, second in last.items()]
    if held:
        days.append(date_of(min(min(seconds) for seconds in held)))
    return (min(days), max(days)) if days else (date(2000, 1, 1), date(2000, 1, 1))


def _date_of(zone: ZoneInfo, second: int) -> date:
    return timing.local_date(datetime.fromtimestamp(second, UTC), zone)


def _afterwards(pathway: Pathway) -> timedelta:
    """How long after its anchors anything of a pathway, or a reason for it, may lie."""
    lags = [activity.after.lag.max for activity in pathway.activities if activity.after]
    # Reasons look at starts up to three days past the longest lag.
    return timedelta(days=sum((lag.days + 2 for lag in lags), start=4))


def _minutes_of_day(scenario: Scenario) -> set[int]:
    clinic = scenario.clinic
    tables = [clinic.hours, *(person.hours for person in clinic.practitioners)]
    for patient in scenario.patients:
        tables += [t for t in (patient.available, patient.preferred, patient.rides) if t]
    minutes = {
        edge for table in tables for windows in table.root.values() for w in windows for edge in w
    }
    minutes |= {edge for group in clinic.groups for m in group.weekly for edge in m.window}
    for stretches in (*(p.busy for p in clinic.locations), *(p.busy for p in clinic.practitioners)):
        minutes |= {m.hour * 60 + m.minute for busy in stretches for m in (busy.start, busy.end)}
    return minutes | set(range(0, timing.MINUTES_A_DAY, clinic.slot_minutes))


def _lengths(scenario: Scenario) -> list[int]:
    """All lengths in seconds."""
    minutes = [location.turnover for location in scenario.clinic.locations]
    lags: list[timedelta] = []
    for pathway in scenario.pathways:
        for activity in pathway.activities:
            minutes += [activity.gap_before, activity.minutes or 0]
            if activity.after is not None:
                lags += [activity.after.lag.min, activity.after.lag.ideal, activity.after.lag.max]
    minutes += [stage.minutes for stage in stages_of(scenario)]
    return [*(60 * amount for amount in minutes), *(int(lag.total_seconds()) for lag in lags)]
