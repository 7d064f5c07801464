"""Whatever crashes, and whenever: what was answered is there, once, and nothing is half there."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from scheduler.store.session import Store
from scheduler.store.vault import new_key
from tests.api.service.crashing import Crowd, offers, settings_of
from tests.api.service.processes import coordinators_key
from tests.databases import Databases
from tests.scheduler.appointments.bookings import opened
from tests.scheduler.appointments.racing import crowded, refuse_broken_store

Say = Callable[[str], None]
Record = Callable[[str, object], None]

DICE = random.Random(1)  # noqa: S311  (of a test, no secret)


def crowd(store: Store, folder: Path) -> Crowd:
    """People with a key of a coordinator's, in a clinic where eight want the same week."""
    settings = settings_of(store, folder, new_key())
    opened(store, **crowded())
    return Crowd(settings, coordinators_key(store), offers(store))


def killed(people: Crowd, store: Store, times: int, say: Say) -> None:
    """Kill the service again and again while people write; then everything is as answered."""
    with people.writing():
        while people.kills < times:
            people.kill_again_and_again(min(25, times - people.kills), DICE)
            say(f"{people.kills} of {times} kills, {people.answered} answered writes")
        with people.serving():
            people.end()
    people.refuse_lost(store)
    refuse_broken_store(store)


def test_what_was_answered_outlives_the_process_that_answered(store: Store, tmp_path: Path) -> None:
    people = crowd(store, tmp_path)
    killed(people, store, 2, lambda _: None)
    assert people.booked | people.cancelled


@pytest.mark.campaign
def test_a_hundred_and_fifty_kills_on_each_database_lose_nothing(
    store: Store, tmp_path: Path, progress: Say, record_property: Record
) -> None:
    people = crowd(store, tmp_path)
    killed(people, store, 150, progress)
    record_property("kills of a service under load", people.kills)
    record_property("answered writes that were found again", people.answered)


@pytest.mark.campaign
def test_fifty_crashes_of_the_database_lose_nothing(
    databases: Databases, tmp_path: Path, progress: Say, record_property: Record
) -> None:
    store = Store(databases.postgresql())
    people = crowd(store, tmp_path)
    with people.writing(), people.serving():
        for crashes in range(10, 60, 10):
            people.crash_again_and_again(databases.server, 10, DICE)
            progress(f"{crashes} of 50 crashes, {people.answered} answered writes")
        people.end()
    people.refuse_lost(store)
    refuse_broken_store(store)
    store.close()
    record_property("crashes of the database under load", crashes)
    record_property("answered writes that were found again", people.answered)
