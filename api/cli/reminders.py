"""``careweave reminders``: what would be told to whom, before anything is sent."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def reminders() -> None:
    """Look at the messages that patients and staff get."""


@app.command("preview")
def preview_command(
    patient: Annotated[str, typer.Option(metavar="ID", help="Whose messages.")],
    clinic: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Which clinic, where there are several."),
    ] = None,
) -> None:
    """Show every message that a patient's plan calls for, with local times and words.

    Nothing is sent and nothing is stored.
    """
    # A third of a second of imports: commands that only plan do without the store.
    from api.cli.reminders_view import show_preview  # noqa: PLC0415  (see above)

    show_preview(patient, clinic)
