"""A clinic's house as the contract has it: hours, places, people, groups, pathways.

It changes rarely, and to validate it takes longer than all that a booking asks for. So it is
remembered by its mark, which the database gives it anew with every change (`store.marking`):
whoever changes a row, in whatever process and by whatever way, another house is given to the next
unit of work that can see it. Two houses of the same texts are validated once.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from threading import Lock
from typing import Any, Final, TypeVar

from sqlalchemy import CompoundSelect, Select, bindparam, select
from sqlmodel import Session, SQLModel

from pathways import reading, timing
from pathways.scenario import Clinic as ClinicRecord
from pathways.scenario import Scenario
from scheduler.store.asking import ask, table_of
from scheduler.store.columns import Encrypted, EncryptedData
from scheduler.store.tables import (
    Absence,
    Clinic,
    ClinicPathway,
    Closure,
    GroupSeries,
    HouseMark,
    Location,
    Practitioner,
)
from scheduler.store.together import read, together

Row = TypeVar("Row", bound=SQLModel)

RETIRED_FOR = timedelta(days=3 * 365)
"""How long a place that is used no more is busy, and somebody away who has left: longer than any
plan looks ahead."""

_TABLES: Final[tuple[Any, ...]] = (
    *(Clinic, Closure, Location, Practitioner, Absence, GroupSeries, ClinicPathway),
)
_COUNTED_ON: Final = frozenset({"changes", "settings"})
"""Columns of a clinic that say nothing of its house, and change all the time."""

_MARK: Final = len(_TABLES)
"""The number of the part of the query that reads the mark."""

_REMEMBERED: Final = 64

Written = tuple[tuple[int, str], ...]
"""The rows of the tables, each with the number of its table and its columns as one text."""


class NoClinic(LookupError):
    """There is no clinic of this name here."""


@dataclass(frozen=True)
class House:
    """``data`` and ``pathways`` as they would be written to a file, and the valid record.

    ``empty``: the clinic without a patient. ``ending``: the groups that nobody joins any more, by
    id; no document has them. They are shared by all who ask: nobody changes them.
    """

    data: dict[str, Any]
    pathways: tuple[dict[str, Any], ...]
    weights: dict[str, Any]
    empty: Scenario
    ending: Mapping[str, GroupSeries]

    @property
    def record(self) -> ClinicRecord:
        """The clinic itself."""
        return self.empty.clinic

    def still_meets(self, series_id: str | None, start: datetime) -> bool:
        """Whether a meeting is one of the last of a group that ends."""
        series = self.ending.get(series_id or "")
        if series is None or series.ends_on is None:
            return False
        day = timing.local_date(start, self.record.zone)
        return day < series.ends_on and day.isoformat() not in series.cancelled

    def joinable(self, groups: Mapping[str, str]) -> dict[str, str]:
        """What a patient has chosen for each activity, without groups that end."""
        return {name: series for name, series in groups.items() if series not in self.ending}


_HOUSES: Final[dict[str, tuple[str, House]]] = {}
"""The houses of a process by clinic, each with its mark, the longest known first."""

_REMEMBERING: Final = Lock()


def house_of(session: Session, clinic_id: str) -> House:
    """The house of a clinic as this unit of work sees it; NoClinic where there is none."""
    mark = ask(session, _marked(), {"clinic": clinic_id})
    known = _HOUSES.get(clinic_id)
    if mark and known is not None and known[0] == mark[0].mark:
        return known[1]
    return _read(session, clinic_id)


def _remember(clinic_id: str, mark: str, house: House) -> None:
    """Keep one house for each clinic, and no more clinics than there is memory for."""
    with _REMEMBERING:  # others read houses at this moment, in threads of their own
        _HOUSES.pop(clinic_id, None)
        while len(_HOUSES) >= _REMEMBERED:
            del _HOUSES[next(iter(_HOUSES))]
        _HOUSES[clinic_id] = (mark, house)


def _read(session: Session, clinic_id: str) -> House:
    """The house of its rows, remembered by the mark that stood beside them: one query reads both.

    What was read by another could be younger than the mark.
    """
    asked = _reading(session.get_bind().dialect.name)
    rows = ask(session, asked, {"clinic": clinic_id})
    written = tuple((number, text) for number, text in rows if number != _MARK)
    if all(number for number, _ in written):
        raise NoClinic(clinic_id)
    house = _house(written)
    for mark in (read(_columns(HouseMark), text)[1] for number, text in rows if number == _MARK):
        _remember(clinic_id, mark, house)
    return house


@cache
def _marked() -> Select[Any]:
    mark = table_of(HouseMark).c
    return select(mark.mark).where(mark.clinic_id == bindparam("clinic"))


@cache
def _reading(dialect: str) -> CompoundSelect[Any]:
    """The query for all that a house is made of."""
    tables = (*_TABLES, HouseMark)
    parts = [(_columns(table), _owner(table) == bindparam("clinic")) for table in tables]
    return together(parts, dialect)


def _owner(table: Any) -> Any:
    stored = table_of(table).c
    return stored.id if table is Clinic else stored.clinic_id


@cache
def _columns(table: Any) -> tuple[Any, ...]:
    return tuple(
        column
        for column in table_of(table).c
        if not isinstance(column.type, Encrypted | EncryptedData)
        and not (table is Clinic and column.name in _COUNTED_ON)
    )


@lru_cache(_REMEMBERED)
def _house(written: Written) -> House:
    def rows(table: type[Row]) -> list[Row]:
        wanted = _TABLES.index(table)
        found = [_row(table, text) for number, text in written if number == wanted]
        return sorted(found, key=_place)

    (clinic,) = rows(Clinic)
    away: dict[str, list[Absence]] = defaultdict(list)
    for absence in rows(Absence):
        away[absence.practitioner_id].append(absence)
    data = {
        "id": clinic.id,
        "name": clinic.name,
        "timezone": clinic.timezone,
        "slot_minutes": clinic.slot_minutes,
        "hours": clinic.hours,
        "closures": [{"date": c.day.isoformat(), "reason": c.reason} for c in rows(Closure)],
        "resume_driving": clinic.resume_driving,
        "locations": [_location_data(row) for row in rows(Location)],
        "practitioners": [_practitioner_data(row, away[row.id]) for row in rows(Practitioner)],
        "groups": [_group_data(row) for row in rows(GroupSeries) if row.ends_on is None],
    }
    pathways = tuple(row.document or _reference(row) for row in rows(ClinicPathway))
    parts = {"clinic": data, "pathways": pathways, "weights": clinic.weights}
    # BadDocument names every fault in a house that is not whole.
    empty = reading.read_scenario({"format": "care-scenario/1", "patients": [], **parts})
    ending = {row.id: row for row in rows(GroupSeries) if row.ends_on is not None}
    return House(data, pathways, clinic.weights, empty, ending)


def _row(table: type[Row], written: str) -> Row:
    """A row that is in no session, of the text that was read."""
    columns = _columns(table)
    names = (column.name for column in columns)
    return table(**dict(zip(names, read(columns, written), strict=True)))


def _place(row: Any) -> tuple[int, str]:
    """Where a row stands among those of its table: as they were written, or by day."""
    return (getattr(row, "position", 0), str(getattr(row, "day", None) or row.id))


def _reference(row: ClinicPathway) -> dict[str, Any]:
    return {"library": row.id, "version": row.version}


def _location_data(row: Location) -> dict[str, Any]:
    data: dict[str, Any] = {"id": row.id, "kind": row.kind, "turnover": row.turnover}
    if row.capacity is not None:
        data["capacity"] = row.capacity
    return {**data, "busy": [*row.busy, *_retired(row)]}


def _retired(row: Location) -> Iterator[dict[str, str]]:
    """A place that is used no more is busy from then on."""
    if row.retired_on is not None:
        ends = row.retired_on + RETIRED_FOR
        yield {"start": f"{row.retired_on}T00:00:00", "end": f"{ends}T00:00:00"}


def _practitioner_data(row: Practitioner, away: list[Absence]) -> dict[str, Any]:
    return {
        "id": row.id,
        "roles": row.roles,
        "skills": row.skills,
        "hours": row.hours,
        "away": [*(_dates(a.first, a.last) for a in away), *_left(row)],
        "busy": row.busy,
    }


def _left(row: Practitioner) -> Iterator[dict[str, str]]:
    """Somebody who works here no more is away from then on."""
    if row.leaves_on is not None:
        yield _dates(row.leaves_on, row.leaves_on + RETIRED_FOR)


def _dates(first: date, last: date) -> dict[str, str]:
    return {"from": first.isoformat(), "to": last.isoformat()}


def _group_data(row: GroupSeries) -> dict[str, Any]:
    return {
        "id": row.id,
        "activity": row.activity,
        "modality": row.modality,
        "capacity": row.capacity,
        "location": row.location_id,
        "facilitator": row.facilitator_id,
        "weekly": row.weekly,
        "cancelled": row.cancelled,
    }
