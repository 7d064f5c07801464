"""A plan may begin from the series and doses of everybody, and is kept only where it is cheaper."""

from copy import deepcopy

import pytest

from pathways.plan import Plan
from pathways.reading import read_scenario
from scheduler.planning.board import Board
from scheduler.planning.course.choosing import Chooser
from scheduler.planning.problem import Problem
from scheduler.planning.solving import proving, searching
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.beginning import Beginning, begin_anew
from scheduler.planning.solving.choices import Dose
from scheduler.planning.solving.constructing import construct
from scheduler.planning.solving.fitting import Fitting
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.proving import Prover
from scheduler.planning.solving.room import Shift
from scheduler.planning.solving.scarcity import Scarcity
from scheduler.planning.solving.searching import Search
from scheduler.planning.stopping import Stop
from scheduler.planning.verifying import verify
from scheduler.planning.writing import plan_of
from tests.scenarios.dice import Document
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.solving.test_dearness import clinic
from tests.scheduler.planning.solving.test_telling import Watch
from tests.scheduler.planning.test_scarcity import CROWDED, DOSE, TALK, crowd
from tests.scheduler.planning.trying import campaign, chunks, faults, planned, try_all

WORK = 100


def begun(document: Document) -> tuple[Beginning, Plan, list[str]]:
    """What a crowd begins with, the plan that comes of it, and what is wrong with that."""
    scenario = read_scenario(document)
    board = Board(Problem(scenario))
    standing = Standing(board)
    beginning = Fitting(Scarcity(standing.empty, Stop())).find(1_000_000)
    assert beginning is not None
    begin_anew(Improver(standing, Stop(), 0), beginning)
    standing.recount()
    plan = plan_of(board, 0)
    return beginning, plan, list(map(str, verify(scenario, plan).faults))


def talking(patients: int, monitors: int) -> Document:
    """A crowd of whom each talks to a therapist on the day after the dose."""
    document, hours = crowd(patients, monitors), {"mon": ["08:00-13:00"], "tue": ["08:00-13:00"]}
    clinic = document["clinic"]
    clinic["hours"] = hours
    clinic["locations"].append({"id": "tele", "kind": "virtual"})
    clinic["practitioners"].append({"id": "th", "roles": ["therapist"], "hours": hours})
    document["pathways"][0]["activities"] = [DOSE, deepcopy(TALK)]
    for patient in document["patients"]:
        patient["available"] = hours
    return document


def test_doses_begin_where_the_day_can_hold_them_all() -> None:
    beginning, plan, faults = begun(crowd(4, monitors=2))
    assert (beginning.cost, len(plan.appointments), faults) == (0, 4, [])


def test_a_day_that_cannot_hold_them_all_holds_as_many_as_it_can() -> None:
    beginning, plan, faults = begun(crowd(4, monitors=1))
    assert (beginning.cost, len(plan.appointments), faults) == (20_000, 2, [])


def test_who_has_few_hours_left_after_a_dose_comes_first() -> None:
    document = talking(2, monitors=2)
    hours = {"mon": ["08:00-13:00"], "tue": ["08:00-10:00"]}
    document["clinic"]["hours"] = document["clinic"]["practitioners"][-1]["hours"] = hours
    # Both would rather talk at eight, and only the first can talk later.
    document["patients"][0]["available"] = hours
    document["patients"][1]["available"] = {**hours, "tue": ["08:00-09:00"]}
    _, plan, faults = begun(document)
    assert (len(plan.appointments), plan.unplaced, faults) == (4, (), [])


def test_a_dose_begins_when_something_may_still_follow_it() -> None:
    document = talking(1, monitors=1)
    hours = {"mon": ["08:00-12:00"], "tue": ["18:00-19:00"]}
    for person in [document["clinic"], *document["clinic"]["practitioners"]]:
        person["hours"] = hours
    document["patients"][0]["available"] = hours
    # After a dose at eight it is too late on Tuesday evening, and after one at ten it is not.
    beginning, plan, faults = begun(document)
    assert (beginning.cost, len(plan.appointments), faults) == (0, 2, [])


def test_no_more_doses_begin_than_are_asked_for() -> None:
    document = crowd(1, monitors=1)
    document["clinic"]["hours"]["tue"] = document["clinic"]["hours"]["mon"]
    scarcity = Scarcity(Board(Problem(read_scenario(document))), Stop())
    # Nothing but their number keeps two days from holding a dose each.
    scarcity.model.maximize(sum(dose.stands for dose in doses_of(scarcity)))
    answer = scarcity.ask(1.0)
    assert answer is not None
    assert sum(answer.of(dose.stands) for dose in doses_of(scarcity)) == 1


def doses_of(scarcity: Scarcity) -> list[Dose]:
    """Every dose on every day on which it may stand."""
    return [dose for day in scarcity.wanted.values() for held in day.values() for dose in held]


def test_a_plan_is_begun_whole_though_it_is_time_to_stop() -> None:
    document = talking(2, monitors=2)
    hours = document["clinic"]["hours"]
    # A second day to talk on, so that nobody has to be in a hurry.
    hours["wed"] = hours["tue"]
    document["pathways"][0]["activities"][1]["after"]["lag"]["max"] = "PT54H"
    standing = Standing(Board(Problem(read_scenario(document))))
    beginning = Fitting(Scarcity(standing.empty, Stop())).find(1_000_000)
    assert beginning is not None
    stop = Stop()
    stop.request()
    begin_anew(Improver(standing, stop, 0), beginning)
    assert len(standing.board.placed) == 4


