"""The search in a process of its own: a document goes in, a judged plan comes out.

The process never opens the store. It is told to stop by a message, and then gives the best plan
that it has found.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from pathways import reading
from pathways.scenario import Scenario
from scheduler.planning.stopping import Progress, Report, Stop
from scheduler.plans.asking import question_for, standing_plan

_LOOK_EVERY = 0.2


class SearchFailed(Exception):
    """The search ended without a plan; the text says why."""


@dataclass(frozen=True)
class Search:
    """What is searched. ``kind``: ``plan`` for some patients, or ``repair`` of what is booked.

    ``scenario``: the clinic as plain data of the contract. ``seconds`` and ``work`` say when to
    stop. ``count``: up to so many plans that a person would call different, for one patient.
    """

    kind: str
    scenario: dict[str, Any]
    seconds: float | None = None
    work: int | None = None
    seed: int = 0
    patients: tuple[str, ...] = ()
    count: int = 1


@dataclass
class Found:
    """The judged plans, the best first, the work done, and why each may not be kept, if so."""

    plans: list[dict[str, Any]] = field(default_factory=list)
    work: int = 0
    refusals: list[str] = field(default_factory=list)


Watch = Callable[[dict[str, Any]], bool]
"""Is told how far the search is, some times a second; answers whether it shall go on."""


def run(search: Search, watch: Watch) -> Found:
    """Search in a child process until it is done or ``watch`` says no; SearchFailed otherwise."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_child, args=(theirs, search), daemon=True)
    child.start()
    theirs.close()
    try:
        return _follow(ours, watch)
    finally:
        ours.close()
        child.join(timeout=1)
        if child.is_alive():
            child.kill()
            child.join()


def _follow(pipe: Connection, watch: Watch) -> Found:
    told: dict[str, Any] = {"phase": "reading"}
    stopping = False
    while True:
        try:
            while pipe.poll(_LOOK_EVERY):
                kind, content = pipe.recv()
                if kind == "found":
                    return Found(**content)
                if kind == "failed":
                    raise SearchFailed(content)
                told = content
        except EOFError:
            raise SearchFailed(
                "the search ended without a word; it may have run out of memory"
            ) from None
        if not watch(told) and not stopping:
            stopping = True
            pipe.send("stop")


def _child(pipe: Connection, search: Search) -> None:
    stop = Stop(time_limit=search.seconds, work=search.work)
    threading.Thread(target=_heed, args=(pipe, stop), daemon=True).start()
    try:
        pipe.send(("found", asdict(search_here(search, stop, _teller(pipe)))))
    except Exception as problem:  # noqa: BLE001  (whatever it was, the parent has to know)
        pipe.send(("failed", f"{type(problem).__name__}: {problem}"))


def _heed(pipe: Connection, stop: Stop) -> None:
    with suppress(EOFError):  # the parent has gone, and nobody waits for a plan
        pipe.recv()
    stop.request()


def _teller(pipe: Connection) -> Callable[[Progress], None]:
    told = [0.0]

    def tell(progress: Progress) -> None:
        if progress.seconds >= told[0] + _LOOK_EVERY:
            told[0] = progress.seconds
            pipe.send(("progress", asdict(progress)))

    return tell


def search_here(search: Search, stop: Stop, tell: Report | None = None) -> Found:
    """Search in this process, until ``stop`` is due."""
    from scheduler.planning.judging import judge  # noqa: PLC0415  (loads in the child alone)

    scenario = reading.read_scenario(search.scenario)
    if search.kind == "plan":
        scenario = question_for(scenario, search.patients)
    plans = list(_plans(search, scenario, stop, tell))
    refusals = [
        str(fault)
        for judgement in (judge(scenario, plan) for plan in plans)
        for fault in (*judgement.verdict.faults, *judgement.refusals)
    ]
    return Found(
        plans=[json.loads(plan.model_dump_json(by_alias=True)) for plan in plans],
        work=stop.spent,
        refusals=refusals[:20],
    )


def _plans(search: Search, scenario: Scenario, stop: Stop, tell: Report | None) -> Iterator[Any]:
    from scheduler.planning.alternatives import alternatives  # noqa: PLC0415  (see search_here)
    from scheduler.planning.repairing import repair  # noqa: PLC0415  (see search_here)
    from scheduler.planning.replanning import carried_over  # noqa: PLC0415  (see search_here)
    from scheduler.planning.solve import solve  # noqa: PLC0415  (see search_here)

    if search.kind == "repair":
        names = [patient.id for patient in scenario.patients]
        carried = carried_over(scenario, standing_plan(scenario, names))
        yield repair(carried, stop, seed=search.seed, report=tell)
        return
    best = solve(scenario, stop, seed=search.seed, report=tell)
    if search.count == 1:
        yield best
        return
    (patient,) = search.patients
    more = Stop(time_limit=search.seconds, work=search.work)
    with stop.interrupting(more.request):
        yield from alternatives(
            scenario, best, patient, search.count, more, seed=search.seed, report=tell
        )
