"""When each free session of a patient could start, all else standing as it is on the board."""

from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import span_mask
from scheduler.planning.course.asking import Request
from scheduler.planning.placements import Placement

Attended = list[tuple[Occurrence, Placement]]
"""Meetings that a patient can attend, and where."""


def attended_meetings(request: Request) -> Attended:
    """The meetings of the patient's series that can be attended."""
    found = []
    for occurrence in request.meetings:
        place = request.board.attendance(occurrence)
        wanted = place is not None and request.board.wanted(occurrence)
        if wanted and place and not request.board.broken_by_attending(occurrence):
            found.append((occurrence, place))
    return found


class StartsFinder:
    """Finds the starts of one session after the other, those of anchors first."""

    def __init__(self, request: Request, attended: Attended) -> None:
        self.request = request
        self.board = request.board
        self.problem = request.problem
        self.places = dict(attended)
        self.found: dict[Occurrence, int] = {}

    def find(self) -> dict[Occurrence, int]:
        """The starts of every free session, a bit for each tick; like ones are asked once."""
        shared: dict[tuple[str, int], int] = {}
        for occurrence in self.request.free:
            if occurrence.week is None or not self._is_like_others(occurrence):
                self.found[occurrence] = self._starts_of(occurrence)
                continue
            key = (occurrence.activity.id, occurrence.week)
            if key not in shared:
                shared[key] = self._starts_of(occurrence)
            self.found[occurrence] = shared[key]
        return self.found

    def _is_like_others(self, occurrence: Occurrence) -> bool:
        """Whether nothing tells it apart from the free sessions of its activity and week."""
        return not (
            occurrence.booked is not None
            or self.request.stands_beside(occurrence)
            or self.request.is_followed_by_what_stands(occurrence)
        )

    def _starts_of(self, occurrence: Occurrence) -> int:
        domain = self._domain(occurrence)
        for _, mask in self.board.rules(occurrence, domain):
            domain &= mask
        domain &= self._after_meetings(occurrence)
        if not domain:
            return 0
        faces = self.request.allowed_faces(occurrence)
        return self.board.ledger.servable(occurrence, faces, domain)

    def _after_meetings(self, occurrence: Occurrence) -> int:
        """The starts after all meetings that have to come first; none where one is missed."""
        ends, never = [0], self.problem.calendar.end
        for before in occurrence.activity.preceded_by:
            key = (self.request.patient, before.activity, before.occurrence)
            meeting = self.problem.asked.by_key.get(key)
            if meeting in self.request.meetings and self.board.wanted(meeting):
                place = self.places.get(meeting)
                ends.append(place.end if place else never)
        return span_mask(max(ends), never)

    def _domain(self, occurrence: Occurrence) -> int:
        """The starts within a session's week, or within the lags after any start of its anchor."""
        if not occurrence.anchors or occurrence.anchors[0] in self.board.placed:
            return self.board.domain(occurrence)
        anchor = occurrence.anchors[0]
        held = self.found.get(anchor, 0)
        if not held:
            return 0
        length = self.request.length(anchor)
        low, high = self.request.lag(occurrence)
        first = (held & -held).bit_length() - 1 + length + low
        last = held.bit_length() - 1 + length + high
        return self.problem.starts(self.request.length(occurrence)) & span_mask(
            first, min(last + 1, self.problem.calendar.end)
        )
