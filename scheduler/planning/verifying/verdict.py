"""What a judged plan amounts to: faults, warnings, and the cost that it really has."""

from dataclasses import dataclass, field

from pathways.plan import Cost


@dataclass(frozen=True)
class Finding:
    """One place in a plan, the rule of the contract that it breaks, and how, in words."""

    place: str
    rule: str
    words: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rule} - {self.words}"


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a plan.

    ``warnings`` are rules that locked appointments break by themselves: nobody may move those.
    ``cost`` is the plan's cost computed anew, term by term, zeros left out.
    """

    faults: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    cost: Cost = field(default_factory=lambda: Cost(total=0))

    @property
    def passes(self) -> bool:
        """Whether no hard rule is broken and the cost adds up."""
        return not self.faults
