"""One app and one database for the tests of a module, and in it a clinic of its own for each.

To make an app takes longer than most of what a page test asks of it. Clinics never see each other,
so that a test in one of them is as good as in an empty database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from pathways import reading
from scheduler.scenarios.taking import bring_in
from scheduler.settings import Settings
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import Clinic
from tests.api.service.world import MONDAY, World
from tests.databases import Databases

_NUMBERS = count(1)


@contextmanager
def town(databases: Databases, kind: str, folder: Path) -> Iterator[World]:
    """A served database of a kind, ``sqlite`` or ``postgresql``, in which no clinic is yet."""
    url: str = getattr(databases, kind)()
    key = vault.new_key()
    vault.install(vault.Vault(key))
    store = Store(url)
    settings = Settings(
        data=folder,
        database=url,
        field_key=key,
        signing_key="signing-key-of-tests",
        requests_a_minute=1_000_000,
        sign_ins_a_minute=1_000_000,
    )
    yield World(store, settings)
    store.close()
    if kind == "postgresql":
        databases.server.drop(url)


def moved_in(world: World, document: dict[str, Any], **settings: Any) -> World:
    """The same app, with everybody in a new clinic that nobody else has; it is Monday there."""
    vault.install(vault.Vault(world.settings.secrets.field_key))
    world.clinic_id, world.accounts, world.now = f"clinic-{next(_NUMBERS)}", {}, MONDAY
    own = {**document, "clinic": {**document["clinic"], "id": world.clinic_id}}
    with world.store.writing() as session:
        bring_in(session, reading.read_scenario(own), now=MONDAY)
        clinic = session.get_one(Clinic, world.clinic_id)
        clinic.settings = {**clinic.settings, **settings}
    return world
