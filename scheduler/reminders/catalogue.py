"""What is known of each kind of message beside its protocol: rank, lateness, what ends it."""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import Field

from pathways import timing
from pathways.library.loading import load, names, part_of
from pathways.protocol.course import Offset, Reminder
from pathways.record import Clock, DayWindow, Elapsed, Record

Condition = Literal[
    "changed",
    "consent outstanding",
    "coverage missing",
    "drug missing",
    "evaluation missing",
    "form missing",
    "integration missing",
    "measures due",
    "missed",
    "missed, not seen since",
    "missed, undecided",
    "present",
    "ride confirmed",
    "ride missing",
    "screening outstanding",
    "unconfirmed",
    "unmoved",
]

Purpose = Literal["all", "visits", "questionnaires"]
"""What a consent to messages is for; ``all`` is for every one."""

FALLBACK = ("reminders", "2026.1")
"""The part of the library whose ladder a clinic's own pathways use."""


class Kind(Record):
    """One kind of message.

    ``late``: so long after its time it may still go. ``until``: what ends it before that.
    ``source_time``: from when offsets count. ``answers``: it answers somebody who wrote, so that
    neither caps nor consent nor hours hold it back. ``uncapped``: it counts to no cap.
    ``steps_to``: whom each step goes to, where that differs from step to step. ``elsewhere``: no
    plan calls for it: what happens does, or a task for the same fact stands on the work-list.
    ``whole_day``: steps that speak of all visits of their date: one of them is enough.
    ``in_person``: steps that go only before a visit in person. ``told_with``: the kind that says
    the same when it goes, so that the first step is left out. ``called``: whether a person calls
    where it fails. ``moot``: once its time has passed nobody calls to say it. ``later``: what a
    person who calls asks then. ``checks_on``: the kind that should have reached the same person
    before; who calls is told where it did not.
    """

    rank: str
    late: Elapsed | None = None
    until: Literal["start", "cut-off", "note"] | None = None
    counted_from: Literal["start", "end", "first drug"] = Field("start", alias="from")
    at: Clock | None = None
    also: tuple[str, ...] = ()
    first_week: tuple[Offset, ...] = ()
    steps_to: tuple[str, ...] = ()
    whole_day: tuple[int, ...] = ()
    in_person: tuple[int, ...] = ()
    told_with: str = ""
    called: bool = True
    moot: bool = False
    later: str = ""
    checks_on: str = ""
    outside: Literal["earlier", "drop"] = "earlier"
    only_if: Condition | None = None
    safety: bool = False
    answers: bool = False
    uncapped: bool = False
    matters: bool = False
    elsewhere: bool = False


class SendingHours(Record):
    """Local hours of the day in which messages may be sent."""

    usual: DayWindow
    legal: DayWindow
    states: Mapping[str, DayWindow]

    def of(self, state: str) -> timing.Window:
        """The hours for somebody who lives in a state, such as ``OK``."""
        allowed = self.states.get(state, self.legal)
        usual = self.usual
        return timing.Window(max(usual.start, allowed.start), min(usual.end, allowed.end))


class Caps(Record):
    """The most messages to one number in a local day, and in any seven of them."""

    usual: tuple[int, int]
    more: tuple[int, int]


class Sending(Record):
    """How sending goes on when it does not go well."""

    lead: Elapsed
    retry_minutes: tuple[int, ...]
    jitter_percent: int
    wait_minutes: int
    reverify_days: int
    no_reply_call: Elapsed

    def pause(self, attempts: int, salt: int) -> timedelta:
        """How long to wait after so many attempts; ``salt`` spreads those that failed together."""
        minutes = self.retry_minutes[min(attempts, len(self.retry_minutes)) - 1]
        spread = self.jitter_percent * (salt % 2001 - 1000) / 100_000
        return timedelta(minutes=minutes * (1 + spread))


class Catalogue(Record):
    """All kinds of messages, and what holds for all of them."""

    hours: SendingHours
    caps: Caps
    sending: Sending
    ranks: Mapping[str, int]
    purposes: Mapping[str, Purpose]
    kinds: Mapping[str, Kind]

    def purpose(self, kind: str) -> Purpose:
        """What a patient must have agreed to for a kind, where not to everything."""
        return self.purposes.get(self.kinds[kind].rank, "visits")

    def rank(self, kind: str) -> int:
        """How important a kind is: 0 for safety, more for what yields first."""
        return self.ranks[self.kinds[kind].rank]


@cache
def catalogue() -> Catalogue:
    """The catalogue, read once in a process."""
    text = resources.files("scheduler.reminders").joinpath("catalogue.toml").read_text("utf-8")
    return Catalogue.model_validate(tomllib.loads(text))


@cache
def usual_ladder() -> tuple[Reminder, ...]:
    """The reminders for pathways that are a clinic's own."""
    part: Any = part_of(*FALLBACK)
    return tuple(Reminder.model_validate(entry) for entry in part["reminders"])


def gist_of(name: str) -> str:
    """What a message says, in few words, by the name of its text; empty where no ladder has it."""
    return _gists().get(name.partition(".")[0], "")


@cache
def _gists() -> Mapping[str, str]:
    """By kind; the usual ladder's words come before those of a single pathway."""
    special = (entry for which in names() for entry in load(*which).reminders)
    return {entry.id: entry.says for entry in (*special, *usual_ladder())}
