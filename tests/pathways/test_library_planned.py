"""Every pathway of the library can be planned in an ordinary clinic, and is then safe."""

import pytest

from pathways import library, reading, safety
from pathways.safety import Strength
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Stop
from tests.pathways.clinics import scenario_of

WORK = 40
COUPLES = "couples-ketamine-im"
"""Of two together the first plan is looked at: one question about both takes a minute."""


@pytest.mark.parametrize(("name", "version"), library.names())
def test_a_library_pathway_fits_into_an_ordinary_clinic(name: str, version: str) -> None:
    scenario = reading.read_scenario(scenario_of(library.load(name, version)))
    plan = solve(scenario, Stop(work=0 if name == COUPLES else WORK))
    assert plan.unplaced == ()
    breaches = safety.judge_plan(scenario, plan, library.protocols_of(scenario))
    assert [str(b) for b in breaches if b.strength is not Strength.SOFT] == []
