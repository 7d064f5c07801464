"""Questionnaires that tell a story for each patient: most get better, a few do not."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from api.demo.cast import Cast, Person
from api.demo.records import begun
from api.demo.writing import write
from pathways.protocol.care import Measure
from scheduler.care.questionnaires import Questionnaire, flags_of, questionnaires, total_of
from scheduler.care.requirements.outcomes import SUICIDE_SCALE
from scheduler.store.tables import Answer

_MORNING, _EVENING = 10 * 60, 19 * 60
_SKIPS_THE_LAST = 13  # every thirteenth is due today, so that somebody is asked to ask


def keep_scores(cast: Cast) -> None:
    """Baselines, the weeks since, and before each dose."""
    write(cast.session, Answer, (row for p in cast.people for row in _of_person(cast, p)))


def _of_person(cast: Cast, person: Person) -> Iterator[dict[str, Any]]:
    for measure in person.protocol.measures:
        asked = questionnaires().get(measure.id)
        if asked is None:
            continue
        baseline: int | None = None
        for moment in _times(cast, person, measure):
            row = _answer(person, measure, asked, moment, baseline)
            baseline = row["total"] if baseline is None else baseline
            yield row


def _times(cast: Cast, person: Person, measure: Measure) -> list[datetime]:
    """When somebody answered: at the beginning, week by week, before each dose."""
    first = begun(cast, person) + timedelta(minutes=50)
    every = timedelta(days=measure.every_days or 28)
    weekly, moment = [], first
    while moment <= cast.now:
        weekly.append(moment)
        moment += every
    found = sorted(set(chain(weekly, _before_doses(cast, person, measure))))
    if person.number % _SKIPS_THE_LAST == 6:
        last = cast.at(cast.today - every, _MORNING)
        found = [m for m in found if m < last] + [last] if found[0] < last else found
    return found


def _before_doses(cast: Cast, person: Person, measure: Measure) -> Iterator[datetime]:
    """On the eve: first the patient answers, then a clinician asks by telephone."""
    if "every dose" not in measure.at:
        return
    for dose in person.doses:
        eve = cast.at(cast.day(dose.start) - timedelta(days=1), _EVENING)
        moment = eve + timedelta(minutes=20 if measure.answered_by == "clinician" else 0)
        if moment <= cast.now:
            yield moment


def _answer(
    person: Person,
    measure: Measure,
    asked: Questionnaire,
    moment: datetime,
    baseline: int | None,
) -> dict[str, Any]:
    burden = _burden(person, moment)
    if measure.id == SUICIDE_SCALE:
        answers = {name: int(name == "1" and burden > _WISHES) for name in asked.numbers}
    else:
        answers = _spread(asked, burden)
    total = total_of(asked, answers)
    return {
        "patient_id": person.id,
        "measure": measure.id,
        "taken_at": moment,
        "finished_at": moment,
        "answers": answers,
        "total": total,
        "flags": flags_of(measure, answers, total, baseline),
    }


_WISHES = 0.76
"""Above so much of the worst score somebody wishes not to wake up; nobody here goes beyond."""


def _burden(person: Person, moment: datetime) -> float:
    """How ill somebody is, from 0 to 1: it falls with the doses, quickly at first."""
    severe = 0.62 + person.number % 7 * 0.03
    gain = (0.72, 0.64, 0.30, 0.78, 0.05, 0.58, 0.68)[person.number % 7]
    since = max((moment - person.doses[0].start).days, 0) if person.doses else 0
    wave = 0.025 * math.sin(person.number + moment.toordinal() / 3)
    return min(max(severe * (1 - gain * (1 - math.exp(-since / 12))) + wave, 0.0), 0.9)


def _spread(asked: Questionnaire, burden: float) -> dict[str, int]:
    """A burden over the items, the first ones the worst; the last one asks of wishing to die."""
    answers = dict.fromkeys(asked.numbers, 0)
    borne = asked.numbers[:-1] if asked.scores and burden <= _WISHES else asked.numbers
    for step in range(round(burden * asked.highest * len(asked.numbers))):
        name = borne[step % len(borne)]
        answers[name] = min(answers[name] + 1, asked.highest)
    return answers
