"""The base of every record, and the field types that a document's texts become.

A record is frozen, refuses unknown keys and is valid once it exists.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)

from pathways import timing
from pathways.timing import Window

T = TypeVar("T")
D = TypeVar("D", date, datetime)

Fault = tuple[str, str]
"""The place in a record, and what is wrong there and what would be right."""


class Faults(ValueError):
    """A record is wrong in one or more places, each named from the record on."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{place}: {says}" if place else says for place, says in faults))
        self.faults = faults


class Record(BaseModel):
    """A frozen record without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def refuse_faults(record: T, checks: Iterable[Callable[[T], list[Fault]]]) -> T:
    """The record itself, or every fault that the checks find in it, together."""
    faults = [fault for check in checks for fault in check(record)]
    if faults:
        raise Faults(faults)
    return record


def twice(names: Iterable[str]) -> list[str]:
    """The names that stand more than once, in order."""
    return sorted(name for name, times in Counter(names).items() if times > 1)


def repeated(names: Iterable[str]) -> list[tuple[int, str]]:
    """The names that have stood before, each with its number among all."""
    seen: set[str] = set()
    found = []
    for number, name in enumerate(names):
        if name in seen:
            found.append((number, name))
        seen.add(name)
    return found


def _from_text(parse: Callable[[str], T], kind: type) -> BeforeValidator:
    def read(value: object) -> T:
        if isinstance(value, kind):
            return value  # type: ignore[return-value]  # already what parse would return
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a text; put it in quotes")
        return parse(value)

    return BeforeValidator(read)


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text) if len(text) == len("2027-01-31") else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"{text!r} is not a date; write YYYY-MM-DD, such as 2027-01-31")
    return found


def _near(moment: D) -> D:
    """The date or instant itself; ValueError where its year can only be a slip of the pen."""
    if moment.year not in timing.YEARS:
        years = f"{timing.YEARS[0]} to {timing.YEARS[-1]}"
        raise ValueError(f"{moment.isoformat()} lies outside the years {years}; mend its year")
    return moment


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None


def _local_time(text: str) -> datetime:
    found = _moment(text)
    if found is None or found.tzinfo is not None:
        raise ValueError(
            f"{text!r} is not a local date and time; write YYYY-MM-DDTHH:MM without an offset"
        )
    # Held as UTC only so that no naive datetime exists; its zone is the clinic's.
    return found.replace(tzinfo=UTC)


def _instant(text: str) -> datetime:
    found = _moment(text)
    if found is None or found.tzinfo is None:
        raise ValueError(
            f"{text!r} is not an instant; write ISO 8601 with an offset, "
            "such as 2027-01-31T09:00:00-05:00"
        )
    return _near(found)


def _with_its_offset(moment: datetime) -> datetime:
    """The same instant with the offset in force and no zone.

    Python compares and subtracts two datetimes of one zone by the wall clock, which is wrong over
    the nights in which clocks change.
    """
    if isinstance(moment.tzinfo, timezone) and not moment.fold:
        return moment  # as a document's are, of which there are thousands
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{moment.isoformat()} has no offset; an instant needs one")
    return moment.replace(tzinfo=timezone(offset), fold=0)


def _zone_name(text: str) -> str:
    timing.zone(text)
    return text


def _schema(description: str, **keys: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, **keys})


_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"


def plain(name: str) -> str:
    """An id itself; ValueError where it has signs that nobody sees."""
    if not name.isprintable() or name != name.strip():
        raise ValueError(
            f"{name!r} is no plain id; write letters, digits and signs that can be printed, "
            "without a space before or after"
        )
    return name


Id = Annotated[str, StringConstraints(strict=True, min_length=1), AfterValidator(plain)]
Text = Annotated[str, StringConstraints(strict=True)]
Count = Annotated[StrictInt, Field(ge=1, le=10**9)]
Weight = Annotated[StrictInt, Field(ge=0)]
ZoneName = Annotated[
    str, _from_text(_zone_name, type(None)), _schema("IANA time zone, such as America/New_York")
]
Date = Annotated[
    date,
    _from_text(_date, date),
    PlainSerializer(date.isoformat, return_type=str),
    _schema("YYYY-MM-DD", format="date"),
]
StartDate = Annotated[Date, AfterValidator(_near)]
Instant = Annotated[
    datetime,
    _from_text(_instant, datetime),
    AfterValidator(_with_its_offset),
    PlainSerializer(datetime.isoformat, return_type=str),
    _schema("ISO 8601 with an offset", format="date-time"),
]
LocalTime = Annotated[
    datetime,
    _from_text(_local_time, datetime),
    PlainSerializer(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S"), return_type=str),
    _schema("local date and time of the clinic, YYYY-MM-DDTHH:MM"),
]
Clock = Annotated[
    int,
    _from_text(timing.clock_minutes, type(None)),
    PlainSerializer(timing.clock_text, return_type=str),
    _schema("HH:MM", pattern=f"^{_TIME}$"),
]
EndClock = Annotated[
    int,
    _from_text(lambda text: timing.clock_minutes(text, midnight_ends=True), type(None)),
    PlainSerializer(timing.clock_text, return_type=str),
    _schema("HH:MM, 24:00 for the end of the day", pattern=f"^({_TIME}|24:00)$"),
]
DayWindow = Annotated[
    Window,
    _from_text(timing.window, Window),
    PlainSerializer(str, return_type=str),
    _schema("HH:MM-HH:MM, half-open", pattern=f"^{_TIME}-({_TIME}|24:00)$"),
]
Elapsed = Annotated[
    timedelta,
    _from_text(timing.duration, timedelta),
    PlainSerializer(timing.duration_text, return_type=str),
    _schema("ISO 8601 duration, such as PT18H or P3D (a day is 24 hours)"),
]


def _day_key(text: str) -> str:
    if text in timing.WEEKDAYS:
        return text
    try:
        return _date(text).isoformat()
    except ValueError:
        raise ValueError(
            f"{text!r} is not a day; write mon, tue, wed, thu, fri, sat, sun or YYYY-MM-DD"
        ) from None


DayKey = Annotated[
    str, _from_text(_day_key, type(None)), _schema("mon … sun, or a date that replaces its weekday")
]


def _in_order(windows: Iterable[Window]) -> list[tuple[int, Window]]:
    """The windows in order of time, each with its number as they are written."""
    return sorted(enumerate(windows), key=lambda numbered: numbered[1])


class WeekTable(RootModel[dict[DayKey, tuple[DayWindow, ...]]]):
    """Windows by weekday; a date as a key replaces its weekday on that date alone.

    A day without an entry has no windows. Windows that touch are joined.
    """

    model_config = ConfigDict(frozen=True)

    @field_validator("root")
    @classmethod
    def _windows_keep_apart(cls, table: dict[str, tuple[Window, ...]]) -> dict[str, Any]:
        faults = [
            (f"{day}[{max(one, other)}]", f"{before} and {after} overlap; make them one window")
            for day, windows in table.items()
            for (one, before), (other, after) in pairwise(_in_order(windows))
            if after.start < before.end
        ]
        if faults:
            raise Faults(faults)
        return table

    def on_weekday(self, day: str) -> tuple[Window, ...]:
        """The joined windows of ``mon`` … ``sun``, dates as keys left aside."""
        return timing.joined(self.root.get(day, ()))

    def on(self, day: date) -> tuple[Window, ...]:
        """The joined windows of a date."""
        return timing.joined(self.root.get(day.isoformat(), self.root.get(timing.weekday(day), ())))

    def names(self, day: date) -> bool:
        """Whether the date stands in the table as a key of its own."""
        return day.isoformat() in self.root


class DateRange(Record):
    """Dates from the first to the last, both included."""

    first: Date = Field(alias="from")
    last: Date = Field(alias="to")

    @field_validator("last")
    @classmethod
    def _runs_forward(cls, last: date, info: Any) -> date:
        first = info.data.get("first")
        if first is not None and last < first:
            raise ValueError(f"ends on {last}, before it begins on {first}; swap the dates")
        return last

    def holds(self, day: date) -> bool:
        """Whether the date is one of them."""
        return self.first <= day <= self.last
