"""A publication in a process of its own that is killed, as by kill -9, at one of its steps.

A step is a statement that is about to be sent, the commit, or what comes right after it.
"""

import json
import multiprocessing
import os
import signal
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import event, func
from sqlmodel import Session, SQLModel, select

from pathways import reading
from scheduler.acting import Actor
from scheduler.plans import publishing
from scheduler.plans.asking import fingerprint
from scheduler.plans.drafting import Origin, draft
from scheduler.scenarios import houses
from scheduler.scenarios.giving import data_of
from scheduler.scenarios.taking import bring_in
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, AuditEntry, PlanVersion
from tests.scheduler.appointments.bookings import ledger_is_what_stands

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
INSTANCE = Path(__file__).parents[2] / "instances/solo-1-105.json"
CLINIC = INSTANCE.stem
COORDINATOR = Actor(CLINIC, account_id=UUID(int=7), roles=frozenset({"coordinator"}))
NUMBER = 1

Rows = dict[str, list[str]]
"""Every row of every table, as text."""

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


def drafted(store: Store) -> None:
    """A patient's whole course, found before, as a draft."""
    document = json.loads(INSTANCE.read_text("utf-8"))
    plan = reading.read_plan(json.loads(INSTANCE.with_suffix(".plan.json").read_text("utf-8")))
    with store.writing() as session:
        bring_in(session, reading.read_scenario(document), now=NOW)
    with store.writing() as session:
        data = data_of(session, CLINIC, now=NOW)
        patients = tuple(patient["id"] for patient in document["patients"])
        origin = Origin("plan", patients, fingerprint(data), seed=0, work=0)
        draft(session, COORDINATOR, reading.read_scenario(data), plan, origin, now=NOW)


def rehearsed(store: Store) -> tuple[int, dict[str, int]]:
    """How many steps a publication has, and how many rows stand in each table after it.

    Nothing of it is kept.
    """
    houses._HOUSES.clear()  # whoever publishes in a process of their own knows no house yet
    steps = 0

    def step(*_: Any) -> None:
        nonlocal steps
        steps += 1

    with Session(store.engine) as session:
        event.listen(store.engine, "before_cursor_execute", step)
        publishing.publish(session, COORDINATOR, NUMBER, now=NOW)
        session.flush()
        event.remove(store.engine, "before_cursor_execute", step)
        sizes = _sizes(session)
        session.rollback()
    return steps + 2, sizes


def killed(store: Store, key: str, step: int) -> bool:
    """Publish in a process that dies at a step, the first is 0; whether it did die of it."""
    process = _PROCESSES.Process(target=_publish_and_die, args=(store.url, key, step))
    process.start()
    process.join(60)
    return process.exitcode == -signal.SIGKILL


def _publish_and_die(url: str, key: str, step: int) -> None:
    vault.install(vault.Vault(key))
    store, steps = Store(url), count()

    def reached(*_: Any) -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store.engine, "before_cursor_execute", reached)
    event.listen(store.engine, "commit", reached)
    with store.writing() as session:
        publishing.publish(session, COORDINATOR, NUMBER, now=NOW)
    reached()


def everything(store: Store) -> Rows:
    """Every row of every table."""
    with store.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(table.select()).all()))
            for table in SQLModel.metadata.sorted_tables
        }


def _sizes(session: Session) -> dict[str, int]:
    return {
        table.name: session.exec(select(func.count()).select_from(table)).one()
        for table in SQLModel.metadata.sorted_tables
    }


def refuse_half_a_publication(store: Store, sizes: dict[str, int]) -> None:
    """Fail where anything that belongs to a publication is missing, or is there twice."""
    with store.reading() as session:
        assert _sizes(session) == sizes
        row = session.exec(select(PlanVersion)).one()
        assert (row.status, row.decided_at) == ("published", NOW)
        booked = session.exec(select(Appointment.code).where(Appointment.status == "booked"))
        assert sorted(booked) == sorted(change["after"]["id"] for change in row.changes)
        assert ledger_is_what_stands(session)
        actions = list(session.exec(select(AuditEntry.action)))
        assert actions.count("plan.publish") == 1
