"""A file of measurements: what is in it needs no second run."""

from pathlib import Path

import pytest

from benchmarks import results
from benchmarks.results import Results
from tests.benchmarks.measurements import measured


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")


def test_what_was_measured_before_an_interruption_is_known_afterwards() -> None:
    done, missing = measured("solo-1-1", seconds=0.25), measured("solo-1-2")
    Results("full").add(done)
    again = Results("full")
    assert list(again) == [done]
    assert done.case in again
    assert missing.case not in again


def test_another_planner_is_another_case() -> None:
    held = Results("full")
    held.add(measured("solo-1-1"))
    assert measured("solo-1-1", planner="monolithic").case not in held


def test_a_fresh_run_forgets_what_was_measured() -> None:
    held = Results("quick")
    held.add(measured("solo-1-1"))
    held.clear()
    assert list(held) == list(Results("quick")) == []
