"""``careweave replan``: mend a plan for what its scenario says now."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from api.cli import documents
from api.cli.difference_view import summary_lines
from api.cli.outcome import outcome_lines
from api.cli.plan import Out, ScenarioFile, Seed, TimeLimit, Work
from api.cli.progress import display
from api.cli.safety_view import safety_lines
from api.cli.searching import Limits, Solver, plan_and_keep, seconds_running
from api.cli.terminal import counted, refuse, say
from pathways.plan import Plan
from pathways.scenario import Scenario
from scheduler.planning.differing import difference
from scheduler.planning.replanning import Carried, carried_over
from scheduler.planning.stopping import Report, Stop

_SHOWN = 10


def replan(
    scenario: ScenarioFile,
    plan: Annotated[
        Path,
        typer.Argument(metavar="PLAN", help="The plan to mend, YAML or JSON.", show_default=False),
    ],
    out: Out = documents.STANDARD_OUTPUT,
    time_limit: TimeLimit = None,
    seed: Seed = 0,
    work: Work = None,
    improve: Annotated[
        bool,
        typer.Option("--improve", help="Also move what could stay, where the whole gains by it."),
    ] = False,
) -> None:
    """Mend a plan: what changed stands in the scenario, what can stay as it was stays.

    The plan's appointments count as booked where the scenario does not list them; those that
    began before its now are locked. The exit codes are those of plan.
    """
    documents.refuse_unwritable(out, scenario)
    read, old = documents.scenario_from(scenario), documents.plan_from(plan)
    if old.scenario != read.clinic.id:
        refuse([f"{plan} is for the clinic {old.scenario!r}, {scenario} is {read.clinic.id!r}"])
    carried = carried_over(read, old)

    def keep(answer: Plan) -> None:
        documents.write(documents.text_of(documents.plain_plan(answer), out), out)

    new, judgement = plan_and_keep(
        carried.scenario,
        Limits(time_limit, work, seed),
        display(quiet=False),
        keep,
        solver=_repairer(carried, improve=improve),
    )
    for line in (*_left_behind(carried), *outcome_lines(new, read)):
        say(line)
    for line in (
        *summary_lines(difference(old, new)),
        *safety_lines(judgement, scenario, out, plan),
    ):
        say(line)
    if out != documents.STANDARD_OUTPUT:
        say(f"Written to {out} after {seconds_running():.1f} seconds. What changes, one by one:")
        files = (shlex.quote(str(path)) for path in (plan, out, scenario))
        say("  careweave diff {} {} --scenario {}".format(*files))


def _repairer(carried: Carried, *, improve: bool) -> Solver:
    """The planner that mends; it is loaded only once it is needed."""

    def solver(_scenario: Scenario, stop: Stop, seed: int, report: Report) -> Plan:
        from scheduler.planning.repairing import repair  # noqa: PLC0415  (OR-Tools loads slowly)

        return repair(carried, stop, seed=seed, improve=improve, report=report)

    return solver


def _left_behind(carried: Carried) -> Iterator[str]:
    """What of the old plan could not be taken as booked, and why."""
    left = carried.left_behind
    if left:
        yield f"{counted(len(left), 'appointment')} of the old plan could not be carried over:"
    for entry in left[:_SHOWN]:
        held = entry.appointment
        name = f"{'+'.join(held.patients)}: {held.activity} {held.occurrence}"
        yield f"  {name} on {held.start:%a} {held.start:%d %b %H:%M} - {entry.why}"
    if len(left) > _SHOWN:
        yield f"  … and {len(left) - _SHOWN:,} more."
