"""What is on record of a patient, gathered once for all that judge by it."""

from collections import defaultdict, namedtuple
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property, lru_cache, partial
from itertools import groupby
from operator import attrgetter
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CompoundSelect, Select, and_, bindparam, select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col

from pathways import timing
from scheduler.store.asking import among, ask, ask_about, table_of
from scheduler.store.columns import Encrypted, EncryptedData
from scheduler.store.tables import (
    Answer,
    Appointment,
    AppointmentPatient,
    Authorization,
    Clearance,
    Clinic,
    Closure,
    Consent,
    ContactPoint,
    Coverage,
    Enrolment,
    MessageConsent,
    Patient,
    PrivatePay,
    RideContact,
    Screening,
)
from scheduler.store.together import read, together
from scheduler.tracking import TAKES_TIME

OF_A_VISIT: Final = (
    *("id", "code", "enrolment_id", "activity", "occurrence", "is_dose", "status", "start", "end"),
    *("modality", "location_id", "series_id", "hold_reason", "cancel_reason", "ride_contact_id"),
    *("ride_confirmed_at", "changed_at", "version"),
)
"""The columns of an appointment that say something of care; the others are long."""

Visit = tuple[Any, Sequence[str]]
"""An appointment with at least these columns, and those who come to it, in their order."""


@dataclass(frozen=True)
class House:
    """What holds for a whole clinic: its zone, its working days, what it has chosen."""

    clinic: Clinic
    closures: frozenset[date]

    @cached_property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return timing.zone(self.clinic.timezone)

    def day(self, moment: datetime) -> date:
        """The clinic's date of an instant."""
        return timing.local_date(moment, self.zone)

    def end_of(self, day: date) -> datetime:
        """The instant at which a date of the clinic ends."""
        return timing.instant(day + timedelta(days=1), 0, self.zone)

    def works_on(self, day: date) -> bool:
        """Whether the clinic is open on a date."""
        return day not in self.closures and bool(self.clinic.hours.get(timing.weekday(day)))

    def working_day_before(self, day: date) -> date:
        """The last date before one on which the clinic is open; the eve where none is in reach."""
        eves = (day - timedelta(days=number) for number in range(1, 15))
        return next((eve for eve in eves if self.works_on(eve)), day - timedelta(days=1))


@dataclass(frozen=True)
class Facts:
    """One patient's records, each kind in the order in which it came about.

    ``appointments``: their columns in OF_A_VISIT; ``taking_part``: who else comes to them, in
    order. ``agreed``: to which messages they have. ``remembered``: what was worked out from them
    once, for all appointments judged.
    """

    house: House
    patient: Patient
    enrolments: Sequence[Enrolment] = ()
    appointments: Sequence[Any] = ()
    taking_part: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    screenings: Sequence[Screening] = ()
    clearances: Sequence[Clearance] = ()
    consents: Sequence[Consent] = ()
    coverages: Sequence[Coverage] = ()
    agreements: Sequence[PrivatePay] = ()
    authorizations: Sequence[Authorization] = ()
    answers: Sequence[Answer] = ()
    rides: Sequence[RideContact] = ()
    contacts: Sequence[ContactPoint] = ()
    agreed: Sequence[MessageConsent] = ()
    partner: "Facts | None" = None
    remembered: dict[object, Any] = field(default_factory=dict, compare=False)

    @property
    def active(self) -> Enrolment | None:
        """The enrolment that runs, if one does."""
        return next((e for e in self.enrolments if e.status == "active"), None)

    @property
    def screening(self) -> Screening | None:
        """The screening that counts: the last one, signed or not."""
        return self.screenings[-1] if self.screenings else None

    @cached_property
    def standing(self) -> list[Any]:
        """The appointments that take place or took place, in order of time."""
        return [a for a in self.appointments if a.status in TAKES_TIME]

    def standing_of(self, enrolment_id: UUID) -> list[Any]:
        """Those of one enrolment."""
        found: list[Any] | None = self.remembered.get(enrolment_id)
        if found is None:
            found = [a for a in self.standing if a.enrolment_id == enrolment_id]
            self.remembered[enrolment_id] = found
        return found

    def enrolment_of(self, appointment: Appointment) -> Enrolment | None:
        """The patient's enrolment for which an appointment is; a partner's is the one that runs."""
        return next((e for e in self.enrolments if e.id == appointment.enrolment_id), self.active)

    def given(self, kind: str) -> list[Clearance]:
        """The clearances of a kind that nobody has revoked."""
        return [c for c in self.clearances if c.kind == kind and c.revoked_at is None]


