"""``careweave why``: what keeps an occurrence from a time, and what would work instead."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import documents
from api.cli.plan import ScenarioFile
from api.cli.terminal import answer, refuse
from api.cli.wording import moment_text, price_text
from pathways.scenario import Scenario
from scheduler.planning.judging import judge
from scheduler.planning.obstacles import Choice, Explanation, explain
from scheduler.planning.obstacles.choosing import Asked, NotAQuestion, Wish, questions

PlanFile = Annotated[
    Path, typer.Argument(metavar="PLAN", help="A plan for it, YAML or JSON.", show_default=False)
]
PatientId = Annotated[
    str | None, typer.Option(metavar="ID", help="Of this patient.", show_default=False)
]
ActivityId = Annotated[
    str | None, typer.Option(metavar="ID", help="Of this activity.", show_default=False)
]
Number = Annotated[
    int | None,
    typer.Option(min=1, metavar="NUMBER", help="This occurrence.", show_default=False),
]
At = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help='Why not then: "2027-01-12T09:00", or "tue 09:00" in its week. Also about what '
        "stands elsewhere.",
        show_default=False,
    ),
]
Week = Annotated[
    int | None,
    typer.Option(min=1, metavar="NUMBER", help="In this week of the pathway.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def why(  # noqa: PLR0913, PLR0917  (a command's options are its arguments)
    scenario: ScenarioFile,
    plan: PlanFile,
    patient: PatientId = None,
    activity: ActivityId = None,
    occurrence: Number = None,
    at: At = None,
    week: Week = None,
    as_json: AsJson = False,
) -> None:
    """Say why something has no time, or not the one that was wished for, and what would work.

    Obstacles are told only if they were tried: with all of them the placement is impossible, with
    all of them gone it is possible, and with all but one it is not. Prices are what the plan would
    then cost more. Without --at it answers for whatever is unplaced.
    """
    read, held = documents.scenario_from(scenario), documents.plan_from(plan)
    if not judge(read, held).passes:
        refuse([f"{plan} does not hold for {scenario}; careweave verify says where"])
    try:
        wish = Wish.read(at) if at is not None else None
        asked = questions(read, held, Asked(patient, activity, occurrence, week), wish)
    except NotAQuestion as problem:
        refuse([str(problem)])
    if as_json:
        found = [_data(explain(one)) for one in asked]
        documents.write(
            documents.text_of(found, documents.STANDARD_OUTPUT), documents.STANDARD_OUTPUT
        )
        return
    if not asked:
        answer("Everything that is meant has a time.")
    for one in asked:
        for line in _lines(read, explain(one)):
            answer(line)


def _lines(scenario: Scenario, told: Explanation) -> Iterator[str]:
    yield _heading(scenario, told)
    yield from _obstacle_lines(told)
    for choice in told.choices:
        price = price_text(choice.price)
        yield f"  {_KINDS[choice.kind]}{choice.words}{_joint(choice)} and {price}{_also(choice)}."
    if told.instead is not None:
        yield "  It could have that one's place. Then:"
        yield from (f"  {line}" for line in _lines(scenario, told.instead) if line)
    yield ""


_KINDS = {"time": "", "move": "", "room": "With "}
"""How the words of each kind of choice begin."""


def _heading(scenario: Scenario, told: Explanation) -> str:
    patient, activity, number = told.question.key
    title = scenario.pathway_of(scenario.patient(patient)).activity(activity).title
    name = f"{patient}: {title} {number or '(no group)'}"
    stands, at = told.question.present_start, told.question.at
    where = f"stands {moment_text(scenario.local(stands))}" if stands else "has no time"
    if at is not None:
        where += f"; {moment_text(scenario.local(at))} is " + (
            "free" if told.possible else "not free"
        )
    return f"{name} {where}."


def _obstacle_lines(told: Explanation) -> Iterator[str]:
    obstacles = told.obstacles
    if not obstacles:
        if not told.possible:
            yield "  More stands in the way than any few changes could mend."
        return
    alone = len(obstacles) == 1
    one_way = alone and len(obstacles[0].facts) == 1
    yield (
        "  In the way; without it there is a time:"
        if one_way
        else "  In the way; without any one of these there is a time:"
        if alone
        else f"  In the way are {len(obstacles)} things, and each of them must go:"
    )
    for number, obstacle in enumerate(obstacles, start=1):
        first, *others = obstacle.facts
        yield f"    {'-' if alone else f'{number}.'} {first.words}"
        yield from (f"    {'-' if alone else '   or'} {fact.words}" for fact in others)


def _joint(choice: Choice) -> str:
    return f" it fits {moment_text(choice.start)}" if choice.kind == "room" else ""


def _also(choice: Choice) -> str:
    if not choice.fits:
        return ""
    if choice.left == 1:
        return "; the other one without a time then fits as well"
    return f"; so would {choice.fits} of the {choice.left} others without a time"


def _data(told: Explanation) -> dict[str, Any]:
    patient, activity, number = told.question.key
    stands, at = told.question.present_start, told.question.at
    return {
        "patient": patient,
        "activity": activity,
        "occurrence": number,
        "stands": stands and stands.isoformat(),
        "at": at and at.isoformat(),
        "possible": told.possible,
        "obstacles": [
            [{"rule": fact.rule, "detail": fact.words} for fact in obstacle.facts]
            for obstacle in told.obstacles
        ],
        "choices": [
            {
                "kind": choice.kind,
                "detail": choice.words,
                "start": choice.start.isoformat(),
                "price": choice.price,
                "others": choice.fits,
            }
            for choice in told.choices
        ],
        "instead": told.instead and _data(told.instead),
    }
