"""Nothing is said twice: visits of one date together, no question that is answered, one digest."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from pathways import library
from scheduler import work
from scheduler.acting import Actor
from scheduler.care.clearing import record_check
from scheduler.care.evaluating import evaluate
from scheduler.reminders import digesting, keeping
from scheduler.reminders.changing import TOGETHER
from scheduler.reminders.inbound import Received, receive
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    ContactPoint,
    MessageConsent,
    Reminder,
    SessionEvent,
    Task,
)
from scheduler.store.vault import vault
from tests.scheduler.reminders.clinic import (
    BEGIN,
    DOSE,
    PHONE,
    activity_for,
    book,
    book_dose,
    enrolment_of,
    give_ride,
    set_up,
)
from tests.scheduler.reminders.sending import Hands, Provider, reminders, worker

DAY = timedelta(days=1)
LATER = DOSE - timedelta(hours=4, minutes=30)
"""Nine in the morning of a day after the first week."""


def three_visits(session: Session, **more: Any) -> list[Appointment]:
    """Three meetings on one date, one after the other."""
    return [
        book(session, activity_for("group"), LATER + timedelta(hours=2 * n), hours=1, **more)
        for n in range(3)
    ]


def kept(session: Session, *rows: Appointment) -> None:
    keeping.refresh(session, "harbor", [row.id for row in rows], now=BEGIN)


def agree_to_mail(session: Session) -> None:
    key: dict[str, Any] = {"clinic_id": "harbor", "patient_id": "ada"}
    address = "ada@patients.example"
    mark = vault().mark(address)
    session.add(ContactPoint(**key, kind="email", value=address, mark=mark, verified_at=BEGIN))
    session.add(MessageConsent(**key, channel="e-mail", purpose="all", given_at=BEGIN))


def test_the_visits_of_a_date_are_told_together_and_one_yes_is_for_all(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        kept(session, *three_visits(session))
    clock, provider = Hands(LATER - DAY), Provider()
    worker(store, clock, provider).run()
    clock.now += timedelta(hours=5)
    worker(store, clock, provider).run()
    [message] = provider.sent
    assert "Tue Jan 19 from 9:00 AM, 3 visits" in message.body
    with store.reading() as session:
        assert [row.reason for row in reminders(session, "N-05")] == ["", TOGETHER, TOGETHER]
    with store.writing() as session:
        receive(session, "harbor", Received("in", PHONE, "Y"), now=clock.now)
    with store.reading() as session:
        assert all(row.confirmed_at for row in session.exec(select(Appointment)))


def test_a_visit_that_moves_to_another_date_is_told_of_by_itself(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        kept(session, *three_visits(session))
    clock, provider = Hands(LATER - DAY), Provider()
    worker(store, clock, provider).run()
    with store.writing() as session:
        last = session.exec(select(Appointment).order_by(col(Appointment.start))).all()[-1]
        last.start, last.end, last.version = last.start + DAY, last.end + DAY, last.version + 1
        keeping.refresh(session, "harbor", [last.id], now=clock.now)
    clock.now += DAY + timedelta(hours=5)
    worker(store, clock, provider).run()
    assert "Wed Jan 20 1:00 PM" in provider.sent[-1].body


def test_who_was_missed_twice_on_a_date_is_asked_once(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        rows = three_visits(session, status="noshow")
        keeping.refresh(session, "harbor", [row.id for row in rows], now=LATER)
    clock, provider = Hands(LATER + timedelta(minutes=30)), Provider()
    worker(store, clock, provider).run()
    clock.now += timedelta(hours=5)
    worker(store, clock, provider).run()
    assert len(provider.sent) == 1


def test_the_ride_is_asked_for_with_the_confirmation_and_not_again_beside_it(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        kept(session, book_dose(session))
    clock, provider = Hands(DOSE - 3 * DAY), Provider()
    worker(store, clock, provider).run()
    assert "Tell us who takes you home" in provider.sent[-1].body
    with store.reading() as session:
        [first, last] = reminders(session, "N-14")
        assert (first.status, first.reason, last.status) == ("suppressed", TOGETHER, "pending")


def test_who_has_said_yes_and_named_the_ride_is_not_asked_again(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        dose = book_dose(session)
        visit = book(session, activity_for("integration"), DOSE + DAY)
        give_ride(session, dose)
        dose.ride_confirmed_at = visit.confirmed_at = BEGIN
        kept(session, dose, visit)
        keep_only(session, "N-10", "N-23")
    clock, provider = Hands(DOSE - 3 * DAY), Provider()
    worker(store, clock, provider).run()
    clock.now = DOSE
    worker(store, clock, provider).run()
    asked, told = (message.body for message in provider.sent)
    assert "takes you home" not in asked
    assert "Reply Y" in asked
    assert "Reply Y" not in told


def test_who_has_said_yes_three_days_before_is_only_reminded_the_day_before(store: Store) -> None:
    set_up(store)
    visit = BEGIN + 4 * DAY
    with store.writing() as session:
        kept(session, book(session, activity_for("individual"), visit))
        keep_only(session, "N-05")
    clock, provider = Hands(visit - 3 * DAY), Provider()
    worker(store, clock, provider).run()
    with store.writing() as session:
        receive(session, "harbor", Received("in", PHONE, "Y"), now=clock.now)
    clock.now = visit - DAY
    worker(store, clock, provider).run()
    asked, told = (message.body for message in provider.sent)
    assert "Reply Y" in asked
    assert "Reply Y" not in told
    assert "Fri Jan 8 9:00 AM" in told


def test_a_video_visit_names_no_place_and_has_one_message_on_its_day(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        kept(session, book(session, activity_for("integration"), DOSE, modality="virtual"))
    clock, provider = Hands(DOSE - DAY), Provider()
    for hour in (0, 22, 23):
        clock.now = DOSE - DAY + timedelta(hours=hour)
        worker(store, clock, provider).run()
    bodies = [message.body for message in provider.sent]
    assert len(bodies) == 2
    assert "by video" in bodies[0]
    assert "Pier" not in bodies[0]
    assert "video visit is Tue Jan 19 at 1:30 PM" in bodies[1]


def test_nobody_is_asked_to_answer_an_e_mail(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        agree_to_mail(session)
        [sms] = session.exec(select(MessageConsent).where(MessageConsent.channel == "sms"))
        sms.revoked_at = BEGIN
        kept(session, book_dose(session))
    clock, mail = Hands(DOSE - 3 * DAY), Provider("e-mail")
    sender = worker(store, clock, mail)
    sender.channels = {"e-mail": mail}
    sender.run()
    [message] = mail.sent
    assert "Reply" not in message.body
    assert "please call" in message.body


def test_what_yields_goes_in_one_e_mail_a_day_without_what_is_not_so_any_more(
    store: Store,
) -> None:
    set_up(store)
    with store.writing() as session:
        agree_to_mail(session)
        for consent in session.exec(select(MessageConsent)):
            consent.caps = "usual"
        dose = book_dose(session, DOSE + timedelta(hours=1))
        visit = book(session, activity_for("group"), DOSE + DAY)
        gone = book(session, activity_for("individual"), DOSE + 2 * DAY)
        kept(session, dose, visit, gone)
        keep_only(session, "N-05", "N-11")
        for row in reminders(session, "N-05"):
            row.due_at = row.next_try_at = DOSE - DAY
    clock, text, mail = Hands(DOSE - DAY), Provider(), Provider("e-mail")
    sender = worker(store, clock, text)
    sender.channels = {"sms": text, "e-mail": mail}
    sender.run()
    with store.writing() as session:
        off = session.get_one(Appointment, ("harbor", gone.id))
        off.status, off.version = "cancelled", off.version + 1
    clock.now += timedelta(hours=4)
    sender.run()
    sender.run()
    [digest] = mail.sent
    assert "Wed Jan 20 1:30 PM" in digest.body
    assert "Thu Jan 21" not in digest.body
    assert len(text.sent) == 1


def become(store: Store, name: UUID, status: str) -> None:
    with store.writing() as session:
        session.get_one(Appointment, ("harbor", name)).status = status
        keeping.refresh(session, "harbor", [name], now=DOSE)
        keep_only(session, "N-05", "N-30", "digest")


@pytest.mark.parametrize("seen", [True, False])
def test_who_has_come_since_is_not_asked_in_the_afternoon_why_they_were_missed(
    store: Store, seen: bool
) -> None:
    set_up(store)
    with store.writing() as session:
        agree_to_mail(session)
        for consent in session.exec(select(MessageConsent)):
            consent.caps = "usual"
        missed = book(session, activity_for("group"), DOSE - timedelta(hours=2))
        later = book(session, activity_for("individual"), DOSE)
        kept(session, book(session, activity_for("group"), DOSE + DAY))
        keep_only(session, "N-05")
    clock, text, mail = Hands(DOSE), Provider(), Provider("e-mail")
    sender = worker(store, clock, text)
    sender.channels = {"sms": text, "e-mail": mail}
    sender.run()
    become(store, missed.id, "noshow")
    clock.now = DOSE + timedelta(minutes=5)
    sender.run()
    become(store, later.id, "arrived" if seen else "booked")
    clock.now = DOSE + timedelta(hours=4)
    sender.run()
    assert len(text.sent) == 1
    assert ["missed you" in message.body for message in mail.sent] == ([] if seen else [True])


def test_the_e_mail_of_a_day_says_once_who_writes() -> None:
    said = ["Harbor: who drives?", "Harbor: ¿quién viene? 1", "Pier: on Monday."]
    told = list(digesting._paragraphs(said))
    assert told == ["Harbor: who drives?", "¿Quién viene? 1", "Pier: on Monday."]


def test_of_two_visits_that_were_asked_about_at_once_a_yes_is_for_the_nearer(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        later = book(session, activity_for("individual"), BEGIN + 4 * DAY)
        nearer = book(session, activity_for("individual"), BEGIN + 2 * DAY)
        kept(session, later, nearer)
        keep_only(session, "N-05")
    clock, provider = Hands(BEGIN + DAY), Provider()
    worker(store, clock, provider).run()
    assert len(provider.sent) == 2
    with store.writing() as session:
        receive(session, "harbor", Received("in", PHONE, "Y"), now=clock.now)
    with store.reading() as session:
        assert session.get_one(Appointment, ("harbor", nearer.id)).confirmed_at == clock.now
        assert session.get_one(Appointment, ("harbor", later.id)).confirmed_at is None


def keep_only(session: Session, *kinds: str) -> None:
    """Leave out every other message, so that no cap stands in the way."""
    for row in session.exec(select(Reminder)):
        if row.kind not in kinds:
            session.delete(row)
    session.flush()


def test_a_plan_is_announced_once_however_often_it_is_looked_at(store: Store) -> None:
    set_up(store)
    clock, provider = Hands(BEGIN), Provider()
    for _ in range(3):
        with store.writing() as session:
            keeping.refresh_all(session, "harbor", now=clock.now)
        worker(store, clock, provider).run()
        clock.now += timedelta(hours=1)
    with store.reading() as session:
        assert [row.status for row in reminders(session, "N-01")] == ["delivered"]


def test_a_further_session_is_proposed_with_its_own_date(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        enrolment = enrolment_of(session)
        enrolment.pathway_id = "booster-ketamine-iv"
        enrolment.pathway_version = library.versions("booster-ketamine-iv")[-1]
        session.flush()
        activity = library.load(enrolment.pathway_id, enrolment.pathway_version).doses[0].id
        row = book(session, activity, DOSE)
        kept(session, row)
        [proposed] = reminders(session, "N-26")
        assert proposed.facts["appointment"] == str(row.id)


def test_staff_are_not_asked_for_what_is_done_or_on_their_list_already(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        enrolment = enrolment_of(session)
        enrolment.pathway_id = "iop-esketamine-trd"
        enrolment.pathway_version = library.versions(enrolment.pathway_id)[-1]
        session.flush()
        activity = library.load(enrolment.pathway_id, enrolment.pathway_version).doses[0].id
        filed, unfiled = (book(session, activity, DOSE + n * DAY) for n in range(2))
        missed, decided = (book(session, activity, DOSE + n * DAY, status="noshow") for n in (2, 3))
        for row, kinds in ((filed, ("given", "form filed")), (unfiled, ("given",))):
            row.status = "fulfilled"
            for number, kind in enumerate(kinds):
                session.add(
                    SessionEvent(
                        clinic_id="harbor",
                        appointment_id=row.id,
                        number=number,
                        kind=kind,
                        at=DOSE,
                        recorded_at=DOSE,
                        data={},
                    )
                )
        for row, kind in ((unfiled, "monitoring-form"), (decided, "missed-dose")):
            session.add(on_the_list(row, kind))
        rows = (filed, unfiled, missed, decided)
        keeping.refresh(session, "harbor", [row.id for row in rows], now=DOSE)
    clock = Hands(DOSE)
    for _ in range(9):
        worker(store, clock, Provider()).run()
        clock.now += DAY
    with store.reading() as session:
        asked = {
            (task.kind, task.owner_role, task.subject_id)
            for task in session.exec(select(Task))
            if task.kind in ("N-47", "N-48")
        }
    assert asked == {
        ("N-47", "authorised representative", str(unfiled.id)),
        ("N-48", "prescriber", str(missed.id)),
    }


def on_the_list(row: Appointment, kind: str) -> Task:
    return Task(
        clinic_id="harbor",
        kind=kind,
        key=f"{kind}:{row.id}",
        open_key=f"{kind}:{row.id}",
        owner_role="nurse",
        due_at=DOSE,
        subject_kind="appointment",
        subject_id=str(row.id),
        says="",
        made_at=DOSE,
    )


def test_a_task_goes_with_what_it_asks_for(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        enrolment = enrolment_of(session)
        enrolment.pathway_id = "iop-esketamine-trd"
        enrolment.pathway_version = library.versions(enrolment.pathway_id)[-1]
        protocol = library.load(enrolment.pathway_id, enrolment.pathway_version)
        dose = book(session, protocol.doses[0].id, DOSE)
        evaluation = protocol.evaluations[0]
        for kind, subject in (
            ("N-43", ("evaluation", f"{enrolment.id}/{evaluation.id}")),
            ("N-44", ("appointment", dose.id)),
        ):
            wanted = work.Wanted(kind, "coordinator", DOSE, "", kind, subject)
            work.open_task(session, "harbor", wanted, now=BEGIN)
        whole = Actor("harbor", roles=frozenset({evaluation.by, "charge nurse", "coordinator"}))
        record_check(session, whole, "ada", "drug-on-site", for_day=DOSE.date(), now=BEGIN)
        evaluate(session, whole, enrolment.id, evaluation.id, goes_on=True, now=BEGIN)
    with store.reading() as session:
        assert {task.status for task in session.exec(select(Task))} == {"completed"}
