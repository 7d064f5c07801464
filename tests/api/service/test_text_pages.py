"""A clinic's own words for its messages, by the settings and by the API."""

import re

import pytest
from httpx2 import Client

from scheduler.reminders.texts import texts_in
from tests.api.service.test_coordination_pages import form
from tests.api.service.test_settings_pages import served, shown, world
from tests.api.service.world import World

__all__ = ["served", "world"]

NAME = "N-05.short"
PATH = f"/settings/texts/en/{NAME}"
API = "/api/v1/clinic/texts"
OWN = "{sender}: see you {date} at {time}. {reply} {phone}"
APPROVED = texts_in("en")[NAME]


def version(client: Client, path: str = PATH) -> str:
    """The version that the form of a text sends back."""
    return str(re.findall(r'name="version" value="(\w+)"', client.get(path).text)[0])


def text_of(client: Client, name: str = NAME, language: str = "en") -> dict[str, object]:
    (found,) = (
        one for one in client.get(API).json() if (one["language"], one["name"]) == (language, name)
    )
    return dict(found)


def test_own_words_are_stored_shown_and_taken_back(world: World) -> None:
    admin = world.client("admin")
    assert ">own words<" not in admin.get("/settings/texts").text
    led = form(admin, PATH, words=f"  {OWN}\r\n", version=version(admin))
    page = admin.get(led).text
    assert "Stored." in page
    assert f'<p lang="en">{OWN}</p>' in page
    assert page.count(">own words<") == 1
    edited = admin.get(PATH).text
    assert APPROVED in edited, "the approved words stand beside"
    form(admin, f"{PATH}/approved", version=version(admin))
    assert ">own words<" not in admin.get("/settings/texts").text


def test_words_that_cannot_be_used_stay_in_the_form_with_the_reason(world: World) -> None:
    admin = world.client("admin")
    for words, why in (
        ("Your ketamine visit", "the value {date} is missing"),
        (f"{OWN} Your ketamine.", "it tells what somebody is treated for: ketamin"),
        (OWN.replace("see", "s" * 80), "characters with the longest values: write it so that"),
        ("", "there are no words"),
    ):
        page = shown(admin, PATH, words=words, version=version(admin))
        assert "could not be stored" in page
        assert why in page
        assert f">{words.lower()}</textarea>" in page
    assert not text_of(admin)["own"]


def test_how_words_would_read_is_shown_without_storing_them(world: World) -> None:
    admin = world.client("admin")
    form(admin, "/settings/address", sender="Harbor", phone="202-555-0110")
    tried = admin.post(f"{PATH}/try", data={"words": OWN}).text
    assert "Harbor: see you Wed Jan 20 at 10:58 PM" in tried
    assert "+12025550110</blockquote>" in tried
    length = int(re.findall(r"At the most (\d+) of 160 characters", tried)[0])
    assert length > len("Harbor: see you Wed Jan 20 at 10:58 PM")
    refused = admin.post(f"{PATH}/try", data={"words": f"{OWN} {{until}}"})
    assert refused.status_code == 200
    assert "These words cannot be used." in refused.text
    assert "This text has no value {until}: it knows {date}, {phone}" in refused.text
    assert "It is read after signing in." in admin.get("/settings/texts/es/N-05.portal").text
    assert not text_of(admin)["own"]


def test_an_older_page_that_is_sent_later_is_refused(world: World) -> None:
    admin, other = world.client("admin"), world.client("programme director")
    seen = version(admin)
    form(other, PATH, words=OWN, version=seen)
    late = OWN.replace("see you", "we wait")
    page = admin.post(PATH, data={"words": late, "version": seen})
    assert page.status_code == 412
    assert "Somebody has changed these words meanwhile" in page.text
    assert f">{late}</textarea>" in page.text
    assert f'<dd lang="en">{OWN}</dd>' in page.text, "what it says now stands beside"
    assert admin.post(f"{PATH}/approved", data={"version": seen}).status_code == 412
    assert text_of(admin)["words"] == OWN


def test_an_accent_that_is_sent_as_a_sign_of_its_own_is_taken(world: World) -> None:
    admin = world.client("admin")
    words = f"{OWN} Ol\u00e9."
    apart = words.replace("\u00e9", "e\u0301")
    form(admin, PATH, words=apart, version=version(admin))
    assert text_of(admin)["words"] == words


