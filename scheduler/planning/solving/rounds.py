"""Rounds of looking at everything once, piece by piece, by the search and its companion."""

from collections.abc import Callable, Iterable

from scheduler.planning.asking import Occurrence
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.pieces import Piece, around, courses, full_days
from scheduler.planning.solving.together import Searcher


class Rounds:
    """The rounds of one search; ``tell`` is told what it was at after each piece."""

    def __init__(self, improver: Improver, together: Searcher, tell: Callable[[str], None]) -> None:
        self.improver = improver
        self.board = improver.board
        self.standing = improver.standing
        self.together = together
        self._tell = tell
        self._begun = 0

    def begin(self, patients: Iterable[str]) -> None:
        """Let the courses of these be looked at and, but for the first time, days of many, too.

        The first time courses still change so much that days are not worth it.
        """
        days = self._changed_days() if self._begun else []
        self.together.begin_round([*courses(patients), *days])
        self._begun += 1

    def finish(self) -> int:
        """Look at all that waits; the gain."""
        gain, waiting = 0, self.together.waiting
        while waiting and not self.improver.stop.due:
            gain += self._look_at(waiting.pop(0))
        return gain

    def look_at_days(self) -> int:
        """A few days of many patients, those that wait or else others; the gain.

        0 also where nothing has changed since all were looked at.
        """
        if not self.together.waiting:
            self.together.begin_round(self._changed_days())
            self._begun += 1
        waiting = self.together.waiting
        return self._look_at(waiting.pop(0)) if waiting else 0

    def make_room(self, occurrence: Occurrence) -> int:
        """Days of many patients on which an occurrence could lie, until it stands; the gain."""
        gain = 0
        for piece in around(self.board, occurrence, self.improver.random):
            if self.improver.stop.due or occurrence in self.board.placed:
                break
            if self._has_changed(piece):
                gain += self._look_at(piece, occurrence)
        return gain

    def _changed_days(self) -> list[Piece]:
        """Pairs of days of which anything is new; by turns they begin on even and on odd ones.

        The fullest are at both ends, for the search begins at one and its companion at the other.
        """
        found = full_days(self.board, self._begun % 2, self.improver.random)
        changed = [piece for piece in found if self._has_changed(piece)]
        return [*changed[::2], *reversed(changed[1::2])]

    def _has_changed(self, piece: Piece) -> bool:
        known = self.together.looked_at.get(piece)
        if known is None or piece.days is None:
            return True
        return self.standing.changed_since(known, *piece.days)

    def _look_at(self, piece: Piece, foremost: Occurrence | None = None) -> int:
        gain = self.improver.improve(piece, foremost)
        self.together.looked_at[piece] = self.standing.version
        self._tell("rethinking" if piece.days is None else "sharing out days")
        return gain