def test_a_plan_is_begun_of_an_answer_that_a_day_cannot_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "SMALL", 0)
    standing = Standing(Board(Problem(read_scenario(talking(4, monitors=1)))))
    stop, roughly = Stop(work=1000), list[Beginning]()
    Prover(standing, stop, Chooser(stop, loosely=True)).look_at_all(lambda _: None, roughly.append)
    # At first nothing is known to keep four doses from one day; it holds two, each with a talk.
    assert [beginning.cost for beginning in roughly] == [0]
    begin_anew(Improver(standing, stop, 0), roughly[0])
    assert len(standing.board.placed) == 4


def test_no_day_is_asked_exactly_once_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Watch(time_limit=10)
    scarcity = Scarcity(Board(Problem(read_scenario(crowd(4, monitors=1)))), stop)
    assert scarcity.least_cost() == 20_000
    asked: list[int] = []
    fitting = Fitting(scarcity)
    monkeypatch.setattr(scarcity, "by_hand", lambda *_: Shift(1, {}))
    monkeypatch.setattr(fitting, "_exactly", lambda day, _: asked.append(day))
    stop.at = 20
    beginning = fitting.find(1_000_000)
    assert beginning is not None
    # Two find no room, and one of those that do is lost by hand.
    assert (beginning.cost, asked) == (30_000, [])


def dosing(name: str, minutes: int) -> Document:
    """A pathway of one dose, which keeps a monitor all the time."""
    stage = {"id": "dosing", "minutes": minutes, "monitor_ratio": 1}
    return {"id": name, "title": "Doses", "weeks": 1, "activities": [{**DOSE, "stages": [stage]}]}


def test_doses_of_a_day_are_tried_in_other_orders() -> None:
    document = crowd(3, monitors=1)
    document["pathways"] = [dosing("long", minutes=120), dosing("short", minutes=60)]
    long, either, late = document["patients"]
    long["pathway"], either["pathway"], late["pathway"] = "long", "short", "short"
    # The long dose has to start first and takes the hour that another needs.
    either["available"] = {"mon": ["09:00-10:00", "12:00-13:00"]}
    late["available"] = {"mon": ["12:00-13:00"]}
    scarcity = Scarcity(Board(Problem(read_scenario(document))), Stop())
    scarcity.model.minimize(scarcity.cost)
    answer = scarcity.ask(1.0)
    assert answer is not None
    day = next(iter(scarcity.wanted))
    assert scarcity.by_hand(day, answer).lost == 1
    assert scarcity.by_hand(day, answer, tries=20).lost == 0


def test_nothing_is_begun_where_no_less_would_be_left_out() -> None:
    scarcity = Scarcity(Board(Problem(read_scenario(crowd(4, monitors=1)))), Stop())
    assert Fitting(scarcity).find(20_000) is None


def test_a_plan_that_leaves_nothing_out_is_begun_anew_on_better_days(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "SMALL", 0)
    # The first plan has the doses on Monday, and three days go by before the talks.
    document = clinic("mon", "thu", "fri", patients=2)
    search = Search(Board(Problem(read_scenario(document))), Stop(work=1000), 0, None)
    began = list[Beginning]()
    before = search.standing.total
    assert search.prover.look_at_all(began.append) is False
    assert search.prover.look_at_all(began.append, began.append) is True
    assert [beginning.cost for beginning in began] == [0]
    search._begin_anew(began[0])
    assert before - search.standing.total == 2 * 48


def test_a_change_that_ends_dearer_leaves_all_as_it_was() -> None:
    board = Board(Problem(read_scenario(crowd(3, monitors=2))))
    construct(board, board.problem.patients, lambda: True)
    standing = Standing(board)
    placed, total = dict(board.placed), standing.total

    def lose_one() -> None:
        board.remove(next(iter(board.placed)))
        standing.recount()

    assert standing.unless_dearer(lose_one) == 0
    assert (board.placed, standing.total) == (placed, total)


class Began:
    """A complaint where a plan that was begun anew is faulty; how often one was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        # Else clinics as small as these are asked about as one party, or are too scarce.
        monkeypatch.setattr(proving, "SMALL", 0)
        monkeypatch.setattr(searching, "SCARCE", 1.0)
        monkeypatch.setattr(searching, "begin_anew", self._begin)

    def _begin(self, improver: Improver, beginning: Beginning) -> None:
        self.times += 1
        begin_anew(improver, beginning)

    def __call__(self, document: Document) -> str:
        return "; ".join(faults(document, planned(document, WORK)))


@pytest.mark.parametrize("seeds", chunks(40, 20), ids=lambda seeds: str(seeds[0]))
def test_what_is_begun_anew_breaks_no_rule(seeds: range, monkeypatch: pytest.MonkeyPatch) -> None:
    began = Began(monkeypatch)
    try_all(seeds, lambda seed: random_scenario(seed, CROWDED), began)
    assert began.times > 0


@pytest.mark.parametrize("seeds", campaign(100))
def test_what_is_begun_anew_breaks_no_rule_in_a_campaign(
    seeds: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_all(seeds, lambda seed: random_scenario(seed, CROWDED), Began(monkeypatch))
