"""Alarms of a session: signs beyond the protocol's lines, and who has seen them (R-25)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pathways.protocol import LibraryPathway
from pathways.protocol.visiting import Alarm, Sign
from scheduler.sessions.drug import Drug
from scheduler.sessions.happenings import AlarmAcknowledged, SideEffect, Vitals
from scheduler.sessions.telling import Story


@dataclass(frozen=True)
class Ringing:
    """An alarm that stands: until the sign is within its lines again, also once it was seen."""

    sign: Sign
    urgency: Literal["notify", "urgent"]
    since: datetime
    value: int | None
    acknowledged: bool


@dataclass(frozen=True)
class Edge:
    """The first value that is beyond a line: it and what is higher, or it and what is lower."""

    at: int
    side: Literal["from", "to"]

    def is_beyond(self, value: int) -> bool:
        """Whether a value is beyond the line."""
        return value >= self.at if self.side == "from" else value <= self.at


@dataclass(frozen=True)
class _Finding:
    at: datetime
    value: int | bool


def alarms_of(protocol: LibraryPathway, story: Story, drug: Drug | None) -> tuple[Ringing, ...]:
    """The alarms that stand, urgent ones first, one for each sign."""
    findings = _latest(story, drug)
    ringing: dict[Sign, Ringing] = {}
    for alarm in sorted(protocol.alarms, key=lambda a: a.urgency == "notify"):
        finding = findings.get(alarm.sign)
        if finding is not None and alarm.sign not in ringing and _beyond(alarm, finding.value):
            ringing[alarm.sign] = _ring(alarm, finding, story)
    return tuple(ringing.values())


def baseline(story: Story, drug: Drug | None) -> Vitals | None:
    """The last whole blood pressure before the drug, with what was taken beside it."""
    before = story.until(drug.first) if drug else story
    whole = [v for v in before.all(Vitals) if v.systolic is not None and v.diastolic is not None]
    return whole[-1] if whole else None


def _latest(story: Story, drug: Drug | None) -> dict[Sign, _Finding]:
    """The latest value of every sign, rises from the baseline included."""
    found: dict[Sign, _Finding] = {}
    for event in story.events:
        if isinstance(event, Vitals):
            found.update({sign: _Finding(event.at, value) for sign, value in event.signs.items()})
        elif isinstance(event, SideEffect):
            found.update(_felt(event))
    found.update(_rises(story, drug))
    return found


def _felt(event: SideEffect) -> dict[Sign, _Finding]:
    happens = _Finding(event.at, not event.passed)
    if event.effect == "vomiting":
        return {"vomiting": happens}
    return {"panic": happens} if event.effect == "panic" else {}


def _rises(story: Story, drug: Drug | None) -> Iterator[tuple[Sign, _Finding]]:
    before = baseline(story, drug)
    if drug is None or before is None:
        return
    for vitals in story.all(Vitals):
        if vitals.at <= drug.first:
            continue
        if vitals.systolic is not None and before.systolic is not None:
            rise = vitals.systolic - before.systolic
            yield "rise of systolic pressure", _Finding(vitals.at, rise)
        if vitals.diastolic is not None and before.diastolic is not None:
            rise = vitals.diastolic - before.diastolic
            yield "rise of diastolic pressure", _Finding(vitals.at, rise)


def edges(alarm: Alarm) -> Iterator[Edge]:
    """Each line of an alarm as the first value that is beyond it, and the side that is."""
    if alarm.below is not None:
        yield Edge(alarm.below - 1, "to")
    if alarm.at_most is not None:
        yield Edge(alarm.at_most, "to")
    if alarm.above is not None:
        yield Edge(alarm.above + 1, "from")
    if alarm.at_least is not None:
        yield Edge(alarm.at_least, "from")


def _beyond(alarm: Alarm, value: int | bool) -> bool:
    """Whether a value is beyond one of the alarm's lines; without a line the sign is enough."""
    lines = tuple(edges(alarm))
    return any(line.is_beyond(value) for line in lines) if lines else bool(value)


def _ring(alarm: Alarm, finding: _Finding, story: Story) -> Ringing:
    seen = any(
        event.sign == alarm.sign and event.at >= finding.at
        for event in story.all(AlarmAcknowledged)
    )
    value = None if isinstance(finding.value, bool) else finding.value
    return Ringing(alarm.sign, alarm.urgency, finding.at, value, seen)
