"""Which messages should exist for something that happens: a pure function of what is planned.

Offsets in days are calendar days on the recipient's own clock, offsets in hours elapsed time.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pathways import timing
from pathways.protocol.course import Reminder
from scheduler.reminders.catalogue import Kind, catalogue
from scheduler.reminders.sending_hours import LocalHours

OUTWARD = ("sms", "e-mail")
"""Channels that leave the house; a portal is read after signing in, a task by staff."""

WHOLE_DAY = "whole_day"
"""The fact that a message speaks of all visits of its date."""

_CALLED_ABOUT_ALREADY = ("missed", "missed, not seen since", "ride missing")
"""What has its task on the work-list by another way: who did not come, who has no ride."""

_OFFSET = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<mins>\d+)M)?)?"
)
_ROLES = {"clinician on site": "charge nurse", "team": "programme director", "filer": "nurse"}


@dataclass(frozen=True)
class Subject:
    """What a message speaks of, in the version in which it is now."""

    kind: str
    id: str
    version: int = 1


@dataclass(frozen=True)
class Recipient:
    """Somebody who is told: ``name`` such as ``patient:ada``, ``role:nurse`` or ``ride:…``.

    ``channels``: those outward ones by which they can be reached, the best first.
    """

    name: str
    zone: ZoneInfo
    state: str = ""
    channels: tuple[str, ...] = OUTWARD

    @property
    def hours(self) -> LocalHours:
        """When they may be written to."""
        return LocalHours(catalogue().hours.of(self.state), self.zone)


@dataclass(frozen=True)
class Happening:
    """Something that messages are about.

    ``about``: as the protocol's reminders say it. ``cut_off``: from when something must not be
    done any more; ``note_until``: when the no-driving note ends. ``guests``: sitter and family, by
    what the protocols call them. ``facts``: ids and instants.
    """

    about: str
    subject: Subject
    patient: Recipient
    start: datetime
    end: datetime
    first_drug: datetime | None = None
    cut_off: datetime | None = None
    note_until: datetime | None = None
    ride: Recipient | None = None
    guests: Mapping[str, Sequence[Recipient]] = field(default_factory=dict)
    first_week: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """A message that should exist; ``reason`` is set where it will not be sent, and says why."""

    subject: Subject
    kind: str
    step: int
    recipient: str
    channel: str
    due_at: datetime
    expires_at: datetime
    says: str
    status: str = "pending"
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, int, str, str]:
        """What makes it the same message in another version of its subject."""
        return (self.kind, self.step, self.recipient, self.channel)


@dataclass(frozen=True)
class _Step:
    """One offset of one entry of the ladder, for one happening."""

    happening: Happening
    entry: Reminder
    kind: Kind
    number: int
    offset: str
    last: bool


def wanted(happening: Happening, ladder: Iterable[Reminder], *, now: datetime) -> Iterator[Wanted]:
    """Every message of a ladder for one happening, also those for which it is too late."""
    for entry in ladder:
        if entry.about == happening.about and not catalogue().kinds[entry.id].elsewhere:
            yield from _of_entry(happening, entry, now)


def shifted(moment: datetime, offset: str, zone: ZoneInfo, at: int | None = None) -> datetime:
    """An instant, moved by ``-P1D`` (a calendar day) or ``PT4H`` (elapsed), at a time of day."""
    days, elapsed = _offset(offset)
    if days or at is not None:
        local = moment.astimezone(zone)
        minutes = local.hour * 60 + local.minute if at is None else at
        moment = timing.instant(local.date() + timedelta(days=days), minutes, zone)
    return moment + elapsed


@lru_cache(1_000)
def _offset(text: str) -> tuple[int, timedelta]:
    """Calendar days and elapsed time of an offset; ValueError where it is none."""
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an offset; write it like -P1D or PT4H")
    sign = -1 if found["sign"] else 1
    elapsed = timedelta(hours=int(found["hours"] or 0), minutes=int(found["mins"] or 0))
    return sign * int(found["days"] or 0), sign * elapsed


def _of_entry(happening: Happening, entry: Reminder, now: datetime) -> Iterator[Wanted]:
    kind = catalogue().kinds[entry.id]
    extra = kind.first_week if happening.first_week else ()
    offsets = [*(entry.offsets or ("PT0M",)), *extra]
    for number, offset in enumerate(offsets):
        step = _Step(happening, entry, kind, number, offset, number == len(entry.offsets) - 1)
        for to in kind.steps_to[number : number + 1] or dict.fromkeys(entry.to):
            yield from _to_recipient(step, to, now)


def _to_recipient(step: _Step, to: str, now: datetime) -> Iterator[Wanted]:
    patient = step.happening.patient
    if to in ("patient", "each partner separately"):
        for channel in _channels(step, patient):
            yield _timed(step, patient, channel, now)
    elif to == "ride contact":
        yield from _to_ride(step, now)
    elif to in ("sitter", "invited family", "escort"):
        if set(step.entry.by) & set(OUTWARD):
            yield from _to_guests(step, to, now)
    else:
        role = Recipient(f"role:{_ROLES.get(to, to)}", patient.zone)
        yield _timed(step, role, "task", now)


def _to_guests(step: _Step, to: str, now: datetime) -> Iterator[Wanted]:
    guests, patient = step.happening.guests.get(to, ()), step.happening.patient
    for guest in guests:
        yield _timed(step, guest, "sms", now)
    if not guests:
        nobody = Recipient(f"third:{to}", patient.zone, patient.state)
        found = _timed(step, nobody, "sms", now)
        yield _held_back(found, f"no address of the {to} is kept; the patient passes it on")


def _to_ride(step: _Step, now: datetime) -> Iterator[Wanted]:
    ride = step.happening.ride
    if ride is not None:
        yield _timed(step, ride, "sms", now)


def _channels(step: _Step, patient: Recipient) -> Iterator[str]:
    """Portal where it is named, one channel that leaves the house, a call with the last step.

    Who takes no text messages gets an e-mail with the same words, where they have agreed to that.
    What is on paper is handed over in person, and is no message.
    """
    by = (*step.entry.by, *step.kind.also)
    if {"portal", "app"} & set(by):
        yield "portal"
    outward = [channel for channel in patient.channels if channel in by or "sms" in by]
    if set(OUTWARD) & set(by):
        yield outward[0] if outward else next(c for c in by if c in OUTWARD)
    if "call" in by and step.last and step.kind.only_if not in _CALLED_ABOUT_ALREADY:
        yield "task"


def _timed(step: _Step, recipient: Recipient, channel: str, now: datetime) -> Wanted:
    """The message with its time, or with the reason why there is none."""
    due, ends = _due(step, recipient.zone), _ends(step)
    if step.kind.until == "cut-off" and ends is not None:
        due = min(due, ends)
    expires = ends or due + (step.kind.late or timing.ONE_DAY)
    found = Wanted(
        subject=step.happening.subject,
        kind=step.entry.id,
        step=step.number,
        recipient=recipient.name if channel != "task" else _who_calls(recipient),
        channel=channel,
        due_at=due,
        expires_at=expires,
        says=step.entry.says,
        facts=_facts(step),
    )
    return _placed(found, step, recipient, now)


def _facts(step: _Step) -> dict[str, Any]:
    found = {**step.happening.facts, "about": step.entry.about}
    return found | {WHOLE_DAY: True} if step.number in step.kind.whole_day else found


def _who_calls(recipient: Recipient) -> str:
    return recipient.name if recipient.name.startswith("role:") else "role:coordinator"


def _placed(found: Wanted, step: _Step, recipient: Recipient, now: datetime) -> Wanted:
    late = step.kind.late
    if found.due_at < now and (now >= found.expires_at or (late and now - found.due_at > late)):
        return replace(found, status="expired", reason="its time had passed when it was planned")
    if found.channel not in OUTWARD or step.kind.safety or step.kind.answers:
        return replace(found, due_at=max(found.due_at, now))
    begins = now if step.offset.startswith("-") else max(now, step.happening.start)
    best = recipient.hours.best(
        found.due_at,
        not_before=begins,
        before=found.expires_at,
        drop=step.kind.outside == "drop" or _is_of_the_day(step),
    )
    if best is None:
        return _held_back(found, "no time within the hours for messages before it is too late")
    return replace(found, due_at=best)


def _is_of_the_day(step: _Step) -> bool:
    """Some hours before what was told days before: on another evening it says nothing new."""
    return step.number > 0 and "D" not in step.offset


def _due(step: _Step, zone: ZoneInfo) -> datetime:
    happening = step.happening
    anchors = {
        "start": happening.start,
        "end": happening.end,
        "first drug": happening.first_drug or happening.start,
    }
    at = step.entry.at if step.entry.at is not None else step.kind.at
    return shifted(anchors[step.kind.counted_from], step.offset, zone, at)


def _ends(step: _Step) -> datetime | None:
    happening = step.happening
    if step.kind.until == "cut-off":
        return (happening.cut_off or happening.start) - catalogue().sending.lead
    if step.kind.until == "note":
        return happening.note_until or happening.end + timing.ONE_DAY
    return happening.start if step.kind.until == "start" else None


def _held_back(found: Wanted, reason: str) -> Wanted:
    return replace(found, status="suppressed", reason=reason)
