"""One day's walks: what a day costs with so much of each, and where all of it then starts."""

from itertools import combinations, pairwise, product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scheduler.planning.course.day import NEVER, Day, Fixed, Offer, Question

TRIP, IDLE = 8, 1


def offer(*starts: int, **changes: Any) -> Offer:
    """Two slots in person at any of these starts, for nothing but trip and waiting."""
    usual = {"costs": (0,) * len(starts), "length": 2, "gap": 0, "in_person": True}
    return Offer(starts, **{**usual, **changes})


def day(*plain: Offer, **changes: Any) -> Day:
    """A day of twelve slots."""
    usual = {"slots": 12, "fixed": (), "keyed": None, "last": (), "trip": TRIP, "idle": IDLE}
    return Day(Question(plain=plain, **{**usual, **changes}))


GROUP = Fixed(4, 6, in_person=True)


def test_staying_away_costs_nothing_and_coming_costs_a_trip() -> None:
    assert day(offer(3)).open_end[:, 0].tolist() == [0, TRIP]


def test_waiting_for_a_group_that_takes_place_anyway_costs_idle_slots() -> None:
    walks = day(offer(0, 9), fixed=(GROUP,))
    # From 2 to 4 before the group, or from 6 to 9 after it, or both.
    assert walks.open_end[:, 0].tolist() == [TRIP, TRIP + 2]
    assert walks.starts((1,), 0, None) == ((0,),)


def test_sessions_before_and_after_a_group_share_its_trip() -> None:
    walks = day(offer(1, 6, most=2), fixed=(GROUP,))
    assert walks.open_end[:, 0].tolist() == [TRIP, TRIP, TRIP + 1]
    assert walks.starts((2,), 0, None) == ((1, 6),)


def test_nothing_starts_while_a_group_takes_place() -> None:
    assert day(offer(3, 4, 5), fixed=(GROUP,)).open_end[1, 0] >= NEVER


def test_a_session_may_end_when_a_group_begins_and_begin_when_it_ends() -> None:
    assert day(offer(2), fixed=(GROUP,)).open_end[1, 0] == TRIP
    assert day(offer(6), fixed=(GROUP,)).open_end[1, 0] == TRIP


def test_free_time_before_a_session_is_kept_after_a_group_and_costs_waiting() -> None:
    assert day(offer(6, gap=1), fixed=(GROUP,)).open_end[1, 0] >= NEVER
    assert day(offer(7, gap=1), fixed=(GROUP,)).open_end[1, 0] == TRIP + 1


def test_free_time_before_the_first_session_is_not_waited_through() -> None:
    assert day(offer(3, gap=3)).open_end[1, 0] == TRIP
    assert day(offer(2, gap=3)).open_end[1, 0] == TRIP


def test_so_many_like_sessions_stand_one_after_the_other() -> None:
    walks = day(offer(0, 1, 2, 3, 4, 5, most=3))
    assert walks.open_end[:, 0].tolist() == [0, TRIP, TRIP, TRIP]
    starts = walks.starts((3,), 0, None)[0]
    assert [later - earlier for earlier, later in pairwise(starts)] == [2, 2]


def test_a_virtual_session_at_home_costs_no_trip_and_no_waiting() -> None:
    walks = day(offer(0, in_person=False), offer(6))
    assert walks.open_end[1, :, 0].tolist() == [0, TRIP]


def test_a_virtual_session_between_two_visits_is_waited_through() -> None:
    walks = day(offer(2, in_person=False), offer(0), offer(4))
    assert walks.open_end[1, 1, 1, 0] == TRIP + 2


def test_what_ends_the_day_has_nothing_after_it() -> None:
    walks = day(last=(offer(0, 8),), fixed=(GROUP,))
    assert walks.closed[0][0].tolist() == [NEVER, TRIP + 2]


def test_a_virtual_session_that_ends_the_day_leaves_no_wait_behind() -> None:
    walks = day(last=(offer(9, in_person=False),), fixed=(GROUP,))
    assert walks.closed[0][0].tolist() == [TRIP]


def test_a_keyed_session_is_told_apart_by_its_start() -> None:
    walks = day(keyed=offer(0, 2, 7), fixed=(GROUP,))
    # Not at all, then two, none and one slot away from the group.
    assert walks.open_end.tolist() == [TRIP, TRIP + 2, TRIP, TRIP + 1]


def test_the_way_back_tells_the_cheapest_starts_beside_a_keyed_one_and_the_last() -> None:
    walks = day(offer(0, 3, 8, most=2), keyed=offer(1, 6), last=(offer(5, 10),), fixed=(GROUP,))
    assert walks.closed[0][1, 2, 1] == TRIP
    assert walks.starts((1,), 2, (0, 1)) == ((8,),)


