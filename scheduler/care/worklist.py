"""The work-list in people's hands: taken, handed on, noted on, done, and told to somebody above."""

from collections import Counter
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler import audit, work
from scheduler.acting import STAFF, Actor
from scheduler.errors import NotThere, NotUnderstood, NotYours, WrongMove
from scheduler.store.tables import Task

OVERSEERS = frozenset({"admin", "coordinator", "programme director"})
"""They see everybody's list, and hand work on."""

ABOVE: Final[dict[str, str]] = {
    "nurse": "charge nurse",
    "charge nurse": "prescriber",
    "therapist": "clinical director",
    "addiction clinician": "clinical director",
    "prescriber": "clinical director",
    "authorised representative": "clinical director",
    "coordinator": "programme director",
    "billing lead": "programme director",
    "privacy officer": "programme director",
    "clinical director": "programme director",
    "programme director": "programme director",
    "admin": "programme director",
}
"""Who is told when something is overdue in a role's hands."""


def tasks_of(
    session: Session,
    actor: Actor,
    *,
    everybody: bool = False,
    kind: str | None = None,
    patient_id: str | None = None,
) -> list[Task]:
    """What is open for the actor's roles, or for everybody's where they oversee, by due time."""
    roles = frozenset(STAFF) if everybody and actor.roles & OVERSEERS else actor.roles & STAFF
    found = work.open_tasks(session, actor.clinic_id, roles)
    return [
        task
        for task in found
        if kind in (None, task.kind) and patient_id in (None, task.patient_id)
    ]


def counts(tasks: list[Task], now: datetime) -> dict[str, int]:
    """How many tasks there are of each kind, and how many are overdue."""
    overdue = sum(task.due_at < now for task in tasks)
    return {**dict(sorted(Counter(t.kind for t in tasks).items())), "overdue": overdue}


def task_of(session: Session, actor: Actor, task_id: UUID) -> Task:
    """An open task in the actor's hands.

    NotThere where there is none, NotYours where it is another role's, WrongMove where it is closed.
    """
    task = session.exec(
        select(Task).where(Task.clinic_id == actor.clinic_id, Task.id == task_id).with_for_update()
    ).first()
    if task is None:
        raise NotThere("there is no such task")
    if not actor.roles & (OVERSEERS | {task.owner_role}):
        raise NotYours(f"this is in the hands of: {task.owner_role}", fix="ask them")
    if task.status not in work.OPEN:
        raise WrongMove(f"the task is {task.status} already", fix="look at the list again")
    return task


def complete(
    session: Session, actor: Actor, task_id: UUID, *, outcome: str, note: str = "", now: datetime
) -> Task:
    """Close a task with what came of it."""
    task_of(session, actor, task_id)
    return work.close_task(session, actor, task_id, outcome=outcome, note=note, now=now)


def claim(session: Session, actor: Actor, task_id: UUID, *, now: datetime) -> Task:
    """Take a task: others see who has it. WrongMove where somebody else has."""
    task = task_of(session, actor, task_id)
    if task.claimed_by not in (None, actor.account_id):
        raise WrongMove("somebody else has taken it", fix="ask them to hand it on")
    task.claimed_by, task.status = actor.account_id, "in-progress"
    return _told(session, actor, task, "claim", now)


def hand_on(
    session: Session,
    actor: Actor,
    task_id: UUID,
    to_role: str,
    *,
    due_at: datetime | None = None,
    now: datetime,
) -> Task:
    """Give a task into another role's hands; its due time stays unless a new one is named."""
    if to_role not in STAFF:
        says = f"there is no role {to_role!r}"
        raise NotUnderstood(says, fix=f"one of {', '.join(sorted(STAFF))}", place="to_role")
    task = task_of(session, actor, task_id)
    task.owner_role, task.claimed_by, task.status = to_role, None, "requested"
    task.due_at = due_at or task.due_at
    return _told(session, actor, task, "hand-on", now)


def note(session: Session, actor: Actor, task_id: UUID, words: str, *, now: datetime) -> Task:
    """Add a note to a task; earlier ones stay."""
    task = task_of(session, actor, task_id)
    task.note = f"{task.note}\n{words}" if task.note else words
    return _told(session, actor, task, "note", now)


def _told(session: Session, actor: Actor, task: Task, what: str, now: datetime) -> Task:
    task.version += 1
    audit.record(session, actor, f"task.{what}", at=now, subject=("task", task.id))
    audit.tell(session, actor.clinic_id, "task", task.id, at=now, patient_id=task.patient_id)
    return task


def escalate(session: Session, clinic_id: str, now: datetime) -> int:
    """Hand what is overdue to the role above, once; how many there were.

    Its due time stays in the past, so that it is on top of the list.
    """
    overdue = session.exec(
        select(Task)
        .where(
            Task.clinic_id == clinic_id,
            col(Task.status).in_(work.OPEN),
            col(Task.due_at) < now,
            col(Task.escalated_at).is_(None),
        )
        .order_by(col(Task.id))
        .with_for_update(skip_locked=True)
    ).all()
    for task in overdue:
        task.owner_role, task.escalated_at = ABOVE[task.owner_role], now
        task.version += 1
    for task in overdue:
        audit.tell(session, clinic_id, "task", task.id, at=now, patient_id=task.patient_id)
    return len(overdue)
