"""What a patient agrees to and takes back, and the messages that stand in their portal."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from scheduler.reminders import keeping
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Patient, Reminder, Task
from tests.api.service.care import API, PATHWAY, VERSION, caring, newcomer, said, seen
from tests.api.service.world import World
from tests.factories import table
from tests.scheduler.reminders.clinic import DOSE, add_patient, book_dose
from tests.scheduler.reminders.sending import Hands, Provider, worker

NUMBER = "+12125550142"


@pytest.fixture
def clinic(store: Store, tmp_path: Path) -> Iterator[World]:
    with caring(store, tmp_path) as world:
        yield world


def enrolled(world: World, patient: str, **text_messages: Any) -> None:
    said(
        world.client("coordinator"),
        f"/patients/{patient}/enrolments",
        201,
        pathway=PATHWAY,
        version=VERSION,
        start=date(2027, 1, 4).isoformat(),
        available=table("07:00-20:00"),
        text_messages=text_messages or None,
    )


def sent(world: World) -> list[str]:
    """What goes out now."""
    provider = Provider()
    worker(world.store, Hands(world.now), provider).run()
    return [f"{message.to} {message.body}" for message in provider.sent]


def test_who_is_enrolled_and_agrees_to_texts_is_told_once_who_writes(clinic: World) -> None:
    patient = newcomer(clinic, state="NY")
    clinic.now += timedelta(hours=2)
    enrolled(clinic, patient, phone="(212) 555-0142", caps="more")
    (line,) = sent(clinic)
    assert line.startswith(f"{NUMBER} Your clinic: we text you about your appointments, up to 10")
    assert sent(clinic) == []
    coordinator = clinic.client("coordinator")
    (contact,) = seen(coordinator, f"/patients/{patient}/contacts")
    assert (contact["value"], contact["verified_at"] is None) == (NUMBER, False)
    (consent,) = seen(coordinator, f"/patients/{patient}/message-consents")
    assert (consent["channel"], consent["purpose"], consent["caps"]) == ("sms", "all", "more")
    shown = clinic.client("patient", patient=patient).get(f"{API}/me/messages").json()
    assert [letter["kind"] for letter in shown] == ["N-01"]


def test_who_is_enrolled_and_has_agreed_to_nothing_is_not_written_to(clinic: World) -> None:
    patient = newcomer(clinic, state="NY")
    enrolled(clinic, patient)
    assert sent(clinic) == []
    assert seen(clinic.client("coordinator"), f"/patients/{patient}/message-consents") == []


def test_a_number_is_written_to_once_the_patient_has_said_that_it_is_theirs(clinic: World) -> None:
    patient = newcomer(clinic, state="NY")
    clinic.now += timedelta(hours=2)
    staff = clinic.client("coordinator")
    contact = said(staff, f"/patients/{patient}/contacts", 201, kind="phone", value=NUMBER)
    said(staff, f"/patients/{patient}/message-consents", 201, channel="sms")
    assert sent(clinic) == []
    said(staff, f"/patients/{patient}/contacts/{contact['id']}/verify")
    clinic.now += timedelta(minutes=1)
    said(staff, f"/patients/{patient}/message-consents", 201, channel="sms", caps="more")
    assert [line[: len(NUMBER)] for line in sent(clinic)] == [NUMBER]
    said(staff, f"/patients/nobody/contacts/{contact['id']}/verify", 404)


def test_a_patient_agrees_and_takes_back_for_themselves_alone(clinic: World) -> None:
    patient, other = newcomer(clinic, state="NY"), newcomer(clinic, state="NY")
    client = clinic.client("patient", patient=patient)
    path = f"/patients/{patient}/message-consents"
    for purpose in ("visits", "questionnaires"):
        said(client, path, 201, channel="e-mail", purpose=purpose)
    visits, questionnaires = sorted(seen(client, path), key=lambda row: row["purpose"])[::-1]
    said(client, f"{path}/{visits['id']}/revoke")
    assert open_tasks(clinic) == []
    said(client, f"{path}/{questionnaires['id']}/revoke")
    assert open_tasks(clinic) == [("other-channel", patient)]
    assert all(row["revoked_at"] for row in seen(client, path))
    said(client, f"/patients/{other}/message-consents", 404, channel="sms")
    seen(client, f"/patients/{other}/message-consents", 404)
    strangers = clinic.client("patient", patient=other)
    said(strangers, f"/patients/{other}/message-consents/{visits['id']}/revoke", 404)
    said(client, path, 422, channel="telegraph")


def open_tasks(world: World) -> list[tuple[str, str | None]]:
    with world.store.reading() as session:
        asked = select(Task).where(col(Task.open_key).is_not(None), Task.kind == "other-channel")
        return [(task.kind, task.patient_id) for task in session.exec(asked)]


@pytest.fixture
def told(clinic: World) -> World:
    """A patient with a dose to come, who reads Spanish, and a day on which they were told of it."""
    with clinic.store.writing() as session:
        add_patient(session, "harbor", "brook", language="es")
        row = book_dose(session, patient="brook")
        keeping.refresh(session, "harbor", [row.id], now=clinic.now)
    sent(clinic)
    clinic.now = DOSE - timedelta(days=1, hours=-3)
    sent(clinic)
    return clinic


def test_a_patient_reads_their_messages_in_their_language_the_newest_first(told: World) -> None:
    client = told.client("patient", patient="brook")
    shown = client.get(f"{API}/me/messages").json()
    assert {"N-01", "N-11"} <= {letter["kind"] for letter in shown}
    assert [one["at"] for one in shown] == sorted((one["at"] for one in shown), reverse=True)
    page = client.get("/me/messages")
    assert page.status_code == 200
    assert '<html lang="es">' in page.text
    assert "Mensajes" in page.text
    assert "Su plan" in page.text
    assert not any(letter["overtaken"] for letter in shown)


def test_a_message_of_a_visit_that_is_off_says_so_and_waiting_ones_are_not_shown(
    told: World,
) -> None:
    with told.store.writing() as session:
        row = session.exec(select(Appointment)).one()
        row.status = "cancelled"
    client = told.client("patient", patient="brook")
    shown = client.get(f"{API}/me/messages").json()
    assert {letter["kind"] for letter in shown if letter["overtaken"]} >= {"N-11"}
    assert "Esta visita ha cambiado" in client.get("/me/messages").text
    with told.store.reading() as session:
        rows = session.exec(select(Reminder).where(Reminder.channel == "portal")).all()
    assert len(shown) == sum(row.status == "delivered" for row in rows) < len(rows)


def test_nobody_reads_what_is_another_patients_or_has_no_words(told: World) -> None:
    other = newcomer(told, state="NY")
    assert told.client("patient", patient=other).get(f"{API}/me/messages").json() == []
    assert told.client("coordinator").get(f"{API}/me/messages").status_code == 403
    with told.store.writing() as session:
        session.get_one(Patient, ("harbor", "brook")).language = "fr"
    client = told.client("patient", patient="brook")
    assert client.get(f"{API}/me/messages").json() == []
    assert "There are no messages yet." in client.get("/me/messages").text
