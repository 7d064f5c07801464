"""An answer to the relaxed question of all doses, with all that its days can hold.

The question of `scarcity` knows of a day at most how many doses it holds. Of an answer each day is
asked exactly; days that lose doses after all go into the question, and it is asked again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from ortools.sat.python import cp_model

from scheduler.planning.solving.beginning import Beginning, Begun
from scheduler.planning.solving.ceilings import a_solver
from scheduler.planning.solving.room import Held, Kind, Room, Shift, Start
from scheduler.planning.solving.scarcity import Answer, Scarcity, standing_in

ROUNDS = 8
"""So often the question is asked again."""
UNITS = 2.0
"""Solver units for each of these answers."""
UNITS_FOR_DAYS = 1.0
"""The same where days are chosen that suit everybody; after one that takes longer none is asked."""
UNITS_A_DAY = 0.3
"""Solver units to hold one day's doses."""
TRIES_BY_HAND = 20
"""In so many orders the doses of a day are placed one by one, before a solver is asked."""
DAYS_AT_ONCE = 2
"""So many days go into the question before it is asked again."""


class Fitting:
    """The search for an answer that loses little, in a question that has its ceilings already."""

    def __init__(self, scarcity: Scarcity) -> None:
        self.scarcity = scarcity
        self.bound = 0
        """What is left out at least in any plan, in cost."""
        self._known: dict[tuple[object, ...], Shift] = {}

    def find(self, paid: float) -> Beginning | None:
        """The best answer that leaves out less than is paid; None where none is found in time."""
        scarcity, best = self.scarcity, None
        scarcity.model.minimize(scarcity.cost)
        for _ in range(ROUNDS):
            answer = self._known_answer() or scarcity.ask(UNITS)
            if answer is None or answer.cost >= (best.cost if best else paid):
                break
            self.bound = max(self.bound, answer.bound)
            self._begin_from(answer)
            if scarcity.keep_broken(answer):
                continue
            shifts = {day: self._shift(day, answer) for day in scarcity.wanted}
            cost = answer.cost + sum(shift.lost for shift in shifts.values()) * self._price
            if cost < (best.cost if best else paid):
                best = self._beginning(cost, answer, shifts)
            if not self._know_better(shifts):
                break
        return self._with_the_best_days(best) if best else None

    def _with_the_best_days(self, best: Beginning) -> Beginning:
        """Of what leaves out no more, the beginning whose days suit everybody best.

        Else it is the solver's whim who has a dose on a Friday, and its follow-up after a weekend.
        """
        scarcity = self.scarcity
        scarcity.pay_at_most(best.cost)
        scarcity.model.minimize(scarcity.dearness)
        for _ in range(ROUNDS):
            answer = scarcity.ask(UNITS_FOR_DAYS)
            if answer is None:
                break
            self._begin_from(answer)
            broken = scarcity.keep_broken(answer)
            if not broken:
                shifts = {day: self._shift(day, answer) for day in scarcity.wanted}
                if not any(shift.lost for shift in shifts.values()):
                    return self._beginning(best.cost, answer, shifts)
                broken = self._know_better(shifts)
            if not (broken and answer.optimal):
                break
        return best

    def roughly(self, answer: Answer) -> Beginning:
        """Series and doses of an answer, though some days cannot hold all of theirs."""
        by_hand, days = self.scarcity.by_hand, self.scarcity.wanted
        shifts = {day: by_hand(day, answer, TRIES_BY_HAND) for day in days}
        return self._beginning(answer.cost, answer, shifts)

    def _known_answer(self) -> Answer | None:
        """The answer that was found when it was asked what must be lost; it is looked at once."""
        answer, self.scarcity.answer = self.scarcity.answer, None
        return answer

    @property
    def _price(self) -> int:
        """What it costs to leave a dose out."""
        return self.scarcity.problem.weights.unplaced

    def _begin_from(self, answer: Answer) -> None:
        model = self.scarcity.model
        model.clear_hints()  # type: ignore[no-untyped-call]  # OR-Tools left it so
        for index, value in enumerate(answer.values):
            model.add_hint(model.get_int_var_from_proto_index(index), value)

    # ---- days ------------------------------------------------------------------------------

    def _know_better(self, shifts: Mapping[int, Shift]) -> bool:
        """Put the days into the question that lose most; whether there were any."""
        lossy = sorted((day for day, shift in shifts.items() if shift.lost), reverse=True)
        broken = sorted(lossy, key=lambda day: -shifts[day].lost)[:DAYS_AT_ONCE]
        for day in broken:
            room, kinds = self._room(self.scarcity.model, day), self.scarcity.wanted[day]
            for kind, doses in kinds.items():
                numbers = room.begin(kind, len(doses)).values()
                self.scarcity.model.add(sum(numbers) == sum(dose.stands for dose in doses))
            room.close()
        return bool(broken)

    def _room(self, model: cp_model.CpModel, day: int) -> Room:
        hours = self.scarcity.ceilings.hours(day)
        return Room(model, hours, self.scarcity.problem.full_load)

    def _shift(self, day: int, answer: Answer) -> Shift:
        """When the doses of a day start, and who monitors them, as many as can be held.

        Once the time is up, as many as are placed by hand.
        """
        kinds = self.scarcity.wanted[day]
        numbers = {kind: len(standing_in(doses, answer)) for kind, doses in kinds.items()}
        wanted = tuple((kind, number) for kind, number in numbers.items() if number)
        key = (self.scarcity.ceilings.hours(day), wanted)
        self.scarcity.stop.go_on()
        if key not in self._known:
            shift = self.scarcity.by_hand(day, answer, TRIES_BY_HAND)
            in_time = self.scarcity.stop.seconds_left > 0
            self._known[key] = self._exactly(day, wanted) if shift.lost and in_time else shift
        return self._known[key]

    def _exactly(self, day: int, wanted: tuple[tuple[Kind, int], ...]) -> Shift:
        """All of them if that is soon found, else as many as is found."""
        found = self._held(day, wanted, all_of_them=True)
        return found or self._held(day, wanted, all_of_them=False) or Shift(0, {})

    def _held(
        self, day: int, wanted: tuple[tuple[Kind, int], ...], *, all_of_them: bool
    ) -> Shift | None:
        model = cp_model.CpModel()
        room = self._room(model, day)
        begun = {kind: room.begin(kind, number) for kind, number in wanted}
        for kind, number in wanted:
            started = cp_model.LinearExpr.sum(list(begun[kind].values()))
            model.add(started == number if all_of_them else started <= number)
        room.close()
        if not all_of_them:
            model.maximize(sum(number for numbers in begun.values() for number in numbers.values()))
        solver = a_solver(UNITS_A_DAY)
        status = solver.solve(model)
        self.scarcity.stop.spend(solver.response_proto.deterministic_time)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return _shift_of(begun, room, solver, sum(number for _, number in wanted))

    # ---- what comes of it ------------------------------------------------------------------

    def _beginning(self, cost: int, answer: Answer, shifts: Mapping[int, Shift]) -> Beginning:
        made = [choice for choice in self.scarcity.choices if answer.of(choice.made)]
        series = {
            (choice.patient, activity): joined
            for choice in made
            for activity, joined in choice.series.items()
        }
        patients = [choice.patient for choice in made]
        return Beginning(cost, patients, series, list(self._begun(answer, shifts)))

    def _begun(self, answer: Answer, shifts: Mapping[int, Shift]) -> Iterator[Begun]:
        for day, shift in shifts.items():
            begin = self.scarcity.problem.calendar.day_starts[day]
            for kind, doses in self.scarcity.wanted[day].items():
                starts = iter(shift.starts.get(kind, ()))
                for dose in standing_in(doses, answer):
                    start = next(starts, None)
                    mask = kind.starts if start is None else 1 << start.tick
                    yield Begun(dose.block, mask << begin, start.monitors if start else ())


def _shift_of(
    begun: Mapping[Kind, Mapping[int, cp_model.IntVar]],
    room: Room,
    solver: cp_model.CpSolver,
    wanted: int,
) -> Shift:
    """What a solver has found for a day on which so many are wanted."""
    left = Counter({held: solver.value(number) for held, number in room.holders.items()})
    starts = {
        kind: [
            Start(tick, _monitors(left, kind, tick))
            for tick, number in numbers.items()
            for _ in range(solver.value(number))
        ]
        for kind, numbers in begun.items()
    }
    return Shift(wanted - sum(map(len, starts.values())), starts)


def _monitors(left: Counter[Held], kind: Kind, tick: int) -> tuple[int, ...]:
    """Who monitors each stage of one session; then so much less is left of theirs."""
    return tuple(_taken(left, kind, tick, stage) for stage in kind.footprint.stages)


def _taken(left: Counter[Held], kind: Kind, start: int, stage: tuple[int, int, int]) -> int:
    """The number of a monitor who holds one more such stage; it is then one less."""
    offset = stage[0]
    for held, number in left.items():
        if number > 0 and held[:3] == (kind.footprint, start, offset):
            left[held] -= 1
            return held[3]
    raise AssertionError(f"nobody holds the stage at {start + offset}")
