"""``careweave demo``: plan an invented clinic and show what comes out."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from api.cli import documents
from api.cli.plan import TimeLimit
from api.cli.progress import display
from api.cli.searching import Limits, plan_and_keep
from api.cli.show import cost_view, patient_view
from api.cli.terminal import answers, counted, printable, refuse
from api.cli.weeks import Book, PatientWeeks
from api.cli.wording import day_text, hours_text, occurrences_text, together
from pathways import reading
from pathways.plan import Plan
from pathways.scenario import Scenario

_DEFAULT_SECONDS = 20.0
_SCENARIO, _PLAN = "scenario.yaml", "plan.json"


def demo(
    time_limit: TimeLimit = _DEFAULT_SECONDS,
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

    plan = plan_and_keep(scenario, Limits(time_limit), display(quiet=False), keep)
    _present(plan, scenario, console)
    console.print(_go_on(out, Book(plan).patients[-1]))


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
            f"{counted(len(clinic.practitioners), 'practitioner')}.\n"
        )
    )


def _present(plan: Plan, scenario: Scenario, console: Console) -> None:
    book = Book(plan, scenario)
    first, *_ = patients = [book.of(patient.id) for patient in scenario.patients]
    console.print(patient_view(first, console))
    console.print(Rule("All patients", align="left", style="dim"))
    console.print(_summary(patients))
    console.print(*_unplaced(patients), sep="\n")
    console.print(cost_view(plan))


def _summary(patients: list[PatientWeeks]) -> Table:
    """A line for each patient: doses, how soon integration follows, when driving is allowed."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="underline")
    table.add_column("Patient", style="bold")
    for name in ("Doses", "First dose", "Drives again", "Integration after", "Not placed"):
        table.add_column(name)
    for weeks in patients:
        table.add_row(*map(printable, _summary_cells(weeks)))
    return table


def _summary_cells(weeks: PatientWeeks) -> Iterator[str]:
    doses = weeks.doses
    yield weeks.patient
    yield str(len(doses))
    first = doses[0] if doses else None
    yield f"{day_text(first.start.date())}, {first.start:%H:%M}" if first else "-"
    until = first.drives_from if first else None
    yield f"{day_text(until.date())}, {until:%H:%M}" if until else "-"
    yield _range_text([v.lag for v in weeks.integrations if v.lag is not None])
    yield str(len(weeks.unplaced) or "-")


def _range_text(lags: list[timedelta]) -> str:
    if not lags:
        return "-"
    low, high = hours_text(min(lags)), hours_text(max(lags))
    return low if low == high else f"{low.removesuffix(' h')}-{high}"


def _unplaced(patients: list[PatientWeeks]) -> Iterator[RenderableType]:
    yield Text("\nWhat did not fit, and why", "bold")
    for weeks in patients:
        for title, numbers, reasons in together(weeks.unplaced):
            what = printable(f" {weeks.patient}: {occurrences_text(title, numbers)}")
            yield Text(what, "bold red")
            for reason in reasons:
                yield Text(printable(f"   {reason.rule}: {reason.detail}"))
    if not any(weeks.unplaced for weeks in patients):
        yield Text(" Everything fits.")
    yield Text()


def _go_on(out: Path, patient: str) -> RenderableType:
    scenario, plan = out / _SCENARIO, out / _PLAN
    return Group(
        Text(f"\nWritten to {plan}, the scenario beside it. Go on with:", "bold"),
        Text(f"  careweave show {plan} --scenario {scenario} --patient {patient}"),
        Text(f"  careweave verify {scenario} {plan} --reasons"),
        Text(f"  careweave plan {scenario} --out {plan}"),
    )
