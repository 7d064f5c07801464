"""What a channel is: it sends one message at a time, or says whether trying again can help."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """One message to one address.

    ``key``: the same however often it is tried; channels that can, let the provider drop a copy
    by it. ``subject`` is neutral, for channels that have one.
    """

    key: str
    to: str
    body: str
    subject: str = ""


@dataclass(frozen=True)
class Receipt:
    """That a provider has taken a message, under a name of its own."""

    provider_id: str


class DeliveryFailed(Exception):
    """A message did not go out, as far as we know."""


class Refused(DeliveryFailed):
    """This will never work: nobody tries again, a person is told.

    ``address``: it is the address that does not work, and nothing else goes there either.
    """

    def __init__(self, says: str, *, address: bool = True) -> None:
        super().__init__(says)
        self.address = address


class Unreachable(DeliveryFailed):
    """The provider did not take it, and may take it later."""


class Unclear(DeliveryFailed):
    """Nobody knows whether it went out: the answer was lost."""


class Channel(Protocol):
    """A way out of the house."""

    name: str

    def send(self, message: Message) -> Receipt:
        """Hand a message to the provider; Refused, Unreachable or Unclear otherwise."""
        ...
