"""Sessions that partners share: planned once, with rules for each of the two."""

from typing import Any

import pytest

from tests.factories import Document, clinic, pathway, patient, scenario, session, table
from tests.scheduler.planning.verifying.judging import (
    broken,
    placed,
    unplaced,
    verdict,
)

LAG = {"min": "PT1H", "ideal": "PT24H", "max": "PT72H"}
BOTH = ("ada", "ben")
VIDEO = [{"location": "virtual"}]


def couple(
    shared: Document, *, ada: Document | None = None, ben: Document | None = None
) -> Document:
    """Ada and Ben on one pathway of visits of their own and of what they share."""
    visit = session("visit", needs=VIDEO, schedule=[{"weeks": "1-2", "per_week": 1}])
    return scenario(
        clinic=clinic(groups=[]),
        pathways=[pathway(visit, shared, weeks=2)],
        patients=[
            patient(partner="ben", **(ada or {})),
            patient("ben", partner="ada", **(ben or {})),
        ],
    )


def joint(**keys: Any) -> Document:
    return session("joint", with_partner=True, **keys)


def following(**keys: Any) -> Document:
    """A joint session after each pair of visits."""
    return joint(schedule=None, after={"activity": "visit", "lag": LAG}, **keys)


ADA = placed("visit", "mon 09:00")
BEN = placed("visit", "tue 09:00", who=("ben",))
JOINT = placed("joint", "wed 10:00", who=BOTH)


def test_a_joint_session_is_one_appointment_of_both() -> None:
    document = couple(joint())
    assert broken(document, JOINT) == set()
    assert broken(document, placed("joint", "wed 10:00")) == {"occurrence"}
    assert broken(document, placed("joint", "wed 10:00", who=("ben",))) == {"occurrence"}
    assert broken(document, placed("visit", "wed 10:00", who=BOTH)) == {"occurrence"}


def test_the_two_stand_in_any_order() -> None:
    assert broken(couple(joint()), placed("joint", "wed 10:00", who=("ben", "ada"))) == set()


def test_an_unplaced_joint_session_stands_under_its_owner_alone() -> None:
    visits = [unplaced("visit", n, patient=p) for n in (1, 2) for p in BOTH]
    document = couple(joint())
    assert broken(document, unplaced=[*visits, unplaced("joint", 1)]) == set()
    under_ben = unplaced("joint", 1, patient="ben")
    assert broken(document, unplaced=[*visits, under_ben]) == {"unplaced"}
    assert broken(document, unplaced=[*visits, unplaced("joint", 1), under_ben]) == {"unplaced"}


def test_a_joint_session_is_asked_for_where_both_have_the_anchor() -> None:
    assert broken(couple(following()), ADA, BEN, JOINT) == set()
    assert broken(couple(following()), ADA, JOINT) == {"occurrence"}
    assert broken(couple(following()), BEN, JOINT) == {"occurrence"}
    second = placed("visit", "mon 09:00", 2, who=("ben",), week=2)
    assert broken(couple(following()), ADA, second, JOINT) == {"occurrence"}


@pytest.mark.parametrize(
    ("start", "rules"),
    [("tue 11:00", set()), ("tue 10:30", {"lag"}), ("fri 10:00", set()), ("fri 10:30", {"lag"})],
)
def test_a_joint_session_counts_from_the_later_anchor(start: str, rules: set[str]) -> None:
    at = placed("joint", start, who=BOTH)
    assert broken(couple(following()), ADA, BEN, at) == rules
    ada_later = placed("visit", "tue 09:00")
    ben_earlier = placed("visit", "mon 09:00", who=("ben",))
    assert broken(couple(following()), ada_later, ben_earlier, at) == rules


def test_the_owners_weeks_count() -> None:
    document = couple(joint(), ada={"start": "2027-01-06"})
    assert broken(document, JOINT) == set()
    assert broken(document, placed("joint", "tue 10:00", who=BOTH, week=2)) == set()
    assert broken(document, placed("joint", "tue 10:00", who=BOTH)) == {"weeks"}


def test_nobody_without_a_partner_is_asked() -> None:
    document = couple(joint())
    for one in document["patients"]:
        del one["partner"]
    assert broken(document) == set()
    assert broken(document, JOINT) == {"occurrence"}


def two_pathways(mine: Document, theirs: Document | None) -> Document:
    """Ada on a pathway with one joint session, Ben on another."""
    document = couple(mine)
    document["pathways"].append(pathway(*([theirs] if theirs else []), id="other"))
    document["patients"][1]["pathway"] = "other"
    return document


def test_both_pathways_have_the_same_of_it() -> None:
    assert broken(two_pathways(joint(), joint()), JOINT) == set()
    assert broken(two_pathways(joint(), joint(gap_before=30)), JOINT) == {"occurrence"}
    assert broken(two_pathways(joint(), session("visit")), JOINT) == {"activity"}
    assert broken(two_pathways(joint(), session("visit"))) == set()


