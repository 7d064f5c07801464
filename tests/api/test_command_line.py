"""The command line as a whole: it explains itself, and at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli.progress import Bar, Display, Lines, display, phase_text
from api.cli.terminal import answer, counted, messages, say
from scheduler.planning.stopping import Progress
from tests.api.conftest import Run

COMMANDS = ("plan", "verify", "show", "demo", "schema", "pathways", "rules")


def test_without_a_command_it_says_which_there_are(run: Run) -> None:
    said = run().output
    for command in COMMANDS:
        assert f"\n  {command} " in said


def test_it_says_its_version(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli.commands.version", lambda name: f"0.1.0 of {name}")
    assert run("--version").stdout == "careweave 0.1.0 of careweave\n"


def test_help_does_not_wait_for_the_solver() -> None:
    code = "import sys; from api.cli.commands import app; sys.exit('ortools' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_ctrl_c_while_it_starts_ends_it_without_a_traceback() -> None:
    """Half of the imports are done, in which Python itself would show where it stood."""
    code = (
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'typer':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from api.cli.app import main\n"
        "main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, b"", b"")


def test_a_command_ends_without_looking_for_garbage_once_more() -> None:
    code = (
        "import gc\n"
        "from api.cli.app import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(len(gc.get_objects()) < gc.get_freeze_count())"
    )
    command = [sys.executable, "-c", code, "--version"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert done.stdout.endswith(b"True\n")


def test_a_terminal_that_lacks_a_character_gets_another() -> None:
    plan = Path(__file__).parents[1] / "instances" / "solo-1-105.plan.json"
    code = "from api.cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "show", str(plan)],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert b"? infusion 1  " in done.stdout


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def test_a_terminal_gets_lines_folded_between_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_terminal(monkeypatch)
    line = "  ada: Dose 1 - ride: nobody drives the patient home"
    say(line)
    answer(line)
    folded = "  ada: Dose 1 - ride: nobody\n    drives the patient home\n"
    assert capsys.readouterr() == (folded, folded)
    say("")
    say("/a/path/that/is/longer/than/the-screen.json")
    assert capsys.readouterr().err == "\n/a/path/that/is/longer/than/the-screen.json\n"


def test_whoever_reads_by_line_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    say("word " * 40)
    assert capsys.readouterr().err.count("\n") == 1


def reached(phase: str, seconds: float, cost: int | None = None, bound: int = 0) -> Progress:
    return Progress(phase, 3, 4, cost, bound, 0, seconds)


def test_a_line_stands_for_each_phase_and_one_every_few_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Lines() as lines:
        for moment in (
            Progress("starting", 0, 0, None, 0, 0, 0.0),
            reached("first plan", 1),
            reached("first plan", 2),
            reached("proving", 2.5, cost=80),
            reached("proving", 7.5, cost=80, bound=60),
        ):
            lines.show(moment, 0.5)
        lines.tell("stopping")
    assert capsys.readouterr().err.splitlines() == [
        "[  1.0 s] first plan: 3 of 4 placed",
        "[  2.5 s] proving: 3 of 4 placed, cost 80",
        "[  7.5 s] proving: 3 of 4 placed, cost 80, bound 60 (gap 25.0%)",
        "stopping",
    ]


def test_a_plan_without_cost_has_no_gap() -> None:
    assert phase_text(reached("proving", 1, cost=0)) == "proving: 3 of 4 placed, cost 0"


def test_on_a_terminal_a_bar_shows_the_state_and_goes_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(display(quiet=False), Bar)
    with Bar(messages()) as bar:
        bar.tell("stopping")
        bar.show(reached("polishing", 2, cost=80), 0.5)
        bar.show(reached("proving", 3, cost=70), 0.6)
    drawn = capsys.readouterr().err
    assert "proving: 3 of 4 placed, cost 70" in drawn
    assert "stopping" in drawn
    assert drawn.endswith("\x1b[2K")


def test_elsewhere_lines_and_when_quiet_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert isinstance(display(quiet=False), Lines)
    with display(quiet=True) as nothing:
        nothing.show(reached("proving", 3), 0.5)
        nothing.tell("stopping")
    assert type(nothing) is Display
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 faults"), (1, "1 fault"), (1200, "1,200 faults")]
)
def test_things_are_counted_as_one_says_it(number: int, said: str) -> None:
    assert counted(number, "fault") == said
