"""Any order of what people do in a clinic keeps every law of its bookings and of its doses.

The steps go over HTTP, by people of several roles; after each, the laws (`laws.py`,
`laws_of_doses.py`) are looked at from plain rows with arithmetic of their own. By the numbers of
the invariants that the service promises:

1, 2, 3, 4, 9 no double booking, half-open, a cancelled time is free: here, and for bookings by
hand in `tests/scheduler/appointments/test_stateful.py`. 5 one winner: `test_contests.py`. 6, 7 a
move or swap that fails changes nothing: here, of every request that is refused. 8 holds end by
themselves: here (what has run out stands no more) and in the other machine. 10 the graph of
statuses, 11 versions, 12 idempotency keys, 13, 14 absences and closures: here; a place that is
retired: `tests/scheduler/appointments/test_what_becomes_of_a_visit.py`. 15 owner and due time, 16
who did not come, 17, 18, 19, 25 nobody is dosed past what is missing, and it is gated at once, 20,
21 monitoring and discharge, 22 closing time, 23 distance and number of doses, 24, 26 integration,
27 the form, 28 what was written stays, 29 two people: here. 30 import: a booking that breaks a rule
cannot start, `tests/scheduler/test_scenarios.py`; its doors are apart from those of people.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from scheduler import audit
from scheduler.appointments import ending
from scheduler.sessions import calling_off, permitting
from tests.api.service.clinic_days import ClinicDays
from tests.databases import Databases

ORDERS = {"sqlite": 200, "postgresql": 50}
"""How many orders of fifty steps a campaign tries on each kind of database."""


def live(
    database: Callable[[], str], say: Callable[[str], None] = lambda _: None, **how: Any
) -> list[ClinicDays]:
    """Let days pass in a clinic as the settings say; every one of them."""
    lived: list[ClinicDays] = []

    class Days(ClinicDays):
        def __init__(self) -> None:
            super().__init__(database)
            lived.append(self)
            if len(lived) % 10 == 0:
                say(f"{len(lived)} orders of what happens, {sum(d.steps for d in lived)} steps")

    known = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), **how)
    run_state_machine_as_test(Days, settings=known)
    return lived


@pytest.mark.parametrize(("kind", "orders"), [("sqlite", 3), ("postgresql", 2)])
def test_whatever_happens_in_a_clinic_no_law_is_broken(
    databases: Databases, kind: str, orders: int
) -> None:
    lived = live(
        getattr(databases, kind),
        max_examples=orders,
        stateful_step_count=16,
        derandomize=True,
        phases=[Phase.generate],  # what it finds is small, and shrinking would take minutes
    )
    steps, refused = sum(one.steps for one in lived), sum(one.refused for one in lived)
    assert steps > 3 * refused > 0


def a_dose_past_a_gate(clinic: ClinicDays) -> None:
    for number in range(9):
        clinic.a_paper_is_taken_back(who="p-1", what="clearance", number=number, role="prescriber")
    clinic.a_session_goes_on(code="p-1-first", steps=4)


def an_early_discharge(clinic: ClinicDays) -> None:
    clinic.a_session_goes_on(code="p-1-first", steps=6)
    clinic.something_is_skipped(code="p-1-first", skipped=4)


def a_missed_visit(clinic: ClinicDays) -> None:
    clinic.time_passes(minutes=4320)
    for number in range(4):
        clinic.something_becomes_of_a_visit(number=number, end="no-show", role="coordinator")


def a_dose_that_is_not_given(clinic: ClinicDays) -> None:
    clinic.a_session_goes_on(code="p-1-first", steps=3)
    clinic.something_else_happens(code="p-1-first", what=("not given", {}), role="nurse")


def a_cancellation(clinic: ClinicDays) -> None:
    clinic.something_becomes_of_a_visit(number=0, end="cancel", role="coordinator")


def nothing(*_: Any, **__: Any) -> list[Any]:
    """What is done where something was forgotten."""
    return []


@pytest.mark.parametrize(
    ("forgotten", "happens", "law"),
    [
        ((permitting, "_giving"), a_dose_past_a_gate, "nobody_is_dosed_past_what_is_missing"),
        ((permitting, "_leaving"), an_early_discharge, "nobody_leaves_before_their_time"),
        ((ending, "_ask_to_reschedule"), a_missed_visit, "who_did_not_come_is_asked_again"),
        ((calling_off, "_followers"), a_dose_that_is_not_given, "what_follows_a_dose"),
        ((ending, "release"), a_cancellation, "the_ledger_is_what_stands"),
        ((audit, "record"), a_cancellation, "every_change_is_on_the_record"),
    ],
)
def test_a_law_that_is_broken_is_seen_at_once(
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
    forgotten: tuple[Any, str],
    happens: Callable[[ClinicDays], None],
    law: str,
) -> None:
    clinic = ClinicDays(databases.sqlite)
    clinic.admit(missing=set())
    module, name = forgotten
    checks: Any = permitting._CHECKS
    for kind in [kind for kind, check in checks.items() if check is getattr(module, name)]:
        monkeypatch.setitem(checks, kind, nothing)
    monkeypatch.setattr(module, name, nothing)
    with pytest.raises(AssertionError, match=law):
        happens(clinic)
    clinic.teardown()


@pytest.mark.campaign
@pytest.mark.parametrize("kind", sorted(ORDERS))
def test_many_orders_of_what_happens_break_no_law(
    databases: Databases,
    kind: str,
    progress: Callable[[str], None],
    record_property: Callable[[str, object], None],
) -> None:
    lived = live(
        getattr(databases, kind),
        progress,
        max_examples=ORDERS[kind],
        stateful_step_count=50,
        phases=[Phase.generate],
        print_blob=True,
    )
    record_property(f"orders of what happens in a clinic, {kind}", len(lived))
    record_property(f"steps after which each law held, {kind}", sum(one.steps for one in lived))
