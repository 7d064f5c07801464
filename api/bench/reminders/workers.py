"""One worker, then two, each a process of its own, to a provider that takes its time."""

import multiprocessing
from typing import Any, Final

from api.bench.reminders.sending import Nowhere, whole
from api.bench.stopwatch import spent
from scheduler.store import vault
from scheduler.store.session import Store

TAKES: Final = 0.02
AT_ONCE: Final = 16
"""How many messages a worker has on their way at once, as in production."""

_CHUNKS: Final = 4
"""So many messages for each sender are claimed at once: both have work until the end."""


def rate(store: Store, key: str, number: int, *, workers: int, senders: int) -> float:
    """How many reminders in a second so many workers send, each so many at once.

    Their start is not counted.
    """
    context = multiprocessing.get_context("spawn")
    turns: Any = context.Barrier(workers + 1)
    started = [
        context.Process(target=_work, args=(store.url, key, senders, turns), daemon=True)
        for _ in range(workers)
    ]
    for one in started:
        one.start()
    turns.wait()
    took = spent(turns.wait)
    for one in started:
        one.join()
    return number / took.wall


def _work(url: str, key: str, senders: int, turns: Any) -> None:
    vault.install(vault.Vault(key))
    store = Store(url)
    dispatcher = whole(store, Nowhere(takes=TAKES), senders=senders)
    dispatcher.batch = _CHUNKS * senders
    turns.wait()
    dispatcher.run()
    turns.wait()
    store.close()
