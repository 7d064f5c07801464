"""Options and endings that the commands of the service share.

What they open is loaded only when one of them runs: a command that plans knows no database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.terminal import refuse

if TYPE_CHECKING:
    from scheduler.settings import Settings
    from scheduler.store.session import Store

Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIRECTORY",
        help="Where database and secrets are kept. Without it: CAREWEAVE_DATA, or careweave-data.",
        show_default=False,
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="A PostgreSQL database, postgresql+psycopg://USER@HOST/NAME, in place of SQLite.",
        show_default=False,
    ),
]


def settings_from(data: Path | None, database: str | None, **more: Any) -> "Settings":
    """The settings of the environment, with what the command names in their place."""
    from scheduler.settings import Settings  # noqa: PLC0415  (see above)

    named = {"data": data, "database": database, **more}
    return Settings(**{key: value for key, value in named.items() if value is not None})


@contextmanager
def store_of(settings: "Settings") -> Iterator["Store"]:
    """The opened store; where it cannot be opened, the command ends with 2 and says why."""
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415  (see above)

    from scheduler.opening import InUse, NotReady, opened  # noqa: PLC0415  (see above)
    from scheduler.settings import PublicSecrets  # noqa: PLC0415  (see above)

    try:
        with opened(settings) as store:
            yield store
    except InUse as problem:
        refuse([str(problem)])
    except NotReady as problem:
        refuse(["This cannot start yet:", *str(problem).splitlines()])
    except PublicSecrets as problem:
        refuse([f"{problem} can be read by others; run  chmod 600 {problem}"])
    except OperationalError as problem:
        refuse([f"the database does not answer: {str(problem.orig).splitlines()[0]}"])
