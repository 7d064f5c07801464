"""Whoever asks for whatever: nobody is told a byte of what is not theirs, nor that it exists.

The routes come from the service itself, so one that is added is walked, too. A route whose body
or path cannot be filled in fails with a sentence that says what to add.
"""

import inspect
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from httpx2 import Client, Response
from pydantic import TypeAdapter
from sqlmodel import SQLModel, select, text

from api.auth.policy import ANYBODY, EVERYBODY, POLICY
from api.dependencies import Reading
from scheduler.acting import ROLES
from scheduler.errors import NotThere, NotYours
from scheduler.store.session import Store
from scheduler.store.tables import Patient
from tests import factories
from tests.api.service.whose import FOREIGN, OTHER, OWN, Things, canary, two_clinics
from tests.api.service.world import World, served

SAFE = ("GET", "HEAD")
VARIES = {"x-request-id", "content-security-policy", "content-length", "set-cookie"}
UNCHANGED = {"audit_entry", "sign_in"}
"""Tables that a look may write to: who looked, and that they are still there."""


@dataclass
class Door:
    """One way in: a route and a method."""

    route: APIRoute
    path: str
    method: str

    @property
    def roles(self) -> frozenset[str]:
        return POLICY[self.route.name]

    @property
    def streams(self) -> bool:
        """Whether its answer never ends, so that a test only sees it refuse."""
        returned = inspect.signature(self.route.endpoint).return_annotation
        told = f"{self.route.responses} {self.route.response_class} {returned}"
        return "event-stream" in told or "EventSource" in told

    def tells_apart(self, some: Things, others: Things) -> bool:
        """Whether what is sent to it says whose it is about."""
        one, other = ((self.asked(things), self.sent(things)) for things in (some, others))
        return one != other

    def asked(self, things: Things) -> str:
        """Its path, about somebody's things."""
        found = self.path
        for parameter in self.route.dependant.path_params:
            value = quote(things.in_path(parameter.name), safe="")
            found = found.replace(f"{{{parameter.name}}}", value)
        return found

    def sent(self, things: Things) -> dict[str, Any]:
        """What is sent to it, about somebody's things: query, form or document."""
        dependant = self.route.dependant
        query = {
            field.alias: filled(schema_of(field), things, field.name)
            for field in dependant.query_params
            if field.field_info.is_required() or things.named(field.name)
        }
        body = {
            field.alias: filled(schema_of(field), things, field.name)
            for field in dependant.body_params
        }
        form = any("Form" in type(f.field_info).__name__ for f in dependant.body_params)
        if len(body) == 1 and not form:
            (body,) = body.values()
        kind = "data" if form else "json"
        return {"params": query} | ({kind: body} if dependant.body_params else {})


def schema_of(field: Any) -> dict[str, Any]:
    return _schema_of(field.field_info.annotation)


@cache
def _schema_of(annotation: Any) -> dict[str, Any]:
    return TypeAdapter(annotation).json_schema()


def filled(schema: dict[str, Any], things: Things, name: str = "", whole: Any = None) -> Any:
    """The least that a schema takes; whatever is named like somebody's thing is theirs."""
    whole = whole or schema
    if "$ref" in schema:
        target = whole["$defs"][schema["$ref"].rpartition("/")[2]]
        return filled(target, things, name, whole)
    known = things.named(name) if name else None
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return filled(schema[choice][0], things, name, whole)
    if known is not None and schema.get("type", "string") == "string":
        return known
    return _least(schema, things, name, whole)


def _least(schema: dict[str, Any], things: Things, name: str, whole: Any) -> Any:
    if "const" in schema or "enum" in schema:
        return schema.get("const", next(iter(schema.get("enum", [None]))))
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", [])
        properties = schema.get("properties", {})
        asked = [key for key in properties if key in wanted or things.named(key)]
        return {key: filled(properties[key], things, key, whole) for key in asked}
    if kind == "array":
        return [filled(schema.get("items", {}), things, name.removesuffix("s"), whole)]
    numbers = {"integer": 1, "number": 1, "boolean": False, "null": None}
    texts = {
        "date-time": "2027-01-05T15:00:00Z",
        "date": "2027-01-05",
        "email": "new@example.org",
        "duration": "PT1H",
        "uuid": "00000000-0000-4000-8000-000000000000",
        "time": "09:00",
    }
    if kind in numbers:
        return schema.get("minimum", numbers[kind]) if kind != "null" else None
    return texts.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))


