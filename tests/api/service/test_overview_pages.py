"""The whole clinic at a glance: the cohort, and how full the week is."""

from tests.api.service.test_appointments import booked, queries
from tests.api.service.world import World


def test_everybody_in_care_stands_in_the_cohort_with_their_next_dose(world: World) -> None:
    client = world.client("coordinator")
    booked(client)
    page = client.get("/cohort").text
    assert 'href="/patients/ada"' in page
    assert "0 of 1" in page
    assert "next Tue 5 Jan, 10:00" in page


def test_scores_are_for_those_who_may_read_them(world: World) -> None:
    assert "Scores" in world.client("therapist").get("/cohort").text
    assert "Scores" not in world.client("coordinator").get("/cohort").text


def test_the_cohort_asks_the_database_no_more_for_more_people(world: World) -> None:
    client = world.client("coordinator")
    client.get("/cohort")
    with queries(world.store) as sent:
        client.get("/cohort")
    assert len(sent) < 40


def test_the_week_shows_where_a_visit_takes_a_bay(world: World) -> None:
    client = world.client("coordinator")
    before = client.get("/load?date=2027-01-05").text.count('class="heat-5"')
    booked(client)
    assert client.get("/load?date=2027-01-05").text.count('class="heat-5"') > before
