"""Which questionnaires are due for whom, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from pathways.protocol import LibraryPathway
from pathways.protocol.care import Measure
from scheduler.care.facts import Facts
from scheduler.care.requirements.outcomes import finished
from scheduler.care.requirements.requirement import first_drug
from scheduler.store.tables import Enrolment


@dataclass(frozen=True)
class Due:
    """A questionnaire that is to be answered until the end of a date, by whom and why."""

    measure: str
    title: str
    on: date
    by: str
    why: str


def measures_due(
    protocol: LibraryPathway, facts: Facts, enrolment: Enrolment, *, now: datetime
) -> list[Due]:
    """Everything to be answered up to today, the longest due first."""
    today = facts.house.day(now)
    asked = [
        due
        for measure in protocol.measures
        for due in chain(
            _regular(measure, facts, enrolment), _before_dose(protocol, measure, facts, now)
        )
    ]
    found = [due for due in asked if due.on <= today]
    first = {due.measure: due for due in sorted(found, key=lambda due: due.on, reverse=True)}
    return sorted(first.values(), key=lambda due: (due.on, due.measure))


def _regular(measure: Measure, facts: Facts, enrolment: Enrolment) -> Iterator[Due]:
    answered = finished(list(facts.answers), measure.id)
    if not answered and (measure.baseline or "baseline" in measure.at):
        yield _due(measure, enrolment.start, "baseline")
    elif answered and measure.every_days is not None:
        last = facts.house.day(answered[-1].taken_at)
        yield _due(measure, last + timedelta(days=measure.every_days), "while the programme runs")


def _before_dose(
    protocol: LibraryPathway, measure: Measure, facts: Facts, now: datetime
) -> Iterator[Due]:
    doses = [a for a in facts.standing if a.is_dose and a.start > now and a.status != "fulfilled"]
    if not doses or measure.within is None or "every dose" not in measure.at:
        return
    opens = first_drug(protocol, doses[0]) - measure.within
    answered = finished(list(facts.answers), measure.id)
    if now >= opens and not any(a.taken_at >= opens for a in answered):
        yield _due(measure, facts.house.day(opens), "before the next dose")


def _due(measure: Measure, day: date, why: str) -> Due:
    return Due(measure.id, measure.title, day, measure.answered_by, why)
