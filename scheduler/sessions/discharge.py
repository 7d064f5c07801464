"""The discharge list: each item satisfied or not, and why (R-26)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pathways.protocol import LibraryPathway
from pathways.protocol.visiting import DischargeItem
from scheduler.sessions.alarms import baseline
from scheduler.sessions.checking_in import CheckInState
from scheduler.sessions.checks import Check
from scheduler.sessions.drug import Drug
from scheduler.sessions.happenings import NoteGiven, Ready, RideMet, Vitals
from scheduler.sessions.telling import Story


@dataclass(frozen=True)
class Item:
    """One item of the discharge list; ``why`` says what is missing, or what satisfies it."""

    id: str
    words: str
    satisfied: bool
    why: str
    rule: str = "R-26"


@dataclass(frozen=True)
class _Case:
    """What the items are judged by."""

    protocol: LibraryPathway
    story: Story
    drug: Drug
    check_in: CheckInState
    now: datetime
    checks: Sequence[Check] = field(default=())

    def latest(self, name: str) -> Vitals | None:
        """The last vitals since the drug in which a sign was taken."""
        since = [v for v in self.story.all(Vitals) if v.at > self.drug.first]
        return next((v for v in reversed(since) if getattr(v, name) is not None), None)


_Answer = tuple[bool, str]


def items_of(
    protocol: LibraryPathway,
    story: Story,
    drug: Drug | None,
    check_in: CheckInState,
    checks: Sequence[Check],
    now: datetime,
) -> tuple[Item, ...]:
    """The items of the protocol, then the checks that are mandatory; empty before the drug."""
    if drug is None:
        return ()
    case = _Case(protocol, story, drug, check_in, now)
    listed = [
        Item(item.id, item.words, *_ANSWERS.get(item.id, _seen)(case, item))
        for item in protocol.discharge
    ]
    mandatory = [_of_check(check) for check in checks if check.mandatory]
    return (*listed, *mandatory)


def _of_check(check: Check) -> Item:
    why = "taken" if check.is_done else "missing; take them"
    words = f"Vital signs {check.id.replace('-', ' ')} are taken."
    return Item(f"vitals:{check.id}", words, check.is_done, why, "R-23")


def _time(case: _Case, _item: DischargeItem) -> _Answer:
    if not case.drug.over:
        return False, "the end of the drug is not recorded"
    if case.now < case.drug.leaves_from:
        return False, f"monitoring lasts until {case.drug.leaves_from.isoformat()}"
    return True, f"over since {case.drug.leaves_from.isoformat()}"


def _blood_pressure(case: _Case, _item: DischargeItem) -> _Answer:
    last = case.latest("systolic")
    if last is None or last.systolic is None or last.diastolic is None:
        return False, "was not taken since the drug"
    before = baseline(case.story, case.drug)
    passes = case.protocol.blood_pressure.decision(last.systolic, last.diastolic) == "pass"
    as_before = before is not None and _at_most(last, before)
    if not passes and not as_before:
        return False, f"{last.systolic}/{last.diastolic} is not acceptable yet"
    earlier = [v for v in case.story.all(Vitals) if v.at < last.at and v.systolic is not None]
    if earlier and not any(_no_higher(last, other) for other in earlier):
        return False, f"{last.systolic}/{last.diastolic} is the highest so far, not falling"
    return True, f"{last.systolic}/{last.diastolic}"


def _at_most(last: Vitals, other: Vitals) -> bool:
    """Whether neither value is above the other's."""
    return (last.systolic or 0) <= (other.systolic or 0) and (last.diastolic or 0) <= (
        other.diastolic or 0
    )


def _no_higher(last: Vitals, other: Vitals) -> bool:
    return (last.systolic or 0) <= (other.systolic or 0)


def _alertness(case: _Case, item: DischargeItem) -> _Answer:
    return _as_good(case, item, "sedation")


def _oxygen(case: _Case, item: DischargeItem) -> _Answer:
    return _as_good(case, item, "oxygen_saturation")


def _as_good(case: _Case, item: DischargeItem, name: str) -> _Answer:
    """The last value is at the item's line, or as before the dose."""
    last = case.latest(name)
    if last is None:
        return False, "was not taken since the drug"
    value: int = getattr(last, name)
    before = baseline(case.story, case.drug)
    known = [line for line in (item.at_least, getattr(before, name, None)) if line is not None]
    if not known or value >= min(known):
        return True, str(value)
    return False, f"{value}; {min(known)} is needed"


def _dissociation(case: _Case, _item: DischargeItem) -> _Answer:
    last = case.latest("dissociation")
    if last is None:
        return False, "was not asked since the drug"
    return (False, "has not passed") if last.dissociation else (True, "has passed")


def _suicide_risk(case: _Case, _item: DischargeItem) -> _Answer:
    done = case.check_in.risk_is_decided
    return done, "decided" if done else "a clinician has not decided what follows"


def _ride(case: _Case, _item: DischargeItem) -> _Answer:
    met = case.story.last(RideMet)
    if met is None:
        return False, "nobody is here yet"
    named = case.check_in.ride_is_valid
    return named, "is here" if named else "no named adult or service takes the patient home"


def _instructions(case: _Case, _item: DischargeItem) -> _Answer:
    given = case.story.last(NoteGiven) is not None
    return given, "given" if given else "hand them over"


def _seen(case: _Case, item: DischargeItem) -> _Answer:
    """What a clinician sees with their own eyes: the last look counts."""
    ready = case.story.last(Ready)
    if ready is not None and ready.at > case.drug.first and item.id in ready.confirmed:
        return True, "seen"
    return False, "a clinician has not confirmed it"


_ANSWERS: Final[dict[str, Callable[[_Case, DischargeItem], _Answer]]] = {
    "time": _time,
    "blood-pressure": _blood_pressure,
    "alertness": _alertness,
    "dissociation": _dissociation,
    "oxygen": _oxygen,
    "suicide-risk": _suicide_risk,
    "ride": _ride,
    "instructions": _instructions,
}
"""The items that follow from what was recorded; every other one is confirmed by a clinician."""


def confirmable(protocol: LibraryPathway) -> tuple[DischargeItem, ...]:
    """The items that a clinician confirms."""
    return tuple(item for item in protocol.discharge if item.id not in _ANSWERS)
