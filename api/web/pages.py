"""Pages for people, once they have come in."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.dependencies import Here
from api.web.drawing import draw

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/")
def home(request: Request, actor: Here) -> Response:
    """Where to go from here."""
    return draw(request, "home.html", actor=actor)
