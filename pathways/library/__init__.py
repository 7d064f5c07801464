"""The library: protocols as versioned data, and the one way to them.

``load`` answers a pathway that is whole and keeps every hard rule and every gate, or an error that
says what is wrong. A published file is never edited; a change is a new version beside it.
"""

from pathways.library.loading import (
    PathwayRefused,
    UnknownPathway,
    judged,
    load,
    names,
    protocols_of,
    versions,
)
from pathways.protocol import LibraryPathway

__all__ = [
    "LibraryPathway",
    "PathwayRefused",
    "UnknownPathway",
    "judged",
    "load",
    "names",
    "protocols_of",
    "versions",
]
