"""``careweave bench reminders``: everything is measured, and what is told of it is true."""

from statistics import median

import pytest

from api.bench.reminders.comparing import Contender, Line, NotAllSent, Wanted, race
from api.bench.reminders.measuring import Bench, Sizes
from api.cli.bench_view import cells, reminders_table
from scheduler.store.session import Store

FEW = Sizes(100, 20, people=4, jobs=3, crowd=30, among=200, workers=0, moves=2, times=1)


def test_everything_is_measured_and_everything_is_sent(store: Store) -> None:
    bench = Bench(store, "", FEW)
    found = list(bench.everything())
    assert all(median(line.values) > 0 for line in found)
    names = [line.name for line in found]
    assert len(set(names)) == len(names)
    assert "the whole path" in names
    assert any("a tick" in name for name in names)
    if not store.is_sqlite:
        assert sum(line.wanted is not None for line in found) >= 6
        assert bench.filled.left() == 0
    table = reminders_table(("a database", line) for line in found)
    assert table.row_count == len(found) + 1


def test_a_run_that_leaves_something_unsent_means_nothing() -> None:
    lazy = Contender("lazy", 5, lambda: None, lambda: None)
    with pytest.raises(NotAllSent, match="lazy"):
        race([lazy], 1, lambda: 2)


def test_a_ratio_is_of_the_same_turn_and_the_middle_one_counts() -> None:
    found = race([Contender(n, 10, list, list) for n in ("one", "other")], 3, lambda: 0)
    expected = [a / b for a, b in zip(found.rates("one"), found.rates("other"), strict=True)]
    line = found.line("title", "one", "other", "of it", Wanted(median(expected)))
    assert list(line.ratios) == expected
    assert line.met


@pytest.mark.parametrize(
    ("wanted", "met"),
    [
        (Wanted(3, of_ratios=False), True),
        (Wanted(3.1, of_ratios=False), False),
        (Wanted(3, of_ratios=False, least=False), True),
        (Wanted(2.9, of_ratios=False, least=False), False),
        (Wanted(20), True),
        (Wanted(21), False),
    ],
)
def test_a_median_comes_to_what_is_wanted_or_does_not(wanted: Wanted, met: bool) -> None:
    line = Line("named", "/s", [1, 3, 50], (), [10, 20, 90], "x it", wanted)
    assert line.met is met
    assert cells(line)[-1] == ("yes" if met else "no")


def test_a_line_tells_its_median_spread_ratio_and_what_is_wanted() -> None:
    line = Line("named", "/s", [1000, 3000, 5000.4], [7000], [0.5], "of raw", Wanted(0.35))
    assert cells(line) == (
        "named",
        "3,000/s",
        "1,000-5,000",
        "7,000/s",
        "0.5 of raw",
        ">= 0.35",
        "yes",
    )
