"""How soon pages of a clinic of 200 patients can be used, in a real browser.

    python -m benchmarks.pages [--times N]

Each page is opened in a new Chromium profile, so that nothing is kept from before, beside a bare
page of the same server: the answer of its probe. *Usable* is when everything that belongs to the
page is drawn and its scripts have run; *wire* is all that was sent for it. It takes what
``make test`` sets up, Chromium with it.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from api.bench.crowd import NOW
from api.bench.database import throw_away
from api.bench.service import brought_in, served
from api.bench.serving import reached
from scheduler.store.vault import new_key

ALLOWED: Final = 1000.0
"""Milliseconds until a day of two hundred can be used."""

HEAVIEST: Final = 145_000
"""Bytes that a first visit may take over the wire, of any page."""

_DAY: Final = NOW.date()
_AT_REST: Final = "() => new Promise((done) => requestIdleCallback(() => done(performance.now())))"
"""How long ago the page was asked for, once its scripts have nothing left to do."""


@dataclass(frozen=True)
class Opened:
    """One opening of a page: milliseconds until it could be used, bytes, and how much it shows."""

    usable: float
    wire: int
    shown: int


@dataclass(frozen=True)
class Kind:
    """A page, and what is counted on it when it is drawn; ``drawn``: a selector to wait for."""

    name: str
    path: str
    drawn: str
    allowed: float | None = None


PAGES: Final = (
    Kind("a bare page", "/livez", "body"),
    Kind("calendar, the day", f"/calendar?date={_DAY}", ".ec-event", ALLOWED),
    Kind("calendar, the week", f"/calendar?date={_DAY}&span=week", ".ec-event"),
    Kind("today", "/today", "main h1", ALLOWED),
    Kind("cohort", "/cohort", "main h1"),
    Kind("load", "/load", "main h1"),
)


def main(arguments: list[str]) -> int:
    """Measure and print; the exit code says whether every page kept its limits."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--times", type=int, default=7, help="how often each page is opened")
    times = parser.parse_args(arguments).times
    found = measured(times)
    bare = _median(found[PAGES[0].name])
    sys.stdout.write(f"{'page':20} {'usable':>9} {'of bare':>8} {'wire':>8} {'shows':>6}\n")
    kept = True
    for kind in PAGES:
        once, usable = found[kind.name][0], _median(found[kind.name])
        told = f"{kind.name:20} {usable:6.0f} ms {usable / bare:8.1f} {once.wire:8,} {once.shown:6}"
        if kind.allowed is not None:
            kept = kept and usable <= kind.allowed
            told += f"   {'within' if usable <= kind.allowed else 'BEYOND'} {kind.allowed:.0f} ms"
        if once.wire > HEAVIEST:
            kept, told = False, f"{told}   BEYOND {HEAVIEST:,} bytes"
        sys.stdout.write(f"{told}\n")
    return 0 if kept else 1


def _median(opened: list[Opened]) -> float:
    return statistics.median(one.usable for one in opened)


def measured(times: int) -> dict[str, list[Opened]]:
    """Each page so many times, in turns, so that what else the machine does meets all alike."""
    key = new_key()
    found: dict[str, list[Opened]] = {kind.name: [] for kind in PAGES}
    with throw_away(None, key) as store, tempfile.TemporaryDirectory() as folder:
        brought_in(store, wanted=0)
        app, headers = served(store, Path(folder), key)
        with reached(app) as port, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
            for turn in range(times + 1):
                for kind in PAGES:
                    one = _opened(browser, f"http://127.0.0.1:{port}", headers["Cookie"], kind)
                    found[kind.name] += [one] if turn else []  # the first time warms the server
            browser.close()
    return found


def _chromium() -> str:
    script = Path(__file__).parents[1] / "setup/chromium.sh"
    found = subprocess.run([script], check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603  (our own script)
    return found.stdout.strip()


def _opened(browser: Browser, address: str, cookie: str, kind: Kind) -> Opened:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    name, _, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    sizes = _weighed(page)
    page.goto(address + kind.path, wait_until="load")
    page.locator(kind.drawn).first.wait_for()
    usable = float(page.evaluate(_AT_REST))
    shown = page.locator(kind.drawn).count()
    wire = sizes()
    context.close()
    return Opened(usable, wire, shown)


def _weighed(page: Page) -> Callable[[], int]:
    """Notes what is sent for a page; called, it says how many bytes that was."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    bytes_sent: list[int] = []
    session.on("Network.loadingFinished", lambda told: bytes_sent.append(told["encodedDataLength"]))
    return lambda: int(sum(bytes_sent))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
