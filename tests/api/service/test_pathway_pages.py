"""Pathways on pages: the shelf, one in full, two compared, the clinic's own among them."""

from tests.api.service.world import World

ONE, OTHER = "iop-ketamine-iv-2x3", "iop-ketamine-im"


def test_pathways_are_read_one_by_one_and_two_by_two(world: World) -> None:
    therapist = world.client("therapist")
    shelf = therapist.get("/pathways").text
    assert f"/pathways/{ONE}/2026.1" in shelf
    assert "A short pathway" in shelf, "the clinic's own stands there, too"
    page = therapist.get(f"/pathways/{ONE}/2026.1").text
    assert "Ketamine infusion, first part of the series" in page
    assert "Food: Nothing to eat" in page
    assert "no clinician has signed it off" in page
    assert therapist.get(f"/pathways/{ONE}/1999.1").status_code == 422
    compared = therapist.get(f"/pathways/compare?one={ONE}@2026.1&other={OTHER}@2026.1").text
    assert "weeks 1-9: Intensive outpatient programme" in compared
    own = therapist.get(f"/pathways/compare?one=short@own&other={OTHER}@2026.1")
    assert "sessions and times only" in own.text
    assert "not there" in own.text
    same = therapist.get(f"/pathways/compare?one={ONE}@2026.1&other={ONE}@2026.1").text
    assert "They say the same." in same
    assert therapist.get("/pathways/compare?one=nothing@own&other=short@own").status_code == 404
    assert therapist.get(f"/pathways/compare?one={ONE}@2026.1").status_code == 422
    assert world.client("billing lead").get("/pathways").status_code == 403
