"""A request that is sent twice has one effect and one answer; another one needs another key."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlmodel import func, select

from scheduler.store.tables import Account, IdempotentAnswer
from tests.api.service.world import World

PATH = "/api/v1/accounts"
NEWCOMER = {"name": "Nell Fictional", "email": "nell@example.org", "roles": ["nurse"]}


def disabled(world: World, key: str, role: str = "nurse", client: Any = None) -> Any:
    path = f"{PATH}/{world.account(role).id}/disable"
    return (client or world.client("admin")).post(path, headers={"idempotency-key": key})


def test_the_same_request_gets_the_same_answer_and_says_so(world: World) -> None:
    first, again = disabled(world, "k"), disabled(world, "k")
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    with world.store.reading() as session:
        account = session.get(Account, ("harbor", world.account("nurse").id))
    assert account is not None
    assert account.version == 2


def test_another_request_under_the_same_key_is_refused(world: World) -> None:
    assert disabled(world, "k").status_code == 200
    refused = disabled(world, "k", "therapist")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (422, "key-reused")
    assert refused.json()["place"] == "header.Idempotency-Key"


def test_two_accounts_may_use_the_same_key(world: World) -> None:
    wish = {"title": "reader", "scopes": ["read"]}
    key = {"idempotency-key": "same"}
    for role in ("nurse", "therapist"):
        assert world.client(role).post("/api/v1/tokens", json=wish, headers=key).status_code == 201


def test_what_was_refused_may_be_tried_again_under_its_key(world: World) -> None:
    admin, key = world.client("admin"), {"idempotency-key": "k"}
    wrong = {**NEWCOMER, "roles": ["astronaut"]}
    assert admin.post(PATH, json=wrong, headers=key).status_code == 422
    assert admin.post(PATH, json=NEWCOMER, headers=key).status_code == 201


def test_a_key_is_forgotten_after_a_day(world: World) -> None:
    disabled(world, "k")
    world.now += timedelta(days=1)
    assert disabled(world, "k", "therapist").status_code == 200


def test_a_key_that_is_no_word_is_refused(world: World) -> None:
    assert disabled(world, "with space").status_code == 422
    assert disabled(world, "k" * 201).status_code == 422


def test_of_many_at_once_one_has_an_effect_and_all_the_same_answer(world: World) -> None:
    world.account("nurse")
    clients = [world.client("admin") for _ in range(8)]
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda client: disabled(world, "k", client=client), clients))
    assert Counter(answer.status_code for answer in answers) == {200: 8}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 7
    with world.store.reading() as session:
        assert session.exec(select(func.count()).select_from(IdempotentAnswer)).one() == 1
