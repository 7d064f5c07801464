"""What keeps a session from a start because of other appointments of its patients."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from pathways.model import Activity
from scheduler.planning.asking import Occurrence
from scheduler.planning.obstacles import world
from scheduler.planning.obstacles.facts import Fact, Wider, moment_text
from scheduler.planning.obstacles.trial import Trial, Ways, date_text, fact, only


def same_day(trial: Trial) -> Iterator[Ways]:
    """Overlaps, gaps that must lie between, and the rest of the day after a dose."""
    held = (o for name in trial.occurrence.patients for o in trial.board.on(name, trial.day))
    for other in dict.fromkeys(held):
        words = _too_near(trial, other)
        if words is not None:
            yield _without(trial.over(words, "spacing", other))


def _too_near(trial: Trial, other: Occurrence) -> str | None:
    """How another of the patient's appointments leaves no room, ``{}`` standing for it."""
    placement, activity = trial.board.placed[other], trial.occurrence.activity
    gap = trial.board.problem.shape
    if placement.start >= trial.end:
        close = placement.start - trial.end < gap(other.activity).gap
        needs = f"{{}} needs {other.activity.gap_before} free minutes before it"
        return (
            "it must leave the day free, and {} comes later"
            if activity.rest_of_day
            else (needs if close else None)
        )
    if placement.end <= trial.start:
        close = trial.start - placement.end < gap(activity).gap
        needs = f"{activity.gap_before} free minutes must lie between {{}} and this"
        return (
            "after {} the day stays free"
            if other.activity.rest_of_day
            else (needs if close else None)
        )
    return "{} is at the same time"


def _without(*found: Fact | None) -> Ways:
    """The one way to be rid of some appointments; none where one of them cannot go."""
    facts = [one for one in found if one is not None]
    return only(*facts) if len(facts) == len(found) else []


def dates(trial: Trial) -> Iterator[Ways]:
    """Too few days from another, or too many in so many days."""
    if not _unspaced(trial):
        return
    board, start = trial.board, trial.start
    near = sorted(set(_counted(trial)), key=lambda o: (abs(board.placed[o].start - start), o.index))
    ways = [w for o in near if _spaced_without(trial, [o]) for w in _without(_near(trial, o))]
    if not ways and _spaced_without(trial, near):
        ways = _without(*(_near(trial, other) for other in _needed(trial, near)))
    yield ways or only(_distance_rule(trial))


def _unspaced(trial: Trial) -> bool:
    return any(True for _ in trial.board.unspaced_days(trial.occurrence, [trial.day]))


def _spaced_without(trial: Trial, others: Iterable[Occurrence]) -> bool:
    mark = len(trial.board.journal)
    for other in others:
        trial.board.remove(other)
    spaced = not _unspaced(trial)
    trial.board.undo(mark)
    return spaced


def _needed(trial: Trial, others: list[Occurrence]) -> list[Occurrence]:
    """As few of these as must go, the farthest kept first."""
    gone = list(others)
    for other in reversed(others):
        rest = [one for one in gone if one is not other]
        if _spaced_without(trial, rest):
            gone = rest
    return gone


def _counted(trial: Trial) -> Iterator[Occurrence]:
    """The standing appointments that its rules on dates, or those of others, count with it."""
    board = trial.board
    for name in trial.occurrence.patients:
        for activity in _judging(trial, name):
            for counted in (activity.id, activity.spaced_with or activity.id):
                held = board.problem.asked.by_activity.get((name, counted), ())
                yield from (o for o in held if o in board.placed)


def _judging(trial: Trial, patient: str) -> list[Activity]:
    """The activities by whose rules on dates it is judged."""
    name = trial.occurrence.activity.id
    activities = trial.board.problem.pathways[patient].activities
    return [a for a in activities if name in (a.id, a.spaced_with)]


def _near(trial: Trial, other: Occurrence) -> Fact | None:
    return trial.over(f"{{}} is too near{_distance(trial)}", "spacing", other)


def _distance(trial: Trial) -> str:
    told = []
    for activity in _judging(trial, trial.occurrence.owner):
        if activity.min_days_between:
            told.append(f"at least {activity.min_days_between} days apart")
        if activity.max_in_days:
            most = activity.max_in_days
            told.append(f"at most {most.count} in {most.days} days")
    return f" ({', '.join(dict.fromkeys(told))})"


def _distance_rule(trial: Trial) -> Fact:
    """What has taken place already stands in the way: only the rule itself could give way."""
    names = [a.id for p in trial.occurrence.patients for a in _judging(trial, p)]
    lift = world.without_rule(
        trial.occurrence.patients, names, min_days_between=None, max_in_days=None
    )
    words = f"other sessions that have to stay are too near{_distance(trial)}"
    return fact("spacing", "dates", words, lift, settled=True)


def order(trial: Trial) -> Iterator[Ways]:
    """Numbers of a week that would not ascend, and what must come first or later."""
    board, occurrence = trial.board, trial.occurrence
    for other in board.problem.asked.by_activity[occurrence.owner, occurrence.activity.id]:
        placement = board.placed.get(other)
        if placement is None or other is occurrence or other.week != occurrence.week:
            continue
        before = other.number < occurrence.number
        if (placement.start > trial.start) if before else (placement.start < trial.start):
            words = "{} would come out of order"
            yield _without(trial.over(words, "order", other))
    for name in occurrence.patients:
        yield from _after_what_comes_first(trial, name)
        yield from _before_what_comes_later(trial, name)


