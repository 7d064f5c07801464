"""Monitors: on duty for a whole stage, with enough attention, and nothing else to do."""

from collections.abc import Iterator

from pathways.model import Stage
from pathways.scenario import Practitioner
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.rules.rule import Breach
from scheduler.planning.verifying.takings import peak
from scheduler.planning.verifying.visits import StageOfVisit, Visit, share_of


def each_stage_has_a_monitor_with_attention_left(case: Case, visit: Visit) -> Iterator[Breach]:
    """One for all of each stage with a ratio; another may take the next one."""
    ratios = {stage.id: stage for stage in visit.activity.stages if stage.monitor_ratio}
    for part in visit.stages:
        stage = ratios.get(part.id)
        if stage is None:
            continue
        person = case.takings.people.get(part.practitioner or "")
        if person is None:
            name = part.practitioner or "nobody"
            yield Breach((visit,), f"{part.id} needs a monitor, and has {name}")
        else:
            yield from monitor_breaches(case, visit, part, stage, person)


def monitor_breaches(
    case: Case, visit: Visit, part: StageOfVisit, stage: Stage, person: Practitioner
) -> Iterator[Breach]:
    """Why this person cannot hold this stage of a visit."""
    name = f"{person.id}, who holds {part.id},"
    if "monitor" not in person.roles:
        yield Breach((visit,), f"{name} is no monitor")
    if not case.takings.is_on_duty(person, visit.day, part.start, part.end):
        yield Breach((visit,), f"{name} is away or outside their hours")
    for taking in case.takings.of(person.id, part.start, part.end):
        others = (taking.visit,) if taking.visit not in (None, visit) else ()
        yield Breach((visit, *others), f"{name} is taken by {taking.what}")
    yield from _too_many_at_once(case, visit, part, stage, person)


def _too_many_at_once(
    case: Case, visit: Visit, part: StageOfVisit, stage: Stage, person: Practitioner
) -> Iterator[Breach]:
    others = [
        (hold, holder)
        for hold, holder in case.takings.held(person.id, part.start, part.end)
        if holder is not visit
    ]
    share = share_of(stage.monitor_ratio or 1)
    if sum((hold.share for hold, _ in others), share) <= 1:
        return  # not even were they all at one instant
    most, together = peak(others, part.start, part.end)
    if most + share > 1:
        names = ", ".join(dict.fromkeys(holder.place for holder in together))
        words = f"{person.id} has not enough attention left for {part.id} beside {names}"
        yield Breach((visit, *together), words)
