"""From the first telephone call to a dose that may start, and what keeps it from starting."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from api.auth import entering
from scheduler import gates
from scheduler.acting import STAFF
from scheduler.care.sweeping import sweep, watch_rides
from scheduler.care.worklist import ABOVE, escalate
from scheduler.errors import GateOpen
from scheduler.store.session import Store
from scheduler.store.tables import ApiToken, Appointment, AuditEntry, GroupSeries, Task
from tests.api.service.care import (
    API,
    PATHWAY,
    VERSION,
    book,
    caring,
    enrol,
    local,
    newcomer,
    open_of,
    said,
    screen,
    seen,
)
from tests.api.service.world import World

START = date(2027, 1, 4)
DOSE_DAY = date(2027, 1, 19)
DAY = timedelta(days=1)
WORK = "/work"
DERIVED = {"medical", "blood-pressure", "psychiatric", "pregnancy-test", "substance-use"}


@pytest.fixture
def clinic(store: Store, tmp_path: Path) -> Iterator[World]:
    with caring(store, tmp_path) as world:
        yield world


def given(world: World, patient: str) -> set[str]:
    rows = seen(world.client("nurse"), f"/patients/{patient}/care")["clearances"]
    return {row["kind"] for row in rows if row["revoked_at"] is None}


def enrolled(world: World) -> tuple[str, str, UUID]:
    """A patient who is screened and enrolled, two weeks on, with a first dose next day."""
    patient = newcomer(world, state="NY")
    screen(world, patient)
    enrolment = enrol(world, patient, START)["id"]
    dose = book(world, enrolment, "first-dose", local(DOSE_DAY, "12:30"), minutes=175)
    return patient, enrolment, dose


def make_ready(world: World, patient: str, enrolment: str, dose: UUID) -> None:
    """Do all that the first dose asks for, on the working day before."""
    world.now = local(DOSE_DAY - DAY, "09:00")
    screen(world, patient)
    prescriber, nurse, billing = (world.client(r) for r in ("prescriber", "nurse", "billing lead"))
    for form in ("treatment", "rems"):
        said(prescriber, f"/patients/{patient}/consents", 201, kind=form)
    said(prescriber, f"/patients/{patient}/clearances", 201, kind="rems-enrolment")
    said(prescriber, f"/patients/{patient}/checks", 201, check="monitoring-programme")
    day = DOSE_DAY.isoformat()
    said(nurse, f"/patients/{patient}/checks", 201, check="drug-on-site", for_day=day)
    for measure, items in (("PHQ-9", 9), ("C-SSRS", 6)):
        answers = {str(n): 0 for n in range(1, items + 1)}
        row = said(
            prescriber, f"/patients/{patient}/answers", 201, measure=measure, answers=answers
        )
        said(prescriber, f"/answers/{row['id']}/finish")
    said(billing, f"/patients/{patient}/coverage", 201, payer="Fictional Mutual")
    approved = {"first": "2027-01-01", "last": "2027-06-30", "payer": "Fictional Mutual"}
    for service, units, unit in (("esketamine", 23, "devices"), ("iop", 30, "days")):
        sent = {"service": service, "units": units, "unit": unit, **approved}
        said(billing, f"/patients/{patient}/authorizations", 201, **sent)
    book(world, enrolment, "preparation", local(START + DAY, "10:00"), status="fulfilled")
    book(world, enrolment, "individual", local(DOSE_DAY + DAY, "10:00"))
    confirm_ride(world, patient, dose)


def confirm_ride(
    world: World, patient: str, dose: UUID, kind: str = "adult", status: int = 200
) -> Any:
    coordinator = world.client("coordinator")
    sent = {"name": "Grace Fictional", "phone": "(202) 555-0143", "kind": kind}
    contact = said(coordinator, f"/patients/{patient}/ride-contacts", 201, **sent)
    return said(coordinator, f"/appointments/{dose}/ride", status, ride_contact=contact["id"])


def start(world: World, dose: UUID) -> None:
    with world.store.writing() as session:
        row = session.get_one(Appointment, (world.clinic_id, dose))
        gates.refuse_open(session, row, now=world.now)


def test_from_screening_to_a_dose_that_may_start(clinic: World) -> None:
    patient, enrolment, dose = enrolled(clinic)
    assert given(clinic, patient) == DERIVED
    before = open_of(clinic, dose)
    assert {("R-29", "ride"), ("R-08", "monitoring-programme"), ("R-44", "cover")} <= before
    with pytest.raises(GateOpen):
        start(clinic, dose)
    make_ready(clinic, patient, enrolment, dose)
    # Consent was signed at 09:00 for a drug at 13:00 on the next day: early enough.
    assert open_of(clinic, dose) == set()
    clinic.now = local(DOSE_DAY, "12:00")
    start(clinic, dose)
    _revoking_stops_the_dose(clinic, patient, dose)


def _revoking_stops_the_dose(clinic: World, patient: str, dose: UUID) -> None:
    prescriber = clinic.client("prescriber")
    rows = seen(prescriber, f"/patients/{patient}/care")["clearances"]
    psychiatric = [row["id"] for row in rows if row["kind"] == "psychiatric"]
    for name in psychiatric:
        assert (
            clinic.client("nurse")
            .post(f"{API}/clearances/{name}/revoke", json={"reason": "unwell"})
            .status_code
            == 403
        )
        said(prescriber, f"/clearances/{name}/revoke", reason="unwell")
    assert open_of(clinic, dose) == {("R-05", "psychiatric")}
    with pytest.raises(GateOpen, match="psychiatric"):
        start(clinic, dose)
    again = prescriber.post(f"{API}/clearances/{psychiatric[0]}/revoke", json={"reason": "x"})
    assert again.status_code == 409


def test_a_contraindication_holds_every_dose_and_calls_a_prescriber(clinic: World) -> None:
    patient, _, dose = enrolled(clinic)
    screen(clinic, patient, aneurysm="yes")
    with clinic.store.reading() as session:
        row = session.get_one(Appointment, (clinic.clinic_id, dose))
        assert row.hold_reason == "R-04"
    prescriber = clinic.client("prescriber")
    tasks = seen(prescriber, f"{WORK}?kind=contraindication")["tasks"]
    assert [(t["patient_id"], t["owner_role"]) for t in tasks] == [(patient, "prescriber")]
    refused = prescriber.post(f"{API}/patients/{patient}/clearances", json={"kind": "medical"})
    assert (refused.status_code, refused.json()["rule"]) == (409, "R-04")
    gate = _gate(clinic, dose, "R-04")
    assert _asks(clinic, "prescriber", gate).status_code == 409
    screen(clinic, patient)
    with clinic.store.reading() as session:
        assert session.get_one(Appointment, (clinic.clinic_id, dose)).hold_reason is None
    assert seen(prescriber, f"{WORK}?kind=contraindication")["tasks"] == []
    later = newcomer(clinic)
    screen(clinic, later, aneurysm="yes")
    assert enrol(clinic, later, START, status=409)["rule"] == "R-04"


def _gate(world: World, dose: UUID, rule: str, about: str | None = None) -> str:
    rows = seen(world.client("coordinator"), f"/appointments/{dose}/gates")
    return next(str(r["id"]) for r in rows if r["rule"] == rule and about in (None, r["about"]))


def _asks(world: World, role: str, gate: str, **changes: Any) -> Any:
    until = (world.now + 30 * DAY).isoformat()
    sent = {"reason_code": "clinical-need", "reason": "seen elsewhere", "expires_at": until}
    return world.client(role).post(f"{API}/gates/{gate}/overrides", json=sent | changes)


def test_a_gate_is_set_aside_by_two_people_and_only_what_they_spoke_of(clinic: World) -> None:
    _, _, dose = enrolled(clinic)
    gate = _gate(clinic, dose, "R-02")
    asked = _asks(clinic, "prescriber", gate).json()
    assert asked["approved_at"] is None
    alone = clinic.client("prescriber").post(f"{API}/overrides/{asked['id']}/approve")
    assert alone.status_code == 403
    assert ("R-02", "preparation") in _blocking(clinic, dose)
    nurse = clinic.client("nurse").post(f"{API}/overrides/{asked['id']}/approve")
    assert nurse.status_code == 403
    by_nurse = _asks(clinic, "nurse", gate).json()
    said(clinic.client("prescriber"), f"/overrides/{by_nurse['id']}/approve")
    assert ("R-02", "preparation") not in _blocking(clinic, dose)
    assert ("R-01", "therapy") in _blocking(clinic, dose)
    shown = seen(clinic.client("nurse"), f"/appointments/{dose}/gates")
    assert [r["about"] for r in shown if r["set_aside_until"]] == ["preparation"]
    said(clinic.client("nurse"), f"/overrides/{by_nurse['id']}/revoke")
    assert ("R-02", "preparation") in _blocking(clinic, dose)
    kept = seen(clinic.client("nurse"), f"/appointments/{dose}/overrides")
    assert len(kept) == 2
    with clinic.store.reading() as session:
        actions = session.exec(select(AuditEntry.action)).all()
    assert {"override.request", "override.approve", "override.revoke"} <= set(actions)


def _blocking(world: World, dose: UUID) -> set[tuple[str, str]]:
    with world.store.reading() as session:
        row = session.get_one(Appointment, (world.clinic_id, dose))
        found = gates.open_gates(session, row, now=world.now)
        return {(gate.rule, gate.about) for gate in found}


def test_an_override_ends_by_itself_and_two_roles_override_together(clinic: World) -> None:
    patient, _, dose = enrolled(clinic)
    change = {"substance_status": "active_unstabilised"}
    changed = clinic.client("coordinator").patch(
        f"{API}/patients/{patient}", json=change, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 200, changed.text
    gate = _gate(clinic, dose, "R-06", "substance-use")
    by_nurse = _asks(clinic, "nurse", gate).json()
    alone = clinic.client("prescriber").post(f"{API}/overrides/{by_nurse['id']}/approve")
    assert alone.status_code == 403, "the addiction clinician has not agreed"
    soon = (clinic.now + DAY).isoformat()
    asked = _asks(clinic, "addiction clinician", gate, expires_at=soon).json()
    said(clinic.client("prescriber"), f"/overrides/{asked['id']}/approve")
    assert ("R-06", "substance-use") not in _blocking(clinic, dose)
    clinic.now += DAY
    assert ("R-06", "substance-use") in _blocking(clinic, dose)
    past = _asks(clinic, "nurse", gate, expires_at=clinic.now.isoformat())
    assert past.status_code == 422


def test_a_warning_is_set_aside_by_one_person_of_the_role(clinic: World) -> None:
    _, _, dose = enrolled(clinic)
    gate = _gate(clinic, dose, "R-42", "PHQ-9-before-dose")
    assert _asks(clinic, "nurse", gate).status_code == 403
    assert _asks(clinic, "prescriber", gate).json()["approved_at"] is not None


def test_nobody_sets_a_ride_aside_and_no_rideshare_is_one(clinic: World) -> None:
    patient, _, dose = enrolled(clinic)
    gate = _gate(clinic, dose, "R-29")
    refused = _asks(clinic, "prescriber", gate)
    assert (refused.status_code, refused.json()["rule"]) == (409, "R-29")
    assert confirm_ride(clinic, patient, dose, "rideshare", 409)["rule"] == "R-29"
    confirm_ride(clinic, patient, dose)
    assert ("R-29", "ride") not in open_of(clinic, dose)
    contacts = seen(clinic.client("nurse"), f"/patients/{patient}/ride-contacts")
    for contact in contacts:
        said(
            clinic.client("coordinator"),
            f"/patients/{patient}/ride-contacts/{contact['id']}/revoke",
        )
    assert ("R-29", "ride") in open_of(clinic, dose)


def test_a_risk_of_suicide_calls_a_clinician_and_locks_the_dose(clinic: World) -> None:
    patient, _, dose = enrolled(clinic)
    _reports_thoughts(clinic, patient)
    therapist, prescriber = clinic.client("therapist"), clinic.client("prescriber")
    assert _kinds(therapist) == {"suicide-scale-today"}
    assert ("R-43", "item-nine") in open_of(clinic, dose)
    yes = {str(n): int(n in (1, 4)) for n in range(1, 7)}
    scale = said(therapist, f"/patients/{patient}/answers", 201, measure="C-SSRS", answers=yes)
    said(therapist, f"/answers/{scale['id']}/finish")
    assert _kinds(therapist) == set()
    urgent = seen(prescriber, f"{WORK}?kind=suicide-risk")["tasks"][0]
    assert datetime.fromisoformat(urgent["due_at"]) == clinic.now
    assert ("R-43", "C-SSRS") in open_of(clinic, dose)
    said(prescriber, f"/answers/{scale['id']}/disposition", words="seen, safe with family")
    assert ("R-43", "C-SSRS") not in open_of(clinic, dose)
    assert seen(prescriber, f"{WORK}?kind=suicide-risk")["tasks"] == []
    axis = seen(prescriber, f"/patients/{patient}/axis")
    points = [("score", "C-SSRS"), ("score", "PHQ-9"), ("dose", "first-dose")]
    assert [(p["kind"], p["name"]) for p in axis] == points


def _reports_thoughts(clinic: World, patient: str) -> None:
    browser = clinic.client("patient", patient=patient)
    answers = {str(n): 1 for n in range(1, 9)}
    draft = said(browser, f"/patients/{patient}/answers", 201, measure="PHQ-9", answers=answers)
    assert said(browser, f"/answers/{draft['id']}/finish", 422)["place"] == "answers"
    said(browser, f"/answers/{draft['id']}", answers={"9": 1})
    finished = said(browser, f"/answers/{draft['id']}/finish")
    assert (finished["total"], finished["flags"]) == (9, ["item-nine"])
    assert said(browser, f"/answers/{draft['id']}/finish", 409)["title"]
    refused = browser.post(
        f"{API}/patients/{patient}/answers", json={"measure": "C-SSRS", "answers": {}}
    )
    assert refused.status_code == 403


def _kinds(client: Any) -> set[str]:
    return {task["kind"] for task in seen(client, WORK)["tasks"]}


def test_one_enrolment_runs_at_a_time_and_moves_as_an_episode_of_care(clinic: World) -> None:
    patient, enrolment, _ = enrolled(clinic)
    enrol(clinic, patient, START, status=409)
    coordinator = clinic.client("coordinator")
    path = f"{API}/enrolments/{enrolment}/status"
    unnamed = coordinator.post(path, json={"status": "onhold"})
    assert unnamed.status_code == 428
    for wanted, version, status in (
        ("onhold", 1, 200),
        ("active", 1, 412),
        ("active", 2, 200),
        ("finished", 3, 200),
        ("active", 4, 409),
    ):
        answer = coordinator.post(
            path, json={"status": wanted}, headers={"If-Match": f'"{version}"'}
        )
        assert answer.status_code == status, (wanted, answer.text)
    enrol(clinic, patient, START)


def test_an_enrolment_that_makes_no_sense_names_each_fault(clinic: World) -> None:
    patient = newcomer(clinic)
    answer = clinic.client("coordinator").post(
        f"{API}/patients/{patient}/enrolments",
        json={
            "pathway": PATHWAY,
            "version": VERSION,
            "start": START.isoformat(),
            "available": {"mon": ["17:00-09:00"]},
            "unavailable": [{"from": "2027-02-02", "to": "2027-02-01"}],
        },
    )
    assert answer.status_code == 422
    places = [fault["place"] for fault in answer.json()["faults"]]
    assert [place.split(".")[0] for place in places] == ["available", "unavailable"]


def test_levels_go_up_and_down_the_ladder_by_a_clinicians_decision(clinic: World) -> None:
    _, enrolment, dose = enrolled(clinic)
    therapist = clinic.client("therapist")
    assert (
        clinic.client("nurse")
        .post(f"{API}/enrolments/{enrolment}/level", json={"level": "php"})
        .status_code
        == 403
    )
    for level, status in (("moon", 422), ("residential", 200), ("outpatient", 409)):
        said(therapist, f"/enrolments/{enrolment}/level", status, level=level)
    assert ("R-06", "level-of-care") in open_of(clinic, dose)
    said(therapist, f"/enrolments/{enrolment}/level", level="iop")
    assert ("R-06", "level-of-care") not in open_of(clinic, dose)


def test_nothing_is_signed_in_the_day_after_a_dose(clinic: World) -> None:
    patient, enrolment, _ = enrolled(clinic)
    drug = local(START, "13:00")
    book(clinic, enrolment, "first-dose", local(START, "12:30"), occurrence=2, status="fulfilled")
    path = f"/patients/{patient}/consents"
    clinic.now = drug + DAY - timedelta(minutes=1)
    assert said(clinic.client("prescriber"), path, 409, kind="telehealth")["rule"] == "R-31"
    clinic.now = drug + DAY
    said(clinic.client("prescriber"), path, 201, kind="telehealth")


def test_patients_are_found_by_name_number_and_address(clinic: World) -> None:
    patient = newcomer(clinic)
    coordinator = clinic.client("coordinator")
    path = f"/patients/{patient}/contacts"
    said(coordinator, path, 201, kind="phone", value="(202) 555-0143")
    said(coordinator, path, 201, kind="email", value="Ada@Example.org")
    for place, kind, value in (("value", "phone", "12"), ("value", "email", "ada at home")):
        assert said(coordinator, path, 422, kind=kind, value=value)["place"] == place
    sought = {"name": "fictional ADA", "phone": "+1 202 555 0143", "email": "ada@example.org"}
    for key, words in sought.items():
        found = coordinator.post(f"{API}/patients/search", json={key: words}).json()
        assert [one["id"] for one in found] == [patient], key
    assert said(coordinator, "/patients/search", name="Adam") == []
    assert said(coordinator, "/patients/search", phone="+12025550144") == []


def test_a_patient_reaches_only_their_own_record(clinic: World) -> None:
    mine, other = newcomer(clinic), newcomer(clinic)
    browser = clinic.client("patient", patient=mine)
    assert seen(browser, f"/patients/{mine}")["name"] == "Ada Fictional"
    absent = seen(browser, "/patients/nobody", 404)
    for path in ("", "/care", "/axis", "/coverage", "/contacts", "/answers", "/measures-due"):
        assert seen(browser, f"/patients/{other}{path}", 404) == absent, path


def test_a_change_names_the_version_that_it_changes(clinic: World) -> None:
    patient = newcomer(clinic)
    coordinator = clinic.client("coordinator")
    path = f"{API}/patients/{patient}"
    version = coordinator.get(path).headers["etag"]
    change = {"assessment": {"goals": ["sleep"], "medicines": ["stimulant"]}}
    first = coordinator.patch(path, json=change, headers={"If-Match": version})
    assert (first.status_code, first.json()["assessment"]["goals"]) == (200, ["sleep"])
    second = coordinator.patch(path, json={"state": "NY"}, headers={"If-Match": version})
    assert second.status_code == 412
    assert coordinator.patch(path, json={"state": "NY"}).status_code == 428


def test_partners_are_partners_of_each_other(clinic: World) -> None:
    one, other, third = newcomer(clinic), newcomer(clinic), newcomer(clinic)
    coordinator, path = clinic.client("coordinator"), f"{API}/patients/{one}"
    coordinator.patch(path, json={"partner_id": other}, headers={"If-Match": '"1"'})
    assert seen(coordinator, f"/patients/{other}")["partner_id"] == one
    refused = coordinator.patch(
        f"{API}/patients/{third}", json={"partner_id": other}, headers={"If-Match": '"1"'}
    )
    assert refused.status_code == 422
    coordinator.patch(path, json={"partner_id": None}, headers={"If-Match": '"2"'})
    assert seen(coordinator, f"/patients/{other}")["partner_id"] is None


def test_only_an_addiction_clinician_says_that_use_is_stabilised(clinic: World) -> None:
    patient = newcomer(clinic, substance_status="active_unstabilised")
    path, change = f"{API}/patients/{patient}", {"substance_status": "stabilised"}
    for role, status in (("prescriber", 403), ("addiction clinician", 200)):
        answer = clinic.client(role).patch(path, json=change, headers={"If-Match": '"1"'})
        assert answer.status_code == status


def test_units_and_what_nobody_pays_for_are_shown(clinic: World) -> None:
    patient, enrolment, dose = enrolled(clinic)
    billing, path = clinic.client("billing lead"), f"/patients/{patient}/coverage"
    assert [row["appointment"] for row in seen(billing, path)["at_risk"]] == [str(dose)]
    sent: dict[str, Any] = {"service": "esketamine", "units": 2, "unit": "devices"}
    dates: dict[str, Any] = {"first": "2027-01-01", "last": "2027-06-30"}
    authorizations = f"/patients/{patient}/authorizations"
    said(billing, authorizations, 201, **sent, **dates)
    said(billing, authorizations, 422, **sent, **dates)
    # Signs that nobody sees would make a record of them with which nothing could be planned.
    said(billing, authorizations, 422, **{**sent, "service": "group\x81"}, **dates)
    shown = seen(billing, path)
    assert (shown["at_risk"], shown["usage"][0]["planned"]) == ([], 2)
    book(clinic, enrolment, "dose", local(DOSE_DAY + 2 * DAY, "12:30"))
    assert len(seen(billing, path)["at_risk"]) == 1
    said(billing, f"/patients/{patient}/private-pay", 201, services=["esketamine"])
    assert seen(billing, path)["at_risk"] == []


def sweep_and_look(world: World) -> set[str]:
    with world.store.writing() as session:
        sweep(session, world.clinic_id, world.now)
    with world.store.reading() as session:
        return {t.kind for t in session.exec(select(Task)) if t.open_key and t.owner_role}


def test_what_comes_due_by_itself_is_on_the_list_once_with_owner_and_time(clinic: World) -> None:
    patient, _, dose = enrolled(clinic)
    drug = local(DOSE_DAY, "13:00")
    clinic.now = drug - DAY - timedelta(minutes=1)
    early = sweep_and_look(clinic)
    assert {"cover-verify-again", "week-short", "measure-due"} <= early
    assert "ride-unconfirmed" not in early
    clinic.now = drug - DAY
    assert "ride-unconfirmed" in sweep_and_look(clinic)
    assert "ride-hold-decision" not in sweep_and_look(clinic)
    clinic.now = drug - timedelta(hours=2)
    assert "ride-hold-decision" in sweep_and_look(clinic)
    with clinic.store.reading() as session:
        before = session.exec(select(Task.id)).all()
    sweep_and_look(clinic)
    with clinic.store.reading() as session:
        assert session.exec(select(Task.id)).all() == before
    confirm_ride(clinic, patient, dose)
    assert not {"ride-unconfirmed", "ride-hold-decision"} & sweep_and_look(clinic)


def test_an_unconfirmed_ride_is_on_the_list_to_the_minute_and_once(clinic: World) -> None:
    patient, _, dose = enrolled(clinic)
    drug = local(DOSE_DAY, "13:00")

    def looked(now: datetime) -> set[str]:
        with clinic.store.writing() as session:
            watch_rides(session, clinic.clinic_id, now)
        with clinic.store.reading() as session:
            rows = session.exec(select(Task).where(col(Task.kind).startswith("ride-"))).all()
        assert len({task.key for task in rows}) == len(rows)
        return {task.kind for task in rows if task.open_key}

    assert looked(drug - DAY - timedelta(minutes=1)) == set()
    assert looked(drug - DAY) == {"ride-unconfirmed"}
    assert looked(drug - timedelta(hours=2)) == {"ride-unconfirmed", "ride-hold-decision"}
    clinic.now = drug - timedelta(hours=1)
    confirm_ride(clinic, patient, dose)
    assert looked(clinic.now) == set()


def test_three_absences_call_three_people_and_each_once(clinic: World) -> None:
    _, enrolment, _ = enrolled(clinic)
    wanted = [{"outreach"}, {"outreach", "therapist-contact"}]
    wanted.append({"outreach", "therapist-contact", "team-review"})
    for number, kinds in enumerate(wanted, start=1):
        start_ = local(START + number * DAY, "09:00")
        book(clinic, enrolment, "iop-group", start_, occurrence=number, status="noshow")
        found = sweep_and_look(clinic)
        assert found & wanted[-1] == kinds
    for task in seen(clinic.client("coordinator"), f"{WORK}?everybody=true")["tasks"]:
        if task["kind"] == "outreach":
            said(clinic.client("coordinator"), f"{WORK}/{task['id']}/complete", outcome="called")
    assert "outreach" not in sweep_and_look(clinic)


def test_a_make_up_in_the_same_week_is_proposed(clinic: World) -> None:
    _, enrolment, _ = enrolled(clinic)
    clinic.now = local(START + 2 * DAY, "13:00")
    book(clinic, enrolment, "iop-group", local(START + 7 * DAY, "09:00"), minutes=180)
    path = f"/enrolments/{enrolment}/weeks"
    assert [week["state"] for week in seen(clinic.client("nurse"), path)][:2] == ["short", "short"]
    found = seen(clinic.client("coordinator"), f"{path}/1/make-ups")
    assert [datetime.fromisoformat(one["start"]) for one in found] == [
        local(START + 4 * DAY, "09:00")
    ]
    following = seen(clinic.client("coordinator"), f"{path}/2/make-ups")
    assert len(following) == 2, "on Monday a place is booked already"
    with clinic.store.writing() as session:
        for series in session.exec(select(GroupSeries)):
            series.ends_on = START + 300 * DAY
    assert seen(clinic.client("coordinator"), f"{path}/2/make-ups") == [], "nobody joins any more"


def test_work_is_taken_handed_on_noted_done_and_escalated(clinic: World) -> None:
    patient = newcomer(clinic)
    screen(clinic, patient, psychosis_or_mania="yes", aneurysm="unknown")
    nurse = clinic.client("nurse")
    task = seen(nurse, f"{WORK}?kind=screening-unknown")["tasks"][0]
    path = f"{WORK}/{task['id']}"
    said(nurse, f"{path}/claim")
    said(clinic.client("coordinator"), f"{path}/claim", 409)
    said(clinic.client("billing lead"), f"{path}/note", 403, words="not mine")
    said(nurse, f"{path}/note", words="asked the family")
    said(nurse, f"{path}/hand-on", 422, to_role="patient")
    handed = said(nurse, f"{path}/hand-on", to_role="therapist")
    assert (handed["owner_role"], handed["note"]) == ("therapist", "asked the family")
    clinic.now += 3 * DAY
    with clinic.store.writing() as session:
        assert escalate(session, clinic.clinic_id, clinic.now) == 2
    with clinic.store.writing() as session:
        assert escalate(session, clinic.clinic_id, clinic.now) == 0
    director = clinic.client("clinical director")
    found = seen(director, WORK)
    assert found["counts"] == {"screening-doubt": 1, "screening-unknown": 1, "overdue": 2}
    said(director, f"{path}/complete", outcome="answered")
    said(director, f"{path}/complete", 409, outcome="answered")
    said(director, f"{WORK}/{UUID(int=1)}/complete", 404, outcome="answered")


def test_every_role_has_somebody_above() -> None:
    assert ABOVE.keys() == STAFF
    assert set(ABOVE.values()) <= STAFF


def test_an_evaluation_lets_the_later_doses_go_on(clinic: World) -> None:
    _, enrolment, _ = enrolled(clinic)
    later = book(clinic, enrolment, "dose", local(DOSE_DAY + 28 * DAY, "12:30"), occurrence=7)
    key, path = ("R-13", "end-of-induction"), f"/enrolments/{enrolment}/evaluations"
    assert key in open_of(clinic, later)
    wanted: dict[str, Any] = {"evaluation": "end-of-induction", "goes_on": True}
    said(clinic.client("therapist"), path, 403, **wanted)
    said(clinic.client("prescriber"), path, **wanted)
    assert key not in open_of(clinic, later)


def test_a_machines_key_sets_no_rule_aside(clinic: World) -> None:
    _, _, dose = enrolled(clinic)
    gate, account = _gate(clinic, dose, "R-02"), clinic.account("prescriber")
    with clinic.store.writing() as session:
        key = ApiToken(
            clinic_id=clinic.clinic_id,
            token_hash=entering.hashed("key"),
            account_id=account.id,
            title="robot",
            scopes=["prescriber"],
            created_at=clinic.now,
            ends_at=clinic.now + DAY,
        )
        session.add(key)
    robot = clinic.client(None)
    robot.headers["authorization"] = "Bearer key"
    sent = {"reason_code": "other", "reason": "x", "expires_at": (clinic.now + DAY).isoformat()}
    assert robot.get(f"{API}/appointments/{dose}/gates").status_code == 200
    refused = robot.post(f"{API}/gates/{gate}/overrides", json=sent)
    assert refused.status_code == 403


def test_gates_take_as_many_statements_for_two_patients_as_for_one(clinic: World) -> None:
    first, second = enrolled(clinic)[0], enrolled(clinic)[0]
    counted = []

    def count(*_: object) -> None:
        counted.append(1)

    event.listen(clinic.store.engine, "before_cursor_execute", count)
    taken = []
    for names in ([first], [first, second]):
        counted.clear()
        with clinic.store.writing() as session:
            gates.refresh_patients(session, clinic.clinic_id, names, now=clinic.now)
        taken.append(len(counted))
    assert taken[0] == taken[1]
