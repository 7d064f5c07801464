"""The pathways of a clinic: each as a picture of its weeks, with its rules, and two compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, col, select

from api.cli.protocol_view import sections
from api.dependencies import Here, Reading
from api.web.drawing import draw
from api.web.languages import language_of
from api.web.pathway_comparing import fields_apart, told_apart
from api.web.week_pictures import Picture, of_pathway
from pathways import library, reading
from pathways.levels import levels
from pathways.library.loading import document_of, joined_document
from pathways.protocol import LibraryPathway
from pathways.safety import PATHWAY_RULES
from scheduler.acting import Actor
from scheduler.errors import NotThere, NotUnderstood
from scheduler.store.tables import ClinicPathway

router = APIRouter(default_response_class=HTMLResponse)

OWN = "own"
"""The version under which a clinic's own pathway is named."""

_BEFORE = ("Screening", "Clearances", "Consents and medicines", "Measures", "Before a dose")
"""What is asked before a dose, by heading."""

Named = Annotated[str, Query(max_length=170)]


@dataclass(frozen=True)
class Choice:
    """A pathway by which it is compared: of the library, or the clinic's own."""

    name: str
    version: str
    title: str
    protocol: LibraryPathway | None
    document: Mapping[str, Any]

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.name}@{self.version}"

    @property
    def contract(self) -> Mapping[str, Any]:
        """What the planner knows of it, as a document."""
        if self.protocol is None:
            return self.document
        found: dict[str, Any] = self.protocol.pathway.model_dump(mode="json", exclude_defaults=True)
        return found


@router.get("/pathways")
def pathways_page(request: Request, session: Reading, actor: Here) -> Response:
    """Every pathway of the library in its newest version, and the clinic's own."""
    rows = _rows(session, actor)
    offered = {(row.id, row.version) for row in rows if row.version}
    shelf = sorted(
        newest(language_of(request)), key=lambda one: (one[0].id, one[0].version) not in offered
    )
    return draw(
        request,
        "pathways.html",
        shelf=shelf,
        offered=offered,
        own=[reading.read_pathway(row.document) for row in rows if row.document],
        choices=_keys(rows),
    )


@cache
def newest(language: str) -> tuple[tuple[LibraryPathway, Picture], ...]:
    """Every pathway of the library in its newest version by title, and a picture of its weeks."""
    names = {name for name, _ in library.names()}
    found = (library.load(name, library.versions(name)[-1]) for name in names)
    return tuple(
        (one, of_pathway(one, language)) for one in sorted(found, key=lambda one: one.title)
    )


def _rows(session: Session, actor: Actor) -> list[ClinicPathway]:
    found = select(ClinicPathway).where(ClinicPathway.clinic_id == actor.clinic_id)
    return list(session.exec(found.order_by(col(ClinicPathway.position), ClinicPathway.id)))


def _keys(rows: list[ClinicPathway]) -> list[tuple[str, str]]:
    """Everything that can be compared: how a form names it, and its title."""
    known = [(f"{n}@{v}", f"{library.load(n, v).title}, {v}") for n, v in library.names()]
    own = [
        (f"{row.id}@{OWN}", str(row.document.get("title", row.id))) for row in rows if row.document
    ]
    return [*own, *known]


@router.get("/pathways/compare")
def compare_pathways(
    request: Request, session: Reading, actor: Here, one: Named = "", other: Named = ""
) -> Response:
    """Two pathways side by side: what differs, line by line and field by field."""
    rows, language = _rows(session, actor), language_of(request)
    keys = _keys(rows)
    pair = [_choice(rows, name) for name in (one, other) if name]
    if len(pair) != 2:
        raise NotUnderstood("two pathways are compared", fix="choose two", place="one")
    left, right = pair
    whole = left.protocol is not None and right.protocol is not None
    return draw(
        request,
        "pathways_compared.html",
        pair=pair,
        pictures=[of_pathway(p.protocol, language) if p.protocol else None for p in pair],
        told=told_apart(left.protocol, right.protocol) if left.protocol and right.protocol else [],
        fields=fields_apart(
            left.document if whole else left.contract, right.document if whole else right.contract
        ),
        whole=whole,
        choices=keys,
    )


def _choice(rows: list[ClinicPathway], key: str) -> Choice:
    name, _, version = key.rpartition("@")
    if version != OWN:
        protocol = library.load(name, version)
        document = joined_document(document_of(name, version))
        return Choice(name, version, protocol.title, protocol, document)
    row = next((row for row in rows if row.id == name and row.document), None)
    if row is None or row.document is None:
        raise NotThere("the clinic has no such pathway of its own")
    return Choice(name, version, str(row.document.get("title", name)), None, row.document)


@router.get("/pathways/{pathway}/{version}")
def pathway_page(
    request: Request, pathway: str, version: str, session: Reading, actor: Here
) -> Response:
    """One pathway: its weeks as a picture and a table, what is asked before a dose, its rules."""
    protocol = library.load(pathway, version)
    told = sections(protocol)
    return draw(
        request,
        "pathway.html",
        protocol=protocol,
        weeks=_weeks(protocol),
        phases=_phases(protocol),
        before=[(title, lines) for title, lines in told if title in _BEFORE and lines],
        others=[(title, lines) for title, lines in told if title not in _BEFORE and lines],
        rules=[rule for rule in PATHWAY_RULES if rule.statement],
        choices=_keys(_rows(session, actor)),
        key=f"{protocol.id}@{protocol.version}",
    )


def _weeks(protocol: LibraryPathway) -> list[tuple[str, str, list[int]]]:
    """Each activity with its kind and how often it comes in each week."""
    numbers = range(1, protocol.weeks + 1)
    return [
        (
            activity.title,
            "dose" if activity.purpose == "dose" else activity.kind,
            [protocol.expected(activity, week) for week in numbers],
        )
        for activity in protocol.activities
    ]


def _phases(protocol: LibraryPathway) -> list[tuple[str, int]]:
    """The levels of care one after the other, and how many weeks each lasts."""
    return [
        (levels()[block.level].title, block.weeks.last - block.weeks.first + 1)
        for block in sorted(protocol.levels, key=lambda block: block.weeks.first)
    ]
