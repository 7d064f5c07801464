"""A refusal as a page: what is wrong, and the way out."""

import json

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from api.web.drawing import draw
from api.web.texts import LANGUAGES


def page_of(request: Request, refused: JSONResponse) -> Response:
    """The page that says what a problem document says, with the same status and headers.

    To patients it says what they can do, in their language, and none of our words.
    """
    sign_in, status = getattr(request.state, "sign_in", None), refused.status_code
    if sign_in is not None and sign_in.actor.is_patient:
        language = sign_in.actor.language if sign_in.actor.language in LANGUAGES else "en"
        page = draw(request, "patient/problem.html", status=status, language=language)
    else:
        problem = json.loads(bytes(refused.body))
        page = draw(request, "problem.html", status=status, problem=problem)
    if "retry-after" in refused.headers:
        page.headers["Retry-After"] = refused.headers["retry-after"]
    return page
