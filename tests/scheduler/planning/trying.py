"""What the tests of the planner share: planning a document, judging it, many seeds at a time."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import yaml

from pathways.plan import Plan
from pathways.reading import read_scenario
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Stop
from scheduler.planning.verifying import verify
from tests.reducing import smallest

Document = dict[str, Any]
Complaint = Callable[[Document], str]
"""What is wrong with the planning of a document; empty where nothing is."""

CAMPAIGN = int(os.environ.get("CAREWEAVE_CAMPAIGN", "5000"))
"""How many seeds each campaign tries."""


def planned(document: Document, work: int, seed: int = 0) -> Plan:
    """The planner's answer after so much work."""
    return solve(read_scenario(document), Stop(work=work), seed=seed)


def faults(document: Document, plan: Plan) -> list[str]:
    """What the verifier finds in a plan, the truth of its reasons included."""
    return [str(fault) for fault in verify(read_scenario(document), plan, reasons=True).faults]


def chunks(total: int, size: int, *, first: int = 0) -> list[range]:
    """The seeds from ``first`` on in ranges that tests can run side by side."""
    return [range(n, min(n + size, first + total)) for n in range(first, first + total, size)]


def campaign(size: int) -> Any:
    """A parametrization over the seeds of a campaign, marked as one."""
    # Beyond the seeds of the test command, which are tried there.
    held = chunks(CAMPAIGN, size, first=100_000)
    return [pytest.param(seeds, marks=pytest.mark.campaign, id=f"{seeds[0]}") for seeds in held]


def try_all(seeds: Iterable[int], make: Callable[[int], Document], complaint: Complaint) -> int:
    """Fail with the first scenario complained about, as small as it goes; how many were tried."""
    tried = 0
    for seed in seeds:
        document = make(seed)
        says = complaint(document)
        if says:
            pytest.fail(_shown(seed, document, complaint, says))
        tried += 1
    return tried


def _shown(seed: int, document: Document, complaint: Complaint, says: str) -> str:
    reduced = smallest(document, lambda smaller: bool(complaint(smaller)), tries=200)
    text = yaml.safe_dump(reduced, sort_keys=False, default_flow_style=None, width=100)
    return f"seed {seed}: {says}\nreduced: {complaint(reduced)}\n{text}"
