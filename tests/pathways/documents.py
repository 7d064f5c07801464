"""Documents of the library with something changed: what a rule is tried out on."""

from copy import deepcopy
from typing import Any

from pathways.library.loading import document_of, joined_document
from pathways.protocol import LibraryPathway
from tests.factories import Document

GONE = object()
"""In place of a value: leave the key out."""

TRD = "iop-esketamine-trd"
INFUSIONS = "iop-ketamine-iv-2x3"
VERSION = "2026.1"


def whole(name: str = TRD) -> Document:
    """The document of a library pathway, its parts joined into it."""
    return deepcopy(joined_document(document_of(name, VERSION)))


def changed(name: str, changes: dict[str, Any]) -> LibraryPathway:
    """A library pathway with other values at these places.

    A place is written ``activities/dose/gap_before``: keys, ids of listed records, or numbers.
    """
    document = whole(name)
    for place, value in changes.items():
        put(document, place, value)
    return LibraryPathway.model_validate(document)


def without_doses() -> LibraryPathway:
    """A pathway of groups and one evaluation, in which nobody is dosed."""
    group = {
        "id": "iop-group",
        "purpose": "group",
        "kind": "group",
        "title": "Group",
        "modality": "in-person",
        "meeting_minutes": 180,
        "schedule": [{"weeks": "1-10", "per_week": 3}],
    }
    check = {
        "id": "evaluation",
        "purpose": "evaluation",
        "kind": "session",
        "title": "Evaluation",
        "modality": "virtual",
        "minutes": 30,
        "schedule": [{"weeks": "6-6", "per_week": 1}],
    }
    return changed(TRD, {"activities": [group, check]})


def put(document: Document, place: str, value: Any) -> None:
    """Put a value at a place of a document, or take the place out where it is `GONE`."""
    *path, last = place.split("/")
    here: Any = document
    for step in path:
        here = _at(here, step)
    if value is GONE:
        del here[last]
    elif isinstance(here, list):
        here[here.index(_at(here, last))] = value
    else:
        here[last] = value


def _at(here: Any, step: str) -> Any:
    if isinstance(here, list):
        return here[int(step)] if step.isdigit() else next(x for x in here if x["id"] == step)
    return here[step]
