"""What must not change a plan's worth: names, the order of a list, the week of the year; and help.

Costs are compared where both plans are called optimal; tiny scenarios, so that most are.
"""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest

from pathways import timing
from pathways.faults import BadDocument
from pathways.reading import read_scenario
from tests.scenarios.dice import SMALL, TINY, Size
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.trying import (
    Complaint,
    Document,
    campaign,
    chunks,
    planned,
    try_all,
)

WORK = 500

Change = Callable[[Document], Document | None]
"""The changed scenario, None where the change means something else for this one."""
Worse = Callable[[int, int], bool]
"""Whether one cost, before, and another, after, break the promise."""


def copied(document: Document) -> Document:
    """A deep copy in which no part stands in two places."""
    plain: Document = json.loads(json.dumps(document))
    return plain


def with_every_list_reversed(document: Document) -> Document:
    changed = copied(document)
    for holder, names in (
        (changed, ("patients", "pathways", "booked")),
        (changed["clinic"], ("locations", "practitioners")),
    ):
        for name in names:
            holder.get(name, []).reverse()
    return changed


NAMED = re.compile(
    r"\b(ada|bob|cleo|dan|(?:treatment-bay|office|monitor|therapist|prescriber)-\d+)\b"
)


def with_other_names(document: Document, *, backwards: bool = False) -> Document:
    names = sorted(set(NAMED.findall(json.dumps(document))))
    others = sorted((f"name-{number:02d}" for number in range(len(names))), reverse=backwards)
    new = dict(zip(names, others, strict=True))
    text = NAMED.sub(lambda match: new[match[0]], json.dumps(document))
    changed: Document = json.loads(text)
    return changed


def with_names_in_another_order(document: Document) -> Document | None:
    """Not for couples: the partner whose name sorts first is another one then."""
    if any("partner" in patient for patient in document["patients"]):
        return None
    return with_other_names(document, backwards=True)


def with_one_more_nurse(document: Document) -> Document:
    changed = copied(document)
    always = {day: ["00:00-24:00"] for day in timing.WEEKDAYS}
    nurse = {"id": "one-more", "roles": ["monitor", "prescriber"], "hours": always}
    changed["clinic"]["practitioners"].append(nurse)
    return changed


def with_one_more_bay(document: Document) -> Document:
    changed = copied(document)
    changed["clinic"]["locations"].append({"id": "one-more", "kind": "treatment-bay"})
    return changed


def with_all_day_at_the_clinic(document: Document) -> Document:
    """Longer hours of the house take away no start."""
    changed = copied(document)
    changed["clinic"]["hours"] = {day: ["00:00-24:00"] for day in timing.WEEKDAYS}
    return changed


def differ(before: int, after: int) -> bool:
    return before != after


def rise(before: int, after: int) -> bool:
    return after > before


def promise(change: Change, broken: Worse) -> Complaint:
    """The complaint that a change of the scenario changes what the best plan costs."""

    def complaint(document: Document) -> str:
        changed = change(document)
        if changed is None:
            return ""
        before, after = planned(document, WORK), planned(changed, WORK)
        costs = before.cost.total, after.cost.total
        proven = before.status == after.status == "optimal"
        return f"costs {costs[0]}, then {costs[1]}" if proven and broken(*costs) else ""

    return complaint


RELATIONS = pytest.mark.parametrize(
    ("change", "broken"),
    [
        (with_every_list_reversed, differ),
        (with_other_names, differ),
        (with_names_in_another_order, differ),
        (with_one_more_nurse, rise),
        (with_one_more_bay, rise),
        (with_all_day_at_the_clinic, rise),
    ],
)


def tiny(seed: int) -> Document:
    return random_scenario(seed, TINY)


@RELATIONS
@pytest.mark.parametrize("seeds", chunks(20, 20, first=9000), ids=lambda seeds: str(seeds[0]))
def test_the_best_cost_keeps_its_promise(seeds: range, change: Change, broken: Worse) -> None:
    assert try_all(seeds, tiny, promise(change, broken)) == len(seeds)


@RELATIONS
@pytest.mark.parametrize("seeds", campaign(500))
def test_the_best_cost_keeps_its_promise_in_a_campaign(
    seeds: range, change: Change, broken: Worse
) -> None:
    assert try_all(seeds, tiny, promise(change, broken)) == len(seeds)


WAYS_TO_TELL_A_DATE: tuple[tuple[str, Callable[[date], str]], ...] = (
    (r"\d{4}-\d\d-\d\d", str),
    (r"[A-Z][a-z]+day \d+ [A-Z][a-z]+ \d{4}", lambda day: f"{day:%A} {day.day} {day:%B %Y}"),
    # Names of weekdays and months without a year are told apart by the years near the plans'.
    (r"[A-Z][a-z]{2} \d+ [A-Z][a-z]{2}\b", lambda day: f"{day:%a} {day.day} {day:%b}"),
)
DAYS = [date(2025, 12, 1) + timedelta(days=number) for number in range(1800)]


def shifted(text: str, days: timedelta) -> str:
    """A document with every date so much later, also those that it tells in words."""
    for pattern, told in WAYS_TO_TELL_A_DATE:
        later = {told(day): told(day + days) for day in reversed(DAYS)}
        text = re.sub(pattern, partial(_later, later), text)
    return text


def _later(later: dict[str, str], found: re.Match[str]) -> str:
    return later.get(found[0], found[0])


def in_a_zone_without_changes(document: Document) -> Document | None:
    """The same clinic in Kolkata, or None where a booking cannot be there."""
    moved = copied(document)
    moved["clinic"]["timezone"] = "Asia/Kolkata"
    try:
        read_scenario(moved)
    except BadDocument:
        return None
    return moved


def not_the_same_weeks_later(*weeks: int) -> Complaint:
    """The complaint that a plan is another one so many weeks later, for any of some numbers."""

    def complaint(document: Document) -> str:
        earlier = in_a_zone_without_changes(document)
        if earlier is None:
            return ""
        plan = planned(earlier, 15).model_dump_json()
        for number in weeks:
            days = timedelta(weeks=number)
            later = json.loads(shifted(json.dumps(earlier), days))
            if planned(later, 15).model_dump_json() != shifted(plan, days):
                return f"is another plan {number} weeks later"
        return ""

    return complaint


@pytest.mark.parametrize(
    ("size", "seeds"),
    [(TINY, range(25)), (SMALL, range(3)), (SMALL, range(3, 5))],
    ids=["tiny", "small 0", "small 3"],
)
def test_whole_weeks_later_the_plan_is_the_same_byte_for_byte(size: Size, seeds: range) -> None:
    complaint = not_the_same_weeks_later(1, 9, 52)
    tried = try_all(seeds, lambda seed: random_scenario(seed, size), complaint)
    assert tried == len(seeds)


@pytest.mark.parametrize("seeds", campaign(500))
def test_weeks_later_the_plan_is_the_same_in_a_campaign(seeds: range) -> None:
    try_all(seeds, lambda seed: random_scenario(seed, SMALL), not_the_same_weeks_later(3))
