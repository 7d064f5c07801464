"""Whether what a plan says of an unplaced occurrence is true, every position of it tried."""

from typing import Any

import pytest

from scheduler.planning.verifying import verify
from tests.factories import (
    EVERY_DAY,
    Document,
    clinic,
    dose,
    group,
    location,
    pathway,
    patient,
    practitioner,
    scenario,
    series,
    session,
    table,
)
from tests.scheduler.planning.verifying.judging import (
    Placed,
    completed,
    placed,
    unplaced,
    with_booked,
)

DAYS = table("09:00-12:00")
THERAPIST = {"role": "therapist"}
VIDEO = [{"location": "virtual"}]


def words(document: Document, entry: Document, *wanted: Placed, **keys: Any) -> list[str]:
    """What is untrue about one entry; the others' reasons are left aside."""
    _, plan = completed(document, *wanted, **keys)
    key = (entry["patient"], entry["activity"], entry["occurrence"])
    left = [
        entry if (e.patient, e.activity, e.occurrence) == key else e.model_dump()
        for e in plan.unplaced
    ]
    assert entry in left, "the occurrence is not asked for"
    found = verify(*completed(document, *wanted, **{**keys, "unplaced": left}), reasons=True)
    assert {fault.rule for fault in found.faults} <= {"reasons"}
    name = f"({'/'.join(str(part) for part in key)})"
    return [fault.words for fault in found.faults if fault.place.endswith(name)]


def is_true(document: Document, *wanted: Placed, said: Document, **keys: Any) -> bool:
    return words(document, said, *wanted, **keys) == []


def visit(**keys: Any) -> Document:
    """A scenario of one visit of an hour, mornings of weekdays."""
    own = (
        "available",
        "unavailable",
        "rides",
        "clearances",
        "authorizations",
        "history",
        "settled",
    )
    mine = {name: keys.pop(name) for name in own if name in keys}
    top = {name: keys.pop(name) for name in ("now", "booked") if name in keys}
    activity = {name: keys.pop(name) for name in SESSION_KEYS if name in keys}
    keys = {"hours": DAYS, "groups": []} | keys
    return scenario(
        clinic=clinic(**keys),
        pathways=[pathway(session("visit", **activity))],
        patients=[patient(**mine)],
        **top,
    )


PATIENT_KEYS = (
    *("available", "unavailable", "rides", "clearances", "authorizations"),
    *("history", "settled"),
)
SESSION_KEYS = (
    *("needs", "minutes", "stages", "schedule", "min_days_between", "max_in_days"),
    *("no_driving", "rest_of_day", "needs_clearance", "needs_authorization", "preceded_by"),
)
LONG = [{"id": "all", "minutes": 60, "monitor_ratio": 2, "prescriber_on_site": True}]
EVERY_DATE = [{"date": f"2027-01-{day:02d}", "reason": ""} for day in range(4, 11)]

REASONS: dict[str, tuple[Document, tuple[str, ...]]] = {
    "never open": (visit(hours={}), ("hours",)),
    "never available": (visit(available={}), ("availability",)),
    "available when closed": (visit(available=table("13:00-15:00")), ("availability",)),
    "away all week": (
        visit(unavailable=[{"from": "2027-01-01", "to": "2027-02-01"}]),
        ("availability",),
    ),
    "closed all week": (visit(closures=EVERY_DATE), ("closure",)),
    "no office": (visit(locations=[location("video", "virtual")]), ("location",)),
    "office busy": (
        visit(
            locations=[
                location("office", busy=[{"start": "2027-01-01T00:00", "end": "2027-02-01T00:00"}])
            ]
        ),
        ("location",),
    ),
    "nobody of the role": (
        visit(needs=[{"role": "therapist"}], practitioners=[]),
        ("practitioner",),
    ),
    "nobody with the skill": (
        visit(needs=[{"role": "therapist", "skill": "x"}]),
        ("practitioner",),
    ),
    "no monitor": (
        visit(minutes=None, stages=LONG, practitioners=[practitioner("doctor", "prescriber")]),
        ("monitor",),
    ),
    "no prescriber": (
        visit(minutes=None, stages=LONG, practitioners=[practitioner("nurse", "monitor")]),
        ("prescriber",),
    ),
    "nobody at all": (
        visit(minutes=None, stages=LONG, practitioners=[]),
        ("monitor", "prescriber"),
    ),
    "no ride": (visit(no_driving=True, rides={"mon": ["14:00-15:00"]}), ("ride",)),
    "no clearance": (visit(needs_clearance=["heart"]), ("clearance",)),
    "no authorization": (visit(needs_authorization="care"), ("authorization",)),
    "all in the past": (visit(now="2027-02-01T00:00:00-05:00"), ("past",)),
    "earlier enrolment": (
        visit(
            min_days_between=9,
            history=[
                {
                    "activity": "visit",
                    "start": "2027-01-03T09:00:00-05:00",
                    "end": "2027-01-03T10:00:00-05:00",
                }
            ],
        ),
        ("spacing",),
    ),
}


