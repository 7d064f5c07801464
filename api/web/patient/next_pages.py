"""What comes next for a patient: when, where, what to do before, who drives; and their answer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import select

from api.dependencies import Here, Now, Reading, Writing
from api.web.patient.own import Own, draw_own, own_of
from api.web.texts import marked
from pathways.protocol.visiting import Instruction
from scheduler.appointments import wishing
from scheduler.care import contacts, preparing, rides
from scheduler.errors import NotThere, NotUnderstood, Refusal
from scheduler.store.tables import Appointment, Location, RideContact

router = APIRouter(default_response_class=HTMLResponse)

FEW: Final = 6
"""Other times that are offered at once: each is judged, which takes the machine a while."""

RELEASED_FOR: Final = timedelta(days=180)
"""How long a driver may be told time and place, once the patient has agreed; then it is asked."""

_LATER: Final = 3
_PREPARES: Final = timedelta(days=7)
"""So long before a session the page says what to prepare: the first message about it goes then."""

DONE: Final = {
    "coming": marked("Thank you. We know that you are coming."),
    "ride": marked("Thank you. We have written down who takes you home."),
    "asked": marked("We have your wish. Your visit stays as it is until we tell you."),
    "saved": marked("Saved."),
    "cover": marked("Thank you. We ask your new insurance, and call you if something is missing."),
    "finished": marked("Thank you. Your answers are with your care team."),
    "revoked": marked("That address shows nothing any more."),
}
"""What a page says once a form of it was sent."""

_NOT_NOW: Final = marked("That was not possible: this visit has changed or has begun.")
_NO_NUMBER: Final = marked("We could not read that telephone number. Please write all of it.")
_NO_NAME: Final = marked("Please write the name and the telephone number.")
_NOT_THEM: Final = marked("This person cannot take you home. Please name somebody else.")

Done = Annotated[str, Query(max_length=20)]


@router.get("/me")
def my_page(request: Request, actor: Here, session: Reading, now: Now, done: Done = "") -> Response:
    """What comes next for the patient who is signed in, and from when they may drive again."""
    return _page(request, own_of(session, actor, now), done=DONE.get(done, ""))


def _page(request: Request, own: Own, *, status: int = 200, **shown: str) -> Response:
    coming = own.coming
    visit, dose = coming[0] if coming else None, _dose(own)
    return draw_own(
        request,
        own,
        "next.html",
        status=status,
        visit=visit,
        place=_place(own, visit),
        dose=dose,
        steps=_steps(own, dose),
        needs_ride=dose is not None and _needs_ride(own, dose),
        way_home=_way_home(own),
        ride=_ride(own, dose),
        drivers=_drivers(own),
        later=coming[1 : 1 + _LATER],
        wished=wishing.wishes_of(own.session, own.clinic.id, own.patient.id),
        **shown,
    )


def _dose(own: Own) -> Appointment | None:
    """The session to prepare for, also where other visits come before it."""
    soon = own.now + _PREPARES
    return next((visit for visit in own.coming if visit.is_dose and visit.start < soon), None)


def _place(own: Own, visit: Appointment | None) -> str:
    if visit is None or visit.modality == "virtual":
        return ""
    row = own.session.get(Location, (own.clinic.id, visit.location_id or ""))
    return str((row.site if row else "") or own.clinic.settings.get("place", ""))


def _steps(own: Own, dose: Appointment | None) -> list[preparing.Step]:
    """What to do before it, while it is to come; the ride has a place of its own on the page."""
    if dose is None or dose.status != "booked":
        return []
    return [s for s in preparing.steps_before(dose, own.protocol) if s.id != "ride"]


def _needs_ride(own: Own, visit: Appointment) -> bool:
    at_clinic = own.protocol is None or own.protocol.setting == "clinic"
    return visit.is_dose and at_clinic


def _way_home(own: Own) -> Instruction | None:
    """What the protocol says of the way home."""
    steps = own.protocol.instructions if own.protocol else ()
    return next((step for step in steps if step.id == "ride"), None)


def _ride(own: Own, visit: Appointment | None) -> RideContact | None:
    if visit is None or visit.ride_contact_id is None:
        return None
    found = own.session.get(RideContact, (own.clinic.id, visit.ride_contact_id))
    return found if found is not None and found.revoked_at is None else None


def _drivers(own: Own) -> list[RideContact]:
    rows = own.session.exec(
        select(RideContact)
        .where(RideContact.clinic_id == own.clinic.id, RideContact.patient_id == own.patient.id)
        .order_by(RideContact.phone_mark)
    )
    return [row for row in rows if row.revoked_at is None]


@router.post("/me/visits/{appointment_id}/coming")
def i_am_coming(
    request: Request, appointment_id: UUID, actor: Here, session: Writing, now: Now
) -> Response:
    """Say that one will come."""
    own = own_of(session, actor, now)
    own.visit(appointment_id)
    return _done_or_told(
        request,
        own,
        lambda: wishing.will_come(session, actor, appointment_id, now=now),
        "/me?done=coming",
    )


def _done_or_told(request: Request, own: Own, act: Callable[[], object], to: str) -> Response:
    """On to another page once it is done; a refusal stands on the page, and nothing is changed."""
    try:
        with own.session.begin_nested():
            act()
    except NotThere:
        raise
    except Refusal as refusal:
        return _page(request, own, status=refusal.status, alert=_in_plain_words(refusal))
    return RedirectResponse(to, status_code=303)


def _in_plain_words(refusal: Refusal) -> str:
    if refusal.rule == "R-29":
        return _NOT_THEM
    if refusal.place == "value":
        return _NO_NUMBER
    return _NO_NAME if refusal.place == "name" else _NOT_NOW


class RideForm(BaseModel):
    """Who drives: one of those who are known, or somebody new; ``certain``: they have said yes.

    ``agreed``: the new one may be told when and where.
    """

    driver: str = Field("", max_length=200)
    name: str = Field("", max_length=200)
    phone: str = Field("", max_length=200)
    agreed: bool = False
    certain: bool = False


@router.post("/me/visits/{appointment_id}/ride")
def my_ride_is(
    request: Request,
    appointment_id: UUID,
    actor: Here,
    session: Writing,
    now: Now,
    form: Annotated[RideForm, Form()],
) -> Response:
    """Say who takes one home. A new person is written down."""
    own = own_of(session, actor, now)
    visit = own.visit(appointment_id)

    def act() -> None:
        ride = _chosen(own, form.driver) or _new_driver(own, form)
        told = rides.confirm_ride if form.certain else rides.name_ride
        told(session, actor, visit, ride, now=now)

    return _done_or_told(request, own, act, "/me?done=ride")


def _chosen(own: Own, driver: str) -> RideContact | None:
    if driver in ("", "new"):
        return None
    found = next((row for row in _drivers(own) if str(row.id) == driver), None)
    if found is None:
        raise NotThere("there is no such ride contact")
    return found


def _new_driver(own: Own, form: RideForm) -> RideContact:
    if not form.name.strip() or not form.phone.strip():
        raise NotUnderstood("a driver has a name and a number", place="name")
    return contacts.add_ride_contact(
        own.session,
        own.actor,
        own.patient.id,
        name=form.name.strip(),
        phone=form.phone,
        kind="adult",
        released_until=own.today + RELEASED_FOR if form.agreed else None,
        now=own.now,
    )


@router.get("/me/visits/{appointment_id}/times")
def other_times(
    request: Request, appointment_id: UUID, actor: Here, session: Reading, now: Now
) -> Response:
    """Other times that the pathway allows for a visit, as choices."""
    own = own_of(session, actor, now)
    visit = own.visit(appointment_id)
    try:
        offers = wishing.times_for(session, actor, visit.id, most=FEW, now=now).offers
    except NotThere:
        raise
    except Refusal as refusal:
        return _page(request, own, status=refusal.status, alert=_NOT_NOW)
    return draw_own(
        request, own, "times.html", visit=visit, offers=offers, ride=_needs_ride(own, visit)
    )


@router.post("/me/visits/{appointment_id}/times")
def wish_for_a_time(
    request: Request,
    appointment_id: UUID,
    actor: Here,
    session: Writing,
    now: Now,
    start: Annotated[AwareDatetime | None, Form()] = None,
) -> Response:
    """Ask for another time, or for a call where none is named; a person decides."""
    own = own_of(session, actor, now)
    visit = own.visit(appointment_id)
    return _done_or_told(
        request,
        own,
        lambda: wishing.wish(session, actor, visit.id, start=start, now=now),
        "/me?done=asked",
    )
