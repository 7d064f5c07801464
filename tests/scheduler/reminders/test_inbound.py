"""What somebody writes back is taken once and done, or given to a person."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from scheduler.acting import machine
from scheduler.reminders import consent, inbound, keeping
from scheduler.reminders.consent import NotReady
from scheduler.reminders.inbound import Received
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    Clinic,
    InboundMessage,
    MessageConsent,
    OnDuty,
    RideContact,
)
from tests.scheduler.reminders.clinic import (
    BEGIN,
    DOSE,
    PHONE,
    add_patient,
    book_dose,
    give_ride,
    set_up,
)
from tests.scheduler.reminders.sending import Hands, Provider, reminders, tasks, worker

DRIVER = "+1 (555) 555-0101"
ASKED_AT = DOSE - timedelta(days=3)


def booked(store: Store, *, asked: str = "N-10") -> UUID:
    """A dose about which the patient was asked three days before."""
    set_up(store)
    with store.writing() as session:
        row = book_dose(session)
        give_ride(session, row)
        keeping.refresh(session, "harbor", [row.id], now=BEGIN)
        for reminder in reminders(session):
            if reminder.kind == asked and reminder.channel == "sms":
                reminder.status, reminder.sent_at = "sent", ASKED_AT
            elif reminder.kind != "N-19":
                session.delete(reminder)
        return row.id


def write(
    store: Store, body: str, *, sender: str = PHONE, now: datetime = ASKED_AT, name: str = "SM1"
) -> str | None:
    with store.writing() as session:
        return inbound.receive(session, "harbor", Received(name, sender, body), now=now)


def appointment(store: Store, name: UUID) -> Appointment:
    with store.reading() as session:
        found = session.get(Appointment, ("harbor", name))
        assert found is not None
        return found


def sent(store: Store, now: datetime) -> list[tuple[str, str]]:
    provider = Provider()
    worker(store, Hands(now), provider).run()
    return [(message.to, message.body) for message in provider.sent]


def test_yes_confirms_the_visit_they_were_asked_about_once(store: Store) -> None:
    name = booked(store)
    assert write(store, "Y") == "yes"
    assert write(store, "Y") is None
    assert appointment(store, name).confirmed_at == ASKED_AT
    with store.reading() as session:
        assert len(session.exec(select(InboundMessage)).all()) == 1


def test_yes_to_nothing_goes_to_a_person(store: Store) -> None:
    booked(store, asked="N-09")
    write(store, "Y")
    assert len(tasks(store, "reply")) == 1


def test_a_drivers_yes_is_for_the_ride(store: Store) -> None:
    name = booked(store)
    assert write(store, "yes", sender=DRIVER) == "yes"
    assert appointment(store, name).ride_confirmed_at == ASKED_AT
    assert appointment(store, name).confirmed_at is None


@pytest.mark.parametrize(
    ("said", "kind"), [("R", "reply"), ("N", "reply"), ("Grace", "reply"), ("2", "needs-us")]
)
def test_what_needs_a_person_becomes_a_task(store: Store, said: str, kind: str) -> None:
    booked(store)
    write(store, said)
    [task] = tasks(store, kind)
    assert (task.patient_id, task.due_at > ASKED_AT) == ("ada", True)


def test_stop_holds_at_once_is_confirmed_once_and_the_note_becomes_a_call(store: Store) -> None:
    name = booked(store)
    write(store, "Stop")
    write(store, "stop!", name="SM2")
    [(to, body)] = sent(store, ASKED_AT)
    assert (to, body) == (
        PHONE,
        "You will get no more texts from us. To get them again, reply START.",
    )
    assert len(tasks(store, "other-channel")) == 1
    with store.writing() as session:
        row = session.get(Appointment, ("harbor", name))
        assert row is not None
        row.status = "arrived"
    assert sent(store, DOSE + timedelta(hours=1)) == []
    assert len(tasks(store, "call")) == 1


def test_cancel_my_tuesday_stops_the_messages_and_asks_a_person(store: Store) -> None:
    booked(store)
    assert write(store, "Cancel my Tuesday") == "cancels"
    assert len(tasks(store, "reply")) == 1
    with store.reading() as session:
        assert session.exec(select(MessageConsent)).one().revoked_at == ASKED_AT


def test_a_stop_on_a_shared_phone_is_for_everybody_who_has_it(store: Store) -> None:
    booked(store)
    with store.writing() as session:
        add_patient(session, "harbor", "brook")
    write(store, "alto")
    with store.reading() as session:
        assert all(row.revoked_at for row in session.exec(select(MessageConsent)).all())
    assert len(sent(store, ASKED_AT)) == 1


def test_a_driver_who_says_stop_is_told_nothing_more(store: Store) -> None:
    booked(store)
    write(store, "stop", sender=DRIVER)
    with store.reading() as session:
        assert session.exec(select(RideContact)).one().revoked_at == ASKED_AT


def test_start_agrees_again_and_help_says_who_writes(store: Store) -> None:
    booked(store)
    write(store, "stop")
    sent(store, ASKED_AT)
    write(store, "START", name="SM2")
    [(_, body)] = sent(store, ASKED_AT)
    assert "up to 10 a week" in body
    write(store, "help", name="SM3")
    [(_, body)] = sent(store, ASKED_AT)
    assert "STOP to stop" in body


def test_crisis_words_call_a_person_at_once_and_are_answered_only_where_somebody_is_there(
    store: Store,
) -> None:
    booked(store)
    write(store, "I want to die")
    [task] = tasks(store, "crisis")
    assert task.due_at <= ASKED_AT + timedelta(minutes=5)
    assert sent(store, ASKED_AT) == []
    switch_on(store)
    write(store, "quiero morir", name="SM2")
    night = ASKED_AT + timedelta(seconds=1)
    said = dict(sent(store, night))
    assert said[PHONE].startswith("In danger call 911. In a crisis call or text 988")
    assert said["+15555550109"] == "Harbor Office: please open your work list now. 555-555-0199"


def switch_on(store: Store) -> None:
    with store.writing() as session:
        actor = machine("harbor", "test")
        with pytest.raises(NotReady, match="after hours"):
            consent.switch_on_crisis_replies(session, actor, now=ASKED_AT)
        clinic = session.exec(select(Clinic)).one()
        clinic.settings = {**clinic.settings, "after_hours_phone": "555-555-0110"}
        with pytest.raises(NotReady, match="nobody is on duty"):
            consent.switch_on_crisis_replies(session, actor, now=ASKED_AT)
        session.add(
            OnDuty(
                clinic_id="harbor",
                role="prescriber",
                name="Doctor Fictional",
                phone="+15555550109",
                start=ASKED_AT - timedelta(hours=1),
                end=ASKED_AT + timedelta(hours=1),
            )
        )
        session.flush()
        consent.switch_on_crisis_replies(session, actor, now=ASKED_AT)


def test_home_safe_counts_only_where_it_was_asked(store: Store) -> None:
    booked(store, asked="N-21")
    assert write(store, "1") == "home"
    assert tasks(store, "reply") == []
    write(store, "home safe", sender="+15555550177", name="SM2")
    assert len(tasks(store, "reply")) == 1


def test_a_number_nobody_knows_is_answered_without_being_known(store: Store) -> None:
    booked(store)
    with store.writing() as session:
        clinic = session.exec(select(Clinic)).one()
        for body, says in (
            ("help", "Appointment messages"),
            ("I want to die", "In danger call 911"),
            ("¡Ayuda, por favor!", "Mensajes sobre citas"),
            ("Información", "Mensajes sobre citas"),
            ("Ya no quiero vivir", "En peligro llame al 911"),
            ("suicide. quiero morir", "In danger call 911"),
        ):
            received = Received(body, "+15555550177", body)
            understood = inbound.receive(session, "harbor", received, now=ASKED_AT)
            said = inbound.answer_to_stranger(session, clinic, received, understood)
            assert said.startswith(says)
        known = Received("x", PHONE, "help")
        assert inbound.answer_to_stranger(session, clinic, known, "help") == ""


def test_who_changes_their_mind_within_a_second_is_taken_at_their_word(store: Store) -> None:
    set_up(store)
    for number, said in enumerate(("START", "STOP", "START")):
        with store.writing() as session:
            inbound.receive(session, "harbor", Received(f"in-{number}", PHONE, said), now=BEGIN)
    with store.reading() as session:
        [consent] = session.exec(select(MessageConsent))
        assert consent.revoked_at is None
        assert len(reminders(session, "N-02")) == 1


def test_what_comes_twice_is_dealt_with_once(store: Store) -> None:
    set_up(store)
    for _ in range(2):
        with store.writing() as session:
            inbound.receive(session, "harbor", Received("same", PHONE, "N"), now=BEGIN)
    assert len(tasks(store, "reply")) == 1
