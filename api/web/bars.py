"""What the calendar draws: visits as bars on rows of places or of people, drafts and closed days.

Instants go to the browser as the clinic's wall clock, since its own zone may be another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from api.web.naming import Names
from api.web.texts import marked, said
from api.web.wording import place, word
from pathways import timing
from scheduler.acting import Actor
from scheduler.appointments.listing import Listed
from scheduler.protocols import pathway_of
from scheduler.store.tables import Absence, Closure, Enrolment, Location, PlanVersion, Practitioner

NO_PLACE: Final = " "
"""The row of visits that are at no place; no place can be called so."""

_NO_PLACE: Final = marked("No place")
_CLOSED, _AWAY = marked("closed"), marked("away")
_DRAFT: Final = marked("draft {number}")
_MOVABLE: Final = "booked"
_UNDER_WAY: Final = "checked-in"
"""How long a visit is follows from its pathway, until somebody is not ready to leave."""
_NOT_DRAWN: Final = frozenset({"cancelled", "entered-in-error"})


@dataclass(frozen=True)
class Rows:
    """By what the calendar has rows: ``places`` or ``people``."""

    by: str

    def taken(
        self, location: str | None, people: Iterable[str], stages: Iterable[Mapping[str, Any]]
    ) -> list[str]:
        """The rows on which a visit is drawn: its place, or all who treat and watch there."""
        if self.by == "places":
            return [location or NO_PLACE]
        watching = (stage.get("practitioner") for stage in stages)
        return sorted({*people, *filter(None, watching)})

    def heads(self, session: Session, actor: Actor, first: date) -> list[dict[str, str]]:
        """The rows that there are, in the clinic's order."""
        if self.by == "people":
            people = select(Practitioner).where(Practitioner.clinic_id == actor.clinic_id)
            staff = session.exec(people.order_by(col(Practitioner.position)))
            here = (row for row in staff if row.leaves_on is None or row.leaves_on > first)
            return [{"id": row.id, "title": row.name or place(row.id)} for row in here]
        houses = select(Location).where(Location.clinic_id == actor.clinic_id)
        rooms = session.exec(houses.order_by(col(Location.position)))
        kept = [row for row in rooms if row.retired_on is None or row.retired_on > first]
        heads = [{"id": row.id, "title": place(row.id)} for row in kept]
        return [*heads, {"id": NO_PLACE, "title": said(_NO_PLACE, actor.language)}]


