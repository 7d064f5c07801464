"""How a one-time code reaches its patient; a clinic's channels of messages take this place."""

import sys
from collections.abc import Callable

import structlog

from scheduler.settings import Settings
from scheduler.store.tables import Account

DeliverCode = Callable[[Account, str], None]
"""Takes an account and its code to the person; says nothing about whether it arrived."""

_log = structlog.get_logger()


def channel_of(settings: Settings) -> DeliverCode:
    """The way by which codes go: a demonstration shows them to whoever has started it."""
    return on_the_screen if settings.demo else nowhere


def on_the_screen(account: Account, code: str) -> None:
    """Write a code where the process writes; its people are invented."""
    sys.stderr.write(f"The code of {account.patient_id} is {code}.\n")


def nowhere(account: Account, _code: str) -> None:
    """Say that there is no channel: the code is in no log, so nobody gets it."""
    _log.warning("no channel takes codes to patients", account=str(account.id))
