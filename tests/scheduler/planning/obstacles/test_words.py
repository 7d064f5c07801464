"""Each thing that may stand in the way is told as a coordinator would say it."""

from datetime import datetime, timedelta

import pytest

from pathways.reading import read_scenario
from scheduler.planning.obstacles import Explanation, explain
from scheduler.planning.obstacles.choosing import Asked, NotAQuestion, Wish, questions
from scheduler.planning.verifying import verify
from tests import factories
from tests.factories import Document
from tests.library_scenarios import maintained
from tests.scheduler.planning.trying import planned

ALL_DAY = factories.table("08:00-18:00", days=factories.EVERY_DAY)


def asked(document: Document, activity: str, at: str | None = None, number: int = 1) -> Explanation:
    """The answer about Ada's occurrence in what the planner makes of a scenario."""
    scenario, plan = read_scenario(document), planned(document, 20)
    wish = Wish.read(at) if at else None
    (question,) = questions(scenario, plan, Asked("ada", activity, number), wish)
    return explain(question)


def words(told: Explanation) -> list[list[str]]:
    return [[fact.words for fact in obstacle.facts] for obstacle in told.obstacles]


def visit(**changes: object) -> Document:
    """A scenario of one visit of an hour."""
    return factories.scenario(pathways=[factories.pathway(factories.session("visit", **changes))])


def booked(patient: str, activity: str, start: str, end: str, **changes: object) -> Document:
    """A locked booking on a day of January 2027, between two times."""
    day, first = start.split(" ")
    return factories.appointment(
        activity,
        f"2027-01-{day}T{first}:00-05:00",
        f"2027-01-{day}T{end}:00-05:00",
        id=f"{patient}-{activity}",
        patients=[patient],
        locked=True,
        **changes,
    )


def test_the_clinic_is_not_open() -> None:
    told = asked(visit(), "visit", at="tue 16:30")
    assert words(told) == [["the clinic is open 09:00-17:00 on Tue 5 Jan"]]


def test_the_clinic_is_closed() -> None:
    closed = [{"date": "2027-01-05", "reason": "Stocktaking"}]
    document = visit() | {"clinic": factories.clinic(closures=closed)}
    told = asked(document, "visit", at="tue 10:00")
    assert words(told) == [["the clinic is closed on Tue 5 Jan (Stocktaking)"]]
    assert "the clinic open on Tue 5 Jan" in [choice.words for choice in told.choices]


def test_the_patient_is_not_available_and_away_besides() -> None:
    ada = factories.patient(
        available=ALL_DAY | {"tue": ["12:00-18:00"]},
        unavailable=[{"from": "2027-01-05", "to": "2027-01-06"}],
    )
    told = asked(visit() | {"patients": [ada]}, "visit", at="tue 10:00")
    assert words(told) == [
        ["ada is available 12:00-18:00 on Tue 5 Jan"],
        ["ada is away from 2027-01-05 to 2027-01-06"],
    ]


def test_nobody_drives_the_patient_home() -> None:
    ada = factories.patient(rides=factories.table("10:00-16:30"))
    doses = factories.pathway(factories.dose())
    document = factories.scenario(patients=[ada], pathways=[doses])
    told = asked(document, "dose", at="tue 15:00")
    assert words(told) == [
        ["nobody drives ada home at 16:30 on Tue 5 Jan (rides that day: 10:00-16:30)"]
    ]


def test_one_more_ride_window_helps_the_others_as_well() -> None:
    rides = factories.table("09:00-17:00", days=("mon",))
    weeks = [{"weeks": "1-2", "per_week": 1}]
    two_weeks = factories.pathway(factories.dose(schedule=weeks), weeks=2)
    document = factories.scenario(
        pathways=[two_weeks],
        patients=[factories.patient(available=ALL_DAY | {"mon": []}, rides=rides)],
    )
    room = asked(document, "dose").choices[0]
    assert room.words == "one more ride window on Fridays 10:00-12:00"
    assert (room.fits, room.left) == (1, 1)


def test_a_clearance_ends() -> None:
    cleared = [{"kind": "blood-pressure", "from": "2026-12-01", "to": "2027-01-03"}]
    document = visit(needs_clearance=["blood-pressure"])
    document["patients"] = [factories.patient(clearances=cleared)]
    told = asked(document, "visit")
    assert words(told) == [["ada's blood-pressure clearance ends on 3 January 2027"]]
    assert told.choices[0].words == "ada's blood-pressure clearance valid to 10 January 2027"


