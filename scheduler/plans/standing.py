"""What is booked, judged: the breaches at some of a clinic's appointments."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pathways.scenario import Scenario
from scheduler.planning.judging import safety_breaches
from scheduler.planning.verifying import breaches_of
from scheduler.plans.asking import standing_plan

_PLACE = re.compile(r"appointments\[([0-9]+)\]")


@dataclass(frozen=True)
class StandingBreach:
    """A rule that is broken by what is booked, and where."""

    rule: str
    place: str
    says: str


def breaches(scenario: Scenario, names: Iterable[str]) -> list[StandingBreach]:
    """The hard rules that appointments of these names break, of the contract and of safety.

    Appointments that have begun count for others and are not told themselves.
    """
    wanted = set(names)
    everybody = [patient.id for patient in scenario.patients]
    unlocked = tuple(b.model_copy(update={"locked": False}) for b in scenario.booked)
    plan = standing_plan(scenario.model_copy(update={"booked": unlocked}), everybody)
    found = []
    identities = {a.identity for a in plan.appointments if a.id in wanted}
    for finding in breaches_of(scenario, plan, identities):
        match = _PLACE.match(finding.place)
        name = plan.appointments[int(match[1])].id if match else ""
        if name in wanted:
            found.append(StandingBreach(finding.rule, name, finding.words))
    patients = {p for a in plan.appointments if a.id in wanted for p in a.patients}
    found += [
        StandingBreach(breach.rule, breach.place, breach.says)
        for breach in safety_breaches(scenario, plan)
        if breach.strength == "hard" and breach.place.partition(":")[0] in patients
    ]
    return found
