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
    account, status = getattr(request.state, "account", None), refused.status_code
    if account is not None and account.patient_id is not None:
        language = account.language if account.language in LANGUAGES else "en"
        page = draw(request, "patient/problem.html", status=status, language=language)
    else:
        problem = json.loads(bytes(refused.body))
        page = draw(request, "problem.html", status=status, problem=problem)
    if "retry-after" in refused.headers:
        page.headers["Retry-After"] = refused.headers["retry-after"]
    return page
