"""A pathway that exists makes sense: every way to write a wrong one is refused by its place."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pathways.faults import BadDocument
from pathways.model import Activity, Lag, Weeks
from pathways.reading import read_pathway
from tests import factories as a

Document = dict[str, Any]


def faults(document: Document) -> dict[str, str]:
    """What is wrong with a pathway, by place."""
    with pytest.raises(BadDocument) as refused:
        read_pathway(document)
    return dict(refused.value.faults)


def activity(document: Document) -> Activity:
    """The activity of a pathway that has this one and no other."""
    return read_pathway(a.pathway(document)).activities[0]


def test_a_pathway_of_doses_with_their_integration_is_one() -> None:
    pathway = read_pathway(a.pathway())
    assert [found.id for found in pathway.activities] == ["dose", "integration"]
    assert pathway.activity("dose").length == timedelta(minutes=90)
    assert pathway.activity("integration").length == timedelta(hours=1)


def test_a_session_takes_as_long_as_its_stages_together() -> None:
    staged = activity(a.dose())
    assert staged.length == sum((timedelta(minutes=s.minutes) for s in staged.stages), timedelta())
    assert [stage.monitor_ratio for stage in staged.stages] == [1, 2]
    assert [stage.prescriber_on_site for stage in staged.stages] == [True, False]


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"minutes": None}, "", "either minutes or stages"),
        ({"stages": [{"id": "one", "minutes": 30}]}, "", "either minutes or stages"),
        ({"schedule": None}, "", "either a schedule or after"),
        ({"minutes": 0}, ".minutes", "greater than or equal to 1"),
        ({"minutes": "60"}, ".minutes", "must be a whole number, not"),
        ({"minutes": True}, ".minutes", "must be a whole number, not"),
        ({"modality": "by telephone"}, ".modality", "'in-person' or 'virtual'"),
        ({"kind": "visit"}, ".kind", "'group' or 'session'"),
        ({"colour": "blue"}, ".colour", "unknown key"),
        ({"gap_before": -1}, ".gap_before", "greater than or equal to 0"),
        ({"max_in_days": {"days": 0, "count": 1}}, ".max_in_days.days", "greater than or equal"),
        ({"max_in_days": {"days": 7}}, ".max_in_days.count", "is missing"),
        ({"needs": [{"location": "cellar"}]}, ".needs[0].location", "'treatment-bay'"),
        ({"needs": [{"role": "cook"}]}, ".needs[0].role", "'prescriber'"),
        ({"needs": [{"skill": "cbt"}]}, ".needs[0]", "a need is"),
        ({"needs": ["office"]}, ".needs[0]", "a need is"),
        ({"needs": [{"location": "office"}, {"location": "virtual"}]}, ".needs", "one kind"),
        ({"spaced_with": "nothing"}, ".spaced_with", "no activity 'nothing'"),
        (
            {"preceded_by": [{"activity": "nothing", "occurrence": 1}]},
            ".preceded_by[0].activity",
            "no activity 'nothing'",
        ),
        (
            {"preceded_by": [{"activity": "talk", "occurrence": 0}]},
            ".preceded_by[0].occurrence",
            "greater than or equal to 1",
        ),
        ({"same_person_as": "talk"}, ".same_person_as", "none of its needs has same_person"),
    ],
)
def test_a_wrong_session_is_refused_by_its_place(changes: Document, place: str, says: str) -> None:
    found = faults(a.pathway(a.session("talk", **changes)))
    assert says in found[f"activities[0]{place}"]


def test_at_most_one_need_has_the_same_person() -> None:
    needs = [
        {"role": "therapist", "same_person": "required"},
        {"role": "monitor", "same_person": "preferred"},
    ]
    found = faults(a.pathway(a.session("talk", needs=needs)))
    assert found == {"activities[0].needs": "at most one need has same_person"}


@pytest.mark.parametrize("key", ["minutes", "needs", "after", "no_driving", "with_partner"])
def test_a_group_has_no_keys_of_a_session(key: str) -> None:
    found = faults(a.pathway({**a.group(), key: 1}))
    assert found == {"activities[0]": f"a group has no {key}; leave it out"}


def test_a_group_may_need_an_authorization() -> None:
    assert activity(a.group(needs_authorization="iop")).needs_authorization == "iop"


def test_a_group_meets_equally_often_in_all_its_weeks() -> None:
    blocks = [{"weeks": "1-2", "per_week": 3}, {"weeks": "3-3", "per_week": 2}]
    found = faults(a.pathway(a.group(schedule=blocks), weeks=3))
    assert "same per_week" in found["activities[0].schedule"]


@pytest.mark.parametrize("text", ["0-2", "2-1", "1-", "-1", "one", "1 - 2", "01-02", "1.5", True])
def test_a_range_of_weeks_is_written_first_to_last(text: object) -> None:
    document = a.session("talk", schedule=[{"weeks": text, "per_week": 1}])
    assert "activities[0].schedule[0].weeks" in faults(a.pathway(document, weeks=9))


@given(first=st.integers(1, 50), length=st.integers(0, 50))
def test_a_range_of_weeks_holds_both_ends(first: int, length: int) -> None:
    document = a.session("talk", schedule=[{"weeks": f"{first}-{first + length}", "per_week": 2}])
    found = read_pathway(a.pathway(document, weeks=100)).activity("talk")
    assert found.scheduled_weeks == tuple(range(first, first + length + 1))
    assert found.per_week(first) == found.per_week(first + length) == 2
    assert found.per_week(first - 1) == found.per_week(first + length + 1) == 0


def test_weeks_of_a_schedule_may_stand_in_any_order_but_not_overlap() -> None:
    blocks = [{"weeks": "3-4", "per_week": 1}, {"weeks": "1-2", "per_week": 2}]
    found = read_pathway(a.pathway(a.session("talk", schedule=blocks), weeks=4)).activity("talk")
    assert [str(block.weeks) for block in found.schedule] == ["1-2", "3-4"]
    blocks[1]["weeks"] = "1-3"
    overlapping = faults(a.pathway(a.session("talk", schedule=blocks), weeks=4))
    assert overlapping == {"activities[0].schedule": "weeks 1-3 and 3-4 overlap"}


def test_a_schedule_does_not_pass_the_weeks_of_the_pathway() -> None:
    document = a.session("talk", schedule=[{"weeks": "1-3", "per_week": 1}])
    found = faults(a.pathway(document, weeks=2))
    assert found == {"activities[0].schedule": "week 3 passes the pathway's 2 weeks"}


def test_an_activity_stands_once_in_a_pathway() -> None:
    found = faults(a.pathway(a.session("talk"), a.session("talk")))
    assert found == {"activities[1].id": "activity 'talk' stands twice"}


def test_a_stage_stands_once_in_a_session() -> None:
    stages = [{"id": "rest", "minutes": 30}, {"id": "rest", "minutes": 15}]
    found = faults(a.pathway(a.session("talk", minutes=None, stages=stages)))
    assert found == {"activities[0].stages[1].id": "'rest' stands twice"}


def test_a_lag_ascends_from_min_over_ideal_to_max() -> None:
    for changes in ({"min": "PT25H"}, {"max": "PT23H"}):
        lag = {"min": "PT1H", "ideal": "PT24H", "max": "PT72H", **changes}
        found = faults(a.pathway(a.dose(), a.integration(after={"activity": "dose", "lag": lag})))
        assert found == {"activities[1].after.lag": "a lag needs min ≤ ideal ≤ max"}


def test_a_day_of_a_lag_is_24_hours() -> None:
    lag = Lag.model_validate({"min": "P1D", "ideal": "PT24H", "max": "P1W"})
    assert lag.min == lag.ideal == timedelta(hours=24)
    assert lag.max == timedelta(days=7)


def test_a_lag_longer_than_any_calendar_is_a_fault_and_no_crash() -> None:
    lag = {"min": "PT1H", "ideal": "PT24H", "max": "P99999999999D"}
    found = faults(a.pathway(a.dose(), a.integration(after={"activity": "dose", "lag": lag})))
    assert "too long" in found["activities[1].after.lag.max"]


def after(name: str, anchor: str) -> Document:
    lag = {"min": "PT0S", "ideal": "PT1H", "max": "PT72H"}
    return a.session(name, schedule=None, after={"activity": anchor, "lag": lag})


def test_after_may_form_a_chain_but_no_circle() -> None:
    chain = read_pathway(a.pathway(a.dose(), after("one", "dose"), after("two", "one")))
    assert chain.activity("two").after is not None
    found = faults(a.pathway(after("one", "two"), after("two", "one"), after("three", "three")))
    assert found == {
        "activities[0].after": "a circle: one → two → one",
        "activities[1].after": "a circle: two → one → two",
        "activities[2].after": "a circle: three → three",
    }


def test_what_leads_into_a_circle_is_not_called_one() -> None:
    found = faults(a.pathway(after("outside", "one"), after("one", "two"), after("two", "one")))
    assert set(found) == {"activities[1].after", "activities[2].after"}


def therapy(name: str, same_person: str = "preferred", **changes: Any) -> Document:
    return a.session(name, needs=[{"role": "therapist", "same_person": same_person}], **changes)


def test_a_family_is_an_activity_and_all_that_name_it() -> None:
    pathway = read_pathway(
        a.pathway(
            therapy("talk"),
            therapy("family", same_person_as="talk"),
            therapy("integration", same_person_as="talk"),
            therapy("other"),
        )
    )
    for name in ("talk", "family", "integration"):
        assert [m.id for m in pathway.family(name)] == ["talk", "family", "integration"]
    assert [member.id for member in pathway.family("other")] == ["other"]


@pytest.mark.parametrize(
    "member",
    [
        therapy("family", "required", same_person_as="talk"),
        a.session(
            "family",
            needs=[{"role": "monitor", "same_person": "preferred"}],
            same_person_as="talk",
        ),
    ],
)
def test_the_needs_of_a_family_have_the_same_role_and_mode(member: Document) -> None:
    found = faults(a.pathway(therapy("talk"), member))
    assert "differs from 'talk'" in found["activities[1].same_person_as"]


def test_a_family_is_named_after_an_activity_that_names_none() -> None:
    chain = (
        therapy("talk"),
        therapy("one", same_person_as="talk"),
        therapy("two", same_person_as="one"),
        therapy("self", same_person_as="self"),
    )
    assert faults(a.pathway(*chain)) == {
        "activities[2].same_person_as": "'one' itself names one; name that one",
        "activities[3].same_person_as": "'self' itself names one; name that one",
    }


@pytest.mark.parametrize(
    ("document", "dose_like"),
    [
        (a.session("talk"), False),
        (a.session("talk", rest_of_day=True), True),
        (a.session("talk", no_driving=True), True),
        (a.group(), False),
    ],
)
def test_what_keeps_the_rest_of_the_day_or_the_wheel_is_dose_like(
    document: Document, dose_like: bool
) -> None:
    assert activity(document).is_dose_like is dose_like


def test_a_record_is_frozen() -> None:
    pathway = read_pathway(a.pathway())
    with pytest.raises(ValidationError, match="frozen"):
        pathway.weeks = 9  # type: ignore[misc]  # that is what must not work


def test_a_pathway_is_read_as_it_is_written() -> None:
    pathway = read_pathway(a.pathway(a.dose(), a.integration(), a.group()))
    written = pathway.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert read_pathway(written) == pathway
    assert written["activities"][0]["schedule"] == [{"weeks": "1-1", "per_week": 2}]


def test_weeks_are_shown_as_they_are_written() -> None:
    assert str(Weeks(first=2, last=5)) == "2-5"
