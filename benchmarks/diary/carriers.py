"""Who carries the messages, badly: a text message service and a mail server that fail in every way.

Text messages go through the production channel, whose requests are answered here.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx

from benchmarks.diary.people import BEGIN
from scheduler.clock import Clock
from scheduler.reminders.channels.channel import Message, Receipt, Refused, Unclear, Unreachable
from scheduler.reminders.channels.sms import Sms, SmsSettings

FAULTS: Final = {
    "taken": 9600,
    "429": 120,
    "503": 80,
    "500 after it was taken": 15,
    "500 and not taken": 15,
    "no answer": 20,
    "no connection": 100,
    "400 no such number": 2,
    "400 not now": 3,
    "the worker dies": 10,
    "the worker dies after it was taken": 10,
}
"""What becomes of ten thousand messages, more or less."""

AWAY: Final = tuple(
    (BEGIN + timedelta(days=day, hours=hour), timedelta(hours=hours))
    for day, hour, hours in ((2, 3, 2), (9, 8, 5), (23, 9, 1), (38, 4, 10))
)
"""When nothing can be handed over, and for how long."""


class Killed(BaseException):
    """The worker's process is gone."""


@dataclass(frozen=True)
class Delivered:
    """A message that a carrier has taken and brought to somebody."""

    at: datetime
    key: str
    channel: str
    to: str
    body: str


@dataclass
class Carriers:
    """The service for text messages and the mail server, with all that they have delivered."""

    clock: Clock
    chance: random.Random
    delivered: list[Delivered] = field(default_factory=list)

    def sms(self) -> Sms:
        """The production channel, to a service of ours."""
        settings = SmsSettings(account="AC-fiction", token="fiction", sender="+15555550000")  # noqa: S106  (invented)
        client = httpx.Client(transport=httpx.MockTransport(self._answer))
        return Sms(settings, "https://visits.example.org/status", client=client)

    def _is_away(self) -> bool:
        now = self.clock()
        return any(begins <= now < begins + lasts for begins, lasts in AWAY)

    def _fate(self) -> str:
        if self._is_away():
            return self.chance.choice(("no connection", "503", "429"))
        return self.chance.choices(list(FAULTS), list(FAULTS.values()))[0]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        form = {name: found[0] for name, found in parse_qs(request.content.decode()).items()}
        key = parse_qs(urlsplit(form["StatusCallback"]).query)["reminder"][0]
        fate = self._fate()
        if "taken" in fate.replace("not taken", ""):
            self._take(key, "sms", form["To"], form["Body"])
        if fate.startswith("the worker dies"):
            raise Killed
        if fate == "no connection":
            raise httpx.ConnectError(fate)
        if fate == "no answer":
            raise httpx.ReadTimeout(fate)
        if fate == "taken":
            return httpx.Response(201, json={"sid": f"SM-{key}"})
        code = 21211 if fate == "400 no such number" else 20422
        return httpx.Response(int(fate[:3]), json={"code": code})

    def _take(self, key: str, channel: str, to: str, body: str) -> None:
        self.delivered.append(Delivered(self.clock(), key, channel, to, body))

    def send_mail(self, message: Message) -> Receipt:
        """What the mail server does with a message."""
        fate = self._fate()
        if fate in ("429", "503", "no connection"):
            raise Unreachable("greylisted")
        if fate.startswith("400"):
            raise Refused("550", address=fate == "400 no such number")
        if "taken" in fate.replace("not taken", ""):
            self._take(message.key, "e-mail", message.to, message.body)
        if fate.startswith("the worker dies"):
            raise Killed
        if fate != "taken":
            raise Unclear(fate)
        return Receipt(message.key)


@dataclass
class Mail:
    """The way to the mail server."""

    carriers: Carriers
    name: str = "e-mail"

    def send(self, message: Message) -> Receipt:
        """Hand it over."""
        return self.carriers.send_mail(message)
