"""A refusal as a page: what is wrong, and the way out."""

import json

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from api.web.drawing import draw


def page_of(request: Request, refused: JSONResponse) -> Response:
    """The page that says what a problem document says, with the same status and headers."""
    problem = json.loads(bytes(refused.body))
    page = draw(request, "problem.html", status=refused.status_code, problem=problem)
    if "retry-after" in refused.headers:
        page.headers["Retry-After"] = refused.headers["retry-after"]
    return page
