"""Dose sessions as they went: what nurses have written down, up to now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import select

from api.demo.cast import Cast, Person
from api.demo.writing import write
from pathways.protocol.visiting import VitalsCheck
from scheduler.sessions import happenings
from scheduler.sessions.discharge import confirmable
from scheduler.store.tables import Account, Appointment, RideContact, SessionEvent

_UNFILED = timedelta(days=3)
"""So long the forms of some sessions wait on the nurses' list."""

Event = tuple[str, datetime, dict[str, Any]]


def _minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@dataclass(frozen=True)
class Manner:
    """How a session goes. ``given``: when the drug is given, where that is known already.

    ``peak``: whether the signs at the peak were taken, ``alarm`` whether the pressure rose then;
    ``waits``: it stands still before the drug, for a decision on the blood pressure.
    """

    given: datetime | None = None
    peak: bool = True
    alarm: bool = False
    waits: bool = False


@dataclass(frozen=True)
class Session:
    """One dose visit of one person, and all that its story is told from."""

    cast: Cast
    person: Person
    dose: Appointment
    driver: str
    manner: Manner = Manner()

    @property
    def _salt(self) -> int:
        return self.person.number * 7 + self.dose.occurrence * 5

    @property
    def _dosing(self) -> timedelta:
        return _minutes(self.person.protocol.activity(self.dose.activity).minutes_of("dosing"))

    @property
    def given(self) -> datetime:
        """When the drug is first given: mostly some minutes late."""
        planned = self.person.drug_at(self.dose)
        return self.manner.given or planned + _minutes(self._salt % 6)

    @property
    def last(self) -> datetime:
        """When it is last given."""
        rest = self.person.protocol.dose_order.rest_between_devices
        return self.given + (rest * (self._devices - 1) if rest else self._dosing)

    @property
    def leaves(self) -> datetime:
        """From when the patient may leave."""
        watched = self.person.protocol.activity(self.dose.activity).minutes_of("monitoring")
        return self.last + _minutes(watched)

    @property
    def _mg(self) -> int | None:
        order = self.person.protocol.dose_order
        if order.first_mg is None or order.step_mg is None:
            return None
        return order.first_mg + order.step_mg * (self.dose.activity != "first-dose")

    @property
    def _devices(self) -> int:
        each = self.person.protocol.dose_order.mg_per_device
        return self._mg // each if each and self._mg else 1

    def events(self) -> Iterator[Event]:
        """What happened up to now, in order of time."""
        told = sorted(self._whole(), key=lambda event: event[1])
        yield from (event for event in told if event[1] <= self.cast.now)

    def _whole(self) -> Iterator[Event]:
        begin = min(self.dose.start, self.given - _minutes(26))
        yield "arrived", begin - _minutes(self._salt % 8), {}
        yield "check-in", begin + _minutes(4), self._form
        if self.manner.waits:
            yield "vitals", self.cast.now - _minutes(3), self._pressed
            return
        yield "vitals", self.given - _minutes(9), self._signs(0.0)
        yield "given", self.given, {"mg": self._mg, "lot": f"FICTION-{100 + self._salt % 90}"}
        yield from self._drug()
        yield from self._watching()
        yield from self._leaving()

    @property
    def _form(self) -> dict[str, Any]:
        no = dict.fromkeys(("new_illness", "new_medicines", "substance_use"), False)
        ride = {"kind": "adult", "name": self.driver}
        more = {"pregnancy_possible": False, "fasting_kept": True, "suicide_risk": False}
        return {**no, **more, "ride": ride}

    @property
    def _pressed(self) -> dict[str, Any]:
        """A pressure above the line up to which the drug may be given without asking."""
        gate = self.person.protocol.blood_pressure
        return {**self._signs(0.0), "systolic": gate.decide_systolic + 8}

    def _drug(self) -> Iterator[Event]:
        rest = self.person.protocol.dose_order.rest_between_devices
        if rest is None:
            yield "drug ended", self.last, {}
            return
        for number in range(2, self._devices + 1):
            yield "device", self.given + rest * (number - 1), {"number": number}

    def _watching(self) -> Iterator[Event]:
        for check in self.person.protocol.vitals.checks:
            for moment in self._times(check):
                yield "vitals", moment, self._signs((moment - self.given) / _minutes(40))
        if self.manner.alarm:
            seen = {"sign": "rise of systolic pressure"}
            yield "alarm acknowledged", self.given + _minutes(44), seen
        elif self._salt % 9 == 4:
            yield "side effect", self.given + _minutes(31), {"effect": "nausea"}
            yield "side effect", self.given + _minutes(70), {"effect": "nausea", "passed": True}

    def _times(self, check: VitalsCheck) -> Iterator[datetime]:
        late = _minutes(self._salt % 3)
        if check.after_start is not None and self.manner.peak:
            yield self.given + check.after_start + late
        elif check.every is not None:
            moment = self.given if check.during == "dosing" else self.last
            ends = self.last if check.during == "dosing" else self.leaves
            while (moment := moment + check.every) < ends:
                yield moment + late
        elif check.before_end is not None:
            yield self.leaves - _minutes(4)

    def _signs(self, along: float) -> dict[str, Any]:
        """Signs at a time, 1.0 being the peak: they rise, and fall to what they were."""
        height = max(along * (2 - along), 0.0) if along < 2 else 0.0
        rise = 44 if self.manner.alarm else 14 + self._salt % 11
        return {
            "systolic": round(110 + self._salt % 17 + rise * height),
            "diastolic": round(68 + self._salt % 11 + rise / 2.4 * height),
            "heart_rate": round(66 + self._salt % 9 + 12 * height),
            "oxygen_saturation": 98 - round(height * (self._salt % 3)),
            "sedation": 4 if height > 0.6 else 5,
            "dissociation": height > 0.3,
        }

    def _leaving(self) -> Iterator[Event]:
        seen = [item.id for item in confirmable(self.person.protocol)]
        yield "note given", self.leaves - _minutes(5), {}
        yield "ready", self.leaves + _minutes(1), {"confirmed": seen}
        yield "ride met", self.leaves + _minutes(2), {"name": self.driver}
        yield "discharged", self.leaves + _minutes(3 + self._salt % 6), {}
        filed = self.leaves + (_UNFILED if self._salt % 4 == 0 else _minutes(40))
        if self.person.protocol.supply.certified_site:
            yield "form filed", filed, {"reference": f"FICTION-{1000 + self._salt}"}


