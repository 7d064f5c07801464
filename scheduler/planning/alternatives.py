"""Other plans for one patient that a person would call different, all else standing.

After the best plan the question is changed so that something the patient has cannot be had again:
the series of a group, a weekday of the doses, a face. Each answer is put back into the whole plan,
costed and judged as any other.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from pathways import timing
from pathways.model import Activity, Need, RoleNeed
from pathways.plan import Cost, Plan
from pathways.scenario import Booked, Clearance, Patient, Practitioner, Scenario, Settled
from scheduler.planning.asking import Asked
from scheduler.planning.judging import judge
from scheduler.planning.loading import board_of
from scheduler.planning.narrowing import narrowed
from scheduler.planning.obstacles.world import World, without_rule
from scheduler.planning.problem import Problem
from scheduler.planning.solve import solve
from scheduler.planning.solving.finishing import finish
from scheduler.planning.stopping import Report, Stop
from scheduler.planning.telling_apart import (
    activity_of,
    day_of,
    difference,
    faces,
    joined,
    own,
)
from scheduler.planning.writing import plan_of

_ANOTHER_DAY = "careweave: another day"
_NO_SERIES = "careweave: none"

_NOTHING = Plan(
    format="care-plan/1", scenario="nothing", status="optimal", cost=Cost(total=0), bound=0
)
"""Changes look at scenarios alone."""

Change = Callable[[Scenario], Scenario]


def alternatives(
    scenario: Scenario,
    best: Plan,
    patient: str,
    count: int,
    stop: Stop,
    *,
    seed: int = 0,
    report: Report | None = None,
) -> list[Plan]:
    """Up to ``count`` plans, the best among them, no two alike for a patient; the cheapest first.

    ``stop`` holds for all that is sought together. Plans that place fewer doses than another are
    no choice. There may be fewer than were asked for; and where the best plan was not proven to
    be best, one may turn out to be cheaper.
    """
    changes = list(_changes(scenario, best, patient))
    question = _with_others_standing(scenario, best, patient)
    found = [best]
    for number, change in enumerate(changes):
        if stop.due:
            break
        answer = _solved(change(question), stop, len(changes) - number, seed, report)
        plan = _put_back(scenario, best, patient, answer)
        if plan is not None:
            found.append(plan)
    return _apart(scenario, patient, found)[:count]


def _solved(question: Scenario, stop: Stop, sharers: int, seed: int, report: Report | None) -> Plan:
    """The answer to one question, within its share of what time and work are left."""
    seconds = None if stop.time_limit is None else stop.seconds_left / sharers
    work = None if stop.work is None else max(0, stop.work - stop.spent) // sharers
    share = Stop(time_limit=seconds, work=work)
    with stop.interrupting(share.request):
        answer = solve(question, share, seed=seed, report=report)
    stop.spent += share.spent
    return answer


def _apart(scenario: Scenario, patient: str, found: list[Plan]) -> list[Plan]:
    """The cheapest first, without those that lose a dose or are too like one before."""
    kept: list[Plan] = []
    for plan in sorted(found, key=lambda held: held.cost.total):
        if all(
            difference(scenario, patient, other, plan).is_plain
            and plan.cost.terms.get("unplaced", 0) <= other.cost.terms.get("unplaced", 0)
            for other in kept
        ):
            kept.append(plan)
    return kept


# ---- the rest of the plan -----------------------------------------------------------------


def _with_others_standing(scenario: Scenario, best: Plan, patient: str) -> Scenario:
    """The question about one patient alone: what others have is locked, what they lack waived.

    The safety rules of the library are said first, for a changed pathway is no longer one of it.
    """
    others = (a for a in best.appointments if patient not in a.patients)
    locked = tuple(Booked(**dict(a), locked=True) for a in others)
    mine = tuple(b for b in scenario.booked if patient in b.patients)
    settled = _left_out(scenario, best, patient)
    patients = tuple(
        p
        if p.id == patient
        else p.model_copy(
            update={
                "settled": (*p.settled, *settled.get(p.id, ())),
                "groups": _groups(scenario, best, p),
            }
        )
        for p in narrowed(scenario).patients
    )
    return scenario.model_copy(update={"booked": (*locked, *mine), "patients": patients})


def _left_out(scenario: Scenario, best: Plan, patient: str) -> dict[str, list[Settled]]:
    """What the plan leaves out of the others', so that nobody looks for room for it."""
    found: dict[str, list[Settled]] = {}
    by_key = Asked(scenario).by_key
    for left in best.unplaced:
        occurrence = by_key.get((left.patient, left.activity, left.occurrence))
        if occurrence is not None and patient not in occurrence.patients:
            settled = Settled(activity=left.activity, occurrence=left.occurrence, outcome="waived")
            found.setdefault(left.patient, []).append(settled)
    return found


def _groups(scenario: Scenario, best: Plan, patient: Patient) -> dict[str, str]:
    """The series that another patient has joined, or none that there is where they joined none."""
    held = joined(best, patient.id)
    activities = scenario.pathway_of(patient).activities
    return {a.id: held.get(a.id, _NO_SERIES) for a in activities if a.kind == "group"}


