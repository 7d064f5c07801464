"""What differs between two plans, as a coordinator reads it aloud, patient by patient."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from api.cli.terminal import counted
from api.cli.weeks import Book, Visit
from api.cli.wording import COST_WORDS, hours_text, moment_text, occurrences_text
from pathways.plan import Appointment, Plan, Reason
from pathways.scenario import Scenario
from scheduler.planning.differing import (
    Change,
    ChangeOfSeries,
    Difference,
    Kind,
    difference,
    monitors,
)
from scheduler.planning.replanning import Identity, broken_now, carried_over

_COUNTED: Mapping[Kind, tuple[str, str]] = {
    "moved": ("appointment moves", "appointments move"),
    "dropped": ("is dropped", "are dropped"),
    "unasked": ("falls away", "fall away"),
    "new": ("is new", "are new"),
    "unplaced": ("new one has no place", "new ones have no place"),
    "changed": ("takes another time or form", "take another time or form"),
    "monitored": ("gets another monitor", "get other monitors"),
}
_PLACE = re.compile(r"appointments\[[0-9]+\] \(([^/()]*)/([^()]*)/([0-9]+)\)")
_HOLDS = re.compile(r"(\S+), who holds (\S+), (.*)")
_HOURS = re.compile(r"PT([0-9]+)H")
_TELLS_WHY: tuple[Kind, ...] = ("moved", "dropped", "monitored")
_NO_FAULT = "to make room for others, or because the whole costs less so"


def summary_lines(found: Difference) -> Iterator[str]:
    """How much changes, and what that does to the cost."""
    times = Counter(change.kind for change in found.changes)
    told = [counted(times[kind], *words) for kind, words in _COUNTED.items() if times[kind]]
    patients = counted(len(found.patients), "patient")
    concerned = f"This concerns {patients}; " if told else ""
    unchanged = counted(found.unchanged, "appointment stays", "appointments stay")
    yield f"{', '.join(told) or 'Nothing changes'}. {concerned}{unchanged} as before."
    yield _cost_text(found)


def _cost_text(found: Difference) -> str:
    before, after = found.totals
    terms = [f"{COST_WORDS[term]} {new - old:+,}" for term, old, new in found.costs]
    why = f" ({'; '.join(terms)})" if terms else ""
    return f"Cost {after:,}, before {before:,}: {after - before:+,}{why}."


class Narrator:
    """Tells the difference of two plans; a scenario adds titles, lags, and why something moves."""

    def __init__(self, old: Plan, new: Plan, scenario: Scenario | None) -> None:
        self.scenario = scenario
        self.found = difference(old, new)
        self._before = _visits(old, scenario, self.found.patients)
        self._after = _visits(new, scenario, self.found.patients)
        self._followers: dict[tuple[str, Identity], list[Visit]] = {}
        for (patient, _), visit in self._after.items():
            if visit.lag_after is not None:
                key = (patient, visit.lag_after.identity)
                self._followers.setdefault(key, []).append(visit)
        self._titles = {
            (patient.id, activity.id): activity.title
            for patient in (scenario.patients if scenario else ())
            for activity in (scenario.pathway_of(patient).activities if scenario else ())
        }
        self._broken: dict[Identity, tuple[str, ...]] = {}
        if scenario is not None and any(change.before for change in self.found.changes):
            self._broken = broken_now(carried_over(scenario, old), old)

    def lines(self) -> Iterator[str]:
        """Every patient's changes in order of time, then the summary."""
        for patient in self.found.patients:
            yield patient
            for line in self.of(patient):
                yield f"  {line}"
        yield from summary_lines(self.found)

    def of(self, patient: str) -> Iterator[str]:
        """What changes for one patient, what follows from it, and why."""
        moved = [entry for entry in self.found.series if entry.patient == patient]
        for entry in moved:
            yield self._series_text(entry)
        with_series = {entry.activity for entry in moved}
        for change in self.found.of(patient):
            if change.activity not in with_series:
                yield self.text(change, patient)
                yield from (f"  - {line}" for line in self.consequences(change, patient))

    def _series_text(self, entry: ChangeOfSeries) -> str:
        held = [c for c in self.found.of(entry.patient) if c.activity == entry.activity]
        title = self._title(entry.patient, entry.activity)
        meetings = counted(len(held), "meeting")
        if entry.after is None:
            return f"{title}: leaves the series {entry.before}; {meetings} fall away."
        if entry.before is None:
            return f"{title}: joins the series {entry.after}; {meetings} are new."
        return f"{title}: series {entry.after} instead of {entry.before}; {meetings} change."

    def document(self) -> dict[str, Any]:
        """The same as plain data, the words beside what they are about."""
        return {
            "patients": [
                {
                    "patient": patient,
                    "series": [asdict(e) for e in self.found.series if e.patient == patient],
                    "changes": [self._plain(c, patient) for c in self.found.of(patient)],
                }
                for patient in self.found.patients
            ],
            "unchanged": self.found.unchanged,
            "cost": {
                "before": self.found.totals[0],
                "after": self.found.totals[1],
                "terms": {t: {"before": old, "after": new} for t, old, new in self.found.costs},
            },
            "summary": list(summary_lines(self.found)),
        }

    def _plain(self, change: Change, patient: str) -> dict[str, Any]:
        return {
            "kind": change.kind,
            "patients": list(change.patients),
            "activity": change.activity,
            "occurrence": change.occurrence,
            "before": _plain_appointment(change.before),
            "after": _plain_appointment(change.after),
            "reasons": [reason.model_dump(mode="json") for reason in change.reasons],
            "says": self.text(change, patient),
            "consequences": list(self.consequences(change, patient)),
        }

    # ---- the change itself -----------------------------------------------------------------

    def text(self, change: Change, patient: str) -> str:
        """One change in a sentence."""
        before, after = self._pair(change, patient)
        title = self._numbered(patient, change.activity, change.occurrence)
        if before is None:
            return f"{title} {self._arrival(change, after)}."
        if after is None:
            asked = _reasons_text(change.reasons) or "it is not asked for any more"
            gone = "is dropped" if change.kind == "dropped" else "falls away"
            return f"{title} on {_when(before)} {gone}: {asked}."
        if change.kind == "moved":
            return f"{title} {_move_text(before, after)}."
        if change.kind == "changed":
            return f"{title} on {_when(before)} is now {_when(after)}, {_modality(after)}."
        return f"{title} on {_when(after)} stays; {_monitors_text(before, after)}."

    def _arrival(self, change: Change, after: Visit | None) -> str:
        if after is None:
            return f"could not be placed: {_reasons_text(change.reasons)}"
        return f"is new, on {_when(after)}{_served_text(after.appointment)}"

    def _pair(self, change: Change, patient: str) -> tuple[Visit | None, Visit | None]:
        key = (patient, (change.patients, change.activity, change.occurrence))
        return self._before.get(key), self._after.get(key)

    def _title(self, patient: str, activity: str) -> str:
        return self._titles.get((patient, activity), activity)

    def _numbered(self, patient: str, activity: str, number: int) -> str:
        return occurrences_text(self._title(patient, activity), [number])

    # ---- what follows from it --------------------------------------------------------------

    def consequences(self, change: Change, patient: str) -> Iterator[str]:
        """What follows from a change: rides, driving, lags, reminders; and why it is made."""
        before, after = self._pair(change, patient)
        yield from self._why(change)
        if change.kind == "monitored":
            return
        yield from _ride_lines(before, after)
        yield from _driving_lines(before, after)
        yield from _lag_lines(before, after)
        yield from self._follower_lines(change, patient)
        yield from self._reminder_lines(change, before, after)

    def _why(self, change: Change) -> Iterator[str]:
        words = self._broken.get((change.patients, change.activity, change.occurrence))
        if words and change.kind in _TELLS_WHY:
            yield f"why: {aloud(words)}"
        elif change.kind == "moved" and self.scenario is not None:
            yield f"why: {_NO_FAULT}"

    def _follower_lines(self, change: Change, patient: str) -> Iterator[str]:
        """The sessions that come after it, where their time has changed."""
        identity = (change.patients, change.activity, change.occurrence)
        for visit in self._followers.get((patient, identity), ()):
            old = self._before.get((patient, visit.appointment.identity))
            same = old is not None and (old.lag, old.start) == (visit.lag, visit.start)
            if visit.lag is not None and not same:
                lag = hours_text(visit.lag)
                was = f" ({hours_text(old.lag)} before)" if old and old.lag is not None else ""
                held = visit.appointment
                title = self._numbered(patient, held.activity, held.occurrence)
                yield f"{title} follows on {moment_text(visit.start)}, {lag} later{was}"

    def _reminder_lines(
        self, change: Change, before: Visit | None, after: Visit | None
    ) -> Iterator[str]:
        if after is None and before is not None:
            if not self._is_past(before.start):
                yield f"reminders: call off those for {moment_text(before.start)}"
        elif after is not None and not self._is_past(after.start):
            if before is None:
                yield f"reminders: send them for {moment_text(after.start)}"
            elif change.kind == "moved" or before.end != after.end:
                yield f"reminders: send them again, for {moment_text(after.start)}"

    def _is_past(self, moment: datetime) -> bool:
        now = self.scenario.now if self.scenario else None
        return now is not None and moment < now


