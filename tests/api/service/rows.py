"""All that a clinic has stored at one moment, as plain rows, read past the code that wrote them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel

from scheduler.store.session import Store

Row = dict[str, Any]

NEW_YORK = ZoneInfo("America/New_York")
STANDING = ("pending", "booked", "arrived", "checked-in", "fulfilled")
AHEAD = ("pending", "booked", "arrived")


class Rows:
    """Every row of every table, by the table's name."""

    def __init__(self, store: Store) -> None:
        with store.reading() as session:
            self.tables: dict[str, list[Row]] = {
                table.name: [dict(row) for row in session.execute(table.select()).mappings()]
                for table in SQLModel.metadata.sorted_tables
            }

    def of(self, table: str, **equal: Any) -> list[Row]:
        """The rows of a table in which these columns have these values."""
        wanted = equal.items()
        return [r for r in self.tables[table] if all(r[name] == value for name, value in wanted)]

    def by_id(self, table: str) -> dict[Any, Row]:
        """A table's rows by their ids."""
        return {row["id"]: row for row in self.tables[table]}

    def patients_of(self, appointment: Row) -> list[str]:
        """Who takes part in an appointment."""
        links = self.of("appointment_patient", appointment_id=appointment["id"])
        return sorted(link["patient_id"] for link in links)

    def told(self, *appointments: Row) -> bool:
        """Whether a task says that one of these cannot stand as it is."""
        names = {str(row["id"]) for row in appointments}
        tasks = self.of("task", kind="broken-promise")
        return any(task["subject_id"] in names for task in tasks)

    def events_of(self, appointment: Row) -> list[Row]:
        """What happened in a session, in order of time, corrections made: plain data."""
        rows = sorted(
            self.of("session_event", appointment_id=appointment["id"]), key=lambda r: r["number"]
        )
        happened = {
            r["id"]: {**r["data"], "by": r["recorded_by"], "written": r["recorded_at"]}
            for r in rows
            if r["kind"] != "correction" and r["data"]
        }
        for row in rows:
            if row["kind"] == "correction":
                instead = row["data"].get("event")
                old = happened.pop(row["corrects"], None)
                if instead and old:
                    happened[row["corrects"]] = {**instead, "by": old["by"], "written": None}
        found = [{**e, "at": datetime.fromisoformat(e["at"])} for e in happened.values()]
        return sorted(found, key=lambda e: e["at"])


@dataclass(frozen=True)
class Step:
    """What stood before a step and after it, and the time at which it was taken."""

    before: Rows
    after: Rows
    now: datetime

    @property
    def standing(self) -> list[Row]:
        """The appointments that take time; a hold that has run out does not."""
        return [
            row
            for row in self.after.tables["appointment"]
            if row["status"] in STANDING
            and not (row["status"] == "pending" and row["held_until"] <= self.now)
        ]

    def new(self, table: str) -> list[Row]:
        """The rows of a table that the step has added."""
        known = self.before.by_id(table)
        return [row for row in self.after.tables[table] if row["id"] not in known]

    def changed(self, table: str) -> Iterator[tuple[Row, Row]]:
        """The rows that the step has changed, as they were and as they are."""
        after = self.after.by_id(table)
        for row in self.before.tables[table]:
            if after.get(row["id"]) != row:
                yield row, after.get(row["id"], {})


def last(events: list[Row], kind: str) -> Row | None:
    """The last event of a kind."""
    return next((event for event in reversed(events) if event["kind"] == kind), None)


def all_of(events: list[Row], kind: str) -> list[Row]:
    """All events of a kind."""
    return [event for event in events if event["kind"] == kind]


def local_day(moment: datetime) -> Any:
    """The clinic's date of an instant."""
    return moment.astimezone(NEW_YORK).date()
