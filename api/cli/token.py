"""``careweave token``: keys of machines."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.user import Email, WhichClinic

app = typer.Typer(no_args_is_help=True)


@app.command("make", short_help="Make a token of an account, and print it once.")
def make(
    email: Email,
    scope: Annotated[
        list[str], typer.Option(help="A role of the account, or read; again for each further one.")
    ],
    title: Annotated[str, typer.Option(help="What it is for.")] = "made on the command line",
    days: Annotated[int, typer.Option(min=1, max=366, help="For how long it is good.")] = 90,
    clinic: WhichClinic = None,
) -> None:
    """Make a token of an account, and print it; it is stored as a hash and never shown again."""
    from api.cli import administering  # noqa: PLC0415  (planning needs no store)

    administering.make_token(email, title, scope, days=days, clinic=clinic)


@app.command("revoke", short_help="End a token at once.")
def revoke(
    token: Annotated[UUID, typer.Argument(metavar="ID", help="The id that `make` has named.")],
    clinic: WhichClinic = None,
) -> None:
    """End a token at once."""
    from api.cli import administering  # noqa: PLC0415  (planning needs no store)

    administering.revoke_token(token, clinic)
