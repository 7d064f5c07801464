"""Pages for people: coming in, and where to go from there."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import entering
from api.dependencies import Here, Now, Writing, cookie_name, service_of
from api.web.drawing import draw

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/")
def home(request: Request, actor: Here) -> Response:
    """Where to go from here."""
    return draw(request, "home.html", actor=actor)


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """How to come in."""
    return draw(request, "sign_in.html")


@router.get("/enter/{token}")
def enter_by_link(request: Request, token: str, session: Writing, now: Now) -> Response:
    """Come in by a one-time link."""
    account = entering.follow_link(session, token, now=now)
    cookie, _ = entering.begin(session, account, strong=True, now=now)
    settings = service_of(request).settings
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        cookie_name(settings),
        cookie,
        httponly=True,
        samesite="lax",
        secure=settings.own_url.startswith("https:"),
        path="/",
    )
    return answer


@router.post("/sign-out")
def sign_out(request: Request, session: Writing, now: Now) -> Response:
    """Go out; the cookie is good for nothing afterwards."""
    if request.state.sign_in is not None:
        entering.end(session, request.state.sign_in, now=now)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(service_of(request).settings), path="/")
    return answer
