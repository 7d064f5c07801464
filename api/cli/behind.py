"""What goes on behind the pages of ``careweave serve``: runs, the alarm clock, the demo clinic.

The demo clinic is brought in by a process of its own, which takes its memory along when it ends,
while this one serves. It alone writes meanwhile: runs and alarm clock begin when it is there.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

import typer

from api.cli.terminal import say
from api.demo.loading import enter_links, is_there, load_once
from scheduler import jobs
from scheduler.clock import now
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.working import Worker


@contextmanager
def behind(store: Store, settings: Settings, *, demo: bool) -> Iterator[None]:
    """Do what is to be done behind the pages until the block ends.

    A demo clinic that cannot be brought in ends the program with 1; nothing of it is stored.
    """
    arriving = _arriving(store) if demo and not is_there(store) else None
    ending = threading.Event()
    thread = threading.Thread(target=_go_on, args=(store, settings, demo, arriving, ending))
    thread.start()
    try:
        yield
    finally:
        ending.set()
        if arriving is not None:
            arriving.terminate()
        thread.join()
    if arriving is not None and arriving.exitcode not in (0, -signal.SIGTERM):
        raise typer.Exit(1)


def _arriving(store: Store) -> BaseProcess:
    """The process that brings the demo clinic in. Forked: it begins with all that is loaded.

    No connection goes along, and no other thread is there yet.
    """
    store.close()
    say("The demo clinic is on its way; a link for each role will stand here.")
    process = get_context("fork").Process(target=_bring_in, args=(store.url,), daemon=True)
    process.start()
    return process


def _bring_in(url: str) -> None:
    store = Store(url)
    load_once(store, now=now())
    store.close()


def _go_on(
    store: Store,
    settings: Settings,
    demo: bool,
    arriving: BaseProcess | None,
    ending: threading.Event,
) -> None:
    if arriving is not None:
        arriving.join()
        if arriving.exitcode != 0:
            if not ending.is_set():
                os.kill(os.getpid(), signal.SIGTERM)
            return
    if demo:
        for line in enter_links(store, settings, now=now()):
            say(line)
    worker = Worker(store, now)
    worker.start()
    alarm_clock = jobs.start(store, settings, now)
    ending.wait()
    alarm_clock.shutdown()
    worker.stop()
