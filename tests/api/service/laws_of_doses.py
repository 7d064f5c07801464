"""What no order of steps may break: who is dosed, how they are watched, when they leave.

Each law looks at plain rows with arithmetic of its own. Numbers of minutes and kinds of papers are
the library's; how they are counted is written here anew.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from pathways.protocol.activities import LibraryActivity
from tests.api.service.laws import LAWS as LAWS_OF_BOOKINGS
from tests.api.service.laws import PROTOCOL
from tests.api.service.rows import (
    AHEAD,
    NEW_YORK,
    STANDING,
    Row,
    Rows,
    Step,
    all_of,
    last,
    local_day,
)

NURSING: Final = {"nurse", "charge nurse", "prescriber"}
WAKES: Final = time(6)
FORM_DAYS: Final = 7
CLOSES: Final = time(18, 30)
LAST_WEEKDAY: Final = 4

Need = tuple[str, str, bool]
"""A rule, what it is about, and whether it is met."""


def dose_of(row: Row) -> LibraryActivity | None:
    """The library's dose that an appointment is one of."""
    found = (a for a in PROTOCOL.activities if a.id == row["activity"])
    known = next(found, None)
    return known if known is not None and row["is_dose"] else None


def on_library(rows: Rows, row: Row) -> bool:
    """Whether an appointment is of a course of the library's pathway."""
    enrolments = rows.by_id("enrolment")
    found = enrolments.get(row["enrolment_id"], {})
    return bool(found and found["pathway_id"] == PROTOCOL.id)


def needs_of(rows: Rows, row: Row) -> Iterator[Need]:
    """What must be there before a dose starts, counted anew from what is stored."""
    activity = dose_of(row)
    assert activity is not None
    (patient,) = rows.patients_of(row)
    day, first = local_day(row["start"]), row["activity"] == "first-dose"
    for kind in activity.needs_clearance:
        yield "R-05", kind, _cleared(rows, patient, kind, day)
    screenings = rows.of("screening", patient_id=patient)
    latest = max(screenings, key=lambda one: one["made_at"], default=None)
    yield "R-03", "screening", bool(latest and latest["signed_at"])
    for kind in ("rems", "treatment"):
        signed = rows.of("consent", patient_id=patient, kind=kind)
        yield "R-09", kind, any(one["revoked_at"] is None for one in signed)
    yield "R-44", "cover", bool(rows.of("coverage", patient_id=patient))
    yield "R-47", "drug-on-site", _cleared(rows, patient, "drug-on-site", day)
    looked = rows.of("clearance", patient_id=patient, kind="monitoring-programme")
    yield "R-08", "monitoring-programme", any(one["revoked_at"] is None for one in looked)
    if first:
        yield "R-02", "preparation", _prepared(rows, row)
        for measure in ("PHQ-9", "C-SSRS"):
            answers = rows.of("answer", patient_id=patient, measure=measure)
            yield "R-42", measure, any(one["finished_at"] for one in answers)


def _cleared(rows: Rows, patient: str, kind: str, day: date) -> bool:
    return any(
        one["revoked_at"] is None and one["first"] <= day <= one["last"]
        for one in rows.of("clearance", patient_id=patient, kind=kind)
    )


def _prepared(rows: Rows, row: Row) -> bool:
    enrolment = rows.by_id("enrolment")[row["enrolment_id"]]
    settled = [s for s in enrolment["settled"] if s["outcome"] != "missed"]
    held = rows.of("appointment", enrolment_id=row["enrolment_id"], activity="preparation")
    return any(s["activity"] == "preparation" for s in settled) or any(
        one["status"] == "fulfilled" for one in held
    )


def what_is_missing_has_an_open_gate(step: Step) -> Iterator[str]:
    """17, 18, 19, 25: at once, whatever went missing and by whatever door the dose came."""
    rows = step.after
    for row in rows.tables["appointment"]:
        if dose_of(row) is None or not on_library(rows, row) or row["status"] not in AHEAD:
            continue
        if row["end"] <= step.now:
            continue
        gates = rows.of("gate", appointment_id=row["id"], closed_at=None)
        shut = {gate["rule"] for gate in gates}
        for rule, about, met in needs_of(rows, row):
            if not met and rule not in shut:
                yield f"{row['code']} has no open gate {rule} for {about}"


def a_dose_ends_before_the_clinic_closes(step: Step) -> Iterator[str]:
    """22: as it is planned; that a patient stays longer is a fact."""
    for row in step.standing:
        ends = (row["start"] + _length(step.after, row)).astimezone(NEW_YORK)
        if row["is_dose"] and (ends.time() > CLOSES or ends.weekday() > LAST_WEEKDAY):
            yield f"{row['code']} would end at {ends}"


