"""Running the planner from a command: shown while it runs, stopped by Ctrl-C, judged at its end.

The search runs in a thread of its own, so that a signal is heard while a solver is at work.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TypeVar

from api.cli.ending import give_up
from api.cli.progress import Display
from api.cli.terminal import BROKEN_PLAN, counted, refuse, say
from pathways.plan import Plan
from pathways.safety import Breach
from pathways.scenario import Scenario
from scheduler.planning.judging import Judgement, judge
from scheduler.planning.narrowing import what_no_plan_can_keep
from scheduler.planning.stopping import Progress, Report, Stop
from scheduler.planning.verifying import Finding

T = TypeVar("T")

_RUNNING = Stop()
_SECONDS_BETWEEN_LOOKS = 0.1
_BEFORE_THIS_CLOCK = 0.3
"""Seconds that the interpreter and the imports take before this module is met."""
_FAULTS_SHOWN = 20


@dataclass(frozen=True)
class Limits:
    """When to stop, and where the search begins; no limit at all means `default_time_limit`."""

    time_limit: float | None = None
    work: int | None = None
    seed: int = 0

    def seconds_for(self, scenario: Scenario) -> float | None:
        """The seconds that the whole command may take; None where work alone ends it."""
        if self.time_limit is None and self.work is None:
            return default_time_limit(scenario)
        return self.time_limit


def default_time_limit(scenario: Scenario) -> float:
    """8 seconds for one patient, 2 more for each further one, never more than 5 minutes."""
    return min(300.0, 6.0 + 2.0 * len(scenario.patients))


def seconds_running() -> float:
    """Seconds since the program began."""
    return _BEFORE_THIS_CLOCK + _RUNNING.seconds


Solver = Callable[[Scenario, Stop, int, Report], Plan]
"""Whatever answers a scenario until a stop is due, from a seed on, and tells how far it is."""


def plan_and_keep(
    scenario: Scenario,
    limits: Limits,
    display: Display,
    keep: Callable[[Plan], None],
    *,
    solver: Solver | None = None,
    stop: Stop | None = None,
) -> tuple[Plan, Judgement]:
    """Plan, judge, and hand the plan to ``keep``, a first Ctrl-C held off until that is done.

    ``solver`` answers the scenario in place of the planner; ``stop`` is the rule to stop by, for
    who wants to look at it afterwards.

    The command ends with 2, before it searches, where no plan could keep the hard safety rules of
    the library's pathways; with 3, and nothing is kept, where the judge refuses the planner's
    answer: for a fault by the contract, or for such a rule.
    """
    _refuse_unplannable(scenario)
    stop = stop or stop_for(scenario, limits)
    with _signals_end(stop, display):
        plan = _search(scenario, stop, limits, display, solver or _solve)
        judgement = judge(scenario, plan)
        _refuse_faulty(judgement.verdict.faults)
        _refuse_unsafe(judgement.refusals)
        keep(plan)
    return plan, judgement


def search_further(
    stop: Stop, limits: Limits, display: Display, search: Callable[[Report], T]
) -> T:
    """Search on after a plan was kept, shown and ended by Ctrl-C in the same way."""
    with _signals_end(stop, display):
        return _watched(stop, limits, display, search)


def _refuse_unplannable(scenario: Scenario) -> None:
    faults = list(what_no_plan_can_keep(scenario))
    if faults:
        says = "Hard safety rules of the library's pathways leave no plan for this scenario:"
        refuse([says, *(f"{place}: {words}" for place, words in faults)])


def _refuse_faulty(faults: Sequence[Finding]) -> None:
    if not faults:
        return
    refuse(
        [
            f"The planner's answer has {counted(len(faults), 'fault')}. This is a mistake in the "
            "program, not in the scenario; nothing was written.",
            *_first(faults),
            "Please report it with the scenario, the seed and these lines.",
        ],
        code=BROKEN_PLAN,
    )


def _refuse_unsafe(breaches: Sequence[Breach]) -> None:
    if not breaches:
        return
    places = counted(len(breaches), "place")
    refuse(
        [
            f"The scenario allows what hard safety rules of its library pathways do not, and the "
            f"plan breaks them in {places}; nothing was written.",
            *_first(breaches),
            "Narrow the scenario there (hours, capacities, resume_driving) and plan again.",
        ],
        code=BROKEN_PLAN,
    )


def _first(found: Sequence[Finding | Breach]) -> Iterator[str]:
    yield from (f"  {one}" for one in found[:_FAULTS_SHOWN])
    if len(found) > _FAULTS_SHOWN:
        yield f"  … and {len(found) - _FAULTS_SHOWN:,} more."


def _search(
    scenario: Scenario, stop: Stop, limits: Limits, display: Display, solver: Solver
) -> Plan:
    return _watched(
        stop, limits, display, lambda report: solver(scenario, stop, limits.seed, report)
    )


def _watched(stop: Stop, limits: Limits, display: Display, search: Callable[[Report], T]) -> T:
    """What a search in a thread of its own comes to, shown while it runs."""
    seen = _Seen(limits, stop)
    with display:
        answer = _in_a_thread(lambda: search(seen.report))
        while not answer.done():
            display.show(*seen.now())
            _wait(answer)
    return answer.result()


def stop_for(scenario: Scenario, limits: Limits) -> Stop:
    """The stopping rule that leaves time to judge and to write the plan within the limit."""
    seconds = limits.seconds_for(scenario)
    if seconds is not None:
        seconds = max(0.0, seconds - seconds_running() - _time_to_judge(scenario))
    return Stop(time_limit=seconds, work=limits.work)


def _time_to_judge(scenario: Scenario) -> float:
    return 0.2 + 0.02 * len(scenario.patients)


def _solve(scenario: Scenario, stop: Stop, seed: int, report: Report) -> Plan:
    from scheduler.planning.solve import solve  # noqa: PLC0415  (OR-Tools takes a second to load)

    return solve(scenario, stop, seed=seed, report=report)


class _Seen:
    """The latest that the search has told, and the share of its time or work that is used."""

    def __init__(self, limits: Limits, stop: Stop) -> None:
        self._latest = Progress("starting", 0, 0, None, 0, 0, 0.0)
        self._work = limits.work
        self._stop = stop

    def report(self, progress: Progress) -> None:
        """Take in what the search tells."""
        self._latest = progress

    def now(self) -> tuple[Progress, float]:
        """The latest, and the share."""
        used = [0.0]
        if self._stop.time_limit:
            used.append(self._stop.seconds / self._stop.time_limit)
        if self._work:
            used.append(self._latest.work / self._work)
        return self._latest, min(1.0, max(used))


def _in_a_thread(work: Callable[[], T]) -> Future[T]:
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as problem:  # noqa: BLE001  (raised again where awaited)
            answer.set_exception(problem)

    threading.Thread(target=run, name="planner", daemon=True).start()
    return answer


def _wait(answer: Future[T]) -> None:
    with suppress(TimeoutError):
        answer.exception(timeout=_SECONDS_BETWEEN_LOOKS)


@contextmanager
def _signals_end(stop: Stop, display: Display) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the search and keep the plan; a second one ends the program."""
    asked = threading.Event()

    def heard(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            display.close()
            say("Given up.")
            give_up()
        asked.set()
        stop.request()
        display.tell("stopping; the best plan so far is kept (once more to give up)")

    names = (signal.SIGINT, signal.SIGTERM)
    before = {name: signal.signal(name, heard) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
