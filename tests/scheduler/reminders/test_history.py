"""What goes to a number is counted once."""

from datetime import UTC, datetime
from uuid import uuid4

from scheduler.reminders.history import Due, History

NOON = datetime(2027, 1, 5, 17, tzinfo=UTC)


def less_important(than: Due) -> Due:
    return Due(uuid4(), "ada", than.rank + 1, NOON)


def test_a_message_that_goes_is_counted_as_sent_and_waits_no_more() -> None:
    first = Due(uuid4(), "ada", 1, NOON)
    known = History([], [first], {"ada": "number"})
    assert known.better("number", less_important(first)) == [NOON]
    known.add(first.id, "ada", NOON)
    assert known.sent("number") == [NOON]
    assert known.better("number", less_important(first)) == []


def test_what_still_waits_for_the_same_number_stays_counted() -> None:
    first, second = Due(uuid4(), "ada", 1, NOON), Due(uuid4(), "bea", 1, NOON)
    known = History([], [first, second], {"ada": "number", "bea": "number"})
    known.add(first.id, "ada", NOON)
    assert known.better("number", less_important(first)) == [NOON]
