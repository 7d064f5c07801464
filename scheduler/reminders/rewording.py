"""A clinic's own words for its messages: written, and taken back for the approved ones."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import NotThere
from scheduler.reminders import fitting, wording
from scheduler.reminders.own_words import own_words, with_earlier, with_words, words_of
from scheduler.reminders.texts import LANGUAGES, texts_in
from scheduler.store.tables import Clinic

IsCurrent = Callable[[str], None]
"""Refuses the version that is stored, where somebody else was faster."""


@dataclass(frozen=True)
class Text:
    """What one text of a message says in a clinic, and what would be taken instead.

    ``own``: whether the words are the clinic's. ``fixed``: why they cannot be. ``needed``: values
    that must stand in them; ``kept``: so must these words. ``most``: characters, with the longest
    values; None where they are not counted so. ``version``: what a change of them sends back.
    """

    language: str
    name: str
    words: str
    approved: str
    own: bool
    fixed: str
    values: tuple[str, ...]
    needed: tuple[str, ...]
    kept: tuple[str, ...]
    most: int | None
    version: str


def text_of(clinic: Clinic, language: str, name: str) -> Text:
    """What a text says in a clinic; NotThere where there is no such text."""
    approved = wording.approved(language, name)
    words = words_of(clinic, language, name)
    return Text(
        language=language,
        name=name,
        words=words,
        approved=approved,
        own=words != approved,
        fixed=wording.why_fixed(name),
        values=tuple(sorted(wording.values_in(approved))),
        needed=tuple(sorted(wording.needed(language, name))),
        kept=tuple(wording.kept(language, name)),
        most=fitting.limit(name),
        version=hashlib.sha256(words.encode()).hexdigest()[:16],
    )


def texts_of(clinic: Clinic) -> Iterator[Text]:
    """Every text of a clinic's messages, by name, in each language."""
    for name in sorted({name for language in LANGUAGES for name in texts_in(language)}):
        for language in LANGUAGES:
            yield text_of(clinic, language, name)


def clinic_of(session: Session, actor: Actor) -> Clinic:
    """The clinic of whoever asks; NotThere where there is none."""
    clinic = session.get(Clinic, actor.clinic_id)
    if clinic is None:
        raise NotThere("there is no such clinic")
    return clinic


def reword(
    session: Session,
    actor: Actor,
    which: tuple[str, str],
    words: str,
    *,
    is_current: IsCurrent,
    now: datetime,
) -> Text:
    """Say a text, told by its language and name, in the clinic's own words from now on.

    The refusals are the judge's, and those of ``is_current``.
    Messages that wait are told in them; what has come says what it said. The approved words are
    taken as such.
    """
    language, name = which
    clinic = clinic_of(session, actor)
    session.refresh(clinic, with_for_update={"key_share": True})
    before = text_of(clinic, language, name)
    is_current(before.version)
    fitting.judge(clinic, language, name, words)
    own = "" if words == before.approved else words
    if own != own_words(clinic, language, name):
        kept = with_earlier(clinic.settings, language, name, now)
        clinic.settings = with_words(kept, language, name, own)
        _write_down(session, actor, clinic, before, words, now)
    return text_of(clinic, language, name)


def take_back(
    session: Session,
    actor: Actor,
    which: tuple[str, str],
    *,
    is_current: IsCurrent,
    now: datetime,
) -> Text:
    """Say a text in the approved words again; refused where they do not fit with the others."""
    return reword(session, actor, which, wording.approved(*which), is_current=is_current, now=now)


def _write_down(
    session: Session, actor: Actor, clinic: Clinic, before: Text, words: str, now: datetime
) -> None:
    audit.record(
        session,
        actor,
        "clinic.text",
        at=now,
        subject=("clinic", clinic.id),
        language=before.language,
        name=before.name,
        before=before.words,
        after=words,
    )
    audit.tell(session, actor.clinic_id, "clinic", clinic.id, at=now)
