"""The sessions of a pathway on the screen: how long, how often, with whom, how far apart."""

from collections.abc import Iterator
from datetime import timedelta

from api.cli.protocol_lines import cited, elapsed_text, together
from pathways.levels import levels
from pathways.model import LocationNeed, RoleNeed, Weeks
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity


def level_lines(pathway: LibraryPathway) -> Iterator[str]:
    """The level of care in each week."""
    for block in pathway.levels:
        source = cited(block, "weeks", "level")
        yield f"{weeks_text(block.weeks)}: {levels()[block.level].title}{source}"


def weeks_text(weeks: Weeks) -> str:
    """``weeks 1-4``, ``week 6``."""
    return f"week {weeks.first}" if weeks.first == weeks.last else f"weeks {weeks}"


def session_lines(pathway: LibraryPathway) -> Iterator[str]:
    """Every activity, with all that holds of its occurrences."""
    for activity in pathway.activities:
        details = (_what(activity), _when(activity), _apart(activity), _asks(activity))
        told = (", ".join(parts) for parts in map(list, details) if parts)
        yield together(f"{activity.title} ({activity.id})", told)


def _what(activity: LibraryActivity) -> Iterator[str]:
    yield activity.modality
    yield _length(activity)
    yield from _needs(activity)
    if activity.method:
        yield f"method {activity.method}"
    if activity.same_person_as:
        yield f"the same person as in {activity.same_person_as}"
    if activity.with_partner:
        yield "both partners together"


def _length(activity: LibraryActivity) -> str:
    if activity.visit:
        return f"{activity.length // timedelta(minutes=1)} min, stage by stage below"
    if activity.meeting_minutes:
        return f"{activity.meeting_minutes} min{cited(activity, 'meeting_minutes')}"
    return f"{activity.minutes} min{cited(activity, 'minutes')}"


def _needs(activity: LibraryActivity) -> Iterator[str]:
    for need in activity.needs:
        if isinstance(need, LocationNeed) and need.location != "virtual":
            yield need.location
        elif isinstance(need, RoleNeed):
            same = f" ({need.same_person} the same)" if need.same_person else ""
            yield f"{need.role}{f' for {need.skill}' if need.skill else ''}{same}"


def _when(activity: LibraryActivity) -> Iterator[str]:
    if activity.schedule:
        blocks = ", ".join(f"{b.per_week} in {weeks_text(b.weeks)}" for b in activity.schedule)
        yield f"a week: {blocks}{cited(activity, 'schedule')}"
    if activity.after:
        lag = activity.after.lag
        span = f"{elapsed_text(lag.min)} to {elapsed_text(lag.max)} after {activity.after.activity}"
        yield f"{span}, best {elapsed_text(lag.ideal)}{cited(activity, 'after')}"
    if activity.preceded_by:
        names = " and ".join(f"{b.activity} {b.occurrence}" for b in activity.preceded_by)
        yield f"waits for {names}{cited(activity, 'preceded_by')}"


def _apart(activity: LibraryActivity) -> Iterator[str]:
    if activity.min_days_between:
        days = f"{activity.min_days_between} days{cited(activity, 'min_days_between')}"
        yield f"at least {days} apart"
    if activity.max_in_days:
        most = activity.max_in_days
        yield f"at most {most.count} in {most.days} days{cited(activity, 'max_in_days')}"
    if activity.spaced_with:
        yield f"counting those of {activity.spaced_with}"
    if activity.gap_before:
        yield f"{activity.gap_before} min after anything else{cited(activity, 'gap_before')}"
    if activity.rest_of_day:
        yield "nothing after it that day"


def _asks(activity: LibraryActivity) -> Iterator[str]:
    if activity.devices:
        counts = f"{', '.join(map(str, activity.devices))}{cited(activity, 'devices')}"
        yield f"devices by session, the last for all that follow: {counts}"
    if activity.needs_clearance:
        yield f"clearances: {', '.join(activity.needs_clearance)}"
    if activity.needs_authorization:
        yield f"a unit of {activity.needs_authorization}"
    if activity.no_driving:
        yield "no driving afterwards"
    if activity.signs_papers:
        yield "papers are signed in it"
    if activity.programme_hours:
        yield "counts as programme hours"
    if activity.aims:
        yield f"aims: {'; '.join(activity.aims)}"


def visit_lines(pathway: LibraryPathway) -> Iterator[str]:
    """The stages of each dose visit."""
    for visit in pathway.visits:
        for stage in visit.stages:
            watched, there = "", ", prescriber on site" if stage.prescriber_on_site else ""
            if stage.monitor_ratio:
                source = cited(stage, "monitor_ratio") or cited(visit, "monitor_ratio")
                watched = f", one nurse for {stage.monitor_ratio}{source}"
            minutes = f"{stage.minutes} min{cited(stage, 'minutes') or cited(visit, 'minutes')}"
            yield f"{visit.title}, {stage.id} ({stage.phase}): {minutes}{watched}{there}"
