"""``careweave demo``: plan an invented clinic and show what comes out."""

import shlex
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from api.cli import documents
from api.cli.calendar_view import unplaced_lines
from api.cli.progress import display
from api.cli.safety_view import safety_lines
from api.cli.searching import Limits, plan_and_keep
from api.cli.show import cost_view, patient_view
from api.cli.terminal import answers, counted, printable, refuse
from api.cli.weeks import Book, PatientWeeks
from api.cli.wording import moment_text
from pathways import reading
from pathways.plan import Plan
from pathways.scenario import Scenario
from scheduler.planning.judging import Judgement

_BLOCKED = (
    "Some of it cannot be planned, on purpose: the blood-pressure clearance of dahlia runs out, "
    "the payer has approved four of juniper's six doses, and birch is driven home on Thursdays "
    "alone."
)
_SCENARIO, _PLAN = "scenario.yaml", "plan.json"


def demo(
    time_limit: Annotated[
        float, typer.Option(min=0.0, metavar="SECONDS", help="End after so many seconds in all.")
    ] = 25.0,
    out: Annotated[
        Path, typer.Option(metavar="DIRECTORY", help="Where to write the scenario and the plan.")
    ] = Path("careweave-demo"),
) -> None:
    """Plan the demo clinic: ten invented patients on eight pathways, some of whom do not fit."""
    text = demo_clinic()
    scenario = reading.read_scenario(reading.parse(text))
    _make_room(out)
    console = answers()
    _introduce(scenario, console)

    def keep(plan: Plan) -> None:
        documents.write(text, out / _SCENARIO)
        documents.write(documents.text_of(documents.plain_plan(plan), out / _PLAN), out / _PLAN)

    limits = Limits(time_limit)
    plan, judgement = plan_and_keep(scenario, limits, display(quiet=False), keep)
    _present(plan, judgement, scenario, console)
    for line in safety_lines(judgement, out / _SCENARIO, out / _PLAN):
        console.print(Text(line))
    typer.echo(_go_on(out, scenario.patients[1].id))


def demo_clinic() -> str:
    """The scenario of the demo clinic, as YAML."""
    return resources.files("api.cli").joinpath("demo-clinic.yaml").read_text("utf-8")


def _make_room(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        refuse([f"the directory {out} cannot be made: {problem.strerror}; name another with --out"])
    documents.refuse_unwritable(out / _SCENARIO)
    documents.refuse_unwritable(out / _PLAN)


def _introduce(scenario: Scenario, console: Console) -> None:
    clinic = scenario.clinic
    bays = sum(location.kind == "treatment-bay" for location in clinic.locations)
    console.print(
        Text(
            f"Planning {clinic.name}: {counted(len(scenario.patients), 'patient')} on "
            f"{counted(len(scenario.pathways), 'pathway')}, {counted(bays, 'treatment bay')}, "
            f"{counted(len(clinic.practitioners), 'practitioner')}. {_BLOCKED}\n"
        )
    )


def _present(plan: Plan, judgement: Judgement, scenario: Scenario, console: Console) -> None:
    book = Book(plan, scenario)
    first, *_ = patients = [book.of(patient.id) for patient in scenario.patients]
    console.print(patient_view(first, console, gates=judgement.gates))
    console.print(Rule("All patients", align="left", style="dim"))
    console.print(_summary(patients))
    console.print(*_unplaced(patients), sep="\n")
    console.print(cost_view(plan))


def _summary(patients: list[PatientWeeks]) -> Table:
    """A line for each patient: doses, when driving is allowed, how soon integration follows."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="underline")
    table.add_column("Patient", style="bold")
    for name in ("Doses", "First dose", "Drives again", "Integration", "Not placed"):
        table.add_column(name, no_wrap=True)
    for weeks in patients:
        table.add_row(*map(printable, _summary_cells(weeks)))
    return table


def _summary_cells(weeks: PatientWeeks) -> Iterator[str]:
    doses = weeks.doses
    first, until = (doses[0].start, doses[0].drives_from) if doses else (None, None)
    yield weeks.patient
    yield f"{len(doses)} of {len(doses) + weeks.missing_doses}"
    yield moment_text(first) if first else "-"
    yield moment_text(until) if until else "-"
    yield _range_text([v.lag for v in weeks.integrations if v.lag is not None])
    yield str(len(weeks.unplaced) or "-")


def _range_text(lags: list[timedelta]) -> str:
    """``21-70 h``: from the soonest, rounded down, to the latest, rounded up."""
    if not lags:
        return "-"
    hour = timedelta(hours=1)
    return f"{min(lags) // hour}-{-(-max(lags) // hour)} h"


def _unplaced(patients: list[PatientWeeks]) -> Iterator[RenderableType]:
    yield Text("\nWhat did not fit, and why", "bold")
    for weeks in patients:
        yield from unplaced_lines(weeks, f"{weeks.patient}: ")
    if not any(weeks.unplaced for weeks in patients):
        yield Text(" Everything fits.")
    yield Text()


def _go_on(out: Path, patient: str) -> str:
    scenario, plan = shlex.quote(str(out / _SCENARIO)), shlex.quote(str(out / _PLAN))
    lines = [
        f"\nWritten to {plan}, the scenario beside it. Go on with:",
        f"  careweave show {plan} --scenario {scenario} --patient {patient}",
        f"  careweave verify {scenario} {plan} --reasons",
        f"  careweave plan {scenario} --out {plan} --time-limit 60",
    ]
    return "\n".join(lines)
