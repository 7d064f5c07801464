"""A draft adjusted by hand: one row at another time or with other people, judged at once."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from pathways.plan import Appointment, Plan
from pathways.scenario import Booked, Scenario
from scheduler import audit
from scheduler.acting import Actor
from scheduler.appointments.offering import Offer, planned_from
from scheduler.errors import NotUnderstood, RuleBroken, Stale, WrongMove
from scheduler.planning.verifying import verify
from scheduler.plans import publishing
from scheduler.plans.asking import question_for
from scheduler.plans.drafting import read_plan
from scheduler.plans.standing import StandingBreach, breaches
from scheduler.scenarios.giving import scenario_of
from scheduler.store.tables import PlanVersion


@dataclass(frozen=True)
class Adjustment:
    """A draft with one row changed, and the rules that it would break there."""

    version: PlanVersion
    row: int
    after: Appointment
    plan: Plan
    scenario: Scenario
    breaches: tuple[StandingBreach, ...]


def judge(
    session: Session, actor: Actor, number: int, row: int, offer: Offer, *, now: datetime
) -> Adjustment:
    """What a draft would be with one of its rows as offered; nothing is written.

    NotUnderstood where the row is not in the draft, or the offer is for something else.
    """
    version = publishing.find(session, actor, number)
    if version.status != "draft":
        raise WrongMove(f"plan {number} is {version.status} already")
    before = _after_of(version, row)
    scenario = scenario_of(session, actor.clinic_id, now=now)
    after = _planned(scenario, before, offer)
    if after.start < now:
        raise NotUnderstood("this time is over", place="start", fix="choose a later one")
    plan = read_plan(version)
    kept = (a for a in plan.appointments if a.id != before.id)
    changed = plan.model_copy(update={"appointments": (*kept, after)})
    found = breaches(_as_booked(scenario, version, changed), [after.id])
    return Adjustment(version, row, after, changed, scenario, tuple(found))


def adjust(
    session: Session,
    actor: Actor,
    number: int,
    row: int,
    offer: Offer,
    *,
    version: int | None = None,
    now: datetime,
) -> PlanVersion:
    """Change a row of a draft; RuleBroken, and nothing is changed, where a rule forbids it."""
    found = judge(session, actor, number, row, offer, now=now)
    draft = found.version
    if version is not None and draft.version != version:
        raise Stale(f"plan {number} is at version {draft.version}", fix="look at it again")
    if found.breaches:
        first = found.breaches[0]
        raise RuleBroken(
            first.says, rule=first.rule, place=first.place, fix="choose another time or person"
        )
    draft.document = json.loads(_costed(found).model_dump_json(by_alias=True))
    draft.cost = draft.document["cost"]["total"]
    draft.changes = [
        change | {"after": json.loads(found.after.model_dump_json(by_alias=True))}
        if change["row"] == row
        else change
        for change in draft.changes
    ]
    draft.version += 1
    audit.record(
        session,
        actor,
        "plan.adjust",
        at=now,
        subject=("plan", number),
        patients=draft.patients,
        row=row,
    )
    audit.tell(session, actor.clinic_id, "plan", number, at=now)
    return draft


def _after_of(version: PlanVersion, row: int) -> Appointment:
    for change in version.changes:
        if change["row"] == row and change["after"] is not None:
            return Appointment.model_validate(change["after"])
    raise NotUnderstood(f"the draft brings nothing in row {row}", place="row")


def _planned(scenario: Scenario, before: Appointment, offer: Offer) -> Appointment:
    if offer.identity != before.identity:
        raise NotUnderstood(f"the row is about {before.id}, the offer is not", place="activity")
    patient = scenario.patient(before.patients[0])
    activity = scenario.pathway_of(patient).activity(before.activity)
    return planned_from(offer, scenario.clinic, activity, before.id)


def _as_booked(scenario: Scenario, version: PlanVersion, plan: Plan) -> Scenario:
    """The clinic as it would be with the whole draft booked."""
    names = set(version.patients)
    others = tuple(b for b in scenario.booked if not names & set(b.patients))
    locked = tuple(b for b in scenario.booked if names & set(b.patients) and b.locked)
    held = {b.identity for b in locked}
    mine = tuple(
        Booked(**_fields(a), locked=False) for a in plan.appointments if a.identity not in held
    )
    return scenario.model_copy(update={"booked": (*others, *locked, *mine)})


def _fields(appointment: Appointment) -> dict[str, Any]:
    return {name: getattr(appointment, name) for name in Appointment.model_fields}


def _costed(found: Adjustment) -> Plan:
    """The changed draft with the cost that it has now; nothing says that it is the best."""
    question = question_for(found.scenario, found.version.patients)
    others = tuple(b for b in question.booked if not set(found.version.patients) & set(b.patients))
    standing = tuple(Appointment.model_validate(_fields(b)) for b in others)
    whole = found.plan.model_copy(update={"appointments": (*standing, *found.plan.appointments)})
    cost = verify(question, whole).cost
    return found.plan.model_copy(
        update={"cost": cost, "status": "feasible", "bound": min(found.plan.bound, cost.total)}
    )
