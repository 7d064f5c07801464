"""`careweave plan`: from a scenario file to a plan file, or to every reason why not."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.cli import searching
from api.cli.searching import Limits, default_time_limit
from pathways.plan import Plan
from pathways.reading import parse, read_plan, read_scenario
from scheduler.planning.judging import Judgement
from scheduler.planning.solve import solve
from scheduler.planning.solving.companion import can_be_accompanied
from scheduler.planning.stopping import Stop
from scheduler.planning.verifying import Verdict, verify
from tests import factories
from tests.api.conftest import Run, Write
from tests.factories import Document
from tests.library_scenarios import dosed_twice_on_a_day, maintained, only_late, without_therapy

CAREWEAVE = [sys.executable, "-c", "from api.cli.app import main; main()"]


def crowd(patients: int) -> Document:
    """So many patients for one bay: too much to be proven in a moment."""
    weeks = [{"weeks": "1-4", "per_week": 2}]
    long = factories.pathway(factories.dose(schedule=weeks), factories.integration(), weeks=4)
    names = [f"p-{number}" for number in range(patients)]
    return factories.scenario(pathways=[long], patients=[factories.patient(n) for n in names])


def planner_answering(monkeypatch: pytest.MonkeyPatch, document: Document) -> None:
    """Puts a planner in place that always gives the same answer."""
    monkeypatch.setattr(searching, "_solve", lambda *_: read_plan(document))


def read(path: Path) -> Plan:
    return read_plan(parse(path.read_text(encoding="utf-8")))


def test_a_plan_is_written_and_holds_before_its_judge(run: Run, write: Write) -> None:
    scenario = write("scenario.json", factories.scenario())
    out = scenario.with_name("plan.json")
    planned = run("plan", scenario, "--out", out)
    assert planned.exit_code == 0
    assert len(read(out).appointments) == 4
    assert verify(read_scenario(factories.scenario()), read(out)).faults == ()
    assert "4 appointments placed for 1 patient, 0 could not be placed." in planned.stderr
    assert f"Written to {out}" in planned.stderr
    assert planned.stdout == ""


def test_the_suffix_chooses_yaml_or_json_of_the_same_plan(run: Run, write: Write) -> None:
    scenario = write("scenario.json", factories.scenario())
    for name in ("plan.json", "plan.yaml"):
        run("plan", scenario, "--work", "200", "--out", scenario.with_name(name))
    in_json, in_yaml = (scenario.with_name(name) for name in ("plan.json", "plan.yaml"))
    assert in_json.read_text(encoding="utf-8").startswith("{")
    assert in_yaml.read_text(encoding="utf-8").startswith("format: care-plan/1\n")
    assert read(in_json) == read(in_yaml)


def test_optional_keys_are_left_out_and_a_missing_location_is_said(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = {
        "id": "dosing",
        "start": "2027-01-04T10:00:00-05:00",
        "end": "2027-01-04T11:00:00-05:00",
    }
    alone = factories.appointment("dose", stage["start"], stage["end"], stages=[stage])
    planner_answering(monkeypatch, factories.plan(appointments=[alone | {"location": None}]))
    judge_content(monkeypatch)
    written = run("plan", write("scenario.json", factories.scenario()), "--quiet").stdout
    (appointment,) = json.loads(written)["appointments"]
    assert appointment["stages"] == [stage]
    assert appointment["location"] is None


def test_a_write_that_fails_leaves_the_old_plan_and_nothing_else(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    planner_answering(monkeypatch, factories.plan())
    judge_content(monkeypatch)
    scenario = write("scenario.json", factories.scenario())
    out = write("plan.json", "an older plan")
    monkeypatch.setattr(Path, "replace", disk_full)
    failed = run("plan", scenario, "--out", out)
    assert failed.exit_code == 2
    assert f"{out} cannot be written: no space left on device" in failed.stderr
    assert out.read_text(encoding="utf-8") == "an older plan"
    assert sorted(path.name for path in out.parent.iterdir()) == ["plan.json", "scenario.json"]


def test_without_out_the_plan_goes_to_standard_output(run: Run, write: Write) -> None:
    planned = run("plan", write("scenario.json", factories.scenario()))
    assert read_plan(json.loads(planned.stdout)).scenario == "harbor"


def test_quiet_says_nothing(run: Run, write: Write) -> None:
    scenario = write("scenario.json", factories.scenario())
    planned = run("plan", scenario, "--out", scenario.with_name("plan.json"), "--quiet")
    assert planned.output == ""
    assert scenario.with_name("plan.json").exists()


def test_what_could_not_be_placed_is_told_and_no_failure(run: Run, write: Write) -> None:
    stranded = factories.patient(rides=factories.table("09:00-17:00", days=("tue",)))
    scenario = write("scenario.json", factories.scenario(patients=[stranded]))
    planned = run("plan", scenario, "--out", scenario.with_name("plan.json"))
    assert planned.exit_code == 0
    assert "2 appointments placed for 1 patient, 1 could not be placed." in planned.stderr
    assert re.search(r"^  ada: Dose [12] - ride: ", planned.stderr, re.MULTILINE)


def test_many_things_that_could_not_be_placed_are_told_in_part(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [_unplaced(f"p-{number}") for number in range(9)]
    planner_answering(monkeypatch, factories.plan(unplaced=left))
    judge_content(monkeypatch)
    patients = [factories.patient(f"p-{number}") for number in range(9)]
    scenario = write("scenario.json", factories.scenario(patients=patients))
    planned = run("plan", scenario, "--out", scenario.with_name("plan.json"))
    assert "  p-4: Dose 1 - ride: none" in planned.stderr
    assert "p-5" not in planned.stderr
    assert "and 4 more; careweave show prints them all" in planned.stderr


def _unplaced(patient: str) -> Document:
    reasons = [{"rule": "ride", "detail": "none"}]
    return {"patient": patient, "activity": "dose", "occurrence": 1, "reasons": reasons}


def test_every_fault_of_a_scenario_is_named_and_nothing_written(run: Run, write: Write) -> None:
    patient = factories.patient(pathway="nowhere", rides={"mon": ["9-12"]})
    scenario = write("scenario.json", factories.scenario(patients=[patient], surprise=1))
    out = scenario.with_name("plan.json")
    refused = run("plan", scenario, "--out", out)
    assert refused.exit_code == 2
    assert "scenario.json is not a scenario (3 faults):\n" in refused.stderr
    assert "\npatients[0].rides.mon[0]: '9' is not a time of day" in refused.stderr
    assert "\npatients[0].pathway: there is no pathway 'nowhere'" in refused.stderr
    assert "\nsurprise: unknown key" in refused.stderr
    assert not out.exists()


def a_directory(path: Path) -> None:
    path.mkdir()


def not_utf8(path: Path) -> None:
    path.write_bytes(b"format: \xff")


def not_yaml(path: Path) -> None:
    path.write_text("a: [", encoding="utf-8")


def nothing(_: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (nothing, "there is no file"),
        (a_directory, "is a directory"),
        (not_utf8, "is not UTF-8 text (byte 8)"),
        (not_yaml, "line 1, column 5: is not YAML or JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(
    run: Run, tmp_path: Path, make: Callable[[Path], None], says: str
) -> None:
    make(tmp_path / "scenario.yaml")
    refused = run("plan", tmp_path / "scenario.yaml")
    assert refused.exit_code == 2
    assert says in refused.stderr
    assert "Traceback" not in refused.output


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("nowhere/plan.json", "make it first"),
        (".", "is a directory; name a file"),
        ("scenario.json", "is the scenario itself"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_any_work(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, out: str, says: str
) -> None:
    monkeypatch.setattr(searching, "_solve", lambda *_: pytest.fail("it began to plan"))
    scenario = write("scenario.json", factories.scenario())
    refused = run("plan", scenario, "--out", scenario.parent / out)
    assert refused.exit_code == 2
    assert says in refused.stderr
    assert json.loads(scenario.read_text(encoding="utf-8")) == factories.scenario()


def judge_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a judge in place that finds nothing."""
    content = Judgement(Verdict(faults=(), warnings=()))
    monkeypatch.setattr(searching, "judge", lambda *_: content)


