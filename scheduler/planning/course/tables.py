"""The tables of a course's days: offers, walks through a day, the costs of lags."""

from typing import NamedTuple

import numpy as np

from scheduler.planning.course.course import Course
from scheduler.planning.course.day import NEVER, Costs, Day, Offer, Question
from scheduler.planning.course.state import Anchor, Move, Today
from scheduler.planning.course.weeks import Block


class Answer(NamedTuple):
    """The walks of a day, and which marked blocks may end it, by their numbers in the week."""

    day: Day
    lasts: tuple[int, ...]


class Tables:
    """What is asked of one course's days; days with equal questions share answers in ``known``.

    Starts are in slots since the day's beginning, ends and lags in ticks.
    """

    def __init__(self, course: Course, known: dict[Question, Day]) -> None:
        self.course = course
        self.known = known
        self._offers: dict[tuple[int, int], Offer] = {}
        self._keyed: dict[tuple[int, str], Offer] = {}
        self._own: dict[tuple[int, int], Offer] = {}
        self._answers: dict[tuple[int, str | None, int, tuple[tuple[int, int], ...]], Answer] = {}
        self._asked_with: dict[int, str] = {}
        """The follow-up with which a day has been asked about, so as to ask but once."""
        self._ends: dict[Anchor, Costs] = {}
        self._lags: dict[tuple[int, Anchor, int], Costs] = {}

    # ---- offers ----------------------------------------------------------------------------

    def offer(self, block: Block, day: int) -> Offer:
        """Where the sessions of a block may start on a day."""
        key = (block.sessions[0].index, day)
        if key not in self._offers:
            self._offers[key] = self.course.offer(block.sessions, day, block.most)
        return self._offers[key]

    def own_offer(self, index: int, day: int) -> Offer:
        """Where one session may start on a day."""
        key = (index, day)
        if key not in self._own:
            self._own[key] = self.course.offer([self.course.numbered[index]], day)
        return self._own[key]

    def may_start(self, index: int, day: int) -> bool:
        """Whether a session may start on a day."""
        return bool(self.own_offer(index, day).starts)

    def follow_up_starts(self, index: int, day: int) -> tuple[int, ...]:
        """The slots at which follow-ups like one may start on a day, its own or not."""
        return self._keyed_offer(self.course.numbered[index].activity.id, day).starts

    def _keyed_offer(self, activity: str, day: int) -> Offer:
        """The starts of an activity's follow-ups; what they cost depends on their anchors."""
        key = (day, activity)
        if key not in self._keyed:
            like = [o for o in self.course.free if o.activity.id == activity]
            offer = self.course.offer(like, day)
            self._keyed[key] = offer._replace(costs=tuple(0 for _ in offer.starts))
        return self._keyed[key]

    def own_costs(self, index: int, day: int, starts: tuple[int, ...]) -> Costs:
        """What each of some starts of a day costs a session; `NEVER` where it cannot start."""
        offer = self.own_offer(index, day)
        found = dict(zip(offer.starts, offer.costs, strict=True))
        return np.array([found.get(start, NEVER) for start in starts], dtype=np.int64)

    # ---- days ------------------------------------------------------------------------------

    def answer(self, today: Today, move: Move) -> Answer:
        """The walks of a day with what a move adds to it."""
        follow = move.follow
        activity = self.course.numbered[follow[0]].activity.id if follow else None
        activity = activity or self._asked_with.get(today.day)
        key = (today.day, activity, move.variant, move.marked)
        if key not in self._answers:
            lasts = tuple(number for number, block in enumerate(today.marked) if block.last)
            question = self._question(today, activity, move, lasts)
            if question not in self.known:
                self.known[question] = Day(question)
            self._answers[key] = Answer(self.known[question], lasts)
            if activity is not None:
                self._asked_with.setdefault(today.day, activity)
        return self._answers[key]

    def _question(
        self, today: Today, follow: str | None, move: Move, lasts: tuple[int, ...]
    ) -> Question:
        course, day = self.course, today.day
        chosen = [today.marked[number].sessions[session] for number, session in move.marked]
        plain = [self.offer(block, day) for block in today.plain]
        plain += [self.own_offer(session.index, day) for session in chosen]
        return Question(
            slots=course.agenda.slots(day),
            fixed=course.agenda.variants(day)[move.variant].fixed,
            plain=tuple(plain),
            keyed=self._keyed_offer(follow, day) if follow is not None else None,
            last=tuple(self.offer(today.marked[number], day) for number in lasts),
            trip=course.trip_on(day),
            idle=course.idle_on(day),
        )

    # ---- anchors and lags ------------------------------------------------------------------

    def ends(self, anchor: Anchor) -> Costs:
        """The ticks at which an anchor may end, one for each index of its axis."""
        if anchor not in self._ends:
            self._ends[anchor] = self._ends_of(*anchor)
        return self._ends[anchor]

    def _ends_of(self, activity: str, day: int) -> Costs:
        for standing, end in self.course.agenda.anchors_on(day):
            if standing.activity.id == activity:
                return np.array([end], dtype=np.int64)
        marked = Today(day, self.course.week_of(day)).marked
        block = next(block for block in marked if block.last and block.activity.id == activity)
        length = self.course.request.length(block.sessions[0])
        return self._ticks(day, self.offer(block, day).starts) + length

    def _ticks(self, day: int, slots: tuple[int, ...]) -> Costs:
        begin = self.course.problem.calendar.day_starts[day]
        return begin + self.course.problem.slot * np.array(slots, dtype=np.int64)

    def lag_costs(self, index: int, anchor: Anchor, day: int) -> Costs:
        """What a follow-up costs by its anchor's start and its own on a day."""
        key = (index, anchor, day)
        if key not in self._lags:
            starts = self.follow_up_starts(index, day)
            prices = self.course.prices.of_lags(self.course.numbered[index])
            lags = self._ticks(day, starts)[None, :] - self.ends(anchor)[:, None]
            by_lag = prices[np.clip(lags, -1, len(prices) - 1)]
            self._lags[key] = by_lag + self.own_costs(index, day, starts)
        return self._lags[key]
