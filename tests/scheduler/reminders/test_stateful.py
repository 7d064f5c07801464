"""Any order of bookings, moves, ends, answers, faults and clocks keeps every law of messages.

The laws are looked at as each message is handed over, and after each step, without the code that
judges: from what the test itself remembers, the rows, and what the provider has got.
"""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import select

from scheduler import acting
from scheduler.reminders import controlling, inbound, outcomes
from scheduler.reminders.inbound import Received
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, ContactPoint, Reminder
from tests.databases import Databases
from tests.scheduler.reminders.clinic import activity_for, dose_activity
from tests.scheduler.reminders.living import OF_PATIENTS, Clinic, at
from tests.scheduler.reminders.sending import Hands

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BEGINNINGS = ("2027-01-04", "2027-03-09", "2027-11-02")
"""A usual Monday, and some days before each of the nights in which the clocks change."""

FAULTS = ("none", "none", "none", "away", "refuses", "unclear", "dies before", "dies after")
NUMBERS = st.sampled_from(sorted(set(OF_PATIENTS.values())))
Thing = TypeVar("Thing")
DICE = random.Random(0)  # noqa: S311  (a test's, not a secret)
NUMBER = count()
ACTOR = acting.machine("harbor", "test")


class Messages(RuleBasedStateMachine):
    """Some days of a clinic, in any order."""

    make: Callable[[], str]
    drop: Callable[[str], None]
    store: Store
    clinic: Clinic

    @initialize(begins=st.sampled_from(BEGINNINGS))
    def open(self, begins: str) -> None:
        """An empty clinic, whose ids are the same whenever the same things happen."""
        DICE.seed(f"database {next(NUMBER)}")
        self.url = self.make()
        DICE.seed(0)
        self.store = Store(self.url)
        self.clinic = Clinic(self.store, Hands(at(begins)))
        self.clinic.open()
        self.received = 0
        self.wait(1)

    def teardown(self) -> None:
        """Weeks later everything has an end."""
        if hasattr(self, "clinic"):
            self.clinic.fault = "none"
            self.kill_switch(stop=False)
            for hours in (1, 1, 24 * 20):
                self.clinic.clock.now += hours * HOUR
                self.clinic.running += hours * HOUR
                self.clinic.work()
            self.clinic.everything_has_ended()
            self.store.close()
            self.drop(self.url)

    @rule(
        patient=st.sampled_from(sorted(OF_PATIENTS)),
        what=st.sampled_from(("dose", "dose", "group", "integration")),
        hours=st.sampled_from((1, 3, 20, 26, 50, 75, 98, 170, 200)),
    )
    def book(self, patient: str, what: Any, hours: int) -> None:
        """Something is booked, soon or in a week."""
        activity = dose_activity() if what == "dose" else activity_for(what)
        self.clinic.book(patient, activity, self.clinic.clock.now + hours * HOUR)

    def standing(self, *, begun: bool) -> list[str]:
        """Visits that are booked, and have begun or not."""
        now = self.clinic.clock.now
        return [
            name
            for name, visit in self.clinic.visits.items()
            if visit.status == "booked" and (visit.start <= now) is begun
        ]

    @precondition(lambda self: self.standing(begun=False))
    @rule(data=st.data(), hours=st.sampled_from((-30, -2, 1, 5, 24, 49)))
    def move(self, data: Any, hours: int) -> None:
        """A visit is moved, never into the past."""
        name = drawn(data, self.standing(begun=False))
        visit, by = self.clinic.visits[name], hours * HOUR
        if visit.start + by <= self.clinic.clock.now:
            return
        visit.start, visit.first_drug = visit.start + by, visit.first_drug + by

        def moves(row: Appointment) -> None:
            row.start, row.end = row.start + by, row.end + by
            row.stages = [
                {**stage, "start": later(stage["start"], by), "end": later(stage["end"], by)}
                for stage in row.stages
            ]
            row.notes = [{**note, "until": later(note["until"], by)} for note in row.notes]
            row.confirmed_at = None

        self.clinic.change(name, moves)

    @precondition(lambda self: self.standing(begun=False))
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        """A visit is called off."""
        name = drawn(data, self.standing(begun=False))
        self.clinic.visits[name].status = "cancelled"
        self.clinic.change(name, lambda row: setattr(row, "status", "cancelled"))

    @precondition(lambda self: self.standing(begun=True))
    @rule(data=st.data(), comes=st.sampled_from((True, True, False)))
    def begin(self, data: Any, comes: bool) -> None:
        """Somebody comes, or does not."""
        name = drawn(data, self.standing(begun=True))
        visit = self.clinic.visits[name]
        visit.status = "arrived" if comes else "noshow"
        visit.arrived = self.clinic.clock.now if comes else None
        self.clinic.change(name, lambda row: setattr(row, "status", visit.status))

    @rule(phone=NUMBERS, said=st.sampled_from(("Y", "N", "STOP", "alto", "START", "1", "thanks")))
    def answer(self, phone: str, said: str) -> None:
        """Somebody writes back."""
        self.received += 1
        with self.store.writing() as session:
            received = Received(f"in-{self.received}", phone, said)
            inbound.receive(session, "harbor", received, now=self.clinic.clock.now)
        if said in ("STOP", "alto"):
            self.clinic.silent.add(phone)
        elif said == "START":
            self.clinic.silent.discard(phone)

    @rule(fault=st.sampled_from(FAULTS))
    def fail(self, fault: str) -> None:
        """The provider is well, or is not."""
        self.clinic.fault = fault

    @rule(hours=st.sampled_from((0.1, 1, 3, 7, 24, 30)))
    def wait(self, hours: float) -> None:
        """Time passes, a worker looks at its end: for long nothing may have run at all."""
        self.clinic.clock.now += hours * HOUR
        self.clinic.running += hours * HOUR
        self.clinic.work()

    @rule(hours=st.sampled_from((-24, -1, 2, 26)))
    def jump(self, hours: int) -> None:
        """The clock is wrong for a minute in which a worker looks, and is put right."""
        silent = len(self.clinic.sent)
        self.clinic.clock.now += hours * HOUR
        self.clinic.work()
        fresh = self.clinic.sent[silent:]
        if hours > 0:
            assert all(s.row.safety or s.row.subject_kind == "inbound" for s in fresh), fresh
        self.clinic.clock.now += MINUTE - hours * HOUR
        self.clinic.running += MINUTE
        self.clinic.worked_at = None
        self.clinic.work()

    @rule(stop=st.booleans())
    def kill_switch(self, stop: bool) -> None:
        """All messages are stopped, or go again."""
        does = controlling.stop_all if stop else controlling.resume
        with self.store.writing() as session:
            does(session, ACTOR, now=self.clinic.clock.now)
        self.clinic.stopped = stop

    @precondition(lambda self: self.clinic.sent)
    @rule(
        data=st.data(),
        said=st.lists(st.sampled_from(("delivered", "failed")), min_size=1, max_size=3),
    )
    def hear(self, data: Any, said: list[str]) -> None:
        """The provider says what became of a message, more than once: the first word stands."""
        row = drawn(data, self.clinic.sent).row
        with self.store.reading() as session:
            was = session.exec(select(Reminder.status).where(Reminder.id == row.id)).one()
        for status in said:
            with self.store.writing() as session:
                outcomes.report(
                    session,
                    row.id,
                    status=status,
                    provider_id="late",
                    bad_address=False,
                    now=self.clinic.clock.now,
                )
        with self.store.reading() as session:
            now_is = session.exec(select(Reminder.status).where(Reminder.id == row.id)).one()
        heard = said[0] if was in ("sending", "sent", "unknown") else was
        assert now_is == heard

    @rule()
    def freeze(self) -> None:
        """Cyd's number does not work any more."""
        with self.store.writing() as session:
            rows = session.exec(select(ContactPoint).where(ContactPoint.patient_id == "cyd"))
            for row in rows:
                row.frozen_at = self.clinic.clock.now
        self.clinic.frozen.add("cyd")

    @invariant()
    def the_laws_hold(self) -> None:
        """Everything that can be seen between two steps."""
        if hasattr(self, "clinic"):
            self.clinic.nobody_was_told_too_much_or_twice()
            self.clinic.nothing_hangs()
            self.clinic.notes_are_in_hands()


