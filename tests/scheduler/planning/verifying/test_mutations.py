"""A good plan, broken on purpose in one place: the verifier names the rule that was broken."""

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathways.reading import read_plan, read_scenario
from scheduler.planning.verifying import verify
from tests.factories import (
    Document,
    clinic,
    dose,
    group,
    integration,
    pathway,
    patient,
    scenario,
    series,
)
from tests.scheduler.planning.verifying.judging import completed, placed, with_booked

SCENARIO = with_booked(
    scenario(
        clinic=clinic(groups=[series(), series("evenings", modality="virtual")]),
        pathways=[pathway(dose(needs_clearance=["heart"]), integration(), group())],
        patients=[
            patient(
                groups={"group": "mornings"},
                clearances=[{"kind": "heart", "from": "2027-01-01", "to": "2027-02-01"}],
                rides={"mon": ["12:00-16:00"], "wed": ["12:00-16:00"]},
            )
        ],
    ),
    placed("integration", "tue 11:30"),
)
GOOD = completed(
    SCENARIO,
    placed("group", "mon 09:00", 1),
    placed("dose", "mon 10:30", 1),
    placed("integration", "tue 11:30", 1),
    placed("group", "wed 09:00", 2),
    placed("dose", "wed 11:30", 2),
    series=["mornings"],
)[1]
GROUP, DOSE, INTEGRATION = 0, 1, 2

Mutation = Callable[[Document], Any]


def judged(mutate: Mutation) -> set[str]:
    document = GOOD.model_dump(mode="json")
    mutate(document)
    verdict = verify(read_scenario(SCENARIO), read_plan(document))
    return {fault.rule for fault in verdict.faults}


def test_the_plan_is_good_before_anything_is_broken() -> None:
    assert judged(top()) == set()


def change(number: int, **keys: Any) -> Mutation:
    return lambda plan: plan["appointments"][number].update(keys)


def shift(number: int, minutes: int) -> Mutation:
    """Moves an appointment with its stages, its note staying right."""

    def moved(text: str) -> str:
        return (datetime.fromisoformat(text) + timedelta(minutes=minutes)).isoformat()

    def mutate(plan: Document) -> None:
        entry = plan["appointments"][number]
        for record in (entry, *entry["stages"]):
            record.update(start=moved(record["start"]), end=moved(record["end"]))

    return mutate


def stage(number: int, **keys: Any) -> Mutation:
    return lambda plan: plan["appointments"][DOSE]["stages"][number].update(keys)


def without(key: str, number: int) -> Mutation:
    return lambda plan: plan[key].pop(number)


def again(key: str, number: int, **keys: Any) -> Mutation:
    return lambda plan: plan[key].append(copy.deepcopy(plan[key][number]) | keys)


def top(**keys: Any) -> Mutation:
    return lambda plan: plan.update(keys)


def note(**keys: Any) -> Mutation:
    return lambda plan: plan["appointments"][DOSE]["notes"][0].update(keys)


