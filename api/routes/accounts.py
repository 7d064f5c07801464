"""Accounts and keys of machines: who may come in, with which roles, and for how long."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request, Response
from pydantic import BaseModel, ConfigDict, EmailStr, Field

from api.auth import accounts, signing_in, tokens
from api.auth.accounts import Newcomer
from api.auth.tokens import Wish
from api.dependencies import Here, Now, Reading, Writing, etag, if_match, service_of
from scheduler.errors import NotSignedIn
from scheduler.store.tables import Account, ApiToken

router = APIRouter(tags=["accounts"])

Short = Annotated[str, Field(min_length=1, max_length=200)]
Roles = Annotated[list[Short], Field(min_length=1, max_length=20)]


class AccountView(BaseModel):
    """Somebody who may come in, or might until they were shut out."""

    id: UUID
    name: str
    email: str
    roles: list[str]
    patient: str | None
    practitioner: str | None
    disabled_at: datetime | None
    version: int


class Invited(BaseModel):
    """An account, and the link with which its person sets a password, once."""

    account: AccountView
    link: str


class NewAccount(BaseModel):
    """Somebody who is to come in. A patient's account names the patient."""

    model_config = ConfigDict(extra="forbid")

    name: Short
    email: EmailStr
    roles: Roles
    patient: Short | None = None
    practitioner: Short | None = None


class NewRoles(BaseModel):
    """What somebody may do from now on."""

    model_config = ConfigDict(extra="forbid")

    roles: Roles


class Invitation(BaseModel):
    """``new_second_step``: the old phone is gone, and a new one is set up."""

    model_config = ConfigDict(extra="forbid")

    new_second_step: bool = False


class NewToken(BaseModel):
    """A key of a machine: ``scopes`` are roles of the account, and ``read`` to look alone."""

    model_config = ConfigDict(extra="forbid")

    title: Short
    scopes: Roles
    days: int = Field(default=90, ge=1, le=366)


class TokenView(BaseModel):
    """A key, without the words that open the door."""

    id: UUID
    title: str
    scopes: list[str]
    created_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None


class MadeToken(BaseModel):
    """A new key; ``token`` is shown this once."""

    token: str
    about: TokenView


class Proof(BaseModel):
    """The password of somebody who is signed in, or a patient's new code."""

    model_config = ConfigDict(extra="forbid")

    secret: str = Field(min_length=1, max_length=1_000)


def _view(account: Account) -> AccountView:
    return AccountView(
        id=account.id,
        name=account.name,
        email=account.email,
        roles=account.roles,
        patient=account.patient_id,
        practitioner=account.practitioner_id,
        disabled_at=account.disabled_at,
        version=account.version,
    )


def _token_view(row: ApiToken) -> TokenView:
    return TokenView.model_validate(row, from_attributes=True)


def link_of(own_url: str, token: str) -> str:
    """The address of a one-time link."""
    return f"{own_url}/enter/{token}"


@router.get("/accounts")
def list_accounts(session: Reading, actor: Here) -> list[AccountView]:
    """Everybody who has an account of the clinic."""
    return [_view(account) for account in accounts.all_of(session, actor.clinic_id)]


@router.get("/accounts/{account_id}")
def show_account(
    response: Response, session: Reading, actor: Here, account_id: UUID
) -> AccountView:
    """One account; its ETag goes back with a change."""
    account = accounts.found(session, actor.clinic_id, account_id)
    etag(response, account.version)
    return _view(account)


@router.post("/accounts", status_code=201)
def create_account(
    request: Request, session: Writing, actor: Here, now: Now, body: NewAccount
) -> Invited:
    """Give somebody an account, and a link that is good for three days."""
    newcomer = Newcomer(body.name, body.email, body.roles, body.patient, body.practitioner)
    account = accounts.make(session, actor, newcomer, now=now)
    token = accounts.invite(session, actor, account, now=now)
    return Invited(
        account=_view(account), link=link_of(service_of(request).settings.own_url, token)
    )


