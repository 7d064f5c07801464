"""The seeded mistakes can still be made; `make mutants` sees that each is found."""

import pytest

from tests.mutants.mistakes import ROOT, Mistake, mistakes, mistakes_in


def test_there_are_twenty_and_thirty_for_reminders() -> None:
    assert len({mistake.says for mistake in mistakes_in("mistakes")}) >= 20
    assert len({mistake.says for mistake in mistakes_in("reminders")}) >= 30
    assert len({mistake.says for mistake in mistakes()}) == len(mistakes())


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: mistake.says)
def test_a_mistake_has_its_place_and_its_tests(mistake: Mistake) -> None:
    right = (ROOT / mistake.file).read_text("utf-8")
    wrong = mistake.made_in(right)
    if mistake.file.endswith(".py"):
        compile(wrong, mistake.file, "exec")
    assert all((ROOT / name).is_file() for name in mistake.tests)
