"""Which days are too close to others, or one too many."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DaySpacing:
    """``min_days_between`` and ``max_in_days`` of one activity, and the days that count."""

    own: list[int]
    other: list[int]
    is_own: bool
    gap: int
    days: int
    count: int

    def broken_by(self, day: int) -> bool:
        """Whether one more on this day, own or of the activity counted with it, is too much."""
        against = [*self.own, *self.other] if self.is_own else self.own
        if any(abs(day - held) < self.gap for held in against):
            return True
        return self.days > 0 and any(
            self._too_many(first) for first in range(day - self.days + 1, day + 1)
        )

    def _too_many(self, first: int) -> bool:
        """Whether the days from ``first`` on that hold the new one would hold too many."""
        last = first + self.days - 1
        own = sum(first <= held <= last for held in self.own) + self.is_own
        other = sum(first <= held <= last for held in self.other) + (not self.is_own)
        return own > 0 and own + other > self.count