@router.patch("/accounts/{account_id}")
def change_account(
    request: Request,
    response: Response,
    session: Writing,
    actor: Here,
    now: Now,
    account_id: UUID,
    body: NewRoles,
) -> AccountView:
    """Change somebody's roles; wherever they are signed in, they are out at once."""
    account = accounts.held(session, actor.clinic_id, account_id)
    if_match(request, account.version)
    accounts.give_roles(session, actor, account, body.roles, now=now)
    etag(response, account.version)
    return _view(account)


@router.post("/accounts/{account_id}/disable")
def disable_account(session: Writing, actor: Here, now: Now, account_id: UUID) -> AccountView:
    """Shut somebody out; their sign-ins and tokens end at once."""
    account = accounts.held(session, actor.clinic_id, account_id)
    accounts.disable(session, actor, account, now=now)
    return _view(account)


@router.post("/accounts/{account_id}/invitation", status_code=201)
def invite_account(
    request: Request,
    session: Writing,
    actor: Here,
    now: Now,
    account_id: UUID,
    body: Invitation,
) -> Invited:
    """A new link with which somebody sets a new password."""
    account = accounts.held(session, actor.clinic_id, account_id)
    token = accounts.invite(session, actor, account, now=now, anew=body.new_second_step)
    return Invited(
        account=_view(account), link=link_of(service_of(request).settings.own_url, token)
    )


@router.get("/tokens")
def list_tokens(session: Reading, actor: Here) -> list[TokenView]:
    """One's own tokens."""
    if actor.account_id is None:
        return []
    found = tokens.of_account(session, actor.clinic_id, actor.account_id)
    return [_token_view(row) for row in found]


@router.post("/tokens", status_code=201)
def make_token(session: Writing, actor: Here, now: Now, body: NewToken) -> MadeToken:
    """Make a token of one's own."""
    if actor.account_id is None:
        raise NotSignedIn("only somebody with an account has tokens")
    return _made(session, actor, now, actor.account_id, body)


@router.post("/accounts/{account_id}/tokens", status_code=201)
def make_token_for(
    session: Writing, actor: Here, now: Now, account_id: UUID, body: NewToken
) -> MadeToken:
    """Make a token for another account, such as a machine's."""
    return _made(session, actor, now, account_id, body)


def _made(
    session: Writing, actor: Here, now: datetime, account_id: UUID, body: NewToken
) -> MadeToken:
    account = accounts.held(session, actor.clinic_id, account_id)
    wish = Wish(body.title, body.scopes, timedelta(days=body.days))
    token, row = tokens.make(session, actor, account, wish, now=now)
    return MadeToken(token=token, about=_token_view(row))


@router.post("/tokens/{token_id}/revoke")
def revoke_token(session: Writing, actor: Here, now: Now, token_id: UUID) -> TokenView:
    """End a token at once."""
    return _token_view(tokens.revoke(session, actor, token_id, now=now))


@router.post("/me/proof", status_code=204)
def prove_yourself(request: Request, _actor: Here, now: Now, body: Proof) -> None:
    """Show once more who one is, before a change of where messages go."""
    there, store = request.state.sign_in, service_of(request).store
    if there is None or not signing_in.prove(store, there, body.secret, now=now):
        raise NotSignedIn("that did not work", fix="try again, after a while")


@router.post("/me/proof/code", status_code=202)
def ask_for_proof_code(
    request: Request, _actor: Here, now: Now, afterwards: BackgroundTasks
) -> None:
    """Ask for a new code, for patients, who have no password."""
    there, service = request.state.sign_in, service_of(request)

    def send() -> None:
        with service.store.writing() as session:
            account = accounts.found(session, there.clinic_id, there.account_id)
            sent = signing_in.send_code(session, account.email, account.clinic_id, now=now)
        if sent is not None:
            service.deliver_code(*sent)

    if there is not None:
        afterwards.add_task(send)
