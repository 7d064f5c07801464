"""Messages over the API: seen, stopped, sent again; replies, receipts and the ride's link."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from scheduler.reminders import keeping
from scheduler.reminders.channels.sms import signature
from scheduler.reminders.links import Links
from scheduler.store.tables import Appointment, AuditEntry, Clinic, InboundMessage, Reminder
from tests.api.service.world import World
from tests.scheduler.reminders.clinic import DOSE, PHONE, add_patient, book_dose, give_ride

PROVIDER = "key-of-the-provider"


@pytest.fixture
def told(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The served clinic with a patient on a pathway of the library, and a dose to come."""
    monkeypatch.setenv("CAREWEAVE_SMS_TOKEN", PROVIDER)
    with world.store.writing() as session:
        clinic = session.exec(select(Clinic)).one()
        clinic.settings = {"sender": "Harbor Office", "phone": "555-555-0199", "place": "Pier 2"}
        add_patient(session, "harbor", "brook")
        row = book_dose(session, patient="brook")
        contact = give_ride(session, row, patient="brook")
        row.ride_contact_id = contact.id
        keeping.refresh(session, "harbor", [row.id], now=world.now)
    return world


def appointment(world: World) -> Appointment:
    with world.store.reading() as session:
        return session.exec(select(Appointment)).one()


def row(world: World, kind: str) -> Reminder:
    with world.store.reading() as session:
        rows = session.exec(select(Reminder).where(Reminder.kind == kind)).all()
        return next(found for found in rows if found.channel == "sms")


def test_staff_see_what_is_planned_and_what_would_be_said(told: World) -> None:
    browser = told.client("coordinator")
    found = browser.get("/api/v1/reminders", params={"kind": "N-09", "status": "pending"}).json()
    assert not found["stopped"]
    assert [one["patient"] for one in found["reminders"]] == ["brook"]
    assert "+1555" not in str(found)
    span = {"from": told.now.isoformat(), "to": (told.now + timedelta(days=60)).isoformat()}
    shown = browser.get("/api/v1/reminders/preview", params=span).json()
    words = {one["kind"]: one["words"] for one in shown}
    assert words["N-19"].startswith("Harbor Office: do not drive or use heavy machinery until")
    with told.store.reading() as session:
        reads = session.exec(select(AuditEntry).where(AuditEntry.action == "read")).all()
    assert sorted(entry.patients for entry in reads) == [["ada", "brook"], ["brook"]]


def test_what_is_asked_wrongly_is_refused(told: World) -> None:
    browser = told.client("coordinator")
    assert browser.get("/api/v1/reminders", params={"stat": "pending"}).status_code == 422
    span = {"from": "2027-01-01T00:00", "to": "2027-02-01T00:00"}
    assert browser.get("/api/v1/reminders/preview", params=span).status_code == 422
    backwards = {"from": "2027-02-01T00:00Z", "to": "2027-01-01T00:00Z"}
    refused = browser.get("/api/v1/reminders/preview", params=backwards)
    assert refused.json()["place"] == "query.to"


def test_a_patient_sees_none_of_it(told: World) -> None:
    patient = told.client("patient", patient="brook")
    assert patient.get("/api/v1/reminders").status_code == 403
    assert patient.post("/api/v1/reminders/stop-all").status_code == 403


def test_one_message_is_stopped_and_sent_again_by_a_person(told: World) -> None:
    browser, name = told.client("coordinator"), row(told, "N-09").id
    stopped = browser.post(f"/api/v1/reminders/{name}/stop")
    assert (stopped.json()["status"], stopped.json()["reason"]) == (
        "cancelled",
        "stopped by a person",
    )
    assert browser.post(f"/api/v1/reminders/{name}/stop").status_code == 409
    again = browser.post(f"/api/v1/reminders/{name}/resend")
    assert again.json()["status"] == "pending"
    assert browser.post(f"/api/v1/reminders/{name}/resend").status_code == 409
    assert browser.post(f"/api/v1/reminders/{UUID(int=1)}/stop").status_code == 404


def test_what_a_person_has_stopped_is_not_planned_again(told: World) -> None:
    told.client("coordinator").post(f"/api/v1/reminders/{row(told, 'N-09').id}/stop")
    with told.store.writing() as session:
        keeping.refresh_all(session, "harbor", now=told.now)
    assert row(told, "N-09").status == "cancelled"


