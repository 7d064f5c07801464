"""Coming in and going out, as a person does it: with forms that a browser sends."""

from playwright.sync_api import expect

from tests.browser.conftest import Face


def test_a_link_lets_somebody_in_and_a_button_out(face: Face) -> None:
    page = face.page(None)
    page.goto(face.link("coordinator"))
    page.get_by_role("button").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{face.address}/sign-in")
    page.goto("/tasks")
    expect(page).to_have_url(f"{face.address}/sign-in")
