"""A clock that jumps forward: what would be said falls silent, what keeps people safe goes."""

from datetime import timedelta

from scheduler.clock import now, running
from scheduler.reminders import keeping
from scheduler.reminders.doubting import PAUSE, Doubt
from scheduler.store.session import Store
from tests.scheduler.reminders.clinic import BEGIN, DOSE, book_dose, set_up
from tests.scheduler.reminders.sending import Hands, Provider, reminders, tasks, worker

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_a_clock_that_jumps_is_not_believed_at_once(store: Store) -> None:
    set_up(store)
    with store.writing() as session:
        later = book_dose(session, DOSE + timedelta(days=7))
        here = book_dose(session, DOSE, status="arrived")
        keeping.refresh(session, "harbor", [later.id, here.id], now=BEGIN)
    clock, provider = Hands(DOSE - HOUR), Provider()
    runs = [timedelta()]
    sender = worker(store, clock, provider, doubt=Doubt(lambda: runs[0]))
    sender.run()
    assert provider.sent == []
    clock.now += 3 * HOUR
    sender.run()
    assert ["do not drive" in message.body for message in provider.sent] == [True]
    [task] = tasks(store, "clock-suspect")
    assert task.owner_role == "admin"
    runs[0], clock.now = PAUSE - MINUTE, clock.now + PAUSE - MINUTE
    sender.run()
    assert len(provider.sent) == 1
    runs[0], clock.now = PAUSE, clock.now + MINUTE
    sender.run()
    with store.reading() as session:
        assert {row.status for row in reminders(session, "N-09") if row.channel == "sms"} == {
            "expired",
            "sent",
        }


def test_a_clock_that_is_put_back_ends_the_doubt_and_sends_nothing_again() -> None:
    runs, at = [timedelta()], BEGIN
    doubt = Doubt(lambda: runs[0])
    assert not doubt.begins(at)
    runs[0] += HOUR
    assert not doubt.begins(at + HOUR)
    assert doubt.begins(at + 3 * HOUR)
    assert doubt.stands
    assert not doubt.begins(at + HOUR)
    assert not doubt.stands


def test_a_machine_that_slept_has_run_as_long_as_its_clock_says() -> None:
    doubt = Doubt(running)
    assert not doubt.begins(now())
    assert not doubt.begins(now())
    assert not doubt.stands