@pytest.mark.parametrize(("document", "rules"), REASONS.values(), ids=REASONS)
def test_a_true_reason_is_believed(document: Document, rules: tuple[str, ...]) -> None:
    assert is_true(document, said=unplaced("visit", 1, *rules))


@pytest.mark.parametrize(("document", "rules"), REASONS.values(), ids=REASONS)
def test_another_reason_is_not_believed(document: Document, rules: tuple[str, ...]) -> None:
    assert not is_true(document, said=unplaced("visit", 1, "capacity"))
    assert not is_true(document, said=unplaced("visit", 1, *rules, "capacity"))


def test_what_can_be_placed_has_no_reason() -> None:
    (says,) = words(visit(), unplaced("visit", 1, "location"))
    assert says == "can be placed at 2027-01-04 09:00"


def test_a_reason_that_would_be_true_is_told() -> None:
    (says,) = words(visit(hours={}), unplaced("visit", 1, "location"))
    assert says.startswith("no placement breaks only location; ")
    assert says.endswith("it would break hours")


def test_more_than_is_in_the_way_is_not_true() -> None:
    (says,) = words(visit(hours={}), unplaced("visit", 1, "hours", "location"))
    assert says.endswith("it would break hours")


def test_each_smallest_set_of_rules_is_true() -> None:
    """Closed in the morning, unavailable in the afternoon: either would have to give way."""
    document = visit(available=table("13:00-15:00"))
    document["clinic"]["hours"] = table("09:00-12:00")
    for rule in ("hours", "availability"):
        assert is_true(document, said=unplaced("visit", 1, rule))
    assert not is_true(document, said=unplaced("visit", 1, "hours", "availability"))


def test_two_rules_that_always_come_together_are_named_together() -> None:
    document = visit(hours={}, available={})
    assert is_true(document, said=unplaced("visit", 1, "availability", "hours"))
    assert not is_true(document, said=unplaced("visit", 1, "availability"))


def test_an_appointment_of_the_patients_own_is_spacing() -> None:
    document = visit(hours={"mon": ["09:00-10:00"]})
    document["pathways"][0]["activities"].append(session("call", needs=VIDEO))
    call = placed("call", "mon 09:00")
    assert is_true(document, call, said=unplaced("visit", 1, "spacing"))


def with_more(*activities: Document, hours: Document, **keys: Any) -> Document:
    """Visits, these activities, and a clinic with these hours."""
    document = visit(hours=hours, **keys)
    document["pathways"][0]["activities"] += activities
    return document


MORNING = {"mon": ["09:00-12:00"]}


def test_the_rest_of_somebody_elses_day_is_spacing() -> None:
    call = session("call", needs=VIDEO, rest_of_day=True)
    document = with_more(call, hours=MORNING)
    assert is_true(document, placed("call", "mon 09:00"), said=unplaced("visit", 1, "spacing"))
    assert not is_true(document, placed("call", "mon 10:00"), said=unplaced("visit", 1, "spacing"))


