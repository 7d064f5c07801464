"""The rows of messages brought to what should be: written, moved, voided, told as plain values.

A course has hundreds, and most stay as they are: no records of the store are made of them.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    Select,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
    select,
    update,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlmodel import Session

from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.changing import NEWS
from scheduler.reminders.planning import Wanted
from scheduler.store.asking import among, ask, ask_about, one_of, put, table_of
from scheduler.store.tables import Reminder

STOPPED = "stopped by a person"

Pair = tuple[Wanted, str]
"""A message that should exist, and the patient whom it is about."""

_TABLE: Final = table_of(Reminder)
_MAY_CHANGE: Final = (
    *("subject_version", "due_at", "next_try_at", "expires_at", "status", "reason", "attempts"),
    *("facts", "claimed_by", "claimed_until"),
)
_READ: Final = (
    *("clinic_id", "id", "subject_kind", "subject_id", "kind", "step", "recipient", "channel"),
    *("patient_id", "sent_at", *_MAY_CHANGE),
)
"""What is read of a message to keep it: no rows of the store are made of hundreds."""

_UNCLAIMED: Final[dict[str, Any]] = {"claimed_by": None, "claimed_until": None}


def values_of(
    clinic_id: str, found: Wanted, patient_id: str | None, now: datetime
) -> dict[str, Any]:
    """The row of a message as plain values: a whole course is written without making records."""
    kind = catalogue().kinds[found.kind]
    return {
        "id": uuid4(),
        "clinic_id": clinic_id,
        "subject_kind": found.subject.kind,
        "subject_id": found.subject.id,
        "subject_version": found.subject.version,
        "kind": found.kind,
        "step": found.step,
        "recipient": found.recipient,
        "channel": found.channel,
        "patient_id": patient_id,
        "rank": catalogue().rank(found.kind),
        "safety": kind.safety,
        "due_at": found.due_at,
        "next_try_at": found.due_at,
        "expires_at": found.expires_at,
        "status": found.status,
        "reason": found.reason,
        "attempts": 0,
        "facts": {**found.facts, "says": found.says},
        "made_at": now,
    }


@dataclass(frozen=True)
class Subjects:
    """Which subjects' rows are looked at: these, or all of a patient that begin with a name."""

    kinds: Sequence[str]
    names: Sequence[str] = ()
    prefix: str = ""
    patient: str = ""


def about_appointments(appointment_ids: Iterable[UUID]) -> Subjects:
    """The messages about some appointments."""
    return Subjects(("appointment",), sorted(map(str, appointment_ids)))


def _rows(session: Session, clinic_id: str, subjects: Subjects) -> list[Any]:
    if subjects.prefix:
        values = {
            "clinic": clinic_id,
            "patient": subjects.patient,
            "begins": f"{subjects.prefix}%",
        }
        return ask(session, _of_course(tuple(subjects.kinds)), values)
    asked = partial(_of_subjects, tuple(subjects.kinds))
    return ask_about(session, asked, "name", subjects.names, {"clinic": clinic_id})


@cache
def _of_course(kinds: tuple[str, ...]) -> Select[Any]:
    """The messages about a course as a whole, found by the patient: for that there is an index."""
    row = _TABLE.c
    return _of_kinds(kinds).where(
        row.patient_id == bindparam("patient"), row.subject_id.like(bindparam("begins"))
    )


@cache
def _of_subjects(kinds: tuple[str, ...], number: int) -> Select[Any]:
    return _of_kinds(kinds).where(among(_TABLE.c.subject_id, "name", number))


def _of_kinds(kinds: tuple[str, ...]) -> Select[Any]:
    row = _TABLE.c
    return (
        select(*(row[name] for name in _READ))
        .where(
            row.clinic_id == bindparam("clinic"),
            one_of(row.subject_kind, kinds),
        )
        .with_for_update()
    )


_Place = tuple[Any, ...]


def _place(row: Any) -> _Place:
    return (row.subject_kind, row.subject_id, row.kind, row.step, row.recipient, row.channel)


def _wanted_place(found: Wanted) -> _Place:
    return (found.subject.kind, found.subject.id, *found.place)


def reconcile(
    session: Session, clinic_id: str, subjects: Subjects, pairs: list[Pair], now: datetime
) -> list[Any]:
    """Write what is missing, move what waits, void the rest; answer all that was there."""
    every = _rows(session, clinic_id, subjects)
    _bring(session, clinic_id, [row for row in every if row.kind != NEWS], pairs, now)
    return every


