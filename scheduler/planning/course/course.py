"""What one patient may still do on each day, and what it costs: the question a walk answers."""

from collections.abc import Hashable, Iterable
from functools import cached_property

from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import bits, span_mask
from scheduler.planning.course.agenda import Agenda
from scheduler.planning.course.asking import Request
from scheduler.planning.course.day import Offer
from scheduler.planning.course.pricing import Prices
from scheduler.planning.course.starts import StartsFinder, attended_meetings
from scheduler.planning.course.weeks import Week, spaced_activities, weeks_of


class Course:
    """The days of one patient's course, or of one of its weeks.

    ``starts`` are those of each free session, a bit for each tick. Outside of ``days_asked``
    neither trips nor waiting cost anything; None stands for all days.
    """

    def __init__(
        self, agenda: Agenda, starts: dict[Occurrence, int], days_asked: range | None = None
    ) -> None:
        self.agenda = agenda
        self.prices = agenda.prices
        self.request = agenda.request
        self.problem = self.request.problem
        self.starts = starts
        self.free = list(starts)
        self.days_asked = days_asked

    @cached_property
    def weeks(self) -> list[Week]:
        """The weeks of the pathway of which something may be asked."""
        return weeks_of(self.request)

    @cached_property
    def numbered(self) -> dict[int, Occurrence]:
        """The free sessions by their indices."""
        return {occurrence.index: occurrence for occurrence in self.free}

    @cached_property
    def spaced(self) -> set[str]:
        """The activities whose days a rule counts."""
        return spaced_activities(self.request.activities)

    @cached_property
    def sure(self) -> int:
        """What any answer costs: meetings that cannot be attended, or not where booked."""
        return self.prices.sure(self.agenda.attended)

    @cached_property
    def days(self) -> range:
        """The days that the question is about; of a part only those on which it may lie."""
        day_of = self.problem.calendar.day_of
        days = list(self.agenda.anchors)
        for mask in filter(None, self.starts.values()):
            days += [day_of((mask & -mask).bit_length() - 1), day_of(mask.bit_length() - 1)]
        days += [day_of(place.start) for _, place in self.agenda.attended]
        if self.request.is_whole:
            days += [*self.agenda.fixed, *(week.first for week in self.weeks)]
        return range(max(0, min(days, default=0)), max(days, default=-1) + 1)

    def week_of(self, day: int) -> Week | None:
        """The week that owns a day; None after the last, or where nothing of it is asked."""
        for week in self.weeks:
            if week.first <= day < week.first + 7:
                return week
        return None

    def trip_on(self, day: int) -> int:
        """What it costs to come on a day."""
        return self.request.weights.trip_day if self._is_asked_about(day) else 0

    def idle_on(self, day: int) -> int:
        """What a slot of waiting costs on a day."""
        counts = self.request.attends and self._is_asked_about(day)
        return self.request.weights.idle_slot if counts else 0

    def _is_asked_about(self, day: int) -> bool:
        return self.days_asked is None or day in self.days_asked

    def of_week(self, week: Week) -> "Course":
        """The question for one week alone, which never costs more than the week in company.

        What follows its sessions on later days costs neither trips nor waiting there; it may even
        fill what another week waits through. What comes weeks later is left out.
        """
        days = range(week.first, week.first + 7)
        sessions = {o for block in (*week.plain, *week.marked) for o in block.sessions}
        starts = {
            o: mask
            for o, mask in self.starts.items()
            if (o in sessions or sessions & set(o.anchors))
            and not (o.anchors and self.request.follows_late(o))
        }
        alone = Course(self.agenda.within(days), starts, days)
        alone.weeks = [week]
        return alone

    def filled_by_follow_ups(self) -> int:
        """The most that waiting costs which follow-ups may fill in weeks not their anchors'."""
        slots = sum(
            self.request.slots(o) for o in self.free if o.anchors and self.problem.in_person(o)
        )
        return slots * self.request.weights.idle_slot

    def crowded(self, occurrence: Occurrence, starts: int, begin: int = 0) -> Hashable:
        """By what others make some starts dearer, which are bits for ticks after ``begin``."""
        crowd = self.request.crowd
        return 0 if crowd is None else crowd.look(occurrence, starts, begin)

    def offer(self, sessions: Iterable[Occurrence], day: int, most: int = 1) -> Offer:
        """Where any of some like sessions may start on a day; costs are those of the first.

        So many of them at most may stand on the day.
        """
        listed = list(sessions)
        first = listed[0]
        begin, end = self.problem.calendar.day_starts[day : day + 2]
        mask = 0
        for occurrence in listed:
            mask |= self.starts[occurrence]
        slot = self.problem.slot
        starts = [tick // slot for tick in bits(mask >> begin & span_mask(0, end - begin))]
        return Offer(
            starts=tuple(starts),
            costs=tuple(self.prices.of_starts(first, begin, starts)),
            length=self.request.slots(first),
            gap=self.problem.shape(first.activity).gap // slot,
            in_person=self.problem.in_person(first),
            most=most,
        )


def course_of(request: Request) -> Course:
    """The question for a whole request.

    Raises `NotAWalk` where its weeks are no walk: something follows what does not end its day,
    or lies off the grid of slots.
    """
    request.refuse_what_is_no_walk()
    board = request.board
    board.open = frozenset(request.asked)
    try:
        attended = attended_meetings(request)
        starts = StartsFinder(request, attended).find()
    finally:
        board.open = frozenset()
    return Course(Agenda(Prices(request), attended, request.standing), starts)
