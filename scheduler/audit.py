"""The record of who changed and read what, and the clinic's changes for those who listen.

A change's entry stands in its own unit of work. No name, address or free word of a patient stands
in an entry: ids, rules, old and new values of plain things.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Executable, FromClause, Table, bindparam, insert, select, update
from sqlmodel import Session

from scheduler.acting import Actor
from scheduler.store.asking import put, run, table_of
from scheduler.store.tables import AuditEntry, Change, Clinic

_ENTRY: Final = table_of(AuditEntry)


@dataclass(frozen=True)
class Note:
    """That something was done to one subject (its kind and id), among others at once."""

    subject: tuple[str, object]
    patients: Sequence[str] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    at: datetime,
    subject: tuple[str, object] = ("", ""),
    patients: Iterable[str] = (),
    **detail: Any,
) -> None:
    """Write down that somebody did something to a subject (its kind and id)."""
    note = Note(subject, tuple(patients), detail)
    put(session, _ENTRY, [_values(actor, action, note, at)])


def record_read(
    connection: Connection, actor: Actor, *, at: datetime, patients: Iterable[str]
) -> None:
    """Write down that somebody has seen data of patients: what is done most, by one statement."""
    note = Note(("", ""), tuple(patients))
    connection.execute(_ENTRY.insert(), _values(actor, "read", note, at))


def record_many(
    session: Session, actor: Actor, action: str, notes: Iterable[Note], *, at: datetime
) -> None:
    """Write down that somebody did the same to many subjects: the same entries, made faster."""
    put(session, _ENTRY, [_values(actor, action, note, at) for note in notes])


def _values(actor: Actor, action: str, note: Note, at: datetime) -> dict[str, Any]:
    kind, name = note.subject
    return {
        "clinic_id": actor.clinic_id,
        "id": uuid4(),
        "at": at,
        "account_id": actor.account_id,
        "actor": actor.name,
        "role": ", ".join(sorted(actor.roles)),
        "action": action,
        "route": actor.route,
        "request_id": actor.request_id,
        "subject_kind": kind,
        "subject_id": str(name),
        "patients": sorted(set(note.patients)),
        "detail": dict(note.detail),
    }


def tell(
    session: Session,
    clinic_id: str,
    kind: str,
    subject_id: object,
    *,
    at: datetime,
    patient_id: str | None = None,
) -> None:
    """Let those who listen know that something of the clinic has changed.

    Changes are numbered in the order in which they are committed: the clinic's row is held from
    here to the end of the unit of work, so call this last.
    """
    values = {
        "of_clinic": clinic_id,
        "told_at": at,
        "told_kind": kind,
        "told_of": str(subject_id),
        "told_patient": patient_id,
    }
    for statement in _telling(session.get_bind().dialect.name):
        run(session, statement, values)


@cache
def _telling(dialect: str) -> tuple[Executable, ...]:
    """How the next change of a clinic is counted and written: PostgreSQL does both at once."""
    clinic, change = table_of(Clinic), table_of(Change)
    counted = (
        update(clinic)
        .where(clinic.c.id == bindparam("of_clinic"))
        .values(changes=clinic.c.changes + 1)
    )
    if dialect == "sqlite":
        latest = select(clinic.c.changes).where(clinic.c.id == bindparam("of_clinic")).subquery()
        return counted, _written(change, latest)
    return (_written(change, counted.returning(clinic.c.changes).cte("counted")),)


def _written(change: Table, counted: FromClause) -> Executable:
    told = {
        "clinic_id": "of_clinic",
        "at": "told_at",
        "kind": "told_kind",
        "subject_id": "told_of",
        "patient_id": "told_patient",
    }
    values = [bindparam(name, type_=change.c[column].type) for column, name in told.items()]
    return insert(change).from_select(
        ["number", *told], select(counted.c.changes, *values).select_from(counted)
    )
