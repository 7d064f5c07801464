"""What a clinician sees of a session follows from what happened, whoever wrote it down when."""

import random
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pathways import library, timing
from pathways.safety.after_dose import drives_again, form_due
from scheduler.sessions.visit import Neighbour
from tests.scheduler.sessions.visits import (
    GOOD,
    WHOLE,
    Event,
    at,
    begun,
    corrected,
    event,
    finished,
    rules,
    shown,
    trd,
    unsatisfied,
    visit,
)

T0 = at("13:00")
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("systolic", "diastolic", "found"),
    [
        (140, 90, "pass"),
        (141, 80, "prescriber decides"),
        (130, 91, "prescriber decides"),
        (159, 99, "prescriber decides"),
        (160, 85, "hold"),
        (120, 100, "hold"),
        (180, 70, "stop"),
        (120, 110, "stop"),
    ],
)
def test_blood_pressure_before_the_dose_decides(systolic: int, diastolic: int, found: str) -> None:
    vitals = event("vitals", at("12:50"), **{**GOOD, "systolic": systolic, "diastolic": diastolic})
    now = shown([*begun(T0)[:2], vitals], at("12:55"))
    assert now.pressure.found == found
    assert now.may_give == (found == "pass")
    assert ("R-24" in rules(now)) == (found != "pass")


def test_a_better_reading_counts_after_a_quarter_of_an_hour_and_at_most_twice() -> None:
    def reading(clock: str, systolic: int) -> Event:
        return event("vitals", at(clock), **{**GOOD, "systolic": systolic})

    ready = [*begun(T0)[:2], reading("12:30", 150)]
    soon = shown([*ready, reading("12:40", 120)], at("12:41"))
    assert (soon.pressure.found, soon.pressure.repeat_from) == ("prescriber decides", at("12:45"))
    assert shown([*ready, reading("12:45", 120)], at("12:46")).may_give
    worse = [*ready, reading("12:31", 165), reading("12:46", 150), reading("13:01", 150)]
    spent = shown([*worse, reading("13:16", 120)], at("13:17")).pressure
    assert (spent.found, spent.repeats_left, spent.repeat_from) == ("prescriber decides", 0, None)


def test_after_a_stop_there_is_no_dose_that_day_whatever_is_measured_or_decided() -> None:
    events = [
        *begun(T0)[:2],
        event("vitals", at("12:30"), **{**GOOD, "systolic": 180}),
        event("vitals", at("12:50"), **GOOD),
        event("decision", at("12:51"), about="blood pressure", outcome="go ahead"),
    ]
    assert shown(events, at("12:52")).pressure.found == "stop"
    assert rules(shown(events, at("12:52"))) == ["R-24"]


def test_a_decision_holds_until_the_pressure_is_worse() -> None:
    events = [
        *begun(T0)[:2],
        event("vitals", at("12:50"), **{**GOOD, "systolic": 150}),
        event("decision", at("12:52"), about="blood pressure", outcome="go ahead"),
    ]
    assert shown(events, at("12:53")).may_give
    worse = [*events, event("vitals", at("12:54"), **{**GOOD, "systolic": 165})]
    assert rules(shown(worse, at("12:55"))) == ["R-24"]
    no = [*events, event("decision", at("12:56"), about="blood pressure", outcome="not today")]
    assert rules(shown(no, at("12:57"))) == ["R-24"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"new_illness": None}, "R-07"),
        ({"new_illness": True}, "R-07"),
        ({"fasting_kept": False}, "R-07"),
        ({"suicide_risk": True}, "R-43"),
        ({"ride": None}, "R-29"),
        ({"ride": {"kind": "self", "name": "Me"}}, "R-29"),
        ({"ride": {"kind": "rideshare", "name": "Some car"}}, "R-29"),
        ({"ride": {"kind": "adult", "name": " "}}, "R-29"),
    ],
)
def test_what_the_form_of_the_day_lacks_keeps_the_drug_away(
    changes: dict[str, object], rule: str
) -> None:
    arrived, _, vitals, _ = begun(T0)
    form = event("check-in", at("12:40"), **{**WHOLE, **changes})
    assert rules(shown([arrived, form, vitals], at("12:55"))) == [rule]


