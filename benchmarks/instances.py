"""Named random instances in the style of the examples: ``KIND-PATIENTS-SEED``.

`python -m benchmarks.instances cohort-25-1` writes one; the same name is the same document on
every machine. Pathways stand in the examples themselves. One of kind ``one-more`` has one patient
more than its name says, who comes last and new.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from pathways.reading import parse

Document = dict[str, Any]

EXAMPLES = Path(__file__).parent.parent / "tests" / "instances"
PATHWAYS_OF = EXAMPLES / "cohort-6-100.json"

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
FIRST_MONDAY = date(2027, 1, 4)
PLANNED_DAYS = 84
"""So many days from the first Monday on may hold a closure or an absence."""


@dataclass(frozen=True)
class Kind:
    """How much of everything a clinic has: so many patients share one of each.

    ``weeks``: the patients' starts are spread over so many. ``new``: so many patients come on top
    of those whom the name counts.
    """

    weeks: int
    to_a_bay: int
    to_a_nurse: int
    to_a_therapist: int
    to_a_prescriber: int
    to_an_office: int
    new: int = 0


ENOUGH = Kind(4, to_a_bay=4, to_a_nurse=4, to_a_therapist=5, to_a_prescriber=10, to_an_office=4)
KINDS = {
    "solo": replace(ENOUGH, weeks=1),
    "cohort": ENOUGH,
    "one-more": replace(ENOUGH, new=1),
    "nurse-away": ENOUGH,
    "tight": Kind(
        4, to_a_bay=8, to_a_nurse=10, to_a_therapist=10, to_a_prescriber=20, to_an_office=8
    ),
}
GROUPS = (("iop-group", "in-person"), ("viop-group", "virtual"))
TIMES = ((("mon", "wed", "fri"), "09:00", "12:00"), (("mon", "tue", "thu"), "13:00", "16:00"))
FEWEST = {"bay": 2, "office": 3, "rn": 2, "np": 1, "th": 2}
FOUR = len(GROUPS) * len(TIMES)
TO_FOUR_SERIES = 25
"""So many patients have two series of each group to choose from."""
SEATS = 12

DAY = ["08:00-18:00"]
SHORT_DAY = ["08:00-16:00"]
LATE_DAY = ["11:00-18:00"]
LONG_DAY = ["08:00-21:00"]
AVAILABLE = ((LONG_DAY, 76), (["10:30-21:00"], 14), (["08:00-14:00", "17:00-21:00"], 10))
RIDES = ((["11:00-18:30"], 85), (["15:00-20:00"], 15))
PREFERRED = (["08:00-13:00"], ["12:00-18:00"], ["08:00-18:00"])
"""What patients prefer, in turn."""
PATHWAYS = (("iop-esketamine", 55), ("viop-iv", 45))
CLOSURES = ((0, 5), (1, 2), (2, 1), (4, 1))
CLEARANCES = ("blood-pressure", "psychiatric", "pregnancy-test")
HAS_RIDES, NURSE_HAS_A_DAY_OFF, THERAPIST_IS_LATE, THERAPIST_IS_AWAY = 0.35, 0.3, 0.6, 0.5


class NoSuchInstance(Exception):
    """The name is none of ``KIND-PATIENTS-SEED`` with a kind that exists."""


def is_example(name: str) -> bool:
    """Whether the name is that of a document among the examples."""
    return (EXAMPLES / f"{name}.json").exists()


def instance(name: str) -> Document:
    """The scenario of this name, without bookings; NoSuchInstance where no kind is named so."""
    match = re.fullmatch(r"(.+)-([1-9]\d*)-(\d+)", name)
    if match is None or match[1] not in KINDS:
        raise NoSuchInstance(f"{name!r}: write KIND-PATIENTS-SEED, KIND of {', '.join(KINDS)}")
    return _Drawing(name, KINDS[match[1]], int(match[2])).scenario()


class _Drawing:
    """One instance in the making, with the dice that decide about it."""

    def __init__(self, name: str, kind: Kind, patients: int) -> None:
        self.name = name
        self.kind = kind
        self.patients = patients
        self.dice = Random(name)  # noqa: S311  (nothing here is a secret)

    def scenario(self) -> Document:
        return {
            "format": "care-scenario/1",
            "clinic": self._clinic(),
            "pathways": _pathways(),
            "patients": [self._patient(number) for number in range(self.patients + self.kind.new)],
            "booked": [],
        }

    # ---- the clinic ------------------------------------------------------------------------

    def _clinic(self) -> Document:
        series = FOUR * -(-self.patients // TO_FOUR_SERIES)
        groups = [self._series(number) for number in range(series)]
        return {
            "id": self.name,
            "name": "Harbor Clinic",
            "timezone": "America/Los_Angeles",
            "slot_minutes": 15,
            "hours": _weekly(DAY),
            "closures": self._closures(),
            "resume_driving": "06:00",
            "locations": list(self._locations(len(groups))),
            "practitioners": list(self._practitioners(len(groups))),
            "groups": groups,
        }

    def _closures(self) -> list[Document]:
        wanted = self._one_of(CLOSURES)
        days = sorted(self.dice.sample(range(PLANNED_DAYS), 2 * wanted + 1))
        dates = (FIRST_MONDAY + timedelta(days=day) for day in days)
        open_days = [day for day in dates if day.weekday() < len(WEEKDAYS)]
        return [{"date": str(day), "reason": "clinic closed"} for day in open_days[:wanted]]

    def _locations(self, series: int) -> Iterator[Document]:
        kind = self.kind
        for number in self._numbers("bay", kind.to_a_bay):
            yield {"id": f"bay-{number}", "kind": "treatment-bay"}
        for number in self._numbers("office", kind.to_an_office):
            yield {"id": f"office-{number}", "kind": "office"}
        for number in range(1, series + 1):
            yield {"id": f"group-room-{number}", "kind": "group-room", "capacity": SEATS}
        for number in range(0, series, FOUR):
            yield {"id": _line(number), "kind": "virtual"}

    def _numbers(self, what: str, patients: int) -> range:
        """Numbers from 1 for so many of something that each is shared by so many patients."""
        return range(1, 1 + max(FEWEST[what], -(-self.patients // patients)))

    def _practitioners(self, series: int) -> Iterator[Document]:
        kind = self.kind
        for number in self._numbers("rn", kind.to_a_nurse):
            hours = _weekly(DAY) if number % 2 else self._nurse_hours()
            yield _person(f"rn-{number}", "monitor", hours)
        for number in self._numbers("np", kind.to_a_prescriber):
            yield _person(f"np-{number}", "prescriber", _weekly(DAY))
        for number in self._numbers("th", kind.to_a_therapist):
            yield self._therapist(number)
        for number in range(1, series + 1):
            facilitator = _person(f"gf-{number}", "therapist", _weekly(LONG_DAY))
            yield {**facilitator, "skills": ["group"]}

    def _nurse_hours(self) -> dict[str, list[str]]:
        """Every other nurse leaves early, and some have a day off."""
        hours = _weekly(SHORT_DAY)
        if self.dice.random() < NURSE_HAS_A_DAY_OFF:
            del hours[self.dice.choice(WEEKDAYS)]
        return hours

    def _therapist(self, number: int) -> Document:
        hours, away = _weekly(DAY), []
        if self.dice.random() < THERAPIST_IS_LATE:
            hours[self.dice.choice(WEEKDAYS)] = LATE_DAY
        if self.dice.random() < THERAPIST_IS_AWAY:
            first = FIRST_MONDAY + timedelta(days=self.dice.randrange(PLANNED_DAYS))
            away = [_dates(first, self.dice.randrange(3))]
        person = _person(f"th-{number}", "therapist", hours)
        return {**person, "skills": ["cbt", "dbt", "family", "couples"], "away": away}

    def _series(self, index: int) -> Document:
        activity, modality = GROUPS[index % len(GROUPS)]
        days, start, end = TIMES[index // len(GROUPS) % len(TIMES)]
        number = index + 1
        return {
            "id": f"{activity}-{number}",
            "activity": activity,
            "modality": modality,
            "capacity": SEATS,
            "location": _line(index) if modality == "virtual" else f"group-room-{number}",
            "facilitator": f"gf-{number}",
            "weekly": [{"day": day, "start": start, "end": end} for day in days],
        }

    # ---- its patients ----------------------------------------------------------------------

    def _patient(self, index: int) -> Document:
        start = FIRST_MONDAY + timedelta(weeks=self.dice.randrange(self.kind.weeks))
        cleared = _dates(start - timedelta(days=14), 104)
        patient: Document = {
            "id": f"p-{index + 1:04}",
            "pathway": self._one_of(PATHWAYS),
            "start": str(start),
            "available": self._available(),
            "unavailable": [],
            "preferred": _weekly(PREFERRED[index % len(PREFERRED)]),
            "clearances": [{"kind": kind, **cleared} for kind in CLEARANCES],
            "authorizations": [{"service": "esketamine", "units": 12, **_dates(start, 70)}],
        }
        if self.dice.random() < HAS_RIDES:
            patient["rides"] = {day: self._one_of(RIDES) for day in WEEKDAYS}
        return patient

    def _available(self) -> dict[str, list[str]]:
        """Some weekday hours that leave room for a group: who can join none is not enrolled."""
        while True:
            table = {day: self._one_of(AVAILABLE) for day in WEEKDAYS}
            if any(_holds(table, days, start, end) for days, start, end in TIMES):
                return table

    def _one_of(self, choices: Sequence[tuple[Any, int]]) -> Any:
        """One of the choices, each as likely as its share."""
        return self.dice.choices([what for what, _ in choices], [n for _, n in choices])[0]


def _line(index: int) -> str:
    """The video line of a series. No two of one time share one, or a booking fits both."""
    return f"tele-{index // FOUR + 1}" if index >= FOUR else "tele"


@cache
def _pathways() -> list[Document]:
    found: list[Document] = parse(PATHWAYS_OF.read_text("utf-8"))["pathways"]
    return found


def _holds(table: dict[str, list[str]], days: Sequence[str], start: str, end: str) -> bool:
    """Whether on each of the days a window takes in this stretch; both are HH:MM."""
    windows = ([window.split("-") for window in table[day]] for day in days)
    return all(any(first <= start and end <= last for first, last in held) for held in windows)


def _weekly(windows: list[str]) -> dict[str, list[str]]:
    return dict.fromkeys(WEEKDAYS, windows)


def _dates(first: date, days: int) -> dict[str, str]:
    """Inclusive dates: the last one lies so many days after the first."""
    return {"from": str(first), "to": str(first + timedelta(days=days))}


def _person(name: str, role: str, hours: dict[str, list[str]]) -> Document:
    return {"id": name, "roles": [role], "hours": hours, "away": []}


def main(wanted: list[str]) -> int:
    """Write each instance as a document; 2, and why, for a name that none has."""
    for name in wanted:
        try:
            sys.stdout.write(json.dumps(instance(name), indent=1) + "\n")
        except NoSuchInstance as error:
            sys.stderr.write(f"{error}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
