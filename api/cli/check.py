"""``careweave check``: whether the service would start here, without starting it."""

from importlib.metadata import version

from api.cli.installation import Data, Database, settings_from, store_of
from api.cli.terminal import say


def check(data: Data = None, database: Database = None) -> None:
    """Look at database, secrets, zone rules and addresses, and say what is wrong."""
    settings = settings_from(data, database)
    with store_of(settings) as store:
        kind = "SQLite" if store.is_sqlite else "PostgreSQL"
        say(f"Ready: {kind}, migrated; tzdata {version('tzdata')}; pages at {settings.own_url}.")
