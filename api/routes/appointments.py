"""Booking by hand: free times, holds, bookings, moves, and what becomes of a visit.

The operations bear the names that FHIR's scheduling gives them.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.dependencies import Changing, Here, Now, Reading, has_read
from api.web.refusing import reader_of, why
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
from scheduler.appointments.holding import found
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


def _answer(
    change: Changing, do: Callable[[Session], Iterable[Appointment]], status: int = 200
) -> Response:
    """What is changed by what is done, as the answer; its ETag is that of the first."""

    def answer(session: Session) -> Response:
        first, *others = [_visit(listing.one(session, row)) for row in do(session)]
        said = Changed(appointment=first, others=others).model_dump_json()
        etag = {"ETag": f'"{first.version}"'}
        return Response(said, status, headers=etag, media_type="application/json")

    return change.answered(answer)


async def expected_version(if_match: Annotated[str | None, Header()] = None) -> int | None:
    """The version that a change is for; NotUnderstood where the header is none of ours.

    No thread is taken for it.
    """
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
    return _free_times(got, reader_of(request))


def _free_times(got: finding.Found, language: str) -> FreeTimes:
    why_not = [WhyNot(rule=one.rule, says=why(one.says, None, language)) for one in got.why_not]
    return FreeTimes(offers=list(got.offers), why_not=why_not)


@router.post("/appointments/hold", status_code=201, response_model=Changed)
def hold_time(chosen: Chosen, change: Changing) -> Response:
    """Hold a time for ten minutes (FHIR: ``Appointment/$hold``)."""
    return _answer(
        change,
        lambda session: [
            making.hold(session, change.actor, chosen.offer, now=change.now, reasons=chosen.reasons)
        ],
        201,
    )


@router.post("/appointments/book", status_code=201, response_model=Changed)
def book_time(chosen: Chosen, change: Changing) -> Response:
    """Book a time at once (FHIR: ``Appointment/$book``)."""
    return _answer(
        change,
        lambda session: [
            making.book(session, change.actor, chosen.offer, now=change.now, reasons=chosen.reasons)
        ],
        201,
    )


@router.post("/appointments/swap", response_model=Changed)
def swap_appointments(swap: Swap, change: Changing) -> Response:
    """Let two appointments change places; it works for both or changes nothing."""
    pair = swapping.Pair(
        (swap.one, swap.other), (swap.one_version, swap.other_version), swap.reasons
    )
    return _answer(
        change, lambda session: swapping.swap(session, change.actor, pair, now=change.now)
    )


@router.get("/appointments/{appointment_id}/swaps")
def find_swaps(
    appointment_id: UUID, on: date, request: Request, session: Reading, actor: Here, now: Now
) -> list[SwapPartner]:
    """The visits of a date with which one could change places; why not with the others.

    The nearest twelve are judged, each as changing places would be.
    """
    partners = swapping.partners_of(session, actor, appointment_id, on=on, now=now)
    has_read(request, *(name for one in partners for name in one.held.patients))
    language = reader_of(request)
    return [_partner(one, language) for one in partners]


def _partner(one: swapping.Partner, language: str) -> SwapPartner:
    row, refusal = one.held.row, one.refusal
    return SwapPartner(
        id=row.id,
        patients=list(one.held.patients),
        start=row.start,
        end=row.end,
        version=row.version,
        works=refusal is None,
        sets_aside=list(one.sets_aside),
        why_not=why(refusal.says, refusal.rule, language) if refusal else None,
    )


@router.post("/appointments/{appointment_id}/confirm", response_model=Changed)
def confirm_hold(
    appointment_id: UUID,
    change: Changing,
    version: IfMatch,
    said: Confirmed | None = None,
) -> Response:
    """Book what is held, while the hold lasts (``$confirm``)."""
    reasons = said.reasons if said else {}
    return _answer(
        change,
        lambda session: [
            making.confirm(
                session,
                change.actor,
                appointment_id,
                now=change.now,
                expected=version,
                reasons=reasons,
            )
        ],
    )


@router.post("/appointments/{appointment_id}/move", response_model=Changed)
def move_appointment(
    appointment_id: UUID,
    chosen: Chosen,
    change: Changing,
    version: IfMatch,
) -> Response:
    """Give an appointment another time under the same id (``$reschedule``).

    What must follow it goes along, or ends with a task; it stands under ``others``.
    """
    choice = moving.Choice(chosen.offer, chosen.reasons, version)
    return _answer(
        change,
        lambda session: moving.move(session, change.actor, appointment_id, choice, now=change.now),
    )


@router.post("/appointments/{appointment_id}/cancel", response_model=Changed)
def cancel_appointment(
    appointment_id: UUID,
    why: Cancellation,
    change: Changing,
    version: IfMatch,
) -> Response:
    """Cancel an appointment and what follows it (``$cancel``); its times are free at once."""
    return _answer(
        change,
        lambda session: ending.cancel(
            session,
            change.actor,
            appointment_id,
            reason=why.reason,
            now=change.now,
            expected=version,
        ),
    )


@router.post("/appointments/{appointment_id}/no-show", response_model=Changed)
def miss_appointment(
    appointment_id: UUID,
    change: Changing,
    version: IfMatch,
) -> Response:
    """Write down that a patient did not come; a task to re-schedule is made with it."""
    return _answer(
        change,
        lambda session: ending.no_show(
            session, change.actor, appointment_id, now=change.now, expected=version
        ),
    )


@router.post("/appointments/{appointment_id}/error", response_model=Changed)
def enter_in_error(
    appointment_id: UUID,
    change: Changing,
    version: IfMatch,
) -> Response:
    """Write down that an appointment was never meant (``entered-in-error``)."""
    return _answer(
        change,
        lambda session: ending.entered_in_error(
            session, change.actor, appointment_id, now=change.now, expected=version
        ),
    )


@router.post("/appointments/{appointment_id}/arrive", response_model=Changed)
def arrive(
    appointment_id: UUID,
    change: Changing,
    version: IfMatch,
    said: Arrival | None = None,
) -> Response:
    """Write down that a patient is here, or since when."""
    at = said.at if said else None
    return _answer(
        change,
        lambda session: [
            attending.arrive(
                session, change.actor, appointment_id, now=change.now, at=at, expected=version
            )
        ],
    )


@router.post("/appointments/{appointment_id}/check-in", response_model=Changed)
def check_in(
    appointment_id: UUID,
    change: Changing,
    version: IfMatch,
) -> Response:
    """Let a session go ahead; refused while a gate is open."""
    return _answer(
        change,
        lambda session: [
            attending.check_in(
                session, change.actor, appointment_id, now=change.now, expected=version
            )
        ],
    )


@router.post("/appointments/{appointment_id}/attendance", response_model=Changed)
def attend(
    appointment_id: UUID,
    said: Attended,
    change: Changing,
    version: IfMatch,
) -> Response:
    """Write down whether somebody was at a meeting: attended, late or absent."""
    was = attending.Presence(said.outcome, said.at)
    return _answer(
        change,
        lambda session: attending.attend(
            session, change.actor, appointment_id, was, now=change.now, expected=version
        ),
    )


@router.post("/appointments/{appointment_id}/repair")
def repair_times(
    appointment_id: UUID, request: Request, session: Reading, actor: Here, now: Now
) -> FreeTimes:
    """Other times for an appointment that cannot stand: the nearest first, to be posted to move."""
    has_read(request, *found(session, actor, appointment_id).patients)
    got = facts.repairs(session, actor, appointment_id, now=now)
    return _free_times(got, reader_of(request))


@router.get("/appointments/{appointment_id}")
def show_appointment(
    appointment_id: UUID, request: Request, session: Reading, actor: Here, out: Response
) -> Visit:
    """One appointment; its ETag is what a change of it sends back as If-Match."""
    held = found(session, actor, appointment_id)
    has_read(request, *held.patients)
    out.headers["ETag"] = f'"{held.row.version}"'
    return _visit(listing.one(session, held.row))
