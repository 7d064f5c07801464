"""What keeps a session from a date or a time of day, whoever would serve it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

from pathways import timing
from pathways.library import protocols_of
from pathways.record import WeekTable
from pathways.scenario import Clearance, Patient
from pathways.timing import Window
from scheduler.planning.obstacles import world
from scheduler.planning.obstacles.facts import Fact, Wider, day_text, moment_text
from scheduler.planning.obstacles.trial import (
    DAY_NAMES,
    Trial,
    Ways,
    date_text,
    fact,
    only,
    windows_text,
)


def hours(trial: Trial) -> Iterator[Ways]:
    """The clinic is not open for so long."""
    table = trial.scenario.clinic.hours
    if trial.inside(table):
        return
    window, weekday = trial.window(trial.start, trial.end), timing.weekday(trial.on)
    words = f"the clinic is {trial.hours_text('open', table)}"
    yield only(
        fact(
            "hours",
            trial.on,
            words,
            world.open_for(trial.on.isoformat(), window),
            wider=Wider(
                f"the clinic open {window} on {DAY_NAMES[weekday]}", world.open_for(weekday, window)
            ),
        )
    )


def closure(trial: Trial) -> Iterator[Ways]:
    """The clinic is closed on that date."""
    for closed in trial.scenario.clinic.closures:
        if closed.date == trial.on:
            reason = f" ({closed.reason})" if closed.reason else ""
            words = f"the clinic is closed on {day_text(trial.begins)}{reason}"
            lift = world.reopened(trial.on)
            wider = Wider(f"the clinic open on {day_text(trial.begins)}", lift)
            yield only(fact("closure", trial.on, words, lift, wider=wider))


def past(trial: Trial) -> Iterator[Ways]:
    """Its time has gone by."""
    now = trial.scenario.now
    if now is not None and trial.begins < now:
        words = f"{moment_text(trial.begins)} has passed"
        yield only(fact("past", None, words, world.not_yet_past(trial.begins), settled=True))


def availability(trial: Trial) -> Iterator[Ways]:
    """A patient is away that day, or not available for so long."""
    for patient in trial.patients:
        for away in patient.unavailable:
            if away.holds(trial.on):
                words = f"{patient.id} is away from {away.first} to {away.last}"
                lift = world.not_away(patient.id, trial.on.isoformat())
                wider = Wider(f"{patient.id} here on {day_text(trial.begins)}", lift)
                about = (patient.id, "away", trial.on)
                yield only(fact("availability", about, words, lift, wider=wider))
                break
        if not trial.inside(patient.available):
            yield only(_available(trial, patient))


def _available(trial: Trial, patient: Patient) -> Fact:
    window, weekday = trial.window(trial.start, trial.end), timing.weekday(trial.on)
    return fact(
        "availability",
        (patient.id, trial.on),
        f"{patient.id} is {trial.hours_text('available', patient.available)}",
        world.available_for(patient.id, trial.on.isoformat(), window),
        wider=Wider(
            f"{patient.id} available {window} on {DAY_NAMES[weekday]}",
            world.available_for(patient.id, weekday, window),
        ),
    )


def ride(trial: Trial) -> Iterator[Ways]:
    """Nobody drives a patient home, or the clinic closes too soon after the session."""
    if not trial.occurrence.activity.no_driving:
        return
    for patient in trial.patients:
        if patient.rides is not None and not _is_driven(trial, patient.rides):
            yield only(_ride(trial, patient.id, patient.rides))
        narrowed = trial.board.problem.patients[patient.id]
        if narrowed.rides is not None and not _is_driven(trial, narrowed.rides):
            yield from _overrun(trial, patient)


def _is_driven(trial: Trial, rides: WeekTable) -> bool:
    calendar = trial.board.problem.calendar
    for window in rides.on(trial.on):
        start, end = calendar.span(trial.day, window)
        if start <= trial.end < end + (window.end == timing.MINUTES_A_DAY):
            return True
    return False


def _ride(trial: Trial, patient: str, rides: WeekTable) -> Fact:
    weekday, minute = timing.weekday(trial.on), trial.minute(trial.end) or timing.MINUTES_A_DAY
    first = min(minute // 60, 23) * 60
    window = Window(first, min(first + 120, timing.MINUTES_A_DAY))
    stranded = [p.id for p in trial.scenario.patients if p.rides is not None]
    words = f"nobody drives {patient} home at {trial.ends:%H:%M} on {day_text(trial.begins)}"
    return fact(
        "ride",
        (patient, trial.on),
        f"{words} (rides that day: {windows_text(rides, trial.on)})",
        world.driven_home([patient], trial.on.isoformat(), window),
        wider=Wider(
            f"one more ride window on {DAY_NAMES[weekday]} {window}",
            world.driven_home(stranded, weekday, window),
        ),
    )


def _overrun(trial: Trial, patient: Patient) -> Iterator[Ways]:
    """A library pathway wants time for an overrun between the end of a dose and closing."""
    protocol = protocols_of(trial.scenario).get(patient.pathway)
    if protocol is None:
        return
    calendar = trial.board.problem.calendar
    minutes = int(protocol.chair.overrun_buffer.total_seconds()) // 60
    closing = trial.end + calendar.ticks(minutes)
    day_end = calendar.day_starts[trial.day + 1]
    window = trial.window(trial.start, min(closing, day_end))
    if not _closes_before(trial, closing):
        return
    words = (
        f"a dose must end {minutes} minutes before closing (R-19), and the clinic is "
        f"{trial.hours_text('open', trial.scenario.clinic.hours)}"
    )
    lift = world.open_for(trial.on.isoformat(), window)
    yield only(fact("hours", ("overrun", trial.on), words, lift))


def _closes_before(trial: Trial, closing: int) -> bool:
    calendar = trial.board.problem.calendar
    spans = (calendar.span(trial.day, w) for w in trial.scenario.clinic.hours.on(trial.on))
    return not any(start <= trial.start and closing <= end for start, end in spans)


def clearance(trial: Trial) -> Iterator[Ways]:
    """A clearance is missing on that date."""
    for patient in trial.patients:
        for kind in dict.fromkeys(trial.occurrence.activity.needs_clearance):
            held = [c for c in patient.clearances if c.kind == kind]
            if not any(c.holds(trial.on) for c in held):
                yield only(_clearance(trial, patient, kind, held))


def _clearance(trial: Trial, patient: Patient, kind: str, held: Sequence[Clearance]) -> Fact:
    until = max(trial.on, *trial.last_dates)
    return fact(
        "clearance",
        (patient.id, kind),
        _clearance_words(patient.id, kind, trial.on, held),
        world.cleared(patient.id, kind, min(trial.on, patient.start), until),
        wider=Wider(
            f"{patient.id}'s {kind} clearance valid to {date_text(until)}",
            world.cleared(patient.id, kind, trial.on, until),
        ),
    )


def _clearance_words(patient: str, kind: str, day: date, held: Sequence[Clearance]) -> str:
    ended = [c.last for c in held if c.last < day]
    begins = [c.first for c in held if c.first > day]
    if ended:
        return f"{patient}'s {kind} clearance ends on {date_text(max(ended))}"
    if begins:
        return f"{patient}'s {kind} clearance begins on {date_text(min(begins))}"
    return f"{patient} has no {kind} clearance"


OF_TIME: Final[tuple[Callable[[Trial], Iterator[Ways]], ...]] = (
    hours,
    closure,
    past,
    availability,
    ride,
    clearance,
)
