"""Questionnaires: their items, and the score of a set of answers."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field, TypeAdapter

from pathways.protocol.care import Measure, Score
from pathways.record import Count, Id, Record, Text
from scheduler.errors import NotUnderstood


class Questionnaire(Record):
    """``items`` are numbered from 1, each answered from 0 to ``highest``.

    ``total``: the sum, or the highest of the first ``severity`` items that was answered with yes.
    ``scores``: a score of the pathway that an answer to one item alone fulfils, and which item.
    ``asks``: what every item is asked for, where patients answer it; ``scale``: what the answers
    mean, from 0 on, or the lowest and the highest alone.
    """

    total: Literal["sum", "highest"]
    highest: Count
    items: tuple[Text, ...] = Field(min_length=1)
    severity: Count | None = None
    scores: dict[Id, Count] = Field(default_factory=dict)
    asks: str = ""
    scale: tuple[Text, ...] = ()

    def means(self, value: int) -> str:
        """What an answer means in words; empty for one between the named ends."""
        if len(self.scale) == self.highest + 1:
            return self.scale[value]
        return {0: self.scale[0], self.highest: self.scale[-1]}.get(value, "") if self.scale else ""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The items as answers name them."""
        return tuple(str(number) for number in range(1, len(self.items) + 1))


@cache
def questionnaires() -> dict[str, Questionnaire]:
    """All questionnaires, by the measure of the pathways that they belong to."""
    text = resources.files("scheduler.care").joinpath("questionnaires.toml").read_text("utf-8")
    return TypeAdapter(dict[str, Questionnaire]).validate_python(tomllib.loads(text))


def questionnaire(measure: str) -> Questionnaire:
    """The questionnaire of a measure; NotUnderstood where there is none."""
    found = questionnaires().get(measure)
    if found is None:
        names = ", ".join(questionnaires())
        says = f"there is no questionnaire {measure!r}"
        raise NotUnderstood(says, fix=f"one of {names}", place="measure")
    return found


def refuse_wrong(asked: Questionnaire, answers: Mapping[str, int]) -> None:
    """NotUnderstood, naming the first, where an answer is of no item or out of its range."""
    for item, value in answers.items():
        if item not in asked.numbers:
            says, fix = f"there is no item {item!r}", f"number items from 1 to {len(asked.items)}"
            raise NotUnderstood(says, fix=fix, place=f"answers.{item}")
        if not 0 <= value <= asked.highest:
            says = f"item {item} takes 0 to {asked.highest}"
            raise NotUnderstood(says, fix="choose one of them", place=f"answers.{item}")


def unanswered(asked: Questionnaire, answers: Mapping[str, int]) -> list[str]:
    """The numbers of the items that still lack an answer."""
    return [item for item in asked.numbers if item not in answers]


def total_of(asked: Questionnaire, answers: Mapping[str, int]) -> int:
    """The score of a whole set of answers."""
    if asked.total == "sum":
        return sum(answers[item] for item in asked.numbers)
    graded = asked.numbers[: asked.severity]
    return max((int(item) for item in graded if answers[item]), default=0)


@dataclass(frozen=True)
class Line:
    """A total from which a score of the pathway is fulfilled, at it and beyond.

    ``downward``: beyond it are the lower totals.
    """

    score: Score
    total: float
    downward: bool


def lines_of(measure: Measure, baseline: int | None) -> list[Line]:
    """The totals of a measure that mean something, as its pathway has them.

    A score that one item alone fulfils has none; without a ``baseline`` there is no response.
    """
    asked = questionnaires().get(measure.id)
    of_items = asked.scores if asked and asked.total == "sum" else {}
    return [line for s in measure.scores if s.id not in of_items for line in _lines(s, baseline)]


def _lines(score: Score, baseline: int | None) -> Iterator[Line]:
    if score.drop_percent is not None:
        if baseline:
            yield Line(score, baseline * (100 - score.drop_percent) / 100, downward=True)
        return
    if score.at_most is not None:
        yield Line(score, score.at_most, downward=True)
    if score.at_least is not None:
        yield Line(score, score.at_least, downward=False)


def flags_of(
    measure: Measure, answers: Mapping[str, int], total: int, baseline: int | None
) -> list[str]:
    """The ids of the pathway's scores that a whole set of answers fulfils.

    ``baseline``: the total of the first time, without which there is no response. Response and
    remission are told, and change nothing by themselves.
    """
    asked = questionnaire(measure.id)
    return [s.id for s in measure.scores if _fulfils(s, asked, answers, total, baseline)]


def _fulfils(
    score: Score,
    asked: Questionnaire,
    answers: Mapping[str, int],
    total: int,
    baseline: int | None,
) -> bool:
    item = asked.scores.get(score.id)
    if item is not None and asked.total == "sum":
        return score.at_least is not None and answers[str(item)] >= score.at_least
    if item is not None and answers[str(item)]:
        return True
    if score.drop_percent is not None:
        dropped = (baseline or 0) - total
        return bool(baseline) and dropped * 100 >= score.drop_percent * (baseline or 0)
    return (score.at_least is None or total >= score.at_least) and (
        score.at_most is None or total <= score.at_most
    )
