"""A pathway's file and the parts it uses, joined into one document.

Lists are joined, parts first in the order in which the pathway names them; a table stands in one
file alone, so that no number ever stands twice. Every entry remembers the file it came from.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from pathways.record import Fault
from pathways.remainder import location_of, place_text

Document = dict[str, Any]
PartReader = Callable[[str, str], Document]


class Origin(NamedTuple):
    """The file an entry came from (empty: the pathway's own) and its number in that file."""

    file: str
    number: int


class Joined:
    """The document of a pathway with its parts, and where each entry stood."""

    def __init__(self, own: Mapping[str, Any], read_part: PartReader) -> None:
        self.data: Document = {}
        self.faults: list[Fault] = []
        self.files: dict[str, Mapping[str, Any]] = {}
        self._origins: dict[str, list[Origin]] = {}
        self._tables: dict[str, str] = {}
        for number, reference in enumerate(_references(own)):
            self._add_part(number, reference, read_part)
        self._add("", own)
        _fill_stages(self.data)

    def place(self, place: str) -> str:
        """A place of the joined document as it is found in the files."""
        location = list(location_of(place))
        field = str(location[0]) if location else ""
        if field in self._tables:
            return _in_file(self._tables[field], place)
        origins = self._origins.get(field, [])
        if len(location) < 2 or not isinstance(location[1], int) or location[1] >= len(origins):
            return place
        origin = origins[location[1]]
        location[1] = origin.number
        return _in_file(origin.file, place_text(tuple(location)))

    def _add_part(self, number: int, reference: Any, read_part: PartReader) -> None:
        place = f"parts[{number}]"
        if not isinstance(reference, Mapping) or not {"part", "version"} <= reference.keys():
            return  # the record of the pathway says what a reference looks like
        try:
            part = read_part(str(reference["part"]), str(reference["version"]))
        except LookupError as error:
            self.faults.append((place, str(error.args[0])))
            return
        self._add(f"parts/{reference['part']}/{reference['version']}.toml", part)

    def _add(self, file: str, document: Mapping[str, Any]) -> None:
        self.files[file] = document
        for field, value in document.items():
            if isinstance(value, list) and isinstance(self.data.get(field, []), list):
                self._origins.setdefault(field, [])
                self._origins[field] += [Origin(file, n) for n, _ in enumerate(value)]
                self.data[field] = [*self.data.get(field, []), *deepcopy(value)]
            elif field in self.data:
                other = self._tables.get(field, "") or "another file"
                self.faults.append((_in_file(file, field), f"stands in {other}, too; keep one"))
            else:
                self.data[field] = deepcopy(value)
                self._tables[field] = file


def _references(document: Mapping[str, Any]) -> list[Any]:
    listed = document.get("parts", [])
    return listed if isinstance(listed, list) else []


def _in_file(file: str, place: str) -> str:
    return f"{file}: {place}" if file else place


def _fill_stages(data: Document) -> None:
    """Give every activity that names a visit the stages of that visit."""
    stages = {
        visit.get("id"): visit.get("stages")
        for visit in data.get("visits", [])
        if isinstance(visit, Mapping)
    }
    for activity in data.get("activities", []):
        if isinstance(activity, dict) and activity.get("visit") in stages:
            activity.setdefault("stages", deepcopy(stages[activity["visit"]]))
