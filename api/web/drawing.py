"""Drawing a page from its template."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from api.auth.policy import POLICY
from api.web.wording import FILTERS

_templates = Environment(
    loader=PackageLoader("api.web"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(FILTERS)


def draw(request: Request, template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page; ``shown`` is what its template speaks of.

    ``csrf`` goes into every form, ``nonce`` onto every script and style that stands in the page;
    ``may`` says whether whoever looks may use a route.
    """
    sign_in = getattr(request.state, "sign_in", None)
    actor = shown.setdefault("actor", getattr(request.state, "actor", None))
    text = _templates.get_template(template).render(
        request=request,
        csrf=sign_in.csrf if sign_in else "",
        nonce=request.state.nonce,
        may=lambda route: actor is not None and bool(actor.roles & POLICY[route]),
        **shown,
    )
    return HTMLResponse(text, status)
