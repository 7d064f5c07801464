"""What a first visit of a page takes over the wire."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Request

from tests.api.service.test_appointments import booked
from tests.browser.conftest import Face

MOST = 90_000
"""Bytes, of everything that a page asks for, as they are sent.

A week of two hundred patients adds some fifty thousand, and may not weigh more than
`benchmarks.pages.HEAVIEST` with them.
"""


@pytest.mark.parametrize("path", ["/today", "/calendar?date=2027-01-05", "/enrol", "/cohort"])
def test_a_first_visit_of_a_staff_page_is_small(
    face: Face, path: str, record_property: Callable[[str, object], None]
) -> None:
    booked(face.world.client("coordinator"))
    page = face.page("coordinator")
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    page.on("requestfinished", note)
    page.goto(path, wait_until="load")
    page.wait_for_timeout(300)
    sizes = {one.url: one.sizes()["responseBodySize"] for one in asked}
    record_property(f"bytes of {path.partition('?')[0]}", sum(sizes.values()))
    assert 0 < sum(sizes.values()) <= MOST, sizes
