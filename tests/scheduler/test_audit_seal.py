"""A record that was tampered with is found out, whatever was done to it, and hardly can be."""

import copy
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from scheduler import audit, audit_seal
from scheduler.acting import machine
from scheduler.store.session import Store
from scheduler.store.tables import AuditEntry, AuditHead, Clinic

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)

Chain = list[tuple[dict[str, Any], str]]


def chain(length: int = 20) -> Chain:
    last, found = "", []
    for number in range(1, length + 1):
        entry = AuditEntry(
            clinic_id="oak",
            id=UUID(int=number),
            at=NOON + timedelta(seconds=number),
            action="read",
            patients=["ada"],
            detail={"was": number % 7},
            number=number,
        )
        last = audit_seal.seal_of(last, audit_seal.told(entry))
        found.append((audit_seal.told(entry), last))
    return found


def flip(entries: Chain, chance: random.Random) -> None:
    entry, _ = entries[chance.randrange(len(entries))]
    key = chance.choice(sorted(entry))
    entry[key] = {"text": f"{entry[key]}"}


def flip_seal(entries: Chain, chance: random.Random) -> None:
    at = chance.randrange(len(entries))
    place = chance.randrange(64)
    entry, kept = entries[at]
    other = chance.choice([c for c in "0123456789abcdef" if c != kept[place]])
    entries[at] = entry, kept[:place] + other + kept[place + 1 :]


def drop(entries: Chain, chance: random.Random) -> None:
    del entries[chance.randrange(len(entries))]


def swap(entries: Chain, chance: random.Random) -> None:
    a, b = chance.sample(range(len(entries)), 2)
    entries[a], entries[b] = entries[b], entries[a]


def shorten(entries: Chain, chance: random.Random) -> None:
    del entries[chance.randrange(len(entries)) :]


def insert(entries: Chain, chance: random.Random) -> None:
    entries.insert(chance.randrange(len(entries) + 1), copy.deepcopy(chance.choice(entries)))


def renumber(entries: Chain, chance: random.Random) -> None:
    """Drop an entry and give those after it the numbers and seals of a chain without it."""
    drop(entries, chance)
    last = ""
    for at, (entry, _) in enumerate(entries):
        entry["number"] = at + 1
        last = audit_seal.seal_of(last, entry)
        entries[at] = entry, last


MUTATIONS: tuple[Callable[[Chain, random.Random], None], ...] = (
    *(flip, flip_seal, drop, swap, shorten, insert, renumber),
)


def test_ten_thousand_records_that_were_tampered_with_are_all_found(
    record_property: Callable[[str, object], None],
) -> None:
    chance, whole = random.Random(7), chain()  # noqa: S311  (repeatable, and no secret)
    head = (len(whole), whole[-1][1])
    assert audit_seal.breaks(whole, head) == []
    missed = 0
    for number in range(10_000):
        entries = [(dict(entry), kept) for entry, kept in whole]
        MUTATIONS[number % len(MUTATIONS)](entries, chance)
        missed += audit_seal.breaks(entries, head) == []
    assert missed == 0
    record_property("records tampered with", 10_000)


def written(store: Store, count: int = 5) -> None:
    with store.writing() as session:
        for clinic in ("oak", "elm"):
            session.add(Clinic(id=clinic, timezone="America/New_York"))
            session.flush()
            for n in range(count):
                at = NOON + timedelta(seconds=n, microseconds=n)
                audit.record(session, machine(clinic, "test"), "read", at=at, patients=["ada"], n=n)


def sealed(store: Store, clinic: str = "oak", after: timedelta = timedelta(minutes=1)) -> int:
    with store.writing() as session:
        return audit_seal.seal(session, clinic, NOON + after)


def verdict(store: Store, *noted: tuple[int, str]) -> audit_seal.Verdict:
    with store.reading() as session:
        return audit_seal.verify(session, "oak", noted)


def test_a_sealed_record_holds_and_says_what_waits(store: Store) -> None:
    written(store)
    assert verdict(store).unsealed == 5
    assert sealed(store, after=timedelta(seconds=2.5)) == 3
    found = verdict(store)
    assert (found.number, found.breaks, found.unsealed) == (3, [], 2)
    assert found.unsealed_since == NOON + timedelta(seconds=3, microseconds=3)
    assert sealed(store) == 2
    assert sealed(store) == 0
    assert verdict(store, (3, found.seal)).breaks == []
    noted = verdict(store, (3, "0" * 64)).breaks
    assert [broken.number for broken in noted] == [3]


TAMPERING = (
    "UPDATE audit_entry SET action = 'nothing' WHERE number = 2",
    "UPDATE audit_entry SET seal = NULL WHERE number = 2",
    "DELETE FROM audit_entry WHERE number = 5",
    "DELETE FROM audit_entry WHERE number IS NULL",
    "UPDATE audit_entry SET action = 'nothing' WHERE number IS NULL",
    "UPDATE audit_entry SET patients = '[]' WHERE number IS NULL",
)


@pytest.mark.parametrize("statement", TAMPERING)
def test_the_database_itself_lets_the_record_only_grow(store: Store, statement: str) -> None:
    written(store)
    sealed(store)
    with store.writing() as session:
        audit.record(session, machine("oak", "test"), "late", at=NOON + timedelta(hours=1))
    with pytest.raises(DBAPIError, match="only grow"), store.writing() as session:
        session.execute(text(statement))


def test_whoever_gets_past_the_database_is_found_out(store: Store) -> None:
    written(store)
    sealed(store)
    with store.writing() as session:
        for name in ("audit_unchanged", "audit_undeleted"):
            on = "" if store.is_sqlite else " ON audit_entry"
            session.execute(text(f"DROP TRIGGER {name}{on}"))
        session.execute(text("UPDATE audit_entry SET patients = '[]' WHERE number = 3"))
    assert [broken.number for broken in verdict(store).breaks] == [3]
    with store.writing() as session:
        session.execute(text("DELETE FROM audit_entry WHERE clinic_id = 'oak' AND number >= 3"))
    assert [broken.says for broken in verdict(store).breaks] == [
        "the record ends here; 5 entries were sealed"
    ]


def test_each_clinic_has_a_chain_of_its_own(store: Store) -> None:
    written(store)
    assert (sealed(store), sealed(store, "elm")) == (5, 5)
    with store.reading() as session:
        heads = session.exec(select(AuditHead.number)).all()
    assert list(heads) == [5, 5]
