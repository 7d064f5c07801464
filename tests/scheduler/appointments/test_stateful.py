"""Any order of bookings, moves, ends and passing time keeps every law of appointments.

The laws are looked at after each step, from the rows alone, without the ledger and the judge.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, select

from pathways import reading
from scheduler.appointments import attending, ending, facts, finding, making, moving, swapping
from scheduler.appointments.breaking import Broken
from scheduler.appointments.facts import Dates
from scheduler.appointments.finding import Asked
from scheduler.appointments.moving import Choice
from scheduler.appointments.offering import Offer
from scheduler.appointments.swapping import Pair
from scheduler.errors import NotUnderstood, Refusal
from scheduler.scenarios.taking import bring_in
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Enrolment,
    SQLModel,
    Task,
)
from scheduler.tracking import MOVES, TAKES_TIME
from tests import factories
from tests.scheduler.appointments.bookings import BEFORE, COORDINATOR, ledger_is_what_stands
from tests.scheduler.appointments.racing import doses_too_close, overlaps, twice

PATIENTS = ("ada", "ben", "cyd")
OCCURRENCES = (
    *(("dose", 1), ("dose", 2), ("integration", 1), ("integration", 2)),
    *(("group", 1), ("group", 2)),
)
ENDINGS = ("cancel", "no-show", "error", "arrive", "check-in", "attend", "confirm")


def clinic() -> dict[str, Any]:
    """A couple and one more, who share a bay, a nurse, an office and a group of two seats."""
    couple = {"ada": "ben", "ben": "ada"}
    return {
        "clinic": factories.clinic(groups=[factories.series(capacity=2)]),
        "pathways": [
            factories.pathway(factories.dose(), factories.integration(), factories.group())
        ],
        "patients": [
            factories.patient(name, partner=couple.get(name), groups={"group": "mornings"})
            for name in PATIENTS
        ],
    }


class Booking(RuleBasedStateMachine):
    """A day at the desk, in any order."""

    folder: TemporaryDirectory[str]
    store: Store

    @initialize()
    def open(self) -> None:
        """An empty clinic."""
        self.folder = TemporaryDirectory()
        vault.install(vault.Vault(vault.new_key()))
        self.store = Store(f"sqlite:///{Path(self.folder.name) / 'x.sqlite'}")
        SQLModel.metadata.create_all(self.store.engine)
        with self.store.writing() as session:
            scenario = reading.read_scenario(factories.scenario(**clinic()))
            bring_in(session, scenario, now=BEFORE)
        self.now = BEFORE
        self.seen: dict[Any, tuple[str, int, int]] = {}

    def teardown(self) -> None:
        """Leave nothing behind."""
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    def _do(self, change: Callable[[Session], Any]) -> bool:
        try:
            with self.store.writing() as session:
                change(session)
        except Refusal:
            return False
        return True

    def _offer(self, patient: str, key: tuple[str, int], at: datetime) -> Offer | None:
        asked = Asked(patient, *key, at=at, most=1, since=self.now)
        with self.store.reading() as session:
            try:
                offers = finding.find(session, COORDINATOR, asked, now=self.now).offers
            except NotUnderstood:
                return None
        return offers[0] if offers else None

    def _row(self, number: int) -> Appointment | None:
        with self.store.reading() as session:
            rows = session.exec(select(Appointment).order_by(Appointment.code)).all()
        return rows[number % len(rows)] if rows else None

    @rule(
        patient=st.sampled_from(PATIENTS),
        key=st.sampled_from(OCCURRENCES),
        day=st.integers(4, 12),
        hour=st.integers(9, 16),
        held=st.booleans(),
    )
    def book(self, patient: str, key: tuple[str, int], day: int, hour: int, held: bool) -> None:
        """What was found can be booked, as long as nothing came in between."""
        offer = self._offer(patient, key, datetime(2027, 1, day, hour + 5, tzinfo=UTC))
        if offer is None:
            return
        make = making.hold if held else making.book
        done = self._do(lambda s: make(s, COORDINATOR, offer, now=self.now))
        free = not held and key[0] != "integration" and not self._stands(patient, key)
        assert done or not free, "an offer that was just found, of what follows nothing"

    def _stands(self, patient: str, key: tuple[str, int]) -> bool:
        code = f"{patient}/{key[0]}/{key[1]}"
        with self.store.reading() as session:
            rows = session.exec(select(Appointment).where(Appointment.code == code)).all()
        return any(row.status in TAKES_TIME for row in rows)

    @rule(
        number=st.integers(0, 30),
        day=st.integers(4, 12),
        hour=st.integers(9, 16),
        blindly=st.booleans(),
    )
    def move(self, number: int, day: int, hour: int, blindly: bool) -> None:
        """An appointment is moved to a time that is free, or to any time at all."""
        row = self._row(number)
        if row is None:
            return
        at = datetime(2027, 1, day, hour + 5, tzinfo=UTC)
        offer = self._offer(row.code.split("/")[0], (row.activity, row.occurrence), at)
        if offer is None:
            return
        if blindly:
            by = at - offer.start
            stages = tuple(
                s.model_copy(update={"start": s.start + by, "end": s.end + by})
                for s in offer.stages
            )
            offer = offer.model_copy(update={"start": at, "end": offer.end + by, "stages": stages})
        choice = Choice(offer, expected=row.version)
        self._do(lambda s: moving.move(s, COORDINATOR, row.id, choice, now=self.now))

    @rule(one=st.integers(0, 30), other=st.integers(0, 30))
    def swap(self, one: int, other: int) -> None:
        """Two change places, or neither moves."""
        first, second = self._row(one), self._row(other)
        if first is None or second is None:
            return
        pair = Pair((first.id, second.id))
        if not self._do(lambda s: swapping.swap(s, COORDINATOR, pair, now=self.now)):
            with self.store.reading() as session:
                for row in (first, second):
                    after = session.get_one(Appointment, ("harbor", row.id))
                    assert (after.start, after.version) == (row.start, row.version)

    @rule(number=st.integers(0, 30), end=st.sampled_from(ENDINGS))
    def end(self, number: int, end: str) -> None:
        """Something becomes of an appointment."""
        row = self._row(number)
        if row is None:
            return
        name, now = row.id, self.now
        if end == "no-show" and self._do(lambda s: ending.no_show(s, COORDINATOR, name, now=now)):
            with self.store.reading() as session:
                made = session.exec(select(Task).where(Task.subject_id == str(name))).all()
            assert "re-schedule" in {task.kind for task in made}
        changes: dict[str, Callable[[Session], Any]] = {
            "cancel": lambda s: ending.cancel(s, COORDINATOR, name, reason="pat", now=now),
            "error": lambda s: ending.entered_in_error(s, COORDINATOR, name, now=now),
            "arrive": lambda s: attending.arrive(s, COORDINATOR, name, now=now),
            "check-in": lambda s: attending.check_in(s, COORDINATOR, name, now=now),
            "attend": lambda s: attending.attend(
                s, COORDINATOR, name, attending.Presence("attended"), now=now
            ),
            "confirm": lambda s: making.confirm(s, COORDINATOR, name, now=now),
        }
        if end in changes:
            self._do(changes[end])

    @rule(minutes=st.sampled_from((5, 10, 600, 1440)))
    def pass_time(self, minutes: int) -> None:
        """Time passes; holds end by themselves."""
        self.now = min(self.now + timedelta(minutes=minutes), BEFORE + timedelta(days=12))

    @rule()
    def alarm(self) -> None:
        """The alarm clock ends what has run out."""
        self._do(lambda s: making.expire_holds(s, "harbor", self.now))

    @rule(day=st.integers(4, 12), who=st.sampled_from(("nurse", "doctor", "therapist")))
    def absence(self, day: int, who: str) -> None:
        """Somebody is away: each promise that this breaks is on the list with an owner."""
        date = datetime(2027, 1, day, tzinfo=UTC).date()
        broken: list[Broken] = []
        done = self._do(
            lambda s: broken.extend(
                facts.is_away(s, COORDINATOR, who, Dates(date, date), now=self.now)
            )
        )
        assert done, "a fact is never refused"
        assert all(one.task.due_at >= self.now - timedelta(days=30) for one in broken)

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        """Chairs, people and patients; what is taken is what stands."""
        if not hasattr(self, "store"):
            return
        with self.store.reading() as session:
            shared = [found for found in overlaps(session) if not self._is_a_group(found)]
            assert shared == []
            assert doses_too_close(session) == []
            assert twice(session) == []
            assert ledger_is_what_stands(session)

    @staticmethod
    def _is_a_group(found: tuple[str, str, str]) -> bool:
        return "/group/" in found[0] and "/group/" in found[1] and found[2] not in PATIENTS

    @invariant()
    def groups_and_partners_keep_their_limits(self) -> None:
        """Two seats a meeting; a couple is never dosed on one date."""
        if not hasattr(self, "store"):
            return
        with self.store.reading() as session:
            rows = [r for r in session.exec(select(Appointment)) if r.status in TAKES_TIME]
        meetings: dict[datetime, int] = {}
        for row in rows:
            if row.series_id:
                meetings[row.start] = meetings.get(row.start, 0) + 1
        assert all(count <= 2 for count in meetings.values())
        days = [
            row.start.date()
            for row in rows
            if row.is_dose and row.code.split("/")[0] in ("ada", "ben")
        ]
        assert len(days) == len(set(days))

    @invariant()
    def every_status_came_by_the_table(self) -> None:
        """Sequence and version only rise; a status never jumps."""
        if not hasattr(self, "store"):
            return
        with self.store.reading() as session:
            for row in session.exec(select(Appointment)):
                was, sequence, version = self.seen.get(row.id, ("proposed", 0, 0))
                assert row.status == was or row.status in _reachable(was)
                assert row.sequence >= sequence
                assert row.version >= version
                self.seen[row.id] = (row.status, row.sequence, row.version)
            links = session.exec(select(AppointmentPatient)).all()
            starts = {row.id: row.start for row in session.exec(select(Appointment))}
            assert all(link.start == starts[link.appointment_id] for link in links)

    @invariant()
    def no_integration_is_left_behind(self) -> None:
        """It stands beside its dose and inside its window, or not at all."""
        if not hasattr(self, "store"):
            return
        with self.store.reading() as session:
            rows = [
                row
                for row in session.exec(select(Appointment))
                if row.status in TAKES_TIME
                and (row.held_until is None or row.held_until > self.now)
            ]
            tasks = session.exec(select(Task)).all()
            settled = [e.settled for e in session.exec(select(Enrolment))]
        doses = {row.code.replace("/dose/", "/integration/"): row for row in rows if row.is_dose}
        for row in rows:
            if row.activity == "integration" and row.status in ("pending", "booked"):
                dose = doses[row.code]
                assert timedelta(hours=16) <= row.start - dose.end <= timedelta(hours=72)
        assert all(task.owner_role and task.due_at for task in tasks)
        assert all(entry["activity"] == "group" for ended in settled for entry in ended)


def _reachable(status: str) -> set[str]:
    """Where an appointment may be after one step of ours, which may be several of the table's."""
    found, waiting = set[str](), [status]
    while waiting:
        for to in MOVES[waiting.pop()] - found:
            found.add(to)
            waiting.append(to)
    return found


def test_any_order_of_changes_keeps_the_laws() -> None:
    run_state_machine_as_test(
        Booking,
        settings=settings(
            max_examples=4,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # what it finds is small, and shrinking would take minutes
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.campaign
def test_many_orders_of_changes_keep_the_laws(
    record_property: Callable[[str, object], None],
) -> None:
    record_property("orders of changes", 400)
    run_state_machine_as_test(
        Booking,
        settings=settings(
            max_examples=400,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
