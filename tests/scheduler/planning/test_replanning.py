"""A plan is mended: each thing that can happen to a clinic, and what then stays as it was."""

import copy
from datetime import datetime
from typing import Any

import pytest

from pathways.plan import Appointment, Plan
from pathways.reading import read_plan, read_scenario
from scheduler.planning import repairing
from scheduler.planning.differing import Change, Difference, difference
from scheduler.planning.judging import judge
from scheduler.planning.repairing import repair
from scheduler.planning.replanning import Carried, broken_now, carried_over
from scheduler.planning.stopping import Stop
from tests import factories
from tests.factories import Document
from tests.scheduler.planning.trying import planned

WORK = 1500
BEFORE_ALL = "2027-01-01T08:00:00-05:00"
WEDNESDAY_NOON = "2027-01-06T12:00:00-05:00"
TWO_NURSES = [
    factories.practitioner("nurse", "monitor"),
    factories.practitioner("second-nurse", "monitor"),
    factories.practitioner("doctor", "prescriber"),
    factories.practitioner("therapist", "therapist", skills=["cbt"]),
    factories.practitioner("other-therapist", "therapist", skills=["cbt"]),
    factories.practitioner("facilitator", "therapist", skills=["group"]),
]


def clinic(**changes: Any) -> Document:
    return factories.clinic(practitioners=copy.deepcopy(TWO_NURSES), **changes)


def programme(**changes: Any) -> Document:
    """Two patients with two doses, each with its integration, and two group meetings."""
    activities = (factories.group(), factories.dose(), factories.integration())
    document = factories.scenario(
        clinic=clinic(),
        pathways=[factories.pathway(*activities)],
        patients=[factories.patient("ada"), factories.patient("ben")],
        now=BEFORE_ALL,
    )
    return factories.changed(document, changes)


@pytest.fixture(scope="module")
def old() -> Plan:
    """The plan before anything has happened."""
    return planned(programme(), WORK)


def mend(document: Document, old: Plan) -> tuple[Carried, Plan, Difference]:
    """The plan mended for a scenario, judged with its reasons."""
    carried = carried_over(read_scenario(document), old)
    new = repair(carried, Stop(work=WORK))
    assert judge(carried.scenario, new, reasons=True).verdict.faults == ()
    return carried, new, difference(old, new)


def found(plan: Plan, patient: str, activity: str, number: int = 1) -> Appointment:
    identity = ((patient,), activity, number)
    return next(entry for entry in plan.appointments if entry.identity == identity)


def day_of(appointment: Appointment) -> str:
    return appointment.start.date().isoformat()


def about(difference: Difference, *but: str) -> set[tuple[str, str, str]]:
    """How, for whom and what differs."""
    held = (change for change in difference.changes if change.kind not in but)
    return {(change.kind, change.patients[0], change.activity) for change in held}


def on_day(change: Change, day: str) -> bool:
    return change.before is not None and day_of(change.before) == day


def person(document: Document, name: str) -> Document:
    held: list[Document] = document["clinic"]["practitioners"]
    return next(entry for entry in held if entry["id"] == name)


def test_where_nothing_has_happened_nothing_changes(old: Plan) -> None:
    _, new, changes = mend(programme(), old)
    assert changes.changes == ()
    assert new.cost.total == old.cost.total


def test_the_doses_of_a_nurse_who_is_away_are_monitored_by_another(old: Plan) -> None:
    document = programme()
    dose = found(old, "ada", "dose")
    away = dose.stages[0].practitioner
    assert away is not None
    person(document, away)["away"] = [{"from": day_of(dose), "to": day_of(dose)}]
    _, new, changes = mend(document, old)
    assert about(changes, "monitored") == set()
    assert all(on_day(change, day_of(dose)) for change in changes.changes)
    assert found(new, "ada", "dose").stages[0].practitioner not in (None, away)


def test_two_monitored_at_once_stay_where_only_the_split_between_monitors_must_change() -> None:
    """The second nurse leaves early: she must take the short session, whoever had it."""
    short = factories.dose("short", stages=[_stage(60)], schedule=_once(), min_days_between=None)
    long = factories.dose("long", stages=[_stage(120)], schedule=_once(), min_days_between=None)
    document = factories.scenario(
        clinic=clinic(locations=[factories.location(f"bay-{n}", "treatment-bay") for n in (1, 2)]),
        pathways=[
            factories.pathway(short, id="one"),
            factories.pathway(long, id="two"),
        ],
        patients=[
            factories.patient("ada", pathway="one", available=_monday("10:00-11:00")),
            factories.patient("ben", pathway="two", available=_monday("10:00-12:00")),
        ],
        now=BEFORE_ALL,
    )
    document["clinic"]["groups"] = []
    before = planned(document, WORK)
    holder = found(before, "ben", "long").stages[0].practitioner
    assert holder is not None
    person(document, holder)["hours"] = factories.table("09:00-11:00")
    _, new, changes = mend(document, before)
    assert {change.kind for change in changes.changes} == {"monitored"}
    assert new.unplaced == ()


