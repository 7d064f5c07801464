"""Whether the reasons that a plan gives for what is unplaced are true.

They are where some placement of that one occurrence breaks only the rules named, and none breaks
only a part of them, with all else in the plan as it is.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final, get_args

from pathways import timing
from pathways.plan import Rule as Reason
from scheduler.planning.verifying.asking import Occurrence
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.completeness import asked_in, place_of_unplaced
from scheduler.planning.verifying.resourcing import Resourcing
from scheduler.planning.verifying.rules import OF_TIME, Rule
from scheduler.planning.verifying.trying import attendance_at, obstacles_to, session_at
from scheduler.planning.verifying.verdict import Finding
from scheduler.planning.verifying.visits import Visit

Rules = frozenset[Reason]
EVERY_RULE: Final[Rules] = frozenset(get_args(Reason))
REASONS: Final = "reasons"
"""The rule under which a reason that is not true is found."""
_PAST_THE_LAG = timedelta(days=3)


def reasons_are_true(case: Case) -> Iterator[Finding]:
    """One finding for each unplaced occurrence whose reasons are not."""
    resourcing = Resourcing(case)
    for number, entry in enumerate(case.plan.unplaced):
        occurrence = asked_in(case, entry)
        if occurrence is None or occurrence.identity in case.placed:
            continue
        named = frozenset(reason.rule for reason in entry.reasons)
        words = _untrue(case, resourcing, occurrence, named)
        if words is not None:
            yield Finding(place_of_unplaced(number, entry), REASONS, words)


def _untrue(case: Case, resourcing: Resourcing, occurrence: Occurrence, named: Rules) -> str | None:
    """What is untrue about the rules named, in words; a couple's session is not judged."""
    if occurrence.number == 0:
        return None if named == {"group"} else "a series not joined has one reason, group"
    if len(occurrence.patients) > 1:
        return None
    if occurrence.meeting is not None:
        broken = obstacles_to(case, attendance_at(occurrence, occurrence.meeting))
        return None if named == broken else _found_instead(case, broken, occurrence.meeting.start)
    return _Trial(case, resourcing, occurrence).untrue(named)


def _found_instead(case: Case, broken: Rules, start: datetime) -> str:
    if not broken:
        return f"can be placed at {case.local.text(start)}"
    return f"at {case.local.text(start)} it would break {_text(broken)}"


def _text(rules: Rules) -> str:
    return " and ".join(sorted(rules))


class _Trial:
    """All placements of one session of one patient."""

    def __init__(self, case: Case, resourcing: Resourcing, occurrence: Occurrence) -> None:
        self._case = case
        self._resourcing = resourcing
        self._occurrence = occurrence
        self._by_date: dict[tuple[str, date], bool] = {}

    def untrue(self, named: Rules) -> str | None:
        """What is untrue about the rules named, in words."""
        reached = False
        for broken, start in self._placements(named):
            if broken < named:
                return _found_instead(self._case, broken, start)
            reached = True
        if reached or (named == {"past"} and self._none_is_left()):
            return None
        return self._what_would_be_true(named)

    def _what_would_be_true(self, named: Rules) -> str | None:
        found: dict[Rules, datetime] = {}
        for broken, start in self._placements(EVERY_RULE):
            found.setdefault(broken, start)
        least = [broken for broken in found if not any(other < broken for other in found)]
        if not least:
            return None  # longer than any date: it has no placement of which a reason speaks
        instead = _found_instead(self._case, least[0], found[least[0]])
        return f"no placement breaks only {_text(named)}; {instead}"

    def _placements(self, within: Rules) -> Iterator[tuple[Rules, datetime]]:
        """The sets of rules that placements break, of those that break no other than ``within``."""
        for start in self._starts():
            visit = session_at(self._case, self._occurrence, start)
            obstacles = self._obstacles(visit, within)
            if obstacles is None:
                continue
            for lacking in self._resourcing.lacking(visit):
                if lacking <= within:
                    yield obstacles | lacking, start

    def _starts(self) -> Iterator[datetime]:
        """The grid's starts, but for those from which it would cross midnight."""
        for day in self._dates():
            latest = self._case.local.midnight_after(day) - self._occurrence.activity.length
            for start in self._case.local.grid_starts(day):
                if start <= latest:
                    yield start

    def _dates(self) -> Iterable[date]:
        anchor, after = self._occurrence.anchor, self._occurrence.activity.after
        if anchor is None or after is None:
            return self._occurrence.dates
        last = self._case.local.day(anchor.end + after.lag.max) + _PAST_THE_LAG
        return timing.dates_between(anchor.day, last)

    def _obstacles(self, visit: Visit, within: Rules) -> Rules | None:
        """The rules that the time breaks; None where one of them is not ``within``."""
        broken: set[Reason] = set()
        for rule in OF_TIME:
            if rule.reason in broken or not self._breaks(rule, visit):
                continue
            if rule.reason not in within:
                return None
            broken.add(rule.reason)
        return frozenset(broken)

    def _breaks(self, rule: Rule, visit: Visit) -> bool:
        key = (rule.name, visit.day)
        if rule.by_date and key in self._by_date:
            return self._by_date[key]
        broken = any(True for _ in rule.find(self._case, visit))
        if rule.by_date:
            self._by_date[key] = broken
        return broken

    def _none_is_left(self) -> bool:
        """Whether its week or its lag has no start at or after now."""
        now = self._case.now
        return now is not None and not any(
            start >= now and self._is_within_the_lag(start) for start in self._starts()
        )

    def _is_within_the_lag(self, start: datetime) -> bool:
        anchor, after = self._occurrence.anchor, self._occurrence.activity.after
        if anchor is None or after is None:
            return True
        return after.lag.min <= start - anchor.end <= after.lag.max
