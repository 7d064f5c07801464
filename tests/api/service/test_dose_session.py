"""A dose session over HTTP, from arrival to the way home, on both databases."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from api import following
from api.following import Listener, changes_after
from scheduler import gates
from scheduler.acting import Actor
from scheduler.booking import Promise
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    AuditEntry,
    Change,
    Clearance,
    Coverage,
    Gate,
    LedgerSlot,
    Override,
    SessionEvent,
    Task,
)
from scheduler.tracking import TAKES_TIME
from tests.api.service.dose_day import DoseDay, dose_day
from tests.scheduler.care.course import screened
from tests.scheduler.sessions.visits import GOOD, WHOLE


@pytest.fixture
def day(store: Store, tmp_path: Path) -> Iterator[DoseDay]:
    with dose_day(store, tmp_path) as found:
        yield found


def tasks(day: DoseDay) -> dict[str, Task]:
    """The open tasks, by kind."""
    with day.world.store.reading() as session:
        found = session.exec(select(Task).where(col(Task.open_key).is_not(None))).all()
    return {task.kind: task for task in found}


def refused(answer: Any, status: int, rule: str | None = None) -> str:
    body = answer.json()
    assert (answer.status_code, body.get("rule")) == (status, rule), body
    assert body["fix"]
    detail: str = body["detail"]
    return detail


def ledger(day: DoseDay) -> dict[tuple[str, int], int]:
    with day.world.store.reading() as session:
        rows = session.exec(select(LedgerSlot)).all()
    return {(row.resource, row.slot): row.load for row in rows}


def promised(day: DoseDay) -> dict[tuple[str, int], int]:
    loads: dict[tuple[str, int], int] = {}
    with day.world.store.reading() as session:
        standing = col(Appointment.status).in_(TAKES_TIME)
        for taken in session.exec(select(Appointment.taken).where(standing)):
            for promise in map(Promise.read, taken):
                for slot in promise.slots:
                    key = (promise.resource, slot)
                    loads[key] = loads.get(key, 0) + promise.load
    return loads


def test_a_session_goes_from_arrival_to_the_way_home(day: DoseDay) -> None:
    assert day.row().status == "booked"
    day.recorded("12:30", "arrived", role="coordinator")
    assert day.row().status == "arrived"
    day.recorded("12:40", "check-in", **{**WHOLE, "fasting_kept": None})
    assert day.row().status == "arrived"
    day.recorded("12:41", "check-in", **WHOLE)
    assert day.row().status == "checked-in"
    ready = day.recorded("12:50", "vitals", **GOOD)["session"]["timeline"]
    assert (ready["may_give"], ready["to_giving"]) == (True, [])
    begun = day.recorded("13:00", "given", mg=56, lot="FICTION-1")["session"]
    assert begun["timeline"]["stage"]["phase"] == "dosing"
    assert begun["timeline"]["form_due"] == "2027-01-27T04:59:00Z"
    assert begun["timeline"]["drives_again"] == "2027-01-20T11:00:00Z"
    day.recorded("13:10", "device", number=2)
    day.to_the_door()
    early = day.record("15:09", "discharged")
    assert "monitoring lasts until" in refused(early, 409, "R-22")
    done = day.recorded("15:10", "discharged")["session"]
    assert (done["status"], done["timeline"]["stage"]["phase"]) == ("fulfilled", "discharged")
    assert [event["number"] for event in done["events"]] == list(range(1, 13))


def test_a_dose_leaves_a_note_with_its_end_and_a_form_with_its_time(day: DoseDay) -> None:
    day.begin()
    (note,) = day.row().notes
    assert note["until"] == "2027-01-20T06:00:00-05:00"
    assert "until Wednesday 20 January 2027, 06:00, and only after a restful sleep" in note["text"]
    form = tasks(day)["monitoring-form"]
    assert (form.owner_role, form.due_at.isoformat()) == ("nurse", "2027-01-27T04:59:00+00:00")
    day.recorded("15:20", "form filed", role="authorised representative", reference="F-1")
    assert set(tasks(day)) == {"N-36", "N-38"}  # the patient is still here, and due to leave
    assert ledger(day) == promised(day)


def test_a_patient_reads_from_when_they_may_drive_and_nobody_elses(day: DoseDay) -> None:
    day.begin()
    for moment, resting in (("15:30", True), ("23:59", True)):
        day.at(moment)
        own = day.world.client("patient", patient="p-1").get("/api/v1/patients/p-1/driving")
        assert own.json()["resting"] is resting
        assert own.json()["drives_again"] == "2027-01-20T06:00:00-05:00"
    other = day.world.client("patient", patient="p-2").get("/api/v1/patients/p-1/driving")
    absent = day.world.client("patient", patient="p-2").get("/api/v1/patients/p-9/driving")
    assert (other.status_code, other.content) == (404, absent.content)
    day.at("06:00", date(2027, 1, 20))
    after = day.client("nurse").get("/api/v1/patients/p-1/driving").json()
    assert (after["resting"], after["drives_again"]) == (False, None)


def test_a_patient_does_not_reach_the_sessions(day: DoseDay) -> None:
    patient = day.world.client("patient", patient="p-1")
    assert patient.get("/api/v1/sessions").status_code == 403
    assert patient.get(f"/api/v1/sessions/{day.visit()}").status_code == 403
    nurse = day.client("nurse")
    assert nurse.get(f"/api/v1/sessions/{uuid4()}").status_code == 404


def test_the_drug_is_refused_with_every_reason_named(day: DoseDay) -> None:
    refused(day.record("12:20", "given", mg=56), 409)  # not arrived
    day.recorded("12:30", "arrived")
    body = day.record("12:35", "given", mg=56).json()
    assert [o["rule"] for o in body["obstacles"]] == ["R-07", "R-24", "R-23", "R-29"]
    day.recorded("12:40", "check-in", **{**WHOLE, "ride": {"kind": "self", "name": "Me"}})
    day.recorded("12:50", "vitals", **GOOD)
    assert "never drive themselves" in refused(day.record("12:55", "given", mg=56), 409, "R-29")
    day.recorded("12:56", "check-in", **WHOLE)
    refused(day.record("12:57", "given", mg=60), 409, "R-18")
    day.recorded("12:58", "given", mg=56)
    refused(day.record("12:59", "given", mg=56), 409)


def test_an_open_gate_keeps_the_drug_away_until_it_is_closed_or_set_aside(day: DoseDay) -> None:
    now, visit = day.at("12:00"), day.visit()
    with day.world.store.writing() as session:
        for cover in session.exec(select(Coverage)):
            session.delete(cover)
    day.recorded("12:30", "arrived")
    day.recorded("12:40", "check-in", **WHOLE)
    assert day.row().status == "arrived"  # nothing goes beyond arrival with an open gate
    day.recorded("12:50", "vitals", **GOOD)
    answer = day.record("13:00", "given", mg=56)
    assert "cover is not verified" in refused(answer, 409, "R-44")
    assert answer.json()["type"].endswith("gate-open")
    with day.world.store.writing() as session:
        session.add(
            Override(
                clinic_id="harbor",
                appointment_id=visit,
                rule="R-44",
                about="cover",
                strength="gate",
                reason_code="other",
                requested_by=uuid4(),
                requested_role="nurse",
                requested_at=now,
                approved_at=now,
                expires_at=now + timedelta(hours=8),
            )
        )
    day.recorded("13:00", "given", mg=56)
    assert day.row().status == "checked-in"


def test_what_was_withdrawn_after_the_check_in_keeps_the_drug_away(day: DoseDay) -> None:
    day.recorded("12:30", "arrived")
    day.recorded("12:40", "check-in", **WHOLE)
    day.recorded("12:50", "vitals", **GOOD)
    assert day.row().status == "checked-in"
    with day.world.store.writing() as session:
        for row in session.exec(select(Clearance).where(Clearance.kind == "medical")):
            row.revoked_at = day.world.now
    answer = day.record("12:55", "given", mg=56)
    refused(answer, 409, "R-05")
    assert answer.json()["type"].endswith("gate-open")


def test_a_prescriber_decides_on_the_blood_pressure_and_nobody_else(day: DoseDay) -> None:
    day.recorded("12:30", "arrived")
    day.recorded("12:40", "check-in", **WHOLE)
    day.recorded("12:50", "vitals", **{**GOOD, "systolic": 141})
    assert tasks(day)["blood-pressure"].owner_role == "prescriber"
    assert "prescriber decides" in refused(day.record("12:51", "given", mg=56), 409, "R-24")
    decision: dict[str, Any] = {
        "about": "blood pressure",
        "outcome": "go ahead",
        "reason": "as always",
    }
    assert "prescriber" in refused(day.record("12:52", "decision", **decision), 403)
    day.recorded("12:53", "decision", role="prescriber", **decision)
    assert "blood-pressure" not in tasks(day)
    day.recorded("12:54", "vitals", **{**GOOD, "systolic": 180})
    again = day.record("12:55", "decision", role="prescriber", **decision)
    assert "nobody overrides" in refused(again, 409, "R-24")
    refused(day.record("12:56", "given", mg=56), 409, "R-24")
    day.recorded("12:57", "not given", reason="blood pressure")
    row = day.row()
    assert (row.status, row.notes, row.taken) == ("cancelled", [], [])
    assert set(tasks(day)) == {"dose-not-given"}
    assert ledger(day) == promised(day)
    refused(day.record("12:58", "vitals", **GOOD), 409)


def test_leaving_early_calls_the_prescriber_and_shuts_the_next_dose(day: DoseDay) -> None:
    day.begin()
    day.recorded("14:00", "left early", reason="went home")
    assert day.row().status == "fulfilled"
    task = tasks(day)["left-early"]
    assert (task.owner_role, task.rule, task.due_at) == ("prescriber", "R-26", day.world.now)
    with day.world.store.writing() as session:
        gates.refresh_patients(session, "harbor", ["p-1"], now=day.world.now)
        gate = session.exec(select(Gate).where(Gate.rule == "R-26")).one()
    assert (gate.appointment_id, gate.closed_at) == (day.visit("p-1-next"), None)
    assert day.row().notes[0]["until"] == "2027-01-20T06:00:00-05:00"
    refused(day.record("14:30", "reviewed"), 403)
    day.recorded("14:31", "reviewed", role="prescriber", reason="called, is well")
    assert "left-early" not in tasks(day)
    with day.world.store.reading() as session:
        gate = session.exec(select(Gate).where(Gate.rule == "R-26")).one()
    assert gate.closed_how == "reviewed"


def test_who_leaves_before_the_drug_carries_no_note(day: DoseDay) -> None:
    day.recorded("12:30", "arrived")
    day.recorded("12:35", "left early")
    row = day.row()
    assert (row.status, row.notes) == ("cancelled", [])
    assert set(tasks(day)) == {"left-early"}


@pytest.mark.parametrize("way", ["not given", "left early"])
def test_what_was_to_follow_a_dose_that_is_not_given_ends_with_it(day: DoseDay, way: str) -> None:
    day.recorded("12:30", "arrived")
    day.recorded("12:35", way)
    integration = day.row("p-1-integration")
    assert (integration.status, integration.cancel_reason) == (
        "cancelled",
        "follows-a-cancellation",
    )
    assert day.row("p-1-therapy").status == "booked"
    assert ledger(day) == promised(day)


def test_a_visit_that_is_booked_is_confirmed_whatever_reasons_come_along(day: DoseDay) -> None:
    coordinator, said = day.client("coordinator"), {"reasons": {"R-99": "as asked"}}
    for code in ("p-1-first", "p-1-next", "p-2-first"):
        answer = coordinator.post(f"/api/v1/appointments/{day.visit(code)}/confirm", json=said)
        assert answer.status_code == 200, answer.text


def test_a_clearance_is_revoked_before_the_drug_is_given_or_after_it(day: DoseDay) -> None:
    day.recorded("12:30", "arrived")
    day.recorded("12:40", "check-in", **WHOLE)
    day.recorded("12:50", "vitals", **GOOD)
    now = day.at("13:00")
    with day.world.store.reading() as session:
        name = session.exec(select(Clearance.id).where(Clearance.kind == "psychiatric")).first()
    event = {"id": str(uuid4()), "kind": "given", "at": now.isoformat(), "mg": 56}
    asked = [
        (day.client("nurse"), f"/api/v1/sessions/{day.visit()}/events", event),
        (day.client("prescriber"), f"/api/v1/clearances/{name}/revoke", {"reason": "relapse"}),
    ]
    with ThreadPoolExecutor(2) as pool:
        given, revoked = pool.map(lambda ask: ask[0].post(ask[1], json=ask[2]), asked)
    assert (given.status_code in (201, 409), revoked.status_code) == (True, 200), given.text
    with day.world.store.reading() as session:
        since = select(Change.kind).where(Change.at == now).order_by(col(Change.number))
        told = [kind for kind in session.exec(since) if kind in ("session", "patient")]
    assert told == (["session", "patient"] if given.status_code == 201 else ["patient"])


def test_a_dose_on_hold_is_not_given_until_two_people_have_said_so(day: DoseDay) -> None:
    visit = day.row()
    with day.world.store.writing() as session:
        gates.shut(session, visit, "R-17", "it is too long since the last dose", now=day.world.now)
        name = session.exec(select(Gate.id).where(Gate.rule == "R-17")).one()
    day.recorded("12:30", "arrived")
    day.recorded("12:40", "check-in", **WHOLE)
    day.recorded("12:50", "vitals", **GOOD)
    refused(day.record("13:00", "given", mg=56), 409, "R-17")
    until = (day.world.now + timedelta(hours=1)).isoformat()
    why = {"reason_code": "clinical-need", "reason": "as before", "expires_at": until}
    asked = day.client("nurse").post(f"/api/v1/gates/{name}/overrides", json=why).json()
    day.client("prescriber").post(f"/api/v1/overrides/{asked['id']}/approve")
    day.recorded("13:01", "given", mg=56)


@pytest.mark.parametrize("way", ["cancel", "no-show", "error"])
def test_a_visit_whose_drug_was_given_is_not_called_off_at_the_desk(day: DoseDay, way: str) -> None:
    day.begin()
    path = f"/api/v1/appointments/{day.visit()}/{way}"
    sent = {"reason": "pat"} if way == "cancel" else None
    answer = day.client("coordinator").post(path, json=sent)
    assert "drug was given" in refused(answer, 409)
    assert (day.row().status, day.row("p-1-integration").status) == ("checked-in", "booked")


def test_a_patient_who_stays_longer_keeps_place_and_nurse_or_says_whom_it_hits(
    day: DoseDay,
) -> None:
    day.begin()  # the visit was to end at 15:25, and the next in the bay begins at 15:30
    day.recorded("15:10", "extended", reason="dizzy")
    row = day.row()
    assert row.end == day.at("15:40")
    assert row.stages[-1]["end"] == row.end.isoformat()
    found = tasks(day)
    assert found["overrun"].owner_role == "coordinator"
    broken = found["broken-promise"]
    assert broken.subject_id == str(day.visit("p-2-first"))
    assert "p-2-first at 15:30 is hit" in broken.says
    resources = {data[0] for data in row.taken[-2:]}
    assert "patient:p-1" in resources  # what was free is promised
    assert ledger(day) == promised(day)
    day.to_the_door()
    day.recorded("15:14", "discharged")
    assert not {"overrun", "broken-promise"} & set(tasks(day))
    assert day.row().end == day.at("15:25")
    assert ledger(day) == promised(day)


def test_who_leaves_earlier_than_was_told_hits_nobody_any_more(day: DoseDay) -> None:
    day.begin()
    until = day.at("16:30").isoformat()
    over = {"appointment": str(day.visit()), "until": until}
    day.at("15:00")
    desk = day.client("coordinator")
    assert desk.post("/api/v1/facts/overrun", json=over).status_code == 201
    assert tasks(day)["broken-promise"].subject_id == str(day.visit("p-2-first"))
    day.to_the_door()
    day.recorded("15:14", "discharged")
    assert "broken-promise" not in tasks(day)
    row = day.row()
    assert (row.end, row.runs_over) == (day.at("15:25"), False)
    assert ledger(day) == promised(day)


def test_an_urgent_alarm_calls_a_prescriber_until_it_is_seen(day: DoseDay) -> None:
    day.begin()
    day.recorded("13:20", "vitals", **{**GOOD, "oxygen_saturation": 91})
    assert tasks(day)["alarm"].rule == "R-25"
    sign: dict[str, Any] = {"sign": "oxygen saturation"}
    refused(day.record("13:21", "alarm acknowledged", role="coordinator", **sign), 403)
    day.recorded("13:22", "alarm acknowledged", **sign)
    assert "alarm" not in tasks(day)
    refused(day.record("13:23", "alarm acknowledged", sign="panic"), 409)


def test_the_same_event_is_recorded_once_and_its_id_is_good_for_nothing_else(day: DoseDay) -> None:
    name = str(uuid4())
    first = day.recorded("12:30", "arrived", id=name)
    again = day.recorded("12:31", "arrived", id=name)
    assert again["event"] == first["event"]
    assert "another event" in refused(day.record("12:32", "vitals", id=name, **GOOD), 422)
    other = day.record("15:30", "arrived", id=name, code="p-2-first")
    assert "another event" in refused(other, 422)


def test_two_nurses_write_at_once_and_both_are_written(day: DoseDay) -> None:
    day.begin()
    path, now = f"/api/v1/sessions/{day.visit()}/events", day.at("13:20")
    clients = [day.client("nurse") for _ in range(6)]
    bodies = [
        {"id": str(uuid4()), "kind": "vitals", "at": now.isoformat(), **GOOD, "heart_rate": 70 + n}
        for n in range(6)
    ]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda c, b: c.post(path, json=b), clients, bodies))
    assert [answer.status_code for answer in answers] == [201] * 6
    with day.world.store.reading() as session:
        numbers = session.exec(select(SessionEvent.number)).all()
    assert sorted(numbers) == list(range(1, 12))


def test_a_correction_moves_note_form_and_time_and_leaves_the_old_event(day: DoseDay) -> None:
    day.recorded("12:30", "arrived")
    day.recorded("12:40", "check-in", **WHOLE)
    day.recorded("12:50", "vitals", **GOOD)
    given = day.recorded("13:10", "given", mg=56)["event"]
    right = {**given["data"], "at": day.at("13:05").isoformat()}
    mended = day.recorded("13:20", "correction", corrects=given["id"], event=right)
    assert mended["session"]["timeline"]["drug"]["first"] == "2027-01-19T18:05:00Z"
    assert len(mended["session"]["events"]) == 5
    unknown = day.record("13:21", "correction", corrects=str(uuid4()), event=right)
    assert unknown.status_code == 404
    ride = {"id": str(uuid4()), "kind": "ride met", "at": right["at"], "name": "Rowan"}
    other = day.record("13:22", "correction", corrects=given["id"], event=ride)
    assert "cannot become" in refused(other, 422)
    struck = day.recorded("13:23", "correction", corrects=given["id"])["session"]["timeline"]
    assert struck["drug"] is None
    assert "monitoring-form" not in tasks(day)


def test_a_discharge_that_corrected_facts_make_too_early_is_told(day: DoseDay) -> None:
    day.begin()
    day.to_the_door()
    day.recorded("15:10", "discharged")
    with day.world.store.reading() as session:
        device = session.exec(select(SessionEvent).where(SessionEvent.kind == "device")).one()
    late = {**device.data, "at": day.at("13:15").isoformat()}
    day.recorded("15:30", "correction", corrects=str(device.id), event=late)
    assert tasks(day)["early-end"].owner_role == "prescriber"


def test_a_correction_does_not_get_around_the_time_of_leaving(day: DoseDay) -> None:
    day.begin()
    day.to_the_door()
    left = day.recorded("15:12", "discharged")["event"]
    early = {**left["data"], "at": day.at("15:09").isoformat()}
    answer = day.record("15:20", "correction", corrects=left["id"], event=early)
    refused(answer, 409, "R-22")


def test_what_has_not_happened_yet_and_what_makes_no_sense_is_refused(day: DoseDay) -> None:
    now = day.at("12:30")
    ahead = (now + timedelta(minutes=3)).isoformat()
    assert "not happened" in refused(day.record("12:30", "arrived", at=ahead), 422)
    day.recorded("12:30", "arrived", at=(now + timedelta(minutes=1)).isoformat())
    for data in ({"systolic": 500}, {"systolic": 120, "unknown": 1}, {"at": "2027-01-19T12:30:00"}):
        assert day.record("12:31", "vitals", **data).status_code == 422
    refused(day.record("12:31", "device", number=2), 409)
    day.recorded("12:32", "check-in", **WHOLE)
    day.recorded("12:33", "vitals", **GOOD)
    day.recorded("12:34", "given", mg=56)
    refused(day.record("12:35", "device", number=3), 422)
    day.recorded("12:36", "device", number=2)
    refused(day.record("12:37", "device", number=3), 409, "R-18")
    assert "time" in refused(day.record("12:38", "ready", confirmed=["time"]), 422)
    refused(day.record("12:39", "arrived"), 409)


def test_what_the_desk_writes_down_is_of_the_session_too(day: DoseDay) -> None:
    now = day.at("12:20")
    visit, desk = day.visit(), day.client("coordinator")
    assert desk.post(f"/api/v1/appointments/{visit}/arrive").status_code == 200
    over = {"appointment": str(visit), "until": (now + timedelta(hours=5)).isoformat()}
    assert desk.post("/api/v1/facts/overrun", json=over).status_code == 201
    shown = desk.get(f"/api/v1/sessions/{visit}").json()
    assert shown["timeline"]["stage"]["phase"] == "arrived"
    assert [event["kind"] for event in shown["events"]] == ["arrived", "running-over"]
    day.recorded("12:30", "check-in", **WHOLE)
    assert day.client("nurse").get("/api/v1/sessions").status_code == 200


def test_a_visit_of_another_day_does_not_begin(day: DoseDay) -> None:
    answer = day.record("12:30", "arrived", code="p-1-next")
    assert "another day" in refused(answer, 409)


def test_a_yes_of_the_screening_makes_the_monitoring_longer(day: DoseDay) -> None:
    with day.world.store.writing() as session:
        screening = screened(day.world.now, moderate_hepatic_impairment="yes")
        screening.patient_id = "p-1"
        session.add(screening)
    day.begin()
    found = day.client("nurse").get(f"/api/v1/sessions/{day.visit()}").json()
    assert found["timeline"]["drug"]["leaves_from"] == "2027-01-19T20:40:00Z"


def test_the_day_is_listed_with_stages_and_read_in_few_queries(day: DoseDay) -> None:
    day.begin()
    found = day.client("therapist").get("/api/v1/sessions").json()
    told = [(one["code"], one["stage"]["phase"], one["nurse"]) for one in found]
    assert told == [("p-1-first", "monitoring", "nurse-1"), ("p-2-first", "expected", "nurse-1")]
    assert found[0]["leaves_from"] == "2027-01-19T20:10:00Z"
    assert found[0]["next_check"] == "2027-01-19T18:40:00Z"
    path = "/api/v1/sessions?day=2027-01-21"
    assert [one["code"] for one in day.client("nurse").get(path).json()] == ["p-1-next"]
    with day.world.store.reading() as session:
        reads = session.exec(select(AuditEntry).where(AuditEntry.action == "read")).all()
    assert sorted(reads[0].patients) == ["p-1", "p-2"]


def test_every_event_is_written_down_without_what_was_found(day: DoseDay) -> None:
    day.recorded("12:30", "arrived")
    day.recorded("12:40", "check-in", **WHOLE)
    with day.world.store.reading() as session:
        entries = session.exec(select(AuditEntry).where(col(AuditEntry.action).like("session.%")))
        found = {entry.action: entry.detail for entry in entries}
    assert found == {"session.arrived": {"number": 1}, "session.check-in": {"number": 2}}


def heard(day: DoseDay, actor: Actor, number: int, **about: Any) -> list[tuple[str, str]]:
    """The first events that a listener gets from the beginning, as kind and subject."""

    async def listen() -> list[tuple[str, str]]:
        found = []
        listener = Listener(actor, after=0, **about)
        stream = changes_after(day.world.store, listener, lambda: True, every=0.01)
        async for event in stream:
            found.append((event["event"], json.loads(event["data"]).get("subject", "")))
            if len(found) == number:
                return found
        return found

    return asyncio.run(asyncio.wait_for(listen(), 10))


def test_who_records_without_reading_sessions_is_answered_without_one(day: DoseDay) -> None:
    day.begin()
    filed = {"kind": "form filed", "reference": "F-1"}
    answer = day.recorded("15:20", role="authorised representative", **filed)
    assert answer["session"] is None
    assert answer["event"]["data"]["reference"] == "F-1"
    assert day.recorded("15:21", "note given")["session"]["patient"] == "p-1"
    outside = day.client("authorised representative")
    refused = outside.post(f"/today/{day.visit()}", data=filed, headers={"accept": "text/html"})
    assert (refused.status_code, "p-1" in refused.text) == (403, False)


def test_whoever_listens_hears_what_changes_and_a_patient_only_of_themselves(day: DoseDay) -> None:
    day.recorded("12:30", "arrived")
    day.recorded("15:20", "arrived", code="p-2-first")
    mine, other = str(day.visit()), str(day.visit("p-2-first"))
    nurse = Actor("harbor", roles=frozenset({"nurse"}))
    assert heard(day, nurse, 3) == [("listening", ""), ("session", mine), ("session", other)]
    patient = Actor("harbor", roles=frozenset({"patient"}), patient_id="p-2")
    assert heard(day, patient, 2) == [("listening", ""), ("session", other)]
    about = ("session", other)
    assert heard(day, nurse, 2, about=about) == [("listening", ""), ("session", other)]


def test_a_listener_goes_on_where_they_were_and_ends_with_their_sign_in(day: DoseDay) -> None:
    day.recorded("12:30", "arrived")
    with day.world.store.reading() as session:
        newest = max(session.exec(select(Change.number)))
    looks = iter([True, True, False])

    async def listen() -> list[dict[str, str]]:
        nurse = Listener(Actor("harbor", roles=frozenset({"nurse"})), after=newest)
        found = []
        async for event in changes_after(day.world.store, nurse, lambda: next(looks), every=0.01):
            found.append(event)
            if event["event"] == "listening":
                day.recorded("12:40", "check-in", **WHOLE)
        return found

    first, second = asyncio.run(asyncio.wait_for(listen(), 10))
    assert (first["id"], second["id"]) == (str(newest), str(newest + 1))


def test_a_stream_ends_when_its_sign_in_does(day: DoseDay, monkeypatch: pytest.MonkeyPatch) -> None:
    nurse, begun, newest = day.client("nurse"), Event(), following._newest

    def beginning(store: Store, clinic_id: str) -> int:
        begun.set()
        return newest(store, clinic_id)

    monkeypatch.setattr(following, "_newest", beginning)
    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(nurse.get, f"/api/v1/sessions/{day.visit()}/stream")
        assert begun.wait(timeout=30)
        csrf, cookie = nurse.headers["x-csrf-token"], nurse.cookies["careweave"]
        browser = day.world.client(None)
        browser.cookies.set("careweave", cookie)
        assert browser.post("/sign-out", data={"csrf": csrf}).status_code == 303
        answer = listening.result(timeout=30)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: listening" in answer.text
    assert day.client("nurse").get(f"/api/v1/sessions/{uuid4()}/stream").status_code == 404
