"""Whom a patient may meet: the families of sessions that want the same person.

A family is what an activity heads by ``same_person_as``. Each person beyond the first costs a new
face, or is forbidden where the same person is required.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations

from scheduler.planning.course.asking import Faces, Request, family_of
from scheduler.planning.ledger import face_position

MOST_NEW = 2
"""A clinic of forty therapists has a million million sets of them; larger ones are not tried."""


@dataclass(frozen=True)
class Family:
    """A family of sessions: whom it can meet, whom it has met, and whether it must be one."""

    name: str
    required: bool
    people: tuple[str, ...]
    met: frozenset[str]

    def choices(self) -> list[frozenset[str]]:
        """Sets of people whom it may meet: those met anyway, and up to `MOST_NEW` more.

        Where there is none, only those met; so nobody where nobody can.
        """
        known, others = self._known, self._others
        sets = (combinations(others, size) for size in range(self._most_new + 1))
        found = [known | set(people) for people in chain.from_iterable(sets)]
        return [people for people in found if people] or [known]

    @property
    def left_out(self) -> int:
        """How many new people the smallest set has that is not among the choices; 0: none is."""
        return MOST_NEW + 1 if len(self._others) > MOST_NEW and not self.required else 0

    @property
    def may_meet_everybody(self) -> bool:
        """Whether one of the choices is all people there are."""
        return len(self._others) <= self._most_new

    @property
    def _known(self) -> frozenset[str]:
        return self.met & set(self.people)

    @property
    def _others(self) -> list[str]:
        return [name for name in self.people if name not in self.met]

    @property
    def _most_new(self) -> int:
        return max(0, 1 - len(self._known)) if self.required else MOST_NEW


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

    def price_left_out(self, faces: Faces) -> int | None:
        """The least new faces cost in a set that is never tried; None where none is.

        It counts the people of the choice so far.
        """
        family = self.left_open(faces)[0]
        if not family.left_out:
            return None
        people = len(family.met) + family.left_out
        return self.new_faces(faces) + (people - 1) * self.request.weights.new_face

    def with_everybody(self, faces: Faces) -> int | None:
        """What new faces cost if each family without a choice meets whoever there is.

        None where that is not among the choices.
        """
        open_ = self.left_open(faces)
        if not all(family.may_meet_everybody for family in open_):
            return None
        return self.new_faces({**faces, **{f.name: frozenset(f.people) for f in open_}})
