"""What is measured: quickly on every change, and all of it where somebody can wait."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from benchmarks.instances import EXAMPLES, instance
from benchmarks.measuring import Case

MOST_AT_ONCE = 100
"""One model of more patients does not fit into a usual memory."""
NAMED_SECONDS = 10.0
SOLO_SECONDS = 4.0
"""So long may the planner take for one patient alone, except where everything is measured."""
REPAIR_SECONDS = 5.0
"""So long may the whole command take that mends a plan."""


def case_of(name: str, seconds: float | None = None, *, whole: bool = False) -> Case:
    """What is measured of an instance when it is asked for by name alone.

    ``seconds`` are 10 unless said otherwise, and 5 for a repair; ``whole``: the whole process of
    the command, which a repair is anyway.
    """
    if name.startswith("nurse-away-"):
        return Case(name, "repair", seconds or REPAIR_SECONDS)
    return Case(name, "process" if whole else "careweave", seconds or NAMED_SECONDS)


BY_HAND = "first fit"
"""This one takes a few seconds, whatever its limit."""
REFERENCES = (BY_HAND, "monolithic", "one by one")


@dataclass(frozen=True)
class Race:
    """For how many seconds a clinic is planned, and by a reference for how many times as long."""

    seconds: float
    patience: Mapping[str, float]

    def against(self, name: str) -> Iterator[Case]:
        """Each reference on the clinic of this name."""
        for planner, patience in self.patience.items():
            if planner != "monolithic" or _patients(name) <= MOST_AT_ONCE:
                yield Case(name, planner, patience * self.seconds)


def beside(ours: Case, times: float) -> Iterator[Case]:
    """Each reference on the instance of a case, with so many times the seconds, and all alone."""
    yield from Race(ours.seconds, dict.fromkeys(REFERENCES, times)).against(ours.instance)
    yield Case(ours.instance, "alone", SOLO_SECONDS)


@dataclass(frozen=True)
class Suite:
    """Which cases to measure, for how many seconds each.

    ``solo`` single patients, ``processes`` of them as whole processes, ``rivals`` of the esketamine
    pathway against the monolithic model; ``repairs`` of clinics that miss a nurse; ``clinics``,
    each with its race. ``total`` is when no further case begins.
    """

    solo: int
    processes: int
    rivals: int
    solo_seconds: float
    rival_seconds: float
    one_more: Sequence[str]
    repairs: Sequence[str]
    clinics: Mapping[str, Race]
    example_seconds: float
    total: float = float("inf")

    def cases(self) -> Iterator[Case]:
        """Every case, in the order in which it is worth knowing."""
        solo = [f"solo-1-{seed}" for seed in range(1, self.solo + 1)]
        yield from (Case(name, "careweave", self.solo_seconds) for name in solo)
        yield from (Case(name, "process", self.solo_seconds) for name in solo[: self.processes])
        yield from (Case(name, "careweave", 5 * self.solo_seconds) for name in self.one_more)
        yield from map(case_of, self.repairs)
        rivals = [name for name in solo if is_esketamine(name)][: self.rivals]
        yield from (Case(name, "monolithic", self.rival_seconds) for name in rivals)
        for name, race in self.clinics.items():
            yield Case(name, "careweave", race.seconds)
            yield from (case for case in race.against(name) if case.planner == BY_HAND)
            yield Case(name, "alone", self.solo_seconds)
        yield from (Case(name, "careweave", self._seconds_for(name)) for name in examples())
        for name, race in self.clinics.items():
            yield from (case for case in race.against(name) if case.planner != BY_HAND)

    def _seconds_for(self, example: str) -> float:
        return self.solo_seconds if example.startswith("solo-") else self.example_seconds


def at_most(case: Case) -> float:
    """How many seconds a case may take, judging aside; alone, each patient may take them."""
    if case.planner == BY_HAND:
        return 0.0
    return case.seconds * (_patients(case.instance) if case.planner == "alone" else 1)


def _patients(name: str) -> int:
    """How many patients the name of an instance counts."""
    return int(name.split("-")[-2])


@cache
def is_esketamine(solo: str) -> bool:
    """Whether the patient of an instance of one is on the esketamine pathway."""
    return str(instance(solo)["patients"][0]["pathway"]) == "iop-esketamine"


def examples() -> Iterable[str]:
    """The examples by name."""
    found = (path.name.split(".")[0] for path in EXAMPLES.glob("*.json"))
    return sorted(set(found))


QUICK = Suite(
    solo=40,
    processes=15,
    rivals=2,
    solo_seconds=SOLO_SECONDS,
    rival_seconds=30,
    one_more=("one-more-200-1",),
    repairs=("nurse-away-200-1",),
    clinics={
        "cohort-10-1": Race(20, {BY_HAND: 1, "one by one": 10}),
        "cohort-25-1": Race(60, {BY_HAND: 1, "monolithic": 1, "one by one": 2}),
        "tight-20-1": Race(60, {BY_HAND: 1}),
        **{f"cohort-10-{seed}": Race(20, {BY_HAND: 1}) for seed in (2, 3)},
        "cohort-25-2": Race(60, {BY_HAND: 1}),
        "cohort-100-1": Race(30, {BY_HAND: 1}),
    },
    example_seconds=4,
    total=15 * 60,
)
TEN_TIMES = dict.fromkeys(REFERENCES, 10.0)
FULL = Suite(
    solo=200,
    processes=200,
    rivals=20,
    solo_seconds=30,
    rival_seconds=300,
    one_more=tuple(f"one-more-200-{seed}" for seed in (1, 2, 3)),
    repairs=tuple(f"nurse-away-200-{seed}" for seed in (1, 2, 3)),
    clinics={
        **{f"cohort-10-{seed}": Race(20, TEN_TIMES) for seed in (1, 2, 3, 4, 5)},
        **{f"cohort-25-{seed}": Race(60, TEN_TIMES) for seed in (1, 2, 3)},
        **{f"tight-20-{seed}": Race(60, TEN_TIMES) for seed in (1, 2, 3)},
        "tight-20-100": Race(60, TEN_TIMES),
        "cohort-100-1": Race(300, TEN_TIMES),
        "cohort-500-1": Race(900, TEN_TIMES),
    },
    example_seconds=60,
)
