"""The work-list: whatever is open has an owner role and a due time, always."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import NotThere, WrongMove
from scheduler.store.tables import Task

OPEN = ("requested", "accepted", "in-progress", "on-hold")

SETTLED = "no longer needed"
"""What came of a task whose reason has gone."""


@dataclass(frozen=True)
class Wanted:
    """A task to be done: by which role, until when, what about and why.

    ``key`` tells open tasks of one kind apart; without one, the subject does, else the patient.
    """

    kind: str
    owner: str
    due_at: datetime
    says: str
    key: str = ""
    subject: tuple[str, object] = ("", "")
    patient_id: str | None = None
    rule: str | None = None

    @property
    def whole_key(self) -> str:
        """What makes it the same task as another."""
        return f"{self.kind}:{self.key or self.subject[1] or self.patient_id}"


def open_task(session: Session, clinic_id: str, wanted: Wanted, *, now: datetime) -> Task:
    """Put a task on the work-list; where the same one is open already, that one."""
    found = _open_by_key(session, clinic_id, wanted.whole_key)
    if found is not None:
        return found
    task = Task(
        clinic_id=clinic_id,
        kind=wanted.kind,
        key=wanted.whole_key,
        open_key=wanted.whole_key,
        owner_role=wanted.owner,
        due_at=wanted.due_at,
        subject_kind=wanted.subject[0],
        subject_id=str(wanted.subject[1]),
        patient_id=wanted.patient_id,
        says=wanted.says,
        rule=wanted.rule,
        made_at=now,
    )
    session.add(task)
    session.flush()
    audit.tell(session, clinic_id, "task", task.id, at=now, patient_id=wanted.patient_id)
    return task


def close_task(
    session: Session, actor: Actor, task_id: UUID, *, outcome: str, now: datetime, note: str = ""
) -> Task:
    """Complete a task with what came of it; NotThere, or WrongMove where it is closed already."""
    task = session.get(Task, (actor.clinic_id, task_id))
    if task is None:
        raise NotThere("there is no such task")
    if task.status not in OPEN:
        raise WrongMove(f"the task is {task.status} already", fix="look at the list again")
    _close(task, outcome, now)
    task.done_by, task.note = actor.account_id, note or None
    audit.record(
        session, actor, "task.complete", at=now, subject=("task", task.id), outcome=outcome
    )
    audit.tell(session, actor.clinic_id, "task", task.id, at=now, patient_id=task.patient_id)
    return task


def settle(session: Session, clinic_id: str, kind: str, key: str, *, now: datetime) -> None:
    """Close the open task of a kind and key, if there is one: its reason has gone."""
    found = _open_by_key(session, clinic_id, f"{kind}:{key}")
    if found is not None:
        _settle(session, found, now)


def settle_begun(
    session: Session,
    clinic_id: str,
    kind: str,
    prefix: str,
    *,
    now: datetime,
    but: Callable[[str], bool] = lambda _: False,
) -> None:
    """Close every open task of a kind whose key begins so, but those of which ``but`` says so.

    It is asked about the rest of the key.
    """
    begins = f"{kind}:{prefix}"
    found = session.exec(
        select(Task).where(
            Task.clinic_id == clinic_id,
            col(Task.open_key).startswith(begins, autoescape=True),
            col(Task.status).in_(OPEN),
        )
    ).all()
    for task in found:
        if not but(task.key.removeprefix(begins)):
            _settle(session, task, now)


def settle_about(
    session: Session,
    clinic_id: str,
    kind: str,
    subjects: tuple[str, Iterable[object]],
    *,
    now: datetime,
) -> None:
    """Close every open task of a kind about some things, told by their kind and ids.

    Its reason has gone.
    """
    about = _about(clinic_id, kind, subjects)
    for task in session.exec(about.where(col(Task.open_key).is_not(None))).all():
        _settle(session, task, now)


def reopen_about(
    session: Session,
    clinic_id: str,
    kind: str,
    subjects: tuple[str, Iterable[object]],
    *,
    settled_at: datetime,
    now: datetime,
) -> None:
    """Open again what was settled at an instant about some things: its reason is there again.

    What is open under its key already, or was done by somebody, stays as it is.
    """
    about = _about(clinic_id, kind, subjects)
    settled = about.where(Task.done_at == settled_at, Task.outcome == SETTLED)
    for task in session.exec(settled).all():
        if _open_by_key(session, clinic_id, task.key) is None:
            task.status, task.open_key = "requested", task.key
            task.outcome = task.done_at = None
            task.version += 1
            audit.tell(session, clinic_id, "task", task.id, at=now, patient_id=task.patient_id)


def open_tasks(session: Session, clinic_id: str, roles: frozenset[str]) -> list[Task]:
    """What is open for somebody with these roles, the most urgent first."""
    return list(
        session.exec(
            select(Task)
            .where(
                Task.clinic_id == clinic_id,
                col(Task.status).in_(OPEN),
                col(Task.owner_role).in_(roles),
            )
            .order_by(col(Task.due_at), col(Task.id))
        )
    )


def _about(
    clinic_id: str, kind: str, subjects: tuple[str, Iterable[object]]
) -> SelectOfScalar[Task]:
    subject_kind, ids = subjects
    return select(Task).where(
        Task.clinic_id == clinic_id,
        Task.kind == kind,
        Task.subject_kind == subject_kind,
        col(Task.subject_id).in_([str(name) for name in ids]),
    )


def _settle(session: Session, task: Task, now: datetime) -> None:
    _close(task, SETTLED, now)
    audit.tell(session, task.clinic_id, "task", task.id, at=now, patient_id=task.patient_id)


def _open_by_key(session: Session, clinic_id: str, key: str) -> Task | None:
    return session.exec(
        select(Task).where(Task.clinic_id == clinic_id, Task.open_key == key)
    ).first()


def _close(task: Task, outcome: str, now: datetime) -> None:
    task.status, task.open_key = "completed", None
    task.outcome, task.done_at = outcome, now
    task.version += 1
