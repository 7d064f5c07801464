"""What is known of a patient by one query is what their records say."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import JSON, Boolean, Date, Integer, Uuid
from sqlmodel import SQLModel

from pathways import reading
from scheduler.care import facts
from scheduler.scenarios.taking import bring_in
from scheduler.store.columns import EncryptedData, Instant
from scheduler.store.session import Store
from scheduler.store.tables import Patient
from tests import factories

NOW = datetime(2027, 1, 4, 9, 30, 0, 250, tzinfo=UTC)
VALUES: tuple[tuple[type[Any], Any], ...] = (
    (EncryptedData, {"seizures": "no"}),
    (Instant, NOW),
    (Date, date(2027, 1, 5)),
    (Uuid, UUID("5f1e0d6c-8a2b-4c3d-9e4f-0a1b2c3d4e5f")),
    (JSON, ["one", {"other": 2}]),
    (Boolean, True),
    (Integer, 3),
)


def a_row_of(kind: Any, *, full: bool) -> SQLModel:
    """A record of a patient in which each column says something, or each that must."""
    columns = SQLModel.metadata.tables[kind.__tablename__].c
    words = "text" if full else "other"  # of some records there is one of a kind
    values = {
        column.name: next((v for of, v in VALUES if isinstance(column.type, of)), words)
        for column in columns
        if column.name != "id" and (full or not column.nullable)
    }
    row: SQLModel = kind(**values | {"clinic_id": "harbor", "patient_id": "ada"})
    return row


@pytest.mark.parametrize("number", range(len(facts._OF_PATIENT)))
def test_what_is_known_by_one_query_is_what_the_records_say(store: Store, number: int) -> None:
    records, kind, _ = facts._OF_PATIENT[number]
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario()), now=NOW)
        session.add_all([a_row_of(kind, full=True), a_row_of(kind, full=False)])
    with store.reading() as session:
        known = getattr(facts.known_of(session, "harbor", ["ada"])["ada"], records)
        whole = getattr(facts.facts_of(session, "harbor", ["ada"])["ada"], records)
    assert len(known) == len(whole) >= 2
    for one, row in zip(known, whole, strict=True):
        assert one._asdict() == {name: getattr(row, name) for name in one._fields}


def test_a_partner_is_known_with_the_patient(store: Store) -> None:
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario()), now=NOW)
        session.add(Patient(clinic_id="harbor", id="ben", partner_id="ada"))
        session.flush()
        session.get_one(Patient, ("harbor", "ada")).partner_id = "ben"
    with store.reading() as session:
        known = facts.known_of(session, "harbor", ["ada"])
    assert known["ada"].partner is not None
    assert known["ada"].partner.patient.id == "ben"