def test_the_units_of_an_authorization_are_used_up() -> None:
    units = [{"service": "therapy", "units": 1, "from": "2027-01-01", "to": "2027-02-01"}]
    document = visit(needs_authorization="therapy", schedule=[{"weeks": "1-1", "per_week": 2}]) | {
        "patients": [factories.patient(authorizations=units)]
    }
    told = asked(document, "visit", number=2)
    assert words(told) == [["ada's 1 units of therapy until 1 February 2027 are used up"]]
    assert told.choices[0].words == "one more unit of therapy for ada"


def test_each_of_two_rooms_is_taken_and_freeing_either_is_enough() -> None:
    """Bob and Cleo have the two offices all day; Ada's visit could have one of them."""
    document = visit(minutes=420)
    document["pathways"][0]["activities"][0]["minutes"] = 420
    two = [factories.location("office"), factories.location("office-2")]
    document["clinic"] = factories.clinic(locations=two, groups=[])
    document["patients"] = [factories.patient(name) for name in ("ada", "bob", "cleo")]
    document["booked"] = [
        booked("bob", "visit", "05 09:00", "16:00"),
        booked("cleo", "visit", "05 09:00", "16:00", location="office-2"),
    ]
    told = asked(document, "visit", at="tue 09:00")
    assert words(told) == [
        [
            "office is taken by bob's Visit 1 on Tue 5 Jan from 09:00 to 16:00",
            "office-2 is taken by cleo's Visit 1 on Tue 5 Jan from 09:00 to 16:00",
        ]
    ]


def test_a_location_is_busy_with_something_else_and_another_would_do() -> None:
    busy = [{"start": "2027-01-05T09:00", "end": "2027-01-05T12:00"}]
    places = [factories.location("office", busy=busy)]
    document = visit() | {"clinic": factories.clinic(locations=places, groups=[])}
    told = asked(document, "visit", at="tue 10:00")
    assert words(told) == [["office is busy with something else until 12:00"]]


def test_a_clinic_without_such_a_place_is_told_so() -> None:
    document = visit(needs=[{"location": "treatment-bay"}])
    document["clinic"] = factories.clinic(locations=[factories.location("office")], groups=[])
    told = asked(document, "visit")
    assert words(told) == [["the clinic has no treatment-bay"]]


def test_the_only_therapist_is_off_duty_then() -> None:
    document = visit(needs=[{"role": "therapist", "skill": "cbt"}])
    told = asked(document, "visit", at="sat 10:00")
    assert ["therapist is not on duty on Sat 9 Jan"] in words(told)
    assert ["the clinic is not open on Sat 9 Jan"] in words(told)


def test_a_therapist_leads_a_group_then() -> None:
    document = visit(needs=[{"role": "therapist", "skill": "group"}])
    told = asked(document, "visit", at="wed 09:30")
    assert words(told) == [["facilitator leads the meeting of mornings from 09:00 to 10:00"]]


def test_a_monitor_is_at_the_limit() -> None:
    """Bob's dose is locked; one nurse holds one dosing stage at a time."""
    doses = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    bays = [
        factories.location("bay-1", "treatment-bay"),
        factories.location("bay-2", "treatment-bay"),
    ]
    at = [f"2027-01-05T{time}:00-05:00" for time in ("10:00", "10:30", "11:30")]
    stages = [
        {"id": "dosing", "start": at[0], "end": at[1], "practitioner": "nurse"},
        {"id": "monitoring", "start": at[1], "end": at[2], "practitioner": "nurse"},
    ]
    document = factories.scenario(
        pathways=[factories.pathway(doses)],
        clinic=factories.clinic(locations=bays, groups=[]),
        patients=[factories.patient("ada"), factories.patient("bob")],
        booked=[booked("bob", "dose", "05 10:00", "11:30", location="bay-1", stages=stages)],
    )
    told = asked(document, "dose", at="tue 10:00")
    assert words(told) == [
        [
            "nurse holds bob's Dose 1 on Tue 5 Jan from 10:00 to 11:30 "
            "(all monitors are at their limit)"
        ]
    ]


def test_no_prescriber_is_on_site() -> None:
    people = [
        factories.practitioner("nurse", "monitor"),
        factories.practitioner("doctor", "prescriber", hours=factories.table("13:00-17:00")),
    ]
    document = factories.scenario(
        pathways=[factories.pathway(factories.dose())],
        clinic=factories.clinic(practitioners=people, groups=[]),
    )
    told = asked(document, "dose", at="tue 10:00")
    assert words(told)[0] == ["doctor is on duty 13:00-17:00 on Tue 5 Jan"]


