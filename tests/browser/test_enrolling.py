"""A week is painted with the pointer, and ticked with the keyboard."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Face


def hour(page: Page, cell: str) -> Locator:
    return page.locator(f"input[name=available][value={cell}]")


def test_the_pointer_paints_what_it_passes_over_as_its_first_cell_became(face: Face) -> None:
    page = face.page("coordinator")
    page.goto("/enrol")
    first, last = hour(page, "sat-9"), hour(page, "sat-12")
    first.scroll_into_view_if_needed()
    begin, end = first.bounding_box(), last.bounding_box()
    assert begin is not None
    assert end is not None
    page.mouse.move(begin["x"] + 8, begin["y"] + 8)
    page.mouse.down()
    page.mouse.move(end["x"] + 8, end["y"] + 8, steps=12)
    page.mouse.up()
    painted = [hour(page, f"sat-{number}").is_checked() for number in range(8, 14)]
    assert painted == [False, True, True, True, True, False]


def test_space_ticks_an_hour(face: Face) -> None:
    page = face.page("coordinator")
    page.goto("/enrol")
    hour(page, "sun-9").focus()
    page.keyboard.press("Space")
    expect(hour(page, "sun-9")).to_be_checked()
