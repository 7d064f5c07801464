"""Drawing a page from its template."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from html import escape
from inspect import signature
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from jinja2.filters import do_mark_safe

from api.auth.policy import POLICY
from api.guarding.masking import masked
from api.web.dates import filters_in
from api.web.languages import keep_language, language_of
from api.web.sentences import spoken
from api.web.texts import LANGUAGES, said, translations
from api.web.wording import FILTERS, short_day, word

_ISO_DATE: Final = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])")
"""A date as documents have it."""
_CODE: Final = re.compile(r"(?<![\w/.:-])([\w.-]+)/([a-z][\w-]*)/(\d+)(?![\w/-])")
"""A visit as documents name it: patient, activity, number."""


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
    words = {name: _in_language(one, language) for name, one in FILTERS.items()}
    found.filters.update({**words, **filters_in(language)})
    found.filters["said"] = partial(said, language=language)
    found.filters["told"] = partial(told, language=language)
    found.filters["titled"] = partial(titled, language=language)
    found.globals.update(language=language, languages=LANGUAGES)
    found.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    return found


def _in_language(filtered: Callable[..., Any], language: str) -> Callable[..., Any]:
    """A filter that speaks a language, where it speaks at all."""
    speaks = "language" in signature(filtered).parameters
    return partial(filtered, language=language) if speaks else filtered


def told(text: str, language: str, *, capital: bool = False, whose: str | None = None) -> str:
    """A sentence from elsewhere, translated where it can be; marked as English where it cannot.

    So a screen reader does not read English as if it were Spanish. ``capital``: how it begins. A
    date of a document is written as pages write dates, and a visit's name in plain words, with
    its patient, unless that is ``whose``: their name stands beside it then.
    """
    sentence = spoken(text, language)
    named = _CODE.sub(partial(_visit_in_words, language=language, whose=whose), sentence)
    dated = _ISO_DATE.sub(partial(_as_on_pages, language=language), named)
    shown = dated[:1].upper() + dated[1:] if capital else dated
    if language != "en" and sentence == text:
        return do_mark_safe(f'<span lang="en">{escape(shown)}</span>')
    return shown


def _as_on_pages(found: re.Match[str], language: str) -> str:
    try:
        return short_day(date.fromisoformat(found[0]), language)
    except ValueError:  # it looks like a date, and is none
        return found[0]


def _visit_in_words(found: re.Match[str], language: str, whose: str | None) -> str:
    patient, activity, number = found.groups()
    visit = f"{word(activity, language)} {number}"
    return visit if patient == whose else f"{visit} ({patient})"


def titled(activity: str, titles: Mapping[str, str], language: str) -> str:
    """What an activity is called, as `told` tells it; strip it where no markup may stand."""
    return told(titles.get(activity, word(activity)), language)


def draw(
    request: Request, template: str, *, status: int = 200, language: str = "", **shown: Any
) -> HTMLResponse:
    """A page in the language of whoever looks, or in a given one.

    ``shown`` is what its template speaks of.

    ``csrf`` goes into every form, ``nonce`` onto every script and style that stands in the page;
    ``may`` says whether whoever looks may use a route, ``status`` how the answer is meant.
    """
    sign_in = getattr(request.state, "sign_in", None)
    actor = shown.setdefault("actor", getattr(request.state, "actor", None))
    text = (
        _templates(language or language_of(request))
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


def draw_outside(request: Request, template: str, **shown: Any) -> HTMLResponse:
    """A page for whom we do not know yet, in the language of their browser; a choice is kept."""
    answer = draw(request, template, **shown)
    language = language_of(request)
    if request.query_params.get("language") == language:
        keep_language(answer, language)
    return answer


def text_of(template: str, language: str, **shown: Any) -> str:
    """A template that no request asks for, such as a paper that is printed."""
    return _templates(language).get_template(template).render(**shown)
