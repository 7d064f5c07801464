"""The whole database as one file, and back, on either kind of database, proving itself.

The file is a zip of one list of rows for each table, as they are stored: encrypted fields stay
encrypted, and the key is not in it. A manifest holds the step of the database and, for each table,
how many rows it has and their hash; who restores counts and hashes again.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Date, MetaData, Table, Text, Uuid, func, insert, select

from scheduler.store import marking, migrating
from scheduler.store.columns import Encrypted, EncryptedData, Instant
from scheduler.store.session import Store
from scheduler.store.tables import SQLModel

_MANIFEST = "manifest.json"
_ROWS_AT_ONCE = 1_000


class NotABackup(Exception):
    """The file is no backup of this program, or not a whole one."""


class NotEmpty(Exception):
    """A backup is restored into an empty database, never over rows."""


class NotTheSame(Exception):
    """After it was restored, a table was not what the manifest says."""


@dataclass(frozen=True)
class Written:
    """What a backup holds: rows by table."""

    step: str
    rows: dict[str, int]


def back_up(store: Store, path: Path) -> Written:
    """Write every row of one state of the database to a new file, whole or not at all."""
    draft = path.with_name(f".{path.name}.part")
    tables: dict[str, dict[str, Any]] = {}
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as file, store.reading() as session:
            for table in _as_stored():
                tables[table.name] = _write_table(file, session.connection(), table)
            manifest = {"step": migrating.current(store), "tables": tables}
            file.writestr(_MANIFEST, json.dumps(manifest, indent=1))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return Written(str(manifest["step"]), {name: t["rows"] for name, t in tables.items()})


def restore(store: Store, path: Path) -> Written:
    """Bring a backup into an empty database of the same step, and prove that it is all there.

    NotABackup, NotEmpty or NotTheSame, and nothing is changed, where that cannot be.
    """
    with _opened(path) as file:
        manifest = json.loads(file.read(_MANIFEST))
        if migrating.current(store) != manifest["step"]:
            raise NotABackup(f"it is of step {manifest['step']}; migrate to that step first")
        with store.engine.begin() as connection:
            for table in _as_stored():
                if connection.execute(select(func.count()).select_from(table)).scalar_one():
                    raise NotEmpty(table.name)
            for table in _as_stored():
                _read_table(file, connection, table)
            _prove(connection, manifest)
    return Written(manifest["step"], {n: t["rows"] for n, t in manifest["tables"].items()})


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as problem:
        raise NotABackup(str(problem)) from None
    if _MANIFEST not in file.namelist() or file.testzip() is not None:
        raise NotABackup("its manifest is missing, or a part of it is damaged")
    return file


def _as_stored() -> list[Table]:
    """Every table in an order in which rows may be written, encrypted columns as plain text.

    But for the marks of houses: a database draws its own, as it is given the rows.
    """
    stored = MetaData()
    for table in SQLModel.metadata.sorted_tables:
        copy = table.to_metadata(stored)
        for column in copy.columns:
            if isinstance(column.type, Encrypted | EncryptedData):
                column.type = Text()
    return [table for table in stored.sorted_tables if table.name != marking.TABLE]


def _write_table(file: zipfile.ZipFile, connection: Connection, table: Table) -> dict[str, Any]:
    count, digest = 0, hashlib.sha256()
    with file.open(f"{table.name}.jsonl", "w", force_zip64=True) as out:
        for line in _lines(connection, table):
            out.write(line)
            digest.update(line)
            count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """The rows of a table in order of their keys, one line each."""
    query = select(table).order_by(*table.primary_key.columns)
    for row in connection.execute(query).yield_per(_ROWS_AT_ONCE):
        yield json.dumps([_plain(value) for value in row]).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _read_table(file: zipfile.ZipFile, connection: Connection, table: Table) -> None:
    rows: list[dict[str, Any]] = []
    with file.open(f"{table.name}.jsonl") as lines:
        for line in lines:
            values = json.loads(line)
            rows.append(
                {c.name: _typed(c.type, v) for c, v in zip(table.columns, values, strict=True)}
            )
            if len(rows) == _ROWS_AT_ONCE:
                connection.execute(insert(table), rows)
                rows = []
    if rows:
        connection.execute(insert(table), rows)


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return UUID(value) if isinstance(kind, Uuid) else value


def _prove(connection: Connection, manifest: dict[str, Any]) -> None:
    for table in _as_stored():
        digest, count = hashlib.sha256(), 0
        for line in _lines(connection, table):
            digest.update(line)
            count += 1
        known = manifest["tables"][table.name]
        if (count, digest.hexdigest()) != (known["rows"], known["sha256"]):
            raise NotTheSame(f"{table.name}: {count} rows, {known['rows']} were kept")
