"""Accounts are made, changed and ended; tokens carry no more than their account."""

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Client
from sqlmodel import Session, select

from api.auth import accounts
from api.auth.accounts import Newcomer
from scheduler.acting import Actor
from scheduler.errors import WrongMove
from scheduler.store.tables import Account, ApiToken, AuditEntry
from tests.api.service.world import World

NEWCOMER = {"name": "Nell Fictional", "email": "nell@example.org", "roles": ["nurse"]}


def made(world: World, **changes: Any) -> Any:
    return world.client("admin").post("/api/v1/accounts", json=NEWCOMER | changes)


def machine(world: World, token: str) -> Client:
    client = world.client(None)
    client.headers["authorization"] = f"Bearer {token}"
    return client


def test_an_account_is_made_with_an_invitation(world: World) -> None:
    answer = made(world)
    assert answer.status_code == 201
    link = answer.json()["link"].removeprefix("http://127.0.0.1:8080")
    assert world.client(None).post(link).headers["location"] == "/password"
    again = made(world, email="NELL@example.org ".strip())
    assert (again.status_code, again.json()["fix"]) == (409, "change that account's roles")
    listed = world.client("admin").get("/api/v1/accounts").json()
    assert {entry["email"] for entry in listed} == {"admin.None@example.org", "nell@example.org"}


def test_roles_that_make_no_sense_are_refused(world: World) -> None:
    assert "astronaut" in made(world, roles=["astronaut"]).json()["detail"]
    assert made(world, roles=["patient"]).status_code == 422
    assert made(world, roles=["patient", "nurse"], patient="ada").status_code == 422
    assert made(world, roles=["patient"], patient="nobody").status_code == 404
    assert made(world, practitioner="nobody").status_code == 404
    assert made(world, clinic_id="other").status_code == 422
    assert made(world, roles=["patient"], patient="ada").status_code == 201


def test_changed_roles_end_every_sign_in_and_want_the_version(world: World) -> None:
    nurse, admin = world.client("nurse"), world.client("admin")
    path = f"/api/v1/accounts/{world.account('nurse').id}"
    version = {"if-match": admin.get(path).headers["etag"]}
    roles = {"roles": ["nurse", "charge nurse"]}
    assert admin.patch(path, json=roles).status_code == 428
    assert admin.patch(path, json=roles, headers=version).status_code == 200
    assert nurse.get("/api/v1/me").status_code == 401
    assert admin.patch(path, json=roles, headers=version).status_code == 412


def test_a_disabled_account_is_out_everywhere_at_once(world: World) -> None:
    nurse, admin = world.client("nurse"), world.client("admin")
    wish = {"title": "reader", "scopes": ["read"]}
    token = nurse.post("/api/v1/tokens", json=wish).json()["token"]
    reader = machine(world, token)
    assert reader.get("/api/v1/me").json()["roles"] == ["nurse"]
    path = f"/api/v1/accounts/{world.account('nurse').id}"
    assert admin.post(f"{path}/disable").json()["disabled_at"] is not None
    assert nurse.get("/api/v1/me").status_code == 401
    assert reader.get("/api/v1/me").status_code == 401
    assert admin.post(f"{path}/tokens", json=wish).status_code == 403


def test_a_token_narrows_and_makes_no_wider_one(world: World) -> None:
    admin = world.client("admin")
    person = {**NEWCOMER, "roles": ["nurse", "admin"]}
    account = admin.post("/api/v1/accounts", json=person).json()["account"]["id"]
    path = f"/api/v1/accounts/{account}/tokens"

    def token(*scopes: str) -> Client:
        answer = admin.post(path, json={"title": "machine", "scopes": list(scopes)})
        return machine(world, answer.json()["token"])

    nurse, reader = token("nurse"), token("read", "admin")
    assert nurse.get("/api/v1/accounts").status_code == 403
    wider = nurse.post("/api/v1/tokens", json={"title": "wider", "scopes": ["admin"]})
    assert wider.status_code == 422
    same = nurse.post("/api/v1/tokens", json={"title": "same", "scopes": ["read"]})
    assert same.json()["about"]["scopes"] == ["nurse", "read"]
    assert reader.get("/api/v1/accounts").status_code == 200
    assert reader.post("/api/v1/accounts", json=NEWCOMER).status_code == 403
    beyond = admin.post(path, json={"title": "more", "scopes": ["prescriber"]})
    assert "prescriber" in beyond.json()["detail"]


def test_a_token_is_shown_once_stored_as_a_hash_and_revoked_by_its_own(world: World) -> None:
    nurse, other = world.client("nurse"), world.client("therapist")
    key = {"idempotency-key": "one"}
    wish = {"title": "reader", "scopes": ["nurse"]}
    answer = nurse.post("/api/v1/tokens", json=wish, headers=key)
    assert answer.status_code == 201, answer.text
    token, row = answer.json()["token"], answer.json()["about"]["id"]
    again = nurse.post("/api/v1/tokens", json=wish, headers=key)
    assert (again.status_code, "shown once" in again.json()["detail"]) == (409, True)
    assert token not in nurse.get("/api/v1/tokens").text
    with world.store.reading() as session:
        assert session.exec(select(ApiToken.token_hash)).one() != token
    revoke = f"/api/v1/tokens/{row}/revoke"
    refused, absent = other.post(revoke), other.post(f"/api/v1/tokens/{uuid4()}/revoke")
    assert refused.status_code == absent.status_code == 404
    assert refused.json() == absent.json()
    assert nurse.post(revoke).json()["revoked_at"] is not None
    assert machine(world, token).get("/api/v1/me").status_code == 401


def test_whatever_is_done_to_accounts_is_written_down_without_a_name(world: World) -> None:
    made(world)
    with world.store.reading() as session:
        rows = session.exec(select(AuditEntry)).all()
        names = session.exec(select(Account.name)).all()
    found = {row.action for row in rows}
    assert {"account.make", "account.invite"} <= found
    told = "".join(str(row.model_dump()) for row in rows)
    assert [name for name in [*names, "nell@example.org"] if name in told] == []
    assert all(row.route and row.request_id for row in rows if row.action.startswith("account"))


def test_of_two_administrators_who_shut_each_other_out_one_is_left(world: World) -> None:
    actor = Actor(world.clinic_id, roles=frozenset({"admin"}))
    with world.store.writing() as session:
        newcomers = (Newcomer(name, f"{name}@example.org", ["admin"]) for name in ("Nell", "Ned"))
        one, other = [accounts.make(session, actor, new, now=world.now) for new in newcomers]

    def shuts_out(session: Session, account: Account) -> None:
        held = accounts.held(session, world.clinic_id, account.id)
        accounts.disable(session, actor, held, now=world.now)

    def answers() -> None:
        with pytest.raises(WrongMove), world.store.writing() as session:
            shuts_out(session, one)

    with ThreadPoolExecutor(1) as pool:
        with world.store.writing() as session:
            shuts_out(session, other)
            second = pool.submit(answers)
            wait([second], timeout=0.5)
        second.result(timeout=10)