def test_the_gap_before_something_else_is_spacing() -> None:
    call = session("call", needs=VIDEO, gap_before=90)
    document = with_more(call, hours=MORNING)
    assert is_true(document, placed("call", "mon 11:00"), said=unplaced("visit", 1, "spacing"))


def test_what_another_activity_keeps_apart_is_spacing() -> None:
    call = session("call", needs=VIDEO, spaced_with="visit", min_days_between=2)
    document = with_more(call, hours=MORNING)
    assert is_true(document, placed("call", "mon 11:00"), said=unplaced("visit", 1, "spacing"))
    window = {"max_in_days": {"days": 7, "count": 1}, "min_days_between": None}
    document["pathways"][0]["activities"][1].update(window)
    del document["pathways"][0]["activities"][1]["min_days_between"]
    assert is_true(document, placed("call", "mon 11:00"), said=unplaced("visit", 1, "spacing"))


def test_what_waits_for_it_is_order() -> None:
    first = [{"activity": "visit", "occurrence": 1}]
    call = session("call", needs=VIDEO, preceded_by=first)
    document = with_more(call, hours=MORNING)
    early = placed("call", "mon 09:00")
    locked = with_booked(document, early)
    assert is_true(locked, early, said=unplaced("visit", 1, "order", "spacing")) is False
    late = placed("call", "mon 11:00")
    assert words(with_booked(document, late), unplaced("visit", 1, "order"), late) == [
        "can be placed at 2027-01-04 09:00"
    ]
    assert is_true(locked, early, said=unplaced("visit", 1, "order"))


def test_what_has_to_come_first_and_is_missed_is_order() -> None:
    missed = [{"activity": "call", "occurrence": 1, "outcome": "missed"}]
    first = [{"activity": "call", "occurrence": 1}]
    document = with_more(session("call"), hours=MORNING, preceded_by=first, settled=missed)
    assert is_true(document, said=unplaced("visit", 1, "order"))


def test_descending_numbers_are_order() -> None:
    twice = [{"weeks": "1-1", "per_week": 2}]
    document = visit(schedule=twice, hours=MORNING)
    first_at_noon = placed("visit", "mon 11:00", 1)
    assert is_true(document, first_at_noon, said=unplaced("visit", 2, "order"))


def lagged(most: str = "PT4H", **keys: Any) -> Document:
    """A talk two hours or more after a visit, four at most unless a test says otherwise."""
    lag = {"min": "PT2H", "ideal": "PT2H", "max": most}
    talk = session("talk", schedule=None, after={"activity": "visit", "lag": lag}, needs=VIDEO)
    return with_more(talk, **keys)


def test_what_comes_after_is_tried_until_three_days_past_its_lag() -> None:
    first = placed("visit", "mon 09:00")
    for day, rule in (("mon", None), ("thu", "lag")):
        hours = {"mon": ["09:00-10:00"], day: ["09:00-13:00"]}
        told = words(lagged(hours=hours), unplaced("talk", 1, "lag"), first)
        assert (told == []) is (rule == "lag")
    friday = {"mon": ["09:00-10:00"], "fri": ["09:00-13:00"]}
    assert not is_true(lagged(hours=friday), first, said=unplaced("talk", 1, "lag", "hours"))
    assert not is_true(lagged(hours=friday), first, said=unplaced("talk", 1, "lag"))
    assert is_true(lagged(hours=friday), first, said=unplaced("talk", 1, "hours"))


def test_a_longer_lag_is_tried_until_three_days_past_it() -> None:
    first = placed("visit", "mon 09:00")
    for day, truth in (("sat", True), ("sun", False)):
        document = lagged(most="P2D", hours={"mon": ["09:00-10:00"], day: ["09:00-12:00"]})
        assert is_true(document, first, said=unplaced("talk", 1, "lag")) is truth


def test_what_comes_after_is_tried_from_its_anchors_date() -> None:
    late = placed("visit", "mon 11:00")
    hours = {"mon": ["09:00-12:00"]}
    assert is_true(lagged(hours=hours), late, said=unplaced("talk", 1, "lag"))