@pytest.mark.parametrize("who", ["ada", "ben"])
def test_either_partner_settles_it(who: str) -> None:
    settled = {"settled": [{"activity": "joint", "occurrence": 1, "outcome": "waived"}]}
    document = couple(joint(), **{who: settled})
    assert broken(document) == set()
    assert broken(document, JOINT) == {"occurrence"}


@pytest.mark.parametrize("who", ["ada", "ben"])
def test_its_rules_hold_for_each_of_the_two(who: str) -> None:
    away = {"unavailable": [{"from": "2027-01-06", "to": "2027-01-06"}]}
    assert broken(couple(joint(), **{who: away}), JOINT) == {"unavailable"}
    busy = {"available": table("12:00-18:00")}
    assert broken(couple(joint(), **{who: busy}), JOINT) == {"availability"}
    assert broken(couple(joint(no_driving=True), **{who: {"rides": {}}}), JOINT) == {"ride"}
    visit = placed("visit", "wed 10:30", who=(who,))
    assert broken(couple(joint()), visit, JOINT) == {"overlap"}
    early = placed("visit", "wed 09:00", who=(who,))
    assert broken(couple(joint(gap_before=30)), early, JOINT) == {"gap_before"}
    late = placed("visit", "wed 11:00", who=(who,))
    assert broken(couple(joint(rest_of_day=True)), late, JOINT) == {"rest_of_day"}
    first = [{"activity": "visit", "occurrence": 1}]
    other = "ben" if who == "ada" else "ada"
    only = placed("visit", "mon 09:00", who=(other,))
    assert broken(couple(joint(preceded_by=first)), only, JOINT) == {"preceded_by"}


def test_each_of_the_two_needs_clearance_and_a_unit() -> None:
    heart = {"clearances": [{"kind": "heart", "from": "2027-01-01", "to": "2027-02-01"}]}
    cleared = joint(needs_clearance=["heart"])
    assert broken(couple(cleared, ada=heart, ben=heart), JOINT) == set()
    assert broken(couple(cleared, ada=heart), JOINT) == {"clearance"}
    one = {"service": "care", "units": 1, "from": "2027-01-01", "to": "2027-02-01"}
    paid = {"authorizations": [one]}
    billed = joint(needs_authorization="care")
    assert broken(couple(billed, ada=paid, ben=paid), JOINT) == set()
    assert broken(couple(billed, ada=paid), JOINT) == {"authorization"}


def test_a_joint_session_without_driving_is_one_and_not_two() -> None:
    document = couple(joint(no_driving=True))
    document["pathways"][0]["activities"][0]["no_driving"] = True
    assert broken(document, JOINT) == set()
    beside = placed("visit", "wed 14:00", who=("ben",))
    assert broken(document, JOINT, beside) == {"partner"}


def test_what_comes_after_a_joint_session_is_asked_of_each() -> None:
    document = couple(joint())
    talk = session("talk", schedule=None, after={"activity": "joint", "lag": LAG}, needs=VIDEO)
    document["pathways"][0]["activities"].append(talk)
    of_ada, of_ben = (placed("talk", "thu 10:00", who=(who,)) for who in BOTH)
    assert broken(document, JOINT, of_ada, of_ben) == set()
    assert broken(document, of_ada) == {"occurrence"}


def test_a_preference_counts_once_for_each_and_the_trip_too() -> None:
    preferred: Document = {"preferred": {}}
    found = verdict(couple(joint(), ada=preferred, ben=preferred), JOINT).cost.terms
    assert (found["off_preference"], found["trip_day"]) == (2 * 4, 2 * 8)


def test_a_lag_counts_once() -> None:
    late = placed("joint", "thu 10:00", who=BOTH)
    terms = verdict(couple(following()), ADA, BEN, late).cost.terms
    assert terms["lag_hour"] == 24


def test_a_circle_of_waiting_across_two_pathways_asks_for_nothing() -> None:
    def awaiting(name: str, anchor: str, **keys: Any) -> Document:
        return session(name, schedule=None, after={"activity": anchor, "lag": LAG}, **keys)

    shared = (awaiting("j", "a", with_partner=True), awaiting("k", "b", with_partner=True))
    document = couple(joint())
    document["pathways"] = [
        pathway(*shared, session("a"), awaiting("b", "j")),
        pathway(*shared, awaiting("a", "k"), session("b"), id="other"),
    ]
    document["patients"][1]["pathway"] = "other"
    of_ada, of_ben = placed("a", "mon 09:00"), placed("b", "mon 10:00", who=("ben",))
    assert broken(document, of_ada, of_ben) == set()
