"""The planner's reasons in words: what was missing and when."""

from collections.abc import Callable

from pathways.library import protocols_of
from pathways.model import Activity
from pathways.plan import Rule
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits, span_mask
from scheduler.planning.narrowing import overrun_minutes, seats_allowed
from scheduler.planning.problem import Problem

Say = Callable[[Board, Occurrence, int], str]

MOST_DAYS = 3
MOST_NAMES = 3


def detail(board: Board, occurrence: Occurrence, rule: Rule, starts: int) -> str:
    """What was missing, at the starts at which nothing else was."""
    return f"{_SAYS[rule](board, occurrence, starts)}: {when(board.problem, starts)}"


def when(problem: Problem, starts: int) -> str:
    """The days of some starts, each with its first and last, the first days in full."""
    days: dict[int, list[int]] = {}
    for start in bits(starts):
        days.setdefault(problem.calendar.day_of(start), []).append(start)
    told = [_day(problem, held) for held in list(days.values())[:MOST_DAYS]]
    more = len(days) - len(told)
    if more > 0:
        told.append(f"and on {more} more {'day' if more == 1 else 'days'}")
    return f"starting {', '.join(told)}"


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


def _practitioner(board: Board, occurrence: Occurrence, starts: int) -> str:
    faces = board.faces(occurrence)
    if faces is None:
        able = {
            person for crew in board.problem.shape(occurrence.activity).crews for person in crew
        }
        if not able:
            return f"the clinic has no {_need(occurrence)}"
        return f"no {_need(occurrence)} is free ({_doing(board, sorted(able), starts)})"
    if not faces:
        return "sessions that stand already have different people where one is required"
    kept = sorted(faces)
    doing = _doing(board, kept, starts)
    return f"{', '.join(kept)}, whom the patient must keep, is not free ({doing})"


def _doing(board: Board, people: list[str], starts: int) -> str:
    """What keeps some people from the first of some starts."""
    tick = (starts & -starts).bit_length() - 1
    told = [f"{name} {_occupation(board, name, tick)}" for name in people[:MOST_NAMES]]
    more = f" and {len(people) - MOST_NAMES} more" if len(people) > MOST_NAMES else ""
    return ", ".join(told) + more


def _occupation(board: Board, person: str, tick: int) -> str:
    calendar, record = board.problem.calendar, board.problem.people[person]
    if any(away.holds(calendar.dates[calendar.day_of(tick)]) for away in record.away):
        return "is away"
    if not any(start <= tick < end for start, end in board.problem.duty(person)):
        return "is off duty"
    return "is taken, or not free for long enough"


def _spacing(board: Board, occurrence: Occurrence, starts: int) -> str:
    """The appointments that stand in the way on the first of these days, or near it."""
    calendar = board.problem.calendar
    day = calendar.day_of((starts & -starts).bit_length() - 1)
    if next(board.unspaced_days(occurrence, [day]), None) is not None:
        return f"too soon before or after another of the patient's{_minimum(occurrence)}"
    held = dict.fromkeys(o for name in occurrence.patients for o in board.on(name, day))
    told = [_standing(board, other) for other in held][:MOST_NAMES]
    return f"the patient has {', '.join(told)}" if told else "too close to other appointments"


def _minimum(occurrence: Occurrence) -> str:
    days = occurrence.activity.min_days_between
    most = occurrence.activity.max_in_days
    rules = [f"at least {days} days apart"] if days else []
    rules += [f"at most {most.count} in {most.days} days"] if most else []
    return f" ({', '.join(rules)})" if rules else ""


def _standing(board: Board, occurrence: Occurrence) -> str:
    placement = board.placed[occurrence]
    start, end = (board.problem.calendar.instant(t) for t in (placement.start, placement.end))
    rest = ", then rest for the day" if occurrence.activity.rest_of_day else ""
    return f"{occurrence.activity.title} {start:%H:%M}-{end:%H:%M}{rest}"