MUTATIONS = {
    "scenario of another clinic": (top(scenario="elsewhere"), "scenario"),
    "two appointments of one id": (change(GROUP, id="ada/dose/1"), "id"),
    "a stranger": (change(DOSE, patients=["eve"]), "patients"),
    "a patient twice": (change(DOSE, patients=["ada", "ada"]), "patients"),
    "an unknown activity": (change(DOSE, activity="yoga"), "activity"),
    "a number that nobody asked for": (change(DOSE, occurrence=3), "occurrence"),
    "an occurrence placed twice": (again("appointments", DOSE, id="other"), "occurrence"),
    "an occurrence forgotten": (without("appointments", DOSE), "unplaced"),
    "an unplaced one forgotten": (without("unplaced", 0), "unplaced"),
    "an unplaced one twice": (again("unplaced", 0), "unplaced"),
    "unplaced though placed": (again("unplaced", 0, occurrence=1), "unplaced"),
    "unplaced though unasked": (again("unplaced", 0, occurrence=3), "unplaced"),
    "unplaced of a stranger": (again("unplaced", 0, patient="eve"), "unplaced"),
    "an unplaced series though joined": (again("unplaced", 0, activity="group"), "unplaced"),
    "no series": (without("groups", 0), "occurrence"),
    "a series twice": (again("groups", 0), "groups"),
    "a stranger's series": (again("groups", 0, patient="eve"), "groups"),
    "an unknown series": (again("groups", 0, activity="dose", series="noon"), "groups"),
    "a series of no group": (again("groups", 0, activity="dose"), "groups"),
    "a series of no activity": (again("groups", 0, activity="yoga"), "groups"),
    "another series than the fixed one": (
        lambda plan: plan["groups"][0].update(series="evenings"),
        "groups",
    ),
    "a locked one missing": (without("appointments", INTEGRATION), "locked"),
    "a locked one elsewhere": (change(INTEGRATION, location=None), "locked"),
    "a locked one at another time": (shift(INTEGRATION, 30), "locked"),
    "a locked one of another modality": (change(INTEGRATION, modality="virtual"), "locked"),
    "a locked one with somebody else": (change(INTEGRATION, practitioners=["nurse"]), "locked"),
    "the other modality": (change(DOSE, modality="virtual"), "modality"),
    "too short": (change(DOSE, end="2027-01-04T11:30:00-05:00"), "minutes"),
    "a stage left out": (lambda plan: plan["appointments"][DOSE]["stages"].pop(), "stages"),
    "stages where none are": (
        lambda plan: plan["appointments"][GROUP + 3].update(
            stages=[plan["appointments"][DOSE]["stages"][0]]
        ),
        "stages",
    ),
    "a gap between stages": (stage(1, start="2027-01-04T11:15:00-05:00"), "stages"),
    "a stage too long": (stage(0, end="2027-01-04T11:15:00-05:00"), "stages"),
    "no monitor": (stage(0, practitioner=None), "monitor"),
    "a monitor who is none": (stage(0, practitioner="doctor"), "monitor"),
    "a monitor nobody knows": (stage(0, practitioner="eve"), "monitor"),
    "a group elsewhere": (change(GROUP, location="office"), "group"),
    "a group with another facilitator": (change(GROUP, practitioners=["therapist"]), "group"),
    "a group at another time": (shift(GROUP, -30), "group"),
    "a group in another modality": (change(GROUP, modality="virtual"), "group"),
    "no note": (change(DOSE, notes=[]), "no_driving"),
    "a note of another kind": (note(kind="fasting"), "no_driving"),
    "a note without an end": (note(until=None), "no_driving"),
    "a note that ends too early": (note(until="2027-01-05T05:00:00-05:00"), "no_driving"),
    "a start beside the grid": (shift(DOSE, 15), "slot_minutes"),
    "a start half a minute late": (
        change(DOSE, start="2027-01-04T10:30:30-05:00"),
        "slot_minutes",
    ),
    "a start a moment late": (change(DOSE, start="2027-01-04T10:30:00.5-05:00"), "slot_minutes"),
    "over midnight": (shift(DOSE, 12 * 60 + 30), "midnight"),
    "in the week after": (shift(DOSE, 7 * 24 * 60), "weeks"),
    "before the clinic opens": (shift(DOSE, -120), "hours"),
    "after the clinic closes": (shift(DOSE, 6 * 60), "hours"),
    "when the patient is not available": (shift(DOSE, -4 * 60), "availability"),
    "when nobody drives home": (shift(DOSE, 4 * 60), "ride"),
    "over another appointment": (shift(DOSE, -60), "overlap"),
    "in descending order": (
        lambda plan: [
            plan["appointments"][n].update(occurrence=3 - plan["appointments"][n]["occurrence"])
            for n in (DOSE, 4)
        ],
        "order",
    ),
    "the anchor too late": (shift(DOSE, 8 * 60), "lag"),
    "too few days between": (shift(4, -24 * 60), "min_days_between"),
    "after a dose": (shift(DOSE, -180), "rest_of_day"),
    "no location": (change(DOSE, location=None), "location"),
    "a location of another kind": (change(DOSE, location="office"), "location"),
    "an unknown location": (change(DOSE, location="garden"), "location"),
    "a practitioner too many": (change(DOSE, practitioners=["doctor"]), "practitioner"),
    "a total that does not add up": (
        lambda plan: plan["cost"].update(total=plan["cost"]["total"] + 1),
        "cost",
    ),
    "a term left out": (lambda plan: plan["cost"]["terms"].pop("trip_day"), "cost"),
    "a term too high": (lambda plan: plan["cost"]["terms"].update(trip_day=1), "cost"),
    "a term from nowhere": (lambda plan: plan["cost"]["terms"].update(dropped=1), "cost"),
    "a bound above the cost": (top(bound=100_000), "bound"),
    "optimal without its proof": (top(status="optimal"), "status"),
    "feasible though proven": (lambda plan: plan.update(bound=plan["cost"]["total"]), "status"),
}


