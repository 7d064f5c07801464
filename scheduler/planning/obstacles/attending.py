"""What keeps a patient from a meeting of the series that they have joined."""

from collections.abc import Iterator

from scheduler.planning.obstacles import neighbours, world
from scheduler.planning.obstacles.facts import Fact, Wider
from scheduler.planning.obstacles.times import availability
from scheduler.planning.obstacles.trial import Trial, Ways, fact


def of_meeting(trial: Trial) -> Iterator[Ways]:
    """Every thing that attending would need and that is lacking."""
    for lacking in (
        availability,
        neighbours.same_day,
        neighbours.order,
        neighbours.lag,
        neighbours.authorization,
        _seat,
    ):
        yield from lacking(trial)


def _seat(trial: Trial) -> Iterator[Ways]:
    """No seat is left: one more, or one of those who attend stays away."""
    board, occurrence = trial.board, trial.occurrence
    series = board.series.get((occurrence.owner, occurrence.activity.id))
    if series is None or board.seats[series, trial.start] < board.problem.seats(series):
        return
    seats = board.problem.seats(series)
    words = f"all {seats} seats of {series} are taken"
    lift = world.one_more_seat(series)
    found: list[Fact | None] = [
        fact("capacity", series, words, lift, wider=Wider(f"one more seat in {series}", lift)),
        *(
            trial.over("{} takes a seat", "capacity", other)
            for other in board.standing_on(trial.day)
            if board.placed[other].series == series and board.placed[other].start == trial.start
        ),
    ]
    yield [frozenset((one,)) for one in found if one is not None]
