"""The demo clinic is moved so that this week is its busy one, and all of it holds."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, func, select

from api.app import create_app
from api.auth import entering
from api.demo.loading import document_of_demo, enter_links, load_once, moved
from api.demo.writing import CLINIC
from pathways import reading
from scheduler import work
from scheduler.acting import Actor
from scheduler.gates import open_gates_of
from scheduler.plans.standing import breaches
from scheduler.sessions.driving import driving_of
from scheduler.sessions.loading import on_day
from scheduler.settings import Settings
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import (
    Account,
    Appointment,
    Enrolment,
    Patient,
    Reminder,
    Run,
    Task,
)

THURSDAY = datetime(2027, 6, 3, 19, tzinfo=UTC)
"""In summer, when the clocks stand an hour apart from the anchor's."""


def test_sixty_people_with_a_past_a_busy_today_and_somebody_to_plan(
    store: Store, tmp_path: Path
) -> None:
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
    assert statuses["noshow"] > 10
    assert statuses["checked-in"] > 0
    assert today >= 4
    assert 1 <= len(enrolled - planned) <= 6
    links = list(enter_links(store, Settings(), now=THURSDAY))
    assert len(links) == accounts
    _everybody_finds_work(store)
    _todays_doses_may_be_given(store)
    _messages_have_a_past_and_a_future(store)
    _pages_speak_plainly(store, folder=tmp_path)


def _everybody_finds_work(store: Store) -> None:
    with store.reading() as session:
        for role in ("coordinator", "nurse", "therapist", "prescriber", "billing lead"):
            assert work.open_tasks(session, CLINIC, frozenset({role})), role
        waiting = session.exec(select(Run.kind, Run.state)).all()
        shown = session.exec(select(Account).where(col(Account.patient_id).is_not(None))).one()
        actor = Actor(CLINIC, shown.id, frozenset({"patient"}), shown.patient_id)
        driving = driving_of(session, actor, shown.patient_id or "", now=THURSDAY)
    assert waiting == [("plan", "waiting")]
    assert driving.drives_again == datetime(2027, 6, 4, 10, tzinfo=UTC)


def _todays_doses_may_be_given(store: Store) -> None:
    """No gate is open today; sessions that are over were run to the end and complain of nothing."""
    with store.reading() as session:
        today = on_day(session, CLINIC, None, now=THURSDAY)
        shut = open_gates_of(session, CLINIC, [one.appointment.id for one in today], now=THURSDAY)
        stages = [(one.at(THURSDAY), one) for one in today]
        following = on_day(session, CLINIC, THURSDAY.date() + timedelta(days=1), now=THURSDAY)
        open_ = open_gates_of(session, CLINIC, [f.appointment.id for f in following], now=THURSDAY)
        tasks = Counter(session.exec(select(Task.kind).where(Task.status == "requested")))
    assert shut == {}
    assert {"R-29"} <= {gate.rule for gates in open_.values() for gate in gates}
    assert {"ride-unconfirmed", "clearance-expiring", "monitoring-form"} <= tasks.keys()
    over = [present for present, _ in stages if present.stage.is_over]
    assert len(over) >= 4
    assert all(check.state == "done" for present in over for check in present.checks)
    assert all(item.satisfied for present in over for item in present.discharge)
    assert any(present.drug and not present.stage.is_over for present, _ in stages)
    assert any(present.stage.phase == "expected" for present, _ in stages)


def _messages_have_a_past_and_a_future(store: Store) -> None:
    with store.reading() as session:
        found = session.exec(select(Reminder.status, Reminder.due_at)).all()
    past = {status for status, due in found if due <= THURSDAY}
    coming = {status for status, due in found if due > THURSDAY}
    assert {"delivered", "suppressed", "failed"} <= past
    assert "pending" not in past
    assert "delivered" not in coming
    assert "pending" in coming


def _pages_speak_plainly(store: Store, folder: Path) -> None:
    """Each role's pages are drawn, with curves, and without ids and instants of machines."""
    kept = vault.vault()
    app = create_app(Settings(data=folder), store=store, clock=lambda: THURSDAY)
    vault.install(kept)
    with store.reading() as session:
        accounts = {row.roles[0]: row for row in session.exec(select(Account))}
        today = on_day(session, CLINIC, None, now=THURSDAY)
    shown = accounts["patient"].patient_id
    under_way = next(o for o in today if o.at(THURSDAY).stage.phase == "monitoring")
    for role, paths in {
        "nurse": ("/", "/today", f"/today/{under_way.visit.appointment_id}", f"/patients/{shown}"),
        "coordinator": ("/patients", "/tasks", "/reminders", "/reminders?status=failed"),
        "patient": ("/me",),
    }.items():
        with store.writing() as session:
            token, _ = entering.begin(session, accounts[role], strong=True, now=THURSDAY)
        browser = TestClient(app, cookies={"careweave": token})
        pages = {path: browser.get(path) for path in paths}
        for path, page in pages.items():
            assert page.status_code == 200, path
            told = re.sub(r"<[^>]*>", " ", page.text)
            assert not re.search(r"\d{4}-\d{2}-\d{2}|\b(bay|nurse)-|[{}]", told), path
        if role == "nurse":
            assert [path for path in paths if "<polyline" in pages[path].text] == [*paths[2:]]


@pytest.mark.parametrize("weeks", [0, 13, 35])
def test_what_is_moved_keeps_every_rule_but_for_the_nights_of_clock_changes(weeks: int) -> None:
    when = datetime(2027, 3, 3, 15, tzinfo=UTC)
    document = moved(document_of_demo(), when.replace(month=3 + weeks // 5) if weeks else when)
    scenario = reading.read_scenario(document)
    found = breaches(scenario, [booked.id for booked in scenario.booked])
    assert [b for b in found if b.rule not in ("lag", "order")] == []
    assert scenario.clinic.id == CLINIC
