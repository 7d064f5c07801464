"""No more at once than there are people, places and monitors for: said of all of them together.

`serving` says exactly who and what serves each session, in words of whole intervals, and these
bound little until they are chosen. Whatever is chosen, the sums said here hold at every tick.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from ortools.sat.python import cp_model

from scheduler.planning.asking import Occurrence
from scheduler.planning.problem import Shape
from scheduler.planning.solving.neighbourhood import Neighbourhood


class _Taking(NamedTuple):
    """From which tick to which a session takes so much, if a start is chosen."""

    start: int
    end: int
    much: int
    chosen: cp_model.IntVar


def pool(near: Neighbourhood) -> None:
    """Add the sums of all that free sessions could take from each other."""
    ledger = near.board.ledger
    sessions = [o for o in near.free if not o.is_meeting and near.candidates[o]]
    shapes = {o: near.problem.shape(o.activity) for o in sessions}
    for served, people in _pools({o: _one_of(shape) for o, shape in shapes.items()}):
        masks = [ledger.person_starts(person, 1) for person in people]
        _keep_within(near, _whole(near, served), partial(_number, masks))
    for served, places in _pools({o: _places(near, o) for o in sessions}):
        masks = [ledger.place_starts(place, 1) for place in places]
        _keep_within(near, _whole(near, served), partial(_number, masks))
    _keep_within(near, _stages(near, shapes), ledger.room_to_monitor)


def _number(masks: list[int], tick: int) -> int:
    """How many of some masks hold a tick."""
    return sum(mask >> tick & 1 for mask in masks)


def _one_of(shape: Shape) -> frozenset[str]:
    """Those of whom one serves a session; nobody where more than one does."""
    alone = all(len(crew) == 1 for crew in shape.crews)
    return frozenset(crew[0] for crew in shape.crews) if alone else frozenset()


def _places(near: Neighbourhood, occurrence: Occurrence) -> frozenset[str]:
    """The places of which a session takes one; none where it may do without."""
    places = near.problem.shape(occurrence.activity).locations
    real = all(near.problem.locations[place].kind != "virtual" for place in places)
    needed = occurrence.activity.location_kind is not None
    return frozenset(places) if real and needed else frozenset()


def _pools(
    options: dict[Occurrence, frozenset[str]],
) -> Iterator[tuple[list[Occurrence], frozenset[str]]]:
    """For each set of which a session takes one: all sessions that take one of this set."""
    for pool in {held: None for held in options.values() if held}:
        yield [o for o, held in options.items() if held and held <= pool], pool


def _whole(near: Neighbourhood, sessions: Iterable[Occurrence]) -> Iterator[_Taking]:
    for occurrence in sessions:
        for candidate in near.candidates[occurrence]:
            yield _Taking(candidate.start, candidate.end, 1, candidate.chosen)


def _stages(near: Neighbourhood, shapes: dict[Occurrence, Shape]) -> Iterator[_Taking]:
    for occurrence, shape in shapes.items():
        for candidate in near.candidates[occurrence]:
            for stage in filter(lambda held: held.load, shape.stages):
                begin = candidate.start + stage.offset
                yield _Taking(begin, begin + stage.length, stage.load, candidate.chosen)


def _keep_within(
    near: Neighbourhood, takings: Iterable[_Taking], room: Callable[[int], int]
) -> None:
    """At each tick at which anything begins, all that is taken then fits into the room there is."""
    begun: dict[int, list[_Taking]] = defaultdict(list)
    for taking in takings:
        begun[taking.start].append(taking)
    running: list[_Taking] = []
    for tick in sorted(begun):
        running = [taking for taking in running if taking.end > tick] + begun[tick]
        if len(running) > 1:
            taken = cp_model.LinearExpr.weighted_sum(
                [taking.chosen for taking in running], [taking.much for taking in running]
            )
            near.model.add(taken <= room(tick))
