"""Messages by e-mail through a real mail server: encrypted, greylisted, refused, delivered."""

import ssl
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from scheduler.reminders import keeping
from scheduler.reminders.channels.channel import Message, Unreachable
from scheduler.reminders.channels.smtp import Smtp, SmtpSettings
from scheduler.store.session import Store
from scheduler.store.tables import ContactPoint, MessageConsent
from scheduler.store.vault import vault
from tests.mail_server import MailServer
from tests.scheduler.reminders.clinic import BEGIN, DOSE, book_dose, set_up
from tests.scheduler.reminders.sending import Hands, reminders, tasks, worker

WEEK_BEFORE = DOSE - timedelta(days=7)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    found = MailServer()
    yield found
    found.close()


def channel_to(server: MailServer, *, trusted: bool = True) -> Smtp:
    settings = SmtpSettings(
        host="127.0.0.1", port=server.port, sender="office@harbor.example", security="starttls"
    )
    file = server.folder / "certificate.pem"
    context = ssl.create_default_context(cafile=file if trusted else None)
    return Smtp(settings, lambda: WEEK_BEFORE, context=context)


def writes_to(store: Store, mailbox: str) -> None:
    """A patient who takes e-mail alone, with a dose in a week."""
    set_up(store)
    with store.writing() as session:
        session.exec(select(MessageConsent)).one().channel = "e-mail"
        contact = session.exec(select(ContactPoint)).one()
        contact.kind, contact.value = "email", f"{mailbox}@patients.example"
        contact.mark = vault().mark(contact.value)
        session.flush()
        keeping.refresh(session, "harbor", [book_dose(session).id], now=BEGIN)
        for row in reminders(session):
            if row.kind != "N-09":
                session.delete(row)


def what_became(store: Store) -> str:
    with store.reading() as session:
        [row] = reminders(session)
        return row.status


def test_a_reminder_goes_through_greylisting_and_lies_in_the_mailbox(
    store: Store, server: MailServer
) -> None:
    writes_to(store, "grey")
    there = len(server.received(0))
    clock = Hands(WEEK_BEFORE)
    for minutes, status in ((0, "pending"), (2, "sent")):
        clock.now += timedelta(minutes=minutes)
        sender = worker(store, clock, None)  # type: ignore[arg-type]  # it has no text messages
        sender.channels = {"e-mail": channel_to(server)}
        sender.run()
        assert what_became(store) == status
        server.know()
    mail = server.received(there + 1)[-1]
    assert mail["To"] == "grey@patients.example"
    assert mail["Subject"] == "Your appointment"
    assert "TLS" in mail["Received"]
    words = mail.get_payload(decode=True)
    assert isinstance(words, bytes)
    assert b"Please find an adult to take you home" in b" ".join(words.split())
    (server.folder / "known").unlink()


def test_a_mailbox_that_is_gone_becomes_a_call(store: Store, server: MailServer) -> None:
    writes_to(store, "gone")
    sender = worker(store, Hands(WEEK_BEFORE), None)  # type: ignore[arg-type]  # as above
    sender.channels = {"e-mail": channel_to(server)}
    sender.run()
    assert what_became(store) == "failed"
    with store.reading() as session:
        assert session.exec(select(ContactPoint)).one().frozen_at == WEEK_BEFORE
    assert len(tasks(store, "call")) == 1


def test_nothing_goes_to_a_server_that_cannot_show_who_it_is(server: MailServer) -> None:
    there = len(server.received(0))
    with pytest.raises(Unreachable, match="CertVerification"):
        channel_to(server, trusted=False).send(Message("k", "ada@patients.example", "x", "x"))
    assert len(server.received(0)) == there
