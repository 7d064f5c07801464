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
    """Two appointments of one patient, the first of them new, with its activity."""

    new: Any
    booked: LibraryActivity
    other: Any

    def lies_within(self, span: timedelta) -> bool:
        """Whether no more lies between their starts."""
        return bool(abs(self.new.start - self.other.start) <= span)


def _therapy_beside_a_dose(pair: _Pair) -> bool:
    return pair.booked.purpose in THERAPY and pair.lies_within(_A_WEEK)


def _medication_beside_a_dose(pair: _Pair) -> bool:
    return pair.booked.purpose == "mat" and pair.lies_within(_TWO_DAYS)


def _dose_before_a_dose(pair: _Pair) -> bool:
    return pair.booked.purpose == "dose"


_ON_A_DOSE: Final[dict[str, Callable[[_Pair], bool]]] = {
    therapy.therapy_stands_beside_every_planned_dose.id: _therapy_beside_a_dose,
    eligibility.medication_visits_keep_clear_of_doses.id: _medication_beside_a_dose,
    courses.later_doses_wait_for_the_evaluation.id: _dose_before_a_dose,
    therapy.every_dose_has_an_integration_session.id: _dose_before_a_dose,
}

_NONE: Final = frozenset[str]()
_OF_UNITS: Final = frozenset({coverage.planned_sessions_stay_within_their_authorization.id})
"""Where a new one takes a unit, others of its service may go without."""

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
    rules = _OF_UNITS if appointment.id in _units_moved(protocol, facts, new) else _NONE
    if asking is None or asking.purpose != "dose":  # as most of the others
        return rules
    pairs = [_Pair(one, booked, appointment) for one, booked in _own(protocol, facts, new)]
    return rules.union(rule for rule, bears in _ON_A_DOSE.items() if any(map(bears, pairs)))


def _own(
    protocol: LibraryPathway, facts: Facts, new: Mapping[UUID, Any]
) -> Iterator[tuple[Any, LibraryActivity]]:
    """The new appointments that are the patient's, with their activities."""
    for name, one in new.items():
        booked = activity_of(protocol, one)
        if booked is not None and name in facts.taking_part:
            yield one, booked


def _units_moved(
    protocol: LibraryPathway, facts: Facts, new: Mapping[UUID, Any]
) -> frozenset[UUID]:
    """Who goes without a unit since a new one takes one, or did before; worked out once."""
    key = ("units moved", protocol.id, *new)
    found: frozenset[UUID] | None = facts.remembered.get(key)
    if found is None:
        found = facts.remembered[key] = frozenset[UUID]().union(
            *(
                _moved_by(one, booked.needs_authorization, protocol, facts)
                for one, booked in _own(protocol, facts, new)
                if booked.needs_authorization is not None
            )
        )
    return found


def _moved_by(new: Any, service: str, protocol: LibraryPathway, facts: Facts) -> frozenset[UUID]:
    kept = [one for one in facts.appointments if one.id != new.id]
    alone = replace(facts, appointments=kept, remembered={})
    before = payment.without_unit(protocol, alone, service)
    return before ^ payment.without_unit(protocol, facts, service)