def test_an_answer_that_was_decided_on_lets_the_dose_begin_and_a_new_form_asks_again() -> None:
    arrived, _, vitals, _ = begun(T0)
    form = event("check-in", at("12:40"), **{**WHOLE, "new_illness": True, "suicide_risk": True})
    events = [
        *(arrived, form, vitals),
        event("decision", at("12:45"), about="check-in", outcome="go ahead"),
        event("decision", at("12:45"), about="suicide risk", outcome="go ahead"),
    ]
    assert shown(events, at("12:55")).may_give
    again = event("check-in", at("12:46"), **{**WHOLE, "new_medicines": True})
    assert rules(shown([*events, again], at("12:55"))) == ["R-07"]


def test_a_form_of_yesterday_is_no_form() -> None:
    arrived, _, vitals, _ = begun(T0)
    form = event("check-in", at("12:40") - timedelta(days=1), **WHOLE)
    assert rules(shown([arrived, form, vitals], at("12:55"))) == ["R-07"]


def test_vital_signs_before_the_dose_are_fresh_or_taken_again() -> None:
    events = begun(T0)[:3]  # taken at 12:50, good for half an hour
    assert shown(events, at("13:20")).may_give
    assert rules(shown(events, at("13:21"))) == ["R-23"]


def test_a_ride_that_was_confirmed_before_the_day_needs_no_second_word() -> None:
    arrived, _, vitals, _ = begun(T0)
    form = event("check-in", at("12:40"), **{**WHOLE, "ride": None})
    named = visit(ride=event("check-in", T0, **WHOLE).ride)  # type: ignore[union-attr]  # it is a form
    assert shown([arrived, form, vitals], at("12:55"), visit=named).may_give


def test_a_dose_that_would_run_into_closing_time_is_not_begun() -> None:
    # 10 + 120 + 15 minutes and half an hour to spare: 175 minutes before closing.
    closes = at("16:00")
    events = begun(T0)[:3]
    assert shown(events, at("13:05"), closes=closes).may_give
    assert rules(shown(events, at("13:06"), closes=closes)) == ["R-19"]
    aside = visit(closes=closes, set_aside=frozenset({"R-19"}))
    assert shown(events, at("13:06"), visit=aside).may_give


def test_two_hours_count_from_the_last_device() -> None:
    events = finished(T0, at("13:10"))
    found = shown(events, at("15:10"))
    assert found.drug is not None
    assert found.drug.leaves_from == at("15:10")
    assert found.may_leave
    early = shown(events, at("15:10") - timedelta(seconds=1))
    assert not early.may_leave
    assert [obstacle.rule for obstacle in early.to_leaving] == ["R-22"]


def test_screening_can_make_the_monitoring_longer() -> None:
    longer = visit(longer=timedelta(minutes=30))
    found = shown(finished(T0, at("13:10")), at("15:20"), visit=longer)
    assert found.drug is not None
    assert found.drug.leaves_from == at("15:40")
    assert "time" in unsatisfied(found)


def test_while_devices_are_left_the_drug_is_not_over() -> None:
    events = begun(T0)
    during = shown(events, at("13:05"))
    assert (during.stage.phase, during.stage.id) == ("dosing", "dosing")
    assert "time" in unsatisfied(shown(events, at("18:00")))
    over = shown([*events, event("drug ended", at("13:06"))], at("13:07"))
    assert (over.stage.phase, over.stage.id) == ("monitoring", "early-monitoring")
    assert over.stage.until == at("14:06")


@pytest.mark.parametrize(
    ("clock", "phase", "stage"),
    [
        ("13:10", "monitoring", "early-monitoring"),
        ("14:09", "monitoring", "early-monitoring"),
        ("14:10", "monitoring", "monitoring"),
        ("15:09", "monitoring", "monitoring"),
        ("15:10", "discharge", "discharge"),
    ],
)
def test_the_stages_follow_the_clock(clock: str, phase: str, stage: str) -> None:
    found = shown(finished(T0, at("13:10")), at(clock)).stage
    assert (found.phase, found.id) == (phase, stage)


