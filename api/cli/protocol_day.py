"""The day of a dose on the screen: before it, in the chair, on the way home, at home."""

from collections.abc import Iterator

from api.cli.protocol_lines import cited, elapsed_text
from pathways import timing
from pathways.protocol import LibraryPathway
from pathways.protocol.visiting import Alarm, Instruction, VitalsCheck


def instruction_lines(pathway: LibraryPathway) -> Iterator[str]:
    """What the patient does before a dose, hours written out."""
    for one in pathway.instructions:
        yield f"{one.title}: {_instructed(one)}{cited(one, 'before')}"


def _instructed(one: Instruction) -> str:
    """The words with the time that they leave open; the patient is told it as a clock time."""
    if one.before is None:
        return one.words
    return one.words.replace("{until}", f"{elapsed_text(one.before)} before the drug is given")


def vitals_lines(pathway: LibraryPathway) -> Iterator[str]:
    """Each check of the vital signs, when it is due and who hears of a late one."""
    for check in pathway.vitals.checks:
        must = f"; never skipped{cited(check, 'mandatory')}" if check.mandatory else ""
        name = check.id.replace("-", " ")
        yield f"{name}, {_due(check)}: {', '.join(check.signs)}{must}"
    plan = pathway.vitals
    nurse = f"{elapsed_text(plan.overdue_nurse)}: the nurse{cited(plan, 'overdue_nurse')}"
    charge = elapsed_text(plan.overdue_charge_nurse)
    source = cited(plan, "overdue_charge_nurse")
    yield f"a check that is late by {nurse}, by {charge}: the charge nurse{source}"


def _due(check: VitalsCheck) -> str:
    if check.before_start is not None:
        given = elapsed_text(check.before_start)
        return f"at most {given} before the drug is given{cited(check, 'before_start')}"
    if check.after_start is not None:
        play = f" ± {elapsed_text(check.give)}{cited(check, 'give')}" if check.give else ""
        after = f"{elapsed_text(check.after_start)}{cited(check, 'after_start')}{play}"
        return f"{after} after the drug is first given"
    if check.every is not None:
        return f"every {elapsed_text(check.every)} of the {check.during}{cited(check, 'every')}"
    last = elapsed_text(check.before_end) if check.before_end is not None else ""
    return f"at most {last} before the monitoring ends{cited(check, 'before_end')}"


def pressure_lines(pathway: LibraryPathway) -> Iterator[str]:
    """Blood pressure before the drug, and the signs that call somebody in the session."""
    gate = pathway.blood_pressure
    for words, systolic, diastolic, name in (
        ("above {}: a prescriber decides", gate.decide_systolic, gate.decide_diastolic, "decide"),
        ("from {}: the dose waits", gate.hold_systolic, gate.hold_diastolic, "hold"),
        ("from {}: no dose that day", gate.stop_systolic, gate.stop_diastolic, "stop"),
    ):
        source = cited(gate, f"{name}_systolic", f"{name}_diastolic")
        yield words.format(f"{systolic}/{diastolic} mmHg") + source
    again = f"measured again after {elapsed_text(gate.repeat_after)}{cited(gate, 'repeat_after')}"
    yield f"{again}, {gate.repeats} times at most{cited(gate, 'repeats')}"
    for alarm in pathway.alarms:
        yield f"{alarm.urgency}: {alarm.sign}{_values(alarm)}{cited(alarm, 'sign')}"


def _values(alarm: Alarm) -> str:
    limits = [
        f" {words} {value}"
        for words, value in (
            ("below", alarm.below),
            ("above", alarm.above),
            ("of at least", alarm.at_least),
            ("of at most", alarm.at_most),
        )
        if value is not None
    ]
    return " or".join(limits)


def chair_lines(pathway: LibraryPathway) -> Iterator[str]:
    """Time around the visit, and how many patients a nurse may watch."""
    chair, staff = pathway.chair, pathway.staff
    for words, elapsed, field in (
        ("arrive {} before", chair.arrival_lead, "arrival_lead"),
        ("{} late is still in time", chair.late_grace, "late_grace"),
        (
            "the visit ends {} before closing, for an overrun",
            chair.overrun_buffer,
            "overrun_buffer",
        ),
        ("an overrun is counted in steps of {}", chair.extension_step, "extension_step"),
    ):
        yield words.format(elapsed_text(elapsed)) + cited(chair, field)
    peak = f"{staff.peak_limit} patients{cited(staff, 'peak_limit')} to a nurse"
    first = f"in the first {elapsed_text(staff.peak)}{cited(staff, 'peak')}"
    yield f"at most {peak} {first}, {staff.per_nurse} after{cited(staff, 'per_nurse')}"
    stagger = f"{elapsed_text(staff.stagger)} apart{cited(staff, 'stagger')}"
    yield f"first doses of one nurse's patients begin {stagger}"


