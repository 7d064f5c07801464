"""The one judge of every change by hand: the planning contract and the safety rules, joined.

Only what the change brings about counts: a breach that was there before stays what it was.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pathways.safety import PLAN_RULES, Breach, Strength
from scheduler.acting import Actor
from scheduler.appointments.scene import Identity, Scene
from scheduler.errors import RuleBroken
from scheduler.planning.judging import safety_breaches
from scheduler.planning.verifying import Finding, breaches_of

_POSITION = re.compile(r"appointments\[[0-9]+\] ")
"""Where the judge found an appointment in its list, which says nothing to anybody else."""

RESOURCES = frozenset(
    {"location", "turnover", "practitioner", "monitor", "capacity", "overlap", "rest_of_day"}
)
"""Rules that are broken because somebody or something is taken."""


@dataclass(frozen=True)
class Judged:
    """What a change would break that stood before it: of the contract, and of the safety rules."""

    contract: tuple[Finding, ...]
    safety: tuple[Breach, ...]

    def of_strength(self, strength: Strength) -> tuple[Breach, ...]:
        """The breaches of safety rules of one strength."""
        return tuple(breach for breach in self.safety if breach.strength is strength)

    @property
    def is_about_what_is_taken(self) -> bool:
        """Whether somebody was faster, and nothing else is wrong with it."""
        hard = self.of_strength(Strength.HARD)
        return bool(self.contract) and not hard and {f.rule for f in self.contract} <= RESOURCES

    @property
    def is_refused(self) -> bool:
        """Whether nobody may write it, whatever they say."""
        return bool(self.contract or self.of_strength(Strength.HARD))


def judged(before: Scene, after: Scene, touched: frozenset[Identity]) -> Judged:
    """What a change breaks by the appointments that it touches."""
    found = contract_breaches(after, touched)
    known = contract_breaches(before, touched) if found else ()
    return Judged(
        contract=tuple(finding for finding in found if finding not in known),
        safety=_safety(before, after),
    )


def contract_breaches(scene: Scene, touched: frozenset[Identity]) -> tuple[Finding, ...]:
    """The rules of the contract that some appointments of a scene break, each once."""
    found = breaches_of(scene.scenario, scene.plan, touched)
    named = (Finding(_said(f.place), f.rule, _said(f.words)) for f in found)
    return tuple(dict.fromkeys(named))


def _said(words: str) -> str:
    return _POSITION.sub("", words)


def _safety(before: Scene, after: Scene) -> tuple[Breach, ...]:
    """New breaches in the courses of those whom the change is about, or of nobody's in particular.

    Of the others only what stands on the same dates is known: their courses are not judged.
    """
    found = safety_breaches(after.scenario, after.plan, about=after.patients)
    if not found:
        return ()
    # What stood before can only be the same breach of the same rule: the others need no look.
    broken = {breach.rule for breach in found}
    rules = [rule for rule in PLAN_RULES if rule.id in broken]
    stood = safety_breaches(before.scenario, before.plan, rules, about=after.patients)
    known = {_as_known(breach) for breach in stood}
    others = {patient.id for patient in after.scenario.patients} - after.patients
    return tuple(
        breach
        for breach in found
        if _as_known(breach) not in known and not any(breach.place_of(name) for name in others)
    )


def _as_known(breach: Breach) -> tuple[str, ...]:
    """What makes a breach the one that stood before: of a hard rule, also how it is broken."""
    how = breach.says if breach.strength is Strength.HARD else ""
    return (breach.rule, breach.strength, breach.place, how)


def refuse_broken(found: Judged, actor: Actor, reasons: Mapping[str, str]) -> None:
    """RuleBroken where a change breaks a rule that nobody has set aside.

    ``reasons``: why a soft rule is set aside, by its id; the person must have a role that may.
    """
    if found.contract:
        first = found.contract[0]
        raise RuleBroken(
            f"{first.place}: {first.words}",
            fix="choose one of the free times",
            rule=first.rule,
            place=first.place,
            broken=[{"rule": f.rule, "place": f.place, "says": f.words} for f in found.contract],
        )
    for breach in found.of_strength(Strength.HARD):
        raise _refusal(breach, breach.fix)
    for breach in found.of_strength(Strength.SOFT):
        if not reasons.get(breach.rule, "").strip():
            raise _refusal(breach, f"{breach.fix}, or say why it is set aside")
        if not actor.roles & set(breach.override):
            who = " or ".join(breach.override) or "nobody"
            raise _refusal(breach, f"{breach.fix}, or ask {who}")


def _refusal(breach: Breach, fix: str) -> RuleBroken:
    return RuleBroken(
        f"{breach.place}: {breach.says}",
        fix=fix,
        rule=breach.rule,
        place=breach.place,
        strength=str(breach.strength),
    )
