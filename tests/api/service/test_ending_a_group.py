"""A group ends as a coordinator says it, on the page of places and groups or by a program."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from scheduler.store.session import Store
from scheduler.store.tables import Enrolment
from tests import factories
from tests.api.service.test_coordination_pages import form
from tests.api.service.test_settings_pages import open_tasks, shown
from tests.api.service.world import World, served


@pytest.fixture
def grouping(store: Store, tmp_path: Path) -> Iterator[World]:
    """A clinic whose pathway asks for a group."""
    with served(store, tmp_path, pathways=[factories.pathway(factories.group())]) as world:
        yield world


def test_a_group_ends_and_goes_on_after_all(grouping: World) -> None:
    coordinator = grouping.client("coordinator")
    with grouping.store.writing() as session:
        session.exec(select(Enrolment)).one().groups = {"group": "mornings"}
    asked = {"patient": "ada", "activity": "group", "occurrence": 2, "most": 1}
    (offer,) = coordinator.post("/api/v1/appointments/find", json=asked).json()["offers"]
    assert coordinator.post("/api/v1/appointments/book", json=offer).status_code == 201
    path, day = "/settings/groups/mornings", "2027-01-05"
    tried = shown(coordinator, f"{path}/end", intent="try", day=day)
    assert "1 visit could not stand" in tried
    assert "mornings meets no more from 5 jan 2027" in tried
    assert f'value="{day}"' in tried
    assert tried.count("<details open>") == 1, "the form with the date stands open"
    assert 'href="/settings/places" aria-current="page"' in tried
    assert form(coordinator, f"{path}/end", day=day) == "/settings/places?broken=1&mended=0"
    assert "broken-promise" in open_tasks(grouping)
    assert "no more from" in coordinator.get("/settings/places").text
    form(coordinator, "/language", language="es")
    assert "sigue, después de todo" in coordinator.get("/settings/places").text.lower()
    assert "mornings ya tiene fin" in shown(coordinator, f"{path}/end", day=day)
    assert form(coordinator, f"{path}/continue") == "/settings/places?broken=0&mended=1"
    assert "broken-promise" not in open_tasks(grouping)
    assert coordinator.post("/settings/groups/nights/end", data={"day": day}).status_code == 404
    assert coordinator.post("/settings/groups/nights/continue").status_code == 404


def test_programs_end_a_group_and_let_it_go_on(grouping: World) -> None:
    coordinator = grouping.client("coordinator")
    ending = {"series": "mornings", "day": "2027-01-05"}
    assert coordinator.post("/api/v1/facts/group-end", json=ending).json() == []
    (group,) = coordinator.get("/api/v1/groups").json()
    assert group["ends_on"] == "2027-01-05"
    answer = coordinator.post("/api/v1/facts/group-going-on", json={"series": "mornings"})
    assert answer.json() == {"mended": [], "broken": []}
