"""What scripts of the pages say, brought to them in the language of whoever looks."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from api.web.texts import marked, said
from api.web.wording import OF_OBSTACLES

OF_CALENDAR: Final = (
    marked("Calendar"),
    marked("Change places with {who}"),
    marked("Close"),
    marked("How long it is follows from its pathway. It can be drawn out, not in."),
    marked("Looking for times that work …"),
    marked("Moved to {when}."),
    marked("One more moved with it."),
    marked("One time works."),
    marked("Open the visit"),
    marked("The calendar could not be read; it is tried again."),
    marked("The service does not answer. Nothing was changed."),
    marked("This sets aside {rules}. Why?"),
    marked("To change places with {who} does not work either: {why}"),
    marked("Who treats follows from the time. Drag the visit within its own row."),
    marked("it cannot be there"),
    marked("{number} more moved with it."),
    marked("{number} times work."),
    marked("{start} to {end}"),
    marked("{time} does not work."),
    marked("{time} does not work: {why}"),
    marked("{time} works, and sets aside {rules}."),
    marked("{time} works."),
    marked("{time} works; is this place free?"),
    marked("{who} has the old place, and this visit has theirs."),
    marked("{who} is there: let go, and the two can change places."),
)
"""What the calendar's scripts say, in English as they have it themselves."""


OF_SESSION: Final = (
    marked("Close"),
    marked("It cannot be seen whom that would hit. {why}."),
    marked("It cannot be seen whom that would hit: the service has failed. Try again in a moment."),
    marked("Not recorded: the service has failed. It stays here; send it again in a moment."),
    marked("Not sent: you were signed out. It stays here; sign in again, then send it once more."),
    marked("Sign in again in another tab"),
    marked("You were signed out."),
)
"""What the scripts of a session's page say."""


@cache
def for_session(language: str) -> Mapping[str, str]:
    """The words of a session's page by the English ones; none for English."""
    return {} if language == "en" else {text: said(text, language) for text in OF_SESSION}


@cache
def for_calendar(language: str) -> Mapping[str, str]:
    """The calendar's words by the English ones, and what is in the way by its rule.

    None for English, which the scripts and the service know.
    """
    if language == "en":
        return {}
    words = {text: said(text, language) for text in OF_CALENDAR}
    rules = {f"rule {rule}": said(text, language) for rule, text in OF_OBSTACLES.items()}
    return {**words, **rules}
