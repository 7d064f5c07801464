"""Booking by hand: free times, holds, bookings, moves, and what becomes of a visit.

The operations bear the names that FHIR's scheduling gives them.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.dependencies import Here, Now, Reading, Writing, has_read
from pathways.plan import Note, PlannedStage
from scheduler.appointments import (
    attending,
    ending,
    facts,
    finding,
    listing,
    making,
    moving,
    swapping,
)
from scheduler.appointments.attending import Attendance
from scheduler.appointments.holding import InHand, found, patients_of
from scheduler.appointments.offering import Offer
from scheduler.errors import NotUnderstood
from scheduler.store.tables import Appointment

router = APIRouter(tags=["appointments"])


class Sent(BaseModel):
    """What is sent: no unknown keys."""

    model_config = ConfigDict(extra="forbid")


class Question(Sent):
    """Which occurrence free times are looked for, and when.

    ``at``: a start that is asked for. ``place``: the location where it is to be, any otherwise.
    """

    patient: str
    activity: str
    occurrence: int = Field(ge=1)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    at: AwareDatetime | None = None
    place: str | None = Field(default=None, max_length=80)
    most: int = Field(default=finding.MOST, ge=1, le=50)


class WhyNot(BaseModel):
    """A rule that is in the way of a time, and how."""

    rule: str
    says: str


class FreeTimes(BaseModel):
    """Offers, the best first: each can be posted as it is to hold, book or move."""

    offers: list[Offer]
    why_not: list[WhyNot]


class Chosen(Offer):
    """An offer as it was found; ``reasons``: why soft rules are set aside, by the rule's id."""

    reasons: dict[str, str] = Field(default_factory=dict, max_length=20)

    @property
    def offer(self) -> Offer:
        """The offer alone."""
        return Offer.model_construct(**{k: v for k, v in self if k != "reasons"})


class Confirmed(Sent):
    """Why soft rules are set aside, by the rule's id."""

    reasons: dict[str, str] = Field(default_factory=dict, max_length=20)


class Swap(Sent):
    """Two appointments that change places."""

    one: UUID
    other: UUID
    one_version: int | None = None
    other_version: int | None = None
    reasons: dict[str, str] = Field(default_factory=dict, max_length=20)


class SwapPartner(BaseModel):
    """A visit with which another could change places.

    ``works``: whether it may; ``sets_aside``: the soft rules for which it asks a reason.
    """

    id: UUID
    patients: list[str]
    start: datetime
    end: datetime
    version: int
    works: bool
    sets_aside: list[str]
    why_not: str | None


class Cancellation(Sent):
    """Why it is cancelled: a code of FHIR's cancellation reasons, such as ``pat`` or ``prov``."""

    reason: str = Field(pattern="^[a-z0-9-]{1,40}$")


class Arrival(Sent):
    """When somebody came; now, unless it is said."""

    at: AwareDatetime | None = None


class Attended(Arrival):
    """Whether somebody was at a meeting."""

    outcome: Attendance


class Visit(BaseModel):
    """An appointment. ``tentative``: a gate of it is open; ``held``: booked, but on hold."""

    id: UUID
    code: str
    patients: list[str]
    activity: str
    occurrence: int
    status: str
    tentative: bool
    held: bool
    held_until: datetime | None
    cancel_reason: str | None
    start: datetime
    end: datetime
    wall_time: str
    zone: str
    modality: str
    location: str | None
    series: str | None
    practitioners: list[str]
    stages: list[PlannedStage]
    notes: list[Note]
    sequence: int
    version: int


class Changed(BaseModel):
    """The appointment that was asked about, and what changed with it."""

    appointment: Visit
    others: list[Visit]


_AS_STORED = Visit.model_fields.keys() - {
    *("patients", "tentative", "held", "location", "series", "stages", "notes")
}


def _visit(entry: listing.Listed) -> Visit:
    row = entry.row
    return Visit(
        **{name: getattr(row, name) for name in _AS_STORED},
        patients=list(entry.patients),
        tentative=entry.tentative,
        held=row.hold_reason is not None,
        location=row.location_id,
        series=row.series_id,
        stages=[PlannedStage.model_validate(stage) for stage in row.stages],
        notes=[Note.model_validate(note) for note in row.notes],
    )