def keep_sessions(cast: Cast, staff: dict[str, Account]) -> list[Session]:
    """Write every session down as far as it has come; those that had begun."""
    drivers = _drivers(cast)
    every = [
        Session(cast, person, dose, drivers[dose.ride_contact_id])
        for person in cast.people
        for dose in person.doses
        if dose.start - _minutes(8) <= cast.now
    ]
    staged = list(_staged(cast, every))
    write(cast.session, SessionEvent, _rows(staged, staff))
    return staged


def _drivers(cast: Cast) -> dict[UUID | None, str]:
    rows = cast.session.exec(select(RideContact).where(RideContact.clinic_id == cast.clinic.id))
    return {row.id: row.name for row in rows}


def _staged(cast: Cast, every: list[Session]) -> Iterator[Session]:
    """The sessions, those of this hour so that there is something to see and to do.

    One has its signs due now, one an alarm that was seen, one waits for a decision.
    """
    under_way = [s for s in every if s.given <= cast.now < s.leaves]
    under_way.sort(key=lambda s: (abs(cast.now - s.given - _minutes(50)), s.person.id))
    waiting = [s for s in every if s.given > cast.now]
    chosen: dict[UUID, Manner] = {}
    if waiting:
        chosen[waiting[-1].dose.id] = Manner(waits=True)
    at_peak = [s for s in under_way if _is_at_peak(s)]
    if at_peak:
        given = max(at_peak[0].person.drug_at(at_peak[0].dose), cast.now - _minutes(50))
        chosen[at_peak[0].dose.id] = Manner(given=given, peak=False)
    others = [s for s in under_way if s.dose.id not in chosen and _has_peaked(s)]
    if others:
        chosen[others[0].dose.id] = Manner(alarm=True)
    for one in every:
        manner = chosen.get(one.dose.id, one.manner)
        yield Session(cast, one.person, one.dose, one.driver, manner)


def _has_peaked(one: Session) -> bool:
    """Whether the signs at the peak were taken, and somebody has had time to look."""
    checks = [c.after_start for c in one.person.protocol.vitals.checks if c.after_start]
    late = any(check >= _minutes(30) for check in checks)
    return late and one.cast.now >= one.given + _minutes(45)


def _is_at_peak(one: Session) -> bool:
    """Whether a check after the drug is due about now."""
    checks = [c.after_start for c in one.person.protocol.vitals.checks if c.after_start]
    since = one.cast.now - one.given
    return any(c - _minutes(20) <= since <= c + _minutes(35) for c in checks)


def _rows(every: list[Session], staff: dict[str, Account]) -> Iterator[dict[str, Any]]:
    for one in every:
        for number, (kind, at, data) in enumerate(one.events(), start=1):
            name = uuid4()
            event = happenings.read({"id": name, "kind": kind, "at": at, **data})
            role = "coordinator" if kind == "ride met" else "nurse"
            yield {
                "id": name,
                "appointment_id": one.dose.id,
                "number": number,
                "kind": kind,
                "at": at,
                "recorded_at": at,
                "recorded_by": staff[role].id,
                "data": happenings.written(event),
            }
