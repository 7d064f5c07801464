"""A new group. It takes its room and its facilitator at all its meetings, from now on.

Whatever stands there then, and can stand no more, becomes work, as with every fact. What no patient
could ever join is refused: the planner would never say why.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from pathways import timing
from pathways.model import Activity
from pathways.scenario import Clinic, Group, WeeklyMeeting
from scheduler.acting import Actor
from scheduler.appointments.breaking import Broken, Fact, dates_ahead
from scheduler.appointments.enlarging import added, refuse_between_steps, understood
from scheduler.errors import Clash, NotUnderstood
from scheduler.scenarios.houses import House, house_of
from scheduler.store.tables import GroupSeries, Location, Practitioner


@dataclass(frozen=True)
class NewGroup:
    """A group; ``weekly``: weekday (``day``), ``start`` and ``end`` of each of its meetings."""

    id: str
    activity: str
    capacity: int
    location: str
    facilitator: str
    weekly: Sequence[Mapping[str, str]]


def add_group(
    session: Session, actor: Actor, new: NewGroup, *, now: datetime
) -> tuple[GroupSeries, list[Broken]]:
    """A group meets from now on: the group, and which promises that breaks.

    NotUnderstood where no patient could join it; Clash where another group takes its name, its
    room or its facilitator.
    """
    house = house_of(session, actor.clinic_id)
    _refuse_ended(session, actor, new)
    group = understood(Group, _written(house, new))
    _refuse_taken(house.record, group)
    weekdays = {meeting.day for meeting in group.weekly}
    ahead = dates_ahead(session, actor.clinic_id, now)
    change = Fact(session, actor, [d for d in ahead if timing.weekday(d) in weekdays], now)
    told = group.model_dump(mode="json", exclude={"location", "facilitator"})
    row = GroupSeries(
        clinic_id=actor.clinic_id,
        location_id=group.location,
        facilitator_id=group.facilitator,
        **told,
    )
    kept = added(session, actor, row, "series", now)
    return kept, change.broken("group", ("series", kept.id))


def groups_asked_for(house: House) -> list[Activity]:
    """The groups for which a clinic's pathways ask: each by name, modality and meetings a week."""
    found = {
        (activity.id, activity.modality, _per_week(activity)): activity
        for pathway in house.empty.pathways
        for activity in pathway.activities
        if activity.kind == "group"
    }
    return [found[key] for key in sorted(found)]


def _per_week(activity: Activity) -> int:
    """How often a week a series meets that patients may join for the activity."""
    return activity.schedule[0].per_week


def _written(house: House, new: NewGroup) -> dict[str, Any]:
    """The group as the contract has it, in the modality of its place."""
    kinds = {place.id: place.kind for place in house.record.locations}
    modality = "virtual" if kinds[new.location] == "virtual" else "in-person"
    _refuse_unwanted(house, new, modality)
    told = {name: getattr(new, name) for name in ("id", "activity", "capacity", "location")}
    weekly = [dict(meeting) for meeting in new.weekly]
    return {**told, "facilitator": new.facilitator, "modality": modality, "weekly": weekly}


def _refuse_ended(session: Session, actor: Actor, new: NewGroup) -> None:
    place = session.get(Location, (actor.clinic_id, new.location))
    if place is None or place.retired_on is not None:
        raise NotUnderstood("there is no such place", fix="choose another", place="location")
    leader = session.get(Practitioner, (actor.clinic_id, new.facilitator))
    if leader is None or leader.leaves_on is not None:
        says = "there is no such practitioner"
        raise NotUnderstood(says, fix="choose another", place="facilitator")


def _refuse_unwanted(house: House, new: NewGroup, modality: str) -> None:
    """NotUnderstood where no pathway asks for such a group, there, so often."""
    asked = [one for one in groups_asked_for(house) if one.id == new.activity]
    if not asked:
        says = "no pathway asks for such a group"
        raise NotUnderstood(says, fix="choose another", place="activity")
    often = sorted({_per_week(one) for one in asked if one.modality == modality})
    if not often:
        says = "this group does not meet at such a place"
        raise NotUnderstood(says, fix="choose another", place="location")
    if len(new.weekly) not in often:
        fix = f"let it meet {' or '.join(map(str, often))} times a week"
        raise NotUnderstood("nobody could join it", fix=fix, place="weekly")


def _refuse_taken(clinic: Clinic, group: Group) -> None:
    """Clash where two meetings, of this group or of another one, want the same at once."""
    for number, meeting in enumerate(group.weekly):
        for edge in meeting.window:
            refuse_between_steps(f"weekly.{number}", edge)
        for other, its in _others(clinic, group, number):
            if its.day == meeting.day and _want_the_same(clinic, (group, meeting), (other, its)):
                says = f"{other.id} meets then"
                fix = "choose another time, place or facilitator"
                raise Clash(says, fix=fix, place=f"weekly.{number}")


def _others(clinic: Clinic, group: Group, number: int) -> Iterator[tuple[Group, WeeklyMeeting]]:
    """The meetings of all other groups, and those of this one that stand before its number."""
    yield from ((group, meeting) for meeting in group.weekly[:number])
    for other in clinic.groups:
        yield from ((other, meeting) for meeting in other.weekly)


def _want_the_same(
    clinic: Clinic, one: tuple[Group, WeeklyMeeting], other: tuple[Group, WeeklyMeeting]
) -> bool:
    """Whether two meetings of a weekday share facilitator or room, too near one another."""
    (group, meeting), (second, its) = one, other
    if group.facilitator == second.facilitator and _overlap(meeting, its, 0):
        return True
    place = next(place for place in clinic.locations if place.id == group.location)
    shared = group.location == second.location and place.kind != "virtual"
    return shared and _overlap(meeting, its, place.turnover)


def _overlap(one: WeeklyMeeting, other: WeeklyMeeting, turnover: int) -> bool:
    return one.start < other.end + turnover and other.start < one.end + turnover
