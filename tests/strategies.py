"""Hypothesis strategies for whole documents."""

from typing import Any

from hypothesis import strategies as st

from tests.scenarios.dice import SMALL, Size
from tests.scenarios.making import random_scenario

Document = dict[str, Any]

seeds = st.integers(0, 2**32 - 1)


def scenarios(size: Size = SMALL) -> st.SearchStrategy[Document]:
    """Random scenarios of every feature, as plain documents; see `tests.reducing` for shrinking."""
    return seeds.map(lambda seed: random_scenario(seed, size))
