"""A pathway of the library on the screen, part by part."""

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.protocol_care import (
    clearance_lines,
    consent_lines,
    evaluation_lines,
    measure_lines,
    screening_lines,
)
from api.cli.protocol_course import course_lines, coverage_lines, reminder_lines, source_lines
from api.cli.protocol_day import (
    chair_lines,
    home_lines,
    instruction_lines,
    leaving_lines,
    note_lines,
    order_lines,
    pressure_lines,
    vitals_lines,
)
from api.cli.protocol_lines import listed
from api.cli.protocol_sessions import level_lines, session_lines, visit_lines
from api.cli.terminal import printable
from pathways.levels import levels
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity

NOT_SIGNED = "No clinician has signed this version: the prescriber of a clinic signs before use."


def list_view(pathways: Iterable[LibraryPathway]) -> RenderableType:
    """One line for each pathway."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for heading in ("pathway", "version", "weeks", "doses"):
        table.add_column(heading, no_wrap=True)
    table.add_column("title")
    for pathway in pathways:
        doses = str(len(pathway.dose_weeks))
        table.add_row(pathway.id, pathway.version, str(pathway.weeks), doses, pathway.title)
    return table


def whole_view(pathway: LibraryPathway) -> RenderableType:
    """Everything that a pathway holds; the keys of its sources stand in brackets."""
    bodies = ((title, listed(lines)) for title, lines in sections(pathway) if lines)
    told = [part for title, body in bodies for part in _section(title, body)]
    return Group(_heading(pathway), *_section("Weeks", weeks_view(pathway)), *told)


def sections(pathway: LibraryPathway) -> list[tuple[str, list[str]]]:
    """All that is told of a pathway in words, under its headings."""
    parts = (
        ("Course", course_lines(pathway)),
        ("Levels of care", level_lines(pathway)),
        ("Sessions", session_lines(pathway)),
        ("Dose visits", visit_lines(pathway)),
        ("Screening", screening_lines(pathway)),
        ("Clearances", clearance_lines(pathway)),
        ("Consents and medicines", consent_lines(pathway)),
        ("Evaluations", evaluation_lines(pathway)),
        ("Measures", measure_lines(pathway)),
        ("Doses", order_lines(pathway)),
        ("Before a dose", instruction_lines(pathway)),
        ("In the chair", chair_lines(pathway)),
        ("Vital signs", vitals_lines(pathway)),
        ("Blood pressure and alarms", pressure_lines(pathway)),
        ("Leaving", leaving_lines(pathway)),
        ("Note for the patient", note_lines(pathway)),
        ("At home", home_lines(pathway)),
        ("What patients are told", (f"{e.title}: {e.words}" for e in pathway.education)),
        ("Coverage", coverage_lines(pathway)),
        ("Reminders", reminder_lines(pathway)),
        ("Sources", source_lines(pathway)),
    )
    return [(title, list(lines)) for title, lines in parts]


def _heading(pathway: LibraryPathway) -> RenderableType:
    drug = f"{pathway.treatment}, {pathway.route}"
    label = "off-label" if pathway.off_label else "labelled use"
    signed = f"Signed off on {pathway.signed_off}." if pathway.signed_off else NOT_SIGNED
    return Group(
        Text(printable(pathway.title), "bold"),
        Text(printable(f"{pathway.id}@{pathway.version}, {pathway.status}, {pathway.published}")),
        Text(printable(pathway.summary)),
        Text(printable(f"{drug}; {label}; {pathway.indication}; {pathway.track} track")),
        Text(signed, "yellow" if pathway.signed_off is None else ""),
    )


def _section(title: str, body: RenderableType) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", "bold")
    yield Padding(body, (0, 0, 0, 2))


def weeks_view(pathway: LibraryPathway) -> RenderableType:
    """How often each activity comes in each week; what follows another is marked ↳."""
    table = Table(box=None, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("week", no_wrap=True)
    weeks = range(1, pathway.weeks + 1)
    for week in weeks:
        table.add_column(str(week), justify="right")
    levels_row = [levels()[pathway.level_in(week)].title for week in weeks]
    for activity in pathway.activities:
        style = "bold" if activity.purpose == "dose" else ""
        table.add_row(activity.id, *_counts(pathway, activity), style=style)
    runs = [level for n, level in enumerate(levels_row) if n == 0 or levels_row[n - 1] != level]
    return Group(table, Text(" → ".join(runs), "dim"))


def _counts(pathway: LibraryPathway, activity: LibraryActivity) -> list[str]:
    weeks = range(1, pathway.weeks + 1)
    mark = "↳" if activity.after else ""
    counts = [pathway.expected(activity, week) for week in weeks]
    return [f"{mark}{count}" if count else "" for count in counts]
