"""Blood pressure before the drug: pass, a prescriber decides, hold, or none today (R-24)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pathways.protocol.visiting import BloodPressureGate, Decision
from scheduler.sessions.happenings import Decided, Given, Vitals
from scheduler.sessions.telling import Story

SEVERITY: Final[tuple[Decision, ...]] = ("pass", "prescriber decides", "hold", "stop")


@dataclass(frozen=True)
class PressureState:
    """Where the blood pressure before the dose stands.

    ``found``: what follows from the reading that counts; None while there is none. ``decided``:
    what a prescriber has decided on it. ``repeat_from``: from when a further reading counts, where
    one may still help.
    """

    found: Decision | None = None
    systolic: int | None = None
    diastolic: int | None = None
    decided: str | None = None
    repeats_left: int = 0
    repeat_from: datetime | None = None

    @property
    def lets_begin(self) -> bool:
        """Whether the drug may be given as far as the blood pressure is concerned."""
        if self.found is None or self.found == "stop" or self.decided == "not today":
            return False
        return self.found == "pass" or self.decided == "go ahead"


@dataclass(frozen=True)
class _Reading:
    at: datetime
    systolic: int
    diastolic: int
    found: Decision

    @property
    def severity(self) -> int:
        return SEVERITY.index(self.found)


def pressure_of(gate: BloodPressureGate, story: Story) -> PressureState:
    """What the readings before the drug, and what was decided on them, come to."""
    readings = _before_drug(gate, story)
    decision = _decision(story)
    if not readings:
        return PressureState(decided=decision.outcome if decision else None)
    counted, repeats = _counted(gate, readings)
    current = max(counted, key=lambda r: r.severity) if _stopped(counted) else counted[-1]
    left = max(gate.repeats - repeats, 0)
    may_repeat = current.found not in ("pass", "stop") and left > 0
    return PressureState(
        found=current.found,
        systolic=current.systolic,
        diastolic=current.diastolic,
        decided=_stands(decision, counted, current),
        repeats_left=left if may_repeat else 0,
        repeat_from=counted[-1].at + gate.repeat_after if may_repeat else None,
    )


def _before_drug(gate: BloodPressureGate, story: Story) -> list[_Reading]:
    given = story.first(Given)
    before = story.until(given.at) if given else story
    return [
        _Reading(v.at, v.systolic, v.diastolic, gate.decision(v.systolic, v.diastolic))
        for v in before.all(Vitals)
        if v.systolic is not None and v.diastolic is not None
    ]


def _counted(gate: BloodPressureGate, readings: Sequence[_Reading]) -> tuple[list[_Reading], int]:
    """The readings that count, and how many of them were repeats.

    A worse one always counts; a better one only where it was taken late enough, and only so often.
    """
    counted, repeats = [readings[0]], 0
    for reading in readings[1:]:
        last = counted[-1]
        if last.found == "pass" or reading.severity > last.severity:
            counted.append(reading)
        elif repeats < gate.repeats and reading.at >= last.at + gate.repeat_after:
            counted.append(reading)
            repeats += 1
    return counted, repeats


def _stopped(counted: Sequence[_Reading]) -> bool:
    """Once it was at the stop line there is no dose that day, whatever comes after."""
    return any(reading.found == "stop" for reading in counted)


def _decision(story: Story) -> Decided | None:
    about = [d for d in story.all(Decided) if d.about == "blood pressure"]
    return about[-1] if about else None


def _stands(decision: Decided | None, counted: Sequence[_Reading], current: _Reading) -> str | None:
    """What was decided, unless it was on a lesser finding than the present one."""
    if decision is None:
        return None
    known = [reading.severity for reading in counted if reading.at <= decision.at]
    if decision.outcome == "go ahead" and (not known or known[-1] < current.severity):
        return None
    return decision.outcome
