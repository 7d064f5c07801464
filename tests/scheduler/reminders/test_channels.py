"""Channels against servers that fail in every way they can."""

import json
import socket
import ssl
from asyncio import Transport
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from scheduler.reminders.channels import smtp as smtp_module
from scheduler.reminders.channels.channel import (
    Channel,
    DeliveryFailed,
    Message,
    Receipt,
    Refused,
    Unclear,
    Unreachable,
)
from scheduler.reminders.channels.choosing import channels_of
from scheduler.reminders.channels.console import Console
from scheduler.reminders.channels.sms import Sms, SmsSettings, is_signed, signature
from scheduler.reminders.channels.smtp import NoEncryption, Smtp, SmtpSettings
from scheduler.settings import Settings

NOON = datetime(2027, 1, 4, 12, tzinfo=UTC)
MESSAGE = Message("key-1", "ada@example.org", "Mañana 9:30", "Your appointment")
TEXT = Message("key-1", "+15555550100", "Tomorrow 9:30 AM")


def outcome(channel: Channel, message: Message) -> type[DeliveryFailed] | Receipt:
    try:
        return channel.send(message)
    except DeliveryFailed as failed:
        return type(failed)


class Post:
    """A mail server whose answers can be set."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.rcpt, self.data = "250 OK", "250 OK"

    async def handle_RCPT(  # noqa: N802  (the library's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  (the library's name)
        self.mails.append(envelope.content)
        if self.data == "drop":
            assert isinstance(server.transport, Transport)
            server.transport.abort()
        return self.data


@pytest.fixture
def post() -> Iterator[tuple[Post, Smtp]]:
    handler = Post()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings = SmtpSettings(host="127.0.0.1", port=controller.port, security="none")
    yield handler, Smtp(settings, lambda: NOON)
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_mail_is_neutral_and_has_the_same_id_each_time(post: tuple[Post, Smtp]) -> None:
    handler, channel = post
    first, second = outcome(channel, MESSAGE), outcome(channel, MESSAGE)
    assert first == second == Receipt("<key-1@localhost>")
    assert len(handler.mails) == 2
    text = handler.mails[0].decode()
    assert "Subject: Your appointment" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "Mon, 04 Jan 2027 12:00:00 +0000" in text


@pytest.mark.parametrize(
    ("rcpt", "data", "expected"),
    [
        ("450 try later", "250 OK", Unreachable),
        ("550 no such user", "250 OK", Refused),
        ("250 OK", "451 try later", Unreachable),
        ("250 OK", "554 refused", Refused),
        ("250 OK", "drop", Unclear),
    ],
)
def test_what_a_mail_server_says_tells_whether_trying_again_can_help(
    post: tuple[Post, Smtp], rcpt: str, data: str, expected: type[DeliveryFailed]
) -> None:
    handler, channel = post
    handler.rcpt, handler.data = rcpt, data
    assert outcome(channel, MESSAGE) is expected


def test_only_a_refused_receiver_is_a_bad_address(post: tuple[Post, Smtp]) -> None:
    handler, channel = post
    handler.rcpt = "550 no such user"
    with pytest.raises(Refused) as refused:
        channel.send(MESSAGE)
    assert refused.value.address
    handler.rcpt, handler.data = "250 OK", "554 too large"
    with pytest.raises(Refused) as refused:
        channel.send(MESSAGE)
    assert not refused.value.address


def test_a_mail_server_that_is_not_there_or_says_nothing_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp_module, "TIMEOUT", 0.2)
    settings = SmtpSettings(host="127.0.0.1", port=free_port(), security="none")
    assert outcome(Smtp(settings, lambda: NOON), MESSAGE) is Unreachable
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = SmtpSettings(host="127.0.0.1", port=silent.getsockname()[1], security="none")
        assert outcome(Smtp(settings, lambda: NOON), MESSAGE) is Unreachable


def test_mail_never_leaves_the_machine_in_the_clear(post: tuple[Post, Smtp]) -> None:
    with pytest.raises(NoEncryption, match="mail"):
        Smtp(SmtpSettings(host="mail.example.org", security="none"), lambda: NOON)
    handler, channel = post
    port = channel._settings.port
    strict = Smtp(
        SmtpSettings(host="127.0.0.1", port=port),
        lambda: NOON,
        context=ssl.create_default_context(),
    )
    assert outcome(strict, MESSAGE) is Unreachable
    assert handler.mails == []


class Stub:
    """An SMS service whose answers can be set, and which keeps what it has taken."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.status, self.body = 201, json.dumps({"sid": "SM1"})
        self.does: str = "answer"
        self.release = Event()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                form = parse_qs(self.rfile.read(length).decode())
                stub.taken.append({name: values[0] for name, values in form.items()})
                stub.answer(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.does == "slow":
            self.release.wait(5)
        if self.does in ("drop", "slow"):
            request.connection.close()
            return
        request.send_response(self.status)
        request.send_header("content-length", str(len(self.body)))
        request.end_headers()
        request.wfile.write(self.body.encode())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def stub() -> Iterator[Stub]:
    found = Stub()
    yield found
    found.release.set()
    found.server.shutdown()
    found.server.server_close()


def texting(url: str) -> Sms:
    settings = SmsSettings(url=url, account="AC1", token="t", sender="+15555550000")  # noqa: S106  (invented)
    return Sms(settings, "https://visits.example.org/status", client=httpx.Client(timeout=0.5))


def test_a_text_message_goes_with_the_address_of_its_receipt(stub: Stub) -> None:
    assert outcome(texting(stub.url), TEXT) == Receipt("SM1")
    assert stub.taken == [
        {
            "To": "+15555550100",
            "From": "+15555550000",
            "Body": "Tomorrow 9:30 AM",
            "StatusCallback": "https://visits.example.org/status?reminder=key-1",
        }
    ]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, '{"code": 21211}', Refused),
        (400, "not json", Refused),
        (401, "{}", Unreachable),
        (429, "{}", Unreachable),
        (503, "{}", Unreachable),
        (500, "{}", Unclear),
        (201, "not json", Unclear),
        (201, "[]", Unclear),
    ],
)
def test_what_the_service_says_tells_whether_trying_again_can_help(
    stub: Stub, status: int, body: str, expected: type[DeliveryFailed]
) -> None:
    stub.status, stub.body = status, body
    assert outcome(texting(stub.url), TEXT) is expected
    assert len(stub.taken) == 1


