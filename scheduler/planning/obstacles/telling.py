"""What stands in the way, told only once it has been tried.

All that is told stands: with every obstacle as it is the placement is impossible. One obstacle is
gone as soon as one of its facts is. With all obstacles gone the placement is possible, and with
all but any one of them it is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

from scheduler.planning.obstacles.facts import Fact, Way
from scheduler.planning.obstacles.question import Question
from scheduler.planning.obstacles.smallest import Removal, smallest_removals
from scheduler.planning.obstacles.world import lifted

TRIED = 40
"""Sets of facts that are tried at the most."""
TOLD = 6
"""Facts that are told of one obstacle at the most."""
ENOUGH = 2 * TOLD
"""Sets of several facts that open the way, among which others for each fact are looked for."""


@dataclass(frozen=True)
class Obstacle:
    """Something in the way; it has gone once any one of its facts has."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Finding:
    """The obstacles, and sets of facts that may open the way, not all of them tried, best first.

    No obstacles: nothing stands in the way, or more than anybody would mend.
    """

    obstacles: tuple[Obstacle, ...]
    removals: tuple[Removal, ...] = ()


def find_obstacles(question: Question) -> Finding:
    """The smallest set of obstacles, each proven; none where the placement is possible."""
    if question.is_open(question.world):
        return Finding(())
    trial = _Trials(question)
    removals = smallest_removals(question)
    alone = bool(removals) and len(removals[0].facts) == 1
    opening = list(islice(trial.opening(removals), TOLD if alone else ENOUGH))
    if not opening:
        return Finding(())
    first = trial.without_needless(opening[0].facts)
    alike = [removal for removal in opening if len(removal.facts) == len(first)]
    obstacles = tuple(trial.obstacle(fact, first, alike) for fact in sorted(first, key=_rank))
    return Finding(obstacles, tuple(r for r in removals if len(r.facts) == len(first)))


def _rank(fact: Fact) -> tuple[object, ...]:
    return fact.rank


class _Trials:
    """What opens the way to a placement, found out by trying."""

    def __init__(self, question: Question) -> None:
        self.question = question

    def opening(self, removals: list[Removal]) -> Iterator[Removal]:
        """The removals after which the judge passes a plan with the placement, each set once."""
        seen: set[Way] = set()
        for removal in removals:
            if removal.facts not in seen and len(seen) < TRIED:
                seen.add(removal.facts)
                if self.opens(removal.facts):
                    yield removal

    def obstacle(self, fact: Fact, facts: Way, alike: list[Removal]) -> Obstacle:
        """A fact of a set, and those that could go in its place, the rest of the set gone too."""
        others = facts - {fact}
        instead = {
            other
            for removal in alike
            if others < removal.facts
            for other in removal.facts - others
            if other != fact
        }
        told = [fact]
        for other in sorted(instead, key=_rank):
            # A set of one has been tried already; with others, these may open another day.
            if len(told) < TOLD and (not others or self.opens(others | {other})):
                told.append(other)
        return Obstacle(tuple(told))

    def opens(self, facts: Way) -> bool:
        """Whether the judge passes a plan with the placement once these facts have gone."""
        lifts = (fact.lift for fact in sorted(facts, key=_rank))
        return self.question.answer(lifted(self.question.world, lifts)) is not None

    def without_needless(self, facts: Way) -> Way:
        """As few of these facts as still open the way."""
        for count in range(1, len(facts)):
            for some in combinations(sorted(facts, key=_rank), count):
                fewer = frozenset(some)
                if self.opens(fewer):
                    return fewer
        return facts
