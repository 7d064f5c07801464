"""How a one-time code reaches its patient: by e-mail, or on the screen of a demonstration."""

import sys
from collections.abc import Callable, Mapping
from uuid import uuid4

import structlog

from scheduler.reminders.channels.channel import Channel, DeliveryFailed, Message
from scheduler.settings import Settings
from scheduler.store.tables import Account

DeliverCode = Callable[[Account, str], None]
"""Takes an account and its code to the person; says nothing about whether it arrived."""

_BODY = {
    "en": "Your code is {code}. It is good for ten minutes. If you did not ask for it, do nothing.",
    "es": "Su código es {code}. Vale diez minutos. Si no lo pidió, no haga nada.",
}
_SUBJECT = {"en": "Your code", "es": "Su código"}

_log = structlog.get_logger()


def channel_of(settings: Settings, channels: Mapping[str, Channel]) -> DeliverCode:
    """The way by which codes go: a demonstration shows them to whoever has started it."""
    if settings.demo:
        return on_the_screen
    channel = channels.get("e-mail")
    return nowhere if channel is None else by_mail(channel)


def on_the_screen(account: Account, code: str) -> None:
    """Write a code where the process writes; its people are invented."""
    sys.stderr.write(f"The code of {account.patient_id} is {code}.\n")


def nowhere(account: Account, _code: str) -> None:
    """Say that there is no channel: the code is in no log, so nobody gets it."""
    _log.warning("no channel takes codes to patients", account=str(account.id))


def by_mail(channel: Channel) -> DeliverCode:
    """Send codes to the accounts' own addresses, in words that say nothing of the clinic."""

    def deliver(account: Account, code: str) -> None:
        language = account.language if account.language in _BODY else "en"
        message = Message(
            key=f"code-{uuid4()}",
            to=account.email,
            body=_BODY[language].format(code=code),
            subject=_SUBJECT[language],
        )
        try:
            channel.send(message)
        except DeliveryFailed as problem:
            _log.warning("a code did not go out", problem=type(problem).__name__)

    return deliver