def _put_back(scenario: Scenario, best: Plan, patient: str, answer: Plan) -> Plan | None:
    """The best plan with the patient's part from an answer; None where the judge refuses it."""
    others = (a for a in best.appointments if patient not in a.patients)
    series = (g for g in best.groups if g.patient != patient)
    mine = (g for g in answer.groups if g.patient == patient)
    joint = best.model_copy(
        update={
            "appointments": (*others, *own(answer, patient)),
            "groups": (*series, *mine),
        }
    )
    board = board_of(Problem(narrowed(scenario)), joint)
    finish(board)
    plan = plan_of(board, best.bound)
    return plan if judge(scenario, plan).passes else None


# ---- how the question is changed ----------------------------------------------------------


def _changes(scenario: Scenario, best: Plan, patient: str) -> Iterator[Change]:
    """One change for each thing that the patient has and could have otherwise."""
    yield from _other_series(scenario, best, patient)
    yield from _other_days(scenario, best, patient)
    yield from _other_faces(scenario, best, patient)


def _other_series(scenario: Scenario, best: Plan, patient: str) -> Iterator[Change]:
    """Each series that meets at other times than the one joined."""
    problem = Problem(scenario)
    for name, series in joined(best, patient).items():
        activity = problem.pathways[patient].activity(name)
        met = {problem.series[series].weekly}
        for other in problem.options(patient, activity):
            if problem.series[other].weekly not in met:
                met.add(problem.series[other].weekly)
                yield _joining(patient, name, other)


def _joining(patient: str, activity: str, series: str) -> Change:
    def change(scenario: Scenario) -> Scenario:
        groups = {**scenario.patient(patient).groups, activity: series}
        return _with(scenario, patient, groups=groups)

    return change


def _with(scenario: Scenario, patient: str, **changes: object) -> Scenario:
    patients = (p.model_copy(update=changes) if p.id == patient else p for p in scenario.patients)
    return scenario.model_copy(update={"patients": tuple(patients)})


def _other_days(scenario: Scenario, best: Plan, patient: str) -> Iterator[Change]:
    """Without each weekday that doses have, the most frequent first; then without all of them."""
    doses = [a for a in own(best, patient) if activity_of(scenario, patient, a).is_dose_like]
    days = [timing.weekday(day_of(scenario, a)) for a in doses]
    if days:
        rarely = sorted(set(days), key=days.count)
        without = [{day} for day in reversed(rarely)] + [set(days)] * (len(rarely) > 1)
        yield from (_dosed_without(patient, held) for held in without)


def _dosed_without(patient: str, weekdays: set[str]) -> Change:
    """Doses on other weekdays: they need a clearance that the patient has on those alone."""

    def change(scenario: Scenario) -> Scenario:
        record = scenario.patient(patient)
        for activity in scenario.pathway_of(record).activities:
            if activity.is_dose_like and not activity.with_partner:
                needed = (*activity.needs_clearance, _ANOTHER_DAY)
                lift = without_rule((patient,), [activity.id], needs_clearance=needed)
                scenario = lift(World(scenario, _NOTHING)).scenario
        free = [day for day in _all_days(scenario, record) if timing.weekday(day) not in weekdays]
        more = (Clearance.model_validate({"kind": _ANOTHER_DAY, "from": d, "to": d}) for d in free)
        return _with(scenario, patient, clearances=(*record.clearances, *more))

    return change


def _all_days(scenario: Scenario, patient: Patient) -> list[date]:
    """More than all dates on which anything of the patient can lie."""
    weeks = timedelta(weeks=scenario.pathway_of(patient).weeks)
    return timing.dates_between(patient.start, patient.start + weeks + timedelta(days=60))


def _other_faces(scenario: Scenario, best: Plan, patient: str) -> Iterator[Change]:
    """Without the person who serves most of a family."""
    pathway = scenario.pathway_of(scenario.patient(patient))
    for name, person in faces(scenario, patient, best).items():
        family = pathway.family(name)
        if not any(activity.with_partner for activity in family):
            yield _served_without(patient, family, person)


def _served_without(patient: str, family: tuple[Activity, ...], person: str) -> Change:
    """A family's needs ask for a skill that everybody able has but that person."""

    def change(scenario: Scenario) -> Scenario:
        for activity in family:
            needs = tuple(_but_for(need, person) for need in activity.needs)
            lift = without_rule((patient,), [activity.id], needs=needs)
            scenario = lift(World(scenario, _NOTHING)).scenario
        asked = [n for a in family for n in a.role_needs if n.same_person]
        clinic = scenario.clinic
        people = tuple(
            p if p.id == person else _able(p, asked, person) for p in clinic.practitioners
        )
        return scenario.model_copy(
            update={"clinic": clinic.model_copy(update={"practitioners": people})}
        )

    return change


def _skill(need: RoleNeed, person: str) -> str:
    return f"careweave: {need.skill or need.role}, and not {person}"


def _but_for(need: Need, person: str) -> Need:
    if isinstance(need, RoleNeed) and need.same_person:
        return need.model_copy(update={"skill": _skill(need, person)})
    return need


def _able(record: Practitioner, needs: list[RoleNeed], person: str) -> Practitioner:
    more = {
        _skill(need, person)
        for need in needs
        if need.role in record.roles and need.skill in (None, *record.skills)
    }
    return record.model_copy(update={"skills": (*record.skills, *sorted(more))})
