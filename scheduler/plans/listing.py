"""Plan versions as lists show them: counted and told, without their documents.

A document has hundreds of appointments; the database counts in it, and nothing of it is read here.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlmodel import Session, col

from scheduler.store.tables import PlanVersion

SHOWN: Final = (
    *("number", "status", "kind", "patients", "cost", "bound", "seed", "work", "planner"),
    *("made_at", "decided_at"),
)
"""The columns of a plan version that lists show as they are."""


def listed(
    session: Session, clinic_id: str, *, status: str | None = None, limit: int
) -> Sequence[Row[Any]]:
    """A clinic's plan versions, the newest first: what is in SHOWN, and what documents come to.

    ``optimal``: whether nothing cheaper exists; ``changes``, ``unplaced``: how many there are.
    """
    document: Any = col(PlanVersion.document)
    asked = select(
        *(getattr(PlanVersion, name) for name in SHOWN),
        (document["status"].as_string() == "optimal").label("optimal"),
        func.json_array_length(document["unplaced"]).label("unplaced"),
        func.json_array_length(col(PlanVersion.changes)).label("changes"),
    ).where(col(PlanVersion.clinic_id) == clinic_id)
    if status is not None:
        asked = asked.where(col(PlanVersion.status) == status)
    return session.execute(asked.order_by(col(PlanVersion.number).desc()).limit(limit)).all()
