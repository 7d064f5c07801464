"""What would be told is told whole, for every pathway of the library, in both languages."""

from datetime import timedelta

import pytest

from pathways import library
from scheduler.errors import NotThere
from scheduler.reminders.planning import OUTWARD
from scheduler.reminders.previewing import preview
from scheduler.reminders.texts import LONGEST
from scheduler.store.session import Store
from tests.scheduler.reminders.clinic import (
    BEGIN,
    DOSE,
    add_patient,
    book,
    enrolment_of,
    give_ride,
    set_up,
)
from tests.scheduler.reminders.sending import LINKS


def test_every_activity_of_every_pathway_has_its_words_in_both_languages(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        for number, (name, version) in enumerate(library.names()):
            patient = f"p{number}"
            add_patient(session, "harbor", patient, language=("en", "es")[number % 2])
            enrolment = enrolment_of(session, patient)
            enrolment.pathway_id, enrolment.pathway_version = name, version
            session.flush()
            for place, activity in enumerate(library.load(name, version).activities):
                start = DOSE + timedelta(days=place)
                row = book(session, activity.id, start, patient=patient, modality=activity.modality)
                give_ride(session, row, patient=patient)
    with store.reading() as session:
        shown = preview(session, "harbor", links=LINKS, now=BEGIN)
    assert len({one.patient_id for one in shown}) == len(library.names()) + 1
    for one in shown:
        assert one.words, one.wanted
        assert "(there" not in one.words, one.wanted
        assert one.wanted.channel not in OUTWARD or len(one.words) <= LONGEST, one.words


def test_a_patient_who_is_not_there_has_no_preview(store: Store) -> None:
    set_up(store)
    with store.reading() as session:
        with pytest.raises(NotThere, match="patient"):
            preview(session, "harbor", links=LINKS, now=BEGIN, patient_id="nobody")
        with pytest.raises(NotThere, match="clinic"):
            preview(session, "elsewhere", links=LINKS, now=BEGIN)
