"""One measurement: an instance, a planner, a limit, and what came of it."""

import gc
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import nurse_away, one_more
from benchmarks.caching import made_once
from benchmarks.instances import EXAMPLES, Document, instance, is_example
from benchmarks.interval_model.answering import Limits
from benchmarks.reference import first_fit, monolithic, one_by_one
from pathways.plan import Plan
from pathways.reading import parse, read_plan, read_scenario
from pathways.scenario import Scenario
from scheduler.planning.differing import difference
from scheduler.planning.replanning import carried_over
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Progress, Stop
from scheduler.planning.verifying import verify

CAREWEAVE = Path(sys.executable).with_name("careweave")
EXAMINED = 30
"""In clinics of no more patients the reasons of the planner's plans are judged, too."""


@dataclass(frozen=True)
class Case:
    """What is measured: a planner, by its name in `PLANNERS`, on an instance, for some seconds."""

    instance: str
    planner: str
    seconds: float


@dataclass(frozen=True)
class Measured:
    """What came of a case.

    ``seconds`` it took in all and ``first`` until the first plan, without start-up. ``doses`` and
    ``others`` are unplaced, ``rest`` is the cost without them. ``proven`` of ``parts`` questions
    were answered optimally: of one for each patient where they are planned alone. ``changed``:
    how many appointments of an older plan it moved or dropped. Every plan pays ``must_pay``
    at least for what it leaves out, and one that pays no more than this one leaves out
    ``must_leave`` at least.
    """

    case: Case
    seconds: float
    first: float
    doses: int
    others: int
    rest: int
    total: int
    bound: int
    proven: int
    parts: int = 1
    faults: int = 0
    changed: int = 0
    must_leave: int = 0
    must_pay: int = 0

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Measured":
        """The measurement that a line of a file tells of."""
        return cls(**{**document, "case": Case(**document["case"])})

    def document(self) -> dict[str, Any]:
        """The measurement as plain data."""
        return asdict(self)


def scenario_of(name: str) -> Scenario:
    """The example of this name, else the random instance."""
    return read_scenario(_document(name))


def _document(name: str) -> Any:
    if is_example(name):
        return parse((EXAMPLES / f"{name}.json").read_text("utf-8"))
    if name.startswith("nurse-away-"):
        return _called_in_sick(name)["scenario"]
    if name.startswith("one-more-"):
        return made_once(name, lambda: one_more.booked(instance(name)))
    return instance(name)


def _called_in_sick(name: str) -> Document:
    return made_once(name, lambda: nurse_away.called_in_sick(instance(name)))


def known_plan(name: str) -> Plan | None:
    """The good plan that is known for an example, if any."""
    path = EXAMPLES / f"{name}.plan.json"
    return read_plan(parse(path.read_text("utf-8"))) if path.exists() else None


def measure(case: Case) -> Measured:
    """Plan the instance of a case and judge the plan.

    What earlier cases have left behind is not looked through for garbage meanwhile: a command
    begins with nothing.
    """
    scenario = scenario_of(case.instance)
    gc.collect()
    gc.freeze()
    return PLANNERS[case.planner](case, scenario)


def _judged(case: Case, scenario: Scenario, plan: Plan, seconds: float) -> Measured:
    reasons = case.planner == "careweave" and len(scenario.patients) <= EXAMINED
    weights, terms = scenario.weights, plan.cost.terms
    doses, others = terms.get("unplaced", 0), terms.get("unplaced_other", 0)
    return Measured(
        case=case,
        seconds=seconds,
        first=seconds,
        doses=doses // weights.unplaced,
        others=others // weights.unplaced_other,
        rest=plan.cost.total - doses - others,
        total=plan.cost.total,
        bound=plan.bound,
        proven=int(plan.status == "optimal"),
        faults=len(verify(scenario, plan, reasons=reasons).faults),
    )