def test_a_check_that_is_late_calls_the_nurse_and_then_the_charge_nurse() -> None:
    events = begun(T0, event("device", at("13:05"), number=2))

    def peak(clock: str) -> tuple[str, str]:
        check = next(c for c in shown(events, at(clock)).checks if c.id == "at-the-peak")
        return check.state, check.calls

    assert peak("13:29") == ("coming", "")
    assert peak("13:30") == ("due", "")
    assert peak("13:54") == ("due", "")
    assert peak("13:55") == ("overdue", "nurse")
    assert peak("14:00") == ("overdue", "charge nurse")
    late = [*events, event("vitals", at("13:51"), **GOOD)]
    check = next(c for c in shown(late, at("14:00")).checks if c.id == "at-the-peak")
    assert (check.state, check.done_at) == ("done late", at("13:51"))


def test_vital_signs_before_leaving_are_no_older_than_a_quarter_of_an_hour() -> None:
    events = finished(T0, at("13:10"))  # the last ones at 15:05
    assert shown(events, at("15:20")).may_leave
    assert unsatisfied(shown(events, at("15:21"))) == ["vitals:before-leaving"]


def test_an_infusion_has_a_row_of_checks_while_it_runs() -> None:
    protocol = library.load("iop-ketamine-iv-2x3", "2026.1")
    dose = protocol.doses[0].id
    events = [*begun(T0)[:3], event("given", T0), event("drug ended", T0 + 40 * MINUTE)]
    one = visit(protocol=protocol, activity=dose)
    found = shown(events, T0 + 20 * MINUTE, visit=one, protocol=protocol)
    due = [check.due - T0 for check in found.checks if check.id == "in-the-infusion"]
    assert due[:2] == [15 * MINUTE, 30 * MINUTE]
    ended = shown(events, T0 + 50 * MINUTE, visit=one, protocol=protocol)
    assert ended.drug is not None
    assert ended.drug.leaves_from == T0 + 100 * MINUTE
    after = [c.due - T0 for c in ended.checks if c.id == "after-the-infusion"]
    assert after == [70 * MINUTE]


@pytest.mark.parametrize(
    ("vitals", "ringing"),
    [
        ({}, []),
        ({"oxygen_saturation": 95}, []),
        ({"oxygen_saturation": 94}, [("oxygen saturation", "notify")]),
        ({"oxygen_saturation": 91}, [("oxygen saturation", "urgent")]),
        ({"heart_rate": 59}, [("heart rate", "notify")]),
        ({"heart_rate": 101}, [("heart rate", "notify")]),
        ({"systolic": 163}, []),
        ({"systolic": 164}, [("rise of systolic pressure", "notify")]),
        ({"diastolic": 103}, [("rise of diastolic pressure", "notify")]),
        ({"sedation": 3}, [("sedation", "urgent")]),
        ({"vomiting": True}, [("vomiting", "notify")]),
        ({"panic": False}, []),
    ],
)
def test_signs_beyond_their_lines_ring(
    vitals: dict[str, object], ringing: list[tuple[str, str]]
) -> None:
    later = event("vitals", at("13:40"), **{**GOOD, **vitals})
    found = shown([*begun(T0), later], at("13:41")).alarms
    assert [(alarm.sign, alarm.urgency) for alarm in found] == ringing


def test_an_alarm_rings_until_the_sign_is_good_and_a_new_value_rings_anew() -> None:
    low = event("vitals", at("13:40"), **{**GOOD, "oxygen_saturation": 90})
    seen = event("alarm acknowledged", at("13:41"), sign="oxygen saturation")
    events = [*begun(T0), low, seen]
    assert [alarm.acknowledged for alarm in shown(events, at("13:42")).alarms] == [True]
    again = event("vitals", at("13:45"), oxygen_saturation=91)
    assert [a.acknowledged for a in shown([*events, again], at("13:46")).alarms] == [False]
    good = event("vitals", at("13:50"), oxygen_saturation=97)
    assert shown([*events, again, good], at("13:51")).alarms == ()