def test_a_lag_that_has_passed_is_past() -> None:
    first = placed("visit", "mon 09:00")
    document = lagged(hours=table("09:00-18:00"), now="2027-01-04T15:00:00-05:00")
    locked = with_booked(document, first)
    assert is_true(locked, first, said=unplaced("talk", 1, "past"))
    assert is_true(locked, first, said=unplaced("talk", 1, "lag"))


def test_a_lag_that_has_passed_is_past_whatever_else_is_in_the_way() -> None:
    first = placed("visit", "mon 09:00")
    document = lagged(hours={"mon": ["09:00-10:00"]}, now="2027-01-04T15:00:00-05:00")
    assert is_true(with_booked(document, first), first, said=unplaced("talk", 1, "past"))
    document["now"] = "2027-01-04T14:00:00-05:00"
    assert not is_true(with_booked(document, first), first, said=unplaced("talk", 1, "past"))


def test_the_last_start_of_a_lag_may_be_now() -> None:
    first = placed("visit", "mon 09:00")
    only = lagged(most="PT2H", hours={"mon": ["09:00-10:00"]}, now="2027-01-04T12:00:00-05:00")
    assert not is_true(with_booked(only, first), first, said=unplaced("talk", 1, "past"))


def test_nothing_is_past_where_no_now_is_told() -> None:
    assert not is_true(visit(hours={}), said=unplaced("visit", 1, "past"))


def test_a_week_that_has_passed_is_past_whatever_else_is_in_the_way() -> None:
    document = visit(hours={}, now="2027-01-11T00:00:00-05:00")
    assert is_true(document, said=unplaced("visit", 1, "past"))
    assert is_true(document, said=unplaced("visit", 1, "past", "hours"))
    always = table("00:00-24:00", days=EVERY_DAY)
    still = visit(hours={}, available=always, now="2027-01-10T23:00:00-05:00")
    assert not is_true(still, said=unplaced("visit", 1, "past"))
    assert is_true(still, said=unplaced("visit", 1, "hours"))


def test_an_anchor_that_a_locked_follower_would_miss_is_lag() -> None:
    talk = placed("talk", "fri 09:00")
    document = with_booked(lagged(hours=table("09:00-12:00", days=("mon", "fri"))), talk)
    assert is_true(document, talk, said=unplaced("visit", 1, "lag"))
    near = placed("talk", "mon 13:00")
    document = with_booked(lagged(hours={"mon": ["09:00-14:00"]}), near)
    assert words(document, unplaced("visit", 1, "lag"), near) == [
        "can be placed at 2027-01-04 09:00"
    ]


def test_an_appointment_follows_its_own_anchor_and_no_other() -> None:
    talk = placed("talk", "fri 09:00")
    document = lagged(hours=table("09:00-12:00", days=("mon", "fri")))
    document["pathways"][0]["activities"].append(session("call", needs=VIDEO))
    locked = with_booked(document, talk)
    assert words(locked, unplaced("call", 1, "lag"), talk) == ["can be placed at 2027-01-04 09:00"]


def couple(bens: Document) -> Document:
    """A joint session that is locked on Wednesday at ten, at least an hour after both visits."""
    lag = {"min": "PT1H", "ideal": "PT1H", "max": "PT72H"}
    after = {"activity": "visit", "lag": lag}
    joint = session("joint", schedule=None, after=after, with_partner=True)
    hours = {"mon": ["09:00-10:00"], "wed": ["09:00-12:00"]}
    document = scenario(
        clinic=clinic(hours=hours, groups=[]),
        pathways=[pathway(session("visit", needs=VIDEO), joint)],
        patients=[patient(partner="ben"), patient("ben", partner="ada", available=bens)],
    )
    return with_booked(document, JOINT)


JOINT = placed("joint", "wed 10:00", who=("ada", "ben"))
MONDAYS, WEDNESDAYS = {"mon": ["09:00-10:00"]}, {"wed": ["09:00-12:00"]}


