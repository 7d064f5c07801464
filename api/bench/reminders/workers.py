"""One worker, then two, each a process of its own, to a provider that takes its time."""

import multiprocessing
from typing import Any, Final

from api.bench.reminders.sending import Nowhere, whole
from api.bench.stopwatch import spent
from scheduler.store import vault
from scheduler.store.session import Store

TAKES: Final = 0.02
_SENDERS: Final = 16
_BATCH: Final = 64
"""Small, so that both have as much to do until the end."""


def rate(store: Store, key: str, number: int, workers: int) -> float:
    """How many reminders in a second so many workers send; their start is not counted."""
    context = multiprocessing.get_context("spawn")
    turns: Any = context.Barrier(workers + 1)
    started = [
        context.Process(target=_work, args=(store.url, key, turns), daemon=True)
        for _ in range(workers)
    ]
    for one in started:
        one.start()
    turns.wait()
    took = spent(turns.wait)
    for one in started:
        one.join()
    return number / took.wall


def _work(url: str, key: str, turns: Any) -> None:
    vault.install(vault.Vault(key))
    store = Store(url)
    dispatcher = whole(store, Nowhere(takes=TAKES), senders=_SENDERS)
    dispatcher.batch = _BATCH
    turns.wait()
    dispatcher.run()
    turns.wait()
    store.close()
