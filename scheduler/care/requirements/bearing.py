"""On what of other appointments a new one bears: all else they ask for stays as it was judged.

Whoever books waits for no more than that. What is on record changes in units of work of its own,
in which all is judged; so it is every hour, and before an appointment starts.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from pathways.protocol import LibraryPathway
from pathways.protocol.activities import THERAPY, LibraryActivity
from pathways.safety import courses, coverage, eligibility, therapy
from scheduler.care.facts import Facts
from scheduler.care.requirements import course, medicines, payment
from scheduler.care.requirements.requirement import Judge, activity_of

_A_WEEK: Final = timedelta(days=7)
"""Two that share a week of the pathway start no farther apart (R-01 looks at the dose's week)."""
_TWO_DAYS: Final = timedelta(days=2)
"""A medication visit and a dose that it may come too close to start no farther apart.

Far more than the buffer between the two that `pathways.safety.eligibility` asks for.
"""


class _Pair(NamedTuple):
    """Two appointments of one patient, the first of them new, each with its activity."""

    protocol: LibraryPathway
    facts: Facts
    new: Any
    booked: LibraryActivity
    other: Any
    asking: LibraryActivity

    def lies_within(self, span: timedelta) -> bool:
        """Whether no more lies between their starts."""
        return bool(abs(self.new.start - self.other.start) <= span)


def _therapy_beside_a_dose(pair: _Pair) -> bool:
    return pair.booked.purpose in THERAPY and pair.lies_within(_A_WEEK)


def _medication_beside_a_dose(pair: _Pair) -> bool:
    return pair.booked.purpose == "mat" and pair.lies_within(_TWO_DAYS)


def _dose_before_a_dose(pair: _Pair) -> bool:
    return pair.booked.purpose == "dose"


def _units_of_one_service(pair: _Pair) -> bool:
    """Where a new one takes a unit, others may go without: they are those who then do, or did."""
    service = pair.booked.needs_authorization
    if service is None or service != pair.asking.needs_authorization:
        return False
    key = ("without", pair.protocol.id, service, pair.new.id)
    before = pair.facts.remembered.get(key)
    if before is None:
        kept = [one for one in pair.facts.appointments if one.id != pair.new.id]
        alone = replace(pair.facts, appointments=kept, remembered={})
        before = pair.facts.remembered[key] = payment.without_unit(pair.protocol, alone, service)
    now = payment.without_unit(pair.protocol, pair.facts, service)
    return (pair.other.id in before) != (pair.other.id in now)


_ON_A_VISIT: Final[dict[str, Callable[[_Pair], bool]]] = {
    coverage.planned_sessions_stay_within_their_authorization.id: _units_of_one_service,
}
_ON_A_DOSE: Final[dict[str, Callable[[_Pair], bool]]] = {
    **_ON_A_VISIT,
    therapy.therapy_stands_beside_every_planned_dose.id: _therapy_beside_a_dose,
    eligibility.medication_visits_keep_clear_of_doses.id: _medication_beside_a_dose,
    courses.later_doses_wait_for_the_evaluation.id: _dose_before_a_dose,
    therapy.every_dose_has_an_integration_session.id: _dose_before_a_dose,
}

JUDGES: Final[dict[Judge, str]] = {
    course.therapy_stands_beside_the_dose: therapy.therapy_stands_beside_every_planned_dose.id,
    medicines.medicines_have_been_reviewed: eligibility.medication_visits_keep_clear_of_doses.id,
    medicines.medication_visits_keep_clear: eligibility.medication_visits_keep_clear_of_doses.id,
    course.evaluations_say_that_it_goes_on: courses.later_doses_wait_for_the_evaluation.id,
    course.integration_follows_before_the_next_dose: (
        therapy.every_dose_has_an_integration_session.id
    ),
    payment.a_unit_is_left: coverage.planned_sessions_stay_within_their_authorization.id,
}
"""Everything that asks by these rules, and by which of them."""


def rules_touched(
    protocol: LibraryPathway, facts: Facts, new: Mapping[UUID, Any], appointment: Any
) -> frozenset[str]:
    """The rules by which a patient's appointment may ask for something else than before.

    ``new``: those that were not there before, by their ids, and have not begun. They are among
    the patient's facts if they are the patient's.
    """
    asking = activity_of(protocol, appointment)
    if asking is None or (asking.purpose != "dose" and asking.needs_authorization is None):
        return frozenset()
    pairs = list(_pairs(protocol, facts, new, appointment))
    rules = _ON_A_DOSE if asking.purpose == "dose" else _ON_A_VISIT
    return frozenset(rule for rule, bears in rules.items() if any(map(bears, pairs)))


def _pairs(
    protocol: LibraryPathway, facts: Facts, new: Mapping[UUID, Any], appointment: Any
) -> Iterator[_Pair]:
    known = protocol.activities_by_id
    for name, one in new.items():
        if name in facts.taking_part and one.activity in known:
            asking = known[appointment.activity]
            yield _Pair(protocol, facts, one, known[one.activity], appointment, asking)