def _shown(session: Reading, actor: Here, row: Appointment) -> Visit:
    held = InHand(row, patients_of(session, actor.clinic_id, row.id))
    return _visit(listing.one(session, held))


def _answer(session: Reading, actor: Here, rows: Iterable[Appointment], out: Response) -> Changed:
    first, *others = [_shown(session, actor, row) for row in rows]
    out.headers["ETag"] = f'"{first.version}"'
    return Changed(appointment=first, others=others)


def expected_version(if_match: Annotated[str | None, Header()] = None) -> int | None:
    """The version that a change is for; NotUnderstood where the header is none of ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    number = if_match.strip().removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit():
        raise NotUnderstood("send the ETag as it was given", place="header.If-Match")
    return int(number)


IfMatch = Annotated[int | None, Depends(expected_version)]


@router.post("/appointments/find")
def find_times(
    asked: Question, request: Request, session: Reading, actor: Here, now: Now
) -> FreeTimes:
    """Free times across all that an activity needs, ranked (FHIR: ``Appointment/$find``).

    For a time that is asked for and is not free, the answer says what is in its way.
    """
    has_read(request, asked.patient)
    got = finding.find(session, actor, finding.Asked(**dict(asked)), now=now)
    why = [WhyNot(rule=obstacle.rule, says=obstacle.says) for obstacle in got.why_not]
    return FreeTimes(offers=list(got.offers), why_not=why)


@router.post("/appointments/hold", status_code=201)
def hold_time(chosen: Chosen, session: Writing, actor: Here, now: Now, out: Response) -> Changed:
    """Hold a time for ten minutes (FHIR: ``Appointment/$hold``)."""
    row = making.hold(session, actor, chosen.offer, now=now, reasons=chosen.reasons)
    return _answer(session, actor, [row], out)


@router.post("/appointments/book", status_code=201)
def book_time(chosen: Chosen, session: Writing, actor: Here, now: Now, out: Response) -> Changed:
    """Book a time at once (FHIR: ``Appointment/$book``)."""
    row = making.book(session, actor, chosen.offer, now=now, reasons=chosen.reasons)
    return _answer(session, actor, [row], out)


@router.post("/appointments/swap")
def swap_appointments(
    swap: Swap, session: Writing, actor: Here, now: Now, out: Response
) -> Changed:
    """Let two appointments change places; it works for both or changes nothing."""
    pair = swapping.Pair(
        (swap.one, swap.other), (swap.one_version, swap.other_version), swap.reasons
    )
    rows = swapping.swap(session, actor, pair, now=now)
    return _answer(session, actor, rows, out)


@router.get("/appointments/{appointment_id}/swaps")
def find_swaps(
    appointment_id: UUID, on: date, request: Request, session: Reading, actor: Here, now: Now
) -> list[SwapPartner]:
    """The visits of a date with which one could change places; why not with the others.

    The nearest twelve are judged, each as changing places would be.
    """
    partners = swapping.partners_of(session, actor, appointment_id, on=on, now=now)
    has_read(request, *(name for one in partners for name in one.held.patients))
    return [_partner(one) for one in partners]


def _partner(one: swapping.Partner) -> SwapPartner:
    row, refusal = one.held.row, one.refusal
    return SwapPartner(
        id=row.id,
        patients=list(one.held.patients),
        start=row.start,
        end=row.end,
        version=row.version,
        works=refusal is None,
        sets_aside=list(one.sets_aside),
        why_not=refusal.says if refusal else None,
    )


@router.post("/appointments/{appointment_id}/confirm")
def confirm_hold(
    appointment_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    out: Response,
    version: IfMatch,
    said: Confirmed | None = None,
) -> Changed:
    """Book what is held, while the hold lasts (``$confirm``)."""
    reasons = said.reasons if said else {}
    row = making.confirm(session, actor, appointment_id, now=now, expected=version, reasons=reasons)
    return _answer(session, actor, [row], out)


@router.post("/appointments/{appointment_id}/move")
def move_appointment(
    appointment_id: UUID,
    chosen: Chosen,
    session: Writing,
    actor: Here,
    now: Now,
    out: Response,
    version: IfMatch,
) -> Changed:
    """Give an appointment another time under the same id (``$reschedule``).

    What must follow it goes along, or ends with a task; it stands under ``others``.
    """
    choice = moving.Choice(chosen.offer, chosen.reasons, version)
    rows = moving.move(session, actor, appointment_id, choice, now=now)
    return _answer(session, actor, rows, out)


@router.post("/appointments/{appointment_id}/cancel")
def cancel_appointment(
    appointment_id: UUID,
    why: Cancellation,
    session: Writing,
    actor: Here,
    now: Now,
    out: Response,
    version: IfMatch,
) -> Changed:
    """Cancel an appointment and what follows it (``$cancel``); its times are free at once."""
    rows = ending.cancel(
        session, actor, appointment_id, reason=why.reason, now=now, expected=version
    )
    return _answer(session, actor, rows, out)


@router.post("/appointments/{appointment_id}/no-show")
def miss_appointment(
    appointment_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    out: Response,
    version: IfMatch,
) -> Changed:
    """Write down that a patient did not come; a task to re-schedule is made with it."""
    rows = ending.no_show(session, actor, appointment_id, now=now, expected=version)
    return _answer(session, actor, rows, out)


@router.post("/appointments/{appointment_id}/error")
def enter_in_error(
    appointment_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    out: Response,
    version: IfMatch,
) -> Changed:
    """Write down that an appointment was never meant (``entered-in-error``)."""
    rows = ending.entered_in_error(session, actor, appointment_id, now=now, expected=version)
    return _answer(session, actor, rows, out)


@router.post("/appointments/{appointment_id}/arrive")
def arrive(
    appointment_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    out: Response,
    version: IfMatch,
    said: Arrival | None = None,
) -> Changed:
    """Write down that a patient is here, or since when."""
    at = said.at if said else None
    row = attending.arrive(session, actor, appointment_id, now=now, at=at, expected=version)
    return _answer(session, actor, [row], out)


@router.post("/appointments/{appointment_id}/check-in")
def check_in(
    appointment_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    out: Response,
    version: IfMatch,
) -> Changed:
    """Let a session go ahead; refused while a gate is open."""
    row = attending.check_in(session, actor, appointment_id, now=now, expected=version)
    return _answer(session, actor, [row], out)


@router.post("/appointments/{appointment_id}/attendance")
def attend(
    appointment_id: UUID,
    said: Attended,
    session: Writing,
    actor: Here,
    now: Now,
    out: Response,
    version: IfMatch,
) -> Changed:
    """Write down whether somebody was at a meeting: attended, late or absent."""
    was = attending.Presence(said.outcome, said.at)
    rows = attending.attend(session, actor, appointment_id, was, now=now, expected=version)
    return _answer(session, actor, rows, out)


@router.post("/appointments/{appointment_id}/repair")
def repair_times(
    appointment_id: UUID, request: Request, session: Reading, actor: Here, now: Now
) -> FreeTimes:
    """Other times for an appointment that cannot stand: the nearest first, to be posted to move."""
    has_read(request, *found(session, actor, appointment_id).patients)
    got = facts.repairs(session, actor, appointment_id, now=now)
    why = [WhyNot(rule=obstacle.rule, says=obstacle.says) for obstacle in got.why_not]
    return FreeTimes(offers=list(got.offers), why_not=why)


@router.get("/appointments/{appointment_id}")
def show_appointment(
    appointment_id: UUID, request: Request, session: Reading, actor: Here, out: Response
) -> Visit:
    """One appointment; its ETag is what a change of it sends back as If-Match."""
    held = found(session, actor, appointment_id)
    has_read(request, *held.patients)
    out.headers["ETag"] = f'"{held.row.version}"'
    return _visit(listing.one(session, held))
