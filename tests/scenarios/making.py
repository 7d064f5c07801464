"""A whole random scenario from a seed."""

from pathways.reading import read_scenario
from tests.scenarios import activities, bookings, clinics, patients
from tests.scenarios.dice import SMALL, Dice, Document, Size
from tests.scenarios.hours import Frame

GENTLE = ("lag_hour", "lag_hour_early", "uneven_day", "off_preference", "trip_day", "idle_slot")
CHANGES = ("new_face", "moved", "moved_soon", "dropped")


def random_scenario(seed: int, size: Size = SMALL) -> Document:
    """A scenario of the contract, as plain data; the same for the same seed and size."""
    frame = Frame(Dice(seed, size))
    dice = frame.dice
    ways = [activities.pathway(frame, number) for number in range(1 + dice.frill)]
    clinic = clinics.clinic(frame)
    clinics.add_series(frame, clinic, ways)
    names = patients.NAMES[: dice.within(size.patients)]
    people = [patients.patient(frame, name, ways, clinic) for name in names]
    if len(people) > 1 and dice.chance(0.4):
        activities.make_joint(frame, ways)
        patients.pair_up(frame, people, ways)
    document: Document = {
        "format": "care-scenario/1",
        "clinic": clinic,
        "pathways": ways,
        "patients": people,
    }
    if dice.frill:
        document["weights"] = _weights(dice)
    if dice.chance(0.3):
        document["now"] = bookings.now(frame)
    if dice.chance(0.4):
        document["booked"] = bookings.bookings(frame, read_scenario(document))
    return document


def _weights(dice: Dice) -> dict[str, int]:
    """Some weights, from nothing to much, but never so that leaving something out pays."""
    weights = {name: dice.pick([0, 1, 3, 25]) for name in dice.some([*GENTLE, *CHANGES], 1, 4)}
    if dice.frill:
        weights.update(unplaced=dice.pick([5000, 20000]), unplaced_other=dice.pick([2500, 3000]))
    return weights
