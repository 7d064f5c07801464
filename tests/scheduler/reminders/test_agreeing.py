"""What a patient has agreed to is kept to the letter: by channel, by purpose, by number."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session, select

from scheduler.reminders import keeping
from scheduler.store.session import Store
from scheduler.store.tables import Clinic, ContactPoint, MessageConsent, Reminder
from scheduler.store.vault import vault
from tests.scheduler.reminders.clinic import BEGIN, DOSE, add_patient, book_dose, set_up
from tests.scheduler.reminders.sending import Hands, Provider, reminders, worker

WEEK_BEFORE = DOSE - timedelta(days=7)


def asked_for_a_ride(session: Session, *patients: str) -> None:
    """A dose for each, of which the first message alone is kept."""
    rows = [book_dose(session, patient=patient) for patient in patients]
    keeping.refresh(session, "harbor", [row.id for row in rows], now=BEGIN)
    for row in session.exec(select(Reminder)):
        if row.kind != "N-09":
            session.delete(row)
    session.flush()


def agreed(**more: Any) -> MessageConsent:
    return MessageConsent(clinic_id="harbor", patient_id="ada", given_at=BEGIN, **more)


def test_who_has_stopped_e_mail_gets_none_whatever_else_they_take(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        [sms] = session.exec(select(MessageConsent))
        sms.revoked_at = BEGIN
        mail = agreed(channel="e-mail", purpose="all")
        address, mark = "ada@patients.example", vault().mark("ada@patients.example")
        at = ContactPoint(
            clinic_id="harbor", patient_id="ada", kind="email", value=address, mark=mark
        )
        at.verified_at = BEGIN
        session.add_all([mail, at])
        session.flush()
        asked_for_a_ride(session, "ada")
        [row] = reminders(session)
        assert row.channel == "e-mail"
        mail.revoked_at, sms.revoked_at = BEGIN, None
    provider = Provider("e-mail")
    sender = worker(store, Hands(WEEK_BEFORE), provider)
    sender.channels = {"e-mail": provider}
    sender.run()
    assert provider.sent == []


def test_who_takes_questionnaires_alone_is_not_told_of_visits_by_text(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        session.exec(select(MessageConsent)).one().purpose = "questionnaires"
        asked_for_a_ride(session, "ada")
    provider = Provider()
    worker(store, Hands(WEEK_BEFORE), provider).run()
    assert provider.sent == []


def test_patients_who_share_a_telephone_share_what_it_may_get(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        session.exec(select(MessageConsent)).one().caps = "usual"
        add_patient(session, "harbor", "ben", caps="usual")
        asked_for_a_ride(session, "ada", "ben")
        rows = reminders(session)
        rows[-1].due_at = rows[-1].next_try_at = WEEK_BEFORE + timedelta(hours=1)
    clock, provider = Hands(WEEK_BEFORE), Provider()
    worker(store, clock, provider).run()
    clock.now += timedelta(hours=1)
    worker(store, clock, provider).run()
    assert len(provider.sent) == 1


def test_a_message_whose_words_tell_too_much_stays_here(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        clinic = session.get_one(Clinic, "harbor")
        clinic.settings = {**clinic.settings, "phone": "555 REHAB"}
        asked_for_a_ride(session, "ada")
    provider = Provider()
    worker(store, Hands(WEEK_BEFORE), provider).run()
    assert provider.sent == []
    with store.reading() as session:
        [row] = reminders(session)
    assert row.reason == "its words do not fit or tell too much"


def test_a_worker_that_has_lost_its_claim_marks_nothing(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        asked_for_a_ride(session, "ada")
    clock = Hands(WEEK_BEFORE)
    slow, fast = (worker(store, clock, Provider()) for _ in range(2))
    claims = slow._claim()
    clock.now += timedelta(minutes=2)
    assert [claim.id for claim in fast._claim()] == [claim.id for claim in claims]
    assert slow.mark(claims) == []


def test_a_worker_that_comes_too_late_with_its_word_is_not_heard(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        row = book_dose(session, DOSE, status="arrived")
        keeping.refresh(session, "harbor", [row.id], now=BEGIN)
        for reminder in reminders(session):
            if (reminder.kind, reminder.channel) != ("N-19", "sms"):
                session.delete(reminder)
    clock = Hands(DOSE + timedelta(hours=1))
    slow, fast = (worker(store, clock, Provider()) for _ in range(2))
    going = slow.mark(slow._claim())
    results = list(slow._sent(going))
    clock.now += timedelta(minutes=2)
    fast.settle_lost()
    assert len(fast.mark(fast._claim())) == 1
    slow.record(results)
    with store.reading() as session:
        [note] = reminders(session)
    assert note.status == "sending"
