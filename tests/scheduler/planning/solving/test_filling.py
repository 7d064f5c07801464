"""The ways to fill a day are exactly what an exact model of that day can hold."""

from random import Random

import numpy as np
import pytest
from ortools.sat.python import cp_model

from scheduler.planning.calendar import span_mask
from scheduler.planning.solving import filling
from scheduler.planning.solving.ceilings import a_solver
from scheduler.planning.solving.filling import Fillings, fillings
from scheduler.planning.solving.room import Footprint, Hours, Kind, Room
from scheduler.planning.stopping import Stop
from tests.scheduler.planning.trying import campaign, chunks

FULL = 6
TICKS = 14
DOSE = Footprint(4, "bay", ((0, 1, 6), (1, 2, 2)))
INFUSION = Footprint(3, "bay", ((0, 1, 3), (1, 2, 6)))
REST = Footprint(2, "chair", ())
MOST = 8


def hours(dice: Random) -> Hours:
    """Two monitors with a shift each, one with something locked; a few bays and a chair."""
    monitors = []
    for _ in range(dice.randint(1, 2)):
        first = dice.randrange(4)
        locked = ((dice.randrange(TICKS), dice.choice((2, 6))),) if dice.random() < 0.3 else ()
        monitors.append((span_mask(first, dice.randint(first + 4, TICKS)), locked))
    bays = tuple(dice.choice((0, 0, 0b1110)) for _ in range(dice.randint(1, 3)))
    return Hours(tuple(monitors), (("bay", bays), ("chair", (0,))))


def kinds(dice: Random) -> list[Kind]:
    """Sessions that may start in a window of the day, some of them not at every tick of it."""
    found = []
    for footprint in dice.choices((DOSE, INFUSION, REST), weights=(4, 3, 1), k=dice.randint(1, 4)):
        first = dice.randrange(8)
        holes = dice.getrandbits(TICKS) if dice.random() < 0.3 else 0
        starts = span_mask(first, dice.randint(first + 1, TICKS)) & ~holes
        found.append(Kind(footprint, starts or 1))
    return list(dict.fromkeys(found))


def dearest(filled: Fillings, prices: list[int]) -> int:
    """The most that one filling is worth, where each session counts as its dearest kind."""
    of_part = [max(prices[number] for number in part.kinds) for part in filled.parts]
    return int((filled.rows @ np.array(of_part)).max())


def dearest_exactly(held: Hours, asked: list[Kind], prices: list[int]) -> int:
    """The same by a model of the day."""
    model = cp_model.CpModel()
    room = Room(model, held, FULL)
    begun = [sum(room.begin(kind, MOST).values()) for kind in asked]
    room.close()
    model.maximize(sum(price * number for price, number in zip(prices, begun, strict=True)))
    solver = a_solver(10)
    assert solver.solve(model) == cp_model.OPTIMAL
    return round(solver.objective_value)


def compare(seeds: range) -> None:
    for seed in seeds:
        dice = Random(seed)  # noqa: S311  (nothing here is a secret)
        held, asked = hours(dice), kinds(dice)
        prices = [dice.randint(1, 5) for _ in asked]
        filled = fillings(held, FULL, asked, Stop())
        assert filled is not None
        exactly = dearest_exactly(held, asked, prices)
        assert dearest(filled, prices) == exactly, f"seed {seed}: {held} {asked} {prices}"
        first = filled.on({asked[0]: MOST})
        assert dearest(first, [1]) == dearest_exactly(held, asked[:1], [1]), f"seed {seed}"


@pytest.mark.parametrize("seeds", chunks(60, 30), ids=lambda seeds: str(seeds[0]))
def test_fillings_are_what_a_day_can_hold(seeds: range) -> None:
    compare(seeds)


@pytest.mark.parametrize("seeds", campaign(20))
def test_fillings_are_what_a_day_can_hold_in_a_campaign(seeds: range) -> None:
    compare(seeds)


def test_no_filling_makes_another_needless() -> None:
    # One dose starts in either part of the day, and the first part is of use to both kinds.
    alone = Hours(((span_mask(0, 5), ()),), (("bay", (0,)),))
    early, always = Kind(DOSE, 0b01), Kind(DOSE, 0b11)
    filled = fillings(alone, FULL, [early, always], Stop())
    assert filled is not None
    shared = [part.kinds for part in filled.parts].index(frozenset({0, 1}))
    assert filled.rows.tolist() == [[int(number == shared) for number in range(2)]]


def test_a_day_with_too_many_states_is_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "MOST_STATES", 2)
    held = Hours(((span_mask(0, TICKS), ()),), (("bay", (0, 0, 0)),))
    assert fillings(held, FULL, [Kind(DOSE, 0xFF)], Stop()) is None


def test_a_day_with_places_for_too_many_is_not_walked() -> None:
    held = Hours(((span_mask(0, TICKS), ()),), (("bay", (0,) * 40),))
    assert fillings(held, FULL, [Kind(DOSE, 0xFF)], Stop()) is None