def _ride(board: Board, occurrence: Occurrence, starts: int) -> str:
    """Nobody drives home, or nobody may: a dose of the library ends well before closing."""
    minutes = _overrun(board.problem, occurrence)
    late = starts & _ending_late(board.problem, occurrence, minutes)
    told = ["nobody drives the patient home at the end"] if starts & ~late else []
    if late:
        kept = f"R-19: at least {minutes} minutes before closing, by the pathway"
        told.append(f"it would end too close to closing for an overrun ({kept})")
    return ", or ".join(told)


def _overrun(problem: Problem, occurrence: Occurrence) -> int:
    """How many minutes before closing it must end; 0 where no pathway of the library says so."""
    protocols = protocols_of(problem.scenario)
    pathways = (problem.patients[name].pathway for name in occurrence.patients)
    return max((overrun_minutes(protocols[n]) for n in pathways if n in protocols), default=0)


def _ending_late(problem: Problem, occurrence: Occurrence, minutes: int) -> int:
    """The starts from which a session ends so few minutes before closing, or fewer."""
    ends = 0
    for number, day in enumerate(problem.calendar.dates if minutes else ()):
        for window in problem.clinic.hours.on(day):
            latest = problem.calendar.tick(number, max(window.start, window.end - minutes))
            ends |= span_mask(latest + 1, problem.calendar.tick(number, window.end) + 1)
    return ends >> problem.shape(occurrence.activity).length


def _capacity(board: Board, occurrence: Occurrence, _starts: int) -> str:
    series = board.series.get((occurrence.owner, occurrence.activity.id))
    limit = seats_allowed(board.problem.scenario).get(occurrence.activity.id)
    if series is None or limit is None or board.problem.seats(series) < limit:
        return "no seat is left"
    return f"no seat is left (R-39: at most {limit} in a group of the library's patients)"


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


def _authorization(board: Board, occurrence: Occurrence, _starts: int) -> str:
    service = occurrence.activity.needs_authorization
    held = [
        f"{auth.units} units {auth.first} to {auth.last}"
        for name in occurrence.patients
        for auth in board.problem.patients[name].authorizations
        if auth.service == service
    ]
    return f"no unit of {service} is left ({'; '.join(held) or 'none is authorized'})"


def _lag(_board: Board, occurrence: Occurrence, _starts: int) -> str:
    after = occurrence.activity.after
    if after is None:
        return "too near to or too far from what comes after it"
    hours = [int(limit.total_seconds() // 3600) for limit in (after.lag.min, after.lag.max)]
    return f"not {hours[0]} to {hours[1]} hours after {after.activity} {occurrence.number}"


def _order(_board: Board, occurrence: Occurrence, _starts: int) -> str:
    names = [f"{b.activity} {b.occurrence}" for b in occurrence.activity.preceded_by]
    first = f"; {' and '.join(names)} must be done first" if names else ""
    return f"out of order with the others of {occurrence.activity.id}{first}"


def _location(_board: Board, occurrence: Occurrence, _starts: int) -> str:
    return f"no {occurrence.activity.location_kind} is free"


def _fixed(words: str) -> Say:
    def say(_board: Board, _occurrence: Occurrence, _starts: int) -> str:
        return words

    return say


_SAYS: dict[Rule, Say] = {
    "hours": _fixed("the clinic is not open for so long"),
    "availability": _fixed("the patient is not available for so long"),
    "location": _location,
    "practitioner": _practitioner,
    "monitor": _fixed("no monitor has room for all stages"),
    "prescriber": _fixed("no prescriber is on site for the stages that need one"),
    "ride": _ride,
    "clearance": _clearance,
    "authorization": _authorization,
    "spacing": _spacing,
    "order": _order,
    "lag": _lag,
    "group": _fixed("the patient is in no series"),
    "closure": _fixed("the clinic is closed"),
    "partner": _fixed("the partner has a session without driving on that date"),
    "capacity": _capacity,
    "past": _fixed("it has passed"),
}