def begin(session: Session, clinic_id: str, pairs: list[Pair], now: datetime) -> None:
    """Write the messages about subjects that were not there before, of which so none is there."""
    _bring(session, clinic_id, [], pairs, now)


def _bring(
    session: Session, clinic_id: str, rows: list[Any], pairs: list[Pair], now: datetime
) -> None:
    """Bring the messages that are there to those that should be."""
    waiting = {_place(row): row for row in rows if row.status == "pending"}
    settled = {(_place(row), row.facts.get("start")) for row in rows if _is_settled(row)}
    taken = _versions(rows)
    missing: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for found, patient in pairs:
        place = _wanted_place(found)
        row = waiting.pop(place, None)
        if row is not None:
            others = taken[place] - {row.subject_version}
            version = _free_version(others, found.subject.version)
            changed += _moved(row, found, version)
            taken[place].add(version)
        elif (place, found.facts.get("start")) not in settled:
            values = values_of(clinic_id, found, patient, now)
            values["subject_version"] = _free_version(taken[place], found.subject.version)
            taken[place].add(values["subject_version"])
            missing.append(values)
    over = "what it speaks of was called off or has moved"
    changed += [called_off(row, over) for row in waiting.values()]
    change(session, changed)
    put(session, _TABLE, missing)


def change(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write messages as they are to be, told by their keys and all that may change of them."""
    session.flush()
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_all_at_once(), {"told": json.dumps(rows, default=str)})
    else:
        connection.execute(_one_by_one(), rows)


@cache
def _all_at_once() -> Update:
    """What costs PostgreSQL and its driver half of what as many statements do."""
    columns = [column(f"of_{name}", _TABLE.c[name].type) for name in ("clinic_id", "id")]
    columns += [column(name, _TABLE.c[name].type) for name in _MAY_CHANGE]
    told = (
        func.json_to_recordset(cast(bindparam("told", type_=Text), JSON))
        .table_valued(*columns)
        .render_derived(name="told", with_types=True)
    )
    return _changing(told.c)


@cache
def _one_by_one() -> Update:
    return _changing({name: bindparam(name) for name in ("of_clinic_id", "of_id", *_MAY_CHANGE)})


def _changing(told: Mapping[str, Any] | ReadOnlyColumnCollection[str, Any]) -> Update:
    row = _TABLE.c
    return (
        update(_TABLE)
        .where(row.clinic_id == told["of_clinic_id"], row.id == told["of_id"])
        .values({name: told[name] for name in _MAY_CHANGE})
    )


def _as_it_is(row: Any) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in _MAY_CHANGE}
    return {"of_clinic_id": row.clinic_id, "of_id": row.id, **kept}


def _is_settled(row: Any) -> bool:
    """Whether a message is not to be written again for the same time of its subject."""
    return row.status not in ("pending", "cancelled") or row.reason == STOPPED


def _versions(rows: Iterable[Any]) -> dict[_Place, set[int]]:
    """The versions of its subject in which each message was written."""
    found: dict[_Place, set[int]] = defaultdict(set)
    for row in rows:
        found[_place(row)].add(row.subject_version)
    return found


def _free_version(taken: set[int], version: int) -> int:
    """The version of the subject, or the next that no other message of the same place has."""
    while version in taken:
        version += 1
    return version


def called_off(row: Any, reason: str) -> dict[str, Any]:
    """A message that waits, not to be sent."""
    return _as_it_is(row) | {"status": "cancelled", "reason": reason} | _UNCLAIMED


def _moved(row: Any, found: Wanted, version: int) -> Iterator[dict[str, Any]]:
    """A waiting message that is to speak of its subject as it is now, if it does not yet.

    It waits anew where it has moved.
    """
    values = {
        "subject_version": version,
        "due_at": found.due_at,
        "expires_at": found.expires_at,
        "status": found.status,
        "reason": found.reason,
        "facts": {**found.facts, "says": found.says},
        **_UNCLAIMED,
    }
    if row.due_at != found.due_at:
        values |= {"attempts": 0, "next_try_at": found.due_at}
    if any(getattr(row, name) != value for name, value in values.items()):
        yield _as_it_is(row) | values
