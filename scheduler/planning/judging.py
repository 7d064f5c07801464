"""Whether a plan may be kept: the planning contract and the safety rules, joined.

One door for whatever handles plans, `judge`: the contract judges any plan, the safety rules those
of patients on pathways of the library.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pathways.library import protocols_of
from pathways.plan import Plan
from pathways.safety import PLAN_RULES, Breach, Strength, judge_plan
from pathways.safety.rule import PlanRule
from pathways.scenario import Scenario
from scheduler.planning.narrowing import narrowed
from scheduler.planning.verifying import REASONS, Verdict, verify


@dataclass(frozen=True)
class Judgement:
    """The verdict of the contract, and every breach of a safety rule.

    ``protocols``: the library's pathways by whose rules it was judged; none, no such breaches.
    ``standing``: the breaches that locked appointments commit by themselves. They are told, and
    refuse nothing: no plan could undo them.
    """

    verdict: Verdict
    protocols: tuple[str, ...] = ()
    breaches: tuple[Breach, ...] = ()
    standing: frozenset[Breach] = frozenset()

    @cached_property
    def refusals(self) -> tuple[Breach, ...]:
        """The breaches of hard rules for which the plan is refused."""
        return tuple(
            breach
            for breach in self.breaches
            if breach.strength is Strength.HARD and breach not in self.standing
        )

    @property
    def gates(self) -> tuple[Breach, ...]:
        """The breaches of gates: planned, but neither confirmed nor started before a decision."""
        return tuple(breach for breach in self.breaches if breach.strength is Strength.GATE)

    @property
    def passes(self) -> bool:
        """Whether the plan may be kept."""
        return self.verdict.passes and not self.refusals


def judge(scenario: Scenario, plan: Plan, *, reasons: bool = False) -> Judgement:
    """Judge a plan, whoever made it. ``reasons``: whether its reasons are true, too.

    Reasons are judged on the scenario as the library narrows it: a dose that nothing but R-19
    keeps out has that reason, and a true one. All else is judged on the scenario as written.
    """
    return Judgement(
        verdict=_verdict(scenario, plan, reasons=reasons),
        protocols=tuple(protocols_of(scenario)),
        breaches=safety_breaches(scenario, plan),
        standing=frozenset(_standing(scenario, plan)),
    )


def _verdict(scenario: Scenario, plan: Plan, *, reasons: bool) -> Verdict:
    asked = narrowed(scenario)
    if not reasons or asked is scenario:
        return verify(scenario, plan, reasons=reasons)
    found = verify(scenario, plan)
    untrue = [f for f in verify(asked, plan, reasons=True).faults if f.rule == REASONS]
    return replace(found, faults=(*found.faults, *untrue))


def safety_breaches(
    scenario: Scenario,
    plan: Plan,
    rules: Sequence[PlanRule] = PLAN_RULES,
    about: Collection[str] | None = None,
) -> tuple[Breach, ...]:
    """Every breach of a safety rule, rule by rule; none for patients on a scenario's own pathways.

    What the scenario does not know is left out: naming it is the contract's part. ``about``: the
    patients whose courses are judged; everybody's without it.
    """
    protocols = protocols_of(scenario)
    if not protocols:
        return ()
    return tuple(judge_plan(scenario, _known(scenario, plan), protocols, rules, about))


def gates_of(scenario: Scenario, plan: Plan) -> tuple[Breach, ...]:
    """The breaches of gates alone, for who only shows a plan."""
    gates = [rule for rule in PLAN_RULES if rule.strength is Strength.GATE]
    return safety_breaches(scenario, plan, gates)


def _known(scenario: Scenario, plan: Plan) -> Plan:
    """The plan without the appointments of patients or activities that do not exist."""
    names = {pathway.id: {a.id for a in pathway.activities} for pathway in scenario.pathways}
    known = {patient.id: names[patient.pathway] for patient in scenario.patients}
    named = {(name, one.activity) for one in plan.appointments for name in one.patients}
    named |= {(lost.patient, lost.activity) for lost in plan.unplaced}
    strange = {pair for pair in named if pair[1] not in known.get(pair[0], ())}
    if not strange:
        return plan
    appointments = tuple(
        appointment
        for appointment in plan.appointments
        if not any((name, appointment.activity) in strange for name in appointment.patients)
    )
    unplaced = tuple(u for u in plan.unplaced if (u.patient, u.activity) not in strange)
    return plan.model_copy(update={"appointments": appointments, "unplaced": unplaced})


def _standing(scenario: Scenario, plan: Plan) -> tuple[Breach, ...]:
    """The breaches that are there with nothing in the plan but what is booked and locked."""
    locked = {booked.identity for booked in scenario.booked if booked.locked}
    alone = tuple(a for a in plan.appointments if a.identity in locked)
    if not alone:
        return ()
    return safety_breaches(
        scenario, plan.model_copy(update={"appointments": alone, "unplaced": ()})
    )
