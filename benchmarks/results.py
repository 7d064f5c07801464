"""Measurements in a file, a line of JSON each, so that what was interrupted can go on."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Case, Measured

FOLDER = Path(__file__).parent / ".results"


class Results:
    """The measurements that a file holds; a further one is written as soon as it is there."""

    def __init__(self, name: str) -> None:
        self.path = FOLDER / f"{name}.jsonl"
        self._held = {measured.case: measured for measured in self._read()}

    def _read(self) -> Iterator[Measured]:
        if self.path.exists():
            for line in self.path.read_text("utf-8").splitlines():
                yield Measured.from_document(json.loads(line))

    def __contains__(self, case: Case) -> bool:
        return case in self._held

    def __iter__(self) -> Iterator[Measured]:
        return iter(self._held.values())

    def clear(self) -> None:
        """Forget what is held, in the file too."""
        self.path.unlink(missing_ok=True)
        self._held.clear()

    def add(self, measured: Measured) -> None:
        """Keep a measurement."""
        FOLDER.mkdir(exist_ok=True)
        self._held[measured.case] = measured
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(measured.document()) + "\n")
