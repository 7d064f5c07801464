"""Asking the solver one neighbourhood, and putting its answer on the board."""

from collections.abc import Mapping
from typing import TypeVar

from ortools.sat.python import cp_model

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.ledger import face_position
from scheduler.planning.placements import Placement, booked_placement
from scheduler.planning.solving.constraints import CONSTRAINTS
from scheduler.planning.solving.constructing import put
from scheduler.planning.solving.neighbourhood import Candidate, Neighbourhood
from scheduler.planning.solving.objective import TERMS
from scheduler.planning.solving.pooling import pool
from scheduler.planning.solving.posing import Answer, Effort, Membership
from scheduler.planning.solving.serving import Serving
from scheduler.planning.solving.waiting import solved
from scheduler.planning.stopping import Stop

K = TypeVar("K")


class Question:
    """A neighbourhood with its constraints and costs, ready to be asked."""

    def __init__(
        self,
        board: Board,
        free: list[Occurrence],
        memberships: list[Membership],
        within: Mapping[Occurrence, int] | None = None,
    ) -> None:
        self.board = board
        self.near = Neighbourhood(board, free, memberships, within)
        for constraint in CONSTRAINTS:
            constraint(self.near)
        self.serving = Serving(self.near)
        self.serving.agree_with_faces()
        if self.serving.choices:
            pool(self.near)
        self.near.model.minimize(sum(cost for term in TERMS for cost in term(self.near)))
        self._solver = cp_model.CpSolver()

    def begin_from(
        self, placements: dict[Occurrence, Placement], series: dict[Membership, str], stop: Stop
    ) -> None:
        """Begin the search from where things stood."""
        self._hint(placements, series)
        self._complete_hint(stop)

    def _complete_hint(self, stop: Stop) -> None:
        """Hint all that follows from what is hinted, too, if that is an answer.

        A hint with gaps is filled by guesses, and the search begins far from where things stood.
        """
        model, solver = self.near.model, cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.catch_sigint_signal = False
        solver.parameters.fix_variables_to_their_hinted_value = True
        if solved(solver, model, stop) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            model.clear_hints()  # type: ignore[no-untyped-call]  # the library says no types
            for index, value in enumerate(solver.response_proto.solution):
                model.add_hint(model.get_int_var_from_proto_index(index), value)

    def _hint(self, placements: dict[Occurrence, Placement], series: dict[Membership, str]) -> None:
        for occurrence, candidates in self.near.candidates.items():
            stood = placements.get(occurrence)
            for candidate in candidates:
                here = stood is not None and (candidate.start, candidate.series) == (
                    stood.start,
                    stood.series,
                )
                self.near.model.add_hint(candidate.chosen, here)
            self.serving.hint(occurrence, stood)
        for key, joined in self.near.joined.items():
            for name, chosen in joined.items():
                self.near.model.add_hint(chosen, series.get(key) == name)

    def ask(self, effort: Effort) -> Answer:
        """Search; the answer's numbers are of the free part alone."""
        parameters = self._solver.parameters
        parameters.num_workers = 1
        # A solver that takes Ctrl-C for itself ends one answer, or the program, but no search.
        parameters.catch_sigint_signal = False
        parameters.random_seed = effort.seed
        # The model is time-indexed and its relaxation nearly whole: measured on weeks of one
        # patient, a light presolve and the full relaxation are 2.5 times faster than the defaults.
        parameters.linearization_level = 2
        parameters.cp_model_probing_level = 0
        parameters.max_presolve_iterations = 1
        parameters.symmetry_level = 0
        parameters.max_deterministic_time = effort.units
        status = solved(self._solver, self.near.model, effort.stop)
        found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        return Answer(
            found=found,
            optimal=status == cp_model.OPTIMAL,
            cost=round(self._solver.objective_value) if found else 0,
            bound=max(0, -int(-self._solver.best_objective_bound // 1)),
            units=self._solver.response_proto.deterministic_time,
        )

    def put_answer(self) -> bool:
        """Put what was found on the board; False where it cannot be served after all."""
        for key, joined in self.near.joined.items():
            chosen = [name for name, variable in joined.items() if self._solver.value(variable)]
            self.board.series[key] = chosen[0] if chosen else None
        return all(
            self._put(occurrence, candidate)
            for occurrence, candidates in self.near.candidates.items()
            for candidate in candidates
            if self._solver.value(candidate.chosen)
        )

    def _put(self, occurrence: Occurrence, candidate: Candidate) -> bool:
        if occurrence.is_meeting:
            place = self.board.attendance(occurrence)
            if place is not None:
                self.board.place(occurrence, place)
            return place is not None
        if occurrence in self.serving.choices:
            self.board.place(occurrence, self._served(occurrence, candidate))
            return True
        keep = self.near.keeps.get(occurrence)
        prefer = None
        if keep is not None and self._solver.value(keep):
            prefer = booked_placement(self.board.problem, occurrence)
        return put(self.board, occurrence, candidate.start, prefer, self._faces(occurrence))

    def _faces(self, occurrence: Occurrence) -> set[str] | None:
        """The faces of its family that the answer uses; None where it belongs to none."""
        if face_position(occurrence) is None:
            return None
        used: set[str] | None = None
        for family in self.near.families:
            if occurrence in family.members:
                faces = {n for n, v in family.faces.items() if self._solver.value(v)}
                used = faces if used is None else used & faces
        return used

    def _served(self, occurrence: Occurrence, candidate: Candidate) -> Placement:
        choices = self.serving.choices[occurrence]
        monitors: list[str | None] = []
        for held in choices.monitors:
            monitors.append(self._chosen(held))
        return Placement(
            candidate.start,
            candidate.end,
            self._chosen(choices.places),
            self._chosen(choices.crews) or (),
            tuple(monitors),
        )

    def _chosen(self, options: dict[K, cp_model.IntVar]) -> K | None:
        return next((name for name, v in options.items() if self._solver.value(v)), None)
