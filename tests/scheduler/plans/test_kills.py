"""Whoever is killed while publishing a plan leaves all of it, or nothing."""

from collections.abc import Callable, Iterable

import pytest

from scheduler.store import vault
from scheduler.store.session import Store
from tests.scheduler.plans.killing import (
    drafted,
    everything,
    killed,
    refuse_half_a_publication,
    rehearsed,
)


def kill_at(store: Store, choose: Callable[[int], Iterable[int]]) -> int:
    """Kill at the chosen steps but the last, then right after the commit; how many died."""
    key = vault.new_key()
    vault.install(vault.Vault(key))
    drafted(store)
    steps, sizes = rehearsed(store)
    before = everything(store)
    chosen = list(choose(steps - 1))
    for step in chosen:
        assert killed(store, key, step), f"it lives on after step {step}"
        assert everything(store) == before, f"killed at step {step} of {steps}"
    assert killed(store, key, steps - 1)
    refuse_half_a_publication(store, sizes)
    return len(chosen) + 1


def test_whoever_is_killed_while_publishing_leaves_all_or_nothing(store: Store) -> None:
    assert kill_at(store, lambda steps: [*range(0, steps - 1, steps // 9), steps - 1]) > 9


@pytest.mark.campaign
def test_whoever_is_killed_at_any_step_of_publishing_leaves_all_or_nothing(
    store: Store, record_property: Callable[[str, object], None]
) -> None:
    record_property("kills while publishing", kill_at(store, range))
