"""Pages for people, once they have come in."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.dependencies import Here, Now, Reading
from api.web.drawing import draw
from api.web.naming import names_of
from scheduler import work

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