def test_an_answer_that_its_judge_refuses_is_written_nowhere(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner_answering(monkeypatch, factories.plan())
    scenario = write("scenario.json", factories.scenario())
    out = write("plan.json", "an older plan")
    refused = run("plan", scenario, "--out", out)
    assert refused.exit_code == 3
    assert "a mistake in the program, not in the scenario; nothing was written" in refused.stderr
    assert "dose" in refused.stderr
    assert out.read_text(encoding="utf-8") == "an older plan"
    assert sorted(path.name for path in out.parent.iterdir()) == ["plan.json", "scenario.json"]


def test_a_plan_that_breaks_a_hard_safety_rule_is_written_nowhere(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the contract the visits may last until the clinic closes; by R-19 they may not."""
    carried = read_scenario(only_late()).pathways[0].model_dump(mode="json", exclude_unset=True)
    late = solve(read_scenario({**only_late(), "pathways": [carried]}), Stop(work=5))
    monkeypatch.setattr(searching, "_solve", lambda *_: late)
    out = write("plan.json", "an older plan")
    refused = run("plan", write("scenario.json", only_late()), "--out", out)
    assert refused.exit_code == 3
    assert "hard safety rules of its library pathways" in refused.stderr
    assert "in 6 places; nothing was written" in refused.stderr
    assert "  p-1: dose 1: R-19 (hard): ends " in refused.stderr
    assert out.read_text(encoding="utf-8") == "an older plan"


def test_a_scenario_that_leaves_no_safe_plan_is_refused_before_any_work(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contract lets the note end at five; the pathway of the library does not."""
    monkeypatch.setattr(searching, "_solve", lambda *_: pytest.fail("it began to plan"))
    scenario = write("scenario.json", maintained(resume_driving="05:00"))
    out = scenario.with_name("plan.json")
    refused = run("plan", scenario, "--out", out)
    assert refused.exit_code == 2
    assert "clinic.resume_driving: 05:00 is too early" in refused.stderr
    assert "(R-30); write 06:00 or later" in refused.stderr
    assert not out.exists()


def test_open_gates_are_told_in_two_lines_after_the_plan(run: Run, write: Write) -> None:
    scenario = write("scenario.json", without_therapy())
    out = scenario.with_name("plan.json")
    planned = run("plan", scenario, "--out", out, "--work", "5")
    assert planned.exit_code == 0
    told = planned.stderr.splitlines()
    assert "Safety gates, to be decided before confirmation: R-01 in 1 place. All of them:" in told
    assert f"  careweave verify {scenario} {out} --all" in told
    onto_the_screen = run("plan", scenario, "--work", "5")
    assert f"  careweave verify {scenario} PLAN --all" in onto_the_screen.stderr


def test_hard_rules_that_locked_bookings_break_are_told_and_refuse_nothing(
    run: Run, write: Write
) -> None:
    scenario = write("scenario.json", dosed_twice_on_a_day())
    planned = run("plan", scenario, "--out", scenario.with_name("plan.json"), "--work", "5")
    assert planned.exit_code == 0
    assert (
        "Safety rules that locked bookings break: R-15 in 1 place, R-32 in 1 place."
        in planned.stderr
    )


def test_a_scenario_with_its_own_pathways_hears_nothing_of_the_library(
    run: Run, write: Write
) -> None:
    scenario = write("scenario.json", factories.scenario())
    planned = run("plan", scenario, "--out", scenario.with_name("plan.json"), "--work", "5")
    assert "afety" not in planned.stderr


def test_a_planner_that_fails_is_not_taken_for_an_answer(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Plan:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(searching, "_solve", fails)
    scenario = write("scenario.json", factories.scenario())
    failed = run("plan", scenario, "--out", scenario.with_name("plan.json"))
    assert isinstance(failed.exception, RuntimeError)
    assert not scenario.with_name("plan.json").exists()


def test_the_same_work_gives_the_same_bytes(write: Write) -> None:
    scenario = write("scenario.json", crowd(3))
    written = []
    for name in ("one.json", "two.json"):
        out = scenario.with_name(name)
        words = ["plan", str(scenario), "--work", "30", "--seed", "7", "--out", str(out), "-q"]
        subprocess.run([*CAREWEAVE, *words], check=True, timeout=120)
        written.append(out.read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_search_and_keeps_the_best_plan(
    write: Write, name: signal.Signals
) -> None:
    scenario = write("scenario.json", crowd(12))
    out = scenario.with_name("plan.json")
    command = [*CAREWEAVE, "plan", str(scenario), "--time-limit", "300", "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as planning:
        assert planning.stderr is not None
        next(line for line in planning.stderr if "cost" in line)
        planning.send_signal(name)
        _, told = planning.communicate(timeout=60)
    assert planning.returncode == 0
    assert "the best plan so far is kept" in told
    assert verify(read_scenario(crowd(12)), read(out)).faults == ()


@pytest.mark.skipif(not can_be_accompanied(), reason="there is no core for a second process")
def test_ctrl_c_in_a_terminal_leaves_no_process_behind(write: Write) -> None:
    scenario = write("scenario.json", crowd(12))
    out = scenario.with_name("plan.json")
    command = [*CAREWEAVE, "plan", str(scenario), "--time-limit", "300", "--out", str(out)]
    # A terminal sends the signal to all processes of the foreground.
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as planning:
        assert planning.stderr is not None
        next(line for line in planning.stderr if "rethinking" in line)
        tasks = Path(f"/proc/{planning.pid}/task").glob("*/children")
        assert sum(len(path.read_text().split()) for path in tasks) == 1
        os.killpg(planning.pid, signal.SIGINT)
        planning.communicate(timeout=60)
    assert planning.returncode == 0
    assert verify(read_scenario(crowd(12)), read(out)).faults == ()
    with pytest.raises(ProcessLookupError):
        os.killpg(planning.pid, 0)


def test_a_second_signal_gives_up_at_once(write: Write) -> None:
    scenario = write("scenario.json", factories.scenario())
    out = scenario.with_name("plan.json")
    never_ends = (
        "import time; from api.cli import searching; from api.cli.app import main; "
        "searching._solve = lambda *_: print('begun', flush=True) or time.sleep(300); main()"
    )
    command = [sys.executable, "-c", never_ends, "plan", str(scenario), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as planning:
        assert planning.stdout is not None
        planning.stdout.readline()
        planning.send_signal(signal.SIGINT)
        time.sleep(0.5)
        planning.send_signal(signal.SIGINT)
        _, told = planning.communicate(timeout=20)
    assert planning.returncode == 130
    assert told.endswith(b"Given up.\n")
    assert not out.exists()


@pytest.mark.timed
def test_a_time_limit_is_that_of_the_whole_command(write: Write) -> None:
    scenario = write("scenario.json", crowd(12))
    out = scenario.with_name("plan.json")
    begun = time.monotonic()
    words = ["plan", str(scenario), "--time-limit", "4", "--out", str(out), "--quiet"]
    subprocess.run([*CAREWEAVE, *words], check=True, timeout=60)
    assert time.monotonic() - begun < 4 + 2  # the tests share this machine


def test_more_patients_get_more_time_up_to_five_minutes() -> None:
    limits = [default_time_limit(read_scenario(crowd(number))) for number in (1, 25, 200)]
    assert limits == [8, 56, 300]


def test_work_alone_is_not_cut_short_by_the_clock() -> None:
    scenario = read_scenario(factories.scenario())
    assert Limits(work=5).seconds_for(scenario) is None
    assert Limits(time_limit=3, work=5).seconds_for(scenario) == 3
    assert Limits().seconds_for(scenario) == default_time_limit(scenario)
