"""Work for the machine: asked for, taken by one worker, watched, ended. The rows are the truth.

A running one says every few seconds that it lives; one that does not is taken again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, and_, col, or_, select, update

from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import NotThere
from scheduler.store.session import Store
from scheduler.store.tables import Run

SILENT_FOR = timedelta(seconds=30)
"""After so long without a sign of life somebody else takes a run."""

MOST_ATTEMPTS = 3


def ask(
    session: Session,
    actor: Actor,
    kind: str,
    asked: dict[str, Any],
    *,
    patients: Iterable[str] = (),
    now: datetime,
) -> Run:
    """Ask the machine for something; a worker takes it within a second."""
    run = Run(
        clinic_id=actor.clinic_id,
        kind=kind,
        asked=asked,
        patients=sorted(set(patients)),
        asked_at=now,
        asked_by=actor.account_id,
    )
    session.add(run)
    session.flush()
    audit.record(
        session, actor, f"run.{kind}", at=now, subject=("run", run.id), patients=run.patients
    )
    audit.tell(session, actor.clinic_id, "run", run.id, at=now)
    return run


def find(session: Session, actor: Actor, run_id: UUID) -> Run:
    """A run of the actor's clinic; NotThere otherwise."""
    run = session.get(Run, (actor.clinic_id, run_id))
    if run is None:
        raise NotThere("there is no such run")
    return run


def stop(session: Session, actor: Actor, run_id: UUID, *, now: datetime) -> Run:
    """Ask a run to end with the best that it has."""
    run = find(session, actor, run_id)
    run.stop_asked = True
    if run.state == "waiting":
        run.state, run.ended_at = "stopped", now
    session.add(run)
    audit.tell(session, actor.clinic_id, "run", run.id, at=now)
    return run


def claim(store: Store, worker: str, *, now: datetime) -> Run | None:
    """The oldest run that nobody does, now this worker's; None where there is none."""
    with store.writing() as session:
        query = (
            select(Run)
            .where(_is_free(now))
            .order_by(col(Run.asked_at))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        run = session.exec(query).first()
        if run is None:
            return None
        if run.attempts >= MOST_ATTEMPTS:
            run.state, run.ended_at = "failed", now
            run.problem = "it was begun three times and never ended; tell your administrator"
            return None
        run.state, run.worker, run.heartbeat_at = "running", worker, now
        run.started_at = run.started_at or now
        run.attempts += 1
        return run


def _is_free(now: datetime) -> ColumnElement[bool]:
    silent = and_(col(Run.state) == "running", col(Run.heartbeat_at) < now - SILENT_FOR)
    return or_(col(Run.state) == "waiting", silent)


def alive(store: Store, run: Run, progress: dict[str, Any], *, now: datetime) -> bool:
    """Say that a run lives and how far it is; False where it shall stop or is somebody else's."""
    with store.writing() as session:
        row = session.exec(
            update(Run)
            .where(_is_mine(run))
            .values(heartbeat_at=now, progress=progress)
            .returning(col(Run.stop_asked))
        ).first()
        audit.tell(session, run.clinic_id, "run", run.id, at=now)
    return row is not None and not row[0]


def is_mine(session: Session, run: Run) -> bool:
    """Whether a run is still this worker's, held until the unit of work ends."""
    found = session.exec(select(Run.id).where(_is_mine(run)).with_for_update()).first()
    return found is not None


def _is_mine(run: Run) -> ColumnElement[bool]:
    return and_(
        col(Run.clinic_id) == run.clinic_id,
        col(Run.id) == run.id,
        col(Run.state) == "running",
        col(Run.worker) == run.worker,
        col(Run.attempts) == run.attempts,
    )


def end(
    session: Session,
    run: Run,
    *,
    now: datetime,
    result: dict[str, Any] | None = None,
    problem: str | None = None,
) -> None:
    """End a run, with what came out or with what went wrong."""
    session.execute(
        update(Run)
        .where(col(Run.clinic_id) == run.clinic_id, col(Run.id) == run.id)
        .values(state="failed" if problem else "done", result=result, problem=problem, ended_at=now)
    )
    audit.tell(session, run.clinic_id, "run", run.id, at=now)