@pytest.mark.parametrize(
    ("adas", "bens", "truth"),
    [
        (["mon 09:00"], MONDAYS | WEDNESDAYS, False),
        (["mon 09:00"], WEDNESDAYS, True),
        (["wed 09:00"], MONDAYS | WEDNESDAYS, True),
        ([], MONDAYS | WEDNESDAYS, False),
    ],
)
def test_a_locked_session_of_a_couple_follows_the_later_anchor(
    adas: list[str], bens: Document, truth: bool
) -> None:
    document = couple(bens)
    wanted = [placed("visit", start) for start in adas]
    said = unplaced("visit", 1, "lag", patient="ben")
    assert is_true(document, *wanted, JOINT, said=said) is truth


def busy_clinic(*needs: Document, people: list[Document], **keys: Any) -> Document:
    """Ada's visit, and Ben's at the only hour of the week."""
    document = visit(
        needs=list(needs), practitioners=people, hours={"mon": ["09:00-10:00"]}, **keys
    )
    document["patients"].append(patient("ben"))
    return document


BEN = placed("visit", "mon 09:00", who=("ben",))


def test_a_location_that_is_taken_is_location() -> None:
    document = busy_clinic({"location": "office"}, people=[])
    assert is_true(document, BEN, said=unplaced("visit", 1, "location"))


def test_a_turnover_is_location() -> None:
    document = busy_clinic({"location": "office"}, people=[])
    document["clinic"]["hours"] = {"mon": ["09:00-11:00"]}
    document["clinic"]["locations"] = [location("office", turnover=30)]
    assert is_true(document, BEN, said=unplaced("visit", 1, "location"))


def test_a_person_who_is_taken_is_practitioner() -> None:
    document = busy_clinic({"role": "monitor"}, people=[practitioner("nurse", "monitor")])
    assert is_true(document, BEN, said=unplaced("visit", 1, "practitioner"))


def test_somebody_free_is_no_reason() -> None:
    people = [practitioner("nurse", "monitor"), practitioner("second", "monitor")]
    document = busy_clinic({"role": "monitor"}, people=people)
    assert not is_true(document, BEN, said=unplaced("visit", 1, "practitioner"))


def test_two_needs_and_one_person_is_practitioner() -> None:
    needs = [{"role": "monitor"}, {"role": "monitor"}]
    one, two = practitioner("nurse", "monitor"), practitioner("second", "monitor")
    assert is_true(
        visit(needs=needs, practitioners=[one]), said=unplaced("visit", 1, "practitioner")
    )
    assert words(visit(needs=needs, practitioners=[one, two]), unplaced("visit", 1)) == [
        "can be placed at 2027-01-04 09:00"
    ]


def test_one_person_cannot_be_needed_and_monitor_and_either_is_to_blame() -> None:
    stages = [{"id": "all", "minutes": 60, "monitor_ratio": 1}]
    keys = {"needs": [{"role": "monitor"}], "minutes": None, "stages": stages}
    document = visit(practitioners=[practitioner("nurse", "monitor")], **keys)
    for rule in ("practitioner", "monitor"):
        assert is_true(document, said=unplaced("visit", 1, rule))
    assert not is_true(document, said=unplaced("visit", 1, "practitioner", "monitor"))
    nobody = visit(practitioners=[], **keys)
    assert is_true(nobody, said=unplaced("visit", 1, "practitioner", "monitor"))
    assert not is_true(nobody, said=unplaced("visit", 1, "practitioner"))


def test_a_stage_without_a_ratio_needs_no_monitor() -> None:
    stages = [{"id": "all", "minutes": 60}]
    document = visit(minutes=None, stages=stages, practitioners=[])
    assert words(document, unplaced("visit", 1)) == ["can be placed at 2027-01-04 09:00"]


def test_a_monitor_without_attention_left_is_monitor() -> None:
    stages = [{"id": "all", "minutes": 60, "monitor_ratio": 1}]
    people = [practitioner("nurse", "monitor")]
    document = busy_clinic(people=people, minutes=None, stages=stages)
    assert is_true(document, BEN, said=unplaced("visit", 1, "monitor"))


