"""Making a document that fails a test as small as it goes, so that a person can read it."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from pathways.faults import BadDocument
from pathways.reading import read_scenario

Document = dict[str, Any]
Place = tuple[str | int, ...]


def smallest(document: Document, fails: Callable[[Document], bool], tries: int = 400) -> Document:
    """What is left once nothing more can be taken out with the test still failing.

    ``tries`` bounds how often ``fails`` is asked; what is no scenario is never asked about.
    """
    shrunk = True
    while shrunk and tries > 0:
        shrunk = False
        for place in list(_places(document)):
            smaller = _without(document, place)
            if smaller is not None and tries > 0 and _is_scenario(smaller):
                tries -= 1
                if fails(smaller):
                    document, shrunk = smaller, True
    return document


def _is_scenario(document: Document) -> bool:
    try:
        read_scenario(document)
    except BadDocument:
        return False
    return True


def _places(here: Any, above: Place = ()) -> Iterator[Place]:
    """Every key and item, the larger ones before what stands in them."""
    keys = here if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
    for key in list(keys)[::-1]:
        yield (*above, key)
    for key in list(keys)[::-1]:
        yield from _places(here[key], (*above, key))


def _without(document: Document, place: Place) -> Document | None:
    """The document without this place, None where an earlier step took it with it."""
    smaller = copy.deepcopy(document)
    here: Any = smaller
    try:
        for key in place[:-1]:
            here = here[key]
        del here[place[-1]]
    except (LookupError, TypeError):
        return None
    return smaller
