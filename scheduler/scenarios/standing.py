"""What a clinic that was brought in breaks already: told to people, and not started."""

from datetime import datetime

from sqlmodel import Session, select

from pathways.scenario import Scenario
from scheduler.plans.standing import breaches
from scheduler.store.tables import Appointment, Gate
from scheduler.work import Wanted, open_task


def note_breaches(session: Session, scenario: Scenario, *, now: datetime) -> int:
    """Open a gate and a task for each coming booking that breaks a rule; how many bookings do."""
    coming = [b for b in scenario.booked if b.start >= now]
    unlocked = tuple(
        b.model_copy(update={"locked": False}) if b.start >= now else b for b in scenario.booked
    )
    free = scenario.model_copy(update={"booked": unlocked})
    found = breaches(free, [booked.id for booked in coming])
    by_name = {breach.place: breach for breach in found}
    rows = session.exec(
        select(Appointment).where(Appointment.clinic_id == scenario.clinic.id)
    ).all()
    broken = [(row, by_name[row.code]) for row in rows if row.code in by_name]
    for row, breach in broken:
        session.add(
            Gate(
                clinic_id=row.clinic_id,
                appointment_id=row.id,
                rule=breach.rule,
                strength="hard",
                says=breach.says,
                fix="move it to where the rule holds",
                opened_at=now,
            )
        )
        open_task(
            session,
            row.clinic_id,
            Wanted(
                kind="broken-booking",
                owner="coordinator",
                due_at=max(now, row.start),
                says=f"{row.code} breaks a rule: {breach.says}",
                subject=("appointment", row.id),
                rule=breach.rule,
            ),
            now=now,
        )
    return len(broken)
