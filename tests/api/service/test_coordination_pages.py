"""The coordinator's pages, as a browser without scripts uses them."""

import re

import pytest
from httpx2 import Client
from sqlmodel import select

from scheduler.planning.stopping import Stop
from scheduler.plans import searching
from scheduler.plans.searching import Found, Search, Watch, search_here
from scheduler.store.tables import Task
from scheduler.work import Wanted, open_task
from scheduler.working import Worker
from tests.api.service.world import World


@pytest.fixture(autouse=True)
def _search_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(search: Search, _watch: Watch) -> Found:
        return search_here(search, Stop(work=3))

    monkeypatch.setattr(searching, "run", run)


def form(client: Client, path: str, **fields: str | list[str]) -> str:
    """Send a form as a page of ours would, and say where it leads."""
    csrf = client.headers["x-csrf-token"]
    answer = client.post(path, data={"csrf": csrf, **fields}, headers={"x-csrf-token": ""})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def ticked(page: str) -> list[str]:
    """The rows of a draft that are ticked as its page comes."""
    return re.findall(r'name="rows" value="(\d+)" checked', page)


def test_a_coordinator_plans_and_publishes_a_patient(world: World) -> None:
    coordinator = world.client("coordinator")
    assert "not planned" in coordinator.get("/patients").text
    watching = form(coordinator, "/patients/ada/plan")
    assert "Waiting for the planner" in coordinator.get(watching).text
    Worker(world.store, lambda: world.now).do_one()
    draft = coordinator.get(watching).headers["location"]
    page = coordinator.get(draft).text
    assert "Publish" in page
    form(coordinator, f"{draft}/decide", decision="publish", rows=ticked(page))
    assert "Undo" in coordinator.get(draft).text
    weeks = coordinator.get("/patients/ada").text
    assert "<h3>Week 1</h3>" in weeks
    assert "not planned" not in coordinator.get("/patients").text
    form(coordinator, f"{draft}/decide", decision="undo")
    assert "cancelled" in coordinator.get("/patients/ada").text


def test_a_therapist_may_look_and_not_decide(world: World) -> None:
    therapist = world.client("therapist")
    assert therapist.get("/patients/ada").status_code == 200
    assert therapist.post("/patients/ada/plan").status_code == 403


def test_a_patient_does_not_reach_the_pages_of_staff(world: World) -> None:
    patient = world.client("patient", patient="ada")
    assert patient.get("/patients").status_code == 403
    assert patient.get("/tasks").status_code == 403


def test_a_task_is_closed_with_what_came_of_it(world: World) -> None:

    wanted = Wanted("call", "coordinator", world.now, "call them", patient_id="ada")
    with world.store.writing() as session:
        task = open_task(session, "harbor", wanted, now=world.now)
    coordinator = world.client("coordinator")
    assert coordinator.post(f"/tasks/{task.id}/done", data={"outcome": "  "}).status_code == 422
    assert "call them" in coordinator.get("/tasks").text
    form(coordinator, f"/tasks/{task.id}/done", outcome="they are well")
    assert "call them" not in coordinator.get("/tasks").text
    with world.store.reading() as session:
        assert session.exec(select(Task.outcome)).one() == "they are well"


def test_a_task_of_another_role_is_not_closed_from_the_page(world: World) -> None:
    wanted = Wanted("review", "prescriber", world.now, "decide", patient_id="ada")
    with world.store.writing() as session:
        task = open_task(session, "harbor", wanted, now=world.now)
    refused = world.client("nurse").post(f"/tasks/{task.id}/done", data={"outcome": "done"})
    assert refused.status_code == 403
    with world.store.reading() as session:
        assert session.exec(select(Task.status)).one() == "requested"