_OF_PATIENT: tuple[tuple[str, Any, str], ...] = (
    ("enrolments", Enrolment, "start"),
    ("screenings", Screening, "made_at"),
    ("clearances", Clearance, "first"),
    ("consents", Consent, "signed_at"),
    ("coverages", Coverage, "verified_at"),
    ("agreements", PrivatePay, "signed_at"),
    ("authorizations", Authorization, "first"),
    ("answers", Answer, "taken_at"),
    ("rides", RideContact, "id"),
    ("contacts", ContactPoint, "id"),
    ("agreed", MessageConsent, "id"),
)


def house_of(session: Session, clinic_id: str) -> House:
    """The clinic with its closures."""
    closures = ask(session, _closures(), {"clinic": clinic_id})
    return House(session.get_one(Clinic, clinic_id), frozenset(day for (day,) in closures))


_JUDGED_BY: Final = frozenset({("screening", "answers"), ("patient", "assessment")})
"""Encrypted columns by which care is judged: to open one takes as long as to ask a query."""

_COUNTED_ON: Final = frozenset({"changes"})
"""Columns that say nothing of care, and change all the time."""

_CLINICS_REMEMBERED: Final = 64


@cache
def _closures() -> Select[Any]:
    return select(col(Closure.day)).where(col(Closure.clinic_id) == bindparam("clinic"))


def facts_of(session: Session, clinic_id: str, names: Iterable[str]) -> dict[str, Facts]:
    """What is on record of these patients and of their partners, by id; a query for each kind."""
    house = house_of(session, clinic_id)
    patients = _with_partners(session, clinic_id, set(names))
    known = _begun(house, patients)
    for records, kind, order in _OF_PATIENT:
        for row in _rows(session, _records(kind, "patient_id", order), clinic_id, known):
            known[row.patient_id].setdefault(records, []).append(row)
    return _whole(session, clinic_id, known)


_Known = dict[str, dict[str, Any]]


def _begun(house: House, patients: Mapping[str, Any]) -> _Known:
    return {name: {"house": house, "patient": patient} for name, patient in patients.items()}


def _whole(
    session: Session, clinic_id: str, known: _Known, visits: Iterable[Visit] | None = None
) -> dict[str, Facts]:
    _add_appointments(known, _visits_of(session, clinic_id, known) if visits is None else visits)
    alone = {name: Facts(**fields) for name, fields in known.items()}
    return {
        name: Facts(**fields, partner=alone.get(fields["patient"].partner_id or ""))
        for name, fields in known.items()
    }


def _with_partners(session: Session, clinic_id: str, names: set[str]) -> dict[str, Patient]:
    asked = _records(Patient, "id", "id")
    found = {row.id: row for row in _rows(session, asked, clinic_id, names)}
    partners = {row.partner_id for row in found.values() if row.partner_id} - found.keys()
    return found | {row.id: row for row in _rows(session, asked, clinic_id, partners)}


@cache
def _records(kind: Any, column: str, order: str) -> Select[Any]:
    """The query for the records of some patients: to build it takes longer than to ask it."""
    return (
        select(kind)
        .where(
            kind.clinic_id == bindparam("clinic"),
            getattr(kind, column).in_(bindparam("names", expanding=True)),
        )
        .order_by(getattr(kind, order), kind.id)
        .execution_options(populate_existing=True)
    )


def _rows(
    session: Session, asked: Select[Any], clinic_id: str, names: Iterable[str]
) -> Sequence[Any]:
    values = {"clinic": clinic_id, "names": list(names)}
    return session.scalars(asked, values).all() if values["names"] else ()


# ---- all kinds by one query -------------------------------------------------------------------


def known_of(
    session: Session,
    clinic_id: str,
    names: Iterable[str],
    visits: Iterable[Visit] | None = None,
) -> dict[str, Facts]:
    """The same for who judges and changes nothing: plain columns, by one query for all kinds.

    Of what is encrypted only that is read by which care is judged (_JUDGED_BY). ``visits``: all of
    theirs and of their partners, where they are known.
    """
    wanted = set(names)
    found = _all_kinds(session, clinic_id, wanted)
    partners = {one.partner_id for one in found[Patient] if one.partner_id} - wanted
    for kind, rows in _all_kinds(session, clinic_id, partners).items():
        found[kind] += rows
    if not found[Patient]:
        return {}
    house = House(found[Clinic][0], frozenset(closure.day for closure in found[Closure]))
    known = _begun(house, {one.id: one for one in found[Patient]})
    for records, kind, order in _OF_PATIENT:
        for row in sorted(found[kind], key=attrgetter(order, "id")):
            known[row.patient_id].setdefault(records, []).append(row)
    return _whole(session, clinic_id, known, visits)


