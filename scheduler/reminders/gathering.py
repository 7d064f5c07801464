"""From the store to what messages are about: appointments, enrolments, weeks of a programme."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlmodel import Session

from pathways import timing
from pathways.protocol import LibraryPathway
from pathways.protocol.course import Reminder
from scheduler.care.facts import Facts
from scheduler.protocols import pathway_of, protocol_of
from scheduler.reminders import contents, people
from scheduler.reminders.catalogue import usual_ladder
from scheduler.reminders.people import People, rows_in
from scheduler.reminders.planning import Happening, Recipient, Subject, Wanted, wanted
from scheduler.store.tables import Appointment, AppointmentPatient, Clinic, Enrolment

TAKES_PLACE = frozenset({"booked", "arrived", "checked-in", "fulfilled"})
_SESSION = "group"  # any session that is no dose is told of like a group's meeting
_ABOUT = {
    "integration": "integration",
    "family": "family",
    "couples": "couples",
    "mat": "mat",
}


@dataclass(frozen=True)
class Outline:
    """The first visit, the first dose, and the Mondays of the weeks in which there is a visit."""

    first_visit: datetime | None
    first_dose: datetime | None
    first_dose_id: UUID | None
    weeks: frozenset[date]


@dataclass(frozen=True)
class Course:
    """One enrolment with its appointments in order of time, and who can be reached how.

    Those that messages are written about are whole; of the others only some columns are known.
    """

    enrolment: Enrolment
    protocol: LibraryPathway | None
    appointments: Sequence[Any]
    purposes: dict[str, str]
    taking_part: Mapping[UUID, Sequence[str]]
    people: People

    @property
    def ladder(self) -> tuple[Reminder, ...]:
        """The reminders of its protocol, or the usual ones."""
        return self.protocol.reminders if self.protocol else usual_ladder()

    @cached_property
    def visits(self) -> list[Appointment]:
        """Those that still stand, in order of time."""
        return [row for row in self.appointments if row.status in TAKES_PLACE]

    @property
    def first_dose(self) -> Appointment | None:
        """The first dose of the course."""
        return next((row for row in self.visits if row.is_dose), None)

    def outline(self, *, without: Collection[UUID] = ()) -> Outline:
        """What messages about the course as a whole say of its visits, or would without some."""
        pairs = [
            (row, monday)
            for row, monday in zip(self.visits, self._mondays, strict=True)
            if not without or row.id not in without
        ]
        dose = next((row for row, _ in pairs if row.is_dose), None)
        return Outline(
            pairs[0][0].start if pairs else None,
            dose.start if dose else None,
            dose.id if dose else None,
            frozenset(monday for _, monday in pairs),
        )

    @cached_property
    def _mondays(self) -> list[date]:
        """The Monday of the week of each visit that still stands, as its patient's clock has it."""
        zone = self.people.zone_of(self.enrolment.patient_id)
        days = [timing.local_date(row.start, zone) for row in self.visits]
        return [day - timedelta(days=day.weekday()) for day in days]


def courses(session: Session, clinic: Clinic, enrolment_ids: Iterable[UUID]) -> list[Course]:
    """These enrolments, each with all of its appointments."""
    names = sorted(set(enrolment_ids), key=str)
    enrolments = rows_in(session, clinic.id, Enrolment, "id", names)
    booked = rows_in(session, clinic.id, Appointment, "enrolment_id", names)
    parts = rows_in(
        session, clinic.id, AppointmentPatient, "appointment_id", [row.id for row in booked]
    )
    taking_part: dict[UUID, list[str]] = {}
    for part in sorted(parts, key=lambda part: part.position):
        taking_part.setdefault(part.appointment_id, []).append(part.patient_id)
    patients = {p.patient_id for p in parts} | {e.patient_id for e in enrolments}
    known = people.load(session, clinic, patients)
    return [_course(session, enrolment, booked, taking_part, known) for enrolment in enrolments]


def courses_of(
    session: Session, booked: Iterable[Appointment], facts: Mapping[str, Facts]
) -> list[Course]:
    """The courses of some appointments, by what was gathered of all who take part in them."""
    whole: dict[UUID, Any] = {row.id: row for row in booked}
    ids = {row.enrolment_id for row in whole.values()}
    found = [(one, e) for one in facts.values() for e in one.enrolments if e.id in ids]
    if not found:
        return []
    known = people.known(facts)
    return [
        _course(
            session,
            enrolment,
            [whole.get(visit.id, visit) for visit in one.appointments],
            one.taking_part,
            known,
        )
        for one, enrolment in found
    ]


def _course(
    session: Session,
    enrolment: Enrolment,
    booked: Sequence[Any],
    taking_part: Mapping[UUID, Sequence[str]],
    known: People,
) -> Course:
    protocol = protocol_of(enrolment)
    own = sorted(
        (row for row in booked if row.enrolment_id == enrolment.id), key=lambda row: row.start
    )
    if protocol is not None:
        purposes = {activity.id: str(activity.purpose) for activity in protocol.activities}
    else:
        activities = pathway_of(session, enrolment).activities
        purposes = {a.id: "integration" if a.after else "individual" for a in activities}
    return Course(enrolment, protocol, own, purposes, taking_part, known)


def wanted_for_appointments(
    course: Course, appointment_ids: set[UUID] | None, *, now: datetime
) -> Iterator[tuple[Wanted, str]]:
    """The messages for these appointments of a course (for all without), and about whom each is."""
    for row in course.appointments:
        if appointment_ids is not None and row.id not in appointment_ids:
            continue
        for number, patient in enumerate(course.taking_part.get(row.id, [])):
            for happening in _happenings(course, row, patient):
                for found in wanted(happening, course.ladder, now=now):
                    if number == 0 or not found.recipient.startswith("role:"):
                        yield found, patient