def doors(world: World) -> list[Door]:
    found = []
    for context in iter_route_contexts(world.app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            assert context.path is not None
            found += [
                Door(route, context.path, m) for m in sorted(route.methods or ()) if m != "HEAD"
            ]
    return found


@dataclass
class Walk:
    """A walk through the doors; ``faults`` is what it has found."""

    world: World
    things: dict[tuple[str, str], Things]
    faults: list[str] = field(default_factory=list)
    cells: int = 0
    refused_as: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def client(self, role: str) -> Client:
        patient = "ada" if role == "patient" else None
        client = self.world.client(role, patient=patient)
        client.headers["if-match"] = '"1"'
        return client

    def ask(self, client: Client, door: Door, things: Things, role: str) -> Response:
        """Ask, and look through the answer for what is not theirs."""
        self.cells += 1
        answer = client.request(door.method, door.asked(things), **door.sent(things))
        told = answer.text + str(dict(answer.headers))
        strangers = [FOREIGN] + ([OTHER] if role in ("patient", "nobody") else [])
        strangers += [OWN] if role == "nobody" else []
        for whose in strangers:
            if canary(whose) in told:
                self.fault(door, role, f"tells a byte of {whose}")
        return answer

    def fault(self, door: Door, role: str, says: str) -> None:
        self.faults.append(f"{door.method} {door.path} as {role}: {says}")


def plain(answer: Response, things: Things) -> tuple[int, str, dict[str, str]]:
    """An answer without the ids that were sent."""
    headers = {k: v for k, v in answer.headers.items() if k not in VARIES}
    told = answer.text
    for known in sorted(map(str, things.ids.values()), key=len, reverse=True):
        told = told.replace(known, "ID")
    return answer.status_code, told, headers


def walk_what_is_not_theirs(walk: Walk, role: str) -> None:
    client, own = walk.client(role), walk.things[OWN]
    absent = own.of_nobody()
    strangers = [FOREIGN] + ([OTHER] if role == "patient" else [])
    for door in doors(walk.world):
        if role not in door.roles or not door.tells_apart(own, absent):
            continue
        nothing = plain(walk.ask(client, door, absent, role), absent)
        for things in (walk.things[whose] for whose in strangers):
            if not door.tells_apart(own, things):
                continue
            whose = things.patient_id
            walk.refused_as[nothing[0]][f"{door.method} {door.path}"] += 1
            found = plain(walk.ask(client, door, things, role), things)
            if found != nothing:
                walk.fault(door, role, f"{found} for {whose}, {nothing} for nobody")
            if found[0] >= 500:
                walk.fault(door, role, f"{found[0]}")


def walk_what_the_role_may_not(walk: Walk, role: str) -> None:
    client = walk.client(role)
    for door in doors(walk.world):
        if role not in door.roles and door.roles != ANYBODY:
            answer = walk.ask(client, door, walk.things[OWN], role)
            if answer.status_code not in (401, 403):
                walk.fault(door, role, f"{answer.status_code}, which the table does not allow")


def walk_as_nobody(walk: Walk) -> None:
    client = walk.world.client(None)
    for door in doors(walk.world):
        answer = walk.ask(client, door, walk.things[OWN], "nobody")
        if door.roles != ANYBODY and answer.status_code != 401:
            walk.fault(door, "nobody", f"{answer.status_code}")


def walk_what_is_theirs(walk: Walk, role: str, *, looking: bool) -> None:
    for door in doors(walk.world):
        if role in door.roles and (door.method in SAFE) == looking and not door.streams:
            walk.ask(walk.client(role), door, walk.things[OWN], role)


def contents(world: World) -> dict[str, str]:
    """What each table holds."""
    with world.store.reading() as session:
        held = {
            name: session.execute(text(f'SELECT * FROM "{name}"')).all()  # noqa: S608  (our tables)
            for name in SQLModel.metadata.tables
            if name not in UNCHANGED
        }
    return {name: repr(sorted(map(repr, rows))) for name, rows in held.items()}


@pytest.fixture
def walk(store: Store, tmp_path: Path) -> Iterator[Walk]:
    """A walk through a service with two clinics, of which the first has two patients."""
    patients = [factories.patient(name) for name in ("ada", "bea")]
    with served(store, tmp_path, patients=patients) as world:
        yield Walk(world, two_clinics(store))


def test_nobody_is_told_a_byte_of_what_is_not_theirs(
    walk: Walk,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    caplog.set_level(logging.DEBUG)
    for client in ("asyncio", "httpx", "httpx2"):
        caplog.set_level(logging.WARNING, logger=client)
    # The table of roles is the same on both databases: on the second every sixth is enough, the
    # patient among them.
    roles = ROLES if walk.world.store.is_sqlite else ROLES[::6]
    walk_as_nobody(walk)
    for role in roles:
        walk_what_is_not_theirs(walk, role)
        walk_what_the_role_may_not(walk, role)
        walk_what_is_theirs(walk, role, looking=True)
    for role in roles:
        walk_what_is_theirs(walk, role, looking=False)
    assert "\n".join(walk.faults) == ""
    captured = capsys.readouterr()
    assert "CANARY" not in captured.err + captured.out + caplog.text
    assert "request" in captured.err
    told_as_absent, all_told = len(walk.refused_as[404]), sum(map(len, walk.refused_as.values()))
    assert told_as_absent > 0.8 * all_told, "most bodies are refused before anybody looks whose"
    record_property("access cells", walk.cells)


def test_a_search_by_name_finds_nobody_of_another_clinic(walk: Walk) -> None:
    sought = {"name": "fictional"}  # which all of them are, here and there
    found = walk.client("coordinator").post("/api/v1/patients/search", json=sought).json()
    assert [row["id"] for row in found] == ["ada", "bea"]


def test_whoever_only_looks_changes_nothing(walk: Walk) -> None:
    clients = {role: walk.client(role) for role in ROLES}
    before = contents(walk.world)
    for door in doors(walk.world):
        for role, client in clients.items():
            if door.method in SAFE and not door.streams and role in door.roles | {"patient"}:
                client.request(door.method, door.asked(walk.things[OWN]))
    after = contents(walk.world)
    assert [name for name in before if before[name] != after[name]] == []


@pytest.fixture
def leaky(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """A service with two doors that somebody has forgotten to guard."""
    for name in ("leak", "tell_whether"):
        monkeypatch.setitem(POLICY, name, EVERYBODY)

    walk.world.is_spoilt = True

    @walk.world.app.get("/leak/{patient_id}")
    def leak(session: Reading, patient_id: str) -> str | None:
        return session.exec(select(Patient.name).where(Patient.id == patient_id)).first()

    @walk.world.app.get("/tell/{patient_id}")
    def tell_whether(session: Reading, patient_id: str) -> None:
        if session.exec(select(Patient.id).where(Patient.id == patient_id)).first() is None:
            raise NotThere("there is no such patient")
        raise NotYours("this patient is not yours")

    return walk


def test_a_door_that_nobody_guards_is_found(leaky: Walk) -> None:
    for role in ("patient", "nurse"):
        walk_what_is_not_theirs(leaky, role)
    found = {(fault.split(":")[0], fault.split(": ")[1][:4]) for fault in leaky.faults}
    for role in ("patient", "nurse"):
        assert (f"GET /leak/{{patient_id}} as {role}", "tell") in found
        assert (f"GET /tell/{{patient_id}} as {role}", "(403") in found


def test_a_look_that_changes_something_is_found(leaky: Walk) -> None:
    before = contents(leaky.world)
    leaky.world.account("nurse")
    after = contents(leaky.world)
    assert [name for name in before if before[name] != after[name]] == ["account"]
