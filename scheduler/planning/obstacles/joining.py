"""What keeps a patient from every series of a group."""

from collections.abc import Iterator

from pathways.plan import Plan
from pathways.scenario import Group, Patient, WeeklyMeeting
from scheduler.planning.board import Board
from scheduler.planning.judging import judge
from scheduler.planning.loading import board_of
from scheduler.planning.narrowing import narrowed
from scheduler.planning.obstacles import world
from scheduler.planning.obstacles.facts import Fact, Way, Wider
from scheduler.planning.obstacles.trial import DAY_NAMES, fact
from scheduler.planning.problem import Problem
from scheduler.planning.solving.constructing import fill, join_series
from scheduler.planning.writing import unexplained_plan_of


def may_join(held: world.World, patient: str, activity: str) -> bool:
    """Whether some series of a group would do for a patient."""
    problem = Problem(held.scenario)
    return bool(problem.options(patient, problem.pathways[patient].activity(activity)))


def joined(held: world.World, patient: str, activity: str) -> tuple[Board, Plan] | None:
    """The plan with the patient in a series and at its meetings; None if the judge refuses it."""
    board = board_of(Problem(narrowed(held.scenario)), held.plan)
    join_series(board, patient)
    if board.series.get((patient, activity)) is None:
        return None
    fill(board, patient)
    plan = unexplained_plan_of(board)
    return (board, plan) if judge(held.scenario, plan).passes else None


def ways_to_join(held: world.World, patient: str, activity: str) -> Iterator[Way]:
    """For each series that could do: the facts that must go for it."""
    record = held.scenario.patient(patient)
    wanted = held.scenario.pathway_of(record).activity(activity)
    for group in held.scenario.clinic.groups:
        same = (group.activity, group.modality) == (activity, wanted.modality)
        if same and len(group.weekly) == wanted.schedule[0].per_week:
            yield frozenset(_in_the_way(record, group))


def _in_the_way(patient: Patient, group: Group) -> Iterator[Fact]:
    chosen = patient.groups.get(group.activity)
    if chosen not in (None, group.id):
        words = f"{patient.id} asked for {chosen}, which does not suit"
        lift = world.any_series(patient.id, group.activity)
        wider = Wider(f"{patient.id} in any series of {group.activity}", lift)
        yield fact("group", patient.id, words, lift, wider=wider)
    for meeting in group.weekly:
        windows = patient.available.on_weekday(meeting.day)
        if not any(w.start <= meeting.start and meeting.end <= w.end for w in windows):
            yield _unavailable(patient, group, meeting)


def _unavailable(patient: Patient, group: Group, meeting: WeeklyMeeting) -> Fact:
    day = DAY_NAMES[meeting.day]
    hours = " and ".join(str(w) for w in patient.available.on_weekday(meeting.day)) or "not at all"
    return fact(
        "availability",
        (patient.id, meeting.day, meeting.window),
        f"{group.id} meets {meeting.window} on {day}, when {patient.id} is available {hours}",
        world.available_for(patient.id, meeting.day, meeting.window),
        wider=Wider(
            f"{patient.id} available {meeting.window} on {day}",
            world.available_for(patient.id, meeting.day, meeting.window),
        ),
    )
