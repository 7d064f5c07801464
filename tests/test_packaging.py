"""What is installed is what was locked, and all that the program reads is in the package."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("pathways", "scheduler", "api")
LOCKS = ("requirements.lock", "requirements-dev.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

PINNED = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<marker> ;[^\\]+)?"
    r"(?: \\\n +--hash=sha256:\w{64})+$",
    re.MULTILINE,
)


def pins(lock: str) -> dict[tuple[str, str], str]:
    """(name, version) to the marker under which a lock wants it; each has its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    found = {(pin["name"], pin["version"]): pin["marker"] or "" for pin in PINNED.finditer(text)}
    assert len(found) == len(re.findall("^[^ #]", text, re.MULTILINE)), "a version has no hash"
    return found


def distribution(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|@ ", (ROOT / lock).read_text("utf-8"))


def test_the_tests_run_on_the_very_versions_of_the_program_each_with_its_hashes() -> None:
    program, tests = (pins(lock) for lock in LOCKS)
    assert program.items() <= tests.items()


def test_a_lock_holds_all_that_the_project_asks_for_and_what_builds_it() -> None:
    groups = PROJECT["dependency-groups"]
    program, tests = ({name for name, _ in pins(lock)} for lock in LOCKS)
    asked = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    assert {distribution(line) for line in asked} <= program
    assert {distribution(line) for line in groups["dev"] + groups["build"]} <= tests


def test_every_import_is_of_something_the_project_asks_for() -> None:
    asked = {distribution(line) for line in PROJECT["project"]["dependencies"]}
    provided = packages_distributions()
    imported = {
        (node.module or "").partition(".")[0]
        if isinstance(node, ast.ImportFrom)
        else node.names[0].name.partition(".")[0]
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    foreign = imported - sys.stdlib_module_names - {*PACKAGES, ""}
    assert foreign
    assert {distribution(provided[name][0]) for name in foreign} <= asked


def test_the_built_package_carries_every_file_of_the_three_packages(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    wheel = zipfile.ZipFile(next(tmp_path.glob("careweave-*.whl")))
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {file for file in files if file.endswith(".toml")}
    assert files <= set(wheel.namelist())
