"""Weeks as small pictures: how much a pathway has in each, on which days a plan has it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.web.texts import translations
from pathways import timing
from pathways.protocol import LibraryPathway

KINDS: Final = ("dose", "group", "session")
"""What a block stands for, from the ground up."""


@dataclass(frozen=True)
class Block:
    """One square: in column ``x`` and row ``y``, of one of KINDS."""

    x: int
    y: int
    kind: str


@dataclass(frozen=True)
class Picture:
    """Blocks on a grid; ``says``: the same in words."""

    columns: int
    rows: int
    blocks: tuple[Block, ...]
    says: str


def of_pathway(protocol: LibraryPathway, language: str = "en") -> Picture:
    """A column for each week: doses at the ground, groups and other sessions on top of them."""
    weeks: dict[int, Counter[str]] = {week: Counter() for week in range(1, protocol.weeks + 1)}
    for activity in protocol.activities:
        kind = _kind(is_dose=activity.purpose == "dose", is_group=activity.kind == "group")
        for block in activity.schedule:
            for week in range(block.weeks.first, block.weeks.last + 1):
                weeks.setdefault(week, Counter())[kind] += block.per_week
    blocks = [
        Block(week - 1, row, kind)
        for week, held in weeks.items()
        for row, kind in enumerate(k for k in KINDS for _ in range(held[k]))
    ]
    total = sum(weeks.values(), Counter())
    return _picture(len(weeks), blocks, _told("week", len(weeks), total, language))


def of_plan(
    appointments: Iterable[Mapping[str, Any]],
    start: date,
    zone: ZoneInfo,
    doses: frozenset[str],
    language: str = "en",
) -> Picture:
    """A column for each day of the week, a row for each week: what a plan has on which day.

    ``doses``: the activities that are doses.
    """
    held: dict[tuple[int, int], list[str]] = {}
    for one in appointments:
        day = timing.local_date(datetime.fromisoformat(one["start"]), zone)
        week, weekday = (day - start).days // 7, day.weekday()
        is_group = one.get("series") is not None
        kind = _kind(is_dose=one["activity"] in doses, is_group=is_group)
        held.setdefault((week, weekday), []).append(kind)
    last = max((week for week, _ in held), default=0)
    blocks = [
        Block(weekday, last - week, min(kinds, key=KINDS.index))
        for (week, weekday), kinds in held.items()
    ]
    total = Counter(kind for kinds in held.values() for kind in kinds)
    says = _told("day", len(held), total, language)
    return Picture(7, last + 1, tuple(blocks), says)


def _kind(*, is_dose: bool, is_group: bool) -> str:
    return "dose" if is_dose else "group" if is_group else "session"


def _picture(columns: int, blocks: list[Block], says: str) -> Picture:
    rows = max((block.y + 1 for block in blocks), default=1)
    return Picture(columns, rows, tuple(blocks), says)


def _told(unit: str, number: int, total: Mapping[str, int], language: str) -> str:
    """``6 weeks, 6 doses, 12 group meetings``."""
    ngettext = translations(language).ngettext
    words = {
        "week": lambda n: ngettext("%(num)s week", "%(num)s weeks", n),
        "day": lambda n: ngettext("%(num)s day", "%(num)s days", n),
        "dose": lambda n: ngettext("%(num)s dose", "%(num)s doses", n),
        "group": lambda n: ngettext("%(num)s group meeting", "%(num)s group meetings", n),
        "session": lambda n: ngettext("%(num)s other session", "%(num)s other sessions", n),
    }
    held = [(unit, number), *((kind, total[kind]) for kind in KINDS if total[kind])]
    return ", ".join(words[kind](n) % {"num": n} for kind, n in held)
