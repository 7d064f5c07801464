"""Codes and instants as pages say them."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from api.web import wording
from api.web.texts import catalogue
from scheduler.sessions.happenings import AWAKE

NEW_YORK = ZoneInfo("America/New_York")
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (bounds are naive)


def test_an_instant_is_told_by_the_clock_of_the_clinic() -> None:
    assert wording.when(datetime(2027, 3, 2, 19, 30, tzinfo=UTC), NEW_YORK) == "Tue 2 Mar, 14:30"


def test_midnight_is_the_end_of_the_day_before_it() -> None:
    midnight = datetime(2027, 3, 3, 5, tzinfo=UTC)
    assert wording.until(midnight, NEW_YORK) == "the end of Tuesday 2 March"
    assert wording.until(midnight + timedelta(minutes=30), NEW_YORK) == "Wed 3 Mar, 00:30"


@given(moment=INSTANTS)
def test_no_page_says_an_instant_as_machines_write_it(moment: datetime) -> None:
    for says in (wording.when, wording.until, wording.clock, wording.day):
        assert "T0" not in says(moment, NEW_YORK)
        assert "+00:00" not in says(moment, NEW_YORK)


def test_a_code_that_nobody_has_put_into_words_loses_its_dashes() -> None:
    assert wording.word("noshow") == "did not come"
    assert wording.word("first-dose") == "first dose"
    assert wording.place("bay-1") == "Bay 1"
    assert wording.short_day(date(2027, 3, 2)) == "2 Mar 2027"


def test_what_was_recorded_is_told_in_a_line() -> None:
    taken = {"systolic": 128, "diastolic": 80, "heart_rate": 70, "dissociation": True}
    assert wording.recorded(taken) == "128/80, pulse 70, dissociation"
    assert wording.recorded({"kind": "given", "mg": 84, "lot": "FICTION-1"}) == "84 mg"
    assert wording.recorded({"kind": "arrived"}) == ""
    assert wording.recorded({"sedation": 4}) == f"awake 4 of {AWAKE}"
    texts = [str(message.id) for message in catalogue("es") if "awake" in str(message.id)]
    assert not re.findall(r"\d", "".join(texts)), "how far the scale goes stands once"
