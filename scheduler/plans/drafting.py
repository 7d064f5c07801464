"""From a searched plan to a draft: kept beside what it would change, until somebody decides."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from pathways import reading
from pathways.plan import Appointment as PlannedAppointment
from pathways.plan import Plan
from pathways.scenario import Scenario
from scheduler import audit
from scheduler.acting import Actor
from scheduler.planning.differing import Change, difference
from scheduler.plans.asking import standing_plan
from scheduler.store.tables import Appointment, Clinic, PlanVersion
from scheduler.tracking import TAKES_TIME


@dataclass(frozen=True)
class Origin:
    """How a draft came to be: for whom, by which search, on which question."""

    kind: str
    patients: tuple[str, ...]
    question: str
    seed: int
    work: int
    run_id: UUID | None = None


def draft(
    session: Session,
    actor: Actor,
    scenario: Scenario,
    plan: Plan,
    origin: Origin,
    *,
    now: datetime,
) -> PlanVersion:
    """Keep a plan as a draft of the next number, with every change that it would make."""
    part = part_of(plan, origin.patients)
    row = PlanVersion(
        clinic_id=actor.clinic_id,
        number=_next_number(session, actor.clinic_id),
        kind=origin.kind,
        patients=list(origin.patients),
        question=origin.question,
        planner=version("careweave"),
        seed=origin.seed,
        work=origin.work,
        cost=plan.cost.total,
        bound=plan.bound,
        document=json.loads(part.model_dump_json(by_alias=True)),
        changes=_changes(session, scenario, part, origin.patients),
        run_id=origin.run_id,
        made_at=now,
        made_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "plan.draft",
        at=now,
        subject=("plan", row.number),
        patients=origin.patients,
        cost=row.cost,
    )
    return row


def part_of(plan: Plan, patients: Iterable[str]) -> Plan:
    """The part of a plan that is about some patients."""
    names = set(patients)
    return plan.model_copy(
        update={
            "appointments": tuple(a for a in plan.appointments if names & set(a.patients)),
            "groups": tuple(g for g in plan.groups if g.patient in names),
            "unplaced": tuple(u for u in plan.unplaced if u.patient in names),
        }
    )


def read_plan(row: PlanVersion) -> Plan:
    """The plan of a version, as a record."""
    return reading.read_plan(row.document)


def _next_number(session: Session, clinic_id: str) -> int:
    session.exec(
        select(Clinic.id).where(Clinic.id == clinic_id).with_for_update(key_share=True)
    ).one()
    highest = session.exec(
        select(func.max(PlanVersion.number)).where(PlanVersion.clinic_id == clinic_id)
    ).one()
    return (highest or 0) + 1


def _changes(
    session: Session, scenario: Scenario, plan: Plan, patients: tuple[str, ...]
) -> list[dict[str, Any]]:
    """What differs from what is booked, row by row, with the versions that stood."""
    standing = standing_plan(scenario, patients)
    rows = _standing_rows(session, scenario.clinic.id, [a.id for a in standing.appointments])
    found = difference(standing, plan)
    return [
        _change(number, change, rows)
        for number, change in enumerate(
            (change for change in found.changes if change.kind != "unplaced"), start=1
        )
    ]


def _standing_rows(
    session: Session, clinic_id: str, codes: list[str]
) -> dict[str, tuple[UUID, int]]:
    found = session.exec(
        select(Appointment.code, Appointment.id, Appointment.version).where(
            Appointment.clinic_id == clinic_id,
            col(Appointment.code).in_(codes),
            col(Appointment.status).in_(TAKES_TIME),
        )
    )
    return {code: (name, number) for code, name, number in found}


def _change(number: int, change: Change, rows: dict[str, tuple[UUID, int]]) -> dict[str, Any]:
    before = change.before and rows.get(change.before.id)
    return {
        "row": number,
        "kind": change.kind,
        "patients": list(change.patients),
        "activity": change.activity,
        "occurrence": change.occurrence,
        "before": _plain(change.before),
        "after": _plain(change.after),
        "appointment": str(before[0]) if before else None,
        "version": before[1] if before else None,
    }


def _plain(appointment: PlannedAppointment | None) -> dict[str, Any] | None:
    if appointment is None:
        return None
    data: dict[str, Any] = json.loads(appointment.model_dump_json(by_alias=True))
    return data
