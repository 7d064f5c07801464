"""How two plans differ in a patient's eyes: other groups, other dose days, another face."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pathways import timing
from pathways.model import Activity
from pathways.plan import Appointment, Plan
from pathways.scenario import Scenario


@dataclass(frozen=True)
class Instead:
    """Of an activity, by its title: what or who it was, and is now."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """What of a patient's plan is another: series, faces, and on which weekdays doses lie.

    ``moved`` of ``doses`` dose sessions lie on another weekday than the same one before.
    """

    series: tuple[Instead, ...]
    faces: tuple[Instead, ...]
    moved: int
    doses: int
    days_before: tuple[str, ...]
    days_after: tuple[str, ...]

    @property
    def is_plain(self) -> bool:
        """Whether a person would call it another plan: not only hours or single days."""
        return bool(self.series or self.faces) or (self.moved > 0 and 2 * self.moved >= self.doses)


def difference(scenario: Scenario, patient: str, before: Plan, after: Plan) -> Difference:
    """How a patient's part of one plan differs from that of another."""
    days = [_dose_days(scenario, patient, plan) for plan in (before, after)]
    both = days[0].keys() & days[1].keys()
    return Difference(
        series=_instead(scenario, patient, *(joined(p, patient) for p in (before, after))),
        faces=_instead(scenario, patient, *(faces(scenario, patient, p) for p in (before, after))),
        moved=sum(days[0][number] != days[1][number] for number in both),
        doses=len(both),
        days_before=_in_order(days[0].values()),
        days_after=_in_order(days[1].values()),
    )


def _instead(
    scenario: Scenario, patient: str, before: dict[str, str], after: dict[str, str]
) -> tuple[Instead, ...]:
    pathway = scenario.pathway_of(scenario.patient(patient))
    return tuple(
        Instead(pathway.activity(name).title, before[name], after[name])
        for name in before
        if name in after and before[name] != after[name]
    )


def joined(plan: Plan, patient: str) -> dict[str, str]:
    """The series that a patient joined, by activity."""
    return {entry.activity: entry.series for entry in plan.groups if entry.patient == patient}


def faces(scenario: Scenario, patient: str, plan: Plan) -> dict[str, str]:
    """Who serves most of each family that keeps a person, by the activity it is named after."""
    met: dict[str, Counter[str]] = {}
    for appointment in own(plan, patient):
        activity = activity_of(scenario, patient, appointment)
        for need, person in zip(activity.role_needs, appointment.practitioners, strict=False):
            if need.same_person:
                family = activity.same_person_as or activity.id
                met.setdefault(family, Counter())[person] += 1
    return {
        family: max(sorted(people), key=lambda name: people[name]) for family, people in met.items()
    }


def own(plan: Plan, patient: str) -> list[Appointment]:
    """A patient's appointments."""
    return [a for a in plan.appointments if patient in a.patients]


def activity_of(scenario: Scenario, patient: str, appointment: Appointment) -> Activity:
    """The activity of one of a patient's appointments."""
    return scenario.pathway_of(scenario.patient(patient)).activity(appointment.activity)


def _dose_days(scenario: Scenario, patient: str, plan: Plan) -> dict[tuple[str, int], str]:
    return {
        (a.activity, a.occurrence): timing.weekday(day_of(scenario, a))
        for a in own(plan, patient)
        if activity_of(scenario, patient, a).is_dose_like
    }


def day_of(scenario: Scenario, appointment: Appointment) -> date:
    """The date of an appointment."""
    return scenario.local(appointment.start).date()


def _in_order(days: Iterable[str]) -> tuple[str, ...]:
    held = set(days)
    return tuple(day for day in timing.WEEKDAYS if day in held)
