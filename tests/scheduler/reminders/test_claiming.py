"""What a worker does to the table of reminders: as little as it can."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, text
from sqlmodel import Session, select

from api.bench.reminders import raw
from api.bench.reminders.filling import CLINIC, NOON, Filled
from api.bench.reminders.sending import bare, whole
from scheduler.reminders.claiming import anything_to_do, claim, lost, mark_sending, mark_sent
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import AuditEntry, Reminder
from tests.databases import Databases
from tests.scheduler.reminders.sending import Hands, Provider, reminders, worker

SOME = 8


def waiting(store: Store) -> Filled:
    filled = Filled(store)
    filled.let_wait(100)
    filled.let_be_due(SOME)
    return filled


def test_no_index_knows_who_has_claimed_a_message() -> None:
    indexes = Reminder.metadata.tables["reminder"].indexes
    columns = {column.name for index in indexes for column in index.columns}
    assert "next_try_at" in columns
    assert not {name for name in columns if name.startswith("claimed")}


class OnlyLooking:
    """A store in which nothing may be written."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reading(self) -> AbstractContextManager[Session]:
        return self._store.reading()

    def writing(self) -> AbstractContextManager[Session]:
        raise AssertionError("a unit of work was begun")


def test_a_tick_with_nothing_due_begins_no_unit_of_work(store: Store) -> None:
    waiting(store)
    early = worker(store, Hands(NOON - timedelta(seconds=1)), Provider())
    early.store = OnlyLooking(store)
    assert early.run() == 0


def test_what_is_due_or_on_its_way_for_too_long_is_something_to_do(store: Store) -> None:
    filled = waiting(store)

    def found(now: datetime) -> bool:
        with store.reading() as session:
            return anything_to_do(session, now=now)

    assert not found(NOON - timedelta(seconds=1))
    assert found(NOON)
    dispatcher = bare(store, SOME)
    assert len(dispatcher.mark(dispatcher._claim())) == SOME
    assert not found(NOON)
    assert found(NOON + timedelta(minutes=2))
    assert filled.left() == SOME


def test_only_what_a_worker_still_has_is_marked_and_recorded(store: Store) -> None:
    waiting(store)
    with store.writing() as session:
        mine = [claimed.id for claimed in claim(session, "mine", now=NOON, batch=SOME // 2)]
        others = [claimed.id for claimed in claim(session, "another's", now=NOON)]
    with store.writing() as session:
        marked = mark_sending(session, CLINIC, mine + others, "mine", now=NOON)
        assert sorted(marked) == sorted(mine)
        receipts = [(CLINIC, name, "taken") for name in mine + others]
        mark_sent(session, receipts, "mine")
    with store.reading() as session:
        due = [row for row in reminders(session) if row.due_at == NOON]
    found = {row.id: (row.status, row.provider_id, row.attempts) for row in due}
    assert {found[name] for name in mine} == {("sent", "taken", 1)}
    assert {found[name] for name in others} == {("pending", None, 0)}


def test_notes_and_answers_are_claimed_before_what_has_been_due_for_longer(store: Store) -> None:
    waiting(store)
    later = NOON + timedelta(minutes=1)
    with store.writing() as session:
        note, answer, *_ = [row for row in reminders(session) if row.due_at == NOON]
        note.safety, answer.subject_kind = True, "inbound"
        note.next_try_at = answer.next_try_at = later
    with store.writing() as session:
        first = [claimed.id for claimed in claim(session, "me", now=later, batch=3)]
        rest = [claimed.id for claimed in claim(session, "me", now=later)]
    assert (set(first[:2]), len(first), len(rest)) == ({note.id, answer.id}, 3, SOME - 3)
    assert not set(first) & set(rest)


def test_what_the_provider_said_first_stands(store: Store) -> None:
    waiting(store)
    dispatcher = bare(store, SOME)
    [first, *_] = dispatcher.mark(dispatcher._claim())
    with store.writing() as session:
        row = session.get_one(Reminder, (CLINIC, first.id))
        row.status, row.reason = "failed", "the provider could not deliver it"
    with store.writing() as session:
        mark_sent(session, [(CLINIC, first.id, "taken")], dispatcher.worker)
    with store.reading() as session:
        row = session.get_one(Reminder, (CLINIC, first.id))
    assert (row.status, row.reason) == ("failed", "the provider could not deliver it")
    assert row.provider_id == "taken"


def test_what_it_is_measured_beside_leaves_the_same_rows(store: Store) -> None:
    filled = waiting(store)
    left = []
    for send in (lambda: bare(store, 3).run(), lambda: raw.say(store, SOME, 3)):
        filled.let_be_due(SOME)
        send()
        assert filled.left() == 0
        with store.reading() as session:
            rows = [row for row in reminders(session) if row.due_at == NOON]
        left.append({(r.status, r.attempts, r.sent_at, r.claimed_until, r.reason) for r in rows})
    assert left[0] == left[1] == {("sent", 1, NOON, None, "")}


def test_messages_of_an_appointment_are_found_by_the_key_alone(store: Store) -> None:
    waiting(store)
    of_it = f"clinic_id = '{CLINIC}' AND subject_kind = 'appointment' AND subject_id = 'x'"
    explain = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN"
    with store.writing() as session:
        if not store.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))
        asked = f"{explain} SELECT * FROM reminder WHERE {of_it}"  # noqa: S608  (as told above)
        told = " ".join(map(str, session.execute(text(asked))))
    assert "reminder_key" in told or "subject_id=?" in told


def test_ticks_and_claims_find_what_is_due_by_the_index_that_is_for_it(
    databases: Databases,
) -> None:
    vault.install(vault.Vault(vault.new_key()))
    store = Store(databases.sqlite())
    waiting(store)
    said: list[tuple[str, Any]] = []

    def hear(_c: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        said.append((statement, values))

    with store.writing() as session:
        event.listen(store.engine, "before_cursor_execute", hear)
        anything_to_do(session, now=NOON)
        lost(session, now=NOON)
        claim(session, "me", now=NOON)
        event.remove(store.engine, "before_cursor_execute", hear)
        used = ""
        for statement, values in said:
            asked = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plan = [line for *_, line in asked if "reminder" in line]
            assert all("USING" in line for line in plan), plan
            used += "".join(plan)
        assert all(name in used for name in ("due", "urgent", "on_its_way")), used
    store.close()


def test_each_message_that_goes_stands_on_record_once(store: Store) -> None:
    filled = Filled(store)
    filled.let_people_be_due(SOME)
    due = filled.due()
    whole(store).run()
    with store.reading() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "reminder.send")).all()
    assert {entry.subject_id: entry.patients for entry in entries} == {
        str(name): [patient] for name, patient in due.items()
    }
    assert {entry.detail["attempt"] for entry in entries} == {1}
    assert len(entries) == SOME
