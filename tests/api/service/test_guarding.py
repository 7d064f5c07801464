"""Every answer is guarded, other sites change nothing, and no log speaks of a patient."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import pytest
import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel, TypeAdapter
from starlette.datastructures import Headers

from api.app import create_app, routes_of
from api.auth.limiting import RateLimits
from api.auth.policy import POLICY, NoPolicy
from api.guarding import logs
from api.guarding.masking import is_token, masked
from api.guarding.origin import is_ours
from api.routes import ROUTERS
from scheduler.errors import TooMany
from scheduler.settings import Settings
from scheduler.store.tables import Patient
from scheduler.store.vault import new_key
from tests.api.service.world import World


def settings(folder: Path, **changes: Any) -> Settings:
    return Settings(data=folder, field_key=new_key(), signing_key="of-tests", **changes)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """A service whose database nobody asks, made once: that takes longer than these tests."""
    return create_app(settings(tmp_path_factory.mktemp("service"), sign_ins_a_minute=1_000))


@pytest.fixture
def browser(service: FastAPI) -> TestClient:
    """A browser on it."""
    return TestClient(service, raise_server_exceptions=False)


GUARDING = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.mark.parametrize("path", ["/sign-in", "/livez", "/nowhere", "/api/v1/me"])
def test_every_answer_carries_the_guarding_headers(browser: TestClient, path: str) -> None:
    headers = browser.get(path).headers
    assert GUARDING.items() <= dict(headers).items()
    policy = headers["content-security-policy"]
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert "strict-transport-security" not in headers


def test_each_answer_has_a_nonce_and_a_number_of_its_own(browser: TestClient) -> None:
    answers = [browser.get("/sign-in").headers for _ in range(3)]
    for name in ("content-security-policy", "x-request-id"):
        assert len({headers[name] for headers in answers}) == 3


def test_what_is_the_same_for_everybody_may_be_kept(browser: TestClient) -> None:
    assert browser.get("/static/style.css").headers["cache-control"] == "public, max-age=3600"


def test_browsers_are_held_to_https_where_pages_are_reached_by_it(tmp_path: Path) -> None:
    app = create_app(settings(tmp_path, public_url="https://clinic.example.org"))
    headers = TestClient(app).get("/sign-in").headers
    assert headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://testserver.evil.example"},
    ],
)
def test_another_sites_page_changes_nothing(browser: TestClient, headers: dict[str, str]) -> None:
    form = {"email": "a@example.org", "password": "whatever"}
    assert browser.post("/sign-in", data=form, headers=headers).status_code == 403
    assert browser.get("/sign-in", headers=headers).status_code == 200


def test_a_page_of_ours_is_told_by_its_host_or_by_the_public_address() -> None:
    asked = Headers({"host": "127.0.0.1:8080", "origin": "https://clinic.example.org"})
    assert is_ours(asked, "https://clinic.example.org")
    assert not is_ours(asked, "https://other.example.org")
    assert is_ours(Headers({"host": "a:1", "origin": "http://a:1"}), "https://clinic.example.org")


@pytest.mark.parametrize("origin", ["null", "http://testserver"])
def test_a_form_of_ours_is_taken_also_from_a_page_that_tells_nobody_its_address(
    browser: TestClient, origin: str
) -> None:
    sent = {"host": "testserver", "origin": origin, "sec-fetch-site": "same-origin"}
    assert is_ours(Headers(sent), "https://clinic.example.org")
    form = {"email": "a@example.org", "password": "whatever"}
    assert browser.post("/sign-in", data=form, headers=sent).status_code != 403


def test_a_request_that_is_too_large_is_refused_unread(browser: TestClient) -> None:
    large = b"x" * (1 << 20) + b"x"
    refused = browser.post("/sign-in", content=large)
    assert refused.status_code == 413
    assert refused.json()["type"] == "urn:careweave:problem:too-large"

    def in_parts() -> Iterator[bytes]:
        yield from (large[:500_000], large[500_000:])

    form = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/sign-in", content=in_parts(), headers=form).status_code == 413


def test_whoever_asks_too_often_waits(tmp_path: Path) -> None:
    limits = RateLimits(settings(tmp_path, requests_a_minute=3, sign_ins_a_minute=1))
    for _ in range(3):
        limits.count_request("one")
    with pytest.raises(TooMany):
        limits.count_request("one")
    limits.count_request("another")
    limits.count_sign_in("10.0.0.1")
    with pytest.raises(TooMany):
        limits.count_sign_in("10.0.0.1")


def test_many_tries_to_come_in_from_one_address_are_refused(tmp_path: Path) -> None:
    browser = TestClient(create_app(settings(tmp_path, sign_ins_a_minute=2)))
    form = {"email": "a@example.org"}
    statuses = [browser.post("/sign-in/code/answer", data=form).status_code for _ in range(3)]
    assert statuses == [422, 422, 429]


def test_a_route_without_a_row_in_the_table_fails_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(POLICY, "who_am_i")
    with pytest.raises(NoPolicy, match="who_am_i"):
        create_app(settings(tmp_path))


@pytest.mark.parametrize(
    ("shows", "reads"),
    [
        ("record_by_form", "session_page"),
        ("move_by_form", "visit_page"),
        ("swap_by_form", "visit_page"),
        ("end_by_form", "visit_page"),
        ("longer_page", "read_patient"),
    ],
)
def test_what_a_refusal_or_a_trial_shows_is_open_to_whoever_gets_it(shows: str, reads: str) -> None:
    assert POLICY[shows] <= POLICY[reads]


def test_the_table_of_roles_has_no_row_without_a_route(browser: TestClient) -> None:
    names = {route.name for route in routes_of(browser.app)}  # type: ignore[arg-type]  # ours
    assert POLICY.keys() == names


# Logs.


class Log:
    """What is logged, read once."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured
        self.text = ""

    def lines(self) -> list[dict[str, Any]]:
        self.text = self._captured.readouterr().err
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Log:
    """What this process logs from now on."""
    logs.install()
    return Log(capsys)


