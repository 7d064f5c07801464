"""``careweave plan``: from a scenario to a plan that has been judged before it is written."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli import documents
from api.cli.choices import MOST, Choices
from api.cli.outcome import outcome_lines
from api.cli.progress import display
from api.cli.safety_view import safety_lines
from api.cli.searching import Limits, plan_and_keep, seconds_running, stop_for
from api.cli.terminal import say
from pathways.plan import Plan
from scheduler.planning.judging import judge

ScenarioFile = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="A scenario, YAML or JSON.", show_default=False)
]
Out = Annotated[
    Path,
    typer.Option(
        metavar="PLAN",
        help="Where to write the plan: YAML for .yaml and .yml, else JSON; - for the screen.",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        metavar="SECONDS",
        help="End after so many seconds in all. Without it: 8 for one patient, 2 more for each "
        "further one, at most 300.",
        show_default=False,
    ),
]
Work = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="End after so many units of search: with the same seed, the same plan to the byte "
        "on any machine.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", help="Where the search begins.")]
Alternatives = Annotated[
    int | None,
    typer.Option(
        min=2,
        max=MOST,
        metavar="K",
        help="Write up to K plans that a person would call different, the cheapest to PLAN and "
        "the others beside it as PLAN-2, PLAN-3, …",
        show_default=False,
    ),
]
PatientId = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="For whom the alternatives are, everybody else's appointments standing.",
        show_default=False,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but what is wrong.")]


def plan(  # noqa: PLR0913, PLR0917  (a command's options are its arguments)
    scenario: ScenarioFile,
    out: Out = documents.STANDARD_OUTPUT,
    time_limit: TimeLimit = None,
    seed: Seed = 0,
    work: Work = None,
    alternatives: Alternatives = None,
    patient: PatientId = None,
    quiet: Quiet = False,
) -> None:
    """Plan a scenario: who comes when, and a reason beside everything that does not fit.

    Ctrl-C ends the search and keeps the best plan found. The exit code is 0 also when something
    could not be placed, 2 where the scenario cannot be used, 3 where its own plan did not hold
    before the judge.
    """
    documents.refuse_unwritable(out, scenario)
    read = documents.scenario_from(scenario)
    limits, choices = Limits(time_limit, work, seed), None
    if alternatives is not None or patient is not None:
        choices = Choices.of(read, patient, alternatives, out)
        limits = choices.first(limits)
    stop = stop_for(read, limits)

    def keep(answer: Plan) -> None:
        documents.write(documents.text_of(documents.plain_plan(answer), out), out)

    found, judgement = plan_and_keep(read, limits, display(quiet=quiet), keep, stop=stop)
    if choices is not None and not stop.requested:
        found = choices.seek(found, Limits(time_limit, work, seed), quiet=quiet)
        judgement = judge(read, found)
    if quiet:
        return
    for line in outcome_lines(found, read):
        say(line)
    for line in safety_lines(judgement, scenario, out):
        say(line)
    if out != documents.STANDARD_OUTPUT:
        say(f"Written to {out} after {seconds_running():.1f} seconds.")
