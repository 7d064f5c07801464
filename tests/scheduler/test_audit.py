"""The record of who did what, whether one thing is written down or many at once."""

from datetime import UTC, datetime

from sqlmodel import select

from scheduler import acting, audit
from scheduler.store.session import Store
from scheduler.store.tables import AuditEntry, Clinic

NOW = datetime(2027, 1, 4, 17, tzinfo=UTC)


def test_many_at_once_are_written_down_as_each_would_be(store: Store) -> None:
    actor = acting.Actor("harbor", roles=frozenset({"nurse", "admin"}), name="n", route="r")
    with store.writing() as session:
        session.add(Clinic(id="harbor", timezone="America/New_York"))
        session.flush()
        subject, patients = ("reminder", 7), ["bea", "ada", "ada"]
        note = audit.Note(subject, patients, {"kind": "N-09"})
        audit.record(
            session, actor, "read", at=NOW, subject=subject, patients=patients, kind="N-09"
        )
        audit.record_many(session, actor, "read", [note, note], at=NOW)
        audit.record_many(session, actor, "read", [], at=NOW)
    with store.reading() as session:
        first, *others = (
            row.model_dump(exclude={"id"}) for row in session.exec(select(AuditEntry)).all()
        )
    assert others == [first, first]
    assert (first["patients"], first["role"]) == (["ada", "bea"], "admin, nurse")