def order_lines(pathway: LibraryPathway) -> Iterator[str]:
    """The doses that may be ordered, what a missed one means, and what must be on site."""
    order, missed, supply = pathway.dose_order, pathway.missed_doses, pathway.supply
    yield f"{order.words}{cited(order, 'words')}"
    if order.allowed_mg:
        allowed = ", ".join(map(str, order.allowed_mg))
        yield f"allowed: {allowed} mg{cited(order, 'allowed_mg')}"
    for words, amount, field in (
        ("the first: {} mg", order.first_mg, "first_mg"),
        ("steps of {} mg", order.step_mg, "step_mg"),
        ("{} mg in a device", order.mg_per_device, "mg_per_device"),
    ):
        if amount is not None:
            yield words.format(amount) + cited(order, field)
    if order.rest_between_devices is not None:
        rest = elapsed_text(order.rest_between_devices)
        yield f"{rest} between two devices{cited(order, 'rest_between_devices')}"
    yield f"a missed dose of the induction: {missed.in_induction}{cited(missed, 'in_induction')}"
    later = f"{missed.in_maintenance}{cited(missed, 'in_maintenance')}"
    yield f"a missed dose of the maintenance: {later}; nothing is ever doubled"
    lapse = f"{missed.lapse_days} days{cited(missed, 'lapse_days')}"
    yield f"after {lapse} without one the course has lapsed"
    site = (
        f", at a certified site{cited(supply, 'certified_site')}" if supply.certified_site else ""
    )
    yield f"the drug is on site {elapsed_text(supply.lead)} before{cited(supply, 'lead')}{site}"


def leaving_lines(pathway: LibraryPathway) -> Iterator[str]:
    """What must be true before a patient leaves, and who takes them home."""
    for item in pathway.discharge:
        least = f" (at least {item.at_least})" if item.at_least is not None else ""
        yield f"{item.words}{least}{cited(item, 'at_least')}"
    rides = pathway.rides
    alone = "may" if rides.rideshare_alone else "may not"
    yield f"a rideshare driver {alone} be the only company{cited(rides, 'rideshare_alone')}"
    task = f"{elapsed_text(rides.unconfirmed_task)} before{cited(rides, 'unconfirmed_task')}"
    hold = f"{elapsed_text(rides.hold_decision)} before{cited(rides, 'hold_decision')}"
    yield f"a ride that nobody has confirmed is a task {task}, and holds the dose {hold}"


def note_lines(pathway: LibraryPathway) -> Iterator[str]:
    """The note that the patient takes home."""
    note = pathway.no_driving
    hour = f"{timing.clock_text(note.wake_time)} of the next day"
    yield note.words.replace("{until}", hour) + cited(note, "wake_time")
    if note.full_day:
        yield f"and not before 24 hours after the drug was first given{cited(note, 'full_day')}"
    signed = f"{elapsed_text(note.no_decisions)} after the drug{cited(note, 'no_decisions')}"
    yield f"nothing is signed or decided until {signed}"


def home_lines(pathway: LibraryPathway) -> Iterator[str]:
    """What must be in place for a dose at home; nothing for one in the clinic."""
    home = pathway.home
    if home is None:
        return
    yield f"a sitter of at least {home.sitter_age} years{cited(home, 'sitter_age')}"
    within = elapsed_text(home.pressure_within)
    yield f"blood pressure at most {within} old{cited(home, 'pressure_within')}"
    yield f"{home.doses_per_supply} doses in a supply at most{cited(home, 'doses_per_supply')}"
    yield f"on video {home.video}{cited(home, 'video')}"
    yield f"the clinician is licensed where the patient is{cited(home, 'licensed_state')}"
    yield f"stopped by the {' or the '.join(home.stopped_by)}{cited(home, 'stopped_by')}"
