"""The weeks of a patient drawn for a terminal: a calendar, and what matters about each dose.

Readable without colour and from 80 columns on; colour only repeats what the words say.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from api.cli.terminal import printable
from api.cli.weeks import PatientWeeks, Visit
from api.cli.wording import (
    day_text,
    days_text,
    hours_text,
    moment_text,
    occurrences_text,
    span_text,
    together,
)

DOSE, FOLLOWS = "◆", "↳"
"""A dose, after which the patient may not drive; a session that follows another."""
_STYLES = {DOSE: "bold magenta", FOLLOWS: "green", "": ""}
_PARTS_OF_DAY = (range(12), range(12, 17), range(17, 24))
_EMPTY_DAY = 3
_WIDEST_DAY = 24
_WIDE = 100


def patient_heading(weeks: PatientWeeks) -> RenderableType:
    """Who this is, on which pathway, in which groups."""
    title = Text(printable(weeks.patient), "bold")
    if weeks.heading:
        title.append(f" · {printable(weeks.heading)}", "not bold")
    lines = [Text(printable(f"{name}: {where}"), "dim") for name, where in weeks.series]
    return Group(Rule(title, align="left", style="dim"), *lines)


def week_view(weeks: PatientWeeks, week: int, width: int) -> RenderableType:
    """One week: its days side by side, then the stages of each dose and what follows it."""
    days = [weeks.first_day + timedelta(days=7 * (week - 1) + number) for number in range(7)]
    heading = Text(f"\nWeek {week}", "bold")
    heading.append(f"  {days_text(days[0], days[-1])}", "not bold dim")
    doses = [dose_view(visit, weeks, width) for visit in weeks.within(week) if visit.dose]
    return Group(heading, _days(weeks, days, width), *([Text(), *doses] if doses else []))


def _days(weeks: PatientWeeks, days: Sequence[date], width: int) -> RenderableType:
    """A row for each part of the day on which the patient comes, so that hours stand level."""
    gap = 1 if width < _WIDE else 2
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False)
    rooms = _rooms(weeks, days, width - len(days) * gap)
    for day, room in zip(days, rooms, strict=True):
        heading = f"{day:%a} {day.day}" if room > _EMPTY_DAY else f"{day:%a}"
        table.add_column(Text(heading, "underline"), width=room, overflow="fold")
    for row in _rows(weeks, days, max(rooms)):
        if table.row_count:
            table.add_row()
        table.add_row(*row)
    return Padding(table, (0, 0, 0, 1))


def _rooms(weeks: PatientWeeks, days: Sequence[date], width: int) -> list[int]:
    """Columns for each day: weekdays on which the patient never comes are narrow in all weeks."""
    used = {visit.start.weekday() for visit in weeks.visits}
    empty = sum(day.weekday() not in used for day in days)
    free = width - 1 - empty * _EMPTY_DAY
    room = max(_EMPTY_DAY + 1, min(_WIDEST_DAY, free // max(1, len(days) - empty)))
    return [room if day.weekday() in used else _EMPTY_DAY for day in days]


def _rows(weeks: PatientWeeks, days: Sequence[date], room: int) -> Iterator[list[Text]]:
    if any(day in weeks.closed for day in days) or not any(weeks.on(day) for day in days):
        yield [_remark(weeks, day) for day in days]
    for hours in _PARTS_OF_DAY:
        cells = [[v for v in weeks.on(day) if v.start.hour in hours] for day in days]
        if any(cells):
            yield [Text("\n\n").join(_visit(v, weeks, room) for v in visits) for visits in cells]


def _remark(weeks: PatientWeeks, day: date) -> Text:
    """What there is to say about a day as a whole."""
    if day in weeks.closed:
        return Text(printable(f"closed: {weeks.closed[day]}".removesuffix(": ")), "dim")
    return Text("" if weeks.on(day) else "·", "dim")


def _visit(visit: Visit, weeks: PatientWeeks, room: int) -> Text:
    mark = _mark(visit)
    hours = span_text(visit.start, visit.end)
    lines = [
        Text(hours if len(hours) <= room else hours.replace("-", "-\n")),
        Text(printable(f"{mark} {visit.title}").lstrip(), _STYLES[mark]),
    ]
    if visit.lag is not None:
        lines.append(Text(f"{hours_text(visit.lag)} after", "dim"))
    if visit.appointment.activity not in weeks.group_activities:  # its heading says where it is
        lines.append(Text(printable(_where(visit, weeks.patient)), "dim"))
    return Text("\n").join(line for line in lines if line)


def _mark(visit: Visit) -> str:
    if visit.dose:
        return DOSE
    return FOLLOWS if visit.lag is not None else ""


def _where(visit: Visit, patient: str) -> str:
    """Where and with whom; a partner who comes too is named."""
    booked = visit.appointment
    others = [f"with {name}" for name in booked.patients if name != patient]
    return " ".join(filter(None, [booked.location, *booked.practitioners, *others]))


def dose_view(visit: Visit, weeks: PatientWeeks, width: int) -> RenderableType:
    """A dose with its stages, the hour from which the patient drives again, and what follows."""
    heading = Text(printable(f"{DOSE} {visit.title}"), _STYLES[DOSE])
    heading.append(
        f"  {day_text(visit.start.date())} {span_text(visit.start, visit.end)}", "not bold default"
    )
    room = width - 4
    stages = _flow([*_stages(visit)], room)
    after = _flow([_no_driving(visit), *_followers(visit, weeks)], room)
    return Padding(Group(heading, Padding(Group(stages, after), (0, 0, 0, 2))), (0, 0, 0, 1))


def _stages(visit: Visit) -> Iterator[Text]:
    for stage in visit.stages():
        monitor = f" {stage.practitioner}" if stage.practitioner else ""
        text = Text(f"{span_text(stage.start, stage.end)} ")
        text.append(printable(stage.id))
        text.append(printable(monitor), "dim")
        yield text


def _no_driving(visit: Visit) -> Text:
    until = moment_text(visit.drives_from) if visit.drives_from else ""
    return Text(f"no driving or heavy machinery before {until}", "yellow")


def _followers(visit: Visit, weeks: PatientWeeks) -> Iterator[Text]:
    for later in weeks.visits:
        if later.lag is not None and later.lag_after is visit.appointment:
            when = moment_text(later.start)
            aim = f", to {later.aim}" if later.aim else ""
            words = f"{FOLLOWS} {later.title}: {when}, {hours_text(later.lag)} later{aim}"
            yield Text(printable(words), "green")


def _flow(parts: Sequence[Text], width: int) -> Text:
    """Parts side by side, a new line where the next would not fit."""
    text, used = Text(), 0
    for part in parts:
        if used and used + 3 + part.cell_len > width:
            text.append("\n")
            used = 0
        if used:
            text.append(" · ", "dim")
            used += 3
        text.append_text(part)
        used += part.cell_len
    return text


def unplaced_view(weeks: PatientWeeks) -> Iterator[RenderableType]:
    """What could not be placed, and every reason."""
    if weeks.unplaced:
        yield Text("\nNot placed", "bold red")
    yield from unplaced_lines(weeks, "")


def unplaced_lines(weeks: PatientWeeks, before: str) -> Iterator[RenderableType]:
    """Each occurrence without a time, some words before it, its reasons under it."""
    for title, numbers, reasons in together(weeks.unplaced):
        yield Text(printable(f" {before}{occurrences_text(title, numbers)}"), "bold")
        for reason in reasons:
            yield Padding(Text(printable(f"{reason.rule}: {reason.detail}")), (0, 0, 0, 3))
