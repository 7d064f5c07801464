"""Pages for people, once they have come in, and the language in which these speak to them."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import accounts
from api.dependencies import Here, Now, Reading, Writing
from api.web.drawing import draw
from api.web.languages import keep_language
from api.web.naming import names_of
from api.web.texts import LANGUAGES
from scheduler import work
from scheduler.errors import NotThere, NotUnderstood

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/")
def home(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """Where to go from here; a patient comes to their own page."""
    if actor.is_patient:
        return RedirectResponse("/me", status_code=303)
    tasks = work.open_tasks(session, actor.clinic_id, actor.roles)
    late = sum(task.due_at < now for task in tasks)
    clinic = names_of(session, actor).clinic
    return draw(request, "home.html", actor=actor, clinic=clinic, tasks=len(tasks), late=late)


@router.post("/language")
def speak_to_me(
    request: Request,
    actor: Here,
    session: Writing,
    now: Now,
    language: Annotated[str, Form(max_length=8)],
    stays: Annotated[bool, Form()] = True,
) -> Response:
    """Pages speak another language to whoever asks from now on.

    ``stays``: they are led back to the page on which they asked, not to the start.
    """
    if language not in LANGUAGES:
        raise NotUnderstood(
            "this language is not spoken here", fix=" or ".join(LANGUAGES), place="language"
        )
    if actor.account_id is None:
        raise NotThere("there is no such account")
    accounts.speak(session, actor, actor.account_id, language, now=now)
    answer = RedirectResponse(_asked_on(request) if stays else "/", status_code=303)
    keep_language(answer, language)
    return answer


def _asked_on(request: Request) -> str:
    """Path and query of the page of ours that sent a form; the start where it is none of ours.

    The browser says it: what an address asks for is not repeated inside a page, whose compressed
    length would tell of it.
    """
    try:
        page = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    path = f"{page.path}?{page.query}" if page.query else page.path
    is_ours = page.netloc == request.url.netloc and path.startswith("/")
    return path if is_ours and not path.startswith(("//", "/\\")) else "/"
