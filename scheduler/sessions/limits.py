"""The protocol's lines on one scale: where a curve shows them, and where somebody is asked back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pathways.protocol.visiting import Alarm, Sign
from scheduler.sessions.alarms import Edge, baseline, edges
from scheduler.sessions.happenings import Vitals
from scheduler.sessions.loading import DoseSession
from scheduler.sessions.telling import told

_RISES: Final[dict[Sign, Sign]] = {
    "rise of systolic pressure": "systolic pressure",
    "rise of diastolic pressure": "diastolic pressure",
}


@dataclass(frozen=True)
class Limit(Edge):
    """An edge of a sign, beyond which an alarm rings."""

    sign: Sign
    urgency: Literal["notify", "urgent"]


def limits_of(one: DoseSession, now: datetime) -> tuple[Limit, ...]:
    """Every line that an alarm of the protocol has; rises count from the patient's own baseline.

    Lines of rises hold from the drug on.
    """
    story, drug = told(one.recorded).until(now), one.at(now).drug
    before = baseline(story, drug) if drug else None
    return tuple(limit for alarm in one.protocol.alarms for limit in _limits(alarm, before))


def _limits(alarm: Alarm, before: Vitals | None) -> Iterator[Limit]:
    sign, zero = _RISES.get(alarm.sign), 0
    if sign is not None:
        known = before.signs.get(sign) if before else None
        if known is None:
            return
        zero = known
    for edge in edges(alarm):
        yield Limit(zero + edge.at, edge.side, sign or alarm.sign, alarm.urgency)


def doubted(one: DoseSession, vitals: Vitals, now: datetime) -> tuple[Sign, ...]:
    """Signs to be asked about once more before they are written down.

    Those that would ring an alarm which the reading before did not, and a pressure whose lower
    value is not the lower one: mostly a slip of the hand.
    """
    last = latest_of(one, now)
    found: dict[Sign, None] = {}
    for limit in limits_of(one, now):
        value, before = vitals.signs.get(limit.sign), last.get(limit.sign)
        if value is None or not limit.is_beyond(value):
            continue
        if before is None or not limit.is_beyond(before):
            found[limit.sign] = None
    upper, lower = vitals.systolic, vitals.diastolic
    if upper is not None and lower is not None and lower >= upper:
        found["diastolic pressure"] = None
    return tuple(found)


def latest_of(one: DoseSession, now: datetime) -> dict[Sign, int | bool]:
    """The latest value of each sign that was taken."""
    found: dict[Sign, int | bool] = {}
    for vitals in told(one.recorded).until(now).all(Vitals):
        found.update(vitals.signs)
    return found
