"""What is booked already: appointments that can stand, and some that cannot."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pathways import timing
from pathways.model import Activity
from pathways.scenario import Patient, Scenario
from tests.scenarios.dice import Document
from tests.scenarios.hours import Frame


def now(frame: Frame) -> str:
    """An instant before the plan's weeks or in the middle of them; now and then off the grid."""
    dice = frame.dice
    day = frame.first + timedelta(days=dice.between(-3, 7 * frame.weeks // 2))
    tz = timing.zone(frame.zone)
    minute = frame.minute() + (dice.pick([1, 7]) if dice.chance(0.3) else 0)
    return timing.instant(day, minute, tz).astimezone(tz).isoformat()


def bookings(frame: Frame, scenario: Scenario) -> list[Document]:
    """A few appointments of different occurrences."""
    found: dict[tuple[object, ...], Document] = {}
    for _ in range(frame.dice.between(1, 3)):
        patient = frame.dice.pick(scenario.patients)
        activity = frame.dice.pick(scenario.pathway_of(patient).activities)
        document = _meeting if activity.kind == "group" else _session
        made = document(frame, scenario, patient, activity)
        if made is not None:
            identity = (tuple(made["patients"]), made["activity"], made["occurrence"])
            found.setdefault(identity, {**made, "id": f"booked-{len(found)}"})
    return list(found.values())


def _lock(frame: Frame, scenario: Scenario, start: datetime) -> bool:
    """Whether it is locked: what has begun always is."""
    begun = scenario.now is not None and start < scenario.now
    return begun or frame.dice.chance(0.5)


def _week_and_number(frame: Frame, activity: Activity) -> tuple[int, int]:
    """An occurrence of the schedule and the week that it belongs to; for ``after`` a guess."""
    weeks = [w for w in activity.scheduled_weeks for _ in range(activity.per_week(w))]
    number = frame.dice.between(1, len(weeks) or 2)
    return (weeks[number - 1] if weeks else frame.dice.between(1, frame.weeks)), number


def _moment(frame: Frame, patient: Patient, week: int) -> datetime:
    """A time in a week, now and then in another one or off the grid."""
    if frame.dice.chance(0.15):
        week = max(1, week + frame.dice.pick([-1, 1, 2]))
    day = frame.dice.pick(timing.week_dates(patient.start, week))
    minute = frame.minute()
    if frame.dice.chance(0.1):
        minute = min(minute + 5, 1435)
    return timing.instant(day, minute, timing.zone(frame.zone))


def _settled(scenario: Scenario, patients: list[str], activity: Activity, number: int) -> bool:
    return any(
        (settled.activity, settled.occurrence) == (activity.id, number)
        for name in patients
        for settled in scenario.patient(name).settled
    )


def _session(
    frame: Frame, scenario: Scenario, patient: Patient, activity: Activity
) -> Document | None:
    week, number = _week_and_number(frame, activity)
    patients = [patient.id]
    if activity.with_partner:
        partner = patient.partner
        if (
            partner is None
            or activity not in scenario.pathway_of(scenario.patient(partner)).activities
        ):
            return None
        patients = sorted([patient.id, partner])
    if _settled(scenario, patients, activity, number):
        return None
    start = _moment(frame, patient, week)
    tz = scenario.clinic.zone
    crew, location = _crew(frame, scenario, activity), _location(frame, scenario, activity)
    if crew is None:
        return None
    return {
        "patients": patients,
        "activity": activity.id,
        "occurrence": number,
        "start": start.astimezone(tz).isoformat(),
        "end": (start + activity.length).astimezone(tz).isoformat(),
        "modality": activity.modality,
        "location": location,
        "practitioners": crew,
        "stages": _stages(frame, scenario, activity, start, tz),
        "notes": [],
        "locked": _lock(frame, scenario, start),
    }


def _crew(frame: Frame, scenario: Scenario, activity: Activity) -> list[str] | None:
    """One able practitioner for each need; None where the needs cannot be met."""
    crew: list[str] = []
    for need in activity.role_needs:
        able = [
            person.id
            for person in scenario.clinic.practitioners
            if need.role in person.roles and need.skill in (None, *person.skills)
        ]
        able = [name for name in able if name not in crew]
        if not able:
            return None
        crew.append(frame.dice.pick(able))
    return crew


def _location(frame: Frame, scenario: Scenario, activity: Activity) -> str | None:
    kind = activity.location_kind
    able = [place.id for place in scenario.clinic.locations if place.kind == kind]
    return frame.dice.pick(able) if able else None


def _stages(
    frame: Frame, scenario: Scenario, activity: Activity, start: datetime, tz: ZoneInfo
) -> list[Document]:
    monitors = [p.id for p in scenario.clinic.practitioners if "monitor" in p.roles]
    monitor = frame.dice.pick(monitors)
    stages = []
    for stage in activity.stages:
        end = start + timedelta(minutes=stage.minutes)
        stages.append(
            {
                "id": stage.id,
                "start": start.astimezone(tz).isoformat(),
                "end": end.astimezone(tz).isoformat(),
                "practitioner": monitor if stage.monitor_ratio else None,
            }
        )
        start = end
    return stages


def _meeting(
    frame: Frame, scenario: Scenario, patient: Patient, activity: Activity
) -> Document | None:
    """A meeting of one of the activity's series, numbered as it is for this patient."""
    dice, tz = frame.dice, scenario.clinic.zone
    series = [group for group in scenario.clinic.groups if group.activity == activity.id]
    if not series:
        return None
    group = dice.pick(series)
    moments = [
        timing.interval(day, meeting.window, tz)
        for week in activity.scheduled_weeks
        for day in timing.week_dates(patient.start, week)
        for meeting in group.weekly
        if meeting.day == timing.weekday(day)
    ]
    if not moments:
        return None
    number = dice.between(1, len(moments))
    start, end = sorted(moments)[number - 1]
    if start == end or _settled(scenario, [patient.id], activity, number):
        return None
    return {
        "patients": [patient.id],
        "activity": activity.id,
        "occurrence": number,
        "start": start.astimezone(tz).isoformat(),
        "end": end.astimezone(tz).isoformat(),
        "modality": activity.modality,
        "location": group.location,
        "practitioners": [group.facilitator],
        "stages": [],
        "notes": [],
        "locked": _lock(frame, scenario, start),
    }
