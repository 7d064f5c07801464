"""A clinic says messages in its own words: what waits is told in them, what has come is not."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from scheduler.acting import Actor, machine
from scheduler.errors import NotThere, NotUnderstood, Stale
from scheduler.reminders import inbound, inbox, keeping, rewording
from scheduler.reminders.inbound import Received
from scheduler.reminders.previewing import preview
from scheduler.reminders.texts import texts_in
from scheduler.store.session import Store
from scheduler.store.tables import AuditEntry, Clinic, Reminder
from tests.scheduler.reminders.clinic import BEGIN, DOSE, book_dose, set_up
from tests.scheduler.reminders.sending import LINKS, Hands, Provider, reminders, worker

WEEK_BEFORE = DOSE - timedelta(days=7)
SAFE = (
    "{sender}: on {date} {time}, find an adult to take you home; you cannot drive that day. {phone}"
)


def refuses_nothing(_version: str) -> None:
    """Whoever changes the words has just read them."""


def reword(store: Store, name: str, words: str, now: datetime = BEGIN) -> rewording.Text:
    actor = machine("harbor", "a test")
    with store.writing() as session:
        return rewording.reword(
            session, actor, ("en", name), words, is_current=refuses_nothing, now=now
        )


def take_back(store: Store, name: str, now: datetime = BEGIN) -> rewording.Text:
    actor = machine("harbor", "a test")
    with store.writing() as session:
        return rewording.take_back(
            session, actor, ("en", name), is_current=refuses_nothing, now=now
        )


def audited(store: Store) -> list[tuple[str, str]]:
    """What each change wrote down: the words before and after."""
    with store.reading() as session:
        rows = session.exec(
            select(AuditEntry)
            .where(AuditEntry.action == "clinic.text")
            .order_by(col(AuditEntry.at))
        )
        return [(row.detail["before"], row.detail["after"]) for row in rows]


def only(session: Session, kind: str) -> None:
    for row in reminders(session):
        if row.kind != kind:
            session.delete(row)


def test_what_waits_is_told_in_the_words_that_hold_when_it_goes(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        row = book_dose(session)
        keeping.refresh(session, "harbor", [row.id], now=BEGIN)
        session.flush()
        only(session, "N-09")
    text = reword(store, "N-09.short", SAFE)
    assert (text.own, text.words, text.approved) == (True, SAFE, texts_in("en")["N-09.short"])
    with store.reading() as session:
        shown = preview(session, "harbor", links=LINKS, now=BEGIN)
    planned = {one.words for one in shown if one.wanted.kind == "N-09"}
    provider = Provider()
    worker(store, Hands(WEEK_BEFORE), provider).run()
    said = "Harbor Office: on Tue Jan 19 1:30 PM, find an adult to take you home"
    assert [message.body.startswith(said) for message in provider.sent] == [True]
    assert any(words.startswith(said) for words in planned)


def portal_rows(session: Session) -> list[Reminder]:
    """The first message about the dose in the patient's portal."""
    return [row for row in reminders(session, "N-10") if row.channel == "portal"][:1]


def test_what_stands_in_the_portal_says_what_it_said_when_it_came(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        row = book_dose(session)
        keeping.refresh(session, "harbor", [row.id], now=BEGIN)
        session.flush()
        for reminder in portal_rows(session):
            reminder.status, reminder.sent_at = "delivered", BEGIN + timedelta(hours=1)
    patient = Actor("harbor", roles=frozenset({"patient"}), patient_id="ada")
    own = (
        "{date}, {time}: no alcohol and no cannabis from {alcohol}, and tell us who takes you home."
    )

    def letters() -> set[str]:
        with store.reading() as session:
            return {one.words for one in inbox.inbox_of(session, patient, links=LINKS).letters}

    before = letters()
    assert len(before) == 1
    reword(store, "N-10.portal", own, now=BEGIN + timedelta(hours=2))
    assert letters() == before
    with store.writing() as session:
        for reminder in portal_rows(session):
            reminder.sent_at = BEGIN + timedelta(hours=3)
    assert [one.startswith("Tue Jan 19, 1:30 PM: no alcohol") for one in letters()] == [True]


def test_the_words_that_stand_in_other_texts_are_the_clinics_too(store: Store) -> None:
    set_up(store, sender="", place="")
    reword(store, "sender", "Pier House")
    reword(store, "no-visit", "look here")
    with store.writing() as session:
        row = book_dose(session, modality="virtual")
        keeping.refresh(session, "harbor", [row.id], now=BEGIN)
    reword(store, "by-video", "on your screen")
    with store.reading() as session:
        shown = preview(session, "harbor", links=LINKS, now=BEGIN)
    texts = {one.wanted.kind: one.words for one in shown if one.wanted.channel == "sms"}
    assert texts["N-09"].startswith("Pier House: Tue Jan 19 1:30 PM, on your screen.")
    assert "Next visit: look here" in texts["N-22"]


def test_who_is_not_known_is_told_how_to_stop_in_the_clinics_words(store: Store) -> None:
    set_up(store)
    reword(store, "stranger-help", "We write about visits. Reply STOP to end it. Call {phone}")
    asked = Received("in-1", "+12025550100", "HELP")
    with store.reading() as session:
        clinic = session.get_one(Clinic, "harbor")
        said = inbound.answer_to_stranger(session, clinic, asked, "help")
    assert said == "We write about visits. Reply STOP to end it. Call 555-555-0199"


def test_a_change_is_written_down_with_the_words_before_and_after(store: Store) -> None:
    set_up(store)
    approved = texts_in("en")["N-09.short"]
    reword(store, "N-09.short", SAFE)
    reword(store, "N-09.short", SAFE)
    assert take_back(store, "N-09.short", now=BEGIN + timedelta(hours=1)).words == approved
    take_back(store, "N-09.short", now=BEGIN + timedelta(hours=2))
    assert audited(store) == [(approved, SAFE), (SAFE, approved)]
    with store.reading() as session:
        assert session.get_one(Clinic, "harbor").settings["texts"] == {"en": {}}


def test_words_that_cannot_be_used_change_nothing(store: Store) -> None:
    set_up(store)
    with pytest.raises(NotUnderstood, match="what must be said is missing"):
        reword(store, "N-09.short", SAFE.replace("you cannot drive that day", "no car"))
    with pytest.raises(NotThere, match="no such text"):
        reword(store, "N-99.short", SAFE)
    assert audited(store) == []


def test_whoever_changes_an_older_version_is_refused(store: Store) -> None:
    set_up(store)
    seen = rewording.text_of(Clinic(id="harbor", timezone="UTC"), "en", "N-09.short").version
    reword(store, "N-09.short", SAFE)

    def refuse_old(version: str) -> None:
        if version != seen:
            raise Stale("it is another by now")

    actor = machine("harbor", "a test")
    with store.writing() as session, pytest.raises(Stale):
        rewording.take_back(session, actor, ("en", "N-09.short"), is_current=refuse_old, now=BEGIN)
    with store.reading() as session:
        elsewhere = rewording.clinic_of(session, actor)
        assert rewording.text_of(elsewhere, "en", "N-09.short").own
        with pytest.raises(NotThere, match="clinic"):
            rewording.clinic_of(session, machine("elsewhere", "a test"))
