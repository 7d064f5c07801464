"""Requests that the API's own description allows, and some that it forbids, sent by a role.

Half of them name patients, appointments and the like that are there: the others would mostly be
answered with "not there".
"""

import random
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlmodel import SQLModel, select

from api.auth.policy import ANYBODY, POLICY
from tests.api.service.whose import RENAMED, SAID
from tests.api.service.world import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DESCRIPTION = "/api/v1/openapi.json"
LIVES_ON = ("/changes", "/stream")
"""How the paths of answers end that never do."""

Case = Any
"""A request as schemathesis makes it; it comes without types."""

Operation = Any


class Fuzzing:
    """A role that asks for whatever the description says; ``patient``: whose own, if anybody's."""

    def __init__(self, world: World, role: str, *, patient: str | None = None) -> None:
        self.asked = 0
        self._known = _known(world)
        self._dice = random.Random(role)  # noqa: S311  (of a test, no secret)
        self._world, self._who = world, (role, patient)
        app: Any = world.app
        self._session = asgi.get_client(app)
        self._sign_in()
        schema = schemathesis.openapi.from_asgi(DESCRIPTION, world.app, headers=self._headers)
        every: list[Any] = list(schema.get_all_operations())
        self._operations: list[Operation] = [
            one.ok() for one in every if not one.ok().path.endswith(LIVES_ON)
        ]

    def _sign_in(self) -> None:
        role, patient = self._who
        client = self._world.client(role, patient=patient)
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        self._headers = {"cookie": cookies, "x-csrf-token": client.headers["x-csrf-token"]}

    def run(self, cases: int, *, of_each: int) -> None:
        """Ask at least so many times, ``of_each`` operation in turn, in a shuffled order."""
        self._dice.shuffle(self._operations)
        turn = 0
        while self.asked < cases:
            operation = self._operations[turn % len(self._operations)]
            self._sign_in()
            self._ask_for(operation, of_each if self._may(operation) else 1, seed=turn)
            turn += 1

    def _may(self, operation: Operation) -> bool:
        """Whether the role may ask this: of what it may not, every question ends alike."""
        called = operation.definition.raw["operationId"]
        name = max((name for name in POLICY if called.startswith(f"{name}_")), key=len)
        return bool(POLICY[name] & {self._who[0], *ANYBODY})

    def _ask_for(self, operation: Operation, cases: int, seed: int) -> None:
        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis_seed(seed)
        @given(case=_cases(operation), real=st.booleans())
        def ask(case: Case, real: bool) -> None:
            self.asked += 1
            if real:
                self._name_what_is_there(case)
            answer = case.call(session=self._session, headers=self._headers)
            case.validate_response(answer, checks=CHECKS)

        ask()

    def _name_what_is_there(self, case: Case) -> None:
        for part in (case.path_parameters, case.query, case.body):
            self._put_in(part)

    def _put_in(self, part: Any) -> None:
        """Let whatever bears a name that we know be one that there is."""
        for inner in part if isinstance(part, list) else ():
            self._put_in(inner)
        for name, value in list(part.items()) if isinstance(part, dict) else ():
            if isinstance(value, dict | list):
                self._put_in(value)
            elif isinstance(value, str) and name.removesuffix("_id") in self._known:
                part[name] = self._dice.choice(self._known[name.removesuffix("_id")])


def _cases(operation: Operation) -> SearchStrategy[Case]:
    """Requests that are right by the description, and some that are not."""
    right: SearchStrategy[Case] = operation.as_strategy(GenerationMode.POSITIVE)
    wrong: SearchStrategy[Case] = operation.as_strategy(GenerationMode.NEGATIVE)
    return right | wrong if _may_be_wrong(operation) else right


def _may_be_wrong(operation: Operation) -> bool:
    """Whether there is anything in a request that could be against the description."""
    parts = (operation.path_parameters, operation.query, operation.headers, operation.body)
    return any(len(part.items) for part in parts)


def _known(world: World) -> dict[str, list[str]]:
    """What there is, by the names under which requests speak of it."""
    known: dict[str, list[str]] = {name: [value] for name, value in SAID.items()}
    with world.store.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            if "id" in table.c:
                rows = session.execute(select(table.c.id).order_by(table.c.id).limit(9)).scalars()
                known[table.name] = [str(row) for row in rows]
    for name, table_name in RENAMED.items():
        known[name] = known[table_name]
    known["one"] = known["other"] = known["appointment"]
    return {name: values for name, values in known.items() if values}
