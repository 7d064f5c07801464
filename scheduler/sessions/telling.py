"""What happened in a session, with corrections made, in order of time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from scheduler.sessions.happenings import ORDER, Correction, Happening, Occurred

Kind = TypeVar("Kind", bound=Happening)


@dataclass(frozen=True)
class Story:
    """What happened, in order of time. Of two things at one instant, the order of a session."""

    events: tuple[Occurred, ...]

    def all(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """Everything of a kind, the earliest first."""
        return tuple(event for event in self.events if isinstance(event, kind))

    def first(self, kind: type[Kind]) -> Kind | None:
        """The earliest of a kind."""
        return next(iter(self.all(kind)), None)

    def last(self, kind: type[Kind]) -> Kind | None:
        """The latest of a kind."""
        return next(reversed(self.all(kind)), None)

    def until(self, moment: datetime) -> "Story":
        """What had happened by an instant, included."""
        return Story(tuple(event for event in self.events if event.at <= moment))


def told(recorded: Iterable[Occurred | Correction]) -> Story:
    """The story that recorded events tell, as if each had been recorded as it was corrected.

    ``recorded`` stands in the order in which it was written down: the last correction of an event
    counts, and what did not happen is left out.
    """
    recorded = list(recorded)
    corrected: Mapping[UUID, Occurred | None] = {
        event.corrects: event.event for event in recorded if isinstance(event, Correction)
    }
    standing = [
        corrected.get(event.id, event) for event in recorded if not isinstance(event, Correction)
    ]
    happened = [event for event in standing if event is not None]
    return Story(tuple(sorted(happened, key=_place)))


def _place(event: Occurred) -> tuple[datetime, int, str, str]:
    """Where an event stands; what it says decides last, so that writing order never does."""
    said = event.model_dump_json(exclude={"id"})
    return event.at, ORDER.index(event.kind), said, str(event.id)