def _stage(minutes: int) -> Document:
    return {"id": "dosing", "minutes": minutes, "monitor_ratio": 1}


def _once() -> list[Document]:
    return [{"weeks": "1-1", "per_week": 1}]


def _monday(window: str) -> Document:
    return factories.table(window, days=("mon",))


def test_a_session_whose_therapist_is_away_is_served_by_another_or_moves(old: Plan) -> None:
    document = programme()
    session = found(old, "ada", "integration")
    (therapist,) = session.practitioners
    person(document, therapist)["away"] = [{"from": day_of(session), "to": day_of(session)}]
    _, new, changes = mend(document, old)
    assert ("moved", "ada", "integration") in about(changes)
    assert found(new, "ada", "integration").practitioners != ()
    touched = [change for change in changes.changes if change.kind == "moved"]
    assert all(change.activity == "integration" for change in touched)
    assert new.unplaced == ()


def test_what_stood_on_a_day_that_is_closed_moves_and_no_other_dose_does(old: Plan) -> None:
    document = programme()
    closed = day_of(found(old, "ada", "dose"))
    document["clinic"]["closures"] = [{"date": closed, "reason": "burst pipe"}]
    _, new, changes = mend(document, old)
    assert day_of(found(new, "ada", "dose")) != closed
    doses = [change for change in changes.changes if change.activity == "dose"]
    assert doses
    assert not any(day_of(entry) == closed for entry in new.appointments)


def test_a_patient_who_is_ill_misses_meetings_and_nobody_else_is_touched(old: Plan) -> None:
    document = programme()
    meeting = found(old, "ada", "group")
    stretch = {"from": day_of(meeting), "to": day_of(meeting)}
    document["patients"][0]["unavailable"] = [stretch]
    _, new, changes = mend(document, old)
    assert ("dropped", "ada", "group") in about(changes)
    assert {change.patients for change in changes.changes} == {("ada",)}
    missed = [left for left in new.unplaced if left.activity == "group"]
    assert [left.reasons[0].rule for left in missed] == ["availability"]


def test_after_a_dose_that_overran_what_follows_too_soon_moves() -> None:
    lag = {"min": "PT20H", "ideal": "PT20H", "max": "PT72H"}
    after = factories.integration(after={"activity": "dose", "lag": lag})
    dose = factories.dose(schedule=_once())
    document = programme(pathways=[factories.pathway(dose, after)])
    before = planned(document, WORK)
    stood = found(before, "ada", "dose")
    late = stood.model_dump(mode="json")
    late["end"] = _moment(stood.end.replace(hour=stood.end.hour + 2))
    late["stages"][-1]["end"] = late["end"]
    document["booked"] = [{**late, "locked": True}]
    document["now"] = late["end"]
    carried, new, changes = mend(document, before)
    assert found(new, "ada", "dose").end == datetime.fromisoformat(late["end"])
    assert ("changed", "ada", "dose") in about(changes)
    assert ("moved", "ada", "integration") in about(changes)
    (why,) = broken_now(carried, before)[("ada",), "integration", 1]
    stands = found(before, "ada", "integration").start - datetime.fromisoformat(late["end"])
    assert why.startswith(f"starts {stands.total_seconds() / 3600:g} hours after")


def _moment(moment: datetime) -> str:
    return moment.isoformat()


def test_a_new_patient_is_planned_around_those_who_have_their_times(old: Plan) -> None:
    document = programme()
    document["patients"].append(factories.patient("cleo"))
    _, new, changes = mend(document, old)
    assert {(change.kind, change.patients) for change in changes.changes} == {("new", ("cleo",))}
    assert sum("cleo" in entry.patients for entry in new.appointments) == 6


