"""Write the next step of the database: ``make migration MESSAGE="Add a table"``.

The step is what differs between the steps so far and the tables; read it before you commit it.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from scheduler.store import migrating
from scheduler.store.session import Store

FOLDER = Path(__file__).parents[1] / "scheduler/store/migrations/versions"


def main(message: str) -> None:
    """Write the step into its folder, numbered."""
    number = len(list(FOLDER.glob("0*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/empty.sqlite")
        migrating.upgrade(store)
        with store.engine.begin() as connection:
            command.revision(
                migrating.config(connection), message, autogenerate=True, rev_id=f"{number:04d}"
            )
        store.close()


if __name__ == "__main__":
    main(sys.argv[1])