def _after_what_comes_first(trial: Trial, patient: str) -> Iterator[Ways]:
    board, activity = trial.board, trial.occurrence.activity
    for first in activity.preceded_by:
        done = board.done_at((patient, first.activity, first.occurrence))
        if done <= trial.start:
            continue
        title = board.problem.pathways[patient].activity(first.activity).title
        ends = "has no time"
        if done < board.problem.calendar.end:
            ends = f"ends {moment_text(board.problem.calendar.instant(done))}"
        kept = tuple(p for p in activity.preceded_by if p != first)
        lift = world.without_rule(trial.occurrence.patients, [activity.id], preceded_by=kept)
        words = f"{patient}'s {title} {first.occurrence} comes first, and {ends}"
        about = (activity.id, first.activity, first.occurrence)
        yield only(fact("order", about, words, lift, settled=True))


def _before_what_comes_later(trial: Trial, patient: str) -> Iterator[Ways]:
    board, occurrence = trial.board, trial.occurrence
    for activity in board.problem.pathways[patient].activities:
        named = [(b.activity, b.occurrence) for b in activity.preceded_by]
        if (occurrence.activity.id, occurrence.number) not in named:
            continue
        for later in board.problem.asked.by_activity.get((patient, activity.id), ()):
            stands = board.placed.get(later) if later is not occurrence else None
            if stands is not None and stands.start < trial.end:
                words = "{} may only start once this has ended"
                yield _without(trial.over(words, "order", later))


def lag(trial: Trial) -> Iterator[Ways]:
    """Too soon or too late after its anchor, or what follows it too soon or too late after it."""
    board, occurrence = trial.board, trial.occurrence
    after, end = occurrence.activity.after, board.anchored(occurrence)
    if after is not None and end is not None and not _keeps(trial, occurrence, trial.start, end):
        yield only(_lag_rule(trial, end))
    for follower in occurrence.followers:
        if follower in board.placed and follower.asked:
            others = [a for a in follower.anchors if a is not occurrence]
            if any(other not in board.placed for other in others):
                continue
            end = max([trial.end, *(board.placed[other].end for other in others)])
            if not _keeps(trial, follower, board.placed[follower].start, end):
                words = f"{{}} must follow {_lag_text(follower)} this"
                yield _without(trial.over(words, "lag", follower))


def _keeps(trial: Trial, follower: Occurrence, start: int, end: int) -> bool:
    after = follower.activity.after
    seconds = (start - end) * trial.board.problem.calendar.tick_seconds
    return after is None or (
        after.lag.min.total_seconds() <= seconds <= after.lag.max.total_seconds()
    )


def _lag_rule(trial: Trial, end: int) -> Fact:
    occurrence = trial.occurrence
    anchor = trial.board.problem.calendar.instant(end)
    after = occurrence.activity.after
    lift = world.without_lag(occurrence.patients, occurrence.activity)
    title = trial.board.problem.pathways[occurrence.owner].activity(after.activity).title  # type: ignore[union-attr]  # it has an anchor
    words = (
        f"it must begin {_lag_text(occurrence)} {title} {occurrence.number}, "
        f"which ends {moment_text(anchor)}"
    )
    return fact("lag", occurrence.activity.id, words, lift, settled=True)


def _lag_text(occurrence: Occurrence) -> str:
    after = occurrence.activity.after
    if after is None:
        return "after"
    low, high = (limit.total_seconds() / 3600 for limit in (after.lag.min, after.lag.max))
    return f"{low:g} to {high:g} hours after"


def partner(trial: Trial) -> Iterator[Ways]:
    """The partner has a session without driving on that date."""
    if not trial.occurrence.activity.no_driving:
        return
    for patient in trial.patients:
        for other in trial.board.on(patient.partner or "", trial.day):
            if other.activity.no_driving and other is not trial.occurrence:
                words = "{} is on the same date, and neither partner could drive"
                yield _without(trial.over(words, "partner", other))


def authorization(trial: Trial) -> Iterator[Ways]:
    """No authorization covers the date, or none of its units is left."""
    service = trial.occurrence.activity.needs_authorization
    for patient in trial.patients if service is not None else ():
        if trial.board.has_unit(patient.id, service or "", trial.day):
            continue
        held = [a for a in patient.authorizations if a.service == service and a.holds(trial.on)]
        words = f"{patient.id} has no authorization of {service} on {date_text(trial.on)}"
        about: tuple[object, ...] = (patient.id, service, trial.on)
        if held:
            until = date_text(held[0].last)
            words = f"{patient.id}'s {held[0].units} units of {service} until {until} are used up"
            about = (patient.id, service, held[0].first)
        more = 1 + _owed_before(trial, service or "")
        lift = world.authorized(patient.id, service or "", trial.on, more)
        units = "one more unit" if more == 1 else f"{more} more units"
        wider = Wider(f"{units} of {service} for {patient.id}", lift)
        yield only(fact("authorization", about, words, lift, wider=wider))


def _owed_before(trial: Trial, service: str) -> int:
    """Earlier meetings without a unit of the same authorization: units go to those first."""
    board, occurrence = trial.board, trial.occurrence
    if not occurrence.is_meeting:
        return 0
    here = board.problem.authorization(occurrence.owner, service, trial.start)
    earlier = [
        meeting.start
        for other in board.problem.asked.by_activity[occurrence.owner, occurrence.activity.id]
        if other not in board.placed and other is not occurrence and board.wanted(other)
        for meeting in [board.meeting(other)]
        if meeting is not None and meeting.start < trial.start
    ]
    return sum(
        board.problem.authorization(occurrence.owner, service, start) == here for start in earlier
    )


OF_NEIGHBOURS: Final[tuple[Callable[[Trial], Iterator[Ways]], ...]] = (
    same_day,
    dates,
    order,
    lag,
    partner,
    authorization,
)
