"""Why something is unplaced, where there is next to nothing to say."""

from tests import factories
from tests.scheduler.planning.trying import faults, planned


def test_a_session_that_is_longer_than_a_day_is_unplaced_with_a_reason() -> None:
    retreat = factories.session("retreat", minutes=1500)
    document = factories.scenario(pathways=[factories.pathway(retreat)])
    plan = planned(document, work=5)
    assert [reason.rule for reason in plan.unplaced[0].reasons] == ["hours"]
    assert faults(document, plan) == []
