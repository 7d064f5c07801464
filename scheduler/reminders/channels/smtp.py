"""E-mail by SMTP, encrypted, each with a Message-ID of its own by which a copy is known.

E-mail cannot be sent exactly once: a server may take a message and be gone before it says so.
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

from scheduler.clock import Clock
from scheduler.reminders.channels.channel import Message, Receipt, Refused, Unclear, Unreachable

TIMEOUT = 8.0
"""Seconds for each answer of the server's."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class NoEncryption(Exception):
    """Mail would go to another machine in the clear; choose ``starttls`` or ``tls``."""


class SmtpSettings(BaseSettings):
    """How e-mail goes, from ``CAREWEAVE_SMTP_…``. ``sender``: the address that it comes from.

    ``security``: ``starttls``, ``tls`` from the first byte, or ``none`` on this machine alone.
    """

    model_config = SettingsConfigDict(env_prefix="CAREWEAVE_SMTP_", extra="ignore")

    host: str | None = None
    port: int = 587
    user: str | None = None
    password: str | None = None
    sender: str = "appointments@localhost"
    security: Literal["starttls", "tls", "none"] = "starttls"


class Smtp:
    """Sends e-mail, one connection for each; NoEncryption where it would go in the clear."""

    name = "e-mail"

    def __init__(
        self, settings: SmtpSettings, clock: Clock, *, context: ssl.SSLContext | None = None
    ) -> None:
        if settings.security == "none" and settings.host not in _LOOPBACK:
            raise NoEncryption(settings.host)
        self._settings = settings
        self._clock = clock
        self._context = context or ssl.create_default_context()

    def send(self, message: Message) -> Receipt:
        """Hand one e-mail to the server."""
        mail = self._mail(message)
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError:
            raise Unreachable("the server does not know us") from None
        except (OSError, smtplib.SMTPException) as problem:
            raise Unreachable(type(problem).__name__) from None
        with _closing(server):
            self._address(server, message.to)
            self._hand_over(server, mail)
        return Receipt(mail["Message-ID"])

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        domain = self._settings.sender.rpartition("@")[2]
        mail["From"], mail["To"] = self._settings.sender, message.to
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = f"<{message.key}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        return mail

    def _connected(self) -> smtplib.SMTP:
        chosen = self._settings
        host = chosen.host or ""
        if chosen.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, chosen.port, timeout=TIMEOUT, context=self._context
            )
        else:
            server = smtplib.SMTP(host, chosen.port, timeout=TIMEOUT)
        try:
            if chosen.security == "starttls":
                server.starttls(context=self._context)
            if chosen.user:
                server.login(chosen.user, chosen.password or "")
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _address(self, server: smtplib.SMTP, to: str) -> None:
        """Name sender and receiver; so far nothing has gone out."""
        try:
            server.ehlo_or_helo_if_needed()
            _expect(server.mail(self._settings.sender), address=False)
            _expect(server.rcpt(to), address=True)
        except (OSError, smtplib.SMTPException) as problem:
            raise Unreachable(type(problem).__name__) from None

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        """From here on a lost answer means that nobody knows."""
        try:
            answer = server.data(mail.as_bytes())
        except smtplib.SMTPDataError as refused:
            answer = (refused.smtp_code, b"")
        except (OSError, smtplib.SMTPException) as problem:
            raise Unclear(type(problem).__name__) from None
        _expect(answer, address=False)


class _closing:  # noqa: N801  (reads as the word that it is)
    """Says goodbye to a server, and does not mind if it has gone already."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server

    def __enter__(self) -> smtplib.SMTP:
        return self._server

    def __exit__(self, *_: object) -> None:
        try:
            self._server.quit()
        except (OSError, smtplib.SMTPException):
            self._server.close()


def _expect(answer: tuple[int, bytes], *, address: bool) -> None:
    code, _ = answer
    if code >= 500:
        raise Refused(f"code {code}", address=address)
    if code >= 400:
        raise Unreachable(f"code {code}")
