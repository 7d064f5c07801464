"""A text of messages is shown as a patient would read it while it is typed, and without scripts."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Face

PATH = "/settings/texts/en/N-05.short"
OWN = "{sender}: see you {date} at {time}. {reply} {phone}"


def words(page: Page) -> None:
    page.goto(PATH)
    page.get_by_label("What it is to say").fill(OWN)


def test_what_is_typed_is_shown_at_once_with_the_reason_where_it_cannot_be_used(
    face: Face,
) -> None:
    page = face.page("admin")
    words(page)
    example = page.locator("#example")
    expect(example).to_contain_text("Your clinic: see you Wed Jan 20 at 10:58 PM EST.")
    expect(example).to_contain_text("of 160 characters")
    page.get_by_label("What it is to say").fill(f"{OWN} Ketamine.")
    expect(example).to_contain_text("These words cannot be used.")
    expect(example).to_contain_text("treated for: Ketamin")
    expect(page.get_by_label("What it is to say")).to_be_focused()


def test_words_that_could_not_be_looked_at_stay_and_can_be_stored(face: Face) -> None:
    page = face.page("admin")
    page.route("**/try", lambda route: route.abort())
    words(page)
    before = page.locator("#example").inner_text()
    page.wait_for_timeout(900)  # the time after which it asks, and more
    assert page.locator("#example").inner_text() == before
    page.get_by_role("button", name="Say it so from now on").click()
    expect(page.get_by_role("status")).to_contain_text("Stored.")
    face.complaints.clear()  # the browser complains of the request that was cut off


def test_without_scripts_a_button_shows_how_it_reads(face: Face) -> None:
    page = face.page("admin", java_script_enabled=False)
    words(page)
    page.get_by_role("button", name="Show how it reads").click()
    expect(page.locator("#example")).to_contain_text("see you Wed Jan 20 at 10:58 PM EST.")
    expect(page.get_by_label("What it is to say")).to_have_value(OWN)
