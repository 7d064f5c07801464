"""Drawing a page from its template."""

from functools import cache, partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from api.auth.policy import POLICY
from api.guarding.masking import masked
from api.web.dates import filters_in
from api.web.texts import LANGUAGES, said, translations
from api.web.wording import FILTERS


@cache
def _templates(language: str) -> Environment:
    """The templates in a language: filters write dates as it does.

    ``_()`` translates what stands in a template, and lets its markup stand; ``said`` translates
    what comes from elsewhere, and escapes it.
    """
    found = Environment(
        loader=PackageLoader("api.web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update({**FILTERS, **filters_in(language)})
    found.filters["said"] = partial(said, language=language)
    found.globals.update(language=language, languages=LANGUAGES)
    found.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    return found


def draw(
    request: Request, template: str, *, status: int = 200, language: str = "en", **shown: Any
) -> HTMLResponse:
    """A page in a language; ``shown`` is what its template speaks of.

    ``csrf`` goes into every form, ``nonce`` onto every script and style that stands in the page;
    ``may`` says whether whoever looks may use a route, ``status`` how the answer is meant.
    """
    sign_in = getattr(request.state, "sign_in", None)
    actor = shown.setdefault("actor", getattr(request.state, "actor", None))
    text = (
        _templates(language)
        .get_template(template)
        .render(
            request=request,
            csrf=masked(sign_in.csrf) if sign_in else "",
            nonce=request.state.nonce,
            status=status,
            may=lambda route: actor is not None and bool(actor.roles & POLICY[route]),
            **shown,
        )
    )
    return HTMLResponse(text, status)


def text_of(template: str, language: str, **shown: Any) -> str:
    """A template that no request asks for, such as a paper that is printed."""
    return _templates(language).get_template(template).render(**shown)
