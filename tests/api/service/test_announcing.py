"""What nobody planned is told where it happens: overruns, alarms, closures, who did not come."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from scheduler import jobs
from scheduler.reminders import keeping
from scheduler.sessions.watching import watch
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    ContactPoint,
    MessageConsent,
    Practitioner,
    Reminder,
    RideContact,
    Task,
)
from scheduler.store.vault import vault
from tests.api.service.dose_day import TUESDAY, DoseDay, dose_day
from tests.scheduler.reminders.sending import Hands, Provider, worker
from tests.scheduler.sessions.visits import GOOD

PATIENT, DRIVER = "+15555550100", "+15555550101"


@pytest.fixture
def day(store: Store, tmp_path: Path) -> Iterator[DoseDay]:
    with dose_day(store, tmp_path) as found:
        yield found


def reachable(day: DoseDay, patient: str = "p-1") -> None:
    """A patient who takes text messages."""
    now = day.world.now
    with day.world.store.writing() as session:
        session.add(
            ContactPoint(
                clinic_id="harbor",
                patient_id=patient,
                kind="phone",
                value=PATIENT,
                mark=vault().mark(PATIENT),
                verified_at=now,
            )
        )
        consent = MessageConsent(
            clinic_id="harbor",
            patient_id=patient,
            channel="sms",
            purpose="all",
            given_at=now,
            caps="more",
        )
        session.add(consent)


def driven(day: DoseDay, *, until: date | None = TUESDAY) -> None:
    """Somebody drives the first patient home; ``until``: how long they may be told of it."""
    with day.world.store.writing() as session:
        contact = RideContact(
            clinic_id="harbor",
            patient_id="p-1",
            name="Grace Fictional",
            phone=DRIVER,
            phone_mark=vault().mark(DRIVER),
            released_until=until,
        )
        session.add(contact)
        session.flush()
        row = session.get_one(Appointment, ("harbor", day.visit()))
        row.ride_contact_id, row.ride_confirmed_at = contact.id, day.world.now


def rows(day: DoseDay, *kinds: str) -> list[Reminder]:
    with day.world.store.reading() as session:
        asked = select(Reminder).where(col(Reminder.kind).in_(kinds)).order_by(Reminder.made_at)  # type: ignore[arg-type]  # a column it is
        return list(session.exec(asked))


def on_the_list(day: DoseDay, kind: str) -> dict[str, str]:
    """The open tasks of a kind: what they say, by whose they are."""
    return {task.owner_role: task.says for task in open_tasks(day, kind)}


def open_tasks(day: DoseDay, *kinds: str) -> list[Task]:
    """The open tasks, of some kinds or of all."""
    with day.world.store.reading() as session:
        asked = select(Task).where(col(Task.open_key).is_not(None))
        found = session.exec(asked).all()
    return [task for task in found if not kinds or task.kind in kinds]


def looked(day: DoseDay, clock: str) -> int:
    """The job looks at a clock time."""
    now = day.at(clock)
    with day.world.store.writing() as session:
        return watch(session, "harbor", now)


def sent(day: DoseDay, now: datetime | None = None) -> list[str]:
    """What goes out by text message now."""
    provider = Provider()
    worker(day.world.store, Hands(now or day.world.now), provider).run()
    return [f"{message.to} {message.body}" for message in provider.sent]


def test_a_driver_hears_the_new_pick_up_time_each_time_it_moves(day: DoseDay) -> None:
    driven(day)
    day.begin()
    day.recorded("15:10", "extended", reason="dizzy")
    day.recorded("15:10", "extended", reason="dizzy")
    assert [row.status for row in rows(day, "N-16")] == ["cancelled", "pending"]
    (line,) = [line for line in sent(day) if "pick-up" in line]
    assert line.startswith(f"{DRIVER} New pick-up time: 3:55 PM, ")
    day.recorded("15:20", "extended", reason="dizzy")
    assert [line for line in sent(day) if "4:10 PM" in line]


def test_a_driver_hears_of_a_session_that_the_desk_says_runs_over(day: DoseDay) -> None:
    driven(day)
    day.begin()
    until = day.at("16:40").isoformat()
    day.at("15:00")
    over = {"appointment": str(day.visit()), "until": until}
    assert day.client("coordinator").post("/api/v1/facts/overrun", json=over).status_code == 201
    (line,) = [line for line in sent(day) if "pick-up" in line]
    assert line.startswith(f"{DRIVER} New pick-up time: 4:40 PM, ")


@pytest.mark.parametrize("until", [None, TUESDAY - timedelta(days=1)])
def test_a_driver_whom_the_patient_has_not_released_hears_nothing(
    day: DoseDay, until: date | None
) -> None:
    driven(day, until=until)
    day.begin()
    day.recorded("15:10", "extended", reason="dizzy")
    assert rows(day, "N-16") == []
    assert set(on_the_list(day, "overrun")) == {"coordinator"}


def test_vital_signs_that_are_due_call_the_nurse_and_later_the_charge_nurse_once(
    day: DoseDay,
) -> None:
    assert looked(day, "12:20") == 0
    day.begin()
    assert looked(day, "13:39") == 1
    assert on_the_list(day, "N-36") == {}
    looked(day, "13:40")
    assert set(on_the_list(day, "N-36")) == {"nurse"}
    says = on_the_list(day, "N-36")["nurse"]
    assert says.startswith("bay-1, p-1-first: vital signs")
    for clock in ("13:55", "14:05", "14:05", "14:06"):
        looked(day, clock)
    assert set(on_the_list(day, "N-36")) == {"nurse", "charge nurse"}
    told = [(row.step, row.recipient, row.status) for row in rows(day, "N-36")]
    assert told == [
        (0, "role:nurse", "delivered"),
        (1, "role:nurse", "delivered"),
        (2, "role:charge nurse", "delivered"),
    ]
    day.recorded("14:07", "vitals", **GOOD)
    assert on_the_list(day, "N-36") == {}


def test_a_sign_beyond_its_lines_is_told_at_once_with_what_it_was_before(day: DoseDay) -> None:
    day.begin()
    day.recorded("13:20", "vitals", **{**GOOD, "oxygen_saturation": 91})
    says = f"bay-1, p-1-first: oxygen saturation 91, {GOOD['oxygen_saturation']} before the drug"
    assert on_the_list(day, "N-37") == {"nurse": says}
    assert set(on_the_list(day, "alarm")) == {"prescriber"}
    looked(day, "13:21")
    assert len(rows(day, "N-37")) == 1
    day.recorded("13:22", "alarm acknowledged", sign="oxygen saturation")
    assert on_the_list(day, "N-37") == {}
    day.recorded("13:25", "vitals", **{**GOOD, "oxygen_saturation": 90})
    assert len(rows(day, "N-37")) == 2


def test_the_time_to_leave_is_told_once_and_again_only_when_it_has_moved(day: DoseDay) -> None:
    day.begin()
    looked(day, "15:09")
    assert on_the_list(day, "N-38") == {}
    looked(day, "15:10")
    looked(day, "15:11")
    assert set(on_the_list(day, "N-38")) == {"nurse"}
    assert len(rows(day, "N-38")) == 1
    day.recorded("15:12", "extended", reason="dizzy")
    assert on_the_list(day, "N-38") == {}
    looked(day, "15:25")
    assert set(on_the_list(day, "N-38")) == {"nurse"}


def test_a_closed_clinic_tells_its_patients_and_calls_about_doses(day: DoseDay) -> None:
    reachable(day)
    day.at("10:00", TUESDAY - timedelta(days=4))
    answer = day.client("coordinator").post(
        "/api/v1/facts/closure", json={"day": TUESDAY.isoformat(), "reason": "burst pipe"}
    )
    assert answer.status_code == 201, answer.text
    told = {(row.patient_id, row.channel) for row in rows(day, "N-33")}
    assert told == {("p-1", "sms"), ("p-1", "task"), ("p-2", "sms"), ("p-2", "task")}
    (line,) = sent(day)
    assert line.startswith(f"{PATIENT} ")
    assert "your appointment on Tue Jan 19 at 12:30 PM has to move" in line
    assert set(on_the_list(day, "N-33")) == {"coordinator"}


def test_who_was_seen_to_meanwhile_is_not_told_that_the_visit_has_to_move(day: DoseDay) -> None:
    reachable(day)
    now = day.at("22:00", TUESDAY - timedelta(days=4))  # nobody is written to at night
    away = {"practitioner": "nurse-1", "first": TUESDAY.isoformat(), "last": TUESDAY.isoformat()}
    assert day.client("coordinator").post("/api/v1/facts/absence", json=away).status_code == 201
    assert {row.status for row in rows(day, "N-33") if row.channel == "sms"} == {"pending"}
    path = f"/api/v1/appointments/{day.visit()}/cancel"
    cancelled = day.client("coordinator").post(
        path, json={"reason": "prov"}, headers={"if-match": f'"{day.row().version}"'}
    )
    assert cancelled.status_code == 200, cancelled.text
    assert not [line for line in sent(day, now + timedelta(hours=12)) if "has to move" in line]


def test_a_day_that_is_opened_again_is_told_back_and_closed_again_told_anew(day: DoseDay) -> None:
    reachable(day)
    coordinator = day.client("coordinator")
    closure = {"day": TUESDAY.isoformat(), "reason": "burst pipe"}

    def said(path: str) -> None:
        document = closure if path == "closure" else {"day": closure["day"]}
        answer = coordinator.post(f"/api/v1/facts/{path}", json=document)
        assert answer.status_code == 201, answer.text

    def calls_about_the_first(kind: str) -> list[str]:
        return [task.says for task in open_tasks(day, kind) if "p-1-first" in task.says]

    now = day.at("22:00", TUESDAY - timedelta(days=4))  # nobody is written to at night
    said("closure")
    said("opening")
    morning = now + timedelta(hours=12)
    assert not [line for line in sent(day, morning) if "has to move" in line]
    assert calls_about_the_first("N-33") == []
    day.at("10:00", TUESDAY - timedelta(days=3))
    said("closure")
    assert [line for line in sent(day) if "has to move" in line]
    said("opening")
    (call,) = calls_about_the_first("call")
    assert "stands after all" in call


def test_opening_a_day_leaves_what_a_session_that_runs_over_has_hit(day: DoseDay) -> None:
    day.begin()
    coordinator = day.client("coordinator")
    closed = {"day": TUESDAY.isoformat(), "reason": "burst pipe"}
    with day.world.store.writing() as session:  # so that nothing else keeps the next visit
        session.get_one(Practitioner, ("harbor", "nurse-1")).hours = {"tue": ["07:00-20:00"]}
    until = (day.row().end + timedelta(hours=2)).isoformat()
    over = coordinator.post(
        "/api/v1/facts/overrun", json={"appointment": str(day.visit()), "until": until}
    )
    assert over.status_code == 201, over.text
    hit = {one["task"] for one in over.json()}
    coordinator.post("/api/v1/facts/closure", json=closed)
    coordinator.post("/api/v1/facts/opening", json={"day": closed["day"]})
    assert hit <= {str(task.id) for task in open_tasks(day)}
    assert hit


def test_a_patient_who_says_they_cannot_come_is_not_told_so(day: DoseDay) -> None:
    reachable(day)
    day.at("10:00", TUESDAY - timedelta(days=4))
    span = {"patient": "p-1", "first": TUESDAY.isoformat(), "last": TUESDAY.isoformat()}
    answer = day.client("coordinator").post("/api/v1/facts/unavailability", json=span)
    assert len(answer.json()) == 1
    assert rows(day, "N-33") == []


def test_a_discharge_leads_to_the_note_the_question_at_home_and_the_integration(
    day: DoseDay,
) -> None:
    reachable(day)
    with day.world.store.writing() as session:
        integration = session.get_one(Appointment, ("harbor", day.visit("p-1-integration")))
        integration.status = "cancelled"
        keeping.refresh(session, "harbor", [day.visit()], now=day.world.now)
    day.begin()
    assert [line for line in sent(day) if "do not drive" in line]
    day.to_the_door()
    day.recorded("15:14", "discharged")
    ended = day.row().end
    later = sent(day, ended + timedelta(hours=4))
    assert [line for line in later if "are you home and well" in line]
    assert set(on_the_list(day, "N-51")) == {"coordinator", "therapist"}


def test_who_did_not_come_is_asked_how_they_are(day: DoseDay) -> None:
    reachable(day)
    now = day.at("13:00")
    path = f"/api/v1/appointments/{day.visit()}/no-show"
    answer = day.client("coordinator").post(
        path, headers={"if-match": f'"{day.row().version}"'}, json={}
    )
    assert answer.status_code == 200, answer.text
    assert [line for line in sent(day, now + timedelta(minutes=16)) if "we missed you" in line]


def test_the_alarm_clock_looks_after_sessions(day: DoseDay) -> None:
    day.begin()
    day.at("13:41")
    machine = jobs.machine_of(day.world.store, day.world.settings, lambda: day.world.now)
    (job,) = [job for job in jobs.JOBS if job.name == "watch-sessions"]
    job.does(machine)
    assert set(on_the_list(day, "N-36")) == {"nurse"}
