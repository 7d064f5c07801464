"""The free sessions of each week of a pathway, in blocks of like ones."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pathways.model import Activity
from scheduler.planning.asking import Occurrence
from scheduler.planning.course.asking import NotAWalk, Request


@dataclass(frozen=True)
class Block:
    """The free sessions of one activity in one week, in order.

    ``last`` ends its day; ``marked`` has its days counted by a rule; anything else is plain.
    ``numbered``: which of them stands where makes a difference. ``most`` may stand on one day.
    """

    activity: Activity
    sessions: tuple[Occurrence, ...]
    last: bool
    marked: bool
    most: int
    numbered: bool


@dataclass(frozen=True)
class Week:
    """What a week of the pathway owns: plain blocks, and those that a walk has to remember.

    ``first`` is its first day, counted from the beginning of the calendar.
    """

    first: int
    plain: tuple[Block, ...]
    marked: tuple[Block, ...]


def spaced_activities(activities: Iterable[Activity]) -> set[str]:
    """The activities whose days a rule counts."""
    found: set[str] = set()
    for activity in activities:
        if activity.min_days_between or activity.max_in_days:
            found |= {activity.id, *([activity.spaced_with] if activity.spaced_with else [])}
    return found


def weeks_of(request: Request) -> list[Week]:
    """The weeks of a patient's pathway; of a part only those of which something is asked.

    Raises `NotAWalk` where two sessions of a day would both be counted by a rule on dates.
    """
    held: dict[int, dict[str, list[Occurrence]]] = defaultdict(lambda: defaultdict(list))
    for occurrence in request.free:
        if occurrence.week is not None:
            held[occurrence.week][occurrence.activity.id].append(occurrence)
    problem = request.problem
    start = problem.day(problem.patients[request.patient].start)
    return [
        _week(request, start + 7 * (week - 1), held.get(week, {}).values())
        for week in range(1, problem.pathways[request.patient].weeks + 1)
        if request.is_whole or week in held
    ]


def _week(request: Request, first: int, groups: Iterable[list[Occurrence]]) -> Week:
    spaced = spaced_activities(request.activities)
    blocks = [block for group in groups for block in _blocks(request, group, spaced)]
    return Week(
        first,
        tuple(block for block in blocks if not block.last and not block.marked),
        tuple(_in_turn([block for block in blocks if block.last or block.marked])),
    )


def _in_turn(blocks: list[Block]) -> Iterator[Block]:
    """The blocks, each after those that have to come first: a day is filled in this order."""
    waiting = list(blocks)
    while waiting:
        ready = (b for b in waiting if not any(_comes_first(other, b) for other in waiting))
        block = next(ready, waiting[0])
        waiting.remove(block)
        yield block


def _comes_first(one: Block, other: Block) -> bool:
    named = (before.activity for before in other.activity.preceded_by)
    return one is not other and one.activity.id in named


def _blocks(request: Request, group: list[Occurrence], spaced: set[str]) -> Iterator[Block]:
    activity = group[0].activity
    marked = activity.id in spaced
    numbered = _differ(request, group)
    if numbered and not marked and not activity.rest_of_day:
        # Each is asked for by itself, as if their order did not matter.
        for occurrence in group:
            yield Block(activity, (occurrence,), last=False, marked=False, most=1, numbered=False)
        return
    apart = activity.rest_of_day or bool(activity.min_days_between)
    if marked and not apart and len(group) > 1:
        raise NotAWalk(request.patient, f"{group[0]} may stand twice on a day that a rule counts")
    once = marked or apart
    most = 1 if once else len(group)
    sessions = tuple(sorted(group, key=lambda o: o.number))
    yield Block(activity, sessions, activity.rest_of_day, marked, most, numbered)


def _differ(request: Request, group: list[Occurrence]) -> bool:
    """Whether it makes a difference which of some sessions of a week stands where."""
    named = {
        (before.activity, before.occurrence)
        for activity in request.activities
        for before in activity.preceded_by
    }
    followed = {len(o.followers) for o in group}
    return len(group) > 1 and (
        len(followed) > 1
        or any((o.activity.id, o.number) in named for o in group)
        or any(o.booked or request.stands_beside(o) for o in group)
        or any(request.is_followed_by_what_stands(o) for o in group)
    )
