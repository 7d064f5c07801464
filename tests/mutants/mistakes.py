"""The seeded mistakes, as they stand in ``mistakes.toml`` and ``reminders.toml``."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SETS = ("mistakes", "reminders")


@dataclass(frozen=True)
class Mistake:
    """A text of a file and what would be wrong; ``only``: which tests of the files must find it."""

    says: str
    file: str
    old: str
    new: str
    tests: list[str]
    only: str

    def made_in(self, right: str) -> str:
        """The file's text with the mistake in it, which has one place there."""
        assert right.count(self.old) == 1, f"{self.says}: not once in {self.file}"
        return right.replace(self.old, self.new)


def mistakes() -> list[Mistake]:
    """Every seeded mistake, of the service and of its reminders."""
    return [mistake for name in SETS for mistake in mistakes_in(name)]


def mistakes_in(name: str) -> list[Mistake]:
    """The mistakes of one file."""
    told = tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))
    return [Mistake(**entry) for entry in told["mistake"]]
