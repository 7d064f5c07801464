"""A time is found, held, booked, moved, swapped and given back, by people, one at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from scheduler.appointments import ending, finding, making, moving, swapping
from scheduler.appointments.finding import Asked
from scheduler.appointments.holding import found
from scheduler.appointments.moving import Choice
from scheduler.appointments.swapping import Pair, Partner
from scheduler.errors import Clash, NotThere, RuleBroken, Stale, TooMany, WrongMove
from scheduler.store.session import Store
from scheduler.store.tables import AuditEntry, Change, Enrolment
from tests import factories
from tests.scheduler.appointments.bookings import (
    BEFORE,
    COORDINATOR,
    at,
    booked,
    ledger_is_what_stands,
    offers,
    opened,
    row,
    tasks,
)

COUPLE = {
    "patients": [factories.patient("ada", partner="ben"), factories.patient("ben", partner="ada")]
}


def test_an_offer_is_booked_as_it_was_found(store: Store) -> None:
    opened(store)
    with store.writing() as session:
        offer = offers(session, "dose")[0]
        made = making.book(session, COORDINATOR, offer, now=BEFORE)
    found = row(store, made.id)
    assert (found.status, found.code, found.sequence, found.version) == (
        "booked",
        "ada/dose/1",
        0,
        1,
    )
    assert (found.start, found.wall_time) == (at(9), "2027-01-04T09:00")
    assert found.notes[0]["until"] == "2027-01-05T06:00:00-05:00"
    with store.reading() as session:
        assert ledger_is_what_stands(session)
        assert session.exec(select(AuditEntry.action)).all() == ["appointment.book"]
        assert session.exec(select(Change.kind)).all() == ["appointment"]


def test_every_offer_keeps_clear_of_what_stands(store: Store) -> None:
    opened(store, patients=[factories.patient("ada"), factories.patient("ben")])
    booked(store, "dose", 1, at(10))
    with store.reading() as session:
        found = offers(session, "dose", 1, "ben", most=50)
    starts = {offer.start for offer in found if offer.start < at(0, day=5)}
    assert starts == {
        at(h, m)
        for h, m in [(11, 30), *((h, m) for h in (12, 13, 14) for m in (0, 30)), (15, 0), (15, 30)]
    }


def test_a_time_that_is_not_free_is_told_with_what_is_in_its_way(store: Store) -> None:
    opened(store)
    with store.reading() as session:
        asked = Asked("ada", "dose", 1, at=at(16, day=5))
        found = finding.find(session, COORDINATOR, asked, now=BEFORE)
    assert [obstacle.rule for obstacle in found.why_not] == ["monitor", "hours"]
    assert found.offers[0].start == at(15, 30, day=5)


def test_a_time_before_the_course_is_told_with_the_dates_between_which_it_begins(
    store: Store,
) -> None:
    opened(store)
    with store.reading() as session:
        asked = Asked("ada", "dose", 1, at=at(10) - timedelta(weeks=3))
        (obstacle,) = finding.find(session, COORDINATOR, asked, now=BEFORE).why_not
    assert obstacle.rule == "hours"
    assert "from Mon 04 Jan" in obstacle.says


def test_whoever_is_late_is_told_what_is_taken_and_the_nearest_free_times(store: Store) -> None:
    opened(store, patients=[factories.patient("ada"), factories.patient("ben")])
    with store.reading() as session:
        wanted = offers(session, "dose", 1, "ben", at=at(10), most=1)[0]
    booked(store, "dose", 1, at(10))
    with store.writing() as session, pytest.raises(Clash) as refused:
        making.book(session, COORDINATOR, wanted, now=BEFORE)
    taken = {conflict["resource"] for conflict in refused.value.more["conflicts"]}
    assert taken == {"location:bay", "person:nurse"}
    assert refused.value.more["nearest"][0]["start"] == "2027-01-04T11:30:00-05:00"


def test_the_same_occurrence_is_not_booked_twice(store: Store) -> None:
    opened(store)
    booked(store, "dose", 1, at(10))
    with store.writing() as session:
        offer = offers(session, "dose", 1, at=at(13), most=1)[0]
        with pytest.raises(Clash, match="stands already"):
            making.book(session, COORDINATOR, offer, now=BEFORE)


def test_two_doses_within_the_spacing_are_refused_with_the_rule(store: Store) -> None:
    opened(store)
    booked(store, "dose", 1, at(10))
    with store.writing() as session:
        offer = offers(session, "dose", 2, at=at(10, day=6), most=1)[0]
        near = offer.model_copy(
            update={
                "start": offer.start - timedelta(days=1),
                "end": offer.end - timedelta(days=1),
                "stages": tuple(
                    s.model_copy(
                        update={
                            "start": s.start - timedelta(days=1),
                            "end": s.end - timedelta(days=1),
                        }
                    )
                    for s in offer.stages
                ),
            }
        )
        with pytest.raises(RuleBroken) as refused:
            making.book(session, COORDINATOR, near, now=BEFORE)
    assert refused.value.rule == "min_days_between"
    assert refused.value.place == "(ada/dose/2)"


def test_a_hold_ends_by_itself_and_never_blocks_afterwards(store: Store) -> None:
    opened(store, patients=[factories.patient("ada"), factories.patient("ben")])
    with store.writing() as session:
        offer = offers(session, "dose", 1, at=at(10), most=1)[0]
        held = making.hold(session, COORDINATOR, offer, now=BEFORE)
        rival = offers(session, "dose", 1, "ben", at=at(10), most=1)[0]
    assert rival.start != at(10)
    over = BEFORE + timedelta(minutes=10)
    with store.writing() as session, pytest.raises(WrongMove, match="has ended"):
        making.confirm(session, COORDINATOR, held.id, now=over)
    with store.writing() as session:
        rival = offers(session, "dose", 1, "ben", at=at(10), most=1, now=over)[0]
        assert rival.start == at(10)
        making.book(session, COORDINATOR, rival, now=over)
        assert ledger_is_what_stands(session)
    assert row(store, held.id).status == "cancelled"


def test_a_hold_is_confirmed_in_time_and_the_alarm_clock_ends_the_others(store: Store) -> None:
    opened(store)
    with store.writing() as session:
        one = making.hold(session, COORDINATOR, offers(session, "dose")[0], now=BEFORE)
        other = offers(session, "dose", 2, at=at(10, day=6), most=1)[0]
        left = making.hold(session, COORDINATOR, other, now=BEFORE)
    with store.writing() as session:
        making.confirm(session, COORDINATOR, one.id, now=BEFORE + timedelta(minutes=9), expected=1)
        assert making.expire_holds(session, "harbor", BEFORE + timedelta(minutes=10)) == 1
        assert ledger_is_what_stands(session)
    assert (row(store, one.id).status, row(store, left.id).status) == ("booked", "cancelled")


def test_a_patient_has_three_holds_at_the_most(store: Store) -> None:
    calls = factories.session("call", schedule=[{"weeks": "1-1", "per_week": 4}])
    opened(store, pathways=[factories.pathway(calls)])
    with store.writing() as session:
        for number in (1, 2, 3):
            offer = offers(session, "call", number, at=at(9 + number), most=1)[0]
            making.hold(session, COORDINATOR, offer, now=BEFORE)
        fourth = offers(session, "call", 4, at=at(15), most=1)[0]
        with pytest.raises(TooMany):
            making.hold(session, COORDINATOR, fourth, now=BEFORE)


def test_a_moved_dose_takes_its_integration_along_and_keeps_its_id(store: Store) -> None:
    opened(store)
    dose = booked(store, "dose", 1, at(10))
    follow = booked(store, "integration", 1, at(12, day=5))
    with store.writing() as session:
        choice = Choice(offers(session, "dose", 1, at=at(10, day=6), most=1)[0], expected=1)
        changed = moving.move(session, COORDINATOR, dose, choice, now=BEFORE)
        assert ledger_is_what_stands(session)
    assert [one.id for one in changed] == [dose, follow]
    assert (row(store, dose).start, row(store, dose).sequence) == (at(10, day=6), 1)
    moved = row(store, follow)
    assert timedelta(hours=16) <= moved.start - row(store, dose).end <= timedelta(hours=72)
    assert (moved.status, moved.sequence) == ("booked", 1)


def test_an_integration_that_finds_no_time_ends_with_a_task(store: Store) -> None:
    away = [{"from": "2027-01-08", "to": "2027-01-12"}]
    opened(store, patients=[factories.patient(unavailable=away)])
    dose = booked(store, "dose", 1, at(10))
    follow = booked(store, "integration", 1, at(12, day=5))
    with store.writing() as session:
        choice = Choice(offers(session, "dose", 1, at=at(15, 30, day=7), most=1)[0])
        moving.move(session, COORDINATOR, dose, choice, now=BEFORE)
    assert row(store, follow).status == "cancelled"
    (task,) = tasks(store)
    assert (task.owner_role, task.rule, task.kind) == ("coordinator", "R-36", "another-time")
    assert task.due_at <= at(12, day=5)


def test_a_move_that_somebody_else_has_overtaken_changes_nothing(store: Store) -> None:
    opened(store)
    dose = booked(store, "dose", 1, at(10))
    with store.writing() as session:
        choice = Choice(offers(session, "dose", 1, at=at(11), most=1)[0], expected=7)
        with pytest.raises(Stale):
            moving.move(session, COORDINATOR, dose, choice, now=BEFORE)
    assert row(store, dose).start == at(10)


def test_two_change_places_or_nothing_changes(store: Store) -> None:
    opened(store, patients=[factories.patient("ada"), factories.patient("ben")])
    ada = booked(store, "dose", 1, at(10))
    ben = booked(store, "dose", 1, at(13), "ben")
    with store.writing() as session:
        swapping.swap(session, COORDINATOR, Pair((ada, ben)), now=BEFORE)
        assert ledger_is_what_stands(session)
    assert (row(store, ada).start, row(store, ben).start) == (at(13), at(10))
    booked(store, "integration", 1, at(12, day=5))
    late = booked(store, "dose", 2, at(13, day=8), "ben")
    with store.writing() as session, pytest.raises(WrongMove, match="integration/1"):
        swapping.swap(session, COORDINATOR, Pair((ada, late)), now=BEFORE)
    assert (row(store, ada).start, row(store, late).start) == (at(13), at(13, day=8))


def test_with_whom_a_visit_can_change_places_is_what_changing_places_says(store: Store) -> None:
    opened(store, patients=[factories.patient("ada"), factories.patient("ben")])
    ada = booked(store, "dose", 1, at(10))
    ben = booked(store, "dose", 1, at(13), "ben")
    booked(store, "integration", 1, at(12, day=5))
    late = booked(store, "dose", 2, at(13, day=8), "ben")

    def partners(*, day: int) -> list[Partner]:
        with store.reading() as session:
            on = at(0, day=day).date()
            return swapping.partners_of(session, COORDINATOR, ada, on=on, now=BEFORE)

    [same_day] = partners(day=4)
    assert (same_day.held.row.id, same_day.refusal) == (ben, None)
    [week_later] = partners(day=8)
    assert week_later.held.row.id == late
    assert "integration/1" in str(week_later.refusal)
    assert partners(day=7) == []
    with store.reading() as session:
        after = at(18, day=8)
        assert swapping.partners_of(session, COORDINATOR, ada, on=after.date(), now=after) == []


def test_a_meeting_of_a_group_changes_places_with_nobody(store: Store) -> None:
    opened(store, pathways=[factories.pathway(factories.session("talk"), factories.group())])
    with store.writing() as session:
        session.exec(select(Enrolment)).one().groups = {"group": "mornings"}
    meeting = booked(store, "group", 1, at(9))
    talk = booked(store, "talk", 1, at(13))
    with store.reading() as session:
        for one in (meeting, talk):
            [*found] = swapping.partners_of(session, COORDINATOR, one, on=at(0).date(), now=BEFORE)
            assert meeting not in {partner.held.row.id for partner in found}
            assert one == talk or found == []


def test_a_cancelled_dose_leaves_no_integration_and_asks_for_another_time(store: Store) -> None:
    opened(store)
    dose = booked(store, "dose", 1, at(10))
    follow = booked(store, "integration", 1, at(12, day=5))
    with store.writing() as session:
        ending.cancel(session, COORDINATOR, dose, reason="pat", now=BEFORE)
        assert ledger_is_what_stands(session)
    assert (row(store, dose).status, row(store, dose).cancel_reason) == ("cancelled", "pat")
    assert row(store, follow).status == "cancelled"
    (task,) = tasks(store)
    assert (task.kind, task.due_at) == ("another-time", at(10))
    assert booked(store, "dose", 1, at(10)) != dose


def test_partners_are_not_dosed_on_one_date(store: Store) -> None:
    opened(store, **COUPLE)
    with store.reading() as session:
        wanted = offers(session, "dose", 1, "ben", at=at(13), most=1)[0]
    booked(store, "dose", 1, at(10))
    with store.reading() as session:
        assert all(offer.start > at(0, day=5) for offer in offers(session, "dose", 1, "ben"))
    with store.writing() as session, pytest.raises(RuleBroken) as refused:
        making.book(session, COORDINATOR, wanted, now=BEFORE)
    assert refused.value.rule == "partner"


def test_a_patient_finds_nobody_elses(store: Store) -> None:
    opened(store)
    other = replace(COORDINATOR, roles=frozenset({"patient"}), patient_id="ben")
    name = booked(store, "dose", 1, at(10))
    with store.reading() as session:
        with pytest.raises(NotThere):
            finding.find(session, other, Asked("ada", "dose", 2), now=BEFORE)
        with pytest.raises(NotThere):
            found(session, other, name)


def test_a_couple_of_whom_one_comes_on_a_day_is_in_nobodys_way(store: Store) -> None:
    opened(store, patients=[*COUPLE["patients"], factories.patient("cyd")])
    booked(store, "dose", 1, at(10))
    with store.writing() as session:
        offer = offers(session, "dose", 1, "cyd", at=at(10), most=1)[0]
        assert offer.start == at(11, 30)
        making.book(session, COORDINATOR, offer, now=BEFORE)


def test_an_integration_is_not_booked_for_a_dose_that_is_only_held(store: Store) -> None:
    opened(store)
    with store.writing() as session:
        dose = making.hold(session, COORDINATOR, offers(session, "dose")[0], now=BEFORE)
        soon = BEFORE + timedelta(minutes=4)
        follow = offers(session, "integration", now=soon)[0]
        with pytest.raises(WrongMove, match="only held"):
            making.book(session, COORDINATOR, follow, now=soon)
        held = making.hold(session, COORDINATOR, follow, now=soon)
        assert held.held_until == dose.held_until
        making.confirm(session, COORDINATOR, dose.id, now=soon)
        assert making.confirm(session, COORDINATOR, held.id, now=soon).status == "booked"