def _happenings(course: Course, row: Appointment, patient: str) -> Iterator[Happening]:
    """What there is to tell of one appointment to one who takes part in it."""
    for about in _abouts(course, row):
        yield Happening(
            about=about,
            subject=Subject("appointment", str(row.id), row.version),
            patient=course.people.recipient(patient),
            start=row.start,
            end=row.end,
            first_drug=contents.first_drug(row, course.protocol),
            cut_off=contents.cut_off(row, course.protocol),
            note_until=contents.note_until(row, course.protocol),
            ride=_ride(course, row, patient),
            guests=course.people.guests(patient),
            first_week=_week_of(course, row) == 1,
            facts={"appointment": str(row.id), "start": row.start.isoformat()},
        )


def _abouts(course: Course, row: Appointment) -> Iterator[str]:
    purpose = course.purposes.get(row.activity, "")
    if row.status == "noshow":
        yield "missed appointment"
        if row.is_dose:
            yield "dose missed"
        if purpose == "integration":
            yield "integration missed"
    elif row.status in TAKES_PLACE:
        yield from _planned_abouts(course, row, purpose)


def _planned_abouts(course: Course, row: Appointment, purpose: str) -> Iterator[str]:
    if row.is_dose:
        yield from ("dose", "no reply", "measures", "supply", "integration not booked")
        if row.modality != "virtual" and not (course.protocol and course.protocol.home):
            yield "ride"
        return
    yield _ABOUT.get(purpose, _SESSION)
    if row.modality == "virtual":
        yield "virtual session"


def _ride(course: Course, row: Appointment, patient: str) -> Recipient | None:
    contact = course.people.rides.get(str(row.ride_contact_id))
    if contact is None or contact.patient_id != patient:
        return None
    return Recipient(f"ride:{contact.id}", course.people.zone_of(patient), channels=("sms",))


def _week_of(course: Course, row: Appointment) -> int:
    zone = timing.zone(course.people.clinic.timezone)
    return (timing.local_date(row.start, zone) - course.enrolment.start).days // 7 + 1


def wanted_for_enrolment(course: Course, *, now: datetime) -> Iterator[tuple[Wanted, str]]:
    """The messages that speak of a course as a whole: papers, weeks, levels, evaluations."""
    if course.enrolment.status not in ("planned", "active", "waitlist"):
        return
    for happening in _of_course(course, now):
        for found in wanted(happening, course.ladder, now=now):
            yield found, course.enrolment.patient_id


def _of_course(course: Course, now: datetime) -> Iterator[Happening]:
    whole, outline = str(course.enrolment.id), course.outline()
    yield _at_once(course, "enrolment", now)
    if course.protocol and course.protocol.phase != "induction" and outline.first_dose_id:
        proposed = {"appointment": str(outline.first_dose_id)}
        yield _at_once(course, course.protocol.phase, now, **proposed)
    if outline.first_visit:
        yield _moment(course, "enrolment", whole, "coverage", outline.first_visit)
    if outline.first_dose:
        for about in ("screening", "consent"):
            yield _moment(course, "enrolment", whole, about, outline.first_dose)
        yield from _evaluations(course, outline.first_dose)
    yield from _levels(course)
    yield from _weeks(course, outline.weeks)


def _moment(course: Course, kind: str, name: str, about: str, at: datetime) -> Happening:
    return Happening(
        about=about,
        subject=Subject(kind, name, course.enrolment.version),
        patient=course.people.recipient(course.enrolment.patient_id),
        start=at,
        end=at,
        facts={"enrolment": str(course.enrolment.id), "start": at.astimezone(UTC).isoformat()},
    )


def _at_once(course: Course, about: str, now: datetime, **more: str) -> Happening:
    """Something that is told when it is first looked at: it has no time by which it is another."""
    found = _moment(course, "enrolment", str(course.enrolment.id), about, now)
    return replace(found, facts={"enrolment": str(course.enrolment.id), **more})


def _evaluations(course: Course, first_dose: datetime) -> Iterator[Happening]:
    for evaluation in course.protocol.evaluations if course.protocol else ():
        if evaluation.to_day is not None:
            zone = timing.zone(course.people.clinic.timezone)
            day = timing.local_date(first_dose, zone) + timedelta(days=evaluation.to_day)
            name = f"{course.enrolment.id}/{evaluation.id}"
            yield _moment(course, "evaluation", name, "evaluation", _morning(course, day))


def _levels(course: Course) -> Iterator[Happening]:
    for block in course.protocol.levels if course.protocol else ():
        if block.weeks.first > 1:
            day = timing.week_dates(course.enrolment.start, block.weeks.first)[0]
            name = f"{course.enrolment.id}/{block.weeks.first}"
            yield _moment(course, "level", name, "level of care", _morning(course, day))


def _weeks(course: Course, mondays: Iterable[date]) -> Iterator[Happening]:
    """The evening before each week in which there is a visit."""
    zone = course.people.zone_of(course.enrolment.patient_id)
    for monday in sorted(mondays):
        sunday = timing.instant(monday - timing.ONE_DAY, 12 * 60, zone)
        yield _moment(course, "week", f"{course.enrolment.id}/{monday}", "week", sunday)


def _morning(course: Course, day: date) -> datetime:
    """When the clinic's day begins, for what falls on a date and on no time."""
    return timing.instant(day, 9 * 60, timing.zone(course.people.clinic.timezone))