def test_dearer_starts_are_taken_only_where_they_save_more() -> None:
    walks = day(offer(0, 6, costs=(0, 1)), fixed=(GROUP,))
    assert walks.starts((1,), 0, None) == ((6,),)
    walks = day(offer(0, 6, costs=(0, 3)), fixed=(GROUP,))
    assert walks.starts((1,), 0, None) == ((0,),)


# ---- against trying everything -------------------------------------------------------------

Visit = tuple[int, int, int, bool]
"""From which slot to which, with how many free before, in person or not."""


def visit(held: Offer, start: int) -> Visit:
    return start, start + held.length, held.gap, held.in_person


def cost_of(visits: list[Visit]) -> int:
    """Trips and waiting, or `NEVER` where two are in each other's way."""
    ordered = sorted(visits)
    if any(later[0] - later[2] < earlier[1] for earlier, later in pairwise(ordered)):
        return NEVER
    came = [held for held in ordered if held[3]]
    waits = sum(later[0] - earlier[1] for earlier, later in pairwise(came))
    return TRIP * bool(came) + IDLE * waits


def cheapest(asked: Question, counts: tuple[int, ...], key: int, last: int | None) -> int:
    """The least over all starts, with a keyed and a last one at given starts."""
    standing = [(fixed.start, fixed.end, 0, fixed.in_person) for fixed in asked.fixed]
    if key and asked.keyed:
        standing.append(visit(asked.keyed, asked.keyed.starts[key - 1]))
    closing = [] if last is None else [visit(asked.last[0], asked.last[0].starts[last])]
    choices = [
        combinations(range(len(o.starts)), n) for o, n in zip(asked.plain, counts, strict=True)
    ]
    found = NEVER
    for chosen in product(*choices):
        taken = [(o, n) for o, numbers in zip(asked.plain, chosen, strict=True) for n in numbers]
        before = [*standing, *(visit(o, o.starts[n]) for o, n in taken)]
        if closing and any(end > closing[0][0] - closing[0][2] for _, end, _, _ in before):
            continue
        own = sum(o.costs[n] for o, n in taken)
        found = min(found, cost_of([*before, *closing]) + own)
    return found


SLOTS = 8


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    length = draw(st.integers(1, 3))
    starts = draw(st.lists(st.integers(0, SLOTS - length), max_size=4, unique=True).map(sorted))
    costs = [draw(st.sampled_from([0, 0, 3])) for _ in starts]
    gap, most = draw(st.sampled_from([0, 0, 1, 2])), draw(st.integers(1, 2))
    return Offer(tuple(starts), tuple(costs), length, gap, draw(st.booleans()), most)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    begin = draw(st.integers(0, SLOTS - 2))
    fixed = (Fixed(begin, draw(st.integers(begin + 1, SLOTS - 1)), draw(st.booleans())),)
    return Question(
        SLOTS,
        draw(st.sampled_from([(), fixed])),
        tuple(draw(st.lists(offers(), max_size=2))),
        draw(st.none() | offers()),
        tuple(draw(st.lists(offers(), max_size=1))),
        TRIP,
        IDLE,
    )


@given(questions())
def test_a_day_costs_what_the_best_of_all_starts_costs(asked: Question) -> None:
    walks = Day(asked)
    for *counts, key in product(*(range(n) for n in walks.open_end.shape)):
        told = int(walks.open_end[(*counts, key)])
        assert min(told, NEVER) == cheapest(asked, tuple(counts), key, None)
        for last in range(len(asked.last[0].starts) if asked.last else 0):
            told = int(walks.closed[0][(*counts, key, last)])
            assert min(told, NEVER) == cheapest(asked, tuple(counts), key, last)


@given(questions())
def test_the_way_back_leads_to_starts_that_cost_what_was_told(asked: Question) -> None:
    walks = Day(asked)
    for *counts, key in product(*(range(n) for n in walks.open_end.shape)):
        if walks.open_end[(*counts, key)] >= NEVER:
            continue
        found = walks.starts(tuple(counts), key, None)
        visits = [(fixed.start, fixed.end, 0, fixed.in_person) for fixed in asked.fixed]
        if key and asked.keyed:
            visits.append(visit(asked.keyed, asked.keyed.starts[key - 1]))
        own = 0
        for held, starts in zip(asked.plain, found, strict=True):
            visits += [visit(held, start) for start in starts]
            own += sum(held.costs[held.starts.index(start)] for start in starts)
        assert [len(starts) for starts in found] == counts
        assert cost_of(visits) + own == walks.open_end[(*counts, key)]
