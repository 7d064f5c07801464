"""A pathway of the library on the screen, part by part."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.terminal import printable
from api.cli.wording import hours_text
from pathways.levels import levels
from pathways.model import LocationNeed, RoleNeed
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity
from pathways.protocol.care import Measure
from pathways.sources import sources

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
    """Everything that a pathway holds."""
    parts = (
        ("Weeks", weeks_view(pathway)),
        ("Sessions", _lines(_session_lines(pathway))),
        ("Dose visits", _lines(_visit_lines(pathway))),
        ("Screening", _lines(_screening_lines(pathway))),
        ("Clearances", _lines(_clearance_lines(pathway))),
        ("Consents and medicines", _lines(_consent_lines(pathway))),
        ("Evaluations", _lines(_evaluation_lines(pathway))),
        ("Measures", _lines(_measure_lines(pathway))),
        ("Before a dose", _lines(f"{i.title}: {i.words}" for i in pathway.instructions)),
        ("Vital signs", _lines(_vitals_lines(pathway))),
        ("Leaving", _lines(item.words for item in pathway.discharge)),
        ("Note for the patient", _lines([pathway.no_driving.words])),
        ("What patients are told", _lines(f"{e.title}: {e.words}" for e in pathway.education)),
        ("Reminders", _lines(_reminder_lines(pathway))),
        ("Sources", _lines(_source_lines(pathway))),
    )
    sections = [section for title, body in parts for section in _section(title, body)]
    return Group(_heading(pathway), *sections)


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


def _lines(lines: Iterable[str]) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        table.add_row("·", Text(printable(line)))
    return table


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
    if activity.after is None:
        return [str(activity.per_week(week) or "") for week in weeks]
    anchor = pathway.activity(activity.after.activity)
    later = activity.after.lag.ideal // timedelta(weeks=1)
    counts = [anchor.per_week(week - later) for week in weeks]
    return [f"↳{count}" if count else "" for count in counts]


def _session_lines(pathway: LibraryPathway) -> Iterator[str]:
    for activity in pathway.activities:
        told = [_length(activity), *_needs(activity), *_spacing(activity)]
        yield f"{activity.title} ({activity.id}): {', '.join(told)}"


def _length(activity: LibraryActivity) -> str:
    minutes = activity.meeting_minutes or int(activity.length / timedelta(minutes=1))
    return f"{activity.modality}, {minutes} min"


def _needs(activity: LibraryActivity) -> Iterator[str]:
    for need in activity.needs:
        if isinstance(need, LocationNeed) and need.location != "virtual":
            yield need.location
        elif isinstance(need, RoleNeed):
            same = f" ({need.same_person} the same)" if need.same_person else ""
            yield f"{need.role}{f' for {need.skill}' if need.skill else ''}{same}"


def _spacing(activity: LibraryActivity) -> Iterator[str]:
    if activity.after:
        lag = activity.after.lag
        span = f"{hours_text(lag.min)} to {hours_text(lag.max)}"
        yield f"{span} after {activity.after.activity}, best {hours_text(lag.ideal)}"
    yield from (f"after {b.activity} {b.occurrence}" for b in activity.preceded_by)
    if activity.min_days_between:
        yield f"at least {activity.min_days_between} days apart"
    if activity.max_in_days:
        yield f"at most {activity.max_in_days.count} in {activity.max_in_days.days} days"
    if activity.rest_of_day:
        yield "nothing after it that day"
    if activity.aims:
        yield f"aims: {'; '.join(activity.aims)}"


def _visit_lines(pathway: LibraryPathway) -> Iterator[str]:
    for visit in pathway.visits:
        for stage in visit.stages:
            watched = f", one nurse for {stage.monitor_ratio}" if stage.monitor_ratio else ""
            there = ", prescriber on site" if stage.prescriber_on_site else ""
            yield f"{visit.title}, {stage.id}: {stage.minutes} min{watched}{there}"


def _screening_lines(pathway: LibraryPathway) -> Iterator[str]:
    for item in pathway.screening:
        cleared = f"; cleared by {' and '.join(item.cleared_by)}" if item.cleared_by else ""
        yield f"{item.question} {item.strength}, {item.asked}{cleared}"


def _clearance_lines(pathway: LibraryPathway) -> Iterator[str]:
    for one in pathway.clearances:
        fresh = one.first_dose_within_days
        first = f", first dose within {fresh} days" if fresh else ""
        yield f"{one.title} ({one.id}): {' or '.join(one.given_by)}, {one.valid_days} days{first}"


def _consent_lines(pathway: LibraryPathway) -> Iterator[str]:
    for form in pathway.consents:
        lead = f", {hours_text(form.lead)} before" if form.lead else ""
        yield f"{form.title}: for {form.needed_for}{lead}"
    for medicine in pathway.medicines:
        yield f"{medicine.title}: {medicine.why}; {medicine.action}"


def _evaluation_lines(pathway: LibraryPathway) -> Iterator[str]:
    for one in pathway.evaluations:
        when = (
            f"after dose {one.after_dose}"
            if one.after_dose
            else f"day {one.from_day}-{one.to_day}, before doses from day {one.gate_day} on"
        )
        yield f"{one.title} {when}, by the {one.by}: {', '.join(one.measures)}"


def _measure_lines(pathway: LibraryPathway) -> Iterator[str]:
    for measure in pathway.measures:
        yield f"{measure.id}, {measure.title}: {', '.join(_due(measure))}"


def _due(measure: Measure) -> Iterator[str]:
    if measure.baseline:
        yield "no first dose without it"
    if measure.within:
        yield f"not older than {hours_text(measure.within)} at a dose"
    if measure.every_days:
        yield f"every {measure.every_days} days"
    yield from measure.at


def _vitals_lines(pathway: LibraryPathway) -> Iterator[str]:
    for check in pathway.vitals.checks:
        must = "; never skipped" if check.mandatory else ""
        yield f"{check.id.replace('-', ' ')}: {', '.join(check.signs)}{must}"


def _reminder_lines(pathway: LibraryPathway) -> Iterator[str]:
    for step in sorted(pathway.reminders, key=lambda reminder: reminder.id):
        offsets = ", ".join(step.offsets)
        yield f"{step.id} {step.about} {offsets} to {', '.join(step.to)}: {step.says}"


def _source_lines(pathway: LibraryPathway) -> Iterator[str]:
    for key in sorted(_cited(pathway.model_dump())):
        source = sources()[key]
        where = "" if source.address in ("unknown", "none") else f" {source.address}"
        yield f"{key}: {source.title}, {source.publisher}{where}"


def _cited(value: object) -> set[str]:
    """The keys of all sources that a pathway names, wherever it names them."""
    if isinstance(value, dict):
        named = value.get("source") or {}
        inside = (_cited(inner) for field, inner in value.items() if field != "source")
        return {key for keys in named.values() for key in keys}.union(*inside)
    if isinstance(value, list | tuple):
        return set[str]().union(*map(_cited, value))
    return set()