@pytest.mark.parametrize(("mutate", "rule"), MUTATIONS.values(), ids=MUTATIONS)
def test_the_rule_that_was_broken_is_named(mutate: Mutation, rule: str) -> None:
    assert rule in judged(mutate)


def test_a_fault_names_its_place_its_rule_and_what_is_wrong() -> None:
    document = GOOD.model_dump(mode="json")
    document["appointments"][DOSE]["location"] = "office"
    (fault,) = verify(read_scenario(SCENARIO), read_plan(document)).faults
    place, says = "appointments[1] (ada/dose/1)", "office is of kind office, not treatment-bay"
    assert str(fault) == f"{place}: location - {says}"


def test_what_nobody_asked_for_is_a_fault_and_no_warning_besides() -> None:
    document = GOOD.model_dump(mode="json")
    document["appointments"][4]["occurrence"] = 3
    assert verify(read_scenario(SCENARIO), read_plan(document)).warnings == ()


def test_one_appointment_may_break_one_rule_in_two_ways() -> None:
    document = GOOD.model_dump(mode="json")
    document["appointments"][GROUP] |= {"practitioners": ["therapist"], "location": "office"}
    found = verify(read_scenario(SCENARIO), read_plan(document)).faults
    assert [fault.words for fault in found if fault.rule == "group"] == [
        "mornings meets at group-room",
        "mornings is led by facilitator",
    ]


NAMES = st.sampled_from(["ada", "eve", "bay", "office", "nurse", "dose", "group", "dosing", "x"])
INSTANTS = st.sampled_from(
    ["2027-01-04T10:30:00-05:00", "2027-01-04T23:59:59-05:00", "2026-12-31T00:00:00+14:00"]
)
EDITS: dict[str, st.SearchStrategy[Any]] = {
    "patients": st.lists(NAMES, min_size=1, max_size=3),
    "activity": NAMES,
    "occurrence": st.integers(1, 4),
    "start": INSTANTS,
    "end": INSTANTS,
    "modality": st.sampled_from(["in-person", "virtual"]),
    "location": st.none() | NAMES,
    "practitioners": st.lists(NAMES, max_size=3),
    "stages": st.lists(
        st.fixed_dictionaries(
            {"id": NAMES, "start": INSTANTS, "end": INSTANTS, "practitioner": st.none() | NAMES}
        ),
        max_size=3,
    ),
    "notes": st.just([]),
}


@given(data=st.data())
def test_whatever_is_changed_in_a_plan_it_is_judged_and_its_cost_told(data: st.DataObject) -> None:
    document = GOOD.model_dump(mode="json")
    for entry in document["appointments"]:
        for key in data.draw(st.sets(st.sampled_from(sorted(EDITS)), max_size=3)):
            entry[key] = data.draw(EDITS[key], label=key)
    plan = read_plan(document)
    verdict = verify(read_scenario(SCENARIO), plan, reasons=True)
    assert verdict.cost.total == sum(verdict.cost.terms.values())
    assert verdict == verify(read_scenario(SCENARIO), plan, reasons=True)


@given(order=st.permutations(range(5)))
def test_the_order_in_which_appointments_stand_does_not_matter(order: list[int]) -> None:
    document = GOOD.model_dump(mode="json")
    document["appointments"] = [document["appointments"][number] for number in order]
    assert verify(read_scenario(SCENARIO), read_plan(document)).faults == ()
