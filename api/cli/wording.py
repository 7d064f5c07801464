"""Figures in words: dates, lags, costs, reasons, as a coordinator says them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from pathways.plan import Cost, Plan, Reason, Term, Unplaced

COST_WORDS: dict[Term, str] = {
    "unplaced": "dose sessions without a time",
    "unplaced_other": "other sessions and meetings without a time",
    "lag_hour": "hours by which a session follows later than ideal",
    "lag_hour_early": "hours by which a session follows earlier than ideal",
    "uneven_day": "days by which sessions of a week lie unevenly",
    "off_preference": "sessions outside the times that patients prefer",
    "trip_day": "days on which a patient has to travel",
    "idle_slot": "waiting between two visits of a day",
    "new_face": "sessions with another practitioner than before",
    "moved": "booked appointments moved",
    "moved_soon": "booked appointments moved at less than 48 hours' notice",
    "dropped": "booked appointments dropped",
}

STRENGTHS = (
    "hard: refused; gate: may be planned, not confirmed or started; soft: a warning that wants "
    "a reason."
)
"""What the strengths of safety rules mean."""


def day_text(day: date) -> str:
    """``Mon 4 Jan``."""
    return f"{day:%a} {day.day} {day:%b}"


def moment_text(moment: datetime) -> str:
    """``Mon 4 Jan 14:30``."""
    return f"{day_text(moment.date())} {moment:%H:%M}"


def span_text(start: datetime, end: datetime) -> str:
    """``09:00-12:00``."""
    return f"{start:%H:%M}-{end:%H:%M}"


def days_text(first: date, last: date) -> str:
    """``4 to 10 January 2027``; the month or the year of both where they differ."""
    month = "" if (first.year, first.month) == (last.year, last.month) else f" {first:%B}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day}{month}{year} to {last.day} {last:%B} {last.year}"


def hours_text(elapsed: timedelta) -> str:
    """``22 h``, ``22.3 h``, and days from a week on; a decimal where there is need."""
    if elapsed > timedelta(days=7):
        return f"{round(elapsed / timedelta(days=1), 1):g} days"
    return f"{round(elapsed / timedelta(hours=1), 1):g} h"


def numbers_text(numbers: Iterable[int]) -> str:
    """``3, 7-9``: runs of numbers drawn together."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def cost_lines(cost: Cost) -> list[tuple[Term, int, str]]:
    """Each term with what it adds and its words, the dearest first."""
    terms = sorted(cost.terms.items(), key=lambda item: (-item[1], item[0]))
    return [(term, amount, COST_WORDS[term]) for term, amount in terms if amount]


def price_text(price: int) -> str:
    """``costs 12 more``, ``costs 12 less`` or ``costs the same``."""
    if price == 0:
        return "costs the same"
    return f"costs {abs(price):,} {'more' if price > 0 else 'less'}"


def quality_text(plan: Plan) -> str:
    """How close the plan is to the best one possible, as far as that is proven."""
    if plan.status == "optimal":
        return "no plan costs less; this is proven"
    if not plan.bound:
        return "how far the best plan lies below is not known"
    above = (plan.cost.total - plan.bound) / plan.bound
    return f"no plan costs less than {plan.bound:,}; this one is at most {above:.1%} above"


def together(
    entries: Sequence[tuple[str, Unplaced]],
) -> list[tuple[str, list[int], tuple[Reason, ...]]]:
    """Unplaced occurrences by title and reasons, those with the same reasons drawn together."""
    found: dict[tuple[str, tuple[Reason, ...]], list[int]] = {}
    for title, entry in entries:
        found.setdefault((title, entry.reasons), []).append(entry.occurrence)
    return [(title, numbers, reasons) for (title, reasons), numbers in found.items()]


def occurrences_text(title: str, numbers: Sequence[int]) -> str:
    """``Esketamine session 3, 5``; 0 stands for a whole series."""
    return f"{title} (no group)" if list(numbers) == [0] else f"{title} {numbers_text(numbers)}"
