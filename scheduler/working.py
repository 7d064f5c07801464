"""The worker: takes runs one after the other and does them, in a thread of its process."""

import threading
from collections.abc import Callable
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scheduler import runs
from scheduler.clock import Clock
from scheduler.plans.generating import KINDS, generate
from scheduler.store.session import Store
from scheduler.store.tables import Run

_LOOK_EVERY = 0.5
_log = structlog.get_logger()

DOERS: dict[str, Callable[[Store, Run, Clock], None]] = dict.fromkeys(KINDS, generate)
"""Who does which kind of run."""


class Worker:
    """One thread that does runs until it is stopped."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._name = f"worker-{uuid4().hex[:8]}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)

    def start(self) -> None:
        """Begin to look for runs."""
        self._thread.start()

    def stop(self) -> None:
        """End after the run at hand, waiting at most a few seconds; it is then taken again."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                idle = not self.do_one()
            except SQLAlchemyError as problem:  # the database will be back
                _log.warning("database", error=type(problem).__name__)
                idle = True
            if idle:
                self._stopping.wait(_LOOK_EVERY)

    def do_one(self) -> bool:
        """Do the next run; whether there was one."""
        run = runs.claim(self._store, self._name, now=self._clock())
        if run is None:
            return False
        try:
            DOERS[run.kind](self._store, run, self._clock)
        except Exception as problem:  # noqa: BLE001  (the next run must not suffer from this one)
            _log.error("run failed", error=type(problem).__name__)
            self._fail(run, problem)
        return True

    def _fail(self, run: Run, problem: Exception) -> None:
        with self._store.writing() as session:
            text = f"it ended with {type(problem).__name__}; tell your administrator"
            runs.end(session, run, now=self._clock(), problem=text)
