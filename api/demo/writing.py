"""Writing many rows at once, so that the demo clinic is there within seconds."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

CLINIC = "lantern-hill"

Rows = Iterable[Mapping[str, Any]]


def write(session: Session, table: type[SQLModel], rows: Rows) -> None:
    """Insert rows of the demo clinic; what a row does not say is as the table has it."""
    whole = [{**_unsaid(table), "id": uuid4(), **row} for row in rows]
    if whole:
        session.execute(insert(table), whole)


@cache
def _unsaid(table: type[SQLModel]) -> dict[str, Any]:
    """What a row of a table has where nobody says anything."""
    fields = table.model_fields.items()
    known = {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in fields
        if name != "id" and not field.is_required()
    }
    return {**known, "clinic_id": CLINIC}
