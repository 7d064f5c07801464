"""The decision on going on, without which later doses are not confirmed."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from scheduler import work
from scheduler.acting import Actor
from scheduler.care.enrolling import enrolment_of
from scheduler.care.records import changed, refuse_without_role
from scheduler.care.screening import loaded
from scheduler.errors import NotUnderstood
from scheduler.store.tables import Enrolment

DUE = "evaluation-due"


def evaluate(
    session: Session,
    actor: Actor,
    enrolment_id: UUID,
    evaluation: str,
    *,
    goes_on: bool,
    now: datetime,
) -> Enrolment:
    """Record an evaluation of the pathway and whether the course goes on; a later one counts.

    NotYours where the role is not the pathway's; NotUnderstood where it has no such evaluation.
    """
    row = enrolment_of(session, actor, enrolment_id)
    protocol = loaded(row.pathway_id, row.pathway_version)
    known = next((e for e in protocol.evaluations if e.id == evaluation), None)
    if known is None:
        names = ", ".join(e.id for e in protocol.evaluations) or "none on this pathway"
        says = f"there is no evaluation {evaluation!r}"
        raise NotUnderstood(says, fix=f"one of: {names}", place="evaluation")
    refuse_without_role(actor, [known.by], known.title)
    others = [e for e in row.evaluations if e["id"] != evaluation]
    decided = {"id": evaluation, "at": now.isoformat(), "goes_on": goes_on}
    row.evaluations = [*others, decided]
    row.evaluated_at = now
    row.version += 1
    work.settle(session, actor.clinic_id, DUE, f"{row.id}:{evaluation}", now=now)
    about = ("evaluation", [f"{row.id}/{evaluation}"])
    work.settle_about(session, actor.clinic_id, "N-43", about, now=now)
    changed(
        session,
        actor,
        "enrolment.evaluate",
        row.patient_id,
        now=now,
        subject=("enrolment", row.id),
        evaluation=evaluation,
        goes_on=goes_on,
    )
    return row
