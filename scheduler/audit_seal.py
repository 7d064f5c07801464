"""The record of who did what, chained: a changed, lost or added entry is found.

Each entry gets a number and a seal, which is the hash of the entry and the seal before it. The
last number and seal stand apart, so that a shortened record is found, too; whoever notes them down
elsewhere can tell even a record that was written anew from its beginning.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from scheduler.store.session import insert_new
from scheduler.store.tables import AuditEntry, AuditHead

AT_ONCE = 5_000
_UNSEALED = {"number", "seal"}


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold: the number from which on, and what is wrong there."""

    number: int
    says: str


@dataclass
class Verdict:
    """What a look at a clinic's record has found. ``unsealed``: entries that wait for a seal.

    ``number`` and ``seal`` are the last ones of the chain.
    """

    number: int
    seal: str
    breaks: list[Break] = field(default_factory=list)
    unsealed: int = 0
    unsealed_since: datetime | None = None


def seal(session: Session, clinic_id: str, now: datetime) -> int:
    """Chain entries that were committed by now; how many. Call again while it is `AT_ONCE`."""
    insert_new(session, AuditHead(clinic_id=clinic_id))
    asked = select(AuditHead).where(AuditHead.clinic_id == clinic_id)
    head = session.exec(asked.with_for_update().execution_options(populate_existing=True)).one()
    waiting = session.exec(
        select(AuditEntry)
        .where(AuditEntry.clinic_id == clinic_id, col(AuditEntry.number).is_(None))
        .where(col(AuditEntry.at) <= now)
        .order_by(col(AuditEntry.at), col(AuditEntry.id))
        .limit(AT_ONCE)
    ).all()
    for entry in waiting:
        entry.number = head.number = head.number + 1
        entry.seal = head.seal = seal_of(head.seal, told(entry))
    return len(waiting)


def told(entry: AuditEntry) -> dict[str, Any]:
    """What an entry says, as plain data that both databases give back alike."""
    return entry.model_dump(mode="json", exclude=_UNSEALED) | {"number": entry.number}


def seal_of(before: str, entry: dict[str, Any]) -> str:
    """The hash of an entry and of the seal before it."""
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def breaks(
    entries: Iterable[tuple[dict[str, Any], str]], head: tuple[int, str] | None
) -> list[Break]:
    """Where a chain does not hold: its entries, as told, with their seals, in order of number.

    ``head``: the number and seal with which it must end. Only the first break is told, since
    nothing after it can be trusted.
    """
    number, last = 0, ""
    for entry, kept in entries:
        number += 1
        if entry["number"] != number:
            return [Break(number, f"the next entry has the number {entry['number']}")]
        if seal_of(last, entry) != kept:
            return [Break(number, "the entry is not what was sealed, or follows another one")]
        last = kept
    if head is not None and (number, last) != head:
        return [Break(number + 1, f"the record ends here; {head[0]} entries were sealed")]
    return []


def verify(session: Session, clinic_id: str, noted: Sequence[tuple[int, str]] = ()) -> Verdict:
    """Look at a clinic's whole record; ``noted``: numbers and seals that were noted elsewhere."""
    head = session.get(AuditHead, clinic_id) or AuditHead(clinic_id=clinic_id)
    sealed = select(AuditEntry).where(
        AuditEntry.clinic_id == clinic_id, col(AuditEntry.number).is_not(None)
    )
    ordered = sealed.order_by(col(AuditEntry.number)).execution_options(yield_per=1_000)
    seals: dict[int, str] = {}
    with session.exec(ordered) as rows:
        found = breaks(_read(rows, seals), (head.number, head.seal))
    for number, noted_seal in noted:
        if not found and seals.get(number) != noted_seal:
            found.append(Break(number, "another seal was noted for this entry"))
    waiting = select(func.count(), func.min(AuditEntry.at)).where(
        AuditEntry.clinic_id == clinic_id, col(AuditEntry.number).is_(None)
    )
    count, since = session.exec(waiting).one()
    return Verdict(head.number, head.seal, found, count, since)


def _read(
    rows: Iterable[AuditEntry], seals: dict[int, str]
) -> Iterable[tuple[dict[str, Any], str]]:
    for row in rows:
        kept = row.seal or ""
        seals[row.number or 0] = kept
        yield told(row), kept
