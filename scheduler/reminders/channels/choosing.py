"""Which ways out of the house an installation has."""

from scheduler.clock import Clock
from scheduler.reminders.channels.channel import Channel
from scheduler.reminders.channels.console import Console
from scheduler.reminders.channels.sms import Sms, SmsSettings
from scheduler.reminders.channels.smtp import Smtp, SmtpSettings
from scheduler.settings import Settings

CALLBACK = "/api/v1/inbound/sms/status"
"""Where the SMS service tells what became of a message, below the public address."""

OUTBOX = "outbox.jsonl"
"""The file, in the data folder, into which a demonstration writes instead of sending."""


def channels_of(settings: Settings, clock: Clock) -> dict[str, Channel]:
    """The channels that are set up, by name; a demonstration writes everything into a file.

    A channel that is not set up is missing: its messages fail, visibly, and become calls.
    """
    if settings.demo:
        path = settings.data / OUTBOX
        return {name: Console(name, path) for name in ("sms", "e-mail")}
    found: dict[str, Channel] = {}
    sms, smtp = SmsSettings(), SmtpSettings()
    if sms.account and sms.token and sms.sender:
        callback = settings.public_url.rstrip("/") + CALLBACK if settings.public_url else None
        found["sms"] = Sms(sms, callback)
    if smtp.host:
        found["e-mail"] = Smtp(smtp, clock)
    return found
