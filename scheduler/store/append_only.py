"""The record and notes can only grow: the database refuses to change or drop what was written.

An entry is changed once, to be given its number and seal; a note never. Made after every step of
the database, so that a step that builds a table anew cannot lose it.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, inspect, text

TABLE = "audit_entry"
NOTES = "patient_note"
_REFUSED = "the record of who did what can only grow"
_REFUSED_OF_NOTES = "notes can only be added to; a new one corrects an old one"
_GIVEN_ONCE = ("number", "seal")


def install(connection: Connection) -> None:
    """Let the database keep the record and the notes, where it has their tables."""
    found = inspect(connection)
    postgresql = connection.dialect.name == "postgresql"
    statements: list[str] = []
    if found.has_table(TABLE):
        names = [column["name"] for column in found.get_columns(TABLE)]
        fixed = [name for name in names if name not in _GIVEN_ONCE]
        statements += _postgresql(fixed) if postgresql else _sqlite(fixed)
    if found.has_table(NOTES):
        statements += _notes_on_postgresql() if postgresql else _notes_on_sqlite()
    for statement in statements:
        connection.execute(text(statement))


def _sqlite(fixed: list[str]) -> Iterator[str]:
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in fixed)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    yield "DROP TRIGGER IF EXISTS audit_unchanged"
    yield "DROP TRIGGER IF EXISTS audit_undeleted"
    yield (
        f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON {TABLE} "
        f"WHEN OLD.seal IS NOT NULL OR {changed} {refuse}"
    )
    yield f"CREATE TRIGGER audit_undeleted BEFORE DELETE ON {TABLE} {refuse}"


def _postgresql(fixed: list[str]) -> Iterator[str]:
    # JSON has no equality of its own in PostgreSQL, so everything is compared as text.
    changed = " OR ".join(f"OLD.{name}::text IS DISTINCT FROM NEW.{name}::text" for name in fixed)
    yield (
        "CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    yield (
        f"CREATE OR REPLACE TRIGGER audit_unchanged BEFORE UPDATE ON {TABLE} FOR EACH ROW "
        f"WHEN (OLD.seal IS NOT NULL OR {changed}) EXECUTE FUNCTION audit_only_grows()"
    )
    yield (
        f"CREATE OR REPLACE TRIGGER audit_undeleted BEFORE DELETE ON {TABLE} FOR EACH ROW "
        "EXECUTE FUNCTION audit_only_grows()"
    )
    yield (
        f"CREATE OR REPLACE TRIGGER audit_unemptied BEFORE TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    )


def _notes_on_sqlite() -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSED_OF_NOTES}'); END"
    for name, change in (("note_unchanged", "UPDATE"), ("note_undeleted", "DELETE")):
        yield f"DROP TRIGGER IF EXISTS {name}"
        yield f"CREATE TRIGGER {name} BEFORE {change} ON {NOTES} {refuse}"


def _notes_on_postgresql() -> Iterator[str]:
    yield (
        "CREATE OR REPLACE FUNCTION notes_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{_REFUSED_OF_NOTES}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    yield (
        f"CREATE OR REPLACE TRIGGER note_unchanged BEFORE UPDATE OR DELETE ON {NOTES} "
        "FOR EACH ROW EXECUTE FUNCTION notes_only_grow()"
    )
    yield (
        f"CREATE OR REPLACE TRIGGER note_unemptied BEFORE TRUNCATE ON {NOTES} "
        "FOR EACH STATEMENT EXECUTE FUNCTION notes_only_grow()"
    )