_KINDS: Final[tuple[Any, ...]] = (*(kind for _, kind, _ in _OF_PATIENT), Patient, Clinic, Closure)
"""What is read together: records of patients, they themselves, the house for which they are."""


def _all_kinds(session: Session, clinic_id: str, names: Collection[str]) -> dict[Any, list[Any]]:
    asked, found = (
        partial(_together, session.get_bind().dialect.name),
        defaultdict[Any, list[Any]](list),
    )
    for number, written in ask_about(session, asked, "name", list(names), {"clinic": clinic_id}):
        kind = _KINDS[number]
        found[kind].append(_clinic(written) if kind is Clinic else _record(kind, written))
    return found


def _record(kind: Any, written: str) -> Any:
    return _record_of(kind)(*read(_judged_by(kind), written))


@lru_cache(_CLINICS_REMEMBERED)
def _clinic(written: str) -> Any:
    """The clinic of its text, which is the same for all of its bookings."""
    return _record(Clinic, written)


@cache
def _together(dialect: str, patients: int) -> CompoundSelect[Any]:
    return together([(_judged_by(kind), _is_of(kind, patients)) for kind in _KINDS], dialect)


def _is_of(kind: Any, patients: int) -> ColumnElement[bool]:
    """Whether a row is of some patients, or of the clinic itself."""
    row = table_of(kind).c
    of_clinic: ColumnElement[bool] = (row.id if kind is Clinic else row.clinic_id) == bindparam(
        "clinic"
    )
    if kind in (Clinic, Closure):
        return of_clinic
    whose = row.id if kind is Patient else row.patient_id
    return and_(of_clinic, among(whose, "name", patients))


@cache
def _judged_by(kind: Any) -> tuple[Any, ...]:
    """The columns of a kind of records by which care is judged."""
    sealed = Encrypted | EncryptedData
    return tuple(
        column
        for column in table_of(kind).c
        if column.name not in _COUNTED_ON
        and (
            not isinstance(column.type, sealed) or (table_of(kind).name, column.name) in _JUDGED_BY
        )
    )


@cache
def _record_of(kind: Any) -> Any:
    return namedtuple(kind.__name__, [column.name for column in _judged_by(kind)])


def _visits_of(session: Session, clinic_id: str, names: Iterable[str]) -> Iterator[Visit]:
    """The appointments of some patients in order of time, each with those who come to it."""
    rows = ask_about(session, _visits, "name", list(names), {"clinic": clinic_id})
    for _, parts in groupby(sorted(rows, key=_IN_ORDER), key=attrgetter("id")):
        visit, *others = parts
        yield visit, list(dict.fromkeys((visit.taking_part, *(row.taking_part for row in others))))


def _add_appointments(known: _Known, visits: Iterable[Visit]) -> None:
    """Give each of these patients their appointments, and those who come to them, too."""
    for fields in known.values():
        fields["appointments"], fields["taking_part"] = [], {}
    for visit, names in visits:
        for name in names:
            if name in known:
                known[name]["appointments"].append(visit)
                known[name]["taking_part"][visit.id] = names


_IN_ORDER: Final = attrgetter("start", "code", "id", "position")


@cache
def _visits(patients: int) -> Select[Any]:
    """The appointments of some patients, a row for each who takes part.

    Theirs are found first: a database that has no figures of its tables yet goes else through what
    the clinic has, once for each of theirs.
    """
    visit, part = table_of(Appointment).c, table_of(AppointmentPatient).c
    own = table_of(AppointmentPatient).alias("own").c
    theirs = select(own.appointment_id).where(
        own.clinic_id == bindparam("clinic"), among(own.patient_id, "name", patients)
    )
    return select(
        part.patient_id.label("taking_part"),
        part.position,
        *(visit[name] for name in OF_A_VISIT),
    ).where(
        visit.clinic_id == bindparam("clinic"),
        visit.id.in_(theirs),
        part.clinic_id == bindparam("clinic"),
        part.appointment_id == visit.id,
    )


def patients_of(
    session: Session, clinic_id: str, appointments: Iterable[UUID]
) -> dict[UUID, list[str]]:
    """Who takes part in appointments, in their order."""
    found: dict[UUID, list[str]] = defaultdict(list)
    ids, values = list(appointments), {"clinic": clinic_id}
    for appointment, patient in ask_about(session, _taking_part, "visit", ids, values):
        found[appointment].append(patient)
    return found


@cache
def _taking_part(number: int) -> Select[Any]:
    part = table_of(AppointmentPatient).c
    asked = select(part.appointment_id, part.patient_id).where(
        part.clinic_id == bindparam("clinic"),
        among(part.appointment_id, "visit", number),
    )
    return asked.order_by(part.position)
