"""A clinic that misses its busiest nurse for a day: what is asked, and that it is mended."""

from datetime import date, datetime

import pytest

from benchmarks import caching, measuring
from benchmarks.caching import made_once
from benchmarks.instances import Document, instance
from benchmarks.measuring import Case, measure
from benchmarks.nurse_away import called_in_sick
from pathways.plan import Plan
from pathways.reading import read_plan, read_scenario
from scheduler.planning.replanning import broken_now, carried_over

NAME = "nurse-away-4-1"


@pytest.fixture(scope="module")
def asked() -> Document:
    return called_in_sick(instance(NAME))


def sessions_of(nurse: str, day: date, plan: Plan) -> int:
    return sum(
        any(stage.practitioner == nurse for stage in held.stages) and held.start.date() == day
        for held in plan.appointments
    )


def test_away_is_who_would_have_monitored_the_most_on_that_day(asked: Document) -> None:
    plan = read_plan(asked["plan"])
    nurses = [p for p in asked["scenario"]["clinic"]["practitioners"] if p["roles"] == ["monitor"]]
    (missing,) = (nurse for nurse in nurses if nurse["away"])
    day = datetime.fromisoformat(asked["scenario"]["now"]).date()
    assert missing["away"] == [{"from": str(day), "to": str(day)}]
    days = {held.start.date() for held in plan.appointments}
    counts = [sessions_of(nurse["id"], other, plan) for nurse in nurses for other in days]
    assert sessions_of(missing["id"], day, plan) == max(counts) > 0


def test_nothing_but_the_absence_keeps_the_old_plan_from_standing(asked: Document) -> None:
    scenario, plan = read_scenario(asked["scenario"]), read_plan(asked["plan"])
    carried = carried_over(scenario, plan)
    assert carried.left_behind == ()
    words = [says for found in broken_now(carried, plan).values() for says in found]
    assert words
    assert all("is away or outside their hours" in says for says in words)


def test_the_measured_command_mends_the_plan_without_a_fault(
    asked: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "_called_in_sick", lambda _: asked)
    found = measure(Case(NAME, "repair", 5.0))
    assert found.faults == 0
    assert found.doses == 0
    assert found.seconds == found.first > 0


def test_what_takes_long_to_make_is_made_once(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "CACHE", tmp_path)
    made: list[Document] = []

    def make() -> Document:
        made.append({"number": len(made)})
        return made[-1]

    assert [made_once("a", make), made_once("a", make)] == [{"number": 0}, {"number": 0}]
    assert made_once("b", make) == {"number": 1}
