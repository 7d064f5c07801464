"""What alembic runs: the steps, on the connection that `migrating` hands over."""

from typing import Any, Literal

from alembic import context
from sqlmodel.sql.sqltypes import AutoString

from scheduler.store import append_only, columns, expecting, marking
from scheduler.store.tables import SQLModel


def written(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """How a column's type is written into a step: ours by name, the model's text as plain text."""
    if kind != "type":
        return False
    if isinstance(item, AutoString):
        return f"sa.String({item.length})" if item.length else "sa.String()"
    if isinstance(item, columns.Instant | columns.Encrypted | columns.EncryptedData):
        return f"columns.{type(item).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_type=True,
    render_as_batch=True,
    render_item=written,
)
with context.begin_transaction():
    context.run_migrations()
    append_only.install(context.config.attributes["connection"])
    marking.install(context.config.attributes["connection"])
    expecting.install(context.config.attributes["connection"])
