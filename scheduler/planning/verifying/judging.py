"""The verdict on a plan: all rules, completeness, cost, and the reasons where asked."""

from collections.abc import Collection, Iterator

from pathways.plan import Plan
from pathways.scenario import Scenario
from scheduler.planning.verifying import completeness
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.costing import bound_and_status_fit, cost_adds_up, cost_of
from scheduler.planning.verifying.reasons import reasons_are_true
from scheduler.planning.verifying.rules import RULES, Breach
from scheduler.planning.verifying.verdict import Finding, Verdict
from scheduler.planning.verifying.visits import Identity, Visit


def verify(scenario: Scenario, plan: Plan, *, reasons: bool = False) -> Verdict:
    """Judge a plan by every hard rule of the contract, and compute its cost anew.

    A rule that locked appointments break by themselves is a warning, all else a fault.
    ``reasons``: also whether the reasons of each unplaced occurrence are true, which takes longer:
    every position of that occurrence is tried, with all else as it is.
    """
    case = Case(scenario, plan)
    cost = cost_of(case)
    faults = [finding for judge in completeness.FAULTS for finding in judge(case)]
    warnings = [finding for judge in completeness.WARNINGS for finding in judge(case)]
    for name, breach in _breaches(case):
        found = Finding(breach.place, name, breach.words)
        (warnings if breach.is_locked else faults).append(found)
    faults += cost_adds_up(case, cost)
    faults += bound_and_status_fit(case, cost)
    if reasons:
        faults += reasons_are_true(case)
    return Verdict(tuple(faults), tuple(warnings), cost)


def breaches_of(
    scenario: Scenario, plan: Plan, identities: Collection[Identity]
) -> tuple[Finding, ...]:
    """The rules that some appointments of a plan break, alone or with others, and no more.

    Neither what a plan lacks nor what it costs is looked at, nor anybody else's breaches; so it
    answers while somebody waits. What locked appointments break by themselves is left out.
    """
    case = Case(scenario, plan)
    found = [*case.unreadable]
    for visit in case.visits:
        if visit.identity in identities:
            found += _breaches_by(case, visit)
    return tuple(found)


def _breaches_by(case: Case, visit: Visit) -> Iterator[Finding]:
    if case.occurrence(visit) is None and not visit.locked:
        yield Finding(visit.place, "occurrence", "nothing asks for it")
    for rule in RULES:
        for breach in rule.find(case, visit):
            if not breach.is_locked:
                yield Finding(visit.place, rule.name, breach.words)


def _breaches(case: Case) -> Iterator[tuple[str, Breach]]:
    """Every breach of a rule once, however many of its visits find it."""
    for rule in RULES:
        seen: set[frozenset[str]] = set()
        for visit in case.visits:
            for breach in rule.find(case, visit):
                together = frozenset(other.place for other in breach.visits)
                if len(together) == 1 or together not in seen:
                    yield rule.name, breach
                seen.add(together)