def test_beside_a_text_stands_what_its_message_is_for(world: World) -> None:
    admin = world.client("admin")
    confirming = "confirm yes, move or no, and the name of the ride"
    page = admin.get("/settings/texts").text
    assert page.count(confirming.capitalize()) == sum(n.startswith("N-10") for n in texts_in("en"))
    form(admin, "/language", language="es")
    shown_now = admin.get("/settings/texts/en/N-10.short").text
    assert "confirmar" in shown_now.lower()
    assert confirming not in shown_now.lower()


def test_a_text_for_a_crisis_has_no_form(world: World) -> None:
    admin = world.client("admin")
    page = admin.get("/settings/texts/en/N-35.short").text
    assert "These words are for a crisis, and the same in every clinic." in page
    assert "<textarea" not in page
    assert 'href="/settings/texts/en/N-35.short"' not in admin.get("/settings/texts").text
    words = {"words": "Call us.", "version": "1"}
    assert admin.post("/settings/texts/en/N-35.short", data=words).status_code == 412
    assert admin.get("/settings/texts/vi/N-05.short").status_code == 404
    assert admin.get("/settings/texts/en/N-99.short").status_code == 404


def test_who_does_not_manage_reads_the_texts_alone(world: World) -> None:
    for role in ("coordinator", "therapist", "clinical director"):
        client = world.client(role)
        assert PATH not in client.get("/settings/texts").text
        assert client.get(PATH).status_code == 403
        assert client.post(PATH, data={"words": OWN}).status_code == 403
        assert client.put(f"{API}/en/{NAME}", json={"words": OWN}).status_code == 403
        assert client.delete(f"{API}/en/{NAME}").status_code == 403
        assert len(client.get(API).json()) == 2 * len(texts_in("en"))
    assert world.client("programme director").get(PATH).status_code == 200


def test_programmes_reword_by_the_api_with_the_version_that_they_read(world: World) -> None:
    admin = world.client("admin")
    before = text_of(admin)
    assert before == {
        "language": "en",
        "name": NAME,
        "words": APPROVED,
        "approved": APPROVED,
        "own": False,
        "fixed": "",
        "values": ["date", "phone", "place", "reply", "sender", "time"],
        "needed": ["date", "phone", "reply", "sender", "time"],
        "kept": [],
        "most": 160,
        "version": before["version"],
    }
    path, own = f"{API}/en/{NAME}", {"words": OWN}
    assert admin.put(path, json=own).status_code == 428
    assert admin.put(path, json=own, headers={"if-match": '"old"'}).status_code == 412
    stored = admin.put(path, json=own, headers={"if-match": f'"{before["version"]}"'})
    assert (stored.json()["words"], stored.json()["own"]) == (OWN, True)
    tag = stored.headers["etag"]
    assert tag == f'"{stored.json()["version"]}"'
    refused = admin.put(path, json={"words": "Ketamine"}, headers={"if-match": tag})
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:careweave:problem:not-understood"
    assert refused.json()["place"] == "words"
    assert refused.json()["fix"] == "let it stand somewhere"
    again = admin.delete(path, headers={"if-match": tag})
    assert again.json() == before


def test_a_fixed_text_is_refused_as_a_rule(world: World) -> None:
    admin = world.client("admin")
    path, seen = f"{API}/es/N-30.short", text_of(admin, "N-30.short", "es")
    tag = {"if-match": f'"{seen["version"]}"'}
    refused = admin.put(path, json={"words": "Llame."}, headers=tag)
    assert (refused.status_code, refused.json()["fix"]) == (409, "it stays as it was approved")


@pytest.mark.parametrize("language", ["en", "es"])
def test_refusals_are_in_the_language_of_whoever_edits(world: World, language: str) -> None:
    admin = world.client("admin")
    form(admin, "/language", language="es")
    path = f"/settings/texts/{language}/{NAME}"
    page = shown(admin, path, words="{sender}: hola", version=version(admin, path))
    assert "falta el valor {date}: póngalo en algún lugar" in page
