"""Opening the store of this installation for a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from api.cli.terminal import refuse
from scheduler.errors import Refusal
from scheduler.settings import PublicSecrets, Settings
from scheduler.store import migrating, vault
from scheduler.store.session import Store
from scheduler.store.tables import Clinic

_WHERE = "CAREWEAVE_DATA or CAREWEAVE_DATABASE say where it is"


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store, migrated and with its key; what stands in the way is told, and ends the command.

    A refusal inside of the block is told in the same manner.
    """
    if settings.is_sqlite and not (settings.data / "careweave.sqlite").exists():
        refuse([f"there is no clinic in {settings.data} yet; {_WHERE}"])
    store = Store(settings.database_url)
    try:
        vault.install(vault.Vault(settings.secrets.field_key))
        migrating.refuse_unmigrated(store)
        yield store
    except Refusal as refusal:
        refuse([f"{refusal.says}; {refusal.fix}" if refusal.fix else refusal.says])
    except migrating.NotMigrated as error:
        refuse([f"{error}; run careweave migrate"])
    except PublicSecrets as error:
        refuse([f"others can read {error}; run chmod 600 on it"])
    except OperationalError as error:
        refuse([f"the database does not answer: {type(error.orig).__name__}"])
    finally:
        store.close()


def clinic_of(session: Session, wanted: str | None) -> str:
    """The clinic that is meant: the only one, or the one that is named."""
    names = list(session.exec(select(Clinic.id).order_by(col(Clinic.id))))
    if wanted not in names and (wanted is not None or len(names) != 1):
        refuse([f"say which clinic by --clinic: {', '.join(names) or 'there is none'}"])
    return wanted or names[0]
