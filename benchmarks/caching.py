"""Documents that take a while to make, kept in files once they are made."""

import json
from collections.abc import Callable
from pathlib import Path

from benchmarks.instances import Document
from pathways.reading import parse

CACHE = Path(__file__).parent / ".cache"
"""May be deleted at any time."""


def made_once(name: str, make: Callable[[], Document]) -> Document:
    """What is made under this name, from the cache where it was made before."""
    path = CACHE / f"{name}.json"
    if not path.exists():
        CACHE.mkdir(exist_ok=True)
        path.write_text(json.dumps(make()), encoding="utf-8")
    found: Document = parse(path.read_text("utf-8"))
    return found
