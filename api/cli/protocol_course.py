"""A course as a whole on the screen: what may begin it, what is paid for, what follows it."""

from collections.abc import Iterator
from datetime import timedelta

from api.cli.protocol_lines import cited, elapsed_text, together
from pathways import timing
from pathways.protocol import LibraryPathway
from pathways.protocol.course import Continuation, Reminder
from pathways.sources import sources


def course_lines(pathway: LibraryPathway) -> Iterator[str]:
    """How the course begins, its intervals, its partners, and what follows."""
    yield f"{pathway.weeks} weeks{cited(pathway, 'weeks')}, {pathway.therapy} as its therapy"
    yield f"{pathway.phase}, started by {pathway.started_by}; given in the {pathway.setting}"
    yield from _interval_lines(pathway)
    yield from _partner_lines(pathway)
    if pathway.exposure:
        one = pathway.exposure
        yield f"exposure ({one.activity}) from dose {one.from_dose} on{cited(one, 'from_dose')}"
    if pathway.continuation:
        yield _continued(pathway.continuation)
    for departure in pathway.departures:
        yield f"departs from {departure.rule}: {departure.reason}"


def _interval_lines(pathway: LibraryPathway) -> Iterator[str]:
    one = pathway.interval
    if one is not None:
        usual = f"{one.days} days between two doses{cited(one, 'days')}"
        shortest = f"{one.shortest} days{cited(one, 'shortest')}"
        yield f"{usual}; at least {shortest}, at most {one.longest} days{cited(one, 'longest')}"


def _partner_lines(pathway: LibraryPathway) -> Iterator[str]:
    one = pathway.couples
    if one is not None:
        within = f"within {one.joint_within_days} days{cited(one, 'joint_within_days')}"
        skill = f"a therapist for {one.therapist_skill}{cited(one, 'therapist_skill')}"
        yield f"joint sessions ({', '.join(one.joint)}) {within}, with {skill}"
        conjoint = "set" if one.conjoint else "not set; only a prescriber sets it"
        yield f"conjoint dosing, both at once: {conjoint}{cited(one, 'conjoint')}"


def _continued(one: Continuation) -> str:
    sessions = f"{one.sessions_from} to {one.sessions_to} sessions{cited(one, 'sessions_from')}"
    weeks = f"{one.weeks_from} to {one.weeks_to} weeks{cited(one, 'weeks_from')}"
    return f"proposed afterwards: {one.method}, {sessions} in {weeks}"


def coverage_lines(pathway: LibraryPathway) -> Iterator[str]:
    """What a payer authorises, in what unit, and when it is renewed."""
    one = pathway.coverage
    yield f"service {one.service or 'none'}, counted in {one.unit}{cited(one, 'unit')}"
    yield f"renewal begins {one.renew_days} days before the end{cited(one, 'renew_days')}"
    yield f"or where {one.low_percent}% is left{cited(one, 'low_percent')}"
    yield f"a payer takes {one.lead_days} days to answer{cited(one, 'lead_days')}"
    for pair in one.same_day_conflicts:
        source = cited(one, "same_day_conflicts")
        yield f"not paid for on one day: {pair.first} and {pair.second}{source}"


def reminder_lines(pathway: LibraryPathway) -> Iterator[str]:
    """Every step of the reminder ladder."""
    for step in sorted(pathway.reminders, key=lambda reminder: reminder.id):
        to = f"to {', '.join(step.to)} by {', '.join(step.by)} ({step.privacy})"
        about = f"{step.id} {step.about}, {_moments(step)}{cited(step, 'offsets')}"
        yield together(f"{about}: {step.says}", [to])


def _moments(step: Reminder) -> str:
    told = [_offset(offset) for offset in step.offsets]
    if step.at is not None:
        told.append(f"at {timing.clock_text(step.at)}")
    return ", ".join(told) or "at once"


def _offset(text: str) -> str:
    """``3 days before``, ``4 h after``; ``at its time`` for none."""
    elapsed = timing.duration(text.removeprefix("-"))
    if not elapsed:
        return "at its time"
    whole = elapsed >= timedelta(days=1) and not elapsed % timedelta(days=1)
    days = elapsed // timedelta(days=1)
    said = f"{days} day{'' if days == 1 else 's'}" if whole else elapsed_text(elapsed)
    return f"{said} {'before' if text.startswith('-') else 'after'}"


def source_lines(pathway: LibraryPathway) -> Iterator[str]:
    """What the keys of sources stand for."""
    for key in sorted(_keys(pathway.model_dump())):
        source = sources()[key]
        where = "" if source.address in ("unknown", "none") else f" {source.address}"
        yield f"{key}: {source.title}, {source.publisher}{where}"


def _keys(value: object) -> set[str]:
    """The keys of all sources that a pathway names, wherever it names them."""
    if isinstance(value, dict):
        named = value.get("source") or {}
        inside = (_keys(inner) for field, inner in value.items() if field != "source")
        return {key for keys in named.values() for key in keys}.union(*inside)
    if isinstance(value, list | tuple):
        return set[str]().union(*map(_keys, value))
    return set()
