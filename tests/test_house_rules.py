"""The house rules that a machine can keep: about the code, not about what it computes."""

import ast
import builtins
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp

from pathways import library
from pathways.protocol.sourcing import sources_cited
from pathways.safety import RULES
from pathways.sources import sources

ROOT = Path(__file__).parents[1]
PACKAGES = ("pathways", "scheduler", "api")

WALL_CLOCK = {"scheduler/clock.py": "the one place that knows what time it is"}
STOPWATCH = {
    "api/bench/stopwatch.py": "it measures how long answers take, and nothing else",
    "scheduler/clock.py": "how long the machine has run tells whether its clock has jumped",
    "scheduler/planning/stopping.py": "a time limit ends a search",
}

READS_WALL_CLOCK = {
    *("datetime.now", "datetime.today", "datetime.utcnow", "date.today"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime"),
}
READS_STOPWATCH = {
    *("time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns"),
    *("time.process_time", "time.thread_time", "time.clock_gettime"),
}

SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "base", "core"}

PATHWAYS_MAY_IMPORT = {"pathways", "pydantic", "dateutil", "yaml"}


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found, f"no Python in {folders}"
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def dotted(node: ast.AST) -> str:
    """The last two names of `datetime.datetime.now`, or the one of `now`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value).rpartition('.')[2]}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def uses(path: Path, names: set[str]) -> set[str]:
    """Which of these attributes a module speaks of, imported by name or not."""
    from_time = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
    }
    spoken = {dotted(node) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    return names & (from_time | spoken)


def test_now_is_an_argument_and_the_clock_is_read_in_one_place() -> None:
    readers = {name_of(path) for path in modules(*PACKAGES) if uses(path, READS_WALL_CLOCK)}
    assert readers <= set(WALL_CLOCK)


def test_only_the_modules_with_a_reason_hold_a_stopwatch() -> None:
    holders = {name_of(path) for path in modules(*PACKAGES) if uses(path, READS_STOPWATCH)}
    assert holders == set(STOPWATCH)


def test_a_module_is_named_after_what_it_is_about() -> None:
    parts = {
        name_of(path): set(path.relative_to(ROOT).with_suffix("").parts)
        for path in modules(*PACKAGES, "tests")
    }
    assert [name for name, words in parts.items() if words & SAYS_NOTHING] == []


def error_classes() -> Iterator[tuple[Path, ast.ClassDef]]:
    """Every class of ours that derives from an exception, also by way of another of ours."""
    errors = {name for name in dir(builtins) if name.endswith(("Error", "Exception"))}
    classes = [
        (path, node)
        for path in modules(*PACKAGES)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    ]
    while True:
        ours = [(p, node) for p, node in classes if errors & {dotted(base) for base in node.bases}]
        if errors >= {node.name for _, node in ours}:
            return iter(ours)
        errors |= {node.name for _, node in ours}


def test_every_error_says_in_its_docstring_what_happened() -> None:
    found = list(error_classes())
    assert found
    assert [f"{name_of(p)}: {node.name}" for p, node in found if not ast.get_docstring(node)] == []


SUPPRESSION = re.compile(
    r"#\s*(?:noqa|type:\s*ignore|pragma:|mypy:|ruff:|fmt:)[^#(]*(?:[#(]\s*(?P<reason>\w.+))?"
)


def suppressions(path: Path) -> Iterator[tuple[int, str | None]]:
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            match = SUPPRESSION.match(token.string) if token.type == tokenize.COMMENT else None
            if match:
                yield token.start[0], match["reason"]


def test_every_suppressed_warning_has_its_reason_beside_it() -> None:
    found = [
        (f"{name_of(path)}:{line}", reason)
        for path in modules(*PACKAGES, "tests")
        for line, reason in suppressions(path)
    ]
    assert [place for place, reason in found if not reason] == []


def roots_imported(path: Path) -> set[str]:
    """The first names of everything a module imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


def test_pathways_import_nothing_but_records_calendars_and_a_reader() -> None:
    imported = {root for path in modules("pathways") for root in roots_imported(path)}
    assert imported - sys.stdlib_module_names <= PATHWAYS_MAY_IMPORT


def test_the_verifier_shares_nothing_with_the_planner() -> None:
    graph = grimp.build_graph("scheduler", "pathways")
    verifier = {m for m in graph.modules if m.startswith("scheduler.planning.verifying")}
    assert verifier
    needed = {needed for module in verifier for needed in graph.find_upstream_modules(module)}
    assert {module for module in needed - verifier if module.startswith("scheduler")} == set()


def test_the_command_line_starts_without_the_solver() -> None:
    """Only what plans waits for OR-Tools; `--help`, `verify` and `show` do not."""
    command = "import sys, api.cli.commands; sys.exit('ortools' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=False)
    assert done.returncode == 0


def data_files() -> dict[str, dict[str, object]]:
    """Every TOML file of the pathways by its name, but for the list of sources itself."""
    found = {
        name_of(path): tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "pathways").rglob("*.toml"))
    }
    assert found.pop("pathways/sources.toml")
    return found


def test_every_file_of_the_library_is_a_pathway_that_loads_or_a_part_that_one_uses() -> None:
    pathways = {f"pathways/library/{name}/{version}.toml" for name, version in library.names()}
    used = {
        f"pathways/library/parts/{part.part}/{part.version}.toml"
        for name, version in library.names()
        for part in library.load(name, version).parts
    }
    assert pathways | used == {name for name in data_files() if "/library/" in name}


def test_every_citation_is_of_a_known_source_and_every_source_is_cited() -> None:
    in_data = {key for document in data_files().values() for _, key in sources_cited(document)}
    by_rules = {key for rule in RULES for key in rule.sources}
    assert in_data | by_rules == set(sources())


def test_every_safety_rule_has_an_id_a_statement_and_a_source() -> None:
    assert RULES
    whole = [r for r in RULES if re.fullmatch(r"R-\d\d", r.id) and r.statement and r.sources]
    assert whole == list(RULES)


def test_every_safety_rule_is_named_by_a_test() -> None:
    """By its id and by its name: rules that share an id are still tested one by one."""
    told = "\n".join(path.read_text(encoding="utf-8") for path in modules("tests"))
    names = {(rule.id, rule.find.__name__) for rule in RULES}
    assert {(rule, name) for rule, name in names if rule not in told or name not in told} == set()
