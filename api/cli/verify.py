"""``careweave verify``: judge a plan, whoever made it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from api.cli import documents
from api.cli.plan import ScenarioFile
from api.cli.safety_view import safety_view
from api.cli.terminal import answer, answers, counted
from api.cli.wording import cost_lines
from scheduler.planning.judging import Judgement, judge
from scheduler.planning.replanning import carried_over

_FAULTY = 1
"""Exit code: the plan breaks a hard rule, its cost does not add up, or it is no plan."""


def verify(
    scenario: ScenarioFile,
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN", help="A plan, YAML or JSON.", show_default=False)
    ],
    reasons: Annotated[
        bool,
        typer.Option("--reasons", help="Also try out whether the reasons of the plan are true."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every place that breaks a safety rule.")
    ] = False,
    after: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD",
            help="The plan that this one mends: its appointments count as booked.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Judge a plan by every hard rule, and its cost term by term; then by the safety rules.

    The judge shares nothing with the planner. Safety rules judge the plans of patients on
    pathways of the library. The exit code is 0 where the plan holds, 1 where it does not or
    breaks a hard safety rule, 2 where the scenario cannot be used.
    """
    question = documents.scenario_from(scenario)
    if after is not None:
        question = carried_over(question, documents.plan_from(after)).scenario
    judged = documents.plan_from(plan, code=_FAULTY)
    judgement = judge(question, judged, reasons=reasons)
    for line in _lines(judgement, reasons=reasons):
        answer(line)
    if judgement.protocols:
        answers().print(safety_view(judgement, everything=everything))
    if not judgement.passes:
        raise typer.Exit(_FAULTY)


def _lines(judgement: Judgement, *, reasons: bool) -> Iterator[str]:
    verdict = judgement.verdict
    yield from (f"fault: {finding}" for finding in verdict.faults)
    yield from (f"warning: {finding}" for finding in verdict.warnings)
    yield f"Cost {verdict.cost.total:,}, counted anew:"
    for name, amount, words in cost_lines(verdict.cost):
        yield f"{amount:>9,}  {name}: {words}"
    yield _judgement(judgement, reasons=reasons)
    if verdict.passes and not reasons:
        yield "Its reasons were not tried out; --reasons does that."


def _judgement(judgement: Judgement, *, reasons: bool) -> str:
    verdict = judgement.verdict
    warned = f" {counted(len(verdict.warnings), 'warning')}." if verdict.warnings else ""
    if not verdict.passes:
        return f"The plan does not hold: {counted(len(verdict.faults), 'fault')}.{warned}"
    tried = ", its reasons are true" if reasons else ""
    holds = "By the planning contract the plan holds" if judgement.refusals else "The plan holds"
    return f"{holds}: no hard rule is broken, its cost adds up{tried}.{warned}"
