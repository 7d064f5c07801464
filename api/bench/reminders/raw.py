"""The least that the same rows could cost: claim, on its way, sent, in the database's own words.

On PostgreSQL its own load program says these statements, one client, prepared; on SQLite a plain
loop does. Neither judges, renders or sends anything.
"""

import json
import os
import subprocess
import tempfile
from datetime import timedelta
from typing import Final

from sqlalchemy import make_url, text

from api.bench.postgresql import program
from api.bench.reminders.filling import CLINIC, NOON
from scheduler.store.session import Store

_NOW: Final = f"'{NOON:%Y%m%dT%H%M%SZ}'"
_UNTIL: Final = f"'{NOON + timedelta(minutes=1):%Y%m%dT%H%M%SZ}'"
_DUE: Final = """
SELECT clinic_id, id FROM reminder WHERE status = 'pending' AND next_try_at <= {now}
AND (claimed_until IS NULL OR claimed_until < {now}) ORDER BY next_try_at LIMIT {batch}
"""
_PGBENCH: Final = """
WITH due AS MATERIALIZED ({due} FOR UPDATE SKIP LOCKED), taken AS (
    UPDATE reminder SET claimed_by = 'raw', claimed_until = {until} FROM due
    WHERE reminder.clinic_id = due.clinic_id AND reminder.id = due.id RETURNING reminder.id
) SELECT array_agg(id) AS names FROM taken \\gset
UPDATE reminder SET status = 'sending', sent_at = {now}, attempts = attempts + 1,
    claimed_until = {until} WHERE clinic_id = '{clinic}' AND id = ANY(:names::uuid[])
    AND claimed_by = 'raw' AND status = 'pending';
UPDATE reminder SET status = 'sent', provider_id = id::text, claimed_until = NULL
    WHERE clinic_id = '{clinic}' AND id = ANY(:names::uuid[]) AND claimed_by = 'raw';
"""
_CLAIM: Final = """
WITH due AS ({due}) UPDATE reminder SET claimed_by = 'raw', claimed_until = {until} FROM due
WHERE reminder.clinic_id = due.clinic_id AND reminder.id = due.id RETURNING reminder.id
"""
_MARKS: Final = (
    """UPDATE reminder SET status = 'sending', sent_at = {now}, attempts = attempts + 1,
    claimed_until = {until} WHERE clinic_id = '{clinic}' AND status = 'pending'
    AND claimed_by = 'raw' AND id IN (SELECT value FROM json_each(:names))""",
    """UPDATE reminder SET status = 'sent', provider_id = id, claimed_until = NULL
    WHERE clinic_id = '{clinic}' AND claimed_by = 'raw'
    AND id IN (SELECT value FROM json_each(:names))""",
)


def say(store: Store, number: int, batch: int) -> None:
    """Take so many reminders that are due through their three states, a batch at a time."""
    (_on_sqlite if store.is_sqlite else _on_postgresql)(store, number, batch)


def _on_postgresql(store: Store, number: int, batch: int) -> None:
    words = {"now": _NOW, "until": _UNTIL, "batch": batch, "clinic": CLINIC}
    script = _PGBENCH.format(due=_DUE.format(**words), **words)
    # The program takes a statement of several lines for several statements.
    lines = " ".join(script.split("\n")).replace("\\gset", "\\gset\n").replace(";", ";\n")
    address = make_url(store.url)
    secret = {"PGPASSWORD": str(address.password)} if address.password else {}
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(lines)
        file.flush()
        where = ["-h", str(address.host), "-p", str(address.port or 5432)]
        where += ["-U", str(address.username), str(address.database)]
        how = ["-n", "-M", "prepared", "-f", file.name, "-t", str(-(-number // batch))]
        subprocess.run(  # noqa: S603  (PostgreSQL's own program)
            [program("pgbench"), *how, *where],
            check=True,
            capture_output=True,
            env={**os.environ, **secret},
        )


def _on_sqlite(store: Store, number: int, batch: int) -> None:
    now, until = (f"'{NOON.replace(tzinfo=None) + timedelta(minutes=n)}.000000'" for n in (0, 1))
    words = {"now": now, "until": until, "clinic": CLINIC}
    claim, *marks = (
        text(said.format(due=_DUE.format(batch=batch, **words), **words))
        for said in (_CLAIM, *_MARKS)
    )
    for _ in range(-(-number // batch)):
        with store.writing() as session:
            names = json.dumps(list(session.execute(claim).scalars()))
        for mark in marks:
            with store.writing() as session:
                session.execute(mark, {"names": names})
