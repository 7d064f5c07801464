"""The continuum of care: six levels, the hours of each, and the ways down and up."""

import tomllib
from functools import cache
from importlib import resources

from pydantic import Field, TypeAdapter

from pathways.protocol.course import LevelId
from pathways.protocol.sourcing import Sourced
from pathways.record import Count, Record, Text


class Hours(Sourced):
    """Programme hours a week: at least ``least``, at most ``most``, fewer than ``below``."""

    least: Count | None = Field(default=None, alias="from")
    most: Count | None = Field(default=None, alias="to")
    below: Count | None = None

    def hold(self, hours: float) -> bool:
        """Whether so many hours a week belong to this level."""
        return (
            (self.least is None or hours >= self.least)
            and (self.most is None or hours <= self.most)
            and (self.below is None or hours < self.below)
        )

    def __str__(self) -> str:
        if self.below is not None:
            return f"fewer than {self.below}"
        return f"{self.least}-{self.most}" if self.most else f"at least {self.least}"


class Days(Sourced):
    """How long people usually stay on a level, or on how many days a week they come."""

    least: Count = Field(alias="from")
    most: Count | None = Field(default=None, alias="to")


class Mix(Sourced):
    """What every week of a level holds at least."""

    individual: Count
    individual_minutes: Count
    groups: Count
    group_minutes: Count
    psychiatric: Count


class GroupCap(Sourced):
    """How many patients a group meeting holds at most."""

    patients: Count


class Level(Record):
    """One level of care. ``holds_doses``: whether an outpatient dose may be given on it."""

    title: Text
    holds_doses: bool
    hours: Hours | None = None
    days_a_week: Days | None = None
    days: Days | None = None
    mix: Mix | None = None
    group_cap: GroupCap | None = None
    down: tuple[LevelId, ...]
    up: tuple[LevelId, ...]


@cache
def levels() -> dict[LevelId, Level]:
    """All levels by id, the most intensive first."""
    text = resources.files("pathways").joinpath("levels.toml").read_text("utf-8")
    return TypeAdapter(dict[LevelId, Level]).validate_python(tomllib.loads(text))
