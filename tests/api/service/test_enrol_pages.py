"""Somebody new, from a form to plans; and the pictures of weeks."""

import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from api.web.enrol_pages import painted
from api.web.week_pictures import of_pathway, of_plan
from api.web.wording import OF_COSTS, OF_OBSTACLES
from pathways import library
from pathways.scenario import Weights
from scheduler.planning.explaining import ACTIONABLE
from scheduler.store.tables import ContactPoint, Enrolment, MessageConsent, Patient, Run
from tests.api.service.test_coordination_pages import form
from tests.api.service.world import World

WHO: dict[str, str | list[str]] = {
    "name": "Zinnia Example",
    "language": "es",
    "phone": "+1 202 555 0144",
    "pathway": "iop-ketamine-im@2026.1",
    "start": "2027-01-11",
    "available": ["mon-9", "mon-10", "mon-13", "tue-9"],
}


def test_somebody_new_is_taken_in_enrolled_and_planned_for(world: World) -> None:
    watching = form(world.client("coordinator"), "/enrol", **WHO, texts="on")
    with world.store.reading() as session:
        enrolment = session.exec(
            select(Enrolment).where(Enrolment.pathway_id == "iop-ketamine-im")
        ).one()
        patient = session.get_one(Patient, (world.clinic_id, enrolment.patient_id))
        assert (patient.name, patient.language) == ("Zinnia Example", "es")
        assert enrolment.available == {
            "mon": ["09:00-11:00", "13:00-14:00"],
            "tue": ["09:00-10:00"],
        }
        assert [c.value for c in session.exec(select(ContactPoint))] == ["+12025550144"]
        assert len(session.exec(select(MessageConsent)).all()) == 1
        run = session.exec(select(Run)).one()
    assert watching == f"/runs/{run.id}"
    assert (run.patients, run.asked["alternatives"]) == ([patient.id], 3)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "name"),
        ({"pathway": ""}, "choose a pathway"),
        ({"start": "soon"}, "choose the first day"),
        ({"phone": "12"}, "telephone"),
        ({"pathway": "maintenance-esketamine@2026.1"}, "prescriber"),
    ],
)
def test_what_is_missing_or_forbidden_is_told_and_nobody_is_taken_in(
    world: World, changes: dict[str, str], says: str
) -> None:
    refused = world.client("coordinator").post("/enrol", data=WHO | changes)
    assert 400 <= refused.status_code < 500
    told = re.findall(r"<li>(.*?)</li>", refused.text)
    assert any(says in line for line in told), told
    assert 'value="mon-13" checked' in refused.text
    with world.store.reading() as session:
        assert not [p for p in session.exec(select(Patient)) if p.name == "Zinnia Example"]
        assert session.exec(select(Run)).all() == []


def test_every_rule_and_every_term_of_a_cost_has_its_words() -> None:
    assert set(OF_OBSTACLES) == set(ACTIONABLE)
    assert set(OF_COSTS) == set(Weights.model_fields)


def test_hours_in_a_row_are_one_window_and_what_is_no_cell_is_left_out() -> None:
    assert painted(["fri-10", "fri-9", "fri-9", "fri-11"]) == {"fri": ["09:00-12:00"]}
    cells = ["sat-20", "day-9", "mon-x", "mon-3", "", f"mon-{'9' * 5_000}"]
    assert painted(cells) == {"sat": ["20:00-21:00"]}


def test_a_pathways_picture_has_a_block_for_everything_that_its_weeks_ask_for() -> None:
    protocol = library.load("iop-esketamine-trd", "2026.1")
    picture = of_pathway(protocol)
    doses = [block for block in picture.blocks if block.kind == "dose"]
    assert (picture.columns, len(doses)) == (10, 12)
    assert picture.says.startswith("10 weeks, 12 doses")


def test_a_plans_picture_has_each_day_once_by_what_weighs_most_on_it() -> None:
    def visit(activity: str, start: str, series: str | None = None) -> dict[str, object]:
        return {"activity": activity, "start": start, "series": series}

    visits = [
        visit("talk", "2027-01-11T10:00:00-05:00"),
        visit("dose", "2027-01-11T13:00:00-05:00"),
        visit("group", "2027-01-20T09:00:00-05:00", "maple"),
    ]
    picture = of_plan(visits, date(2027, 1, 11), ZoneInfo("America/New_York"), frozenset({"dose"}))
    assert {(b.x, b.y, b.kind) for b in picture.blocks} == {(0, 1, "dose"), (2, 0, "group")}
    assert picture.says == "2 days, 1 dose, 1 group meeting, 1 other session"
