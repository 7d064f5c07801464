"""The alarm clock does its jobs, and goes on when one of them fails."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from scheduler import jobs, work
from scheduler.jobs import JOBS, Job, Machine
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import Clinic, Task

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


def test_a_task_that_is_late_is_marked_once(store: Store, tmp_path: Path) -> None:
    with store.writing() as session:
        session.add(Clinic(id="harbor", timezone="America/New_York"))
        session.flush()
        for name, due in (("late", NOON - timedelta(hours=1)), ("soon", NOON + timedelta(hours=1))):
            wanted = work.Wanted("call", "coordinator", due, "Call.", key=name)
            work.open_task(session, "harbor", wanted, now=NOON - timedelta(hours=2))
    jobs.escalate(jobs.machine_of(store, settings_in(tmp_path), lambda: NOON))
    with store.reading() as session:
        marked = {task.key: task.escalated_at for task in session.exec(select(Task)).all()}
    assert marked == {"call:late": NOON, "call:soon": None}
