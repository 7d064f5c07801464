"""How many requests were answered, by the name of their route, and what the process takes."""

from prometheus_client import CollectorRegistry, Counter, ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
_ANSWERS = Counter(
    "careweave_answers", "Answers by route and status", ["route", "status"], registry=REGISTRY
)


def answered(route: str, status: int) -> None:
    """Count an answer."""
    _ANSWERS.labels(route, str(status)).inc()