def test_a_name_with_line_breaks_and_colours_is_one_line(logged: Log) -> None:
    structlog.get_logger().info("odd", what='a\r\n{"event": "forged"}\x1b[31m')
    assert [line["event"] for line in logged.lines()] == ["odd"]
    assert "\x1b" not in logged.text


def test_what_is_encrypted_in_the_store_is_masked_in_a_log(logged: Log) -> None:
    row = {"name": "Ada Canary", "id": "ada"}
    structlog.get_logger().info("seen", phone="555 Canary", rows=[row], value="Canary")
    first = logged.lines()[0]
    assert "Canary" not in logged.text
    assert first["rows"] == [{"name": "***", "id": "ada"}]
    assert {"name", "birth_date", "phone", "email", "value", "assessment"} <= logs.PERSONAL


def test_a_record_that_is_logged_whole_says_only_its_kind(logged: Log) -> None:
    structlog.get_logger().info("seen", who=Patient(clinic_id="c", id="p", name="Canary"))
    assert logged.lines()[0]["who"] == "Patient"
    assert "Canary" not in logged.text


def test_a_request_is_logged_by_its_route_and_never_by_its_path(
    browser: TestClient, logged: Log
) -> None:
    answer = browser.get("/enter/secret-of-a-link?also=secret")
    line = logged.lines()[-1]
    assert (line["route"], line["status"]) == ("link_page", 200)
    assert line["request"] == answer.headers["x-request-id"]
    assert "secret" not in logged.text


def test_a_fault_of_ours_is_told_by_a_number_and_not_by_its_words(
    browser: TestClient, logged: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("Ada Canary")

    monkeypatch.setattr("api.web.coming_in.draw_outside", fail)
    answer = browser.get("/sign-in")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    first = logged.lines()[0]
    assert "Canary" not in answer.text + logged.text
    assert first["at"][-1].endswith("fail")
    assert answer.headers["cache-control"] == "no-store"


# What requests may say.


def models_of(route: APIRoute) -> Iterator[type[BaseModel]]:
    fields = [*route.dependant.body_params, *route.dependant.query_params]
    for field in fields:
        yield from models_in(field.field_info.annotation)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The records in a type, those in their fields, too."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
        return
    for part in getattr(annotation, "__args__", ()):
        yield from models_in(part)


def routes() -> list[APIRoute]:
    return [r for router in ROUTERS for r in router.routes if isinstance(r, APIRoute)]


def test_no_request_says_more_than_is_understood() -> None:
    found = {model for route in routes() for model in models_of(route)}
    assert found
    open_ones = [m.__qualname__ for m in found if m.model_config.get("extra") != "forbid"]
    assert open_ones == []


NAIVE = "2027-01-04T09:00:00"


def naive_times(schema: Any) -> Iterator[Any]:
    """The places of a core schema that would take a time without a zone."""
    if isinstance(schema, dict):
        if "_with_its_offset" in str(schema.get("function")):
            return  # an instant of the contract's, which refuses such a text itself
        if schema.get("type") == "datetime" and schema.get("tz_constraint") != "aware":
            yield schema
        for part in schema.values():
            yield from naive_times(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from naive_times(part)


def taken_by(route: APIRoute) -> Iterator[tuple[str, Any]]:
    d = route.dependant
    for field in [*d.body_params, *d.query_params, *d.path_params]:
        whole = field.field_info.annotation
        meta = tuple(field.field_info.metadata)
        adapter = TypeAdapter(_annotated(whole, meta))
        yield f"{route.name}: {field.name}", adapter.core_schema


def _annotated(annotation: Any, metadata: tuple[Any, ...]) -> Any:
    return Annotated[(annotation, *metadata)] if metadata else annotation


def test_no_request_says_a_time_without_a_zone() -> None:
    found = [place for r in routes() for place, schema in taken_by(r) if any(naive_times(schema))]
    assert found == []
    assert any(naive_times(TypeAdapter(list[datetime]).core_schema))


def test_ids_and_roles_in_a_body_make_nobody_somebody_else(world: World) -> None:
    nurse = world.client("nurse")
    forged = {"title": "t", "scopes": ["nurse"], "account_id": "x", "clinic_id": "y"}
    assert nurse.post("/api/v1/tokens", json=forged).status_code == 422
    headers = {"x-roles": "admin", "x-account": "admin", "x-clinic": "elm"}
    assert nurse.get("/api/v1/me?roles=admin&clinic=elm", headers=headers).json() == (
        nurse.get("/api/v1/me").json()
    )


def test_a_packed_page_writes_its_token_anew_each_time(world: World) -> None:
    client = world.client("coordinator")
    pages = [client.get("/calendar") for _ in range(2)]
    assert {page.headers["content-encoding"] for page in pages} == {"gzip"}
    tokens = {re.findall(r'name="csrf" value="([^"]+)"', page.text)[0] for page in pages}
    assert len(tokens) == 2
    clear = client.headers["x-csrf-token"]
    assert not any(clear in page.text for page in pages)
    for token in (*tokens, clear):
        assert is_token(token, clear)
    for wrong in ("", clear[:-1], "=", "ä", masked(clear[:-1] + "?"), masked("")):
        assert not is_token(wrong, clear)
