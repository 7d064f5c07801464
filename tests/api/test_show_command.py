"""`careweave show`: the weeks of a plan in the terminal."""

from datetime import datetime, timedelta

import pytest

from api.cli.safety_view import open_gates
from api.cli.weeks import Book
from pathways.reading import read_plan, read_scenario
from pathways.safety import Breach, Strength
from tests import factories
from tests.api.conftest import Run, Write
from tests.factories import Document
from tests.library_scenarios import maintained, without_therapy

DRIVES = {
    "kind": "no-driving",
    "text": "No driving until the next day.",
    "until": "2027-01-05T06:00:00-05:00",
}


def dose(**changes: object) -> Document:
    """Ada's first dose, Monday 10:00 to 11:30, two stages held by the nurse."""
    document = factories.appointment(
        "dose",
        "2027-01-04T10:00:00-05:00",
        "2027-01-04T11:30:00-05:00",
        location="bay",
        stages=[
            {
                "id": "dosing",
                "start": "2027-01-04T10:00:00-05:00",
                "end": "2027-01-04T10:30:00-05:00",
                "practitioner": "nurse",
            },
            {
                "id": "monitoring",
                "start": "2027-01-04T10:30:00-05:00",
                "end": "2027-01-04T11:30:00-05:00",
            },
        ],
        notes=[DRIVES],
    )
    return factories.changed(document, changes)


def integration(**changes: object) -> Document:
    """Integration on Tuesday at 12:00, a day and half an hour after the dose."""
    document = factories.appointment(
        "integration",
        "2027-01-05T12:00:00-05:00",
        "2027-01-05T13:00:00-05:00",
        practitioners=["therapist"],
    )
    return factories.changed(document, changes)


def plan(*appointments: Document, **changes: object) -> Document:
    return factories.plan(appointments=list(appointments or (dose(), integration())), **changes)


UNPLACED = {
    "patient": "ada",
    "activity": "dose",
    "occurrence": 2,
    "reasons": [{"rule": "ride", "detail": "nobody drives home on Thursday"}],
}


def squeezed(text: str) -> str:
    """The words of a screen, however they are broken into lines."""
    return " ".join(text.split())


def test_an_integration_session_is_shown_with_its_planned_aim(run: Run, write: Write) -> None:
    scenario = write("scenario.json", maintained())
    plan = scenario.with_name("plan.json")
    run("plan", scenario, "--out", plan, "--work", "5", "--quiet")
    with_scenario = run("show", plan, "--scenario", scenario, "--week", "1", columns=120).stdout
    assert "later, to turn insight into behaviour" in with_scenario
    third = run("show", plan, "--scenario", scenario, "--week", "3", columns=120).stdout
    assert "later, to make sense of the experience" in third
    assert "later, to " not in run("show", plan).stdout


def test_a_dose_shows_its_stages_its_monitor_and_when_the_patient_drives_again(
    run: Run, write: Write
) -> None:
    shown = run("show", write("plan.json", plan()))
    assert shown.exit_code == 0
    assert "◆ dose  Mon 4 Jan 10:00-11:30" in shown.stdout
    assert "10:00-10:30 dosing nurse · 10:30-11:30 monitoring" in shown.stdout
    assert "no driving or heavy machinery before Tue 5 Jan 06:00" in shown.stdout


def test_an_integration_shows_the_hours_since_its_dose(run: Run, write: Write) -> None:
    shown = squeezed(run("show", write("plan.json", plan())).stdout)
    assert "↳ integration: Tue 5 Jan 12:00, 24.5 h later" in shown
    assert "24.5 h after" in shown


def test_what_could_not_be_placed_stands_with_its_reason(run: Run, write: Write) -> None:
    shown = run("show", write("plan.json", plan(unplaced=[UNPLACED])))
    assert "Not placed\n dose 2\n   ride: nobody drives home on Thursday" in shown.stdout


def test_the_cost_stands_in_words_the_dearest_first(run: Run, write: Write) -> None:
    cost = {"total": 10016, "terms": {"trip_day": 16, "unplaced": 10000}}
    document = plan(cost=cost, bound=8000, status="feasible")
    shown = run("show", write("plan.json", document)).stdout
    dear, cheap = "10,000  dose sessions without", "16  days on which a patient has to travel"
    assert shown.index("Cost 10,016") < shown.index(dear) < shown.index(cheap)
    assert "No plan costs less than 8,000; this one is at most 25.2% above." in shown


