"""The words of one message: which text, and what it speaks of as it is stored at this moment."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from pathways.protocol import LibraryPathway
from scheduler.protocols import protocol_of
from scheduler.reminders import contents, repeating
from scheduler.reminders.contents import Told
from scheduler.reminders.links import Links
from scheduler.reminders.own_words import say
from scheduler.reminders.people import People
from scheduler.reminders.planning import OUTWARD, WHOLE_DAY
from scheduler.reminders.texts import texts_in
from scheduler.store.tables import Appointment, AppointmentPatient, Enrolment, Location

SURE = "sure"
"""The texts for who has confirmed: they are not asked again."""

_NEEDS_NEXT = frozenset({"N-04", "N-22"})
_WEEK = timedelta(days=7)


def text_name(kind: str, channel: str, told: Told) -> str:
    """Which text a message has: that of its channel and variant, where there is one."""
    form = "short" if channel in OUTWARD else "portal"
    names = [f"{kind}.{variant}.{form}" for variant in _variants(told)]
    names += [f"{kind}.{form}", f"{kind}.short"]
    known = texts_in(told.language)
    return next((name for name in names if name in known), names[-1])


def _variants(told: Told) -> Iterator[str]:
    """By what has changed, what is settled already, and where the session is; the best first."""
    change = str(told.facts.get("change", ""))
    sure = told.appointment is not None and told.appointment.confirmed_at is not None
    if sure and change != "off":
        yield f"{change}.{SURE}" if change else SURE
    if change:
        yield change
    if told.appointment is not None and told.appointment.ride_confirmed_at is not None:
        yield "driven"
    if told.protocol is not None and told.protocol.home is not None:
        yield "home"


class Teller:
    """Finds the words for messages of one clinic, with what it has looked up once."""

    def __init__(self, session: Session, people: People, links: Links) -> None:
        self._session = session
        self._people = people
        self._links = links
        self._appointments: dict[str, Appointment | None] = {}
        self._protocols: dict[UUID | None, LibraryPathway | None] = {}

    def words(
        self,
        kind: str,
        channel: str,
        patient_id: str,
        facts: Mapping[str, Any],
        at: datetime,
        *,
        recipient: str = "",
        said_at: datetime | None = None,
    ) -> str:
        """What a message says when it goes at an instant; NoText where nobody has approved one.

        ``said_at``: when it has come, where it has: it says so still, whatever was reworded since.
        """
        if channel == "task":
            return str(facts.get("says", ""))
        found = self._told(kind, patient_id, facts, at, recipient)
        told = self._placed(replace(found, channel=channel, said_at=said_at))
        if facts.get(WHOLE_DAY):
            told = self._of_day(told, patient_id)
        name = text_name(kind, channel, told)
        return (contents.short_body if channel in OUTWARD else contents.body)(name, told)

    def appointment(self, facts: Mapping[str, Any]) -> Appointment | None:
        """The appointment that a message speaks of, as it is now."""
        name = facts.get("appointment")
        if name is None:
            return None
        if name not in self._appointments:
            key = (self._people.clinic.id, UUID(name))
            self._appointments[name] = self._session.get(Appointment, key)
        return self._appointments[name]

    def keep(self, rows: Mapping[str, Appointment], enrolments: Iterable[Enrolment] = ()) -> None:
        """Use these appointments and enrolments, which have been read already."""
        self._appointments.update(rows)
        self._protocols.update({row.id: protocol_of(row) for row in enrolments})

    def protocol(self, appointment: Appointment | None) -> LibraryPathway | None:
        """The protocol of an appointment's enrolment."""
        return self._protocol(appointment.enrolment_id if appointment else None)

    def _protocol(self, name: UUID | None) -> LibraryPathway | None:
        if name not in self._protocols:
            key = (self._people.clinic.id, name)
            enrolment = self._session.get(Enrolment, key) if name else None
            self._protocols[name] = protocol_of(enrolment) if enrolment else None
        return self._protocols[name]

    def protocol_for(self, facts: Mapping[str, Any]) -> LibraryPathway | None:
        """The protocol that a message rests on: of its appointment, else of its enrolment."""
        name = facts.get("enrolment")
        if name is None:
            row = self.appointment(facts)
            return self.protocol(row)
        return self._protocol(UUID(name))

    def language(self, patient_id: str, recipient: str = "") -> str:
        """The language in which somebody is written to."""
        if recipient.startswith("ride:"):
            ride = self._people.rides.get(recipient.removeprefix("ride:"))
            return ride.language if ride else "en"
        if recipient.startswith("duty:"):
            return "en"
        patient = self._people.patients.get(patient_id)
        return patient.language if patient else "en"

    def _told(
        self, kind: str, patient_id: str, facts: Mapping[str, Any], at: datetime, recipient: str
    ) -> Told:
        language = self.language(patient_id, recipient)
        texts_in(language)
        row = self.appointment(facts)
        upcoming = self._upcoming(patient_id, at) if kind in _NEEDS_NEXT else []
        return Told(
            clinic=self._people.clinic,
            language=language,
            zone=self._people.zone_of(patient_id),
            appointment=row,
            protocol=self.protocol(row),
            next_visit=upcoming[0] if upcoming else None,
            visits=sum(start < at + _WEEK + timedelta(hours=8) for start in upcoming),
            url=self._links.url,
            link=self._links.ride(row) if row else "",
            facts=facts,
        )

    def _of_day(self, told: Told, patient_id: str) -> Told:
        """The same, told of all visits of the date where there is more than one."""
        if told.appointment is None or told.facts.get("change"):
            return told
        visits = repeating.visits_of_day(self._session, told.appointment, patient_id)
        if len(visits) < 2:
            return told
        facts = {**told.facts, "change": repeating.VARIANT}
        return replace(told, visits=len(visits), facts=facts)

    def _placed(self, told: Told) -> Told:
        """The same, told where it is."""
        row = told.appointment
        if row is not None and row.modality == "virtual":
            by_video = say(told.clinic, "by-video", told.language, {}, told.said_at)
            return replace(told, place=by_video)
        site = self._sites.get(row.location_id or "", "") if row else ""
        return replace(told, place=site or str(told.clinic.settings.get("place", "")))

    @cached_property
    def _sites(self) -> dict[str, str]:
        asked = select(Location).where(Location.clinic_id == self._people.clinic.id)
        return {row.id: row.site for row in self._session.exec(asked)}

    def _upcoming(self, patient_id: str, after: datetime) -> list[datetime]:
        """The starts of the patient's next visits."""
        asked = (
            select(Appointment.start)
            .join(AppointmentPatient, col(AppointmentPatient.appointment_id) == Appointment.id)
            .where(
                AppointmentPatient.clinic_id == self._people.clinic.id,
                AppointmentPatient.patient_id == patient_id,
                AppointmentPatient.start > after,
                Appointment.clinic_id == self._people.clinic.id,
                Appointment.status == "booked",
            )
            .order_by(col(AppointmentPatient.start))
            .limit(50)
        )
        return list(self._session.exec(asked))
