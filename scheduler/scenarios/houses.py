"""A clinic's house as the contract has it: hours, places, people, groups, pathways.

It changes rarely, and to validate it takes longer than all that a booking asks for. So it is
remembered by the very texts of which it was read: whoever changes one of them, by whatever way,
is given another house in the next unit of work that can see it. No version has to be kept.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import JSON, Select, String, bindparam, cast, select
from sqlmodel import Session, SQLModel

from pathways import reading
from pathways.scenario import Clinic as ClinicRecord
from pathways.scenario import Scenario
from scheduler.store.columns import Encrypted, EncryptedData
from scheduler.store.tables import (
    Absence,
    Clinic,
    ClinicPathway,
    Closure,
    GroupSeries,
    Location,
    Practitioner,
)

Row = TypeVar("Row", bound=SQLModel)

RETIRED_FOR = timedelta(days=3 * 365)
"""How long a place that is used no more is busy: longer than any plan looks ahead."""

_TABLES: Final[tuple[Any, ...]] = (
    *(Clinic, Closure, Location, Practitioner, Absence, GroupSeries, ClinicPathway),
)
_COUNTED_ON: Final = frozenset({"changes", "settings"})
"""Columns of a clinic that say nothing of its house, and change all the time."""

_REMEMBERED: Final = 64

Written = tuple[tuple[tuple[Any, ...], ...], ...]
"""The rows of each of the tables, structured columns as the text that is stored."""


class NoClinic(LookupError):
    """There is no clinic of this name here."""


@dataclass(frozen=True)
class House:
    """``data`` and ``pathways`` as they would be written to a file, and the valid record.

    ``empty``: the clinic without a patient. They are shared by all who ask: nobody changes them.
    """

    data: dict[str, Any]
    pathways: tuple[dict[str, Any], ...]
    weights: dict[str, Any]
    empty: Scenario

    @property
    def record(self) -> ClinicRecord:
        """The clinic itself."""
        return self.empty.clinic


def house_of(session: Session, clinic_id: str) -> House:
    """The house of a clinic as this unit of work sees it; NoClinic where there is none."""
    session.flush()
    connection = session.connection()
    written = tuple(
        tuple(map(tuple, connection.execute(_reading(table), {"clinic": clinic_id})))
        for table in _TABLES
    )
    if not written[0]:
        raise NoClinic(clinic_id)
    return _house(written)


@cache
def _reading(table: Any) -> Select[Any]:
    """The query for a clinic's rows of a table, in the order in which they were written."""
    columns = [
        cast(column, String) if isinstance(column.type, JSON) else column
        for column in _columns(table)
    ]
    stored = _stored(table)
    owner = stored.c.id if table is Clinic else stored.c.clinic_id
    order = [stored.c[name] for name in ("position", "day", "id") if name in stored.c]
    return select(*columns).where(owner == bindparam("clinic")).order_by(*order)


def _stored(table: type[SQLModel]) -> Any:
    return SQLModel.metadata.tables[str(table.__tablename__)]


@cache
def _columns(table: Any) -> tuple[Any, ...]:
    return tuple(
        column
        for column in _stored(table).c
        if not isinstance(column.type, Encrypted | EncryptedData)
        and not (table is Clinic and column.name in _COUNTED_ON)
    )


@lru_cache(_REMEMBERED)
def _house(written: Written) -> House:
    tables = dict(zip(_TABLES, written, strict=True))

    def rows(table: type[Row]) -> list[Row]:
        return [_row(table, values) for values in tables[table]]

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
        "groups": [_group_data(row) for row in rows(GroupSeries)],
    }
    pathways = tuple(row.document or _reference(row) for row in rows(ClinicPathway))
    parts = {"clinic": data, "pathways": pathways, "weights": clinic.weights}
    # BadDocument names every fault in a house that is not whole.
    empty = reading.read_scenario({"format": "care-scenario/1", "patients": [], **parts})
    return House(data, pathways, clinic.weights, empty)


def _row(table: type[Row], values: tuple[Any, ...]) -> Row:
    """A row that is in no session, of the texts that were read."""
    pairs = zip(_columns(table), values, strict=True)
    return table(
        **{
            column.name: json.loads(value)
            if isinstance(column.type, JSON) and value is not None
            else value
            for column, value in pairs
        }
    )


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
        "away": [{"from": a.first.isoformat(), "to": a.last.isoformat()} for a in away],
        "busy": row.busy,
    }


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
