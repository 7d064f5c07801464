"""SQLite finds what belongs to one patient by the patient, however new the database is."""

import pytest
from sqlalchemy import text

from scheduler.store.session import Store

OF_ONE_PATIENT = {
    "SELECT * FROM appointment_patient AS p JOIN appointment AS a ON a.clinic_id = p.clinic_id "
    "AND a.id = p.appointment_id WHERE p.clinic_id = 'a' AND p.patient_id IN ('b') "
    "ORDER BY a.start, a.code": "appointment_of_patient",
    "SELECT * FROM contact_point WHERE clinic_id = 'a' AND patient_id IN ('b', 'c') "
    "ORDER BY id": "contact_of_patient",
    "SELECT * FROM reminder WHERE clinic_id = 'a' AND patient_id = 'b' "
    "AND subject_kind IN ('week', 'level')": "reminder_of_patient",
}


@pytest.mark.parametrize("query", OF_ONE_PATIENT)
def test_what_belongs_to_one_patient_is_found_by_the_patient(store: Store, query: str) -> None:
    if not store.is_sqlite:
        return  # PostgreSQL counts by itself, and there is nothing yet to count
    with store.reading() as session:
        steps = session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
    assert OF_ONE_PATIENT[query] in " ".join(str(step) for step in steps)
