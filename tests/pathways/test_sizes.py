"""How large a scenario may be: a slip of the pen is refused at its place, a large clinic is not."""

import pytest

from pathways.reading import BadDocument, parse, read_scenario
from tests import factories as a
from tests.factories import Document


def faults(document: Document) -> list[tuple[str, str]]:
    with pytest.raises(BadDocument) as refused:
        read_scenario(document)
    return refused.value.faults


def often(times: int, **pathway: object) -> Document:
    schedule = [{"weeks": "1-1", "per_week": times}]
    return a.scenario(pathways=[a.pathway(a.session("talk", schedule=schedule), **pathway)])


def test_a_million_a_week_is_a_slip_of_the_pen() -> None:
    assert faults(often(1_000_000)) == [
        (
            "pathways[0].activities[0].schedule[0].per_week",
            "1,000,000 a week are more than 49, seven on every day; mend the number",
        )
    ]
    assert read_scenario(often(49)).pathways[0].activities[0].per_week(1) == 49


def test_a_pathway_lasts_ten_years_at_most() -> None:
    assert read_scenario(often(1, weeks=520)).pathways[0].weeks == 520
    ((place, says),) = faults(often(1, weeks=521))
    assert (place, "520" in says) == ("pathways[0].weeks", True)


def crowd(patients: int, *activities: Document) -> Document:
    names = [a.patient(f"p-{number}") for number in range(patients)]
    return a.scenario(pathways=[a.pathway(*activities, weeks=25)], patients=names)


def test_more_sessions_than_any_clinic_holds_are_refused_and_what_follows_them_counts() -> None:
    """25 weeks of 40 make 1,000 sessions each, and as many that follow them."""
    first = a.dose(schedule=[{"weeks": "1-25", "per_week": 40}])
    assert len(read_scenario(crowd(50, first, a.integration())).patients) == 50
    ((place, says),) = faults(crowd(51, first, a.integration()))
    assert place == "patients"
    assert says.startswith("ask for 102,000 sessions and meetings; at most 100,000 are planned")


@pytest.mark.parametrize("start", ["1950-01-03", "2150-01-05"])
def test_a_patient_of_another_century_is_named(start: str) -> None:
    patients = [a.patient("ada"), a.patient("bea", start=start), a.patient("cyd")]
    ((place, says),) = faults(a.scenario(patients=patients))
    assert place == "patients[1].start"
    assert "slots of 30 minutes; at most 500,000 are planned: mend this date" in says


def test_a_booking_of_another_century_is_named() -> None:
    booked = a.appointment("dose", "2150-01-04T09:00:00-05:00", "2150-01-04T10:30:00-05:00")
    ((place, _),) = faults(a.scenario(booked=[{**booked, "locked": True}]))
    assert place == "booked[0].start"


def test_ten_years_of_half_hours_are_planned() -> None:
    later = a.patient("bea", start="2037-01-05")
    assert len(read_scenario(a.scenario(patients=[a.patient(), later])).patients) == 2


def test_a_lag_of_a_century_makes_a_scenario_too_long() -> None:
    lag = {"min": "PT1H", "ideal": "PT24H", "max": "P36525D"}
    late = a.integration(after={"activity": "dose", "lag": lag})
    ((place, says),) = faults(a.scenario(pathways=[a.pathway(a.dose(), late)]))
    assert place == "patients[0].start"
    assert "lags of the pathway" in says


def test_a_session_that_could_be_staffed_in_too_many_ways_is_refused() -> None:
    people = [a.practitioner(f"t-{number}", "therapist") for number in range(47)]
    clinic = a.clinic(practitioners=[*people, a.practitioner("facilitator", "therapist")])
    four = a.session("talk", needs=[{"role": "therapist"}] * 4)
    ((place, says),) = faults(a.scenario(clinic=clinic, pathways=[a.pathway(four)]))
    assert place == "pathways[0].activities[0].needs"
    assert says.startswith("can be met in 5,308,416 ways; at most 100,000 are tried")
    two = a.session("talk", needs=[{"role": "therapist"}] * 2)
    assert len(read_scenario(a.scenario(clinic=clinic, pathways=[a.pathway(two)])).pathways) == 1


def test_a_clinic_without_patients_is_no_size_at_all() -> None:
    assert read_scenario(a.scenario(patients=[])).patients == ()


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        many = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} [{many}]")
    return "\n".join(lines)


def test_aliases_that_would_fill_the_memory_are_refused_at_once() -> None:
    with pytest.raises(BadDocument, match="aliases stand for more than 1,000,000 entries"):
        parse(bomb(9))


def test_aliases_that_save_typing_are_read() -> None:
    assert parse(bomb(3))["a2"][8][8] == ["x"] * 9


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}"])
def test_an_alias_that_holds_itself_is_refused(text: str) -> None:
    with pytest.raises(BadDocument, match="is not YAML or JSON"):
        parse(text)
