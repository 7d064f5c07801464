"""Why not: what keeps an occurrence from a time, and what would work instead.

`explain` is the door. What it tells has been tried: by taking the fact out of the scenario or the
appointment out of the plan, placing the occurrence, and putting the result before the judge.
"""

from dataclasses import dataclass, replace

from scheduler.planning.obstacles.question import Question
from scheduler.planning.obstacles.relaxing import Choice, choices
from scheduler.planning.obstacles.telling import Finding, Obstacle, find_obstacles
from scheduler.planning.obstacles.world import lifted

__all__ = ["Choice", "Explanation", "Obstacle", "Question", "explain"]


@dataclass(frozen=True)
class Explanation:
    """The obstacles to a placement, all of which must go, and what would work instead."""

    question: Question
    possible: bool
    obstacles: tuple[Obstacle, ...]
    choices: tuple[Choice, ...]
    instead: "Explanation | None" = None
    """It could have the place of another of its kind; this says why that one then has none."""


def explain(question: Question) -> Explanation:
    """Why an occurrence is not at a time, or nowhere. The plan must hold before the judge."""
    possible = question.is_open(question.world)
    finding = find_obstacles(question)
    told = tuple(choices(question, finding.removals))
    answer = Explanation(question, possible, finding.obstacles, told)
    if question.at is None and not told:
        return replace(answer, instead=_instead(question, finding))
    return answer


def _instead(question: Question, finding: Finding) -> Explanation | None:
    """Where one of the same kind alone is in the way: the two have one place between them."""
    facts = [fact for obstacle in finding.obstacles for fact in obstacle.facts]
    if len(facts) != 1 or facts[0].moves is None or not facts[0].settled or facts[0].moves.locked:
        return None
    other = facts[0].moves
    plan = question.answer(lifted(question.world, [facts[0].lift]))
    if plan is None:
        return None
    key = (other.owner, other.activity.id, other.number)
    swapped = Question(question.scenario, plan, key, cost=question.present_cost)
    found = find_obstacles(swapped)
    open_ = swapped.is_open(swapped.world)
    return Explanation(swapped, open_, found.obstacles, tuple(choices(swapped, found.removals)))
