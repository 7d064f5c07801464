"""``careweave worker``: runs and the alarm clock in a process of their own."""

import gc
import signal
import threading

from api.cli.app import LOOKS_WHILE_SERVING
from api.cli.installation import Data, Database, settings_from, store_of
from api.cli.terminal import refuse, say


def worker(data: Data = None, database: Database = None) -> None:
    """Do runs and wake up for what is due, on a database that several processes share.

    On SQLite one process does it all: careweave serve.
    """
    from scheduler import jobs  # noqa: PLC0415  (see above)
    from scheduler.clock import now  # noqa: PLC0415  (a command that plans loads no database)
    from scheduler.working import Worker  # noqa: PLC0415  (see above)

    settings = settings_from(data, database)
    if settings.is_sqlite:
        refuse(["a file of SQLite has one process: run  careweave serve, which works as well"])
    gc.set_threshold(LOOKS_WHILE_SERVING)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with store_of(settings) as store:
        runner = Worker(store, now)
        runner.start()
        alarm_clock = jobs.start(store, settings, now)
        say("careweave works; Ctrl-C ends it.")
        stopping.wait()
        alarm_clock.shutdown()
        runner.stop()