def test_an_effect_that_has_passed_rings_no_more() -> None:
    sick = event("side effect", at("13:20"), effect="vomiting")
    assert [a.sign for a in shown([*begun(T0), sick], at("13:21")).alarms] == ["vomiting"]
    over = event("side effect", at("13:30"), effect="vomiting", passed=True)
    assert shown([*begun(T0), sick, over], at("13:31")).alarms == ()


@pytest.mark.parametrize(
    ("index", "data", "missing"),
    [
        (5, {**GOOD, "systolic": 150}, ["blood-pressure", "vitals:before-leaving"]),
        (6, {**GOOD, "systolic": 150}, ["blood-pressure"]),
        (6, {**GOOD, "systolic": 126}, ["blood-pressure"]),
        (6, {**GOOD, "sedation": 4}, ["alertness"]),
        (6, {**GOOD, "oxygen_saturation": 91}, ["oxygen"]),
        (6, {**GOOD, "dissociation": True}, ["dissociation"]),
    ],
)
def test_the_last_vital_signs_satisfy_the_discharge_list_or_say_why_not(
    index: int, data: dict[str, object], missing: list[str]
) -> None:
    events = finished(T0, at("13:10"))
    events[index] = event("vitals", events[index].at, **data)
    if index == 5:
        del events[6]
    assert unsatisfied(shown(events, at("15:10"))) == missing


@pytest.mark.parametrize(
    ("index", "missing"),
    [
        (7, ["walking", "nausea"]),
        (8, ["instructions"]),
        (9, ["ride"]),
    ],
)
def test_each_item_of_the_discharge_list_is_needed(index: int, missing: list[str]) -> None:
    events = finished(T0, at("13:10"))
    del events[index]
    found = shown(events, at("15:10"))
    assert unsatisfied(found) == missing
    assert not found.may_leave


def test_an_extension_and_a_late_start_move_the_end() -> None:
    events = finished(T0, at("13:10"))
    assert shown(events, at("14:00")).forecast.over_by == 0
    longer = shown([*events, event("extended", at("15:10"), steps=2)], at("15:10")).forecast
    assert (longer.ends, longer.over_by, longer.past_closing) == (at("15:55"), 30, False)
    closing = visit(closes=at("16:00"))
    assert shown(events, at("15:40"), visit=closing).forecast.past_closing


def test_whoever_comes_after_the_grace_is_late() -> None:
    assert not shown([event("arrived", at("12:45"))], at("12:46")).forecast.late
    assert shown([event("arrived", at("12:46"))], at("12:46")).forecast.late


def test_the_note_ends_on_the_next_morning_and_the_form_is_due_in_a_week() -> None:
    found = shown(begun(T0), T0)
    assert found.drives_again == at("06:00", date(2026, 3, 7))
    assert found.form_due == at("23:59", date(2026, 3, 13))  # by then the clocks have changed
    later = visit(resume_driving=8 * 60)
    assert shown(begun(T0), T0, visit=later).drives_again == at("08:00", date(2026, 3, 7))


ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe")]
)
CHANGES = st.sampled_from(
    [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4)]
)
AUTUMN = st.sampled_from([date(2026, 10, 25), date(2026, 11, 1)])


@given(CHANGES | AUTUMN, ZONES, st.booleans(), st.integers(0, 1439), st.integers(-1440, 1439))
def test_the_note_ends_at_the_clinics_hour_of_the_next_date_in_nights_of_clock_change(
    change: date, zone: ZoneInfo, full_day: bool, hour: int, minutes: int
) -> None:
    first = timing.instant(change, 0, zone) + minutes * MINUTE
    note = trd().no_driving.model_copy(update={"full_day": full_day})
    until = drives_again(note, first, hour=hour, zone=zone)
    day = first.astimezone(zone).date()
    assert until.astimezone(zone).date() > day
    if full_day:
        assert until - first >= timedelta(hours=24)
    else:
        clock = until.astimezone(zone)
        assert clock.date() == day + timedelta(days=1)
        assert clock.hour * 60 + clock.minute >= max(hour, note.wake_time)
    assert form_due(first, zone).astimezone(zone).date() == day + timedelta(days=7)