def drawn(data: Any, things: Sequence[Thing]) -> Thing:
    """One of some things, by a number that does not depend on how many there are."""
    number: int = data.draw(st.integers(0, 999))
    return things[number % len(things)]


def later(moment: str, by: timedelta) -> str:
    return (datetime.fromisoformat(moment) + by).isoformat()


def remove(url: str) -> None:
    """Take a file of SQLite away."""
    Path(url.removeprefix("sqlite:///")).unlink()


def run(
    databases: Databases, kind: str, *, examples: int, steps: int, campaign: bool = False
) -> None:
    """Try so many orders of so many steps, each in a database of its own."""
    vault.install(vault.Vault(vault.new_key()))
    if kind == "sqlite":
        here = {"make": staticmethod(databases.sqlite), "drop": staticmethod(remove)}
    else:
        server = databases.server
        here = {"make": staticmethod(databases.postgresql), "drop": staticmethod(server.drop)}
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=not campaign,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    with patch("os.urandom", DICE.randbytes):  # what ids are made of
        run_state_machine_as_test(type("Here", (Messages,), here), settings=chosen)


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 8), ("postgresql", 3)])
def test_any_order_of_things_keeps_the_laws_of_messages(
    databases: Databases, kind: str, examples: int
) -> None:
    run(databases, kind, examples=examples, steps=30)


@pytest.mark.campaign
@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 1500), ("postgresql", 300)])
def test_thousands_of_orders_keep_the_laws_of_messages(
    databases: Databases, kind: str, examples: int
) -> None:
    run(databases, kind, examples=examples, steps=60, campaign=True)