def test_the_patient_is_elsewhere_and_what_would_move_is_told_with_its_price() -> None:
    """The talk is booked and not locked; moving it costs 20."""
    both = factories.pathway(factories.session("visit"), factories.session("talk"))
    standing = booked("ada", "talk", "05 10:00", "11:00") | {"locked": False}
    document = factories.scenario(pathways=[both], booked=[standing])
    told = asked(document, "visit", at="tue 10:30")
    (facts,) = words(told)
    assert facts == [
        "ada's Talk 1 on Tue 5 Jan from 10:00 to 11:00 is at the same time; office is taken by it"
    ]
    (move,) = [choice for choice in told.choices if choice.kind == "move"]
    assert move.price >= 20
    assert move.words.startswith("Tue 5 Jan 10:30 works if ada's Talk 1 moves from Tue 5 Jan 10:00")


def test_what_follows_a_session_keeps_it_from_moving_away() -> None:
    told = asked(factories.scenario(), "dose", at="sat 10:00")
    follows = [text for (text, *_) in words(told) if "must follow" in text]
    assert [text[:19] for text in follows] == ["ada's Integration 1"]


def test_a_session_is_too_long_after_the_one_it_follows() -> None:
    told = asked(factories.scenario(), "integration", at="sun 10:00")
    assert "it must begin 16 to 72 hours after Dose 1, which ends" in str(words(told))


def test_what_must_come_first_is_named() -> None:
    both = factories.pathway(
        factories.session("intake"),
        factories.session("visit", preceded_by=[{"activity": "intake", "occurrence": 1}]),
    )
    standing = booked("ada", "intake", "06 10:00", "11:00")
    told = asked(factories.scenario(pathways=[both], booked=[standing]), "visit", at="mon 10:00")
    assert words(told) == [["ada's Intake 1 comes first, and ends Wed 6 Jan 11:00"]]


def test_the_day_of_a_dose_stays_free_after_it() -> None:
    both = factories.pathway(
        factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}]), factories.session("visit")
    )
    mornings = factories.patient(rides=factories.table("10:00-12:00"))
    document = factories.scenario(pathways=[both], patients=[mornings])
    dose = asked(document, "dose").question.present_start
    assert isinstance(dose, datetime)
    ends = dose + timedelta(minutes=90)
    told = asked(document, "visit", at=f"{ends:%Y-%m-%dT%H:%M}")
    assert words(told) == [
        [
            f"after ada's Dose 1 on {dose:%a} {dose.day} Jan from {dose:%H:%M} to {ends:%H:%M} "
            "the day stays free"
        ]
    ]


def test_a_full_group_names_its_seats_and_who_has_them() -> None:
    full = factories.clinic(groups=[factories.series(capacity=1)])
    document = factories.scenario(
        clinic=full,
        pathways=[factories.pathway(factories.group())],
        patients=[factories.patient("ada"), factories.patient("bob")],
    )
    scenario, plan = read_scenario(document), planned(document, 20)
    question, *_ = questions(scenario, plan, Asked(activity="group"), None)
    (facts,) = words(explain(question))
    other = "bob" if question.key[0] == "ada" else "ada"
    assert set(facts) == {
        "all 1 seats of mornings are taken",
        f"{other}'s Group therapy on Mon 4 Jan from 09:00 to 10:00 takes a seat",
    }


def test_what_has_passed_is_told_as_that() -> None:
    document = visit() | {"now": "2027-01-06T12:00:00-05:00"}
    told = asked(document, "visit", at="tue 10:00")
    assert words(told) == [["Tue 5 Jan 10:00 has passed"]]


def test_a_free_time_is_told_with_what_it_costs_more() -> None:
    """Preferred are the mornings: four for an afternoon."""
    ada = factories.patient(preferred=factories.table("09:00-12:00"))
    told = asked(visit() | {"patients": [ada]}, "visit", at="tue 14:00")
    assert told.possible
    assert [(c.kind, c.words, c.price) for c in told.choices] == [
        ("time", "Tue 5 Jan 14:00 works", 4)
    ]


