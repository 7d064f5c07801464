"""Clinical situations as data: each is planned, judged, and compared with what must come out."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pathways import timing
from pathways.plan import Appointment, Plan, Unplaced
from pathways.reading import parse, read_scenario
from tests.scheduler.planning.trying import faults, planned

Document = dict[str, Any]

CASES = sorted((Path(__file__).parents[2] / "cases" / "plans").glob("*.yaml"))
WORK = 500


class Case:
    """A situation, and the plan that came out of it."""

    def __init__(self, path: Path) -> None:
        document: Document = parse(path.read_text(encoding="utf-8"))
        self.scenario: Document = document["scenario"]
        self.expected: Document = document["expected"]
        self.zone = timing.zone(self.scenario["clinic"]["timezone"])
        self.plan: Plan = planned(self.scenario, WORK)

    def local(self, moment: datetime | None) -> str:
        """What a clock of the clinic shows, to the minute."""
        return f"{moment.astimezone(self.zone):%Y-%m-%dT%H:%M}" if moment else ""

    def appointment(self, wanted: Document) -> Appointment:
        (found,) = [
            item
            for item in self.plan.appointments
            if wanted["patient"] in item.patients
            and (item.activity, item.occurrence) == (wanted["activity"], wanted["occurrence"])
        ]
        return found

    def shown(self, wanted: Document) -> Document:
        """What the plan says of each thing that is expected of an appointment."""
        item = self.appointment(wanted)
        shown = {
            "start": self.local(item.start),
            "end": self.local(item.end),
            "date": self.local(item.start)[:10],
            "drives": "".join(self.local(note.until) for note in item.notes),
            "lag": self.lag(wanted, item) if "lag" in wanted else "",
        }
        return {key: shown[key] for key in wanted if key in shown}

    def lag(self, wanted: Document, item: Appointment) -> str:
        """Elapsed time since the end of what an appointment comes after."""
        pathway = read_scenario(self.scenario).pathways[0]
        after = pathway.activity(wanted["activity"]).after
        assert after is not None
        anchor = self.appointment({**wanted, "activity": after.activity})
        return timing.duration_text(item.start - anchor.end)


def suits(unplaced: Unplaced, wanted: Document) -> bool:
    """Whether an unplaced occurrence is the one that is expected, for the rules expected."""
    rules = {reason.rule for reason in unplaced.reasons}
    return (
        all(
            getattr(unplaced, key) == wanted[key]
            for key in ("patient", "activity", "occurrence")
            if key in wanted
        )
        and set(wanted.get("rules", rules)) == rules
        and wanted.get("contains", unplaced.reasons[0].rule) in rules
    )


@pytest.fixture(scope="module", params=CASES, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_the_plan_keeps_every_rule(case: Case) -> None:
    assert faults(case.scenario, case.plan) == []


def test_the_plan_is_as_good_as_it_can_be(case: Case) -> None:
    assert case.plan.status == case.expected["status"]


def test_appointments_stand_where_they_must(case: Case) -> None:
    for wanted in case.expected.get("appointments", []):
        shown = case.shown(wanted)
        assert shown == {key: wanted[key] for key in shown}, wanted


def test_so_many_are_placed(case: Case) -> None:
    placed = Counter(item.activity for item in case.plan.appointments)
    for activity, number in case.expected.get("placed", {}).items():
        assert placed[activity] == number


def test_what_is_unplaced_is_what_must_be_and_for_that_reason(case: Case) -> None:
    wanted = case.expected["unplaced"]
    assert bool(case.plan.unplaced) == bool(wanted)
    for unplaced in case.plan.unplaced:
        assert any(suits(unplaced, entry) for entry in wanted), unplaced


def test_there_are_cases() -> None:
    assert len(CASES) >= 10
