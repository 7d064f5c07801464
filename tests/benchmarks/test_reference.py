"""The planners to measure by do what their names say."""

import pytest

from benchmarks.interval_model.answering import Limits
from benchmarks.reference import first_fit, monolithic, one_by_one
from pathways.plan import Plan
from pathways.reading import read_scenario
from scheduler.planning.verifying import verify
from tests.factories import appointment, group, pathway, patient, scenario, session, table

TO_THE_END = Limits(seconds=60, workers=1)


def starts(plan: Plan) -> dict[str, str]:
    return {a.patients[0]: f"{a.start:%a %H:%M}" for a in plan.appointments}


def test_first_fit_takes_the_earliest_start_where_the_model_takes_the_cheapest() -> None:
    document = scenario(
        pathways=[pathway(session("talk"))], patients=[patient(preferred=table("13:00-14:00"))]
    )
    by_hand = first_fit(read_scenario(document))
    assert (starts(by_hand), by_hand.status) == ({"ada": "Mon 09:00"}, "feasible")
    best = monolithic(read_scenario(document), TO_THE_END)
    assert (starts(best)["ada"][4:], best.status, best.bound) == ("13:00", "optimal", 8)


def test_one_after_the_other_nobody_makes_room_for_those_who_come_later() -> None:
    document = scenario(
        pathways=[pathway(session("talk"))],
        patients=[
            patient("ada", preferred={"mon": ["09:00-10:00"]}),
            patient("bob", available={"mon": ["09:00-10:00"]}),
        ],
    )
    together = monolithic(read_scenario(document), TO_THE_END)
    assert starts(together)["bob"] == "Mon 09:00"
    assert not together.unplaced
    apart = one_by_one(read_scenario(document), TO_THE_END)
    assert starts(apart) == {"ada": "Mon 09:00"}
    assert [left.patient for left in apart.unplaced] == ["bob"]


def test_a_model_that_is_not_given_a_moment_leaves_everything_out() -> None:
    plan = monolithic(read_scenario(scenario()), Limits(seconds=0))
    assert (plan.appointments, plan.status, plan.bound) == ((), "feasible", 0)
    assert len(plan.unplaced) == 2


def test_a_meeting_that_something_locked_should_have_followed_has_no_claim_to_a_unit() -> None:
    talk = session("talk", preceded_by=[{"activity": "group", "occurrence": 1}])
    paid = {"service": "therapy", "units": 1, "from": "2027-01-01", "to": "2027-12-31"}
    times = ("2027-01-04T08:00:00-05:00", "2027-01-04T09:00:00-05:00")
    document = scenario(
        pathways=[pathway(group(needs_authorization="therapy"), talk)],
        patients=[patient(authorizations=[paid])],
        booked=[appointment("talk", *times, locked=True)],
    )
    plan = monolithic(read_scenario(document), TO_THE_END)
    assert [a.occurrence for a in plan.appointments if a.activity == "group"] == [2]
    assert verify(read_scenario(document), plan).faults == ()


@pytest.mark.parametrize("day", ["04", "05"], ids=["too near", "too far"])
def test_a_meeting_whose_lag_something_locked_would_break_has_no_claim_to_a_unit(
    day: str,
) -> None:
    """The first meeting ends on Monday at ten; the talk begins 6 or 30 hours later."""
    lag = {"min": "PT20H", "ideal": "PT21H", "max": "PT24H"}
    talk = session("talk", schedule=None, after={"activity": "group", "lag": lag})
    paid = {"service": "therapy", "units": 5, "from": "2027-01-01", "to": "2027-12-31"}
    times = (f"2027-01-{day}T{hour}:00:00-05:00" for hour in (16, 17))
    document = scenario(
        pathways=[pathway(group(needs_authorization="therapy"), talk)],
        patients=[patient(authorizations=[paid])],
        booked=[appointment("talk", *times, locked=True)],
    )
    plan = monolithic(read_scenario(document), TO_THE_END)
    assert [a.occurrence for a in plan.appointments if a.activity == "group"] == [2]
    assert verify(read_scenario(document), plan).faults == ()
