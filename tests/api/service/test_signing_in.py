"""Staff come in by a password and a second step, patients by a code; nobody learns who is known."""

import re
import statistics
import time
from datetime import timedelta

import pyotp
import pytest
from httpx2 import Client, Response
from pwdlib import PasswordHash
from sqlmodel import select

from api.auth import accounts, entering, passwords, signing_in, tries
from api.auth.signing_in import Entry
from scheduler.errors import NotSignedIn
from scheduler.store.tables import Account, OneTimeCode, SignIn
from tests.api.service.world import World

PASSWORD = "four plain words here"  # noqa: S105  (of an invented nurse)


def invited(world: World, role: str = "nurse") -> Client:
    """A browser whose person has just chosen a password by an invitation."""
    account, browser = world.account(role), world.client(None)
    with world.store.writing() as session:
        actor = entering.actor_of(account)
        token = accounts.invite(session, actor, account, now=world.now)
    assert browser.post(f"/enter/{token}").headers["location"] == "/password"
    assert browser.get("/api/v1/me").status_code == 401
    chosen = choose(browser, PASSWORD)
    assert chosen.headers["location"] == "/sign-in/second-step"
    return browser


def send(browser: Client, page: str, to: str = "", **fields: str) -> Response:
    """Fill in the form of a page and send it."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get(page).text)
    return browser.post(to or page, data={"csrf": csrf[1] if csrf else "", **fields})


def choose(browser: Client, password: str) -> Response:
    return send(browser, "/password", password=password)


def secret_of(world: World, role: str = "nurse") -> str:
    with world.store.reading() as session:
        account = session.get(Account, ("harbor", world.account(role).id))
    assert account is not None
    assert account.totp_secret is not None
    return account.totp_secret


def code(world: World, role: str = "nurse") -> str:
    return pyotp.TOTP(secret_of(world, role)).at(world.now)


def by_password(world: World, password: str = PASSWORD, role: str = "nurse") -> Response:
    email = world.account(role).email
    return world.client(None).post("/sign-in", data={"email": email, "password": password})


def test_an_invitation_leads_to_a_password_a_second_step_and_in(world: World) -> None:
    browser = invited(world)
    page = browser.get("/sign-in/second-step").text
    assert "<svg" in page
    assert secret_of(world) in page
    assert send(browser, "/sign-in/second-step", code="000000").status_code == 401
    before = browser.cookies["careweave"]
    assert send(browser, "/sign-in/second-step", code=code(world)).headers["location"] == "/"
    assert browser.cookies["careweave"] != before
    assert browser.get("/api/v1/me").json()["roles"] == ["nurse"]
    browser.cookies.clear()
    browser.cookies.set("careweave", before)
    assert browser.get("/api/v1/me").status_code == 401


def test_a_code_of_the_second_step_is_good_once_and_its_secret_shown_once(world: World) -> None:
    shown = code_used(world)
    again = second(world)
    assert "<svg" not in again.get("/sign-in/second-step").text
    assert send(again, "/sign-in/second-step", code=shown).status_code == 401
    world.now += timedelta(seconds=60)
    assert send(again, "/sign-in/second-step", code=code(world)).status_code == 303


def code_used(world: World) -> str:
    browser, shown = invited(world), code(world)
    assert send(browser, "/sign-in/second-step", code=shown).status_code == 303
    return shown


def second(world: World) -> Client:
    """A browser whose person has given the right password."""
    browser = world.client(None)
    email = world.account("nurse").email
    entered = browser.post("/sign-in", data={"email": email.upper(), "password": PASSWORD})
    assert entered.headers["location"] == "/sign-in/second-step"
    return browser


def test_a_password_alone_opens_nothing_and_sets_no_other_password(world: World) -> None:
    code_used(world)
    halfway = second(world)
    assert halfway.get("/api/v1/me").status_code == 401
    assert halfway.get("/", headers={"accept": "text/html"}).headers["location"] == "/sign-in"
    assert choose(halfway, "another long one").status_code == 422
    assert by_password(world).status_code == 303


def test_a_short_password_is_refused_with_what_is_missing(world: World) -> None:
    account, browser = world.account("nurse"), world.client(None)
    with world.store.writing() as session:
        actor = entering.actor_of(account)
        token = accounts.invite(session, actor, account, now=world.now)
    browser.post(f"/enter/{token}")
    refused = choose(browser, "short")
    assert refused.status_code == 422
    assert "12 to 200 characters" in refused.text


def test_an_unknown_address_is_answered_like_a_wrong_password(world: World) -> None:
    code_used(world)
    wrong = by_password(world, "not the right one")
    unknown = world.client(None).post(
        "/sign-in", data={"email": "nobody@example.org", "password": PASSWORD}
    )
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text == unknown.text
    assert sorted(wrong.headers) == sorted(unknown.headers)


def test_after_some_failures_everybody_waits_longer_each_time_known_or_not(world: World) -> None:
    code_used(world)
    for _ in range(tries.FREE):
        assert by_password(world, "not the right one").status_code == 401
    assert by_password(world).status_code == 401
    world.now += tries.FIRST_WAIT
    assert by_password(world, "not the right one").status_code == 401
    world.now += tries.FIRST_WAIT
    assert by_password(world).status_code == 401
    world.now += tries.FIRST_WAIT
    assert by_password(world).status_code == 303
    with world.store.writing() as session:
        free = [tries.take(session, "password", "unknown", now=world.now) for _ in range(7)]
    assert free == [True] * tries.FREE + [False] * 2


def test_the_wait_grows_to_an_hour_and_no_further() -> None:
    waits = [tries.wait_after(n) for n in range(tries.FREE, 40)]
    assert waits == sorted(waits)
    assert (waits[0], waits[1], waits[-1]) == (
        tries.FIRST_WAIT,
        2 * tries.FIRST_WAIT,
        tries.LONGEST_WAIT,
    )


def test_a_guess_at_an_unknown_address_takes_as_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_hashing", PasswordHash.recommended())
    code_used(world)
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    for n in range(5):
        addresses = {"known": world.account("nurse").email, "unknown": f"no-{n}@example.org"}
        for kind, email in addresses.items():
            begun = time.process_time()
            signing_in.by_password(world.store, Entry(email, "guess"), now=world.now)
            took[kind].append(time.process_time() - begun)
        world.now += timedelta(hours=1)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.25 * known


class Post:
    """Takes codes in place of a channel."""

    def __init__(self, world: World) -> None:
        self.codes: list[str] = []
        world.app.state.service.deliver_code = lambda _, code: self.codes.append(code)


def ask(browser: Client, email: str) -> Response:
    return browser.post("/sign-in/code", data={"email": email})


def answer(browser: Client, email: str, code: str) -> Response:
    return browser.post("/sign-in/code/answer", data={"email": email, "code": code})


def test_a_patient_comes_in_by_a_code_once(world: World) -> None:
    post, email = Post(world), world.account("patient", patient="ada").email
    browser = world.client(None)
    asked, unknown = ask(browser, email), ask(browser, "nobody@example.org")
    assert asked.text == unknown.text.replace("nobody@example.org", email)
    assert len(post.codes) == 1
    assert answer(browser, email, "00000000").status_code == 401
    assert answer(browser, email, post.codes[0]).status_code == 303
    assert browser.get("/api/v1/me").json()["patient"] == "ada"
    assert answer(world.client(None), email, post.codes[0]).status_code == 401
    with world.store.reading() as session:
        stored = session.exec(select(OneTimeCode.code_hash)).one()
    assert post.codes[0] not in stored


def test_a_code_ends_after_ten_minutes_five_tries_or_a_newer_one(world: World) -> None:
    post, email = Post(world), world.account("patient", patient="ada").email
    browser = world.client(None)
    ask(browser, email)
    world.now += timedelta(minutes=10)
    assert answer(browser, email, post.codes[-1]).status_code == 401
    ask(browser, email)
    ask(browser, email)
    assert answer(browser, email, post.codes[-2]).status_code == 401
    for guess in range(4):
        answer(browser, email, str(guess))
        world.now += timedelta(minutes=1)
    world.now += timedelta(minutes=2)
    assert answer(browser, email, post.codes[-1]).status_code == 401


def test_only_so_many_codes_are_sent_in_an_hour(world: World) -> None:
    post, email = Post(world), world.account("patient", patient="ada").email
    for _ in range(9):
        ask(world.client(None), email)
        world.now += timedelta(seconds=10)
    assert len(post.codes) == 5
    world.now += timedelta(hours=1)
    ask(world.client(None), email)
    assert len(post.codes) == 6


def test_staff_are_sent_no_codes(world: World) -> None:
    post = Post(world)
    ask(world.client(None), world.account("nurse").email)
    assert post.codes == []


def test_a_change_of_contact_points_wants_proof_that_ends(world: World) -> None:
    post, patient = Post(world), world.client("patient", patient="ada")
    world.now += timedelta(minutes=6)
    row = sign_in_of(world, "patient:ada")
    with pytest.raises(NotSignedIn, match="once more"):
        signing_in.refuse_unproven(row, now=world.now)
    assert patient.post("/api/v1/me/proof/code").status_code == 202
    wrong = patient.post("/api/v1/me/proof", json={"secret": "11111111"})
    assert wrong.status_code == 401
    right = patient.post("/api/v1/me/proof", json={"secret": post.codes[0]})
    assert right.status_code == 204
    signing_in.refuse_unproven(sign_in_of(world, "patient:ada"), now=world.now)


def sign_in_of(world: World, who: str) -> SignIn:
    with world.store.reading() as session:
        return session.exec(select(SignIn).where(SignIn.account_id == world.accounts[who].id)).one()


def test_a_cookie_that_was_planted_is_never_signed_in(world: World) -> None:
    browser = world.client(None)
    browser.cookies.set("careweave", "planted")
    account = world.account("coordinator")
    with world.store.writing() as session:
        hour = timedelta(hours=1)
        token = entering.make_link(session, account, now=world.now, good_for=hour)
    came = browser.post(f"/enter/{token}")
    assert "planted" not in came.headers["set-cookie"]
    assert "httponly" in came.headers["set-cookie"].lower()
    browser.cookies.clear()
    browser.cookies.set("careweave", "planted")
    assert browser.get("/api/v1/me").status_code == 401


def test_a_password_is_stored_as_a_hash_alone() -> None:
    stored = passwords.hashed(PASSWORD)
    assert PASSWORD not in stored
    assert passwords.fits(PASSWORD, stored)
    assert not passwords.fits("another password", stored)
    assert not passwords.fits("nobody has this password", None)
