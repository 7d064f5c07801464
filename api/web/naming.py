"""Names for ids: of patients, of those who treat, of activities and pathways."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from api.web.wording import place, word
from pathways import timing
from scheduler.acting import Actor
from scheduler.errors import NotThere
from scheduler.protocols import pathway_of, protocol_of
from scheduler.store.tables import Clinic, Enrolment, Patient, Practitioner


@dataclass(frozen=True)
class Names:
    """The names of one clinic; what has none is told by its id, written plainly.

    ``language``: that of whoever reads them.
    """

    session: Session
    clinic: Clinic
    language: str = "en"

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return timing.zone(self.clinic.timezone)

    @cached_property
    def _patients(self) -> dict[str, str]:
        rows = self.session.exec(
            select(Patient.id, Patient.name).where(Patient.clinic_id == self.clinic.id)
        )
        return dict(rows.all())

    @cached_property
    def _staff(self) -> dict[str, str]:
        rows = self.session.exec(
            select(Practitioner).where(col(Practitioner.clinic_id) == self.clinic.id)
        )
        return {row.id: row.name for row in rows}

    @property
    def patients(self) -> list[tuple[str, str]]:
        """Every patient's id and name, by name."""
        found = [(name, self.patient(name)) for name in self._patients]
        return sorted(found, key=lambda pair: pair[1])

    def patient(self, name: str) -> str:
        """A patient's name."""
        return self._patients.get(name) or name

    def staff(self, names: Iterable[str]) -> str:
        """Those who treat, by their names."""
        return ", ".join(self._staff.get(name) or place(name) for name in names)

    @staticmethod
    def everybody(planned: Mapping[str, Any]) -> list[str]:
        """Who treats or watches at an appointment of a document, each once."""
        watching = (stage.get("practitioner") for stage in planned.get("stages", ()))
        return list(dict.fromkeys([*planned.get("practitioners", ()), *filter(None, watching)]))

    def where_and_who(self, at: str | None, names: Iterable[str]) -> str:
        """A place, and those who treat there."""
        return ", ".join(part for part in (place(at), self.staff(names)) if part)


def names_of(session: Session, actor: Actor) -> Names:
    """The names of the actor's clinic; NotThere where it is none."""
    clinic = session.get(Clinic, actor.clinic_id)
    if clinic is None:
        raise NotThere("there is no such clinic")
    return Names(session, clinic, actor.language)


def titles_of(session: Session, enrolment: Enrolment | None) -> Mapping[str, str]:
    """What the activities of somebody's pathway are called."""
    if enrolment is None:
        return {}
    return {a.id: a.title for a in pathway_of(session, enrolment).activities}


def pathway_title(enrolment: Enrolment) -> str:
    """What somebody's pathway is called."""
    protocol = protocol_of(enrolment)
    return protocol.title if protocol else word(enrolment.pathway_id).capitalize()
