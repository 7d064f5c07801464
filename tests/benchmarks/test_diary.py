"""Two weeks of a few patients while much goes wrong: nothing twice, at night, too late or lost."""

from datetime import timedelta

import pytest

from benchmarks.diary.__main__ import lived, told
from benchmarks.diary.counting import count
from benchmarks.diary.people import BEGIN, WEEKS
from scheduler.store import vault
from scheduler.store.session import Store
from tests.databases import Databases


@pytest.mark.parametrize(
    ("patients", "days"), [(2, 6), pytest.param(60, 7 * WEEKS, marks=pytest.mark.campaign)]
)
def test_nothing_happens_that_must_not_and_a_diary_can_be_read(
    databases: Databases, patients: int, days: int
) -> None:
    vault.install(vault.Vault(vault.new_key()))
    store = Store(databases.sqlite())
    life, diaries = lived(store, patients, 1, timedelta(days=days))
    with store.reading() as session:
        totals = count(session, life)
        [first, *_] = [list(diary.lines(session, life)) for diary in diaries]
    store.close()
    assert totals.examples == []
    assert totals.carried["sms"] > 0
    assert life.now >= BEGIN + timedelta(days=days)
    assert any("text" in line and "Lantern Hill" in line for line in first), first
    assert any("portal" in line for line in first)
    assert any(line.startswith("duplicates: 0") for line in told(totals, life))
