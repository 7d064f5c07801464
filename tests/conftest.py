"""How Hypothesis searches: the same examples on every run, or many new ones in a campaign."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=100, print_blob=True, database=None
)
settings.register_profile(
    "campaign",
    deadline=None,
    max_examples=5_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many random scenarios were tried: the sum of what the tests have recorded."""
    counted: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, number in report.user_properties:
            counted[name] += int(str(number))
    if counted:
        terminalreporter.section("tried at random")
    for name, number in sorted(counted.items()):
        terminalreporter.write_line(f"{name}: {number}")
