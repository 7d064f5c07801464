"""How a clinic names itself in messages, and where it is reached."""

from datetime import datetime
from typing import Final

from sqlmodel import Session

from scheduler import audit
from scheduler.acting import Actor
from scheduler.care.contacts import marked, region_of
from scheduler.errors import NotThere, NotUnderstood, WrongMove
from scheduler.reminders.consent import AFTER_HOURS_SETTING, CRISIS_SETTING
from scheduler.reminders.contents import PLACE_LENGTH, SENDER_LENGTH, neutral
from scheduler.store.tables import Clinic

NEUTRAL: Final = {"sender": SENDER_LENGTH, "place": PLACE_LENGTH}
"""Words that stand in messages, and how long they may be: whoever looks over a shoulder learns
nothing by them."""
NUMBERS: Final = ("phone", AFTER_HOURS_SETTING)
ADDRESSING: Final = (*NEUTRAL, *NUMBERS)
"""What of a clinic's settings this is about."""


def addressing_of(clinic: Clinic) -> dict[str, str]:
    """What a clinic says of itself; empty where it says nothing."""
    return {name: str(clinic.settings.get(name, "")) for name in ADDRESSING}


def address(session: Session, actor: Actor, said: dict[str, str], *, now: datetime) -> Clinic:
    """Change what messages call the clinic and where it is reached; what is left out stays.

    NotUnderstood for a name that tells too much, and for what is no number. WrongMove where the
    number after hours is taken away while words of crisis are answered by text.
    """
    clinic = session.get(Clinic, actor.clinic_id)
    if clinic is None:
        raise NotThere("there is no such clinic")
    session.refresh(clinic, with_for_update={"key_share": True})
    region = region_of(session, actor.clinic_id)
    wanted = {name: _usable(name, text.strip(), region) for name, text in said.items()}
    if clinic.settings.get(CRISIS_SETTING) and wanted.get(AFTER_HOURS_SETTING) == "":
        says = "words of crisis are answered by text: this number must be answered"
        raise WrongMove(says, fix="give another number", place=AFTER_HOURS_SETTING)
    clinic.settings = {**clinic.settings, **wanted}
    subject = ("clinic", clinic.id)
    audit.record(session, actor, "clinic.address", at=now, subject=subject, fields=sorted(wanted))
    audit.tell(session, actor.clinic_id, "clinic", clinic.id, at=now)
    return clinic


def _usable(name: str, text: str, region: str) -> str:
    if name in NEUTRAL:
        if text and not neutral(text, NEUTRAL[name]):
            fix = f"at most {NEUTRAL[name]} letters, and no word of drugs, illness or treatment"
            raise NotUnderstood("this tells too much, or is too long", fix=fix, place=name)
        return text
    if name not in NUMBERS:
        raise NotUnderstood(
            "there is no such setting", place=name, fix=f"one of {', '.join(ADDRESSING)}"
        )
    return marked("phone", text, region)[0] if text else ""