def test_two_sessions_with_one_place_between_them_say_what_the_other_would_need() -> None:
    """The only ride is on Friday: one of two doses has it, and the other none."""
    ada = factories.patient(rides=factories.table("09:00-17:00", days=("fri",)))
    document = factories.scenario(pathways=[factories.pathway(factories.dose())], patients=[ada])
    plan = planned(document, 20)
    first = tuple(a.model_copy(update={"occurrence": 1}) for a in plan.appointments)
    second = tuple(left.model_copy(update={"occurrence": 2}) for left in plan.unplaced)
    plan = plan.model_copy(update={"appointments": first, "unplaced": second})
    (question,) = questions(read_scenario(document), plan, Asked("ada", "dose", 2), None)
    told = explain(question)
    assert told.instead is not None
    assert told.instead.question.key == ("ada", "dose", 1)
    assert words(told.instead)[0][0].startswith("nobody drives ada home at 10:30 on")
    assert told.instead.choices[0].price < -9000


@pytest.mark.parametrize("text", ["noon", "2027-13-01T09:00", "tue 25:00", "tue", "xyz 09:00"])
def test_a_time_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(NotAQuestion, match="is no time to ask about"):
        Wish.read(text)


def test_a_time_between_two_starts_of_the_grid_is_refused() -> None:
    with pytest.raises(NotAQuestion, match="sessions start every 30 minutes"):
        asked(visit(), "visit", at="tue 10:10")


def test_a_time_in_another_week_is_refused_with_the_dates_that_are_meant() -> None:
    with pytest.raises(NotAQuestion, match="ada's Visit 1 on 2027-01-04 to 2027-01-10"):
        asked(visit(), "visit", at="2027-03-02T10:00")


def test_what_nobody_asks_for_is_refused() -> None:
    with pytest.raises(NotAQuestion, match="nothing that may be planned is visit 7 of ada"):
        asked(visit(), "visit", number=7)


def test_a_session_that_two_rules_count_is_named_once() -> None:
    """Talks keep apart from each other, and visits from both."""
    talks = factories.session(
        "talk", min_days_between=3, schedule=[{"weeks": "1-1", "per_week": 2}]
    )
    visits = factories.session("visit", min_days_between=3, spaced_with="talk")
    document = factories.scenario(
        pathways=[factories.pathway(talks, visits, factories.session("end"))],
        booked=[
            booked("ada", "talk", "04 10:00", "11:00"),
            booked("ada", "visit", "07 10:00", "11:00"),
        ],
    )
    told = asked(document, "talk", at="tue 10:00", number=2)
    assert words(told) == [
        ["ada's Visit 1 on Thu 7 Jan from 10:00 to 11:00 is too near (at least 3 days apart)"],
        ["ada's Talk 1 on Mon 4 Jan from 10:00 to 11:00 is too near (at least 3 days apart)"],
    ]


def test_no_series_suits_and_a_free_morning_would_help() -> None:
    """The mornings meet on Monday and Wednesday; Ada is free on one of the two."""
    ada = factories.patient(available=ALL_DAY | {"wed": ["12:00-18:00"]})
    document = factories.scenario(pathways=[factories.pathway(factories.group())], patients=[ada])
    scenario, plan = read_scenario(document), planned(document, 20)
    (question,) = questions(scenario, plan, Asked(), None)
    told = explain(question)
    assert words(told) == [
        ["mornings meets 09:00-10:00 on Wednesdays, when ada is available 12:00-18:00"]
    ]
    (room,) = told.choices
    assert room.words == "ada available 09:00-10:00 on Wednesdays"
    assert room.price == verify(room.world.scenario, room.plan).cost.total - plan.cost.total


def test_a_later_meeting_needs_the_units_of_the_earlier_ones_as_well() -> None:
    units = [{"service": "therapy", "units": 0, "from": "2027-01-01", "to": "2027-02-01"}]
    document = factories.scenario(
        pathways=[factories.pathway(factories.group(needs_authorization="therapy"))],
        patients=[factories.patient(authorizations=units)],
    )
    assert asked(document, "group", number=1).choices[0].words == "one more unit of therapy for ada"
    assert asked(document, "group", number=2).choices[0].words == "2 more units of therapy for ada"


def test_the_margin_before_closing_is_named_and_hours_that_would_follow_from_it_are_not() -> None:
    """At 16:00 a dose of 175 minutes would end after closing, and without time for an overrun."""
    document = maintained()
    scenario, plan = read_scenario(document), planned(document, 20)
    (question,) = questions(scenario, plan, Asked("p-1", "dose", 1), Wish.read("tue 16:00"))
    told = [fact for (fact, *_) in words(explain(question)) if "clinic" in fact]
    assert told == [
        "a dose must end 30 minutes before closing (R-19), and the clinic is open 08:00-18:30 "
        "on Tue 5 Jan"
    ]
