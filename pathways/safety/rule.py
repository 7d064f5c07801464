"""What a safety rule is, and how it is written down.

A rule is one small function whose name says what must hold. It looks at a pathway of the library,
or at a plan, and yields what it finds wrong; its id, strength, sources and who may override it
stand beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from inspect import getdoc
from typing import Generic, NamedTuple, TypeVar

from pathways.protocol import LibraryPathway
from pathways.protocol.care import StaffRole
from pathways.safety.planned import PlannedClinic

Subject = TypeVar("Subject")


class Strength(StrEnum):
    """How much a rule weighs.

    Hard: refused. Gate: may be planned, not confirmed or started. Soft: a warning, with a reason.
    """

    HARD = "hard"
    GATE = "gate"
    SOFT = "soft"


class Finding(NamedTuple):
    """What a rule finds: where, what is wrong there, and what would put it right."""

    place: str
    says: str
    fix: str


@dataclass(frozen=True)
class Breach:
    """A rule that is broken, and where. A patient's place begins with the patient's id."""

    rule: str
    name: str
    statement: str
    strength: Strength
    override: tuple[StaffRole, ...]
    place: str
    says: str
    fix: str

    def place_of(self, patient: str) -> str | None:
        """Where in a patient's course it is, such as ``week 2``; None where it is not theirs."""
        begins = f"{patient}: "
        return self.place.removeprefix(begins) if self.place.startswith(begins) else None

    def __str__(self) -> str:
        return f"{self.place}: {self.rule} ({self.strength}): {self.says}; {self.fix}"


@dataclass(frozen=True)
class Rule(Generic[Subject]):
    """One rule. ``override``: all of these together may override it; none: nobody may."""

    id: str
    strength: Strength
    override: tuple[StaffRole, ...]
    sources: tuple[str, ...]
    judges: str
    find: Callable[[Subject], Iterator[Finding]]

    @cached_property
    def name(self) -> str:
        """The rule as its function is called, in words."""
        return self.find.__name__.replace("_", " ")

    @property
    def area(self) -> str:
        """The clinical area to which it belongs."""
        return self.find.__module__.rpartition(".")[2].replace("_", " ")

    @cached_property
    def statement(self) -> str:
        """The rule in one sentence."""
        return " ".join((getdoc(self.find) or "").partition("\n\n")[0].split())

    def breaches(self, subject: Subject) -> Iterator[Breach]:
        """Every place where a pathway or plan breaks this rule."""
        for place, says, fix in self.find(subject):
            yield Breach(
                rule=self.id,
                name=self.name,
                statement=self.statement,
                strength=self.strength,
                override=self.override,
                place=place,
                says=says,
                fix=fix,
            )


PathwayRule = Rule[LibraryPathway]
PlanRule = Rule[PlannedClinic]


def pathway_rule(
    name: str, strength: Strength, *, override: tuple[StaffRole, ...] = (), sources: tuple[str, ...]
) -> Callable[[Callable[[LibraryPathway], Iterator[Finding]]], PathwayRule]:
    """A rule on the definition of a library pathway."""
    return lambda find: PathwayRule(name, strength, override, sources, "pathway", find)


def plan_rule(
    name: str, strength: Strength, *, override: tuple[StaffRole, ...] = (), sources: tuple[str, ...]
) -> Callable[[Callable[[PlannedClinic], Iterator[Finding]]], PlanRule]:
    """A rule on a plan, for patients whose pathway is one of the library."""
    return lambda find: PlanRule(name, strength, override, sources, "plan", find)