def nobody_is_dosed_past_what_is_missing(step: Step) -> Iterator[str]:
    """17, 19, 29: in the step in which a drug is given, everything is there or set aside by two."""
    for row, events, given in _newly(step, "given"):
        aside = {(o["rule"], o["about"]) for o in _in_force(step, row)}
        for rule, about, met in needs_of(step.before, row):
            if not met and (rule, about) not in aside:
                yield f"{row['code']} was given without {rule} {about}"
        on_hold = row["hold_reason"] and (row["hold_reason"][:4], "") not in aside
        if on_hold or row["status"] != "checked-in":
            yield f"{row['code']} was given while {row['status']}, held: {row['hold_reason']}"
        if local_day(given["at"]) != local_day(row["start"]):
            yield f"{row['code']} was given on another day"
        yield from _on_the_day(step, row, events, given)


def _on_the_day(step: Step, row: Row, events: list[Row], given: Row) -> Iterator[str]:
    """The form, fresh vital signs, a pressure that lets it begin, a ride home, a nurse."""
    form = last(all_of(_until(events, given), "check-in"), "check-in")
    if form is None or local_day(form["at"]) != local_day(given["at"]):
        yield f"{row['code']} was given without a form of the day"
    elif (form.get("ride") or {}).get("kind") not in ("adult", "service"):
        yield f"{row['code']} was given without a ride home"
    taken = last(_until(events, given), "vitals")
    if taken is None or given["at"] - taken["at"] > timedelta(minutes=30):
        yield f"{row['code']} was given without fresh vital signs"
    else:
        yield from _pressure(row, events, given, taken)
    roles = _roles(step, given["by"])
    if not roles & NURSING or given.get("mg") not in (None, *PROTOCOL.dose_order.allowed_mg):
        yield f"{row['code']}: {given.get('mg')} mg by {sorted(roles)}"


def _pressure(row: Row, events: list[Row], given: Row, taken: Row) -> Iterator[str]:
    line = PROTOCOL.blood_pressure
    decided = [
        e
        for e in all_of(_until(events, given), "decision")
        if e["about"] == "blood pressure" and e["outcome"] == "go ahead" and e["at"] >= taken["at"]
    ]
    high, low = taken.get("systolic") or 999, taken.get("diastolic") or 999
    if high >= line.stop_systolic or low >= line.stop_diastolic:
        yield f"{row['code']} was given at {high}/{low}, which stops it"
    elif (high >= line.decide_systolic or low >= line.decide_diastolic) and not decided:
        yield f"{row['code']} was given at {high}/{low}, which nobody decided on"


def _until(events: list[Row], moment: Row) -> list[Row]:
    return [event for event in events if event["at"] <= moment["at"] and event is not moment]


def _roles(step: Step, account: Any) -> set[str]:
    return set(step.after.by_id("account")[account]["roles"])


def _in_force(step: Step, row: Row) -> list[Row]:
    return [
        one
        for one in step.before.of("override", appointment_id=row["id"], revoked_at=None)
        if one["approved_at"] is not None
        and one["expires_at"] > step.now
        and one["strength"] != "hard"
        and (one["strength"] == "soft" or one["approved_by"] != one["requested_by"])
    ]


def _newly(step: Step, kind: str) -> Iterator[tuple[Row, list[Row], Row]]:
    """Appointments in which an event of a kind was written down in this step."""
    fresh = {row["appointment_id"] for row in step.new("session_event") if row["kind"] == kind}
    for name in fresh:
        row = step.after.by_id("appointment")[name]
        events = step.after.events_of(row)
        found = last(events, kind)
        if found is not None:
            yield row, events, found


def nobody_leaves_before_their_time(step: Step) -> Iterator[str]:
    """20, 21: two hours after the last of the drug, with everything on the list done before."""
    for row, events, left in _newly(step, "discharged"):
        before = _until(events, left)
        given = last(before, "given")
        if given is None:
            yield f"{row['code']} was discharged without a drug"
        else:
            early = _too_early(row, before, left["at"])
            yield from (f"{row['code']} was discharged {says}" for says in early)
        if row["status"] != "fulfilled":
            yield f"{row['code']} was discharged and is {row['status']}"


def _too_early(row: Row, before: list[Row], left: datetime) -> Iterator[str]:
    """What was missing when a patient left; ``before``: all that had happened by then."""
    given = last(before, "given") or {}
    ended = max(e["at"] for e in before if e["kind"] in ("given", "device", "drug ended"))
    devices = 1 + len(all_of(before, "device"))
    ordered = (given.get("mg") or 56) // (PROTOCOL.dose_order.mg_per_device or 1)
    if last(before, "drug ended") is None and devices < ordered:
        yield "before the last device"
    if left - ended < _monitoring(row):
        yield f"after {left - ended}"
    for kind in ("ready", "note given", "ride met"):
        if last(before, kind) is None:
            yield f"without: {kind}"
    if not [e for e in all_of(before, "vitals") if e["at"] >= given["at"] + _PEAK]:
        yield "without vital signs at the peak"


