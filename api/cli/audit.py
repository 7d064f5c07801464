"""``careweave audit``: whether the record of who did what is whole."""

from typing import Annotated

import typer

from api.cli.user import WhichClinic

app = typer.Typer(no_args_is_help=True)


@app.command("seal", short_help="Chain what was written down since.")
def seal(clinic: WhichClinic = None) -> None:
    """Chain what was written down since, and print the last number and seal to be noted down."""
    from api.cli import administering  # noqa: PLC0415  (planning needs no store)

    administering.seal_record(clinic)


@app.command("verify", short_help="Say whether the record is whole.")
def verify(
    noted: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER:SEAL", help="A seal that was noted down elsewhere."),
    ] = None,
    clinic: WhichClinic = None,
) -> None:
    """Say whether the record is whole, where it breaks, and what waits to be chained."""
    from api.cli import administering  # noqa: PLC0415  (planning needs no store)

    administering.verify_record(clinic, noted or [])
