"""What a page leads to is there for whoever reads it."""

import re
from html import unescape

import pytest
from httpx2 import Client

from scheduler.acting import ROLES
from scheduler.work import Wanted, open_task
from tests.api.service.world import World

STAFF = tuple(role for role in ROLES if role != "patient")
DEPTH = 2
"""So many links from the first page on."""


def links(client: Client, path: str) -> set[str]:
    """Where a page leads; nowhere, if it is none."""
    page = client.get(path)
    if "html" not in page.headers.get("content-type", ""):
        return set()
    found = {unescape(link) for link in re.findall(r'href="(/[^"#]*)', page.text)}
    return {link for link in found if not link.startswith("/static/")}


@pytest.mark.parametrize("role", STAFF)
def test_nobody_is_led_to_what_they_may_not_see(world: World, role: str) -> None:
    for_them = Wanted("call", role, world.now, "call them", patient_id="ada")
    with world.store.writing() as session:
        open_task(session, world.clinic_id, for_them, now=world.now)
    client = world.client(role)
    known, found = {"/"}, {"/"}
    for _ in range(DEPTH):
        found = set().union(*(links(client, path) for path in sorted(found))) - known
        refused = {path: client.get(path).status_code for path in sorted(found)}
        assert {path: code for path, code in refused.items() if code >= 400} == {}
        known |= found
    assert "/tasks" in known
