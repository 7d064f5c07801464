"""Ends: cancelled, missed, or never meant; whatever hung on it is seen to at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from pathways import timing
from pathways.protocol import LibraryPathway
from pathways.scenario import Clinic
from scheduler import following, gates, tracking, work
from scheduler.acting import Actor
from scheduler.appointments.due import before, by_the_next_working_day
from scheduler.appointments.following import Follower, followers_of
from scheduler.appointments.holding import InHand, found, stale, take_in_hand
from scheduler.booking import release
from scheduler.errors import WrongMove
from scheduler.protocols import protocol_of
from scheduler.scenarios.houses import house_of
from scheduler.sessions.given import drug_was_given
from scheduler.store.tables import Appointment, Enrolment

TOO_EARLY = "it has not begun yet"
LAPSED = "R-17: too long since the last dose"


def cancel(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    *,
    reason: str,
    now: datetime,
    expected: int | None = None,
) -> list[Appointment]:
    """Cancel an appointment, and what follows it: itself first, then the others.

    ``reason``: a code of FHIR's cancellation reasons. Its times are free at once; a task asks for
    another time, for nobody has said that the patient may do without.
    """
    held, followers = _in_hand(session, actor, appointment_id, expected)
    clinic = _clinic(session, actor)
    let_go(session, actor, held, clinic, reason=reason, now=now, replace=True)
    for follower in followers:
        let_go(session, actor, follower.held, clinic, reason="follows-a-cancellation", now=now)
    return [held.row, *(follower.held.row for follower in followers)]


def _in_hand(
    session: Session, actor: Actor, appointment_id: UUID, expected: int | None
) -> tuple[InHand, list[Follower]]:
    """An appointment and what follows it, held; WrongMove once its drug was given."""
    seen = followers_of(session, actor, found(session, actor, appointment_id))
    names = [appointment_id, *(follower.held.row.id for follower in seen)]
    held, *_ = take_in_hand(session, actor, names)
    if expected not in (None, held.row.version):
        raise stale(held.row)
    if held.row.is_dose and drug_was_given(session, held.row):
        raise WrongMove(
            "the drug was given: the session goes on to its end",
            fix="record how it ends in the session: discharged, or left early",
        )
    standing = [f for f in seen if f.held.row.status in ("pending", "booked")]
    return held, standing


def _clinic(session: Session, actor: Actor) -> Clinic:
    clinic: Clinic = house_of(session, actor.clinic_id).record
    return clinic


def let_go(
    session: Session,
    actor: Actor,
    held: InHand,
    clinic: Clinic,
    *,
    reason: str,
    now: datetime,
    replace: bool = False,
) -> None:
    """Cancel one appointment that is in hand and free its times.

    With ``replace``, or where it followed a move, a task asks for another time; what follows a
    cancelled dose is asked for again with that dose, and needs none of its own.
    """
    was = held.row.status
    tracking.move(held.row, "cancelled", at=now)
    held.row.cancel_reason = reason
    release(session, actor.clinic_id, held.promises)
    if was != "pending" and (replace or reason == "follows-a-move"):
        _ask_again(session, actor, held, clinic, now)
    following.changed(session, actor, held.row, "cancel", now=now, patients=held.patients)


def _ask_again(session: Session, actor: Actor, held: InHand, clinic: Clinic, now: datetime) -> None:
    due = before(held.row.start, clinic, now)
    wanted = work.Wanted(
        kind="another-time",
        owner="coordinator",
        due_at=due,
        says=f"{held.row.activity} {held.row.occurrence} needs another time",
        key=held.row.code,
        subject=("appointment", held.row.id),
        patient_id=held.patients[0],
        rule="R-36" if held.row.cancel_reason == "follows-a-move" else None,
    )
    work.open_task(session, actor.clinic_id, wanted, now=now)


def no_show(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    *,
    now: datetime,
    expected: int | None = None,
) -> list[Appointment]:
    """Write down that a patient did not come, and ask for what has to happen, all in one.

    A missed dose is settled as the pathway says: the remaining dates are kept and none is added.
    A missed meeting is settled, too; it cannot be held again. Anything else is asked for again.
    """
    held, followers = _in_hand(session, actor, appointment_id, expected)
    if now < held.row.start:
        raise WrongMove(TOO_EARLY, fix="cancel it instead")
    clinic = _clinic(session, actor)
    tracking.move(held.row, "noshow", at=now)
    release(session, actor.clinic_id, held.promises)
    _ask_to_reschedule(session, actor, held, clinic, now)
    _settle(session, actor, held, clinic, now)
    following.changed(session, actor, held.row, "no-show", now=now, patients=held.patients)
    for follower in followers:
        let_go(session, actor, follower.held, clinic, reason="follows-a-no-show", now=now)
    return [held.row, *(follower.held.row for follower in followers)]


def _ask_to_reschedule(
    session: Session, actor: Actor, held: InHand, clinic: Clinic, now: datetime
) -> None:
    wanted = work.Wanted(
        kind="re-schedule",
        owner="coordinator",
        due_at=by_the_next_working_day(clinic, now),
        says=f"{held.row.activity} {held.row.occurrence} was missed: call and find another time",
        subject=("appointment", held.row.id),
        patient_id=held.patients[0],
        rule="R-17" if held.row.is_dose else None,
    )
    work.open_task(session, actor.clinic_id, wanted, now=now)


def _settle(session: Session, actor: Actor, held: InHand, clinic: Clinic, now: datetime) -> None:
    row = held.row
    enrolment = session.get(Enrolment, (actor.clinic_id, row.enrolment_id))
    if enrolment is None or not (row.is_dose or row.series_id):
        return
    protocol = protocol_of(enrolment)
    if row.is_dose and protocol is None:
        return  # a pathway of the clinic's own says nothing about missed doses: a person decides
    settled = {"activity": row.activity, "occurrence": row.occurrence, "outcome": "missed"}
    enrolment.settled = [*enrolment.settled, settled]
    enrolment.version += 1
    session.add(enrolment)
    if row.is_dose and protocol is not None:
        _ask_the_prescriber(session, actor, held, protocol, clinic, now)


def _ask_the_prescriber(
    session: Session,
    actor: Actor,
    held: InHand,
    protocol: LibraryPathway,
    clinic: Clinic,
    now: datetime,
) -> None:
    """What a missed dose means: a decision in maintenance, and later doses held after a lapse."""
    lapsed = _lapsed_doses(session, held, protocol)
    for dose in lapsed:
        dose.hold_reason = LAPSED
        gates.shut(session, dose, LAPSED[:4], "it is too long since the last dose", now=now)
        dose.version += 1
    if protocol.phase != "induction" or lapsed:
        says = protocol.missed_doses.in_maintenance if not lapsed else "later doses are held"
        wanted = work.Wanted(
            kind="missed-dose",
            owner="prescriber",
            due_at=by_the_next_working_day(clinic, now),
            says=f"{held.row.activity} {held.row.occurrence} was missed: {says}",
            subject=("appointment", held.row.id),
            patient_id=held.patients[0],
            rule="R-17",
        )
        work.open_task(session, actor.clinic_id, wanted, now=now)
    for dose in lapsed:
        following.changed(session, actor, dose, "put-on-hold", now=now, patients=held.patients)


def _lapsed_doses(
    session: Session, held: InHand, protocol: LibraryPathway
) -> Sequence[Appointment]:
    """The later doses, where the first of them comes too long after the last that was given."""
    doses = session.exec(
        select(Appointment)
        .where(
            Appointment.clinic_id == held.row.clinic_id,
            Appointment.enrolment_id == held.row.enrolment_id,
            col(Appointment.is_dose),
            col(Appointment.status).in_(("fulfilled", "booked")),
        )
        .order_by(col(Appointment.start))
    ).all()
    given = [dose for dose in doses if dose.status == "fulfilled"]
    later = [dose for dose in doses if dose.status == "booked" and dose.start > held.row.start]
    if not given or not later:
        return ()
    days = timing.local_date(later[0].start, timing.zone(held.row.zone)) - timing.local_date(
        given[-1].start, timing.zone(held.row.zone)
    )
    return later if days > timedelta(days=protocol.missed_doses.lapse_days) else ()


def entered_in_error(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    *,
    now: datetime,
    expected: int | None = None,
) -> list[Appointment]:
    """Write down that an appointment was never meant; what follows it ends with it."""
    held, followers = _in_hand(session, actor, appointment_id, expected)
    takes_time = held.row.status in tracking.TAKES_TIME
    tracking.move(held.row, "entered-in-error", at=now)
    if takes_time:
        release(session, actor.clinic_id, held.promises)
    following.changed(session, actor, held.row, "entered-in-error", now=now, patients=held.patients)
    clinic = _clinic(session, actor)
    for follower in followers:
        let_go(session, actor, follower.held, clinic, reason="follows-an-error", now=now)
    return [held.row, *(follower.held.row for follower in followers)]
