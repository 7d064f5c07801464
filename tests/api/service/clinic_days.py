"""Days in a clinic, in any order: whatever people do, each law is looked at after each step.

Two patients on the library's esketamine course whose papers may be incomplete, a couple on a short
course of the clinic's own; the clocks go forward in the middle of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from httpx2 import Client
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlmodel import select

from pathways import reading, timing
from scheduler import audit_seal, gates
from scheduler.appointments.making import expire_holds
from scheduler.care import sweeping, worklist
from scheduler.planning.stopping import Stop
from scheduler.plans import drafting
from scheduler.plans.asking import fingerprint
from scheduler.plans.searching import Search, search_here
from scheduler.scenarios.giving import data_of
from scheduler.sessions.watching import watch
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import Clinic, Enrolment
from tests.api.service.clinic_scene import (
    COURSE,
    DOSES,
    MONDAY,
    ODD,
    PAPERS,
    PEOPLE,
    ROLES,
    papers,
    scenario,
)
from tests.api.service.dose_day import NEW_YORK
from tests.api.service.laws_of_doses import LAWS
from tests.api.service.rows import Row, Rows, Step
from tests.api.service.world import World, served
from tests.factories import Document
from tests.scheduler.appointments.bookings import COORDINATOR

WORK: Final = "/work"
KEPT_FOR: Final = timedelta(days=1)
"""So long an idempotency key is remembered."""

MOST_DRAFTS: Final = 2
"""A search takes as long as twenty other steps."""

LAST: Final = datetime(2027, 3, 26, tzinfo=UTC)


class ClinicDays(RuleBasedStateMachine):
    """One clinic, served; ``database``: gives the address of an empty, migrated database."""

    def __init__(self, database: Callable[[], str]) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        vault.install(vault.Vault(vault.new_key()))
        self.store = Store(database())
        self._opened = served(self.store, Path(self._folder.name), **scenario())
        self.world: World = self._opened.__enter__()
        vault.install(vault.Vault(self.world.settings.secrets.field_key))
        self.world.now = timing.instant(MONDAY, 9 * 60, NEW_YORK)
        self._clients: dict[str, tuple[datetime, Client]] = {}
        self._turns: dict[str, int] = {}
        self._said: tuple[datetime, str, str, Document, str, str] | None = None
        self.steps = self.refused = self.drafts = 0

    def teardown(self) -> None:
        """Leave nothing behind."""
        self._opened.__exit__(None, None, None)
        self.store.close()
        self._folder.cleanup()

    # What is there at the beginning.

    @initialize(missing=st.sets(st.sampled_from(PAPERS), max_size=2))
    def admit(self, missing: set[str]) -> None:
        """Everything on record that a first dose asks for, but for some of it for the second."""
        eve = timing.instant(MONDAY, 8 * 60, NEW_YORK)
        with self.store.writing() as session:
            clinic = session.get_one(Clinic, "harbor")
            clinic.settings = {"certified_site": True, "state": "NY"}
            for name in PEOPLE[:2]:
                lacking = missing if name == "p-2" else set()
                for paper in papers(eve):
                    if getattr(paper, "kind", getattr(paper, "measure", "")) not in lacking:
                        paper.patient_id = name
                        session.add(paper)
                if "preparation" not in lacking:
                    row = session.exec(select(Enrolment).where(Enrolment.patient_id == name)).one()
                    row.settled = [
                        {"activity": "preparation", "occurrence": 1, "outcome": "elsewhere"}
                    ]
            session.flush()
            gates.refresh_patients(session, "harbor", PEOPLE, now=self.world.now)
        self._rows = Rows(self.store)

    # The clock, and what it does by itself.

    @rule(minutes=st.sampled_from((5, 20, 60, 180, 1440, 4320)))
    def time_passes(self, minutes: int) -> None:
        """A while, or the weekend in which the clocks go forward."""
        self._pass(timedelta(minutes=minutes))

    @rule()
    def the_alarm_clock_rings(self) -> None:
        """All that is done by itself; the record is sealed and whole."""
        now = self.world.now
        for does in (watch, expire_holds, worklist.escalate, sweeping.sweep, audit_seal.seal):
            with self.store.writing() as session:
                does(session, "harbor", now)
            self._look()
        with self.store.reading() as session:
            verdict = audit_seal.verify(session, "harbor")
        numbers = sorted(e["number"] for e in self._rows.tables["audit_entry"] if e["number"])
        assert not verdict.breaks, verdict.breaks
        assert numbers == list(range(1, len(numbers) + 1))

    def _pass(self, while_: timedelta) -> None:
        self.world.now = min(self.world.now + while_, LAST)

    # Dose sessions.

    @rule(code=st.sampled_from(DOSES), steps=st.integers(1, 12))
    def a_session_goes_on(self, code: str, steps: int) -> None:
        """The next events of a session, as they should be."""
        for _ in range(steps):
            turn = self._turns.get(code, 0)
            if turn >= len(COURSE):
                return
            minutes, kind, data = COURSE[turn]
            if kind == "arrived":
                self.world.now = max(self.world.now, self._start(code))
            self._pass(timedelta(minutes=minutes))
            if not self._record(code, kind, data):
                return
            self._turns[code] = turn + 1

    @rule(code=st.sampled_from(DOSES), what=st.sampled_from(ODD), role=st.sampled_from(ROLES))
    def something_else_happens(self, code: str, what: tuple[str, Document], role: str) -> None:
        """An event out of turn, by anybody."""
        self._record(code, what[0], what[1], role)

    @rule(code=st.sampled_from(DOSES), skipped=st.integers(1, 3))
    def something_is_skipped(self, code: str, skipped: int) -> None:
        """What should come next is forgotten, and somebody goes on with what comes after."""
        self._turns[code] = min(self._turns.get(code, 0) + skipped, len(COURSE) - 1)
        self._record(code, *COURSE[self._turns[code]][1:])

    @rule(code=st.sampled_from(DOSES), number=st.integers(0, 9), later=st.integers(-30, 30))
    def something_is_corrected(self, code: str, number: int, later: int) -> None:
        """An event happened at another time, or not at all."""
        row = self._visit(code)
        events = self._rows.of("session_event", appointment_id=row["id"])
        if not events:
            return
        old = events[number % len(events)]
        new = {k: v for k, v in old["data"].items() if k != "at"}
        new["at"] = (old["at"] + timedelta(minutes=later)).isoformat()
        self._record(
            code, "correction", {"corrects": str(old["id"]), "event": new if later else None}
        )

    def _record(self, code: str, kind: str, data: Document, role: str = "prescriber") -> bool:
        body = {"id": str(uuid4()), "kind": kind, "at": self.world.now.isoformat(), **data}
        return self._post(role, f"/sessions/{self._visit(code)['id']}/events", body)

    def _visit(self, code: str) -> Row:
        return self._rows.of("appointment", code=code)[0]

    def _start(self, code: str) -> datetime:
        found: datetime = self._visit(code)["start"]
        return found

    # The desk.

    @rule(
        who=st.sampled_from(PEOPLE[2:]),
        number=st.integers(1, 2),
        hours=st.integers(0, 90),
        way=st.sampled_from(("book", "hold")),
        role=st.sampled_from(ROLES),
    )
    def a_time_is_taken(self, who: str, number: int, hours: int, way: str, role: str) -> None:
        """What was found is held or booked."""
        offer = self._offer(who, "dose", number, hours)
        if offer is not None:
            self._post(role, f"/appointments/{way}", offer)

    @rule(number=st.integers(0, 40), hours=st.integers(0, 90))
    def a_time_is_changed(self, number: int, hours: int) -> None:
        """An appointment is moved to a time that was found, under the version that was seen."""
        row = self._any(number)
        who = self._rows.patients_of(row)[0]
        offer = self._offer(who, row["activity"], row["occurrence"], hours)
        if offer is not None:
            path = f"/appointments/{row['id']}/move"
            self._post("coordinator", path, offer, version=row["version"])

    @rule(one=st.integers(0, 40), other=st.integers(0, 40))
    def two_change_places(self, one: int, other: int) -> None:
        """A swap of any two."""
        pair = {"one": str(self._any(one)["id"]), "other": str(self._any(other)["id"])}
        self._post("coordinator", "/appointments/swap", pair)

    @rule(
        number=st.integers(0, 40),
        end=st.sampled_from(
            ("cancel", "no-show", "error", "arrive", "check-in", "attendance", "confirm")
        ),
        role=st.sampled_from(("coordinator", "coordinator", "nurse", "billing lead")),
    )
    def something_becomes_of_a_visit(self, number: int, end: str, role: str) -> None:
        """Any of the operations, on any appointment."""
        bodies = {"cancel": {"reason": "pat"}, "attendance": {"outcome": "attended"}}
        self._post(role, f"/appointments/{self._any(number)['id']}/{end}", bodies.get(end, {}))

    @rule(
        day=st.integers(0, 10),
        who=st.sampled_from(("nurse-1", "doctor", "therapist-1")),
        closed=st.booleans(),
    )
    def a_fact_is_told(self, day: int, who: str, closed: bool) -> None:
        """Somebody is away, or the clinic is closed; that is never refused."""
        date_ = (MONDAY + timedelta(days=day)).isoformat()
        known = any(str(row["day"]) == date_ for row in self._rows.tables["closure"])
        if closed and not known:
            assert self._post("coordinator", "/facts/closure", {"day": date_})
        else:
            away = {"practitioner": who, "first": date_, "last": date_}
            assert self._post("coordinator", "/facts/absence", away)

    def _any(self, number: int) -> Row:
        rows = sorted(self._rows.tables["appointment"], key=lambda r: (r["code"], str(r["id"])))
        return rows[number % len(rows)]

    def _offer(self, who: str, activity: str, number: int, hours: int) -> Document | None:
        wanted = timing.instant(MONDAY, 9 * 60, NEW_YORK) + timedelta(hours=hours * 3)
        body = {
            "patient": who,
            "activity": activity,
            "occurrence": number,
            "most": 1,
            "at": max(wanted, self.world.now).isoformat(),
        }
        answer = self._client("coordinator").post("/api/v1/appointments/find", json=body)
        assert answer.status_code < 500, f"no time is found: {body}"
        self._look()
        offers = answer.json().get("offers") if answer.status_code == 200 else None
        return offers[0] if offers else None

    # Papers and gates.

    @rule(
        who=st.sampled_from(PEOPLE[:2]),
        what=st.sampled_from(("clearance", "consent")),
        number=st.integers(0, 9),
        role=st.sampled_from(("prescriber", "nurse")),
    )
    def a_paper_is_taken_back(self, who: str, what: str, number: int, role: str) -> None:
        """A clearance or a consent is revoked."""
        papers = [p for p in self._rows.of(what, patient_id=who) if p["revoked_at"] is None]
        if papers:
            papers.sort(key=lambda p: (p["kind"], str(p["id"])))
            paper = papers[number % len(papers)]
            body = {"reason": "changed my mind"} if what == "clearance" else {}
            self._post(role, f"/{what}s/{paper['id']}/revoke", body)

    @rule(
        who=st.sampled_from(PEOPLE[:2]),
        kind=st.sampled_from(("medical", "psychiatric", "rems-enrolment", "treatment-consent")),
    )
    def a_clearance_is_given(self, who: str, kind: str) -> None:
        """By a prescriber, from today on."""
        self._post("prescriber", f"/patients/{who}/clearances", {"kind": kind})

    @rule(who=st.sampled_from(PEOPLE[:2]), kind=st.sampled_from(("treatment", "rems")))
    def a_form_is_signed(self, who: str, kind: str) -> None:
        """A consent."""
        self._post("nurse", f"/patients/{who}/consents", {"kind": kind})

    @rule(
        number=st.integers(0, 40),
        asks=st.sampled_from(ROLES),
        approves=st.sampled_from((*ROLES, "prescriber")),
    )
    def a_gate_is_set_aside(self, number: int, asks: str, approves: str) -> None:
        """One asks, and one approves; they may be the same person, who is refused."""
        open_ = self._rows.of("gate", closed_at=None)
        if not open_:
            return
        gate = sorted(open_, key=lambda g: (g["rule"], g["about"], str(g["id"])))[
            number % len(open_)
        ]
        until = (self.world.now + timedelta(days=2)).isoformat()
        body = {"reason_code": "clinical-need", "reason": "because", "expires_at": until}
        if self._post(asks, f"/gates/{gate['id']}/overrides", body):
            (row,) = [
                o
                for o in self._rows.of("override", appointment_id=gate["appointment_id"])
                if o["requested_at"] == self.world.now and o["rule"] == gate["rule"]
            ][-1:]
            self._post(approves, f"/overrides/{row['id']}/approve", {})

    @rule(number=st.integers(0, 40), role=st.sampled_from(ROLES))
    def a_task_is_done(self, number: int, role: str) -> None:
        """Anybody closes any task that is theirs to close."""
        open_ = [task for task in self._rows.tables["task"] if task["open_key"]]
        if open_:
            task = sorted(open_, key=lambda t: t["key"])[number % len(open_)]
            self._post(role, f"{WORK}/{task['id']}/complete", {"outcome": "done"})

    # Plans, and what is sent again.

    @precondition(lambda self: self.drafts < MOST_DRAFTS)
    @rule()
    def a_plan_is_drafted(self) -> None:
        """For the couple, everybody else's bookings standing."""
        self.drafts += 1
        with self.store.writing() as session:
            data = data_of(session, "harbor", now=self.world.now)
            found = search_here(Search("plan", data, patients=PEOPLE[2:]), Stop(work=1))
            if found.plans:
                plan, document = reading.read_plan(found.plans[0]), reading.read_scenario(data)
                origin = drafting.Origin("plan", PEOPLE[2:], fingerprint(data), seed=0, work=1)
                drafting.draft(session, COORDINATOR, document, plan, origin, now=self.world.now)
        self._look()

    @rule(way=st.sampled_from(("publish", "publish", "undo", "reject")))
    def a_plan_is_decided_on(self, way: str) -> None:
        """The newest is published, taken back or put aside."""
        plans = self._rows.tables["plan_version"]
        if plans:
            self._post("coordinator", f"/plans/{max(p['number'] for p in plans)}/{way}", {})

    @rule(other=st.booleans())
    def the_last_request_comes_again(self, other: bool) -> None:
        """Within a day it has its effect once under its key; with another body it is refused."""
        if self._said is None or self.world.now - self._said[0] >= KEPT_FOR:
            return
        _, role, path, body, key, answer = self._said
        sent = {**body, "another": 1} if other else body
        got = self._client(role).post(f"/api/v1{path}", json=sent, headers={"idempotency-key": key})
        after = Rows(self.store)
        assert got.status_code == 422 if other else got.text == answer
        changed = _differing(self._rows, after)
        assert not changed, f"{path} was sent again, and changed {changed}"

    # How it is asked, and what is looked at.

    def _post(self, role: str, path: str, body: Document, *, version: int | None = None) -> bool:
        """Whether it was done; what is refused leaves everything as it was."""
        key, client = uuid4().hex, self._client(role)
        headers = {"idempotency-key": key}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        answer = client.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code < 500, answer.text
        done = answer.status_code < 300
        before = self._rows
        self._look()
        if done and version is None:
            self._said = (self.world.now, role, path, body, key, answer.text)
        if not done:
            self.refused += 1
            changed = _differing(before, self._rows)
            assert not changed, f"{path} was refused with {answer.text}, and changed {changed}"
        return done

    def _client(self, role: str) -> Client:
        since, client = self._clients.get(role, (None, None))
        if client is None or since is None or self.world.now - since > timedelta(minutes=10):
            client = self.world.client(role)
            self._rows = Rows(self.store)  # who comes in is on the record, whatever they do then
        self._clients[role] = (self.world.now, client)
        return client

    def _look(self) -> None:
        """Look at each law, from what stood before to what stands now."""
        before, self._rows = self._rows, Rows(self.store)
        step = Step(before, self._rows, self.world.now)
        broken = [(law.__name__, says) for law in LAWS for says in law(step)]
        assert not broken, broken
        self.steps += 1


def _differing(before: Rows, after: Rows) -> list[Row]:
    """What was changed that a refusal may not change."""
    return [
        row
        for name in before.tables.keys() - {"sign_in"}  # when somebody was last there
        for row in (
            *(row for row in before.tables[name] if row not in after.tables[name]),
            *(row for row in after.tables[name] if row not in before.tables[name]),
        )
    ]