def test_what_asks_for_less_attention_finds_it_where_more_does_not() -> None:
    """Ben's visit takes half of the nurse at the only hour of the week."""
    hour = {"minutes": None, "schedule": [{"weeks": "1-1", "per_week": 1}]}
    document = busy_clinic(people=[practitioner("nurse", "monitor")])
    document["pathways"][0]["activities"] = [
        session(name, stages=[{"id": "all", "minutes": 60, "monitor_ratio": ratio}], **hour)
        for name, ratio in (("visit", 2), ("close", 1), ("loose", 2))
    ]
    for activity in document["pathways"][0]["activities"]:
        activity["needs"] = []
    said = [unplaced(name, 1, "monitor") for name in ("visit", "close", "loose")]
    left = [*said, *(unplaced(name, 1, patient="ben") for name in ("close", "loose"))]
    answer = completed(document, BEN, unplaced=left)
    places = [fault.place for fault in verify(*answer, reasons=True).faults]
    assert places[:2] == ["unplaced[0] (ada/visit/1)", "unplaced[2] (ada/loose/1)"]


def test_the_person_a_family_requires_is_practitioner() -> None:
    need = [{"role": "therapist", "same_person": "required"}]
    people = [
        practitioner("therapist", "therapist", hours={"tue": ["09:00-10:00"]}),
        practitioner("second", "therapist", hours={"mon": ["09:00-10:00"]}),
    ]
    twice = [{"weeks": "1-1", "per_week": 2}]
    document = visit(needs=need, practitioners=people, schedule=twice)
    first = placed("visit", "mon 09:00", 1, practitioners=["second"])
    assert is_true(document, first, said=unplaced("visit", 2, "practitioner"))
    kind = visit(needs=need, practitioners=[practitioner("second", "therapist")], schedule=twice)
    assert words(kind, unplaced("visit", 2), first) == ["can be placed at 2027-01-04 10:00"]
    nobody = placed("visit", "mon 09:00", 1, practitioners=[])
    assert words(with_booked(kind, nobody), unplaced("visit", 2), nobody) == [
        "can be placed at 2027-01-04 10:00"
    ]
    free = visit(needs=[{"role": "therapist"}], practitioners=people, schedule=twice)
    assert not is_true(free, first, said=unplaced("visit", 2, "practitioner"))


def test_a_family_that_locked_visits_have_split_has_no_person_left() -> None:
    need = [{"role": "therapist", "same_person": "required"}]
    people = [practitioner("therapist", "therapist"), practitioner("second", "therapist")]
    thrice = [{"weeks": "1-1", "per_week": 3}]
    document = visit(needs=need, practitioners=people, schedule=thrice)
    first = placed("visit", "mon 09:00", 1, practitioners=["second"])
    second = placed("visit", "tue 09:00", 2, practitioners=["therapist"])
    locked = with_booked(document, first, second)
    assert is_true(locked, first, second, said=unplaced("visit", 3, "practitioner"))


def test_a_partner_who_cannot_drive_either_is_partner() -> None:
    document = scenario(
        clinic=clinic(hours={"mon": ["09:00-17:00"]}, groups=[]),
        pathways=[pathway(dose(schedule=[{"weeks": "1-1", "per_week": 1}]))],
        patients=[patient(partner="ben"), patient("ben", partner="ada")],
    )
    of_ben = placed("dose", "mon 09:00", who=("ben",))
    assert is_true(document, of_ben, said=unplaced("dose", 1, "partner"))


def test_what_partners_share_is_not_judged() -> None:
    joint = session("joint", with_partner=True)
    document = scenario(
        pathways=[pathway(joint)], patients=[patient(partner="ben"), patient("ben", partner="ada")]
    )
    assert is_true(document, said=unplaced("joint", 1, "ride"))


