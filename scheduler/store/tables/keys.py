"""What keys are made of: the clinic first, then an id."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field, SQLModel


class OfClinic(SQLModel):
    """A row of one clinic."""

    clinic_id: str = Field(primary_key=True, foreign_key="clinic.id", max_length=80)


class Numbered(OfClinic):
    """A row of one clinic with an id of its own for life."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)


class Named(OfClinic):
    """A row of one clinic that people know by a short name, such as ``bay-2``."""

    id: str = Field(primary_key=True, max_length=80)


def to(table: str, column: str) -> ForeignKeyConstraint:
    """A column that names a row of another table of the same clinic."""
    return ForeignKeyConstraint(
        ["clinic_id", column], [f"{table}.clinic_id", f"{table}.id"], name=f"{column}_of_{table}"
    )


new_list: Callable[[], list[Any]] = list
new_mapping: Callable[[], dict[str, Any]] = dict
