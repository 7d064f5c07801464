"""Pages on which people come in and go out. A page that is only looked at changes nothing."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session
from starlette.background import BackgroundTask

from api.auth import accounts, entering, second_step, signing_in
from api.auth.signing_in import Entry
from api.dependencies import Now, Reading, Writing, cookie_name, service_of
from api.web.drawing import draw, draw_outside
from api.web.texts import marked
from scheduler.errors import NotUnderstood
from scheduler.store.tables import Account

router = APIRouter(default_response_class=HTMLResponse)

Word = Annotated[str, Form(max_length=320)]
Secret = Annotated[str, Form(max_length=1_000)]

NOT_RIGHT = marked(
    "That did not work. After a few tries you have to wait a little before the next one."
)


def _come_in(request: Request, token: str, to: str) -> Response:
    """On to a page, with a cookie that no script sees and no other site sends along."""
    settings = service_of(request).settings
    answer = RedirectResponse(to, status_code=303)
    answer.set_cookie(
        cookie_name(settings),
        token,
        httponly=True,
        samesite="lax",
        secure=settings.own_url.startswith("https:"),
        path="/",
    )
    return answer


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """How to come in."""
    return draw_outside(request, "sign_in.html", says="")


@router.post("/sign-in")
def sign_in(
    request: Request, now: Now, email: Word, password: Secret, clinic: Word = ""
) -> Response:
    """The first step of staff: an address and its password."""
    store = service_of(request).store
    account = signing_in.by_password(store, Entry(email, password, clinic), now=now)
    if account is None:
        return draw_outside(request, "sign_in.html", status=401, says=NOT_RIGHT)
    with store.writing() as session:
        token = signing_in.begin_halfway(session, account, now=now)
    return _come_in(request, token, "/sign-in/second-step")


@router.get("/sign-in/second-step")
def second_step_page(request: Request, session: Reading) -> Response:
    """The second step of staff; the first time, how to set it up."""
    return _second_step(request, session)


def _account(request: Request, session: Session) -> Account:
    """The account of whoever has come in by a cookie, as far as they have come."""
    there = request.state.sign_in
    return accounts.found(session, there.clinic_id, there.account_id)


def _second_step(
    request: Request, session: Session, *, status: int = 200, says: str = ""
) -> Response:
    account = _account(request, session)
    new = account.totp_last_step is None and account.totp_secret is not None
    picture = second_step.picture(account) if new else ""
    secret = account.totp_secret if new else ""
    shown: dict[str, Any] = {"picture": picture, "secret": secret, "says": says, "actor": None}
    return draw(request, "second_step.html", status=status, **shown)


@router.post("/sign-in/second-step")
def second_step_given(request: Request, session: Writing, now: Now, code: Word) -> Response:
    """The code of the second step; the right one opens everything that the roles allow."""
    account, row = _account(request, session), request.state.sign_in
    token = signing_in.by_second_step(session, account, row, code, now=now)
    if token is None:
        return _second_step(request, session, status=401, says=NOT_RIGHT)
    return _come_in(request, token, "/")


@router.post("/sign-in/code")
def ask_for_code(request: Request, now: Now, email: Word, clinic: Word = "") -> Response:
    """Ask for a one-time code. The answer is the same, as soon, whoever has the address."""
    answer = draw_outside(request, "code.html", email=email, clinic=clinic, says="")
    answer.background = BackgroundTask(_send_code, request, email, clinic, now)
    return answer


def _send_code(request: Request, email: str, clinic: str, now: Now) -> None:
    service = service_of(request)
    with service.store.writing() as session:
        sent = signing_in.send_code(session, email, clinic, now=now)
    if sent is not None:
        service.deliver_code(*sent)


@router.post("/sign-in/code/answer")
def sign_in_by_code(
    request: Request, session: Writing, now: Now, email: Word, code: Word, clinic: Word = ""
) -> Response:
    """The code that a patient was sent."""
    token = signing_in.by_code(session, Entry(email, code, clinic), now=now)
    if token is None:
        return draw_outside(
            request, "code.html", status=401, email=email, clinic=clinic, says=NOT_RIGHT
        )
    return _come_in(request, token, "/")


@router.get("/enter/{token}")
def link_page(request: Request, token: str) -> Response:
    """What a one-time link leads to: programs that look at links in messages do not spend it."""
    return draw_outside(request, "link.html", token=token)


@router.post("/enter/{token}")
def enter_by_link(request: Request, token: str, session: Writing, now: Now) -> Response:
    """Come in by a one-time link, or, by an invitation, to where a password is chosen."""
    account, purpose = entering.follow_link(session, token, now=now)
    whole = purpose == "sign-in"
    cookie, _ = entering.begin(session, account, strong=whole, now=now, way=purpose)
    return _come_in(request, cookie, "/" if whole else "/password")


@router.get("/password")
def password_page(request: Request) -> Response:
    """Where somebody who is invited chooses a password."""
    return draw(request, "password.html", actor=None, refusal=None)


@router.post("/password")
def choose_password(request: Request, session: Writing, now: Now, password: Secret) -> Response:
    """Set the password of somebody who came by an invitation, and by nothing else."""
    if request.state.sign_in.way != "invitation":
        raise NotUnderstood("a password is chosen by an invitation", fix="ask for a new one")
    try:
        account = _account(request, session)
        token = signing_in.set_password(session, account, password, now=now)
    except NotUnderstood as refusal:
        return draw(request, "password.html", status=422, actor=None, refusal=refusal)
    return _come_in(request, token, "/sign-in/second-step")


@router.post("/sign-out")
def sign_out(request: Request, session: Writing, now: Now) -> Response:
    """Go out; the cookie is good for nothing afterwards, and the browser forgets what it kept."""
    if request.state.sign_in is not None:
        entering.end(session, request.state.sign_in, now=now)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(service_of(request).settings), path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
