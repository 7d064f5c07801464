"""From a question to a draft to what is booked, and back."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from pathways import reading
from scheduler import runs
from scheduler.acting import Actor
from scheduler.booking import Taken
from scheduler.errors import NotUnderstood, RuleBroken, Stale, WrongMove
from scheduler.planning.stopping import Stop
from scheduler.plans import publishing
from scheduler.plans.asking import fingerprint
from scheduler.plans.drafting import Origin, draft
from scheduler.plans.searching import Search, search_here
from scheduler.scenarios.giving import data_of
from scheduler.scenarios.taking import bring_in
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Enrolment, LedgerSlot, PlanVersion, Run
from scheduler.working import Worker
from tests import factories

NOW = datetime(2026, 12, 28, 12, tzinfo=UTC)
COORDINATOR = Actor("harbor", account_id=uuid4(), roles=frozenset({"coordinator"}))


def clock() -> datetime:
    return NOW


@pytest.fixture
def clinic(store: Store) -> Store:
    """Two patients who each want a dose and its integration; nothing is booked."""
    patients = [factories.patient("ada"), factories.patient("ben")]
    pathway = factories.pathway(factories.dose(), factories.integration(), factories.group())
    with store.writing() as session:
        document = factories.scenario(pathways=[pathway], patients=patients)
        bring_in(session, reading.read_scenario(document), now=NOW)
    return store


def drafted(store: Store, *patients: str) -> int:
    """The number of a draft for these patients, searched in this process."""
    with store.writing() as session:
        data = data_of(session, "harbor", now=NOW)
        found = search_here(Search("plan", data, patients=patients), Stop(work=3))
        assert found.refusals == []
        origin = Origin("plan", patients, fingerprint(data), seed=0, work=found.work)
        plan = reading.read_plan(found.plans[0])
        scenario = reading.read_scenario(data)
        return draft(session, COORDINATOR, scenario, plan, origin, now=NOW).number


def booked(store: Store) -> list[str]:
    with store.reading() as session:
        query = select(Appointment.code).where(Appointment.status == "booked")
        return sorted(session.exec(query))


def publish(store: Store, number: int, rows: list[int] | None = None) -> None:
    with store.writing() as session:
        publishing.publish(session, COORDINATOR, number, rows=rows, now=NOW)


def test_a_draft_books_nothing_and_its_publication_everything(clinic: Store) -> None:
    number = drafted(clinic, "ada")
    assert booked(clinic) == []
    publish(clinic, number)
    assert {"ada/dose/1", "ada/integration/1"} <= set(booked(clinic))
    with pytest.raises(WrongMove):
        publish(clinic, number)


def test_what_is_undone_is_as_it_was(clinic: Store) -> None:
    publish(clinic, drafted(clinic, "ada"))
    before = booked(clinic)
    number = drafted(clinic, "ben")
    publish(clinic, number)
    assert len(booked(clinic)) > len(before)
    with clinic.writing() as session:
        publishing.undo(session, COORDINATOR, number, now=NOW)
    assert booked(clinic) == before
    with clinic.reading() as session:
        resources = session.exec(select(LedgerSlot.resource).distinct()).all()
    assert "patient:ben" not in resources


def test_only_the_last_publication_is_undone(clinic: Store) -> None:
    first = drafted(clinic, "ada")
    publish(clinic, first)
    publish(clinic, drafted(clinic, "ben"))
    with clinic.writing() as session, pytest.raises(WrongMove, match="not the last"):
        publishing.undo(session, COORDINATOR, first, now=NOW)


def test_two_drafts_for_the_same_bay_are_not_both_published(clinic: Store) -> None:
    one, other = drafted(clinic, "ada"), drafted(clinic, "ben")
    publish(clinic, one)
    before = booked(clinic)
    with pytest.raises(Taken):
        publish(clinic, other)
    assert booked(clinic) == before
    with clinic.reading() as session:
        row = session.exec(select(PlanVersion).where(PlanVersion.number == other)).one()
    assert row.status == "draft"


def dose_of(session: Session) -> Appointment:
    query = select(Appointment).where(
        Appointment.activity == "dose", Appointment.occurrence == 1, Appointment.status == "booked"
    )
    return session.exec(query).one()


def be_away_on_the_day_of_the_dose(store: Store) -> None:
    with store.writing() as session:
        day = dose_of(session).start.date().isoformat()
        enrolment = session.exec(select(Enrolment).where(Enrolment.patient_id == "ada")).one()
        enrolment.unavailable = [{"from": day, "to": day}]


def test_a_patient_who_is_away_keeps_the_appointment_under_its_id_at_another_time(
    clinic: Store,
) -> None:
    publish(clinic, drafted(clinic, "ada"))
    with clinic.reading() as session:
        before = dose_of(session)
    be_away_on_the_day_of_the_dose(clinic)
    publish(clinic, drafted(clinic, "ada"))
    with clinic.reading() as session:
        after = dose_of(session)
    assert after.id == before.id
    assert after.start != before.start
    assert after.sequence == before.sequence + 1


def test_a_draft_whose_appointment_has_changed_since_is_refused(clinic: Store) -> None:
    publish(clinic, drafted(clinic, "ada"))
    be_away_on_the_day_of_the_dose(clinic)
    number = drafted(clinic, "ada")
    with clinic.writing() as session:
        dose_of(session).version += 1
    with pytest.raises(Stale, match="has changed since"):
        publish(clinic, number)


def test_half_a_draft_that_breaks_a_rule_is_refused_and_nothing_is_booked(clinic: Store) -> None:
    number = drafted(clinic, "ada")
    with clinic.reading() as session:
        (changes,) = session.exec(select(PlanVersion.changes))
    alone = [c["row"] for c in changes if c["activity"] == "integration"]
    with pytest.raises(RuleBroken):
        publish(clinic, number, rows=alone)
    assert booked(clinic) == []


def test_a_row_that_the_draft_does_not_have_is_not_understood(clinic: Store) -> None:
    with pytest.raises(NotUnderstood, match="no row 99"):
        publish(clinic, drafted(clinic, "ada"), rows=[99])


def test_a_worker_searches_in_a_process_of_its_own_and_keeps_the_draft(clinic: Store) -> None:
    with clinic.writing() as session:
        run = runs.ask(
            session, COORDINATOR, "plan", {"work": 3, "alternatives": 2}, patients=["ada"], now=NOW
        )
    assert Worker(clinic, clock).do_one()
    with clinic.reading() as session:
        found = session.get_one(Run, ("harbor", run.id))
        assert (found.state, found.problem) == ("done", None)
        numbers = set(session.exec(select(PlanVersion.number)))
    assert found.result == {"plans": sorted(numbers)}


def test_a_run_that_says_nothing_for_half_a_minute_is_taken_again_and_its_first_worker_told(
    clinic: Store,
) -> None:
    with clinic.writing() as session:
        runs.ask(session, COORDINATOR, "plan", {}, patients=["ada"], now=NOW)
    first = runs.claim(clinic, "one", now=NOW)
    assert first is not None
    assert runs.claim(clinic, "two", now=NOW + timedelta(seconds=29)) is None
    assert runs.claim(clinic, "two", now=NOW + timedelta(seconds=31)) is not None
    assert not runs.alive(clinic, first, {}, now=NOW)
