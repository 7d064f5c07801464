"""Two pathways side by side: everything that differs is told, and nothing else."""

import pytest

from api.cli.protocol_view import sections
from api.web.pathway_comparing import fields_apart, told_apart
from pathways import library
from pathways.library.loading import document_of, joined_document

SERIES = library.load("iop-ketamine-iv-2x3", "2026.1")
OTHERS = [library.load(name, version) for name, version in library.names()]


def test_a_pathway_does_not_differ_from_itself() -> None:
    document = joined_document(document_of(SERIES.id, SERIES.version))
    assert told_apart(SERIES, SERIES) == []
    assert fields_apart(document, document) == []


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: str(one.id))
def test_each_line_that_only_one_of_them_has_is_told_once(other: library.LibraryPathway) -> None:
    apart = dict(told_apart(SERIES, other))
    for title, lines in sections(SERIES):
        theirs = dict(sections(other))[title]
        told = [line.one for line in apart.get(title, []) if line.one]
        missed = set(lines) - set(theirs) - set(told)
        assert missed == set(), title
        assert len(told) == len(set(told))
        shown = [line.other for line in apart.get(title, []) if line.other]
        assert set(theirs) - set(lines) - set(shown) == set(), title


def test_lines_about_the_same_stand_beside_each_other() -> None:
    spread = library.load("iop-ketamine-iv-3x2", "2026.1")
    sessions = dict(told_apart(SERIES, spread))["Sessions"]
    pair = next(line for line in sessions if "(infusion)" in line.one)
    assert "(infusion)" in pair.other
    assert pair.one != pair.other


def test_a_field_is_told_in_words_with_its_time_in_words() -> None:
    one = {"activities": [{"id": "dose", "lag": {"max": "PT1H45M"}, "source": {"lag": "house"}}]}
    other = {"activities": [{"id": "dose", "lag": {"max": "-P3D"}, "schedule": [{"per_week": 2}]}]}
    found = {field.place: field for field in fields_apart(one, other)}
    lag = found["activities / dose / lag / max"]
    assert (lag.one, lag.other) == ("1 hour 45 minutes", "3 days before")
    assert found["activities / dose / schedule"].one == ""
    assert found["activities / dose / source"].is_source
    assert not lag.is_source


def test_what_follows_a_dose_is_expected_as_often_as_the_dose_comes() -> None:
    for protocol in OTHERS:
        for activity in protocol.activities:
            weeks = range(1, protocol.weeks + 60)
            anchor = protocol.activity(activity.after.activity) if activity.after else activity
            expected = sum(protocol.expected(activity, week) for week in weeks)
            assert expected == sum(anchor.per_week(week) for week in weeks), activity.id