_PEAK: Final = timedelta(minutes=30)


def _monitoring(row: Row) -> timedelta:
    activity = dose_of(row)
    assert activity is not None
    minutes = [s.minutes for s in activity.stages if s.id in ("early-monitoring", "monitoring")]
    return timedelta(minutes=sum(minutes))


def what_was_given_is_never_as_if_it_had_not_been(step: Step) -> Iterator[str]:
    """20, 26: a session with a drug in it goes on to its end; nobody cancels or misses it."""
    for row in step.after.tables["appointment"]:
        given = last(step.after.events_of(row), "given") if row["is_dose"] else None
        if given is not None and row["status"] not in ("checked-in", "fulfilled"):
            yield f"{row['code']} had its drug, and is {row['status']}"
        if row["is_dose"] and given is None and row["status"] == "fulfilled":
            yield f"{row['code']} had no drug, and is fulfilled"


def nobody_drives_before_the_next_morning(step: Step) -> Iterator[str]:
    """36: the note ends on the clinic's next date at six, whatever the clocks do in between."""
    for row in step.after.tables["appointment"]:
        given = last(step.after.events_of(row), "given") if dose_of(row) else None
        if given is None:
            continue
        next_day = local_day(given["at"]) + timedelta(days=1)
        until = datetime.combine(next_day, WAKES, NEW_YORK)
        notes = [note for note in row["notes"] if note["kind"] == "no-driving"]
        ends = [datetime.fromisoformat(note["until"]) for note in notes]
        if ends != [until]:
            yield f"{row['code']}: no driving until {ends}, not {until}"


def the_form_is_asked_for_from_the_drug_on(step: Step) -> Iterator[str]:
    """27: due in the last minute of the seventh day of the calendar, and it never goes away."""
    for row in step.after.tables["appointment"]:
        events = step.after.events_of(row) if dose_of(row) else []
        given = last(events, "given")
        if given is None:
            continue
        tasks = step.after.of("task", kind="monitoring-form", subject_id=str(row["id"]))
        due = datetime.combine(
            local_day(given["at"]) + timedelta(days=FORM_DAYS), time(23, 59), NEW_YORK
        )
        waiting = [task for task in tasks if task["open_key"]]
        if not tasks or any(task["due_at"] != due for task in waiting):
            yield f"{row['code']}: the form is due {[t['due_at'] for t in tasks]}, not {due}"
        if not waiting and not any(t["done_by"] for t in tasks) and not last(events, "form filed"):
            yield f"{row['code']}: nobody files the form"


def what_follows_a_dose_stays_in_its_window(step: Step) -> Iterator[str]:
    """24, 26: an integration stands after a dose that stands, or somebody was told."""
    rows = step.after
    for row in rows.tables["appointment"]:
        after = _after(row)
        if after is None or row["status"] not in ("pending", "booked") or _expired(row, step.now):
            continue
        doses = rows.of(
            "appointment",
            enrolment_id=row["enrolment_id"],
            activity=after[0],
            occurrence=row["occurrence"],
        )
        standing = [dose for dose in doses if dose["status"] in STANDING]
        lags = [row["start"] - (dose["start"] + _length(rows, dose)) for dose in standing]
        if not any(after[1] <= lag <= after[2] for lag in lags) and not rows.told(row):
            yield f"{row['code']} follows nothing: {lags}"


def _expired(row: Row, now: datetime) -> bool:
    return bool(row["status"] == "pending" and row["held_until"] <= now)


def _after(row: Row) -> tuple[str, timedelta, timedelta] | None:
    activity = next((a for a in PROTOCOL.activities if a.id == row["activity"]), None)
    if activity is None or activity.after is None:
        return None
    lag = activity.after.lag
    return activity.after.activity, lag.min, lag.max


def _length(rows: Rows, row: Row) -> timedelta:
    """How long a dose was planned; the clinic's own takes an hour and a half."""
    activity = dose_of(row) if on_library(rows, row) else None
    minutes = [stage.minutes for stage in activity.stages] if activity else [90]
    return timedelta(minutes=sum(minutes))


LAWS: Final = (
    *LAWS_OF_BOOKINGS,
    what_is_missing_has_an_open_gate,
    a_dose_ends_before_the_clinic_closes,
    nobody_is_dosed_past_what_is_missing,
    nobody_leaves_before_their_time,
    what_was_given_is_never_as_if_it_had_not_been,
    nobody_drives_before_the_next_morning,
    the_form_is_asked_for_from_the_drug_on,
    what_follows_a_dose_stays_in_its_window,
)
