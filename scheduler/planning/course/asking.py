"""What is asked about one patient, everything else standing as it is on a board.

What the answer leaves out makes plans cheaper and never dearer, so that it is a bound at least: the
order of two sessions of a day, units that run out, and series of a group that a patient might
rather stay away from.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from pathways.model import Activity
from pathways.scenario import Weights
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.ledger import face_position
from scheduler.planning.problem import Problem

LATE = timedelta(days=7)
"""A follow-up that may not come sooner than this is one that comes late."""

Faces = Mapping[str, frozenset[str]]
"""Who may be met, by the activity that heads a family; a family left out meets anyone."""


class NotAWalk(ValueError):
    """The weeks of ``patient`` hold something that a walk through days cannot say."""

    def __init__(self, patient: str, why: str) -> None:
        super().__init__(f"{patient}: {why}")
        self.patient = patient


@dataclass(frozen=True, eq=False)
class Crowd:
    """Others who are not on the board, and what it costs to start where they leave no room.

    ``starts`` are those that they leave free, a bit for each tick.
    """

    starts: Mapping[Occurrence, int]
    price: int

    def cost(self, occurrence: Occurrence, start: int) -> int:
        """What it costs, besides all else, to start at a tick."""
        return 0 if self.starts.get(occurrence, 0) >> start & 1 else self.price

    def look(self, occurrence: Occurrence, starts: int, begin: int = 0) -> Hashable:
        """All that the costs of some starts hang on, which are bits for ticks after ``begin``."""
        dear = starts & ~(self.starts.get(occurrence, 0) >> begin)
        return dear and (dear, self.price)


@dataclass(frozen=True, eq=False)
class Request:
    """The best course of a patient, or of a part of it, who has only locked appointments besides.

    The series of groups are those of the board. With ``part`` only these occurrences are asked
    for, and all else of the patient that is on the board stands. Without ``attends`` no meeting
    is attended, and waiting costs nothing; with ``may_skip`` the patient may stay away from
    meetings that could be attended. A ``crowd`` makes starts dearer.
    """

    board: Board
    patient: str
    faces: Faces = field(default_factory=dict)
    part: Collection[Occurrence] | None = None
    attends: bool = True
    may_skip: bool = False
    crowd: Crowd | None = None

    @cached_property
    def problem(self) -> Problem:
        """What no plan can change."""
        return self.board.problem

    @cached_property
    def activities(self) -> tuple[Activity, ...]:
        """The activities of the patient's pathway."""
        return self.problem.pathways[self.patient].activities

    @property
    def weights(self) -> Weights:
        """What the scenario charges for each kind of thing, in units of cost."""
        return self.problem.weights

    @property
    def is_whole(self) -> bool:
        """Whether a whole course is asked for, and not a part of one."""
        return self.part is None

    @cached_property
    def asked(self) -> list[Occurrence]:
        """What may be placed: what is not locked, or the part."""
        if self.part is not None:
            return list(self.part)
        return [o for o in self.problem.of_patient(self.patient) if not o.locked]

    @cached_property
    def free(self) -> list[Occurrence]:
        """The sessions asked for that are the patient's alone."""
        return [o for o in self.asked if not o.is_meeting and len(o.patients) == 1]

    @cached_property
    def meetings(self) -> list[Occurrence]:
        """The meetings of groups asked for."""
        return [o for o in self.asked if self.attends and o.is_meeting]

    @cached_property
    def standing(self) -> list[Occurrence]:
        """What is on the board already."""
        return [o for o in self.problem.of_patient(self.patient) if o in self.board.placed]

    def stands_beside(self, occurrence: Occurrence) -> bool:
        """Whether another session of the same activity is on the board already."""
        held = self.problem.asked.by_activity[self.patient, occurrence.activity.id]
        return any(other in self.board.placed for other in held)

    def is_followed_by_what_stands(self, occurrence: Occurrence) -> bool:
        """Whether a follow-up of a session is on the board already."""
        return any(follower in self.board.placed for follower in occurrence.followers)

    def length(self, occurrence: Occurrence) -> int:
        """How long a session is, in ticks."""
        return self.problem.shape(occurrence.activity).length

    def slots(self, occurrence: Occurrence) -> int:
        """How long a session is, in slots, the last one perhaps not filled."""
        return -(-self.length(occurrence) // self.problem.slot)

    def lag(self, occurrence: Occurrence) -> tuple[int, int]:
        """The shortest and the longest lag of a follow-up, in ticks."""
        return self.problem.lag(occurrence.activity)

    def follows_late(self, occurrence: Occurrence) -> bool:
        """Whether it comes so long after its anchor that weeks lie between."""
        return self.lag(occurrence)[0] * self.problem.calendar.tick_seconds > LATE.total_seconds()

    def allowed_faces(self, occurrence: Occurrence) -> set[str] | None:
        """Who may meet its need for the same person: those chosen and those who must."""
        must = self.board.faces(occurrence)
        chosen = self.faces.get(family_of(occurrence.activity))
        if chosen is None or face_position(occurrence) is None:
            return must
        return set(chosen) if must is None else must & chosen

    def refuse_what_is_no_walk(self) -> None:
        """Raise `NotAWalk` where something follows what does not end its day, or off the grid."""
        for occurrence in self.free:
            why = self._why_no_walk(occurrence)
            if why:
                raise NotAWalk(self.patient, f"{occurrence} {why}")
        if not self.problem.keeps_slots:
            raise NotAWalk(self.patient, "the grid shifts within a day")

    def _why_no_walk(self, occurrence: Occurrence) -> str:
        followed = any(follower in self.free for follower in occurrence.followers)
        ends_day = occurrence.activity.rest_of_day
        if followed and not ends_day:
            return "is followed, and does not end its day"
        if occurrence.anchors and (followed or ends_day):
            return "follows, and is followed or ends its day"
        if any(anchor.is_meeting for anchor in occurrence.anchors):
            return "follows a meeting"
        return ""


def family_of(activity: Activity) -> str:
    """The activity that heads the family of one."""
    return activity.same_person_as or activity.id
