"""The planner's reasons in words: what was missing and when."""

from collections.abc import Callable

from pathways.model import Activity
from pathways.plan import Rule
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.problem import Problem

MOST_DAYS = 3


def detail(board: Board, occurrence: Occurrence, rule: Rule, starts: int) -> str:
    """What was missing, at the starts at which nothing else was."""
    if rule == "clearance":
        said = _clearance(board, occurrence, starts)
    else:
        said = _SAYS[rule](board, occurrence)
    return f"{said}: {when(board.problem, starts)}"


def when(problem: Problem, starts: int) -> str:
    """The days of some starts, each with its first and last, the first days in full."""
    days: dict[int, list[int]] = {}
    for start in bits(starts):
        days.setdefault(problem.calendar.day_of(start), []).append(start)
    told = [_day(problem, held) for held in list(days.values())[:MOST_DAYS]]
    more = len(days) - len(told)
    if more > 0:
        told.append(f"and on {more} more {'day' if more == 1 else 'days'}")
    return ", ".join(told)


def _day(problem: Problem, starts: list[int]) -> str:
    first, last = (problem.calendar.instant(tick) for tick in (starts[0], starts[-1]))
    hours = f"{first:%H:%M}" if first == last else f"{first:%H:%M} to {last:%H:%M}"
    return f"{first:%a} {first.day} {first:%b} {hours}"


def no_series(problem: Problem, patient: str, activity: Activity) -> str:
    """Why a patient is in no series of a group."""
    chosen = problem.patients[patient].groups.get(activity.id)
    if chosen is not None:
        return f"the series {chosen}, which was asked for, does not suit: {activity.title}"
    held = [group.id for group in problem.clinic.groups if group.activity == activity.id]
    if not held:
        return f"the clinic has no series of {activity.title}"
    return f"no series meets only when the patient is available: {', '.join(held)}"


def _need(occurrence: Occurrence) -> str:
    names = [
        f"{n.role}{f' with {n.skill}' if n.skill else ''}" for n in occurrence.activity.role_needs
    ]
    return " and ".join(names) or "practitioner"


def _practitioner(board: Board, occurrence: Occurrence) -> str:
    faces = board.faces(occurrence)
    if faces is None:
        return f"no {_need(occurrence)} is free"
    if not faces:
        return "sessions that stand already have different people where one is required"
    return f"{', '.join(sorted(faces))}, whom the patient must keep, is not free"


def _clearance(board: Board, occurrence: Occurrence, starts: int) -> str:
    """The kinds that are missing on one of these days, each with the dates on which it is held."""
    calendar = board.problem.calendar
    days = {calendar.dates[calendar.day_of(start)] for start in bits(starts)}
    missing = []
    for name in occurrence.patients:
        for kind in occurrence.activity.needs_clearance:
            held = [c for c in board.problem.patients[name].clearances if c.kind == kind]
            if any(not any(c.holds(day) for c in held) for day in days):
                dates = " and ".join(f"{c.first} to {c.last}" for c in held)
                missing.append(f"{kind} (cleared {dates or 'never'})")
    return f"no clearance of {', '.join(missing)}"


def _authorization(board: Board, occurrence: Occurrence) -> str:
    service = occurrence.activity.needs_authorization
    held = [
        f"{auth.units} units {auth.first} to {auth.last}"
        for name in occurrence.patients
        for auth in board.problem.patients[name].authorizations
        if auth.service == service
    ]
    return f"no unit of {service} is left ({'; '.join(held) or 'none is authorized'})"


def _lag(_board: Board, occurrence: Occurrence) -> str:
    after = occurrence.activity.after
    if after is None:
        return "too near to or too far from what comes after it"
    hours = [int(limit.total_seconds() // 3600) for limit in (after.lag.min, after.lag.max)]
    return f"not {hours[0]} to {hours[1]} hours after {after.activity} {occurrence.number}"


def _order(_board: Board, occurrence: Occurrence) -> str:
    names = [f"{b.activity} {b.occurrence}" for b in occurrence.activity.preceded_by]
    first = f"; {' and '.join(names)} must be done first" if names else ""
    return f"out of order with the others of {occurrence.activity.id}{first}"


def _location(_board: Board, occurrence: Occurrence) -> str:
    return f"no {occurrence.activity.location_kind} is free"


def _fixed(words: str) -> Callable[[Board, Occurrence], str]:
    def say(_board: Board, _occurrence: Occurrence) -> str:
        return words

    return say


_SAYS: dict[Rule, Callable[[Board, Occurrence], str]] = {
    "hours": _fixed("the clinic is not open for so long"),
    "availability": _fixed("the patient is not available for so long"),
    "location": _location,
    "practitioner": _practitioner,
    "monitor": _fixed("no monitor has room for all stages"),
    "prescriber": _fixed("no prescriber is on site for the stages that need one"),
    "ride": _fixed("nobody drives the patient home at the end"),
    "authorization": _authorization,
    "spacing": _fixed("too close to the patient's other appointments"),
    "order": _order,
    "lag": _lag,
    "group": _fixed("the patient is in no series"),
    "closure": _fixed("the clinic is closed"),
    "partner": _fixed("the partner has a session without driving on that date"),
    "capacity": _fixed("no seat is left"),
    "past": _fixed("it has passed"),
}
