"""Clinical situations, worked out by hand, and what the safety rules say of them."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from pathways.plan import Appointment
from pathways.protocol import LibraryPathway
from pathways.safety import PLAN_RULES, judge_plan
from pathways.safety.after_dose import resumes_driving
from pathways.safety.planned import Course, PlannedClinic, PlannedDose
from tests.factories import Document
from tests.pathways.clinics import scenario_of
from tests.pathways.documents import changed
from tests.pathways.safety.situations import planned, visit

CASES = sorted((Path(__file__).parents[1] / "cases" / "courses").glob("*.yaml"))


def read(path: Path) -> Document:
    document: Document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def clinic_of(case: Document) -> PlannedClinic:
    full_day = bool(case.get("full_day"))
    pathway = changed(case["pathway"], {"no_driving/full_day": full_day})
    document = scenario_of(pathway)
    document["clinic"]["timezone"] = case["timezone"]
    for patient in document["patients"]:
        patient["start"] = case.get("start", patient["start"])
        for span in (*patient["clearances"], *patient["authorizations"]):
            span["from"] = patient["start"]
    zone = ZoneInfo(case["timezone"])
    appointments = [_appointment(pathway, entry, zone) for entry in case["appointments"]]
    return planned(pathway, *appointments, scenario=document)


def _appointment(pathway: LibraryPathway, entry: Document, zone: ZoneInfo) -> Appointment:
    start = datetime.fromisoformat(entry["start"]).replace(tzinfo=zone)
    # Made in any zone and moved: what counts is how long each part of it lasts.
    made = visit(pathway, entry["activity"], entry["occurrence"], "01-05 12:00")
    moved = start - made.start
    stages = tuple(
        stage.model_copy(update={"start": stage.start + moved, "end": stage.end + moved})
        for stage in made.stages
    )
    tomorrow = (start + timedelta(days=1)).replace(hour=6, minute=0)
    notes = tuple(note.model_copy(update={"until": tomorrow}) for note in made.notes)
    times = {"start": start, "end": made.end + moved, "stages": stages, "notes": notes}
    return made.model_copy(update=times)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_rules_that_a_situation_keeps_and_breaks(path: Path) -> None:
    case = read(path)
    clinic = clinic_of(case)
    broken: dict[str, list[str]] = {}
    for breach in judge_plan(clinic.scenario, clinic.plan, clinic.protocols):
        broken.setdefault(breach.rule, []).append(breach.place)
    known = {rule.id for rule in PLAN_RULES}
    assert set(case["kept"]) <= known
    assert set(case["kept"]) & broken.keys() == set()
    assert {rule: broken.get(rule) for rule in case["broken"]} == case["broken"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_times_of_a_dose_are_those_worked_out_by_hand(path: Path) -> None:
    case = read(path)
    (course,) = clinic_of(case).courses
    for dose in course.doses:
        name = f"{dose.activity.id} {dose.appointment.occurrence}"
        told = _times(course, dose)
        expected = case["doses"].get(name, {})
        assert {what: told[what] for what in expected} == expected


def _times(course: Course, dose: PlannedDose) -> dict[str, str]:
    moments: dict[str, datetime | None] = {
        "first drug": dose.first_drug,
        "last drug": dose.last_drug,
        "watched until": dose.watched_until,
        "ends": dose.appointment.end,
        "may drive": resumes_driving(course, dose),
        **{f"{i.id} until": i.until(dose.first_drug) for i in course.protocol.instructions},
    }
    return {
        what: course.scenario.local(moment).strftime("%Y-%m-%dT%H:%M")
        for what, moment in moments.items()
        if moment is not None
    }


def test_there_are_situations_to_judge() -> None:
    assert len(CASES) >= 7
