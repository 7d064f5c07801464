"""How Hypothesis searches, and the databases on which whatever touches the store is tested."""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Dialect, Engine, create_engine

from api.cli.app import LOOKS_WHILE_SERVING
from scheduler.store import session, vault
from scheduler.store.session import Store
from tests.api.service.world import World, served
from tests.databases import Databases
from tests.memory_folder import write_into_memory

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=100, print_blob=True, database=None
)
settings.register_profile(
    "campaign",
    deadline=None,
    max_examples=5_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep what the tests write in memory, where there is enough of it; here, not in a worker."""
    gc.set_threshold(LOOKS_WHILE_SERVING)  # as the service does; seldom looking takes a tenth less
    if not hasattr(config, "workerinput"):
        config.add_cleanup(write_into_memory())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many random scenarios were tried: the sum of what the tests have recorded."""
    counted: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, number in report.user_properties:
            counted[name] += int(str(number))
    if counted:
        terminalreporter.section("tried at random")
    for name, number in sorted(counted.items()):
        terminalreporter.write_line(f"{name}: {number}")


@pytest.fixture
def progress(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says at once how far a long test is, in the terminal itself, and not in its report."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(how_far: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"{how_far}\n")
            sys.stderr.flush()

    return say


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Both kinds of database; the server of PostgreSQL starts when a test first asks for it."""
    found = Databases(tmp_path_factory.mktemp("databases"))
    yield found
    found.close()


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """What was compiled for one database serves all of its kind; each test has one of its own."""
    compiled: dict[str, tuple[Dialect, dict[Any, Any]]] = {}

    def sharing(url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        engine.dialect, known = compiled.setdefault(engine.dialect.name, (engine.dialect, {}))
        engine.update_execution_options(compiled_cache=known)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "create_engine", sharing)
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The address of an empty, migrated database of one kind; the test runs on both."""
    url: str = getattr(databases, request.param)()
    yield url
    if request.param == "postgresql":
        databases.server.drop(url)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store that is empty and migrated, on each kind of database."""
    vault.install(vault.Vault(vault.new_key()))
    found = Store(database_url)
    yield found
    found.close()


@pytest.fixture
def world(store: Store, tmp_path: Path) -> Iterator[World]:
    """The factories' small clinic, served."""
    with served(store, tmp_path) as found:
        yield found
