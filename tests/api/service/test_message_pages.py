"""The list of messages, as staff look at it."""

from datetime import timedelta

from scheduler.reminders import keeping
from scheduler.store.tables import Reminder
from tests.api.service.world import World
from tests.scheduler.reminders.clinic import add_patient, book_dose


def write(world: World) -> None:
    """One patient with all that a dose brings; one of the messages was held back."""
    with world.store.writing() as session:
        add_patient(session, "harbor", "brook")
        row = book_dose(session, patient="brook")
        keeping.refresh(session, "harbor", [row.id], now=world.now)
        session.add(
            Reminder(
                clinic_id="harbor",
                subject_kind="appointment",
                subject_id=str(row.id),
                subject_version=9,
                kind="N-13",
                recipient="patient:brook",
                channel="sms",
                patient_id="brook",
                due_at=world.now - timedelta(hours=1),
                next_try_at=world.now,
                expires_at=world.now,
                made_at=world.now,
                status="suppressed",
                reason="no consent to this channel",
                facts={"says": "time, place, ride at the end"},
            )
        )


def test_staff_see_what_is_planned_and_what_was_held_back_and_why(world: World) -> None:
    write(world)
    nurse = world.client("nurse")
    page = nurse.get("/reminders").text
    assert "time, place, ride at the end" in page
    assert "held back" in page
    assert "no consent to this channel" in page
    assert "Tuesday 19 January" in page
    assert "2027-01-19T" not in page.replace('datetime="2027-01-19T', "")


def test_the_list_is_narrowed_to_a_state_or_a_patient(world: World) -> None:
    write(world)
    nurse = world.client("nurse")
    planned = nurse.get("/reminders?status=pending").text
    assert "no consent to this channel" not in planned
    assert "no driving and no machinery" in planned
    assert "No message fits" in nurse.get("/reminders?patient=ada&status=failed").text
    assert "All messages" in nurse.get("/reminders?patient=brook").text


def test_a_patient_does_not_reach_the_list_of_messages(world: World) -> None:
    assert world.client("patient", patient="ada").get("/reminders").status_code == 403