def test_all_messages_are_stopped_and_go_again(told: World) -> None:
    browser = told.client("charge nurse")
    assert browser.post("/api/v1/reminders/stop-all").json() == {"stopped": True}
    assert browser.get("/api/v1/reminders").json()["stopped"]
    assert browser.post("/api/v1/reminders/resume").json() == {"stopped": False}
    assert told.client("therapist").post("/api/v1/reminders/stop-all").status_code == 403


def provider(
    world: World, path: str, form: dict[str, str], *, signed_by: str = PROVIDER
) -> tuple[int, str]:
    url = world.settings.own_url + path
    headers = {"x-twilio-signature": signature(signed_by, url, form)}
    answer = world.client(None).post(path, data=form, headers=headers)
    return answer.status_code, answer.text


def test_a_reply_comes_in_signed_and_is_taken_once(told: World) -> None:
    form = {"MessageSid": "SM1", "From": PHONE, "To": "+15555550000", "Body": "who is this?"}
    assert provider(told, "/api/v1/inbound/sms", form, signed_by="guessed")[0] == 401
    for _ in range(2):
        assert provider(told, "/api/v1/inbound/sms", form) == (200, "<Response></Response>")
    with told.store.reading() as session:
        assert len(session.exec(select(InboundMessage)).all()) == 1
    stranger = form | {"MessageSid": "SM2", "From": "+15555550177", "Body": "HELP"}
    assert "Appointment messages" in provider(told, "/api/v1/inbound/sms", stranger)[1]
    assert provider(told, "/api/v1/inbound/sms", {"From": PHONE})[0] == 422


def test_a_receipt_counts_once_in_any_order_and_never_forged(told: World) -> None:
    name = row(told, "N-09").id
    path = f"/api/v1/inbound/sms/status?reminder={name}"
    form = {"MessageSid": "SM9", "MessageStatus": "delivered"}
    provider(told, path, form)
    assert row(told, "N-09").status == "pending"  # it never went out: nobody can say it arrived
    with told.store.writing() as session:
        found = session.get(Reminder, ("harbor", name))
        assert found is not None
        found.status = "sending"
    assert provider(told, path, form, signed_by="guessed")[0] == 401
    assert row(told, "N-09").status == "sending"
    for status in ("delivered", "sent", "failed", "delivered"):
        assert provider(told, path, form | {"MessageStatus": status})[0] == 200
    assert (row(told, "N-09").status, row(told, "N-09").provider_id) == ("delivered", "SM9")


def link(world: World) -> str:
    links = Links(world.settings.own_url, world.settings.secrets.signing_key)
    return f"/ride/{links.token(appointment(world))}"


def test_the_rides_link_shows_time_and_place_alone_and_takes_a_yes(told: World) -> None:
    path, browser = link(told), told.client(None)
    page = browser.get(path)
    assert page.status_code == 200
    assert "Tue Jan 19 4:00 PM, Pier 2" in page.text
    assert not {"brook", "Fictional", "ketamine", "infusion"} & set(page.text.split())
    assert page.headers["cache-control"] == "no-store"
    assert appointment(told).ride_confirmed_at is None
    assert "Confirmed" in browser.post(path).text
    assert appointment(told).ride_confirmed_at == told.now
    assert "Confirmed" in browser.post(path).text


def test_a_rides_link_ends_with_the_visits_begin_or_when_it_moves(told: World) -> None:
    path, browser = link(told), told.client(None)
    assert browser.get(path[:-6] + "AAAAAA").status_code == 404
    assert browser.get("/ride/nothing").status_code == 404
    with told.store.writing() as session:
        found = session.exec(select(Appointment)).one()
        found.start += timedelta(hours=1)
    assert browser.get(path).status_code == 404
    moved = link(told)
    assert browser.get(moved).status_code == 200
    told.now = DOSE + timedelta(hours=1)
    assert browser.get(moved).status_code == 404


def test_crisis_replies_are_not_switched_on_without_anybody_there(told: World) -> None:
    refused = told.client("admin").post("/api/v1/reminders/crisis-replies")
    assert refused.status_code == 409
    assert "after_hours_phone" in refused.json()["fix"]
    assert told.client("nurse").post("/api/v1/reminders/crisis-replies").status_code == 403
