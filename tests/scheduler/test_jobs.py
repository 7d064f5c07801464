"""The alarm clock does its jobs, and goes on when one of them fails."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scheduler import jobs
from scheduler.jobs import JOBS, Job, Machine
from scheduler.settings import Settings
from scheduler.store.session import Store

NOON = datetime(2027, 1, 4, 12, tzinfo=UTC)


def settings_in(folder: Path) -> Settings:
    return Settings(data=folder, field_key="k", signing_key="s", demo=True)


def test_a_job_that_fails_is_done_again_and_keeps_no_other(store: Store, tmp_path: Path) -> None:
    done: Counter[str] = Counter()

    def fail(_: Machine) -> None:
        done["fail"] += 1
        raise RuntimeError

    def count(machine: Machine) -> None:
        done["count"] += 1
        assert machine.clock() == NOON

    soon = timedelta(seconds=0.05)
    chosen = [Job("fail", soon, fail), Job("count", soon, count)]
    ticker = jobs.start(store, settings_in(tmp_path), lambda: NOON, jobs=chosen)
    deadline = time.monotonic() + 20
    while min(done["fail"], done["count"]) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    ticker.shutdown()
    assert min(done["fail"], done["count"]) >= 3


def test_every_job_can_be_done_on_an_empty_store(store: Store, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    for job in JOBS:
        job.does(jobs.machine_of(store, settings, lambda: NOON))
    assert len({job.name for job in JOBS}) == len(JOBS)
