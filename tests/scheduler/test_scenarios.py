"""A clinic goes into the store and comes out again as it was."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from api.cli.demo import demo_clinic
from pathways import reading
from pathways.scenario import Scenario
from scheduler.booking import Promise
from scheduler.planning.replanning import carried_over
from scheduler.scenarios.around import Beside, around, scenario_around
from scheduler.scenarios.giving import NoClinic, scenario_of
from scheduler.scenarios.taking import ClinicExists, OverlappingBookings, bring_in
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Clinic, Enrolment, LedgerSlot
from tests import factories

NOW = datetime(2027, 1, 1, tzinfo=UTC)
INSTANCES = sorted(
    path
    for path in (Path(__file__).parents[1] / "instances").glob("*.json")
    if not path.name.endswith(".plan.json")
)


def read(path: Path) -> Scenario:
    return reading.read_scenario(json.loads(path.read_text("utf-8")))


def plain(scenario: Scenario) -> dict[str, Any]:
    """A scenario as data, its bookings in order of time, which is all the order they have."""
    data = scenario.model_dump(mode="json", by_alias=True)
    data["booked"].sort(key=lambda booked: (booked["start"], booked["id"]))
    for booked in data["booked"]:
        for moment in (booked, *booked["stages"]):
            for key in ("start", "end"):
                moment[key] = datetime.fromisoformat(moment[key]).astimezone(UTC)
    return data


def through(store: Store, scenario: Scenario) -> Scenario:
    with store.writing() as session:
        bring_in(session, scenario, now=NOW)
    with store.reading() as session:
        return scenario_of(session, scenario.clinic.id, now=scenario.now)


@pytest.mark.parametrize("path", INSTANCES, ids=lambda path: path.stem)
def test_what_goes_in_comes_out(store: Store, path: Path) -> None:
    scenario = read(path)
    assert plain(through(store, scenario)) == plain(scenario)


def test_the_demo_clinic_comes_out_with_its_pathways_by_reference(store: Store) -> None:
    scenario = reading.read_scenario(reading.parse(demo_clinic()))
    found = through(store, scenario)
    assert plain(found) == plain(scenario)
    assert found.references == scenario.references


def planned_cohort() -> Scenario:
    """Six patients with a planned course each, everything booked."""
    path = next(path for path in INSTANCES if path.stem.startswith("cohort"))
    plan = reading.read_plan(json.loads(path.with_suffix(".plan.json").read_text("utf-8")))
    return carried_over(read(path), plan).scenario


def test_what_stands_around_a_patient_is_what_the_whole_clinic_says_of_it(store: Store) -> None:
    scenario = planned_cohort()
    clinic, zone = scenario.clinic.id, scenario.clinic.zone
    whole = through(store, scenario)
    own = next(booked for booked in whole.booked if booked.stages)
    day = own.start.astimezone(zone).date()
    with store.reading() as session:
        part = scenario_around(
            session, clinic, own.patients, Beside(frozenset({day})), now=scenario.now
        )
    expected = tuple(
        booked
        for booked in whole.booked
        if own.patients[0] in booked.patients or booked.start.astimezone(zone).date() == day
    )
    assert len({booked.patients for booked in expected}) > 1
    assert plain(part)["booked"] == plain(whole.model_copy(update={"booked": expected}))["booked"]
    names = {name for booked in expected for name in booked.patients}
    assert list(part.patients) == [one for one in whole.patients if one.id in names]
    assert (part.clinic, part.pathways, part.weights) == (
        *(whole.clinic, whole.pathways, whole.weights),
    )
    assert part.references == whole.references


def test_of_whom_a_patient_meets_by_chance_little_is_read(store: Store) -> None:
    scenario = planned_cohort()
    clinic, zone = scenario.clinic.id, scenario.clinic.zone
    whole = through(store, scenario)
    own = next(booked for booked in whole.booked if booked.stages)
    names = frozenset(person.id for person in scenario.clinic.practitioners)
    beside = Beside(frozenset({own.start.astimezone(zone).date()}), names)
    with store.reading() as session:
        found = around(session, clinic, own.patients, beside, now=scenario.now)
        rows = session.exec(select(Enrolment)).all()
    assert len(found.scenario.patients) > 1
    for patient in found.scenario.patients:
        known = whole.patient(patient.id)
        little = (known.id, known.partner, known.pathway, known.start)
        assert (patient.id, patient.partner, patient.pathway, patient.start) == little
        assert (patient == known) is (patient.id in own.patients)
    assert found.enrolments == {
        row.patient_id: (row.id, row.pathway_id)
        for row in rows
        if row.patient_id in found.enrolments
    }


def test_a_planned_clinic_comes_out_with_every_booking(store: Store) -> None:
    scenario = planned_cohort()
    assert len(scenario.booked) > 100
    assert plain(through(store, scenario)) == plain(scenario)


def test_the_ledger_holds_what_the_appointments_have_promised_and_nothing_else(
    store: Store,
) -> None:
    through(store, planned_cohort())
    promised: Counter[tuple[str, int]] = Counter()
    with store.reading() as session:
        for taken in session.exec(select(Appointment.taken)):
            for promise in map(Promise.read, taken):
                promised.update({(promise.resource, slot): promise.load for slot in promise.slots})
        ledger = {
            (row.resource, row.slot): row.load for row in session.exec(select(LedgerSlot)).all()
        }
    assert ledger == promised


def overlapping() -> Scenario:
    monday = (f"{factories.MONDAY}T10:00:00-05:00", f"{factories.MONDAY}T11:00:00-05:00")
    call = factories.session("call", schedule=[{"weeks": "1-1", "per_week": 2}])
    bookings = [
        factories.appointment("call", *monday, id=name, occurrence=number, locked=True)
        for number, name in enumerate(("one", "two"), start=1)
    ]
    return reading.read_scenario(
        factories.scenario(pathways=[factories.pathway(call)], booked=bookings)
    )


def test_overlapping_bookings_are_refused_and_nothing_is_brought_in(store: Store) -> None:
    with pytest.raises(OverlappingBookings, match=r"'two'.*is taken"):
        through(store, overlapping())
    with store.reading() as session:
        assert session.exec(select(Clinic)).all() == []


def test_a_clinic_is_brought_in_once(store: Store) -> None:
    scenario = reading.read_scenario(factories.scenario())
    through(store, scenario)
    with pytest.raises(ClinicExists, match="harbor"):
        through(store, scenario)


def test_a_clinic_that_is_not_there_is_not_given(store: Store) -> None:
    with store.reading() as session, pytest.raises(NoClinic):
        scenario_of(session, "harbor", now=NOW)


def test_a_database_knows_at_once_how_much_was_brought_in(store: Store) -> None:
    with store.writing() as session:
        bring_in(session, read(INSTANCES[0]), now=NOW)
        if store.is_sqlite:
            return
        asked = "SELECT reltuples FROM pg_class WHERE oid = 'patient'::regclass"
        assert session.execute(text(asked)).scalar_one() > 0


def test_beside_a_visit_that_needs_nobody_and_no_place_stands_nothing(store: Store) -> None:
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario()), now=NOW)
        beside = Beside(frozenset({date(2027, 1, 4)}), frozenset())
        assert scenario_around(session, "harbor", (), beside, now=None).booked == ()
