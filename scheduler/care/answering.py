"""Answers to questionnaires: kept as they come, scored when finished, looked at when they alarm."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from pathways.protocol import LibraryPathway
from pathways.protocol.care import Measure
from scheduler import work
from scheduler.acting import CLINICIANS, Actor
from scheduler.care.facts import Facts
from scheduler.care.questionnaires import (
    flags_of,
    questionnaire,
    refuse_wrong,
    total_of,
    unanswered,
)
from scheduler.care.records import (
    changed,
    facts_about,
    hold_patient,
    protocol_for,
    refuse_without_role,
)
from scheduler.care.requirements.outcomes import HIGH_RISK, ITEM_NINE, SUICIDE_SCALE, finished
from scheduler.errors import NotThere, NotUnderstood, NotYours, WrongMove
from scheduler.store.tables import Answer
from scheduler.work import Wanted

OVERLAPPING = "overlapping-recall"
"""Asked again so soon that both look back on the same days: no change is read from it."""

ASK_TODAY = "suicide-scale-today"
AT_RISK = "suicide-risk"


def begin(
    session: Session,
    actor: Actor,
    patient_id: str,
    measure: str,
    answers: Mapping[str, int],
    *,
    now: datetime,
) -> Answer:
    """Begin a questionnaire of the patient's pathway, as a draft with the answers so far."""
    hold_patient(session, actor, patient_id)
    facts = facts_about(session, actor, patient_id)
    _refuse_other_hands(actor, _measure(protocol_for(facts), measure))
    refuse_wrong(questionnaire(measure), answers)
    row = Answer(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        measure=measure,
        taken_at=now,
        answers=dict(answers),
        answered_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    _call_early(session, actor, facts, row, now)
    changed(session, actor, "answer.begin", patient_id, now=now, subject=("answer", row.id))
    return row


def _measure(protocol: LibraryPathway, name: str) -> Measure:
    found = next((m for m in protocol.measures if m.id == name), None)
    if found is None:
        names = ", ".join(m.id for m in protocol.measures)
        says = f"the pathway does not measure {name!r}"
        raise NotUnderstood(says, fix=f"one of {names}", place="measure")
    return found


def _refuse_other_hands(actor: Actor, measure: Measure) -> None:
    if measure.answered_by == "clinician":
        refuse_without_role(actor, CLINICIANS, f"answering {measure.id}")


def answer_of(session: Session, actor: Actor, answer_id: UUID) -> Answer:
    """A set of answers, its patient held; NotThere where there is none, or none of theirs."""
    row = session.get(Answer, (actor.clinic_id, answer_id))
    if row is None or not actor.may_see(row.patient_id):
        raise NotThere("there are no such answers")
    hold_patient(session, actor, row.patient_id)
    session.refresh(row)
    return row


def save(
    session: Session, actor: Actor, answer_id: UUID, answers: Mapping[str, int], *, now: datetime
) -> Answer:
    """Add answers to a draft; WrongMove where it is finished."""
    row = answer_of(session, actor, answer_id)
    if row.finished_at is not None:
        raise WrongMove("this was finished", fix="begin anew; a correction is a new one")
    facts = facts_about(session, actor, row.patient_id)
    _refuse_other_hands(actor, _measure(protocol_for(facts), row.measure))
    refuse_wrong(questionnaire(row.measure), answers)
    row.answers = {**row.answers, **answers}
    _call_early(session, actor, facts, row, now)
    changed(session, actor, "answer.save", row.patient_id, now=now, subject=("answer", row.id))
    return row


def finish(session: Session, actor: Actor, answer_id: UUID, *, now: datetime) -> Answer:
    """Finish a draft: its score, what the score means, and whom that calls (R-43).

    NotUnderstood, naming them, where items are unanswered.
    """
    row = answer_of(session, actor, answer_id)
    if row.finished_at is not None:
        raise WrongMove("this was finished before", fix="look at it again")
    asked = questionnaire(row.measure)
    if missing := unanswered(asked, row.answers):
        says = f"without an answer: {', '.join(missing)}"
        raise NotUnderstood(says, fix="answer them", place="answers")
    facts = facts_about(session, actor, row.patient_id)
    measure = _measure(protocol_for(facts), row.measure)
    _refuse_other_hands(actor, measure)
    earlier = [a for a in finished(list(facts.answers), row.measure) if a is not row]
    row.total = total_of(asked, row.answers)
    baseline = earlier[0].total if earlier else None
    flags = flags_of(measure, row.answers, row.total, baseline)
    row.flags = [*flags, *([OVERLAPPING] if _overlaps(measure, earlier, now) else [])]
    row.taken_at = row.finished_at = now
    session.flush()
    _triage(session, actor, facts, row, now)
    subject = ("answer", row.id)
    changed(session, actor, "answer.finish", row.patient_id, now=now, subject=subject)
    return row


def _overlaps(measure: Measure, earlier: list[Answer], now: datetime) -> bool:
    if not earlier or measure.every_days is None:
        return False
    return now - earlier[-1].taken_at < timedelta(days=measure.every_days)


def alarms_early(measure: Measure, answers: Mapping[str, int]) -> bool:
    """Whether an answer so far says thoughts of suicide, however much is still unanswered."""
    item = questionnaire(measure.id).scores.get(ITEM_NINE)
    score = next((score for score in measure.scores if score.id == ITEM_NINE), None)
    if item is None or score is None or score.at_least is None:
        return False
    return answers.get(str(item), 0) >= score.at_least


def _call_early(session: Session, actor: Actor, facts: Facts, row: Answer, now: datetime) -> None:
    """Who stops after such an answer is asked about it all the same, today (R-43)."""
    if alarms_early(_measure(protocol_for(facts), row.measure), row.answers):
        work.open_task(session, actor.clinic_id, _to_ask_today(facts, row, now), now=now)


def _to_ask_today(facts: Facts, row: Answer, now: datetime) -> Wanted:
    due = facts.house.end_of(facts.house.day(now))
    says = f"thoughts of suicide were reported: ask the {SUICIDE_SCALE} today"
    return Wanted(ASK_TODAY, "therapist", due, says, patient_id=row.patient_id, rule="R-43")


def _triage(session: Session, actor: Actor, facts: Facts, row: Answer, now: datetime) -> None:
    patient = row.patient_id
    if row.measure == SUICIDE_SCALE:
        work.settle(session, actor.clinic_id, ASK_TODAY, patient, now=now)
    if ITEM_NINE in row.flags:
        work.open_task(session, actor.clinic_id, _to_ask_today(facts, row, now), now=now)
    if HIGH_RISK in row.flags:
        says = "urgent: a high risk of suicide. See the patient now and record what is decided"
        wanted = Wanted(
            AT_RISK,
            "prescriber",
            now,
            says,
            subject=("answer", row.id),
            patient_id=patient,
            rule="R-43",
        )
        work.open_task(session, actor.clinic_id, wanted, now=now)


def dispose(
    session: Session, actor: Actor, answer_id: UUID, words: str, *, now: datetime
) -> Answer:
    """Record what a clinician has decided about a risk: the dose is unlocked, none is cancelled.

    NotYours where no clinician decides; WrongMove where nothing waits for a decision.
    """
    row = answer_of(session, actor, answer_id)
    if actor.is_patient:
        raise NotYours("a clinician decides on this")
    refuse_without_role(actor, CLINICIANS, "deciding on a risk")
    if HIGH_RISK not in row.flags or row.disposed_at is not None:
        raise WrongMove("nothing waits for a decision here", fix="look at it again")
    row.disposition, row.disposed_at, row.disposed_by = words, now, actor.account_id
    work.settle(session, actor.clinic_id, AT_RISK, str(row.id), now=now)
    changed(session, actor, "answer.dispose", row.patient_id, now=now, subject=("answer", row.id))
    return row
