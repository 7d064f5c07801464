"""What must have been measured before a dose, and who must have looked at it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from pathways.protocol.care import Measure
from scheduler.care.requirements.requirement import Case, Requirement, rule
from scheduler.store.tables import Answer

HIGH_RISK = "high-risk"
ITEM_NINE = "item-nine"
SUICIDE_SCALE = "C-SSRS"


def finished(answers: Iterator[Answer] | list[Answer], measure: str) -> list[Answer]:
    """The answers to a questionnaire that were finished, the earliest first."""
    return [a for a in answers if a.measure == measure and a.finished_at is not None]


def measures_have_a_baseline(case: Case) -> Iterator[Requirement]:
    """R-42: no first dose without the baseline of each measure that asks for one."""
    if not case.is_first_dose:
        return
    for measure in case.protocol.measures:
        if measure.baseline:
            yield case.asks(
                rule("baseline"),
                measure.id,
                met=any(_recent(case, measure, answer) for answer in _answers(case, measure)),
                says=f"{measure.id} has no baseline that is recent enough",
                fix=f"the {measure.answered_by} answers {measure.id}",
            )


def _answers(case: Case, measure: Measure) -> list[Answer]:
    return finished(list(case.facts.answers), measure.id)


def _recent(case: Case, measure: Measure, answer: Answer) -> bool:
    taken = case.facts.house.day(answer.taken_at)
    within = measure.baseline_within_days
    return taken <= case.day and (within is None or case.day <= taken + timedelta(days=within))


def measures_come_shortly_before_the_dose(case: Case) -> Iterator[Requirement]:
    """R-42: a measure that was not answered shortly before is a warning."""
    for measure in case.protocol.measures:
        if measure.within is not None and "every dose" in measure.at:
            since = case.first_drug - measure.within
            yield case.asks(
                rule("measure"),
                f"{measure.id}-before-dose",
                met=any(since <= a.taken_at <= case.first_drug for a in _answers(case, measure)),
                says=f"{measure.id} has not been answered shortly before this dose",
                fix=f"the {measure.answered_by} answers {measure.id}",
            )


def undecided(answers: Sequence[Answer]) -> list[Answer]:
    """Those that say a high risk of suicide on which no clinician has decided, the first first."""
    return [a for a in answers if HIGH_RISK in a.flags and a.disposed_at is None]


def unasked(answers: Sequence[Answer]) -> Answer | None:
    """The last report of thoughts of suicide, where nobody has asked about them since."""
    nine = [a for a in answers if ITEM_NINE in a.flags]
    asked = finished(list(answers), SUICIDE_SCALE)
    if not nine or any(a.taken_at >= nine[-1].taken_at for a in asked):
        return None
    return nine[-1]


def a_clinician_has_decided_on_the_risk(case: Case) -> Iterator[Requirement]:
    """R-43: no dose while a risk of suicide waits for a clinician's decision."""
    yield case.asks(
        rule("suicide-risk"),
        SUICIDE_SCALE,
        met=not undecided(case.facts.answers),
        says="a risk of suicide waits for a clinician's decision",
        fix="a clinician sees the patient and records what was decided",
    )
    yield case.asks(
        rule("suicide-risk"),
        ITEM_NINE,
        met=unasked(case.facts.answers) is None,
        says="thoughts of suicide were reported and have not been asked about since",
        fix=f"a clinician asks the {SUICIDE_SCALE} today",
    )