def _visits(
    plan: Plan, scenario: Scenario | None, patients: Collection[str]
) -> dict[tuple[str, Identity], Visit]:
    """Some patients' visits by identity; those that the scenario does not know without it."""
    known = {
        (patient.id, activity.id)
        for patient in (scenario.patients if scenario else ())
        for activity in (scenario.pathway_of(patient).activities if scenario else ())
    }
    parts: tuple[list[Appointment], list[Appointment]] = ([], [])
    for entry in plan.appointments:
        parts[all((name, entry.activity) in known for name in entry.patients)].append(entry)
    held = [plan.model_copy(update={"appointments": part, "unplaced": ()}) for part in parts]
    books = (Book(held[False]), Book(held[True].model_copy(update={"groups": ()}), scenario))
    return {
        (patient, visit.appointment.identity): visit
        for book in books
        for patient in book.patients
        if patient in patients
        for visit in book.of(patient).visits
    }


def aloud(words: Iterable[str]) -> str:
    """What the judge says of an appointment, to be read to somebody: names without brackets."""
    told: dict[str, list[str]] = {}
    for sentence in words:
        plain = _PLACE.sub(r"\2 \3 of \1", _HOURS.sub(r"\1 hours", sentence))
        held = _HOLDS.fullmatch(plain)
        key, stages = (f"{held[1]} {held[3]}", [held[2]]) if held else (plain, [])
        told.setdefault(key, []).extend(stages)
    return "; ".join(f"{key}{_for(stages)}" for key, stages in told.items())


