"""The record can only grow: the database itself refuses to change or drop what was written.

An entry is changed once, to be given its number and seal. Made after every step of the database,
so that a step that builds the table anew cannot lose it.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, inspect, text

TABLE = "audit_entry"
_REFUSED = "the record of who did what can only grow"
_GIVEN_ONCE = ("number", "seal")


def install(connection: Connection) -> None:
    """Let the database keep the record, where it has the table."""
    columns = inspect(connection)
    if not columns.has_table(TABLE):
        return
    names = [column["name"] for column in columns.get_columns(TABLE)]
    fixed = [name for name in names if name not in _GIVEN_ONCE]
    postgresql = connection.dialect.name == "postgresql"
    for statement in _postgresql(fixed) if postgresql else _sqlite(fixed):
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