def test_a_cancelled_dose_takes_its_integration_along_and_costs_nothing(old: Plan) -> None:
    document = programme()
    settled = {"activity": "dose", "occurrence": 2, "outcome": "missed"}
    document["patients"][0]["settled"] = [settled]
    carried, new, changes = mend(document, old)
    assert about(changes) == {("unasked", "ada", "dose"), ("unasked", "ada", "integration")}
    assert [left.why for left in carried.left_behind] == ["it is settled"]
    assert new.cost.terms.get("dropped", 0) == 100, "the integration that nobody asks for"


def test_shorter_hours_move_what_lies_outside_them() -> None:
    talk = factories.session("talk")
    document = programme(pathways=[factories.pathway(talk)], patients=[factories.patient()])
    before = planned(document, WORK)
    stood = found(before, "ada", "talk")
    document["clinic"]["hours"] = factories.table(f"{stood.end:%H:%M}-17:00")
    _, new, changes = mend(document, before)
    assert about(changes) == {("moved", "ada", "talk")}
    assert new.cost.terms["moved"] == 20


def test_what_began_before_now_is_locked_and_stands_also_where_it_breaks_a_rule(
    old: Plan,
) -> None:
    document = programme(now=WEDNESDAY_NOON)
    document["clinic"]["closures"] = [{"date": "2027-01-04", "reason": "found out too late"}]
    carried, new, changes = mend(document, old)
    begun = [entry for entry in old.appointments if entry.start < carried_now(carried)]
    assert begun
    assert {b.identity for b in carried.scenario.booked if b.locked} == {
        entry.identity for entry in begun
    }
    kept = {entry.identity: entry for entry in new.appointments}
    assert all(kept[entry.identity] == entry for entry in begun)
    assert not any(change.before in begun for change in changes.changes)


def carried_now(carried: Carried) -> datetime:
    assert carried.scenario.now is not None
    return carried.scenario.now


def test_a_booking_of_the_scenario_goes_before_that_of_the_plan(old: Plan) -> None:
    dose = found(old, "ada", "dose")
    listed = {**dose.model_dump(mode="json"), "id": "by-hand", "locked": True}
    carried = carried_over(read_scenario(programme(booked=[listed])), old)
    held = [entry for entry in carried.scenario.booked if entry.identity == dose.identity]
    assert [entry.id for entry in held] == ["by-hand"]


def test_an_id_that_is_taken_is_told_apart(old: Plan) -> None:
    dose, other = found(old, "ada", "dose"), found(old, "ben", "dose", 2)
    listed = {**dose.model_dump(mode="json"), "id": other.id, "locked": False}
    carried = carried_over(read_scenario(programme(booked=[listed])), old)
    names = [entry.id for entry in carried.scenario.booked]
    assert len(set(names)) == len(names)
    assert f"{other.id}'" in names


def without(document: Document, where: str, name: str) -> Document:
    held = document["clinic"][where]
    document["clinic"][where] = [entry for entry in held if entry["id"] != name]
    return document


def only_ada(document: Document) -> Document:
    return {**document, "patients": document["patients"][:1]}


def without_integration(document: Document) -> Document:
    activities = (factories.group(), factories.dose())
    return {**document, "pathways": [factories.pathway(*activities)]}


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (only_ada(programme()), "there is no patient ben any more"),
        (without_integration(programme()), "the pathway of ada has no integration any more"),
        (without(programme(), "locations", "bay"), "there is no location bay any more"),
        (without(programme(), "groups", "mornings"), "there is no series mornings any more"),
    ],
    ids=["patient", "activity", "location", "series"],
)
def test_what_the_scenario_no_longer_has_is_left_behind_with_the_reason(
    document: Document, why: str, old: Plan
) -> None:
    carried, _, _ = mend(document, old)
    assert why in {left.why for left in carried.left_behind}


def test_a_therapist_who_left_is_named_and_the_session_planned_anew(old: Plan) -> None:
    (name,) = found(old, "ada", "integration").practitioners
    carried, new, _ = mend(without(programme(), "practitioners", name), old)
    assert f"there is no practitioner {name} any more" in {left.why for left in carried.left_behind}
    assert new.unplaced == ()
    assert "moved" not in new.cost.terms


def test_a_nurse_who_left_is_no_reason_to_move(old: Plan) -> None:
    holder = found(old, "ada", "dose").stages[0].practitioner
    assert holder is not None
    carried, _, changes = mend(without(programme(), "practitioners", holder), old)
    assert carried.left_behind == ()
    assert about(changes, "monitored") == set()


def test_a_plan_of_another_clinic_is_left_behind_as_a_whole(old: Plan) -> None:
    foreign = old.model_copy(update={"scenario": "elsewhere"})
    carried = carried_over(read_scenario(programme()), foreign)
    assert len(carried.left_behind) == len(old.appointments)
    assert carried.scenario.booked == ()