def _for(stages: list[str]) -> str:
    return f" ({', '.join(stages)})" if stages else ""


def _plain_appointment(appointment: Appointment | None) -> dict[str, Any] | None:
    return appointment.model_dump(mode="json") if appointment else None


def _modality(visit: Visit) -> str:
    return visit.appointment.modality.replace("-", " ")


def _when(visit: Visit) -> str:
    """``Mon 4 Jan 14:30-15:30``."""
    return f"{moment_text(visit.start)}-{visit.end:%H:%M}"


def _served_text(appointment: Appointment) -> str:
    """Where, and with whom."""
    place = f", in {appointment.location}" if appointment.location else ""
    people = ", ".join(appointment.practitioners)
    return f"{place}{', with ' if people else ''}{people}"


def _move_text(before: Visit, after: Visit) -> str:
    """From when to when, from where to where, and who serves instead of whom."""
    old, new = before.appointment, after.appointment
    same_time = old.start == new.start
    told = f"stays on {_when(after)}" if same_time else ""
    told = told or f"moves from {_when(before)} to {_when(after)}"
    if old.location != new.location:
        told += f", in {new.location or 'no place'} instead of {old.location or 'no place'}"
    if set(old.practitioners) != set(new.practitioners):
        told += f", with {_names(new)} instead of {_names(old)}"
    return told


def _names(appointment: Appointment) -> str:
    return " and ".join(appointment.practitioners) or "nobody"


def _monitors_text(before: Visit, after: Visit) -> str:
    """``nurse-wren instead of nurse-heron monitors check-in and dosing``."""
    old, new = monitors(before.appointment), monitors(after.appointment)
    stages: dict[tuple[str, str], list[str]] = {}
    for stage in new:
        if old.get(stage) != new[stage]:
            pair = (new[stage] or "nobody", old.get(stage) or "nobody")
            stages.setdefault(pair, []).append(stage)
    told = [f"{new} instead of {old} for {', '.join(held)}" for (new, old), held in stages.items()]
    return f"monitored by {'; by '.join(told)}"


def _reasons_text(reasons: tuple[Reason, ...]) -> str:
    return "; ".join(f"{reason.rule}: {reason.detail}" for reason in reasons)


def _ride_lines(before: Visit | None, after: Visit | None) -> Iterator[str]:
    """The ride home after a session without driving: to arrange, or not needed any more."""
    old = before.end if before and before.dose else None
    new = after.end if after and after.dose else None
    if old == new:
        return
    if new is None and old is not None:
        yield f"ride home: none is needed on {moment_text(old)} any more"
    elif new is not None:
        instead = f", and none for {moment_text(old)}" if old else ""
        yield f"ride home: arrange one for {moment_text(new)}{instead}"


def _driving_lines(before: Visit | None, after: Visit | None) -> Iterator[str]:
    old = before.drives_from if before else None
    new = after.drives_from if after else None
    if new is not None and new != old:
        was = f" (before: {moment_text(old)})" if old else ""
        yield f"no driving or heavy machinery before {moment_text(new)}{was}"


def _lag_lines(before: Visit | None, after: Visit | None) -> Iterator[str]:
    """How long after its anchor it comes, where that has changed."""
    old = before.lag if before else None
    if after is None or after.lag is None or after.lag == old or after.lag_after is None:
        return
    was = f" ({hours_text(old)} before)" if old is not None else ""
    anchor = f"{after.lag_after.activity} {after.lag_after.occurrence}"
    yield f"it comes {hours_text(after.lag)} after {anchor}{was}"
