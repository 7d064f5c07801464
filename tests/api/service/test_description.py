"""The API answers as its description says, whatever is asked, and never with a fault of ours."""

from collections.abc import Callable
from pathlib import Path

import pytest

from api.describing import ALWAYS, OF_A_CHANGE
from scheduler.acting import ROLES
from scheduler.store.session import Store
from tests.api.service.dose_day import dose_day
from tests.api.service.fuzzing import Fuzzing
from tests.api.service.world import World


def asked(store: Store, folder: Path, role: str, cases: int, of_each: int) -> int:
    """Ask so many times as a role on the day of a dose; how often it was."""
    with dose_day(store, folder) as day:
        patient = "p-1" if role == "patient" else None
        fuzzing = Fuzzing(day.world, role, patient=patient)
        fuzzing.run(cases, of_each=of_each)
    return fuzzing.asked


@pytest.mark.parametrize("role", ["coordinator", "patient"])
def test_whatever_a_role_asks_is_answered_as_described(
    store: Store, tmp_path: Path, role: str
) -> None:
    assert asked(store, tmp_path, role, cases=100, of_each=2) >= 100


@pytest.mark.campaign
@pytest.mark.parametrize("role", ROLES)
def test_thousands_of_questions_of_each_role_are_answered_as_described(
    store: Store,
    tmp_path: Path,
    role: str,
    progress: Callable[[str], None],
    record_property: Callable[[str, object], None],
) -> None:
    """On each kind of database half of the five thousand."""
    requests = asked(store, tmp_path, role, 2_500, 25)
    progress(f"{requests} requests of the {role}, all answered as described")
    record_property("requests by the description", requests)


def test_every_operation_names_every_refusal(world: World) -> None:
    document = world.client(None).get("/api/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            wanted = ALWAYS if method == "get" else ALWAYS | OF_A_CHANGE
            named = {int(status) for status in operation["responses"]}
            assert named >= wanted.keys(), f"{method} {path}"
    for status, (name, _, kind) in (ALWAYS | OF_A_CHANGE).items():
        (media,) = document["components"]["responses"][name]["content"].values()
        assert media["example"]["status"] == status
        assert media["example"]["type"].endswith(kind)


def test_a_number_that_no_database_can_hold_is_refused(world: World) -> None:
    coordinator = world.client("coordinator")
    for number in (2**31, 2**63, 0, -1):
        assert coordinator.get(f"/api/v1/plans/{number}").status_code == 422


def test_a_text_with_a_zero_byte_is_no_fault_of_ours(world: World) -> None:
    coordinator = world.client("coordinator")
    wanted = {"patient": "a\0da", "activity": "dose", "occurrence": 1}
    answers = (
        coordinator.get("/api/v1/plans", params={"status": "\0"}),
        coordinator.get("/api/v1/patients/a%00da"),
        coordinator.post("/api/v1/appointments/find", json=wanted),
    )
    for answer in answers:
        assert answer.status_code in (200, 404, 422), answer.text
