"""A coordinator asks for a plan, sees it, and decides, over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from scheduler.planning.stopping import Stop
from scheduler.plans import searching
from scheduler.plans.searching import Search, Watch, search_here
from scheduler.working import Worker
from tests.api.service.world import World


@pytest.fixture(autouse=True)
def _search_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own takes seconds to start; one test elsewhere sees to that."""

    def run(search: Search, _watch: Watch) -> Any:
        return search_here(search, Stop(work=3))

    monkeypatch.setattr(searching, "run", run)


def ask(world: World, **body: Any) -> dict[str, Any]:
    answer = world.client("coordinator").post("/api/v1/plans", json={"patients": ["ada"], **body})
    assert answer.status_code == 202, answer.text
    Worker(world.store, lambda: world.now).do_one()
    found: dict[str, Any] = (
        world.client("coordinator").get(f"/api/v1/runs/{answer.json()['id']}").json()
    )
    return found


def test_from_a_question_to_what_is_booked_and_back(world: World) -> None:
    run, coordinator = ask(world), world.client("coordinator")
    assert (run["state"], run["problem"]) == ("done", None)
    (number,) = run["result"]["plans"]
    draft = coordinator.get(f"/api/v1/plans/{number}").json()
    assert (draft["status"], draft["unplaced"]) == ("draft", 0)
    assert {row["kind"] for row in draft["rows"]} == {"new"}
    assert coordinator.post(f"/api/v1/plans/{number}/publish").json()["status"] == "published"
    again = coordinator.post(f"/api/v1/plans/{number}/publish")
    assert (again.status_code, again.json()["type"]) == (
        409,
        "urn:careweave:problem:wrong-state",
    )
    assert coordinator.post(f"/api/v1/plans/{number}/undo").json()["status"] == "undone"
    assert [p["status"] for p in coordinator.get("/api/v1/plans").json()] == ["undone"]


def test_a_draft_that_is_put_aside_is_kept_and_not_published(world: World) -> None:
    (number,), coordinator = ask(world)["result"]["plans"], world.client("coordinator")
    body = {"reason": "they would rather come in the mornings"}
    rejected = coordinator.post(f"/api/v1/plans/{number}/reject", json=body)
    assert rejected.json()["status"] == "rejected"
    assert coordinator.post(f"/api/v1/plans/{number}/publish").status_code == 409


def test_a_run_is_followed_to_its_end(world: World) -> None:
    run = ask(world)
    stream = world.client("coordinator").get(f"/api/v1/runs/{run['id']}/stream")
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert '"state":"done"' in stream.text


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"patients": ["nobody"]}, "patients"),
        ({"patients": []}, "body.patients"),
        ({"patients": ["ada"], "secnods": 3}, "body.secnods"),
        ({"patients": ["ada"], "alternatives": 9}, "body.alternatives"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_at_its_place(
    world: World, body: dict[str, Any], place: str
) -> None:
    refused = world.client("coordinator").post("/api/v1/plans", json=body)
    assert refused.status_code == 422
    problem = refused.json()
    assert place in (problem.get("place"), *(f["place"] for f in problem.get("faults", ())))


def test_a_nurse_sees_plans_and_decides_on_none(world: World) -> None:
    (number,) = ask(world)["result"]["plans"]
    nurse = world.client("nurse")
    assert nurse.get(f"/api/v1/plans/{number}").status_code == 200
    assert nurse.post(f"/api/v1/plans/{number}/publish").status_code == 403


def test_a_run_and_a_plan_that_are_not_there(world: World) -> None:
    coordinator = world.client("coordinator")
    assert coordinator.get("/api/v1/plans/7").status_code == 404
    absent = "/api/v1/runs/00000000-0000-4000-8000-000000000000"
    assert coordinator.get(absent).status_code == 404
    assert coordinator.get(f"{absent}/stream").status_code == 404


def dose_row(draft: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in draft["rows"] if r["activity"] == "dose")
    return found


def offer_at(row: dict[str, Any], hours: int) -> dict[str, Any]:
    """The row as an offer, so many hours later."""
    offer = {k: v for k, v in row["after"].items() if k not in ("id", "notes")}

    def later(text: str) -> str:
        return (datetime.fromisoformat(text) + timedelta(hours=hours)).isoformat()

    stages = [{**s, "start": later(s["start"]), "end": later(s["end"])} for s in offer["stages"]]
    return {**offer, "start": later(offer["start"]), "end": later(offer["end"]), "stages": stages}


def test_a_row_of_a_draft_is_judged_and_changed_by_hand(world: World) -> None:
    (number,), coordinator = ask(world)["result"]["plans"], world.client("coordinator")
    path = f"/api/v1/plans/{number}"
    row = dose_row(coordinator.get(path).json())
    one = f"{path}/rows/{row['row']}"
    closed = coordinator.post(f"{one}/judge", json=offer_at(row, hours=10))
    assert closed.json()["passes"] is False
    assert "hours" in {breach["rule"] for breach in closed.json()["breaches"]}
    assert coordinator.put(one, json=offer_at(row, hours=10)).status_code == 409
    start = datetime.fromisoformat(row["after"]["start"])
    by = 1 if start.hour < 12 else -1
    assert coordinator.post(f"{one}/judge", json=offer_at(row, hours=by)).json() == {
        "passes": True,
        "breaches": [],
    }
    assert coordinator.put(one, json=offer_at(row, hours=by)).status_code == 200
    changed = dose_row(coordinator.get(path).json())["after"]["start"]
    assert datetime.fromisoformat(changed) == start + timedelta(hours=by)
    assert coordinator.post(f"{path}/publish").status_code == 200
    assert coordinator.put(one, json=offer_at(row, hours=by)).status_code == 409


def test_an_offer_for_something_else_is_not_put_into_a_row(world: World) -> None:
    (number,), coordinator = ask(world)["result"]["plans"], world.client("coordinator")
    row = dose_row(coordinator.get(f"/api/v1/plans/{number}").json())
    other = {**offer_at(row, hours=1), "occurrence": 9}
    refused = coordinator.put(f"/api/v1/plans/{number}/rows/{row['row']}", json=other)
    assert (refused.status_code, refused.json()["place"]) == (422, "activity")
