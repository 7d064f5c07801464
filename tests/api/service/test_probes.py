"""What machines may watch holds counts, and nothing of a patient."""

from scheduler.work import Wanted, open_task
from tests.api.service.world import World


def test_it_lives_and_is_ready(world: World) -> None:
    nobody = world.client(None)
    assert nobody.get("/livez").json() == {"state": "alive"}
    assert nobody.get("/readyz").json() == {"state": "ready"}


def test_counts_of_answers_and_of_what_waits(world: World) -> None:
    wanted = Wanted("call", "coordinator", world.now, "call them", patient_id="ada")
    with world.store.writing() as session:
        open_task(session, "harbor", wanted, now=world.now)
    nobody = world.client(None)
    nobody.get("/livez")
    said = nobody.get("/metrics")
    assert said.headers["content-type"].startswith("text/plain")
    assert 'careweave_answers_total{route="livez",status="200"}' in said.text
    assert 'careweave_open_tasks{role="coordinator"} 1.0' in said.text
    assert "ada" not in said.text
