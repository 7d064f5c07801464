"""What keeps a session from a start because nobody or no place is free to serve it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import Final

from pathways import timing
from pathways.model import RoleNeed
from pathways.plan import Rule
from pathways.scenario import Location, Practitioner
from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import Span
from scheduler.planning.ledger import stage_spans
from scheduler.planning.obstacles import world
from scheduler.planning.obstacles.facts import Fact, Way, Wider
from scheduler.planning.obstacles.trial import DAY_NAMES, Trial, Ways, fact, only
from scheduler.planning.placements import Placement
from scheduler.planning.problem import StagePlan


def location(trial: Trial) -> Iterator[Ways]:
    """No location of the kind is free for so long."""
    kind = trial.occurrence.activity.location_kind
    if kind is None:
        return
    shape, ledger = trial.board.problem.shape(trial.occurrence.activity), trial.board.ledger
    if any(ledger.place_starts(p, trial.length) >> trial.start & 1 for p in shape.locations):
        return
    if not shape.locations:
        yield only(_one_more_location(trial))
        return
    ways = (_clearing_place(trial, trial.board.problem.locations[p]) for p in shape.locations)
    yield [way for way in ways if way is not None]


def _one_more_location(trial: Trial) -> Fact:
    kind = trial.occurrence.activity.location_kind
    words = f"the clinic has no {kind}"
    lift = world.one_more_location(kind or "office")
    return fact("location", kind, words, lift, wider=Wider(f"one {kind}", lift))


def _clearing_place(trial: Trial, place: Location) -> Way | None:
    """All that takes a location at the time, turnover included; None where some of it must stay."""
    problem, board = trial.board.problem, trial.board
    turnover = problem.calendar.ticks(place.turnover)
    near = (trial.start - turnover, trial.end + turnover)
    found: list[Fact | None] = [*_busy(trial, place, (trial.start, trial.end), "location")]
    for group in problem.clinic.groups:
        if group.location == place.id:
            found += _meetings(trial, group.id, near, "location", f"{place.id} is taken by")
    for other in board.standing_on(trial.day):
        placement = board.placed[other]
        if placement.location == place.id and not other.is_meeting and _meet(placement, near):
            rest = f", and needs {place.turnover} minutes between" if turnover else ""
            found.append(trial.over(f"{place.id} is taken by {{}}{rest}", "location", other))
    return _all_of(found)


def _all_of(found: Iterable[Fact | None]) -> Way | None:
    facts = list(found)
    return None if None in facts else frozenset(f for f in facts if f is not None)


def _meet(placement: Placement, span: Span) -> bool:
    return placement.start < span[1] and span[0] < placement.end


def _busy(trial: Trial, record: Location | Practitioner, span: Span, rule: Rule) -> Iterator[Fact]:
    calendar = trial.board.problem.calendar
    for start, end in trial.board.problem.busy_spans(record):
        if start < span[1] and span[0] < end:
            first, last = calendar.instant(start), calendar.instant(end)
            words = f"{record.id} is busy with something else until {last:%H:%M}"
            lift = world.without_busy(record.id, first, last)
            yield fact(rule, (record.id, "busy", start), words, lift)


def _meetings(trial: Trial, series: str, span: Span, rule: Rule, words: str) -> Iterator[Fact]:
    problem = trial.board.problem
    for start, end in problem.group_spans(problem.series[series]):
        if start < span[1] and span[0] < end:
            first, last = problem.calendar.instant(start), problem.calendar.instant(end)
            told = f"{words} the meeting of {series} from {first:%H:%M} to {last:%H:%M}"
            lift = world.without_meeting(series, trial.on)
            yield Fact(("meeting", series, trial.on), rule, told, lift)


def practitioner(trial: Trial) -> Iterator[Ways]:
    """Nobody who could meet its needs is free and on duty for so long."""
    activity, board = trial.occurrence.activity, trial.board
    if not activity.role_needs:
        return
    faces = board.faces(trial.occurrence)
    crews = list(board.ledger.crews(trial.occurrence, faces))
    if any(free >> trial.start & 1 for _, free in crews):
        return
    if not board.problem.shape(activity).crews:
        yield only(_one_more_practitioner(trial))
        return
    ways = (_clearing_crew(trial, crew) for crew, _ in crews)
    found = [way for way in ways if way is not None]
    if faces is not None:
        found.append(frozenset((_face_rule(trial, faces),)))
    yield found


def _clearing_crew(trial: Trial, crew: tuple[str, ...]) -> Way | None:
    span = (trial.start, trial.end)
    return _all_of(f for person in crew for f in _person(trial, person, span, "practitioner"))


def _one_more_practitioner(trial: Trial) -> Fact:
    need = trial.occurrence.activity.role_needs[0]
    skill = f" with {need.skill}" if need.skill else ""
    words = f"the clinic has no {need.role}{skill}, or not enough of them"
    lift = world.one_more_practitioner(need)
    wider = Wider(f"one more {need.role}{skill}", lift)
    return fact("practitioner", need.role, words, lift, wider=wider)


def _face_rule(trial: Trial, faces: set[str]) -> Fact:
    activity, names = trial.occurrence.activity, " and ".join(sorted(faces))
    family = {
        a.id
        for patient in trial.occurrence.patients
        for a in trial.board.problem.pathways[patient].family(activity.id)
    }
    words = f"it must be with {names or 'one person'}, whom the patient keeps"
    lift = world.with_any_face(trial.occurrence.patients, family)
    return fact("practitioner", ("face", activity.id), words, lift, settled=True)


def _person(trial: Trial, name: str, span: Span, rule: Rule) -> Iterator[Fact | None]:
    """All that keeps a practitioner from being there for a stretch, and nobody else's."""
    board, problem = trial.board, trial.board.problem
    record = problem.people[name]
    yield from _off_duty(trial, record, span, rule)
    yield from _busy(trial, record, span, rule)
    for group in problem.clinic.groups:
        if group.facilitator == name:
            yield from _meetings(trial, group.id, span, rule, f"{name} leads")
    for other in board.standing_on(trial.day):
        serves = name in board.placed[other].crew and not other.is_meeting
        if serves and _meet(board.placed[other], span):
            yield trial.over(f"{name} is taken by {{}}", rule, other)
    if rule == "practitioner":
        for other in _holders(trial, name, span):
            yield trial.over(f"{name} monitors {{}}", "practitioner", other)