def test_a_scenario_adds_titles_and_the_weeks_of_the_pathway(run: Run, write: Write) -> None:
    patient = factories.patient(start="2026-12-30")
    short = factories.pathway(factories.dose(title="Esketamine session"), factories.integration())
    scenario = factories.scenario(patients=[patient], pathways=[short])
    files = write("plan.json", plan()), "--scenario", write("scenario.json", scenario)
    shown = run("show", *files).stdout
    assert "ada · A short pathway" in shown
    assert "◆ Esketamine session  Mon 4 Jan" in shown
    assert "Week 1  30 December 2026 to 5 January 2027" in shown
    assert "Week 2" not in shown


def test_without_a_scenario_weeks_begin_on_the_first_monday(run: Run, write: Write) -> None:
    later = integration(
        start="2027-01-14T12:00:00-05:00", end="2027-01-14T13:00:00-05:00", occurrence=9
    )
    shown = run("show", write("plan.json", plan(integration(), later))).stdout
    assert "Week 1  4 to 10 January 2027" in shown
    assert "Week 2  11 to 17 January 2027" in shown


def test_with_a_scenario_times_are_those_of_the_clinics_clocks(run: Run, write: Write) -> None:
    in_utc = dose(start="2027-01-04T15:00:00+00:00", end="2027-01-04T16:30:00+00:00", stages=[])
    files = write("plan.json", plan(in_utc)), "--scenario", write("s.json", factories.scenario())
    assert "10:00-11:30" in run("show", *files).stdout


def test_an_occurrence_has_a_number_where_there_are_several(run: Run, write: Write) -> None:
    shown = run("show", write("plan.json", plan(unplaced=[UNPLACED]))).stdout
    assert "◆ dose 1  Mon 4 Jan" in shown
    assert "↳ integration: Tue 5 Jan" in squeezed(shown)


def test_a_partner_who_comes_too_is_named(run: Run, write: Write) -> None:
    shown = run("show", write("plan.json", plan(integration(patients=["ada", "bob"])))).stdout
    assert "office therapist with bob" in squeezed(shown)
    assert "office therapist with ada" in squeezed(shown)
    assert "with bob with" not in squeezed(shown)
    assert "with ada with" not in squeezed(shown)


def test_a_closed_day_says_why(run: Run, write: Write) -> None:
    clinic = factories.clinic(closures=[{"date": "2027-01-08", "reason": "Holiday"}])
    scenario = write("scenario.json", factories.scenario(clinic=clinic))
    friday = integration(
        occurrence=2, start="2027-01-15T12:00:00-05:00", end="2027-01-15T13:00:00-05:00"
    )
    document = plan(dose(), integration(), friday)
    shown = run("show", write("plan.json", document), "--scenario", scenario, columns=120)
    assert "closed: Holiday" in shown.stdout


def test_a_group_is_told_once_and_not_in_every_cell(run: Run, write: Write) -> None:
    meeting = factories.appointment(
        "group",
        "2027-01-04T09:00:00-05:00",
        "2027-01-04T10:00:00-05:00",
        location="group-room",
        practitioners=["facilitator"],
    )
    joined = [{"patient": "ada", "activity": "group", "series": "mornings"}]
    short = factories.pathway(factories.group())
    files = [
        write("plan.json", plan(meeting, groups=joined)),
        "--scenario",
        write("scenario.json", factories.scenario(pathways=[short])),
    ]
    shown = run("show", *files).stdout
    assert "Group therapy: mornings, Mon Wed 09:00-10:00, group-room facilitator" in shown
    assert shown.count("facilitator") == 1


@pytest.mark.parametrize("columns", [80, 120])
def test_nothing_runs_over_the_edge_of_the_screen(run: Run, write: Write, columns: int) -> None:
    document = plan(*_every_day(), unplaced=[UNPLACED])
    shown = run("show", write("plan.json", document), columns=columns).stdout
    assert max(len(line) for line in shown.splitlines()) <= columns
    assert "09:00-10:00" in squeezed(shown).replace("- 10", "-10")


def _every_day() -> list[Document]:
    """A session on each of the seven days of a week."""
    start = datetime.fromisoformat("2027-01-04T09:00:00-05:00")
    return [
        factories.appointment(
            "a-session-with-a-long-name",
            (start + timedelta(days=day)).isoformat(),
            (start + timedelta(days=day, hours=1)).isoformat(),
            id=f"s-{day}",
            occurrence=day + 1,
        )
        for day in range(7)
    ]


def test_one_patient_and_one_week_can_be_chosen(run: Run, write: Write) -> None:
    bob = integration(
        patients=["bob"], start="2027-01-12T12:00:00-05:00", end="2027-01-12T13:00:00-05:00"
    )
    early = integration(patients=["bob"], occurrence=7)
    path = write("plan.json", plan(dose(), bob, early))
    shown = run("show", path, "--patient", "bob", "--week", "2").stdout
    assert "Tue 12" in shown
    assert "Week 1" not in shown
    assert "ada" not in shown
    assert "Cost" not in shown


