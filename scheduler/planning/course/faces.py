"""Whom a patient may meet: the families of sessions that want the same person.

A family is what an activity heads by ``same_person_as``. Each person beyond the first costs a new
face, or is forbidden where the same person is required.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations

from scheduler.planning.course.asking import Faces, Request, family_of
from scheduler.planning.ledger import face_position


@dataclass(frozen=True)
class Family:
    """A family of sessions: whom it can meet, whom it has met, and whether it must be one."""

    name: str
    required: bool
    people: tuple[str, ...]
    met: frozenset[str]

    def choices(self) -> list[frozenset[str]]:
        """Every set of people whom it may meet, with those of them whom it has met anyway.

        Where there is none, only those met; so nobody where nobody can.
        """
        known = self.met & set(self.people)
        most = 1 if self.required else len(self.people)
        sets = (combinations(self.people, size) for size in range(1, most + 1))
        found = [frozenset(people) for people in chain.from_iterable(sets)]
        return [people for people in found if known <= people] or [known]


class Families:
    """The families of one request, by name; the faces of the request do not matter."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.all = list(self._find())

    def _find(self) -> Iterator[Family]:
        able: dict[str, set[str]] = {}
        required: set[str] = set()
        mine = self.request.problem.of_patient(self.request.patient)
        for occurrence in mine if self.request.part is None else self.request.part:
            position, need = face_position(occurrence), occurrence.activity.same_person_need
            if position is None or need is None:
                continue
            name = family_of(occurrence.activity)
            if need.same_person == "required":
                required.add(name)
            crews = self.request.problem.shape(occurrence.activity).crews
            able.setdefault(name, set()).update(crew[position] for crew in crews)
        for name, people in sorted(able.items()):
            met = frozenset(self._met(name))
            yield Family(name, name in required, tuple(sorted(people)), met)

    def _met(self, family: str) -> Iterator[str]:
        for occurrence in self.request.standing:
            crew = self.request.board.placed[occurrence].crew
            position = face_position(occurrence)
            if position is None or position >= len(crew):
                continue
            if family_of(occurrence.activity) == family:
                yield crew[position]

    def left_open(self, faces: Faces) -> list[Family]:
        """The families for which nobody is chosen yet."""
        return [family for family in self.all if family.name not in faces]

    def new_faces(self, faces: Faces) -> int:
        """What the people of a choice cost, those already met included."""
        more = sum(
            max(0, len(faces[family.name] | family.met) - 1)
            for family in self.all
            if family.name in faces and not family.required
        )
        return more * self.request.weights.new_face

    def with_one_more(self, faces: Faces) -> Iterator[Faces]:
        """Every set of people for the next family that has none."""
        family = self.left_open(faces)[0]
        for people in family.choices():
            yield {**faces, family.name: people}
