"""The patient's weeks, as each role sees them in a browser without scripts."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

import api.web
from scheduler.care.questionnaires import questionnaires
from scheduler.store.tables import AuditEntry
from tests import factories
from tests.api.service import care
from tests.api.service.care import local, said, seen
from tests.api.service.test_appointments import queries
from tests.api.service.test_coordination_pages import form
from tests.api.service.towns import moved_in, town
from tests.api.service.world import World
from tests.databases import Databases
from tests.pathways.clinics import scenario_of

START = date(2027, 1, 4)
MONDAY = local(START, "08:00")
FIRST_DOSE = local(date(2027, 1, 19), "12:30")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    with town(databases, request.param, tmp_path_factory.mktemp("town")) as found:
        yield found


@pytest.fixture
def clinic(served: World) -> World:
    """A clinic with the pathway of the library, one for each test."""
    licensed = {"certified_site": True, "licensed_states": ["NY"], "state": "NY"}
    return moved_in(served, scenario_of(care.PROTOCOL), **licensed)


def enrolled(clinic: World) -> tuple[str, str]:
    """A patient on the pathway, and their enrolment."""
    patient = care.newcomer(clinic)
    care.screen(clinic, patient)
    return patient, care.enrol(clinic, patient, START)["id"]


def answered(clinic: World, patient: str, measure: str, **answers: int) -> None:
    page = f"/patients/{patient}/measures/{measure}"
    form(clinic.client("therapist"), page, **{f"item-{n[1:]}": str(v) for n, v in answers.items()})


def phq(nine: int, each: int = 1) -> dict[str, int]:
    return {f"n{number}": each for number in range(1, 9)} | {"n9": nine}


def test_a_therapist_reads_the_course_in_a_picture_and_in_words(clinic: World) -> None:
    patient, enrolment = enrolled(clinic)
    care.book(clinic, enrolment, "first-dose", FIRST_DOSE, status="fulfilled", minutes=120)
    care.book(clinic, enrolment, "iop-group", local(START, "09:00"), status="noshow")
    clinic.now = FIRST_DOSE - timedelta(days=1)
    answered(clinic, patient, "PHQ-9", **phq(0, 2))
    clinic.now = FIRST_DOSE + timedelta(hours=3)
    page = clinic.client("therapist").get(f"/patients/{patient}").text
    assert "Doses" in page
    assert "1: Tue 19 Jan" in page
    assert "0 of 1" in page
    assert "1 missed" in page
    assert "response ≤ 8" in page
    assert "Integration after dose 1 has no time yet" in page


def test_who_may_not_read_scores_sees_neither_them_nor_the_risk(clinic: World) -> None:
    patient, enrolment = enrolled(clinic)
    care.book(clinic, enrolment, "first-dose", FIRST_DOSE)
    answered(clinic, patient, "PHQ-9", **phq(1))
    for role, sees in (("therapist", True), ("coordinator", False)):
        page = clinic.client(role).get(f"/patients/{patient}").text
        assert ("PHQ-9" in page) is sees, role
        assert ("Thoughts of suicide were reported on" in page) is sees, role
    refused = clinic.client("coordinator").get(f"/patients/{patient}/measures/PHQ-9")
    assert refused.status_code == 403


def test_thoughts_of_suicide_lead_to_the_scale_that_the_pathway_has(clinic: World) -> None:
    patient, _ = enrolled(clinic)
    answered(clinic, patient, "PHQ-9", **phq(1))
    page = clinic.client("therapist").get(f"/patients/{patient}").text
    assert f'<a href="/patients/{patient}/measures/C-SSRS">Ask about them now</a>' in page
    for template in Path(api.web.__file__).parent.joinpath("templates").rglob("*.html"):
        assert not [name for name in questionnaires() if name in template.read_text()], template


def test_a_risk_is_asked_about_and_decided_from_the_page(clinic: World) -> None:
    patient, _ = enrolled(clinic)
    answered(clinic, patient, "C-SSRS", n1=1, n2=1, n3=1, n4=1, n5=0, n6=0)
    prescriber = clinic.client("prescriber")
    page = prescriber.get(f"/patients/{patient}").text
    assert "no clinician has decided yet" in page
    (row,) = seen(prescriber, f"/patients/{patient}/answers")
    form(prescriber, f"/patients/{patient}/risk/{row['id']}", words="safe with a plan")
    assert "no clinician has decided yet" not in prescriber.get(f"/patients/{patient}").text
    history = prescriber.get(f"/patients/{patient}/measures/C-SSRS").text
    assert "safe with a plan" in history


@pytest.mark.parametrize("words", ["", "   ", "\n\t"])
def test_spaces_decide_on_no_risk_and_are_no_note(clinic: World, words: str) -> None:
    patient, _ = enrolled(clinic)
    answered(clinic, patient, "C-SSRS", n1=1, n2=1, n3=1, n4=1, n5=0, n6=0)
    prescriber = clinic.client("prescriber")
    (row,) = seen(prescriber, f"/patients/{patient}/answers")
    for path in (f"/patients/{patient}/risk/{row['id']}", f"/patients/{patient}/notes"):
        assert prescriber.post(path, data={"words": words}).status_code == 422, path
    assert "no clinician has decided yet" in prescriber.get(f"/patients/{patient}").text
    assert seen(prescriber, f"/patients/{patient}/notes") == []


def test_a_risk_is_decided_on_under_its_own_patient_alone(clinic: World) -> None:
    patient, _ = enrolled(clinic)
    answered(clinic, patient, "C-SSRS", n1=1, n2=1, n3=1, n4=1, n5=0, n6=0)
    prescriber = clinic.client("prescriber")
    (row,) = seen(prescriber, f"/patients/{patient}/answers")
    other = care.newcomer(clinic)
    refused = prescriber.post(f"/patients/{other}/risk/{row['id']}", data={"words": "safe"})
    assert refused.status_code == 404
    assert "no clinician has decided yet" in prescriber.get(f"/patients/{patient}").text


def test_answers_that_lack_an_item_are_asked_for_again_and_nothing_is_kept(clinic: World) -> None:
    patient, _ = enrolled(clinic)
    nurse = clinic.client("nurse")
    page = f"/patients/{patient}/measures/GAD-7"
    answer = nurse.post(page, data={"item-1": "3"})
    assert answer.status_code == 422
    assert "still lack an answer" in answer.text
    assert 'name="item-1" value="3" checked' in answer.text
    assert seen(nurse, f"/patients/{patient}/answers") == []
    for value in ("many", "²", "9" * 5_000):
        assert nurse.post(page, data={"item-1": value}).status_code == 422
    assert nurse.get(f"/patients/{patient}/measures/nothing").status_code == 404


def test_a_second_click_keeps_no_second_answer(clinic: World) -> None:
    patient, _ = enrolled(clinic)

    def kept() -> int:
        return len(seen(clinic.client("nurse"), f"/patients/{patient}/answers"))

    answered(clinic, patient, "PHQ-9", **phq(0))
    answered(clinic, patient, "PHQ-9", **phq(0))
    assert kept() == 1
    answered(clinic, patient, "PHQ-9", **phq(0, 2))
    assert kept() == 2
    clinic.now += timedelta(minutes=1)
    answered(clinic, patient, "PHQ-9", **phq(0, 2))
    assert kept() == 3, "whoever is asked again may say the same"


def test_a_note_stays_as_it_was_written_and_is_corrected_by_a_new_one(clinic: World) -> None:
    patient, _ = enrolled(clinic)
    therapist, nurse = clinic.client("therapist"), clinic.client("nurse")
    form(therapist, f"/patients/{patient}/notes", words="sleeps <badly>")
    (first,) = seen(nurse, f"/patients/{patient}/notes")
    form(nurse, f"/patients/{patient}/notes", words="sleeps well", corrects=first["id"])
    page = therapist.get(f"/patients/{patient}").text
    assert "sleeps &lt;badly&gt;" in page
    assert "corrected since" in page
    assert "Therapist Fictional" in page
    said(nurse, f"/patients/{patient}/notes", 409, words="again", corrects=first["id"])
    other = care.newcomer(clinic)
    said(nurse, f"/patients/{other}/notes", 404, words="again", corrects=first["id"])
    with clinic.store.reading() as session:
        written = session.exec(
            select(AuditEntry).where(
                AuditEntry.clinic_id == clinic.clinic_id, AuditEntry.action == "note.write"
            )
        ).all()
    assert [entry.patients for entry in written] == [[patient], [patient]]
    assert "sleeps" not in str([entry.detail for entry in written])


@pytest.mark.parametrize(
    "change", ["UPDATE patient_note SET words = ''", "DELETE FROM patient_note"]
)
def test_the_database_itself_changes_no_note(clinic: World, change: str) -> None:
    patient, _ = enrolled(clinic)
    said(clinic.client("nurse"), f"/patients/{patient}/notes", 201, words="as it was")
    with pytest.raises(DBAPIError, match="only be added to"), clinic.store.writing() as session:
        session.execute(text(change))


def test_notes_are_for_clinicians(clinic: World) -> None:
    patient, _ = enrolled(clinic)
    coordinator = clinic.client("coordinator")
    assert "Notes" not in coordinator.get(f"/patients/{patient}").text
    assert coordinator.post(f"/patients/{patient}/notes", data={"words": "no"}).status_code == 403


def test_a_long_course_asks_the_database_no_more_often(clinic: World) -> None:
    patient, enrolment = enrolled(clinic)
    therapist = clinic.client("therapist")

    def asked() -> int:
        therapist.get(f"/patients/{patient}")
        with queries(clinic.store) as sent:
            assert therapist.get(f"/patients/{patient}").status_code == 200
        return len(sent)

    _more(clinic, patient, enrolment, FIRST_DOSE, 1)
    few = asked()
    _more(clinic, patient, enrolment, FIRST_DOSE + timedelta(days=7), 6)
    assert asked() == few


def _more(clinic: World, patient: str, enrolment: str, start: datetime, number: int) -> None:
    for step in range(number):
        when = start + timedelta(days=step)
        care.book(clinic, enrolment, "iop-group", when, occurrence=start.day * 10 + step)
        said(clinic.client("nurse"), f"/patients/{patient}/notes", 201, words=f"note {step}")
        answered(clinic, patient, "PHQ-9", **phq(0, when.day % 3))


def test_somebody_on_a_pathway_of_the_clinics_own_has_a_course_too(served: World) -> None:
    therapist = moved_in(served, factories.scenario()).client("therapist")
    assert therapist.get("/patients/ada").status_code == 200
    assert therapist.get("/patients/nobody").status_code == 404
