"""``careweave plan --alternatives``: other plans beside the first, and how they differ."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from api.cli import documents
from api.cli.progress import display
from api.cli.searching import Limits, search_further, seconds_running
from api.cli.terminal import refuse, say
from api.cli.wording import COST_WORDS, price_text
from pathways.plan import Plan
from pathways.scenario import Scenario
from scheduler.planning.stopping import Report, Stop
from scheduler.planning.telling_apart import Difference, Instead, difference

MOST = 5
"""Plans that can be told apart at a glance."""
_TERMS_TOLD = 3


@dataclass(frozen=True)
class Choices:
    """The wish for several plans of one patient, and where they are written."""

    scenario: Scenario
    patient: str
    count: int
    out: Path

    @classmethod
    def of(cls, scenario: Scenario, patient: str | None, count: int | None, out: Path) -> "Choices":
        """The wish, if it makes sense; otherwise the command ends with 2."""
        names = [held.id for held in scenario.patients]
        if count is None:
            refuse(["--patient says for whom the alternatives are; add --alternatives K"])
        if out == documents.STANDARD_OUTPUT:
            refuse(["several plans need files: name the first one with --out"])
        if patient is None and len(names) != 1:
            refuse(["alternatives are for one patient; name one with --patient"])
        chosen = patient or names[0]
        if chosen not in names:
            refuse([f"there is no patient {chosen!r}; there are {', '.join(names)}"])
        made = cls(scenario, chosen, count, out)
        for number in range(2, count + 1):
            documents.refuse_unwritable(made.file(number))
        return made

    def file(self, number: int) -> Path:
        """``plan.json``, ``plan-2.json``, …"""
        if number == 1:
            return self.out
        return self.out.with_name(f"{self.out.stem}-{number}{self.out.suffix}")

    def first(self, limits: Limits) -> Limits:
        """The limits of the first search: half of the time, and all of the work."""
        seconds = limits.seconds_for(self.scenario)
        return replace(limits, time_limit=None if seconds is None else seconds / 2)

    def seek(self, best: Plan, limits: Limits, *, quiet: bool) -> Plan:
        """Find, write and tell the other plans; the cheapest of all."""
        seconds = limits.seconds_for(self.scenario)
        left = None if seconds is None else max(0.0, seconds - seconds_running())
        stop = Stop(time_limit=left, work=limits.work)

        def search(report: Report) -> list[Plan]:
            # OR-Tools takes a second to load.
            from scheduler.planning.alternatives import alternatives  # noqa: PLC0415  (see above)

            return alternatives(
                self.scenario, best, self.patient, self.count, stop, seed=limits.seed, report=report
            )

        found = search_further(stop, limits, display(quiet=quiet), search)
        for number, plan in enumerate(found, start=1):
            file = self.file(number)
            documents.write(documents.text_of(documents.plain_plan(plan), file), file)
        if not quiet:
            for line in self._lines(found):
                say(line)
        return found[0]

    def _lines(self, found: list[Plan]) -> Iterator[str]:
        first, *others = found
        if not others:
            yield f"No other plan for {self.patient} differs plainly and loses no dose."
            return
        yield f"Choices for {self.patient}, the cheapest first:"
        yield f"  1. {self.file(1)} costs {first.cost.total:,}."
        for number, plan in enumerate(others, start=2):
            told = difference(self.scenario, self.patient, first, plan)
            price = price_text(plan.cost.total - first.cost.total)
            yield f"  {number}. {self.file(number)} {price}: {'; '.join(_differs(told))}."
            because = list(_because(first, plan))
            if because:
                yield f"     {'; '.join(because)}."


def _differs(told: Difference) -> Iterator[str]:
    """In what a plan is another, in words."""
    for other in told.series:
        yield f"{other.title} in {other.after}, not {other.before}"
    if told.moved:
        before, after = (" ".join(days).title() for days in (told.days_before, told.days_after))
        yield f"{told.moved} of {told.doses} doses on another weekday ({after}, not {before})"
    yield from (_face_text(other) for other in told.faces)


def _face_text(other: Instead) -> str:
    return f"{other.title} with {other.after}, not {other.before}"


def _because(first: Plan, plan: Plan) -> Iterator[str]:
    """The terms of the cost that differ most."""
    terms = {*first.cost.terms, *plan.cost.terms}
    more = {t: plan.cost.terms.get(t, 0) - first.cost.terms.get(t, 0) for t in terms}
    dearest = sorted(more, key=lambda term: (-abs(more[term]), term))[:_TERMS_TOLD]
    for term in dearest:
        if more[term]:
            amount = f"{abs(more[term]):,} {'more' if more[term] > 0 else 'less'}"
            yield f"{amount} for {COST_WORDS[term]}"
