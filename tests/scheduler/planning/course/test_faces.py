"""Which sets of people a family of sessions may meet, and what is said of those never tried."""

from scheduler.planning.course.faces import Family

MANY = tuple(f"therapist-{number}" for number in range(40))


def family(people: tuple[str, ...], *met: str, required: bool = False) -> Family:
    return Family("talks", required, people, frozenset(met))


def test_of_many_people_only_small_sets_are_tried_and_larger_ones_are_told() -> None:
    choices = family(MANY).choices()
    assert len(choices) == 40 + 40 * 39 // 2
    assert family(MANY).left_out == 3


def test_of_two_people_every_set_is_tried() -> None:
    assert family(("finch", "wren")).choices() == [{"finch"}, {"wren"}, {"finch", "wren"}]
    assert family(("finch", "wren")).left_out == 0


def test_whom_the_patient_has_met_is_in_every_set() -> None:
    assert all("therapist-7" in people for people in family(MANY, "therapist-7").choices())


def test_where_one_person_is_required_no_set_is_left_out() -> None:
    one = family(MANY, required=True)
    assert (one.left_out, {len(people) for people in one.choices()}) == (0, {1})


def test_two_new_people_may_all_be_met_but_not_three_and_where_one_is_required_only_one() -> None:
    assert family(("finch", "wren")).may_meet_everybody
    assert family(("finch", "swift", "wren"), "swift").may_meet_everybody
    assert not family(("finch", "swift", "wren")).may_meet_everybody
    assert family(("wren",), required=True).may_meet_everybody
    assert not family(("finch", "wren"), required=True).may_meet_everybody
    assert not family(("finch", "wren"), "finch", required=True).may_meet_everybody
