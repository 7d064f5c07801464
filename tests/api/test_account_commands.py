"""Accounts, tokens and the record from the command line, as whoever looks after the machine."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlmodel import select

from api.auth import accounts
from pathways import reading
from scheduler.acting import machine
from scheduler.clock import now
from scheduler.scenarios.taking import bring_in
from scheduler.settings import Settings
from scheduler.store import migrating, vault
from scheduler.store.session import Store
from scheduler.store.tables import Account
from tests import factories
from tests.api.conftest import Run
from tests.databases import Databases

NELL = ("nell@example.org", "--name", "Nell Fictional", "--role", "nurse")


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with clinic_in(tmp_path, monkeypatch) as found:
        yield found


@contextmanager
def clinic_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A clinic in a folder, which the commands find by the environment."""
    monkeypatch.setenv("CAREWEAVE_DATA", str(tmp_path / "data"))
    settings = Settings()
    vault.install(vault.Vault(settings.secrets.field_key))
    store = Store(settings.database_url)
    migrating.upgrade(store)
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario()), now=now())
    yield store
    store.close()


def test_an_account_is_added_listed_linked_and_shut_out(run: Run, clinic: Store) -> None:
    added = run("user", "add", *NELL, "--language", "es")
    with clinic.reading() as session:
        assert [account.language for account in session.exec(select(Account))] == ["es"]
    assert re.fullmatch(r"http://127\.0\.0\.1:8080/enter/\S{43}\n", added.stdout)
    assert run("user", "add", *NELL).exit_code == 2
    assert run("user", "list").stdout == "nell@example.org  nurse\n"
    assert "/enter/" in run("user", "link", "NELL@example.org", "--new-second-step").stdout
    assert run("user", "disable", "nell@example.org").exit_code == 0
    assert run("user", "list").stdout == "nell@example.org  nurse  (shut out)\n"
    assert run("user", "add", "ann@example.org", "--name", "Ann", "--role", "admin").exit_code == 0
    last = run("user", "disable", "ann@example.org")
    assert (last.exit_code, "nobody else may look after accounts" in last.stderr) == (2, True)
    unknown = run("user", "disable", "nobody@example.org")
    assert (unknown.exit_code, unknown.stderr) == (
        2,
        "nobody in harbor has the address nobody@example.org\n",
    )


def test_whoever_is_the_last_administrator_by_now_is_not_shut_out(
    run: Run, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAREWEAVE_DATABASE", databases.postgresql())
    with clinic_in(tmp_path, monkeypatch) as store:
        run("user", "add", *NELL)
        run("user", "add", "ann@example.org", "--name", "Ann", "--role", "admin")
        with ThreadPoolExecutor(1) as pool:
            with store.writing() as session:
                nell, ann = (
                    accounts.of_address(session, f"{name}@example.org") for name in ("nell", "ann")
                )
                assert nell
                assert ann
                actor = machine(nell.clinic_id, "Ann")
                accounts.give_roles(session, actor, nell, ["admin"], now=now())
                session.flush()
                accounts.disable(session, actor, ann, now=now())
                refused = pool.submit(run, "user", "disable", "nell@example.org")
                wait([refused], timeout=1)
            assert "nobody else may look after accounts" in refused.result(timeout=10).stderr


@pytest.mark.usefixtures("clinic")
def test_a_role_that_is_not_known_is_refused_with_those_that_are(run: Run) -> None:
    refused = run("user", "add", "x@example.org", "--name", "X", "--role", "astronaut")
    assert refused.exit_code == 2
    assert "roles are admin, coordinator" in refused.stderr


@pytest.mark.usefixtures("clinic")
def test_a_token_is_made_and_ended(run: Run) -> None:
    run("user", "add", *NELL)
    made = run("token", "make", "nell@example.org", "--scope", "nurse", "--scope", "read")
    assert re.fullmatch(r"\S{43}\n", made.stdout)
    row = re.search(r"token (\S+), good until", made.stderr)
    assert row is not None
    assert run("token", "revoke", row[1]).exit_code == 0
    beyond = run("token", "make", "nell@example.org", "--scope", "prescriber")
    assert (beyond.exit_code, "scopes are nurse, read" in beyond.stderr) == (2, True)


@pytest.mark.usefixtures("clinic")
def test_the_record_is_chained_and_judged(run: Run) -> None:
    run("user", "add", *NELL)
    assert "2 entries not chained yet" in run("audit", "verify").stderr
    head = run("audit", "seal").stdout.strip()
    assert head.startswith("2:")
    whole = run("audit", "verify", "--noted", head)
    assert (whole.exit_code, whole.stdout[:17]) == (0, "whole: 2 entries,")
    forged = run("audit", "verify", "--noted", f"1:{'0' * 64}")
    assert (forged.exit_code, "breaks at number 1" in forged.stderr) == (1, True)
    assert run("audit", "verify", "--noted", "nonsense").exit_code == 2


def test_a_command_says_where_it_has_looked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREWEAVE_DATA", "nowhere-at-all")
    refused = run("user", "list")
    assert refused.exit_code == 2
    assert "there is no clinic in nowhere-at-all yet" in refused.stderr
    assert not Path("nowhere-at-all").exists()