def test_a_session_longer_than_any_day_has_no_placement_to_speak_of() -> None:
    assert is_true(visit(minutes=26 * 60), said=unplaced("visit", 1, "hours"))


def grouped(**keys: Any) -> Document:
    return scenario(
        clinic=clinic(groups=[series(capacity=1)]),
        pathways=[pathway(group(needs_authorization="care"), session("visit"))],
        patients=[patient(authorizations=[CARE], **keys), patient("ben", authorizations=[CARE])],
    )


CARE = {"service": "care", "units": 9, "from": "2027-01-01", "to": "2027-02-01"}
JOINED = {"activity": "group", "series": "mornings"}
ADAS = [{"patient": "ada", **JOINED}]


def test_a_patient_in_no_series_has_one_reason() -> None:
    assert is_true(grouped(), said=unplaced("group", 0, "group"))
    assert not is_true(grouped(), said=unplaced("group", 0, "capacity"))
    assert not is_true(grouped(), said=unplaced("group", 0, "capacity", "group"))


def test_an_unplaced_meeting_has_the_reasons_of_its_one_position() -> None:
    away = grouped(unavailable=[{"from": "2027-01-04", "to": "2027-01-04"}])
    assert is_true(away, said=unplaced("group", 1, "availability"), groups=ADAS)
    assert not is_true(away, said=unplaced("group", 1, "spacing"), groups=ADAS)
    date_key = grouped(available=table("08:00-18:00") | {"2027-01-04": []})
    assert is_true(date_key, said=unplaced("group", 1, "availability"), groups=ADAS)


def test_an_unplaced_meeting_without_an_obstacle_can_be_placed() -> None:
    assert words(grouped(), unplaced("group", 1, "group"), groups=ADAS) == [
        "can be placed at 2027-01-04 09:00"
    ]


def test_an_unplaced_meeting_that_meets_another_appointment_is_spacing() -> None:
    other = placed("visit", "mon 09:00")
    assert is_true(grouped(), other, said=unplaced("group", 1, "spacing"), groups=ADAS)


def test_an_unplaced_meeting_that_is_full_is_capacity() -> None:
    of_ben = placed("group", "mon 09:00", who=("ben",))
    both = [*ADAS, {"patient": "ben", **JOINED}]
    assert is_true(grouped(), of_ben, said=unplaced("group", 1, "capacity"), groups=both)
    told = words(grouped(), unplaced("group", 2, "capacity"), of_ben, groups=both)
    assert told == ["can be placed at 2027-01-06 09:00"]


def test_an_unplaced_meeting_without_a_unit_is_authorization() -> None:
    document = grouped()
    document["patients"][0]["authorizations"] = [CARE | {"units": 1}]
    first = placed("group", "mon 09:00", 1)
    assert is_true(document, first, said=unplaced("group", 2, "authorization"), groups=ADAS)


def test_true_reasons_of_a_meeting_name_all_that_is_in_the_way() -> None:
    away = grouped(unavailable=[{"from": "2027-01-04", "to": "2027-01-04"}])
    away["patients"][0]["authorizations"] = []
    said = unplaced("group", 1, "authorization", "availability")
    assert is_true(away, said=said, groups=ADAS)
    (says,) = words(away, unplaced("group", 1, "availability"), groups=ADAS)
    assert says == "at 2027-01-04 09:00 it would break authorization and availability"


def test_on_a_night_with_two_equal_times_the_first_is_tried() -> None:
    night = {"sun": ["01:00-03:00"]}
    document = visit(hours=night, available=night, timezone="America/New_York")
    document["patients"][0]["start"] = "2027-11-01"
    assert words(document, unplaced("visit", 1)) == ["can be placed at 2027-11-07 01:00"]


def test_of_what_is_not_unplaced_no_reason_is_judged() -> None:
    twice = [unplaced("visit", 1, "ride"), unplaced("visit", 2, "ride")]
    first = placed("visit", "mon 09:00")
    found = verify(*completed(visit(), first, unplaced=twice), reasons=True)
    assert {fault.rule for fault in found.faults} == {"unplaced"}
