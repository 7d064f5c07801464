"""Many who want the same at one instant, over HTTP: one gets it, and nothing is promised twice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.store.session import Store
from scheduler.store.vault import new_key
from tests.api.service.arena import Arena
from tests.api.service.crashing import settings_of
from tests.api.service.duels import Duels, crowded
from tests.api.service.mixing import Mix
from tests.api.service.processes import coordinators_key, serving
from tests.api.test_serving import free_port
from tests.scheduler.appointments.bookings import opened
from tests.scheduler.appointments.racing import refuse_broken_store

CAMPAIGN = 20_000
"""Attempts on each kind of database: forty thousand in all."""

Say = Callable[[str], None]


@contextmanager
def arena(store: Store, folder: Path, clients: int) -> Iterator[Arena]:
    """People before one process that serves SQLite, or two that serve PostgreSQL."""
    settings = settings_of(store, folder, new_key())
    opened(store, **crowded())
    headers = coordinators_key(store)
    ports = [free_port() for _ in range(1 if store.is_sqlite else 2)]
    with ExitStack() as served:
        for port in ports:
            served.enter_context(serving(settings, port, hurry=5))
        people = Arena(ports, headers, clients)
        served.callback(people.close)
        yield people


def deadlocks(store: Store) -> int:
    """How many the database has counted itself."""
    if store.is_sqlite:
        return 0
    asked = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    with store.reading() as session:
        return int(session.execute(text(asked)).scalar_one())


def refuse_broken(store: Store, people: Arena, duels: Duels) -> None:
    """Fail where anything went wrong so far."""
    assert people.faults == []
    assert deadlocks(store) == 0
    assert duels.broken == []
    refuse_broken_store(store)


def test_of_many_at_one_instant_exactly_one_gets_it_in_every_way(
    store: Store, tmp_path: Path
) -> None:
    with arena(store, tmp_path, clients=5) as people:
        duels = Duels(store, people)
        for _ in duels.kinds:
            duels.round()
        mix = Mix(store, people, duels.offers)
        mix.run(attempts=6, seed=1)
        refuse_broken(store, people, duels)
        mix.refuse_lost()
    assert people.counted["book different times: 201"] == 5
    assert sum(people.counted[f"mixed {act}: 201"] for act in ("book", "hold")) > 2


@pytest.mark.campaign
def test_forty_thousand_requests_at_once_break_no_promise(
    store: Store, tmp_path: Path, progress: Say, record_property: Callable[[str, object], None]
) -> None:
    kind = "SQLite, one process" if store.is_sqlite else "PostgreSQL, two processes"
    with arena(store, tmp_path, clients=20) as people:
        duels = Duels(store, people)
        mix = Mix(store, people, duels.offers)
        while people.attempts < CAMPAIGN:
            for _ in duels.kinds:
                duels.round()
            mix.run(attempts=10, seed=duels.rounds)
            refuse_broken(store, people, duels)
            mix.clear()
            progress(
                f"{kind}: {people.attempts:,} attempts, {duels.rounds:,} duels, 0 faults, "
                f"0 deadlocks, {people.busy} sent again"
            )
        mix.refuse_lost()
    progress(f"{kind}: {dict(sorted(people.counted.items()))}")
    record_property(f"attempts over HTTP, {kind}", people.attempts)
    record_property(f"duels with one winner each, {kind}", duels.rounds)