@pytest.mark.parametrize("does", ["drop", "slow"])
def test_an_answer_that_is_lost_leaves_it_unclear(stub: Stub, does: str) -> None:
    stub.does = does
    assert outcome(texting(stub.url), TEXT) is Unclear


def test_a_service_that_is_not_there_is_tried_again_later() -> None:
    assert outcome(texting(f"http://127.0.0.1:{free_port()}"), TEXT) is Unreachable


def test_only_numbers_that_do_not_work_are_bad_addresses(stub: Stub) -> None:
    for code, bad in ((21610, True), (21617, False)):
        stub.status, stub.body = 400, json.dumps({"code": code})
        with pytest.raises(Refused) as refused:
            texting(stub.url).send(TEXT)
        assert refused.value.address is bad


def test_a_signature_is_the_providers_alone() -> None:
    form = {"From": "+15555550100", "Body": "Y"}
    url = "https://visits.example.org/api/v1/inbound/sms"
    good = signature("token", url, form)
    assert is_signed("token", url, form, good)
    assert not is_signed("token", url, form | {"Body": "N"}, good)
    assert not is_signed("token", url + "x", form, good)
    assert not is_signed(None, url, form, signature("", url, form))


def test_the_signature_is_as_the_provider_documents_it() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_a_demonstration_sends_nothing_and_others_only_what_is_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = channels_of(Settings(data=tmp_path, demo=True), lambda: NOON)
    assert {type(channel) for channel in demo.values()} == {Console}
    demo["sms"].send(TEXT)
    written = (tmp_path / "outbox.jsonl").read_text("utf-8")
    assert json.loads(written)["body"] == TEXT.body
    assert (tmp_path / "outbox.jsonl").stat().st_mode & 0o077 == 0
    assert channels_of(Settings(data=tmp_path), lambda: NOON) == {}
    for name, value in (("SMS_ACCOUNT", "A"), ("SMS_TOKEN", "t"), ("SMS_SENDER", "+1")):
        monkeypatch.setenv(f"CAREWEAVE_{name}", value)
    monkeypatch.setenv("CAREWEAVE_SMTP_HOST", "127.0.0.1")
    assert set(channels_of(Settings(data=tmp_path), lambda: NOON)) == {"sms", "e-mail"}
