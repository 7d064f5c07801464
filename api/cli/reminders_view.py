"""Messages as a table in the terminal."""

from rich.table import Table
from rich.text import Text
from sqlmodel import select

from api.cli.terminal import answers, printable, refuse
from scheduler.clock import now
from scheduler.errors import NotThere
from scheduler.reminders.links import Links
from scheduler.reminders.previewing import Previewed, preview
from scheduler.settings import Settings
from scheduler.store import migrating, vault
from scheduler.store.session import Store
from scheduler.store.tables import Clinic


def show_preview(patient: str, clinic: str | None) -> None:
    """Print the messages of a patient's plan; nothing is sent and nothing is stored."""
    shown = _found(patient, clinic)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="underline")
    for name in ("Local time", "Id", "To", "By", "Words"):
        table.add_column(name, overflow="fold")
    for one in shown:
        table.add_row(*map(_printable, _cells(one)))
    answers().print(table if shown else Text("Nothing is planned."))


def _found(patient: str, clinic: str | None) -> list[Previewed]:
    settings = Settings()
    vault.install(vault.Vault(settings.secrets.field_key))
    store = Store(settings.database_url)
    try:
        migrating.refuse_unmigrated(store)
        links = Links(settings.own_url, settings.secrets.signing_key)
        with store.reading() as session:
            name = clinic or session.exec(select(Clinic.id)).first() or ""
            return preview(session, name, links=links, now=now(), patient_id=patient)
    except (NotThere, migrating.NotMigrated) as problem:
        refuse([str(problem)])
    finally:
        store.close()


def _cells(one: Previewed) -> tuple[str, ...]:
    found = one.wanted
    words = one.words if found.status == "pending" else f"[{found.status}: {found.reason}]"
    when = f"{one.local:%a %Y-%m-%d %H:%M}"
    return (when, found.kind, found.recipient, found.channel, words)


def _printable(cell: str) -> Text:
    return Text(printable(cell))
