"""``careweave user``: who may come in, for whoever looks after the machine."""

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.")]
WhichClinic = Annotated[
    str | None, typer.Option("--clinic", help="The clinic, where there are several.")
]


class Language(StrEnum):
    """A language of the pages."""

    ENGLISH = "en"
    SPANISH = "es"


@app.command("add", short_help="Give somebody an account, and print their invitation.")
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="Their name.")],
    role: Annotated[list[str], typer.Option(help="A role; give it again for each further one.")],
    patient: Annotated[
        str | None, typer.Option(help="The patient whose account it is.", show_default=False)
    ] = None,
    clinic: WhichClinic = None,
    language: Annotated[
        Language, typer.Option(help="In which pages speak to them, until they choose.")
    ] = Language.ENGLISH,
) -> None:
    """Give somebody an account, and print the link with which they set a password, once."""
    from api.cli import administering  # noqa: PLC0415  (planning needs no store)

    administering.add_user(
        email, name, role, patient=patient, clinic=clinic, language=language.value
    )


@app.command("list", short_help="List the accounts.")
def list_accounts(clinic: WhichClinic = None) -> None:
    """List who has an account, with which roles, and who is shut out."""
    from api.cli import administering  # noqa: PLC0415  (planning needs no store)

    administering.list_users(clinic)


@app.command("disable", short_help="Shut somebody out at once.")
def disable(email: Email, clinic: WhichClinic = None) -> None:
    """Shut somebody out at once, wherever they are signed in."""
    from api.cli import administering  # noqa: PLC0415  (planning needs no store)

    administering.disable_user(email, clinic)


@app.command("link", short_help="Print a link with which somebody sets a new password.")
def link(
    email: Email,
    clinic: WhichClinic = None,
    new_second_step: Annotated[
        bool, typer.Option("--new-second-step", help="Their old phone is gone.")
    ] = False,
) -> None:
    """Print a link with which somebody sets a new password, once; it is good for three days."""
    from api.cli import administering  # noqa: PLC0415  (planning needs no store)

    administering.link_user(email, clinic, anew=new_second_step)
