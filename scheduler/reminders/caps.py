"""How many text messages one number gets: the less important yields to the more important."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pathways import timing

_WEEK = timedelta(days=6)  # a day and the six before it


def held_back(
    caps: tuple[int, int],
    at: datetime,
    zone: ZoneInfo,
    *,
    sent: Sequence[datetime],
    better: Sequence[datetime],
) -> str:
    """Why a message may not go now; empty where it may.

    ``caps``: the most in a local day, and in any seven days. ``sent``: when messages went to the
    number; ``better``: when more important ones will be due.
    """
    a_day, a_week = caps
    today = timing.local_date(at, zone)
    went = [timing.local_date(moment, zone) for moment in sent]
    due = sorted(day for m in better if (day := timing.local_date(m, zone)) >= today)
    if went.count(today) >= a_day:
        return "as many messages as agreed have gone today"
    if sum(day >= today - _WEEK for day in went) >= a_week:
        return "as many messages as agreed have gone in seven days"
    if went.count(today) + due.count(today) >= a_day:
        return "something more important goes today"
    for last in due:
        first = last - _WEEK
        crowd = [day for day in went if day >= first]
        crowd += [day for day in due if first <= day <= last]
        if first <= today and len(crowd) >= a_week:
            return "something more important goes in these days"
    return ""
