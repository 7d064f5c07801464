"""What became of everything that was booked: who came, who is here now, who stayed away."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from api.demo.cast import Cast, Person
from api.demo.visits import Session
from api.demo.writing import write
from scheduler.care.attendance import absences_of
from scheduler.care.facts import Facts, House
from scheduler.store.tables import Appointment, Task

_STAYS_AWAY = 29  # one of so many group meetings is missed
_FRESH = timedelta(days=5)
_OUTCOMES = (
    ("outreach", "coordinator", "reached: was ill, comes again"),
    ("therapist-contact", "therapist", "talked about what makes coming hard"),
    ("team-review", "programme director", "goes on as planned, with evening groups"),
)


def keep_attendance(cast: Cast) -> None:
    """Tell what is over from what is going on; absences of longer ago are looked after."""
    for person in cast.people:
        for number, visit in enumerate(person.visits, start=person.number):
            if not visit.is_dose and visit.start <= cast.now:
                visit.status = _status(cast, person, visit, number)
    write(cast.session, Task, (row for p in cast.people for row in _looked_after(cast, p)))


def _status(cast: Cast, person: Person, visit: Appointment, number: int) -> str:
    if visit.end > cast.now:
        return "checked-in"
    is_group = person.protocol.activity(visit.activity).purpose == "group"
    return "noshow" if is_group and number % _STAYS_AWAY == 11 else "fulfilled"


def _looked_after(cast: Cast, person: Person) -> Iterator[dict[str, Any]]:
    """Tasks that were done after absences, so that they are not asked for once more."""
    house = House(cast.clinic, frozenset())
    absent = absences_of(Facts(house, person.patient, appointments=person.visits), person.enrolment)
    if not absent.unexcused or cast.now - absent.unexcused[-1].end < _FRESH:
        return
    missed = absent.unexcused[-1]
    for kind, owner, outcome in _OUTCOMES:
        yield {
            "kind": kind,
            "key": f"{kind}:{person.enrolment.id}:{missed.id}",
            "owner_role": owner,
            "due_at": missed.end + timedelta(hours=8),
            "status": "completed",
            "patient_id": person.id,
            "says": "an absence without notice",
            "rule": "R-41",
            "made_at": missed.end,
            "done_at": missed.end + timedelta(hours=3),
            "outcome": outcome,
        }


def keep_status(every: list[Session]) -> None:
    """Bring dose visits to where their sessions stand."""
    for one in every:
        kinds = {kind for kind, _, _ in one.events()}
        status = one.dose.status
        for kind, means in _MEANS:
            status = means if kind in kinds else status
        one.dose.status = status


_MEANS = (("arrived", "arrived"), ("check-in", "checked-in"), ("discharged", "fulfilled"))