def test_a_week_without_appointments_says_so(run: Run, write: Write) -> None:
    shown = run("show", write("plan.json", plan()), "--week", "40")
    assert shown.exit_code == 0
    assert "No appointments in week 40." in shown.stdout


def test_an_unknown_patient_is_refused_with_those_there_are(run: Run, write: Write) -> None:
    refused = run("show", write("plan.json", plan()), "--patient", "eve")
    assert refused.exit_code == 2
    assert refused.stderr == "the plan has no patient 'eve'; it has ada\n"


def test_another_clinics_scenario_is_refused(run: Run, write: Write) -> None:
    other = factories.scenario(clinic=factories.clinic(id="elsewhere"))
    files = write("plan.json", plan()), "--scenario", write("other.json", other)
    refused = run("show", *files)
    assert refused.exit_code == 2
    assert "the plan is for the clinic 'harbor', the scenario 'elsewhere'" in refused.stderr


def test_a_scenario_that_knows_other_people_is_refused(run: Run, write: Write) -> None:
    other = factories.scenario(patients=[factories.patient("eve")])
    files = write("plan.json", plan()), "--scenario", write("other.json", other)
    refused = run("show", *files)
    assert refused.exit_code == 2
    assert "the scenario has no 'dose' for a patient 'ada'" in refused.stderr


def test_a_documents_words_do_not_steer_the_terminal(run: Run, write: Write) -> None:
    unplaced = {**UNPLACED, "reasons": [{"rule": "ride", "detail": "\x1b[31m [bold]red[/]"}]}
    shown = run("show", write("plan.json", plan(unplaced=[unplaced]))).stdout
    assert "\x1b" not in shown
    assert "[bold]red[/]" in shown


def test_a_couples_session_counts_from_the_later_of_their_doses() -> None:
    both = integration(patients=["ada", "bob"])
    his = dose(
        id="dose-bob",
        patients=["bob"],
        start="2027-01-04T12:00:00-05:00",
        end="2027-01-04T13:00:00-05:00",
    )
    book = Book(read_plan(plan(dose(), his, both)))
    lags = [visit.lag for name in ("ada", "bob") for visit in book.of(name).integrations]
    assert lags == [timedelta(hours=23), timedelta(hours=23)]


def test_an_integration_belongs_to_the_dose_of_its_number_that_went_before() -> None:
    second = dose(
        id="dose-2",
        occurrence=2,
        start="2027-01-05T10:00:00-05:00",
        end="2027-01-05T11:00:00-05:00",
    )
    other_course = dose(
        id="later-dose-1",
        activity="later-dose",
        start="2027-01-11T10:00:00-05:00",
        end="2027-01-11T11:00:00-05:00",
    )
    book = Book(read_plan(plan(dose(), second, other_course, integration())))
    (found,) = book.of("ada").integrations
    assert found.lag_after is not None
    assert found.lag_after.id == "dose-1"


def test_the_scenario_says_what_follows_what() -> None:
    talk = factories.integration("talk")
    short = factories.pathway(factories.dose(), talk)
    scenario = read_scenario(factories.scenario(pathways=[short]))
    document = plan(dose(), integration(activity="talk"))
    with_it, without = Book(read_plan(document), scenario), Book(read_plan(document))
    assert [visit.lag for visit in with_it.of("ada").integrations] == [timedelta(hours=24.5)]
    assert not without.of("ada").integrations


def test_open_gates_stand_under_the_name_of_whom_they_concern(run: Run, write: Write) -> None:
    scenario = write("scenario.json", without_therapy())
    plan = scenario.with_name("plan.json")
    run("plan", scenario, "--work", "5", "--out", plan, "--quiet")
    with_titles = run("show", plan, "--scenario", scenario, "--week", "1").stdout
    assert with_titles.splitlines()[1] == "Open gates: R-01 dose 1"
    assert "Open gates" not in run("show", plan, "--week", "1").stdout


def test_who_has_no_open_gate_is_spared_the_line() -> None:
    breach = Breach(
        rule="R-33",
        name="a rule",
        statement="A rule.",
        strength=Strength.GATE,
        override=(),
        place="ada: week 3",
        says="too short",
        fix="longer",
    )
    assert [str(line) for line in open_gates([breach, breach], "ada")] == [
        "Open gates: R-33 week 3"
    ]
    assert list(open_gates([breach], "ad")) == []
