"""A second process beside a search: it helps while it lives, and nothing of it stays."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scheduler.planning.solving.companion import Link, can_be_accompanied, companion

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no second process here")
LONG = 60
"""Seconds after which what should have happened at once has not happened."""


def listen(link: Link) -> None:
    """Stay until the other end is closed."""
    while link.is_open:
        link.go_on()
        time.sleep(0.01)


def tell_who(link: Link) -> None:
    link.say(os.getpid())
    listen(link)


def heard_all(link: Link) -> list[Any]:
    """All that is said at once, when something is."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        said = link.hear()
        if said:
            return said
        time.sleep(0.01)
    pytest.fail("nothing was said")


def heard(link: Link) -> Any:
    """The one thing that is said."""
    (said,) = heard_all(link)
    return said


def comes_true(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + LONG
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def open_files() -> list[Path]:
    return list(Path("/proc/self/fd").iterdir())


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def is_running(process: int) -> bool:
    """Whether a process is there and not only waits to be buried."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_one_says_the_other_hears_in_order() -> None:
    def count(link: Link) -> None:
        for number in range(3):
            link.say(number)
        listen(link)

    with companion(count) as link:
        assert link is not None
        said: list[int] = []
        while len(said) < 3:
            said += heard_all(link)
        assert said == [0, 1, 2]


def test_when_it_is_over_no_process_and_no_open_file_is_left() -> None:
    before = len(open_files())
    with companion(tell_who) as link:
        assert link is not None
        process = heard(link)
        assert is_there(process)
    assert not is_there(process)
    assert len(open_files()) == before


def test_nothing_is_left_either_when_the_search_fails() -> None:
    before, processes = len(open_files()), []

    def search() -> None:
        with companion(tell_who) as link:
            assert link is not None
            processes.append(heard(link))
            raise KeyError("search")

    with pytest.raises(KeyError, match="search"):
        search()
    assert not is_there(processes[0])
    assert len(open_files()) == before


def test_a_companion_that_dies_is_missed_by_nobody() -> None:
    with companion(tell_who) as link:
        assert link is not None
        os.kill(heard(link), signal.SIGKILL)
        assert comes_true(lambda: link.hear() == [] and not link.is_open)
        link.say("is anybody there?")
        assert not link.has_said_all


def test_what_goes_wrong_in_a_companion_stays_there(capfd: pytest.CaptureFixture[str]) -> None:
    def fails(_: Link) -> None:
        raise KeyError("companion")

    with companion(fails) as link:
        assert link is not None
        assert comes_true(lambda: link.hear() == [] and not link.is_open)
    assert capfd.readouterr() == ("", "")


def test_who_does_not_listen_keeps_nobody_waiting() -> None:
    with companion(lambda _: time.sleep(LONG)) as link:
        assert link is not None
        for _ in range(100):
            link.say("x" * 100_000)
        assert link.is_open
        assert not link.has_said_all


def test_what_was_too_much_at_once_arrives_whole() -> None:
    def echo(link: Link) -> None:
        link.say(len(heard(link)))
        listen(link)

    with companion(echo) as link:
        assert link is not None
        link.say("x" * 3_000_000)
        assert heard(link) == 3_000_000


def test_what_is_no_json_is_passed_over() -> None:
    def babble(link: Link) -> None:
        link._unsaid += b'{"half\n\xff\xfe\n[1]\n'
        listen(link)

    with companion(babble) as link:
        assert link is not None
        assert heard(link) == [1]


def test_a_companion_holds_no_file_of_the_search() -> None:
    """Or who reads until a pipe is closed would wait for the companion, too."""

    def tell_files(link: Link) -> None:
        link.say([str(path.readlink()) for path in open_files() if path.is_symlink()])
        listen(link)

    with companion(tell_files) as link:
        assert link is not None
        files = {name.partition(":")[0] for name in heard(link)}
    assert files == {"/dev/null", "socket"}


def test_ctrl_c_is_for_the_search_alone() -> None:
    def stay(link: Link) -> None:
        link.say(os.getpid())
        heard(link)
        link.say("still here")
        listen(link)

    with companion(stay) as link:
        assert link is not None
        os.kill(heard(link), signal.SIGINT)
        link.say("are you?")
        assert heard(link) == "still here"


def test_a_companion_ends_when_its_search_is_killed() -> None:
    killed = (
        "import os, signal, sys\n"
        "from tests.scheduler.planning.solving.test_companion import companion, heard, tell_who\n"
        "with companion(tell_who) as link:\n"
        "    print(heard(link), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", killed], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    process = int(ended.stdout)
    assert comes_true(lambda: not is_running(process))


def test_where_no_process_can_be_begun_the_search_goes_on_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> int:
        raise BlockingIOError("no more processes")

    before = len(open_files())
    monkeypatch.setattr(os, "fork", refuse)
    with companion(tell_who) as link:
        assert link is None
    assert len(open_files()) == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


@pytest.mark.parametrize(("cores", "enough"), [({0}, False), ({0, 1}, True), ({1, 5, 7}, True)])
def test_a_companion_wants_a_core_of_its_own(
    monkeypatch: pytest.MonkeyPatch, cores: set[int], enough: bool
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cores, raising=False)
    assert can_be_accompanied() is enough


def test_where_nobody_says_which_cores_are_ours_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    for cores, enough in ((None, False), (1, False), (2, True)):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        assert can_be_accompanied() is enough


def test_there_is_none_where_processes_cannot_be_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert not can_be_accompanied()
