"""Clinics and whole stores go in and out by commands, all of them or nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from pathways import reading
from tests import factories
from tests.api.conftest import Run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def scenario_file(folder: Path, **changes: Any) -> Path:
    path = folder / "scenario.json"
    path.write_text(json.dumps(factories.scenario(**changes)), "utf-8")
    return path


def booked(*starts: str) -> dict[str, Any]:
    """A clinic in which Ada has calls at these times, an hour each."""
    call = factories.session("call", schedule=[{"weeks": "1-1", "per_week": len(starts)}])
    bookings = [
        factories.appointment(
            "call",
            f"{factories.MONDAY}T{start}:00-05:00",
            f"{factories.MONDAY}T{int(start[:2]) + 1:02d}:00:00-05:00",
            id=f"call-{number}",
            occurrence=number,
            practitioners=[],
            locked=True,
        )
        for number, start in enumerate(starts, start=1)
    ]
    return {"pathways": [factories.pathway(call)], "booked": bookings}


def test_a_clinic_goes_in_and_comes_out_as_it_was(run: Run, data: Path, tmp_path: Path) -> None:
    path, out = scenario_file(tmp_path), tmp_path / "out.yaml"
    said = run("import", str(path), "--data", str(data))
    assert "Brought in harbor: 1 patient" in said.output
    run("export", "harbor", "--data", str(data), "--out", str(out))
    given = reading.read_scenario(reading.parse(out.read_text("utf-8")))
    assert given == reading.read_scenario(json.loads(path.read_text("utf-8")))


def test_a_clinic_that_is_there_is_not_brought_in_again(
    run: Run, data: Path, tmp_path: Path
) -> None:
    path = scenario_file(tmp_path)
    run("import", str(path), "--data", str(data))
    again = run("import", str(path), "--data", str(data))
    assert (again.exit_code, "nothing was brought in" in again.output) == (2, True)


def test_bookings_that_overlap_are_refused_naming_both(
    run: Run, data: Path, tmp_path: Path
) -> None:
    path = scenario_file(tmp_path, **booked("10:00", "10:30"))
    refused = run("import", str(path), "--data", str(data))
    assert refused.exit_code == 2
    assert "'call-1' and 'call-2'" in refused.output
    assert run("export", "harbor", "--data", str(data)).exit_code == 2


def test_a_booking_that_breaks_another_rule_is_brought_in_as_work(
    run: Run, data: Path, tmp_path: Path
) -> None:
    path = scenario_file(tmp_path, **booked("05:00"))
    said = run("import", str(path), "--data", str(data))
    assert said.exit_code == 0
    assert "1 booking with a broken rule: a task on the work-list for each" in said.output


def test_a_backup_is_restored_elsewhere_and_never_over_rows(
    run: Run, data: Path, tmp_path: Path
) -> None:
    run("import", str(scenario_file(tmp_path)), "--data", str(data))
    kept, other = tmp_path / "kept.zip", tmp_path / "other"
    assert "Written to" in run("backup", str(kept), "--data", str(data)).output
    assert run("backup", str(kept), "--data", str(data)).exit_code == 2
    other.mkdir()
    secrets = (data / "secrets.json").read_text("utf-8")
    (other / "secrets.json").write_text(secrets, "utf-8")
    (other / "secrets.json").chmod(0o600)
    assert "Restored and compared" in run("restore", str(kept), "--data", str(other)).output
    assert run("restore", str(kept), "--data", str(other)).exit_code == 2
    assert run("export", "harbor", "--data", str(other)).exit_code == 0


def test_secrets_that_others_can_read_are_refused(run: Run, data: Path) -> None:
    run("check", "--data", str(data))
    (data / "secrets.json").chmod(0o644)
    refused = run("check", "--data", str(data))
    assert (refused.exit_code, "chmod 600" in refused.output) == (2, True)


def test_a_step_is_taken_and_undone(run: Run, data: Path) -> None:
    assert "was at nothing and is at 0001" in run("migrate", "--data", str(data)).output
    undone = run("migrate", "--to", "base", "--data", str(data))
    assert "was at 0001 and is at None" in undone.output
