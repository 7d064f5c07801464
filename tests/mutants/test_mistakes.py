"""The seeded mistakes can still be made; `make mutants` sees that each is found."""

import pytest

from tests.mutants.mistakes import ROOT, Mistake, mistakes


def test_there_are_twenty() -> None:
    assert len({mistake.says for mistake in mistakes()}) >= 20


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: mistake.says)
def test_a_mistake_has_its_place_and_its_tests(mistake: Mistake) -> None:
    right = (ROOT / mistake.file).read_text("utf-8")
    compile(mistake.made_in(right), mistake.file, "exec")
    assert all((ROOT / name).is_file() for name in mistake.tests)
