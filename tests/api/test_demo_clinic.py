"""The demo clinic is moved so that this week is its busy one, and all of it holds."""

from datetime import UTC, datetime

import pytest
from sqlmodel import col, func, select

from api.demo.loading import CLINIC, document_of_demo, enter_links, load_once, moved
from pathways import reading
from scheduler.plans.standing import breaches
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import Account, Appointment, Enrolment, Patient

THURSDAY = datetime(2027, 6, 3, 15, tzinfo=UTC)
"""In summer, when the clocks stand an hour apart from the anchor's."""


def test_sixty_people_with_a_past_a_busy_today_and_somebody_to_plan(store: Store) -> None:
    assert load_once(store, now=THURSDAY)
    assert not load_once(store, now=THURSDAY)
    with store.reading() as session:
        statuses = dict(
            session.exec(
                select(Appointment.status, func.count()).group_by(col(Appointment.status))
            ).all()
        )
        assert session.exec(select(func.count()).select_from(Patient)).one() == 60
        today = session.exec(
            select(func.count())
            .select_from(Appointment)
            .where(
                Appointment.start >= datetime(2027, 6, 3, 4, tzinfo=UTC),
                Appointment.start < datetime(2027, 6, 4, 4, tzinfo=UTC),
                col(Appointment.is_dose),
            )
        ).one()
        planned = set(session.exec(select(Appointment.enrolment_id).distinct()))
        enrolled = set(session.exec(select(Enrolment.id)))
        accounts = session.exec(select(func.count()).select_from(Account)).one()
    assert statuses["fulfilled"] > 1000
    assert statuses["booked"] > 500
    assert statuses["noshow"] > 30
    assert today >= 4
    assert 1 <= len(enrolled - planned) <= 6
    links = list(enter_links(store, Settings(), now=THURSDAY))
    assert len(links) == accounts


@pytest.mark.parametrize("weeks", [0, 13, 35])
def test_what_is_moved_keeps_every_rule_but_for_the_nights_of_clock_changes(weeks: int) -> None:
    when = datetime(2027, 3, 3, 15, tzinfo=UTC)
    document = moved(document_of_demo(), when.replace(month=3 + weeks // 5) if weeks else when)
    scenario = reading.read_scenario(document)
    found = breaches(scenario, [booked.id for booked in scenario.booked])
    assert [b for b in found if b.rule not in ("lag", "order")] == []
    assert scenario.clinic.id == CLINIC
