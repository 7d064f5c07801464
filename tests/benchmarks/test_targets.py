"""The table of targets says of each whether it is reached, by what was measured."""

from collections.abc import Iterable

from benchmarks.measuring import Case, Measured
from benchmarks.suites import is_esketamine
from benchmarks.targets import targets
from tests.benchmarks.measurements import measured


def told(*found: Measured) -> dict[str, tuple[str, str]]:
    """By what is meant, what was measured and whether that is enough."""
    columns: Iterable[list[str]] = [list(map(str, c.cells)) for c in targets(list(found)).columns]
    return {what: (said, reached) for what, _, said, reached in zip(*columns, strict=True)}


def test_nothing_is_said_of_what_was_not_measured() -> None:
    assert told() == {}


def test_single_patients_are_held_to_their_median_and_their_worst() -> None:
    seconds = {1: 0.5, 2: 0.75, 3: 3.25}
    found = told(*(measured(f"solo-1-{n}", seconds=took) for n, took in seconds.items()))
    assert found == {
        "one patient, proven": ("3 of 3", "yes"),
        "one patient, median": ("0.75 s", "yes"),
        "one patient, worst": ("3.25 s", "no"),
    }


def test_the_whole_process_is_held_to_a_limit_of_its_own() -> None:
    found = told(*(measured(f"solo-1-{n}", "process", seconds=2.0 + n) for n in (0, 1, 2)))
    assert found == {"the whole process, median of 3": ("3.00 s", "no")}


def test_the_model_is_compared_on_esketamine_alone() -> None:
    name = next(f"solo-1-{n}" for n in range(1, 9) if is_esketamine(f"solo-1-{n}"))
    found = told(measured(name), measured(name, "monolithic", seconds=12.0))
    assert found["esketamine, monolithic to proof"] == ("12.0 times", "yes")


def test_one_more_has_to_be_proven_in_time() -> None:
    in_time = told(measured("one-more-200-1", first=0.9, seconds=3.9))
    assert in_time["one-more-200-1, first plan"] == ("0.90 s", "yes")
    assert in_time["one-more-200-1, proof"] == ("3.90 s", "yes")
    unproven = told(measured("one-more-200-1", seconds=3.9, proven=0))
    assert unproven["one-more-200-1, proof"] == ("not within 3.90 s", "no")


def test_a_repair_is_held_to_five_seconds() -> None:
    found = told(measured("nurse-away-200-1", "repair", seconds=5.25))
    assert found == {"nurse-away-200-1, whole process": ("5.25 s", "no")}


def test_a_clinic_is_held_to_everybody_alone_to_its_bound_and_to_the_references() -> None:
    name = "cohort-25-1"
    rival = measured(name, "one by one", total=108, proven=0)
    found = told(
        measured(name, doses=1, rest=115, total=109, bound=98, proven=0),
        measured(name, "alone", bound=100, parts=25),
        Measured.from_document({**rival.document(), "case": vars(Case(name, "one by one", 50.0))}),
    )
    assert found == {
        "cohort-25-1, 10 s, doses left": ("1", ""),
        "cohort-25-1, 10 s, rest above everybody alone": ("+15.0%", "yes"),
        "cohort-25-1, cost above the bound": ("+9.0%", "yes"),
        "cohort-25-1, one by one with 5 times the time": ("0.99 times as dear", "no"),
    }


def test_a_hundred_patients_are_only_told_where_they_stand() -> None:
    found = told(measured("cohort-100-1", rest=150), measured("cohort-100-1", "alone", rest=100))
    assert found == {
        "cohort-100-1, 10 s, doses left": ("0", "yes"),
        "cohort-100-1, 10 s, rest above everybody alone": ("+50.0%", ""),
    }


def test_several_clinics_of_a_size_are_told_in_one_row_by_their_median_and_their_worst() -> None:
    above = {1: 101, 2: 103, 3: 112}
    found = told(
        *(measured(f"cohort-10-{seed}", rest=rest) for seed, rest in above.items()),
        *(measured(f"cohort-10-{seed}", "alone", rest=100) for seed in above),
    )
    assert found["3 clinics of 10, rest above everybody alone"] == (
        "+3.0% in the median, +12.0% the worst",
        "no",
    )


def test_of_what_a_scarce_clinic_leaves_out_four_fifths_have_to_be_proven() -> None:
    left = measured("tight-20-1", doses=1, others=4, proven=0, must_leave=4)
    assert told(left) == {"tight-20-1, proven of what is left out": ("4 of 5, 80%", "yes")}
    fewer = measured("tight-20-1", doses=1, others=4, proven=0, must_leave=3)
    assert told(fewer) == {"tight-20-1, proven of what is left out": ("3 of 5, 60%", "no")}