def _off_duty(trial: Trial, person: Practitioner, span: Span, rule: Rule) -> Iterator[Fact]:
    if any(s <= span[0] and span[1] <= e for s, e in trial.board.problem.duty(person.id)):
        return
    away = next((a for a in person.away if a.holds(trial.on)), None)
    words = f"is {trial.hours_text('on duty', person.hours)}"
    if away is not None:
        words = f"is away from {away.first} to {away.last}"
    window, weekday = trial.window(trial.start, trial.end), timing.weekday(trial.on)
    yield Fact(
        key=("duty", person.id, trial.on),
        rule=rule,
        words=f"{person.id} {words}",
        lift=world.on_duty(person.id, trial.on.isoformat(), window),
        wider=Wider(
            f"{person.id} on duty {window} on {DAY_NAMES[weekday]}",
            world.on_duty(person.id, weekday, window),
        ),
    )


def monitor(trial: Trial) -> Iterator[Ways]:
    """A stage finds no monitor on duty who has attention left."""
    problem, ledger = trial.board.problem, trial.board.ledger
    for stage in problem.shape(trial.occurrence.activity).stages:
        if not stage.load:
            continue
        monitors = problem.monitors()
        if any(ledger.monitor_starts(m, stage) >> trial.start & 1 for m in monitors):
            continue
        if not monitors:
            yield only(_one_more_monitor())
            continue
        yield [way for name in monitors for way in _freeing_monitor(trial, name, stage)]


def _one_more_monitor() -> Fact:
    lift = world.one_more_practitioner(RoleNeed(role="monitor"))
    wider = Wider("one monitor", lift)
    return fact("monitor", "monitor", "the clinic has no monitor", lift, wider=wider)


def _freeing_monitor(trial: Trial, name: str, stage: StagePlan) -> Iterator[Way]:
    """Ways in which a monitor could hold a stage: as few as possible of what they hold must go."""
    at = trial.start + stage.offset
    span = (at, at + stage.length)
    rest = list(_person(trial, name, span, "monitor"))
    holders = list(_holders(trial, name, span))
    for count in range(len(holders) + 1):
        enough = [gone for gone in combinations(holders, count) if _eased(trial, name, stage, gone)]
        for gone in enough:
            words = f"{name} holds {{}} (all monitors are at their limit)"
            way = _all_of([*rest, *(trial.over(words, "monitor", other) for other in gone)])
            if way is not None:
                yield way
        if enough:
            return


def _holders(trial: Trial, name: str, span: Span) -> Iterator[Occurrence]:
    """The sessions of which a monitor holds a stage within a stretch."""
    for other in trial.board.standing_on(trial.day):
        if any(
            held == name and start < span[1] and span[0] < end
            for held, start, end, _ in _holds(trial, other)
        ):
            yield other


def _holds(trial: Trial, other: Occurrence) -> Iterator[tuple[str | None, int, int, int]]:
    """Who holds which ticks of a standing session, and how much of them that takes."""
    placement = trial.board.placed[other]
    spans = stage_spans(trial.board.problem, other, placement)
    for (stage, span), held in zip(spans, placement.monitors, strict=False):
        yield held, span.start, span.stop, stage.load


def _eased(trial: Trial, name: str, stage: StagePlan, gone: Iterable[Occurrence]) -> bool:
    """Whether a monitor has attention left for a stage once some sessions have gone."""
    at = trial.start + stage.offset
    load = {t: trial.board.ledger.load[name][t] for t in range(at, at + stage.length)}
    for other in gone:
        for held, start, end, share in _holds(trial, other):
            if held == name:
                for tick in range(max(start, at), min(end, at + stage.length)):
                    load[tick] -= share
    return all(held + stage.load <= trial.board.problem.full_load for held in load.values())


def prescriber(trial: Trial) -> Iterator[Ways]:
    """No prescriber is on site for a stage that needs one."""
    problem = trial.board.problem
    people = [p for p in problem.clinic.practitioners if "prescriber" in p.roles]
    for stage in problem.shape(trial.occurrence.activity).stages:
        at = trial.start + stage.offset
        span = (at, at + stage.length)
        if not stage.prescriber or any(_is_there(trial, p, span) for p in people):
            continue
        yield [frozenset(_off_duty(trial, person, span, "prescriber")) for person in people]


def _is_there(trial: Trial, person: Practitioner, span: Span) -> bool:
    return any(s <= span[0] and span[1] <= e for s, e in trial.board.problem.duty(person.id))


OF_SERVING: Final[tuple[Callable[[Trial], Iterator[Ways]], ...]] = (
    location,
    practitioner,
    monitor,
    prescriber,
)
