"""What forms of settings send, and what becomes of it: stored, tried out, or refused in place."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Annotated, Any, Final, Protocol
from zoneinfo import ZoneInfo

from fastapi import Depends, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from api.web.sent_forms import SentLists
from pathways import timing
from scheduler.appointments.breaking import Broken
from scheduler.errors import NotThere, NotUnderstood, Refusal
from scheduler.store.tables import Appointment

PAIRS: Final = 2
"""So many windows of a day have fields of their own; more where a day has more."""
MOST_PAIRS: Final = 20
TRIES: Final = "try"
"""What the button sends that only asks what would follow."""


MEETINGS: Final = 5
"""So many meetings of a week have fields of their own."""


def chosen(name: str) -> Any:
    """Everything that is ticked under a name."""

    async def ticked(sent: SentLists) -> list[str]:
        return sent.get(name, [])

    return Depends(ticked)


Count = Annotated[int | None, Query(ge=0, le=100_000)]


async def _stored(broken: Count = None, mended: Count = None) -> tuple[int | None, int | None]:
    """How many visits a change has broken and mended that was just stored, if one was."""
    return broken, mended


Stored = Annotated[tuple[int | None, int | None], Depends(_stored)]


@dataclass(frozen=True)
class Outcome:
    """What came of a form. ``tried``: nothing was stored. ``refusal``: nor could it be.

    ``broken``: when the visits are that cannot stand, and why. ``mended``: how many can again.
    """

    said: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    tried: bool = False
    broken: Sequence[tuple[datetime, str]] = ()
    mended: int = 0

    @property
    def status(self) -> int:
        """How the page is meant that tells it."""
        return self.refusal.status if self.refusal else 200

    @property
    def hits(self) -> list[tuple[datetime, str, int]]:
        """What cannot stand, in order of time: how many visits begin together for one reason."""
        return [(*which, visits) for which, visits in sorted(Counter(self.broken).items())]

    @property
    def is_stored(self) -> bool:
        """Whether the change was made."""
        return self.refusal is None and not self.tried


NOTHING: Final = Outcome()
"""Nobody has sent anything yet."""

Changed = Sequence[Broken | Appointment] | None


def attempt(session: Session, sent: Mapping[str, str], change: Callable[[], Changed]) -> Outcome:
    """Make a change, or only see what would follow from it; a refusal leaves everything as it was.

    NotThere, as everywhere, for what does not exist or is not theirs to see.
    """
    nested = session.begin_nested()
    try:
        followed = change() or ()
        broken = [_told(one) for one in followed if isinstance(one, Broken)]
    except Refusal as refusal:
        nested.rollback()
        if isinstance(refusal, NotThere):
            raise
        return Outcome(sent, refusal=refusal)
    if sent.get("intent") == TRIES:
        nested.rollback()
        return Outcome(sent, tried=True, broken=broken)
    nested.commit()
    return Outcome(broken=broken, mended=len(followed) - len(broken))


class Page(Protocol):
    """A page as it is drawn again for whoever has sent its form."""

    def __call__(self, *, outcome: Outcome) -> Response:
        """The page, with what came of the form."""


def answered(
    session: Session,
    sent: Mapping[str, str],
    change: Callable[[], Changed],
    path: str,
    page: Page,
) -> Response:
    """Make a change and go on to ``path``; where nothing is stored, ``page`` says in place why."""
    outcome = attempt(session, sent, change)
    return back(path, outcome) if outcome.is_stored else page(outcome=outcome)


def back(path: str, outcome: Outcome) -> Response:
    """On to the page that shows what was stored, and how much follows from it."""
    follows = f"broken={len(outcome.broken)}&mended={outcome.mended}"
    return RedirectResponse(f"{path}?{follows}", status_code=303)


def _told(one: Broken) -> tuple[datetime, str]:
    return one.appointment.start, one.task.says.partition(": ")[2] or one.task.says


def hours_of(sent: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The week that a form has sent; hours of single dates stay as they are known."""
    kept = {day: list(texts) for day, texts in known.items() if day not in timing.WEEKDAYS}
    week = {day: list(_windows(sent, day)) for day in timing.WEEKDAYS}
    return kept | {day: windows for day, windows in week.items() if windows}


def _windows(sent: Mapping[str, str], day: str) -> Iterator[str]:
    for number in range(MOST_PAIRS):
        start, end = (sent.get(f"{day}-{number}-{edge}", "") for edge in ("from", "to"))
        if bool(start) != bool(end):
            fix = "give both, or neither"
            raise NotUnderstood("a time is missing", fix=fix, place=f"{day}-{number}")
        if start:
            # A field of times has no 24:00: midnight as an end is the end of the day.
            yield f"{start}-{'24:00' if end == '00:00' else end}"


def fields_of(
    hours: Mapping[str, Sequence[str]], said: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """Each weekday's windows as pairs of times for fields: what was said, else what is known."""
    found = {}
    for day in timing.WEEKDAYS:
        pairs = [_pair(window) for window in hours.get(day, ())]
        pairs += [("", "")] * max(PAIRS - len(pairs), 0)
        if f"{day}-0-from" in said:
            pairs = [
                (said.get(f"{day}-{n}-from", ""), said.get(f"{day}-{n}-to", ""))
                for n in range(len(pairs))
            ]
        found[day] = pairs
    return found


def _pair(window: str) -> tuple[str, str]:
    start, _, end = window.partition("-")
    return start, "00:00" if end == "24:00" else end


def day_of(sent: Mapping[str, str], name: str, *, instead: date | None = None) -> date:
    """A date of a form; NotUnderstood where it is none."""
    text = sent.get(name, "")
    if not text and instead is not None:
        return instead
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("this is no date", fix="choose one", place=name) from None


def number_of(sent: Mapping[str, str], name: str) -> int:
    """A whole number of a form; NotUnderstood where it is none."""
    text = sent.get(name, "").strip()
    if not text.isdecimal() or len(text) > len("10000"):
        raise NotUnderstood("this is no number", fix="write one in digits", place=name)
    return int(text)


def meetings_of(sent: Mapping[str, str]) -> list[dict[str, str]]:
    """The meetings of a week that a form has sent, those without a day left out."""
    found = []
    for number in range(MEETINGS):
        day, start, end = (sent.get(f"meets-{number}-{part}", "") for part in ("day", "from", "to"))
        if day and not (start and end):
            fix = "give both, or neither"
            raise NotUnderstood("a time is missing", fix=fix, place=f"meets-{number}")
        if day:
            found.append({"day": day, "start": start, "end": "24:00" if end == "00:00" else end})
    return found


def moment_of(sent: Mapping[str, str], name: str, zone: ZoneInfo) -> datetime:
    """An instant, from a date and a time of the clinic's clock; NotUnderstood where it is none."""
    day, text = day_of(sent, f"{name}-day"), sent.get(f"{name}-time", "")
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("this is no time", fix="choose one", place=f"{name}-time") from None
    return timing.instant(day, clock.hour * 60 + clock.minute, zone)
