"""The tables say what was measured, in the units that people compare."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.table import Table

from benchmarks import picture
from benchmarks.measuring import Measured
from benchmarks.suites import is_esketamine
from benchmarks.table import tables
from tests.benchmarks.measurements import measured

ONCE = ["1.00 (1.00 to 1.00)"]
TWICE = ["+140.0% (+120.0% to +220.0%)", "2.00 (2.00 to 2.00)"]


def rows(found: Iterable[Measured]) -> dict[str, list[list[str]]]:
    """Every table by the beginning of its title, as its rows of cells."""
    return {str(table.title).split(";")[0].split(",")[0]: cells(table) for table in tables(found)}


def cells(table: Table) -> list[list[str]]:
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def test_single_patients_are_told_by_median_worst_and_share_proven() -> None:
    seconds = {"solo-1-1": 1.0, "solo-1-3": 2.0, "solo-1-4": 6.0}
    assert not any(is_esketamine(name) for name in seconds)
    found = [
        measured(name, seconds=took, proven=int(took < 5), first=0.1)
        for name, took in seconds.items()
    ]
    pathway, patients, proven, middle, _, worst, first = rows(found)["One patient"][0]
    assert (pathway, patients, proven) == ("viop-iv", "3", "67%")
    assert (middle, worst, first) == ("2.00", "6.00", "0.10")


def test_the_monolithic_model_is_compared_on_the_same_instance() -> None:
    found = [
        measured("solo-1-2", seconds=0.5),
        measured("solo-1-2", "monolithic", seconds=10.0, proven=0),
        measured("solo-1-9", "monolithic", seconds=99.0),
    ]
    assert rows(found)["To the same proof"] == [
        ["solo-1-2", "0.50", "> 10.00", "20.0"],
        ["median", "", "", "20.0"],
    ]


def test_a_clinic_is_held_against_everybody_alone_and_against_the_best_bound() -> None:
    found = [
        measured("cohort-10-1", rest=110, total=110, bound=88, proven=0),
        measured("cohort-10-1", "first fit", doses=1, rest=150, total=10150, bound=0, proven=0),
        measured("cohort-10-1", "alone", rest=100, total=100, bound=100, proven=9, parts=10),
    ]
    ours, by_hand, alone = rows(found)["Clinics"]
    assert ours[1] == "careweave"
    assert ours[-3:] == ["+10.0%", "+10.0%", "1.00"]
    assert by_hand[5:] == ["1", "0", "150", "+50.0%", "-", "92.27"]
    assert alone[1:3] == ["alone (9/10 proven)", "10 each"]


def test_clinics_of_one_size_are_told_together_by_median_and_extremes() -> None:
    found = []
    for seed, rest in enumerate((110, 120, 160)):
        name = f"cohort-10-{seed}"
        found += [measured(name, rest=rest, total=rest), measured(name, "alone", rest=100)]
        found.append(measured(name, "first fit", doses=seed, rest=2 * rest, total=2 * rest))
    assert rows(found)["Clinics of one kind and size: median (least to most)"] == [
        ["cohort-10", "careweave", "3", *2 * ["0 (0 to 0)"], "+20.0% (+10.0% to +60.0%)", *ONCE],
        ["cohort-10", "first fit", "3", "1 (0 to 2)", "0 (0 to 0)", *TWICE],
    ]


def test_a_scarce_clinic_tells_how_much_must_be_left_out() -> None:
    plan = measured("tight-20-1", doses=2, rest=300, total=20300, bound=16300, proven=0)
    shown = rows([plan])["Scarce clinics"]
    assert shown == [["tight-20-1", "2", "0", "20000", "0", "16000", "80%"]]
    shown = rows([replace(plan, must_leave=2, must_pay=18000)])["Scarce clinics"]
    assert shown == [["tight-20-1", "2", "0", "20000", "2", "18000", "90%"]]


def test_a_repair_tells_its_seconds_and_what_it_changes() -> None:
    found = [measured("nurse-away-200-1", "repair", seconds=3.21, changed=2, doses=1, total=77)]
    assert rows(found)["A nurse away for a day"] == [["nurse-away-200-1", "3.21", "2", "1", "77"]]


def test_an_example_stands_beside_its_known_plan() -> None:
    found = [measured("solo-1-105", total=84, rest=84, bound=80, proven=0)]
    assert rows(found)["Examples"] == [
        ["solo-1-105", "1.0 of 10", "0.50", "0 (0)", "84", "1.050", "80", "no"]
    ]


def test_a_faulty_plan_is_told_last() -> None:
    found = rows([measured("solo-1-1", "first fit", faults=2)])
    assert found["Faulty plans"] == [["solo-1-1", "first fit", "2"]]


def test_the_picture_shows_the_tables_and_loads_nothing_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "PICTURE", tmp_path / "bench.svg")
    drawn = picture.draw(tables([measured("cohort-10-1", rest=4321)]), 140).read_text("utf-8")
    assert "4321" in drawn
    assert "@font-face" not in drawn
