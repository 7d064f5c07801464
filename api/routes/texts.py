"""What messages say: the approved words, and the clinic's own where it has some."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from api.dependencies import Here, Now, Reading, Writing, etag, if_match
from api.routes.documents import Sent, Shown
from scheduler.reminders import rewording
from scheduler.reminders.wording import LONGEST_PAGE

router = APIRouter(tags=["house"])

Language = Annotated[str, Path(max_length=8)]
Name = Annotated[str, Path(max_length=80)]


class OwnWords(Sent):
    """What a text is to say; values stand in braces, as in the approved words."""

    words: Annotated[str, Field(min_length=1, max_length=2 * LONGEST_PAGE)]


class TextShown(Shown):
    """What one text of a message says in the clinic.

    ``own``: whether the words are the clinic's; ``fixed``: why they cannot be, else empty.
    ``values``: what may stand in them in braces, ``needed``: what must, as the words ``kept`` must.
    ``most``: characters that it may have with the longest values, if they are counted so.
    ``version`` goes back with a change, as If-Match.
    """

    language: str
    name: str
    words: str
    approved: str
    own: bool
    fixed: str
    values: list[str]
    needed: list[str]
    kept: list[str]
    most: int | None
    version: str


@dataclass(frozen=True)
class _Version:
    """Which version of a text a request changes, and which one its answer shows."""

    request: Request
    response: Response

    def refuse_old(self, version: str) -> None:
        """VersionNeeded or Stale, as `if_match` has it."""
        if_match(self.request, version)

    def shown(self, text: rewording.Text) -> TextShown:
        """A text as it is answered, with its version as the ETag."""
        etag(self.response, text.version)
        return TextShown.model_validate(text)


def _version(request: Request, response: Response) -> _Version:
    return _Version(request, response)


Versioned = Annotated[_Version, Depends(_version)]


@router.get("/clinic/texts")
def list_texts(session: Reading, actor: Here) -> list[TextShown]:
    """Every text that a message may have, in each language."""
    clinic = rewording.clinic_of(session, actor)
    return [TextShown.model_validate(one) for one in rewording.texts_of(clinic)]


@router.put("/clinic/texts/{language}/{name}")
def change_text(
    language: Language,
    name: Name,
    said: OwnWords,
    version: Versioned,
    session: Writing,
    actor: Here,
    now: Now,
) -> TextShown:
    """Say a text in the clinic's own words from now on; If-Match is the version of what it says."""
    current = version.refuse_old
    which = (language, name)
    text = rewording.reword(session, actor, which, said.words, is_current=current, now=now)
    return version.shown(text)


@router.delete("/clinic/texts/{language}/{name}")
def approve_text(
    language: Language,
    name: Name,
    version: Versioned,
    session: Writing,
    actor: Here,
    now: Now,
) -> TextShown:
    """Say a text in the approved words again; If-Match is the version of what it says."""
    current = version.refuse_old
    text = rewording.take_back(session, actor, (language, name), is_current=current, now=now)
    return version.shown(text)