def test_patients_stay_in_their_series_though_another_would_be_chosen_first(old: Plan) -> None:
    """A series that suits as well now stands before the one that everybody is in."""
    document = programme()
    weekly = [{"day": day, "start": "09:00", "end": "10:00"} for day in ("tue", "thu")]
    new_series = factories.series("new", location="second-room", weekly=weekly)
    document["clinic"]["groups"].insert(0, new_series)
    document["clinic"]["locations"].append(factories.location("second-room", "group-room"))
    person(document, "other-therapist")["skills"] = ["cbt", "group"]
    new_series["facilitator"] = "other-therapist"
    _, _, changes = mend(document, old)
    assert changes.series == ()


def test_a_series_that_falls_away_is_left_for_another(old: Plan) -> None:
    document = without(programme(), "groups", "mornings")
    weekly = [{"day": day, "start": "15:00", "end": "16:00"} for day in ("mon", "wed")]
    document["clinic"]["groups"] = [factories.series("afternoons", weekly=weekly)]
    _, new, changes = mend(document, old)
    assert {entry.after for entry in changes.series} == {"afternoons"}
    assert not any(left.activity == "group" for left in new.unplaced)


def test_the_same_work_gives_the_same_repair(old: Plan) -> None:
    document = programme()
    document["clinic"]["closures"] = [{"date": "2027-01-05", "reason": "burst pipe"}]
    carried = carried_over(read_scenario(document), old)
    assert repair(carried, Stop(work=300)) == repair(carried, Stop(work=300))


def test_a_repair_without_any_time_still_keeps_what_can_stay(old: Plan) -> None:
    document = programme()
    document["patients"].append(factories.patient("cleo"))
    carried = carried_over(read_scenario(document), old)
    new = repair(carried, Stop(time_limit=0.0))
    assert judge(carried.scenario, new, reasons=True).verdict.faults == ()
    assert {change.kind for change in difference(old, new).changes} == {"new"}


def test_an_appointment_that_ends_before_it_begins_is_left_behind() -> None:
    times = ("2027-01-04T10:00:00-05:00", "2027-01-04T09:00:00-05:00")
    broken = factories.plan(appointments=[factories.appointment("dose", *times, location="bay")])
    carried = carried_over(read_scenario(programme()), read_plan(broken))
    assert [left.why for left in carried.left_behind] == ["it ends before it begins"]


def test_room_is_made_for_what_cannot_stay_also_when_the_time_is_over() -> None:
    """Ada can come at ten alone, where Ben stands; he can come later as well."""
    talk = factories.session("talk")
    document = programme(
        pathways=[factories.pathway(talk)],
        patients=[
            factories.patient("ada", available=_monday("10:00-12:00")),
            factories.patient("ben", available=_monday("10:00-12:00")),
        ],
    )
    before = planned(document, WORK)
    late, early = sorted((found(before, n, "talk") for n in ("ada", "ben")), key=_begin)[::-1]
    for patient in document["patients"]:
        if patient["id"] in late.patients:
            patient["available"] = _monday("10:00-11:00")
    carried = carried_over(read_scenario(document), before)
    new = repair(carried, Stop(time_limit=0.0))
    assert new.unplaced == ()
    assert found(new, early.patients[0], "talk").start == late.start


def _begin(appointment: Appointment) -> datetime:
    return appointment.start


def test_a_cancellation_makes_room_for_a_dose_that_had_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Partners have no doses on one date; Ben's own talk would have to make way for his."""
    monkeypatch.setattr(repairing, "SMALL", 0)  # what a large clinic has: no proof of the whole
    once = factories.dose(schedule=_once(), min_days_between=None)
    patients = [
        factories.patient("ada", partner="ben", available=_monday("09:00-17:00")),
        factories.patient("ben", partner="ada", available=_monday("10:00-12:00")),
    ]
    document = programme(
        pathways=[factories.pathway(once, factories.session("talk"))], patients=patients
    )
    before = planned(document, WORK)
    (waits,) = (left for left in before.unplaced if left.activity == "dose")
    other = "ben" if waits.patient == "ada" else "ada"
    for patient in patients:
        if patient["id"] == other:
            settled = {"activity": "dose", "occurrence": 1, "outcome": "missed"}
            patient["settled"] = [settled]
    _, new, _ = mend(document, before)
    assert not any(left.activity == "dose" for left in new.unplaced)
