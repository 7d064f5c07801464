"""A mark of each clinic's house, another one after every change of it, whoever makes it.

Who remembers a house asks for one word, and not for hundreds of rows. The database itself gives
the mark, in the unit of work that changes a row: it is drawn, not counted, so that what was rolled
back is never taken for what another one has changed. Made after every step of the database.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, inspect, text

TABLE: Final = "house_mark"
_DRAWN: Final = "hex(randomblob(16))"

OF_CLINIC: Final = (
    *("closure", "location", "practitioner", "absence", "group_series", "clinic_pathway"),
)
"""Tables of which a house is made, beside the clinic's own row."""

OF_HOUSE: Final = (*("name", "timezone", "slot_minutes", "hours", "resume_driving", "weights"),)
"""Columns of a clinic of which its house is made; the others change all day."""


def install(connection: Connection) -> None:
    """Let the database give the marks, where it has the tables."""
    if not inspect(connection).has_table(TABLE):
        return
    make = _postgresql if connection.dialect.name == "postgresql" else _sqlite
    for statement in make():
        connection.execute(text(statement))


def _watched() -> Iterator[tuple[str, str, str, str]]:
    """Each table, what happens to it, whose row it is then, and where the clinic's id stands."""
    yield "clinic", "INSERT", "NEW", "id"
    yield "clinic", f"UPDATE OF {', '.join(OF_HOUSE)}", "NEW", "id"
    for table in OF_CLINIC:
        yield table, "INSERT", "NEW", "clinic_id"
        yield table, "UPDATE", "NEW", "clinic_id"
        yield table, "DELETE", "OLD", "clinic_id"


def _name(table: str, event: str) -> str:
    return f"{table}_marks_{event.partition(' ')[0].lower()}"


def _sqlite() -> Iterator[str]:
    for table, event, row, whose in _watched():
        name = _name(table, event)
        yield f"DROP TRIGGER IF EXISTS {name}"
        # Names of our own tables and columns: nobody else's words stand in it.
        forget = f"DELETE FROM house_mark WHERE clinic_id = {row}.{whose}"  # noqa: S608  (see above)
        draw = f"INSERT INTO house_mark (clinic_id, mark) VALUES ({row}.{whose}, {_DRAWN})"  # noqa: S608  (see above)
        yield f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {forget}; {draw}; END"


def _postgresql() -> Iterator[str]:
    # The tables have their own names for the clinic: the trigger says which.
    yield (
        "CREATE OR REPLACE FUNCTION house_has_changed() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE of_clinic text; BEGIN "
        "of_clinic := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ->> TG_ARGV[0] "
        "ELSE to_jsonb(NEW) ->> TG_ARGV[0] END; "
        "INSERT INTO house_mark (clinic_id, mark) VALUES (of_clinic, gen_random_uuid()::text) "
        "ON CONFLICT (clinic_id) DO UPDATE SET mark = excluded.mark; RETURN NULL; END $$"
    )
    for table, event, _, whose in _watched():
        yield (
            f"CREATE OR REPLACE TRIGGER {_name(table, event)} AFTER {event} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION house_has_changed('{whose}')"
        )
