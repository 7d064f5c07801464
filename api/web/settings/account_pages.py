"""Settings: who may come in, and what they may do."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import EmailStr, TypeAdapter, ValidationError
from sqlmodel import Session, col, select

from api.auth import accounts
from api.auth.accounts import Newcomer
from api.dependencies import Here, Now, Reading, Writing, service_of
from api.routes.accounts import link_of
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.sent_forms import Sent
from api.web.settings.forms import NOTHING, Outcome, answered, attempt, chosen
from scheduler.acting import STAFF, Actor
from scheduler.errors import NotUnderstood
from scheduler.store.tables import Account, Practitioner

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/settings/accounts"
_ADDRESS: TypeAdapter[str] = TypeAdapter(EmailStr)


Roles = Annotated[list[str], chosen("roles")]


@router.get("/settings/accounts")
def accounts_page(request: Request, session: Reading, actor: Here) -> Response:
    """Everybody of the staff who may come in, or might until they were shut out."""
    return _page(request, session, actor)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    outcome: Outcome = NOTHING,
    link: str = "",
    whose: Account | None = None,
) -> Response:
    rows = [row for row in accounts.all_of(session, actor.clinic_id) if row.patient_id is None]
    people = session.exec(
        select(Practitioner)
        .where(Practitioner.clinic_id == actor.clinic_id)
        .order_by(col(Practitioner.position))
    ).all()
    return draw(
        request,
        "settings/accounts.html",
        status=outcome.status,
        rows=sorted(rows, key=lambda row: (row.disabled_at is not None, row.name.casefold())),
        roles=sorted(STAFF),
        people=people,
        outcome=outcome,
        link=link,
        whose=whose,
        names=names_of(session, actor),
    )


def _invited(request: Request, session: Session, actor: Actor, row: Account, now: datetime) -> str:
    token = accounts.invite(session, actor, row, now=now)
    return link_of(service_of(request).settings.own_url, token)


@router.post("/settings/accounts")
def invite_by_form(
    request: Request, session: Writing, actor: Here, now: Now, sent: Sent, roles: Roles
) -> Response:
    """Give somebody an account; the page shows, once, the link with which they set a password."""
    made: list[Account] = []

    def change() -> None:
        newcomer = Newcomer(
            sent.get("name", "").strip()[:200],
            _address(sent.get("email", "")),
            roles,
            practitioner_id=sent.get("practitioner") or None,
        )
        if not newcomer.name:
            raise NotUnderstood("a name is missing", fix="fill it in", place="name")
        made.append(accounts.make(session, actor, newcomer, now=now))

    outcome = attempt(session, sent, change)
    link = _invited(request, session, actor, made[0], now) if outcome.is_stored else ""
    return _page(
        request, session, actor, outcome=outcome, link=link, whose=made[0] if link else None
    )


def _address(text: str) -> str:
    try:
        return _ADDRESS.validate_python(text.strip())
    except ValidationError:
        fix = "write it like name@example.org"
        raise NotUnderstood("this is no e-mail address", fix=fix, place="email") from None


@router.post("/settings/accounts/{account_id}/roles")
def change_roles_by_form(
    request: Request,
    account_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    sent: Sent,
    roles: Roles,
) -> Response:
    """Change what somebody may do; wherever they are signed in, they are out at once."""
    row = accounts.held(session, actor.clinic_id, account_id)

    def change() -> None:
        accounts.give_roles(session, actor, row, roles, now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor))


@router.post("/settings/accounts/{account_id}/disable")
def disable_by_form(
    request: Request, account_id: UUID, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Shut somebody out, everywhere, at once."""
    row = accounts.held(session, actor.clinic_id, account_id)

    def change() -> None:
        accounts.disable(session, actor, row, now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor))


@router.post("/settings/accounts/{account_id}/invitation")
def invite_again_by_form(
    request: Request, account_id: UUID, session: Writing, actor: Here, now: Now
) -> Response:
    """A new link with which somebody sets a password; the page shows it once."""
    row = accounts.held(session, actor.clinic_id, account_id)
    link = _invited(request, session, actor, row, now)
    return _page(request, session, actor, link=link, whose=row)
