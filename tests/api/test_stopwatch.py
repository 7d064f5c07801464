"""What the bench says of how long something takes."""

from collections.abc import Callable

import pytest

from api.bench.stopwatch import in_turn


@pytest.fixture
def lasting(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Callable[[], None]]:
    """Doings that take so many milliseconds of a clock that nothing else moves."""
    now = [0.0]
    monkeypatch.setattr("api.bench.stopwatch.time.perf_counter", lambda: now[0])
    monkeypatch.setattr("api.bench.stopwatch.time.process_time", lambda: now[0] / 2)

    def doing(milliseconds: float) -> Callable[[], None]:
        def do() -> None:
            now[0] += milliseconds / 1000

        return do

    return doing


def test_each_kind_has_its_median_without_the_first_turns(
    lasting: Callable[[float], Callable[[], None]],
) -> None:
    took = in_turn(
        {
            "short": [lasting(n) for n in (900, 1, 2, 30)],
            "long": [lasting(n) for n in (900, 50, 40, 60)],
        },
        warming=1,
    )
    medians = {name: (one.wall, one.processor) for name, one in took.items()}
    assert medians["short"] == pytest.approx((2, 1))
    assert medians["long"] == pytest.approx((50, 25))


def test_one_of_each_kind_is_done_in_every_turn() -> None:
    done: list[str] = []
    kinds = {name: [lambda name=name: done.append(name)] * 2 for name in ("bare", "booking")}
    in_turn(kinds, warming=0)
    assert done == ["bare", "booking", "bare", "booking"]
