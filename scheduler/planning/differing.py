"""What is different between two plans: every appointment that changed, and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pathways.plan import Appointment, Plan, Reason, Term

Kind = Literal["moved", "monitored", "changed", "dropped", "unasked", "new", "unplaced"]
"""How an appointment differs.

``moved``: another start, location or other people, as the contract counts it. ``monitored``:
others hold its stages. ``changed``: it takes longer or shorter, or is held another way.
``dropped``: it is asked for and has no place any more; ``unasked``: nobody asks for it any more.
``unplaced``: it is new that this is asked for, and it has no place.
"""


@dataclass(frozen=True)
class Change:
    """One occurrence that differs, as it was and as it will be; reasons why it has no place."""

    kind: Kind
    patients: tuple[str, ...]
    activity: str
    occurrence: int
    before: Appointment | None = None
    after: Appointment | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def at(self) -> float:
        """When it is to be spoken of, in seconds; what never had a time comes last."""
        held = self.before or self.after
        return held.start.timestamp() if held else float("inf")


@dataclass(frozen=True)
class ChangeOfSeries:
    """A patient who joins another series of a group, or the first, or leaves one."""

    patient: str
    activity: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Difference:
    """All that differs between two plans; ``unchanged`` appointments stand as they stood."""

    changes: tuple[Change, ...]
    series: tuple[ChangeOfSeries, ...]
    costs: tuple[tuple[Term, int, int], ...]
    totals: tuple[int, int]
    unchanged: int

    def of(self, patient: str) -> list[Change]:
        """What changes for a patient, in order of time."""
        return [change for change in self.changes if patient in change.patients]

    @property
    def patients(self) -> list[str]:
        """For whom anything changes, sorted."""
        found = {name for change in self.changes for name in change.patients}
        return sorted(found | {change.patient for change in self.series})


def difference(old: Plan, new: Plan) -> Difference:
    """All that differs between two plans of one clinic."""
    changes = sorted(_changes(old, new), key=lambda c: (c.at, c.patients, c.activity, c.occurrence))
    before = {entry.identity for entry in old.appointments}
    kept = {entry.identity for entry in new.appointments} & before
    touched = sum(change.before is not None and change.after is not None for change in changes)
    return Difference(
        changes=tuple(changes),
        series=tuple(_series(old, new)),
        costs=tuple(_costs(old, new)),
        totals=(old.cost.total, new.cost.total),
        unchanged=len(kept) - touched,
    )


def _changes(old: Plan, new: Plan) -> Iterator[Change]:
    stood = {entry.identity: entry for entry in old.appointments}
    stands = {entry.identity: entry for entry in new.appointments}
    left = {(e.patient, e.activity, e.occurrence): e.reasons for e in new.unplaced}
    for identity in dict.fromkeys((*stood, *stands)):
        before, after = stood.get(identity), stands.get(identity)
        # A couple's session is named as unplaced under the one of them who sorts first.
        reasons = left.pop((identity[0][0], *identity[1:]), ()) if after is None else ()
        kind = _kind(before, after, reasons)
        if kind is not None:
            yield Change(kind, *identity, before, after, reasons)
    known = {(e.patient, e.activity, e.occurrence) for e in old.unplaced}
    for (patient, activity, number), reasons in left.items():
        if (patient, activity, number) not in known:
            yield Change("unplaced", (patient,), activity, number, reasons=reasons)


def _kind(
    before: Appointment | None, after: Appointment | None, reasons: tuple[Reason, ...]
) -> Kind | None:
    if before is None:
        return "new"
    if after is None:
        return "dropped" if reasons else "unasked"
    if _stands(before) != _stands(after):
        return "moved"
    if (before.end, before.modality) != (after.end, after.modality):
        return "changed"
    return "monitored" if monitors(before) != monitors(after) else None


def _stands(appointment: Appointment) -> tuple[object, ...]:
    return appointment.start, appointment.location, set(appointment.practitioners)


def monitors(appointment: Appointment) -> dict[str, str | None]:
    """Who holds each stage of an appointment."""
    return {stage.id: stage.practitioner for stage in appointment.stages}


def _series(old: Plan, new: Plan) -> Iterator[ChangeOfSeries]:
    before = {(e.patient, e.activity): e.series for e in old.groups}
    after = {(e.patient, e.activity): e.series for e in new.groups}
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield ChangeOfSeries(*key, before.get(key), after.get(key))


def _costs(old: Plan, new: Plan) -> Iterator[tuple[Term, int, int]]:
    """The terms that differ, with what they were and are."""
    for term in dict.fromkeys((*old.cost.terms, *new.cost.terms)):
        before, after = old.cost.terms.get(term, 0), new.cost.terms.get(term, 0)
        if before != after:
            yield term, before, after
