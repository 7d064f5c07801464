"""Judging a plan, whoever made it, by the planning contract alone.

One door: `verify`; beside it `breaches_of`, for a few appointments of a plan alone. Nothing here is
shared with the planner, so that a mistake of the one is not repeated by the other. `rules` holds
the hard rules, `completeness` what has to be answered, `costing` the cost term by term, `reasons`
whether what is said of an unplaced occurrence is true.
"""

from scheduler.planning.verifying.judging import breaches_of, verify
from scheduler.planning.verifying.reasons import REASONS
from scheduler.planning.verifying.verdict import Finding, Verdict

__all__ = ["REASONS", "Finding", "Verdict", "breaches_of", "verify"]