def _careweave(case: Case, scenario: Scenario) -> Measured:
    first: list[float] = []
    last: list[Progress] = []

    def note(progress: Progress) -> None:
        last[:] = [progress]
        if not first and progress.cost is not None:
            first.append(progress.seconds)

    stop = Stop(time_limit=case.seconds)
    plan = solve(scenario, stop, report=note)
    seconds = stop.seconds
    measured = _judged(case, scenario, plan, seconds)
    return replace(
        measured,
        first=first[0] if first else seconds,
        must_leave=last[0].must_leave if last else 0,
        must_pay=last[0].must_pay if last else 0,
    )


def _process(case: Case, scenario: Scenario) -> Measured:
    """The whole command in a process of its own, start-up and judgement included."""
    plan, seconds = _commanded("plan", case, scenario=_document(case.instance))
    return _judged(case, scenario, plan, seconds)


def _repair(case: Case, scenario: Scenario) -> Measured:
    """The same for the command that mends a plan; judged beside the plan that it mends."""
    asked = _called_in_sick(case.instance)
    stood = read_plan(asked["plan"])
    plan, seconds = _commanded("replan", case, **asked)
    measured = _judged(case, carried_over(scenario, stood).scenario, plan, seconds)
    changes = Counter(change.kind for change in difference(stood, plan).changes)
    return replace(measured, changed=changes["moved"] + changes["dropped"])


def _commanded(command: str, case: Case, **documents: Document) -> tuple[Plan, float]:
    """What a command makes of documents in a process of its own, and how many seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        answered = Path(folder, "answer.json")
        asked = [Path(folder, f"{name}.json") for name in documents]
        for path, document in zip(asked, documents.values(), strict=True):
            path.write_text(json.dumps(document), encoding="utf-8")
        limit = ("--out", answered, "--time-limit", f"{case.seconds:g}")
        watch = Stop()
        subprocess.run([CAREWEAVE, command, *asked, *limit], check=True, capture_output=True)  # noqa: S603  (our own command)
        seconds = watch.seconds
        return read_plan(parse(answered.read_text("utf-8"))), seconds


def _reference(planner: Callable[[Scenario, Limits], Plan]) -> Callable[[Case, Scenario], Measured]:
    def run(case: Case, scenario: Scenario) -> Measured:
        watch = Stop()
        plan = planner(scenario, Limits(case.seconds))
        return _judged(case, scenario, plan, watch.seconds)

    return run


def _by_hand(case: Case, scenario: Scenario) -> Measured:
    watch = Stop()
    plan = first_fit(scenario)
    return _judged(case, scenario, plan, watch.seconds)


def _alone(case: Case, scenario: Scenario) -> Measured:
    """Everybody alone in the clinic: what all together cannot cost less than, where proven."""
    parts = [_careweave(case, alone) for alone in _each_alone(scenario)]
    return Measured(
        case=case,
        seconds=sum(part.seconds for part in parts),
        first=sum(part.first for part in parts),
        doses=sum(part.doses for part in parts),
        others=sum(part.others for part in parts),
        rest=sum(part.rest for part in parts),
        total=sum(part.total for part in parts),
        bound=sum(part.bound for part in parts),
        proven=sum(part.proven for part in parts),
        parts=len(parts),
        faults=sum(part.faults for part in parts),
    )


def _each_alone(scenario: Scenario) -> Iterator[Scenario]:
    """The clinic with one patient, or with two partners."""
    for patient in scenario.patients:
        names = {patient.id, patient.partner or patient.id}
        if patient.id == min(names):
            held = tuple(found for found in scenario.patients if found.id in names)
            booked = tuple(b for b in scenario.booked if names.issuperset(b.patients))
            yield scenario.model_copy(update={"patients": held, "booked": booked})


PLANNERS: dict[str, Callable[[Case, Scenario], Measured]] = {
    "careweave": _careweave,
    "process": _process,
    "repair": _repair,
    "monolithic": _reference(monolithic),
    "one by one": _reference(one_by_one),
    "first fit": _by_hand,
    "alone": _alone,
}