def wall(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as the clock on the clinic's wall shows it."""
    return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")


def activity_titles(session: Session, actor: Actor) -> Mapping[str, str]:
    """What activities are called, on all pathways on which somebody is."""
    enrolments = session.exec(
        select(Enrolment).where(
            Enrolment.clinic_id == actor.clinic_id, Enrolment.status == "active"
        )
    )
    pathways = {(e.pathway_id, e.pathway_version): e for e in enrolments}
    return {a.id: a.title for e in pathways.values() for a in pathway_of(session, e).activities}


def bars_of(
    visits: Iterable[Listed], rows: Rows, names: Names, titles: Mapping[str, str], now: datetime
) -> list[dict[str, Any]]:
    """The bars of some visits; a meeting of many is one bar."""
    drawn = [visit for visit in visits if visit.row.status not in _NOT_DRAWN]
    together = groupby(sorted(drawn, key=_meeting), key=_meeting)
    return [_bar(list(some), rows, names, titles, now) for _, some in together]


def _meeting(visit: Listed) -> tuple[str, ...]:
    """What visits of one meeting share; a visit of its own shares it with nobody."""
    row = visit.row
    own = row.series_id or str(row.id)
    return (row.start.isoformat(), own, row.location_id or "", row.activity)


def _bar(
    visits: list[Listed], rows: Rows, names: Names, titles: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    row = visits[0].row
    people = [name for visit in visits for name in visit.patients]
    what = said(titles.get(row.activity, word(row.activity)), names.language)
    alone = len(visits) == 1
    return {
        "id": str(row.id),
        "resourceIds": rows.taken(row.location_id, row.practitioners, row.stages),
        "start": wall(row.start, names.zone),
        "end": wall(row.end, names.zone),
        "title": _who(people, names) if alone or len(people) < 3 else f"{what} ({len(people)})",
        "startEditable": alone and row.status == _MOVABLE and row.start > now,
        "durationEditable": row.is_dose and row.status == _UNDER_WAY,
        "classNames": [
            *("dose",) * row.is_dose,
            *("meeting",) * (not alone),
            *("tentative",) * any(visit.tentative for visit in visits),
            *("held",) * (row.status == "pending" or row.hold_reason is not None),
            f"is-{row.status}",
        ],
        "extendedProps": {
            "what": what if alone or len(people) < 3 else _who(people, names),
            "where": names.where_and_who(row.location_id, row.practitioners),
            "status": word(row.status, names.language),
            "patients": people,
            "activity": row.activity,
            "occurrence": row.occurrence,
            "version": row.version,
            "at": row.start.isoformat(),
            "until": row.end.isoformat(),
            "path": f"/visits/{row.id}",
        },
    }


def beside(bar: Mapping[str, Any]) -> dict[str, Any]:
    """What a bar has beside what its line of the list says: the page brings both along.

    So a first visit asks for nothing twice. Whose it is matters to the script where it may move.
    """
    props = bar["extendedProps"]
    found: dict[str, Any] = {name: bar[name] for name in ("resourceIds", "start", "end")}
    if bar["startEditable"]:
        found |= {name: props[name] for name in ("patients", "activity", "occurrence", "version")}
    return found | ({"lengthens": True} if bar["durationEditable"] else {})


def _who(people: Iterable[str], names: Names) -> str:
    return ", ".join(names.patient(name) for name in people)


def drafts_of(
    session: Session, actor: Actor, dates: tuple[date, date], rows: Rows, names: Names
) -> list[dict[str, Any]]:
    """What drafts would book on some dates, both included; each bar leads to its draft."""
    drafts = session.exec(
        select(PlanVersion.number, PlanVersion.changes).where(
            PlanVersion.clinic_id == actor.clinic_id, PlanVersion.status == "draft"
        )
    )
    return [
        _ghost(number, change, rows, names)
        for number, changes in drafts
        for change in changes
        if change["after"] and _is_on(change["after"], dates, names.zone)
    ]


def _is_on(planned: Mapping[str, Any], dates: tuple[date, date], zone: ZoneInfo) -> bool:
    day = timing.local_date(datetime.fromisoformat(planned["start"]), zone)
    return dates[0] <= day <= dates[1]


def _ghost(number: int, change: Mapping[str, Any], rows: Rows, names: Names) -> dict[str, Any]:
    planned = change["after"]
    return {
        "id": f"draft-{number}-{planned['patients'][0]}-{planned['start']}",
        "resourceIds": rows.taken(
            planned.get("location"), planned["practitioners"], planned["stages"]
        ),
        "start": wall(datetime.fromisoformat(planned["start"]), names.zone),
        "end": wall(datetime.fromisoformat(planned["end"]), names.zone),
        "title": _who(planned["patients"], names),
        "startEditable": False,
        "durationEditable": False,
        "classNames": ["draft"],
        "extendedProps": {
            "what": said(_DRAFT, names.language).format(number=number),
            "path": f"/plans/{number}",
        },
    }


def shut(
    session: Session, actor: Actor, dates: tuple[date, date], rows: Rows
) -> Iterator[dict[str, Any]]:
    """Days on which the clinic is closed, or somebody is away, as shades behind the bars."""
    closures = session.exec(
        select(Closure).where(
            Closure.clinic_id == actor.clinic_id,
            col(Closure.day) >= dates[0],
            col(Closure.day) <= dates[1],
        )
    ).all()
    everybody = [head["id"] for head in rows.heads(session, actor, dates[0])]
    for closure in closures:
        yield _shade(closure.day, everybody, closure.reason or said(_CLOSED, actor.language))
    if rows.by != "people":
        return
    absences = session.exec(
        select(Absence).where(
            Absence.clinic_id == actor.clinic_id,
            col(Absence.first) <= dates[1],
            col(Absence.last) >= dates[0],
        )
    )
    for absence in absences:
        first, last = max(absence.first, dates[0]), min(absence.last, dates[1])
        for day in timing.dates_between(first, last):
            yield _shade(day, [absence.practitioner_id], said(_AWAY, actor.language))


def _shade(day: date, resources: list[str], why: str) -> dict[str, Any]:
    return {
        "start": f"{day}T00:00",
        "end": f"{day}T23:59",
        "display": "background",
        "title": why,
        "resourceIds": resources,
        "classNames": ["shut"],
    }