MINUTES = st.integers(0, 300)


@given(MINUTES, st.integers(0, 40), st.integers(-30, 60))
@example(0, 10, -1)  # all else is done: nothing but the time is missing
def test_nobody_is_dischargeable_before_the_monitoring_has_passed(
    start: int, device: int, off: int
) -> None:
    first = at("23:30", date(2026, 3, 7)) + start * MINUTE  # the clocks go forward in this night
    last = first + device * MINUTE
    leaves = last + timedelta(hours=2)
    events = finished(first, last)
    now = leaves + off * MINUTE
    found = shown(events, now, visit=visit(start=first - 30 * MINUTE))
    if found.may_leave:
        assert now - last >= timedelta(hours=2)
    assert found.may_leave == (0 <= off <= 10)  # then the last vital signs are too old


EXTRAS = [
    event("side effect", at("13:15"), effect="nausea"),
    event("vitals", at("13:40"), **{**GOOD, "systolic": 170}),
    event("vitals", at("13:40"), **{**GOOD, "systolic": 171}),
    event("alarm acknowledged", at("13:40"), sign="rise of systolic pressure"),
    event("extended", at("15:10"), steps=1),
    event("ride met", at("13:40"), name="Rowan Fictional"),
]


@given(st.randoms(use_true_random=False), MINUTES)
def test_it_does_not_matter_who_was_faster_to_write(shuffle: random.Random, minutes: int) -> None:
    events = [*finished(T0, at("13:10")), *EXTRAS]
    mixed = list(events)
    shuffle.shuffle(mixed)
    one, now = visit(), at("12:30") + minutes * MINUTE
    assert shown(mixed, now, visit=one) == shown(events, now, visit=one)


@given(st.data())
def test_a_correction_is_as_if_it_had_been_recorded_so(data: st.DataObject) -> None:
    events = [*finished(T0, at("13:10")), *EXTRAS]
    index = data.draw(st.integers(0, len(events) - 1))
    old = events[index]
    moved = old.at + data.draw(st.integers(-30, 30)) * MINUTE
    new = data.draw(st.sampled_from([None, old.model_copy(update={"at": moved})]))
    one, now = visit(), at("12:30") + data.draw(MINUTES) * MINUTE
    rewritten = [*events[:index], *([new] if new else []), *events[index + 1 :]]
    mended = [*events, corrected(old, at("18:00"), new)]
    assert shown(mended, now, visit=one) == shown(rewritten, now, visit=one)


def test_the_last_correction_of_an_event_counts() -> None:
    events = begun(T0)
    wrong, right = (events[3].model_copy(update={"at": at(clock)}) for clock in ("13:20", "13:05"))
    mended = [*events, corrected(events[3], at("13:30"), wrong)]
    mended.append(corrected(events[3], at("13:31"), right))
    found = shown(mended, at("13:40"))
    assert found.drug is not None
    assert found.drug.first == at("13:05")


def test_what_happens_later_has_not_happened_yet() -> None:
    events = finished(T0, at("13:10"))
    assert shown(events, at("12:00")).stage.phase == "expected"
    assert shown(events, at("12:35")).stage.phase == "arrived"
    assert shown(events, at("12:45")).stage.phase == "check-in"


def test_one_nurse_begins_with_two_patients_no_closer_than_the_protocol_lets_them() -> None:
    other = Neighbour("p-2-dose", at("12:45"), at("15:00"), dosed=True)
    near = visit(neighbours=(other,))
    events = begun(T0)[:3]
    assert len(shown(events, at("13:00"), visit=near).warnings) == 1
    assert shown(events, at("13:05"), visit=near).warnings == ()
    third = replace(other, code="p-3-dose", first_drug=at("12:20"))
    crowded = shown(events, at("13:10"), visit=visit(neighbours=(other, third))).warnings
    assert crowded == ("nurse-1 watches 3 patients in their first 60 minutes; 2 is most",)
