"""Photograph pages of the demo clinic as it is on a Tuesday at half past two; `make pictures`.

It takes Playwright and a Chromium: the one at ``CHROMIUM``, else the system's.
"""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, sync_playwright
from sqlmodel import Session, col, select

from api.app import create_app
from api.auth import entering
from api.demo.loading import load_once
from scheduler.opening import opened
from scheduler.sessions.loading import DoseSession, on_day
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import Account

FOLDER = Path(__file__).parent
NOW = datetime(2027, 3, 2, 19, 30, tzinfo=UTC)
PORT = 8099
ADDRESS = f"http://127.0.0.1:{PORT}"
_DRAWN = 1500
"""Milliseconds that scripts are given to draw; pages that listen for changes never fall silent."""
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@contextmanager
def clinic() -> Iterator[Store]:
    """The demo clinic, served; its clock stands."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), port=PORT)
        with opened(settings) as store:
            load_once(store, now=NOW)
            app = create_app(settings, store=store, clock=lambda: NOW)
            server = uvicorn.Server(uvicorn.Config(app, port=PORT, log_level="error"))
            thread = threading.Thread(target=server.run)
            thread.start()
            while not server.started:
                time.sleep(0.05)
            yield store
            server.should_exit = True
            thread.join()


def token_of(store: Store, role: str) -> str:
    """The cookie that lets a browser in as somebody of a role."""
    with store.writing() as session:
        rows = session.exec(select(Account).order_by(col(Account.created_at))).all()
        account = next(row for row in rows if role in row.roles)
        token, _ = entering.begin(session, account, strong=True, now=NOW)
    return token


def shown_session(session: Session) -> str:
    """The address of the session under way of which most is written down."""
    today = on_day(session, "lantern-hill", None, now=NOW)
    return f"/today/{max(today, key=_told).visit.appointment_id}"


def _told(one: DoseSession) -> tuple[bool, int]:
    present = one.at(NOW)
    return present.drug is not None and not present.stage.is_over, len(one.rows)


def photograph(browser: Browser, store: Store, name: str, **page: Any) -> None:
    """One page as a picture; ``role``, ``path`` and ``size`` say which."""
    width, height = page["size"]
    context = browser.new_context(viewport={"width": width, "height": height})
    token = token_of(store, page["role"])
    context.add_cookies([{"name": "careweave", "value": token, "url": ADDRESS}])
    tab = context.new_page()
    tab.goto(ADDRESS + page["path"])
    tab.wait_for_load_state("domcontentloaded")
    tab.wait_for_timeout(_DRAWN)
    tab.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
    context.close()


def main() -> None:
    """The coordinator's pages, the nurse's day, one session, and the patient's own pages."""
    with clinic() as store, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with store.reading() as session:
            path = shown_session(session)
        photograph(
            browser, store, "calendar", role="coordinator", path="/calendar", size=(1280, 860)
        )
        photograph(browser, store, "enrol", role="coordinator", path="/enrol", size=(1180, 1000))
        photograph(browser, store, "load", role="coordinator", path="/load", size=(1280, 820))
        photograph(browser, store, "cohort", role="coordinator", path="/cohort", size=(1280, 820))
        photograph(browser, store, "today", role="nurse", path="/today", size=(1180, 820))
        photograph(browser, store, "session", role="nurse", path=path, size=(1180, 1160))
        photograph(browser, store, "my-page", role="patient", path="/me", size=(390, 844))
        photograph(browser, store, "my-weeks", role="patient", path="/me/weeks", size=(390, 844))
        browser.close()


if __name__ == "__main__":
    main()
