"""Two clinics full of secrets: a row of each kind for each patient, found by a parameter's name.

Each encrypted text of a patient holds a word that names them, so that one byte of it anywhere
tells whose it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Boolean, Column, Date, Integer, Table, Uuid
from sqlmodel import Session, SQLModel, select

from pathways import reading
from scheduler.scenarios.taking import bring_in
from scheduler.store.columns import Encrypted, EncryptedData, Instant
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Enrolment, Patient
from tests import factories

NOON = datetime(2027, 1, 4, 17, tzinfo=UTC)
HOME, AWAY = "harbor", "elm"
OWN, OTHER, FOREIGN = (HOME, "ada"), (HOME, "bea"), (AWAY, "cleo")

RENAMED = {
    "contact": "contact_point",
    "ride": "ride_contact",
    "token": "api_token",
    "feed": "calendar_feed",
}
"""Parameters that name a table by less than its name."""

SAID = {
    "number": "1",
    "pathway": "spravato-iop",
    "version": "2026.1",
    "measure": "PHQ-9",
    "token": "not-a-token",
    "day": "2027-01-04",
    "week": "1",
    "rule": "R-29",
    "row": "1",
    "language": "en",
    "name": "N-05.short",
}
"""Parameters that name nothing of anybody's."""


NOBODYS = {
    *("audit_entry", "audit_head", "change", "clinic", "clinic_day", "closure"),
    *("house_mark", "idempotent_answer", "ledger_slot", "one_time_link", "sign_in", "sign_in_try"),
}
"""Tables of which no row is made: no parameter names one, and no patient's secret is in it."""


_numbers = count(1)


class UnknownParameter(AssertionError):
    """A route has a parameter whose name says nothing here; add it to `RENAMED` or `SAID`."""


def canary(whose: tuple[str, str]) -> str:
    """The word that stands in everything of a patient's."""
    return f"CANARY-{whose[0]}-{whose[1]}-END"


@dataclass
class Things:
    """What one patient has: the id of a row by its table."""

    clinic_id: str
    patient_id: str
    ids: dict[str, Any] = field(default_factory=dict)

    def of_nobody(self) -> "Things":
        """Ids of the same form, of which there is nothing; places and practitioners stay."""
        made = {
            name: uuid4() if isinstance(known, UUID) else known for name, known in self.ids.items()
        }
        return Things("nowhere", "nobody", made | {"patient": "nobody"})

    def named(self, parameter: str) -> str | None:
        """What a parameter of this name is to be; None where it names nothing of a patient's."""
        name = parameter.removesuffix("_id")
        return str(self.ids[found]) if (found := RENAMED.get(name, name)) in self.ids else None

    def in_path(self, parameter: str) -> str:
        """What a parameter of a path is to be; UnknownParameter where nobody has said."""
        if parameter in SAID:
            return SAID[parameter]
        value = self.named(parameter)
        if value is None:
            raise UnknownParameter(parameter)
        return value


def two_clinics(store: Store) -> dict[tuple[str, str], Things]:
    """Bring a second clinic in, beside the one that is served; what each patient has."""
    away = factories.scenario(
        clinic=factories.clinic(id=AWAY, name="Another Clinic (fictional)"),
        patients=[factories.patient("cleo")],
    )
    with store.writing() as session:
        bring_in(session, reading.read_scenario(away), now=NOON)
        session.flush()
        return {whose: _fill(session, *whose) for whose in (OWN, OTHER, FOREIGN)}


def _fill(session: Session, clinic_id: str, patient_id: str) -> Things:
    word = canary((clinic_id, patient_id))
    patient = session.get(Patient, (clinic_id, patient_id))
    assert patient is not None
    patient.name, patient.birth_date = f"{word} Fictional", f"1980-01-01 {word}"
    patient.assessment = {"note": word}
    things = Things(clinic_id, patient_id, {"patient": patient_id, "clinic": clinic_id})
    enrolment = select(Enrolment.id).where(
        Enrolment.clinic_id == clinic_id, Enrolment.patient_id == patient_id
    )
    things.ids["enrolment"] = session.exec(enrolment).one()
    things.ids["appointment"] = _appointment(session, things)
    for table in SQLModel.metadata.sorted_tables:
        if table.name not in NOBODYS and table.name not in things.ids:
            things.ids |= _row(session, table, things, word)
    return things


def _row(session: Session, table: Table, things: Things, word: str) -> dict[str, Any]:
    """The id of a row, by its table: the clinic's own place or person, or a new row."""
    if "id" in table.c and not isinstance(table.c.id.type, Uuid):
        found = select(table.c.id).where(table.c.clinic_id == things.clinic_id).limit(1)
        known = session.execute(found).scalar()
        return {table.name: known} if known else {}
    values = {column.name: value for column, value in _values(table, things, word)}
    session.execute(table.insert().values(values))
    return {table.name: values["id"]} if "id" in values else {}


def _appointment(session: Session, things: Things) -> UUID:
    row = Appointment(
        clinic_id=things.clinic_id,
        code=f"dose-{things.patient_id}",
        enrolment_id=things.ids["enrolment"],
        activity="dose",
        occurrence=1,
        start=NOON,
        end=NOON + timedelta(hours=2),
        wall_time="2027-01-04T12:00",
        zone="America/New_York",
        tzdata="2026.6",
        modality="in-person",
        location_id="bay",
        made_at=NOON,
        changed_at=NOON,
    )
    session.add(row)
    session.flush()
    return row.id


def _values(table: Table, things: Things, word: str) -> Iterator[tuple[Column[Any], Any]]:
    """What must be said of a row, and a canary wherever there is room for one."""
    for column in table.c:
        known = things.ids.get(column.name.removesuffix("_id"))
        if isinstance(column.type, Encrypted):
            yield column, word
        elif known is not None and column.name != "id":
            yield column, known
        elif column.default is None and not column.nullable:
            yield column, _plain(column, things, table)
        elif column.name == "id":
            yield column, uuid4()


def _plain(column: Column[Any], things: Things, table: Table) -> Any:
    """Something of a column's type that says nothing."""
    kinds: list[tuple[type, Any]] = [
        (Instant, NOON),
        (Uuid, uuid4()),
        (Date, date(2027, 1, 4)),
        (Boolean, False),
        (Integer, next(_numbers)),
        (EncryptedData, {"note": canary((things.clinic_id, things.patient_id))}),
    ]
    found = next((value for kind, value in kinds if isinstance(column.type, kind)), None)
    if found is None:
        return {} if "JSON" in type(column.type).__name__ else f"{table.name}-{things.patient_id}"
    return found
