"""Scenarios and plans as files: read with every fault named, written whole or not at all."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import typer
import yaml
from pydantic import TypeAdapter

from api.cli.terminal import BAD_INPUT, counted, refuse
from pathways import reading
from pathways.faults import BadDocument
from pathways.plan import Plan
from pathways.scenario import Scenario

T = TypeVar("T")

_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)
"""Writes JSON with indents many times faster than the standard library does."""

STANDARD_OUTPUT = Path("-")
_YAML_SUFFIXES = (".yaml", ".yml")
_OPTIONAL_KEYS = {"practitioner", "until"}


def scenario_from(path: Path) -> Scenario:
    """The scenario in a file; otherwise every fault is said and the command ends with 2."""
    return _read(path, reading.read_scenario, "a scenario", BAD_INPUT)


def plan_from(path: Path, *, code: int = BAD_INPUT) -> Plan:
    """The plan in a file; otherwise every fault is said and the command ends with ``code``."""
    return _read(path, reading.read_plan, "a plan", code)


def _read(path: Path, read: Callable[[Any], T], kind: str, code: int) -> T:
    try:
        return read(reading.parse(_text(path, kind, code)))
    except BadDocument as problem:
        count = counted(len(problem.faults), "fault")
        refuse([f"{path} is not {kind} ({count}):", *str(problem).splitlines()], code=code)


def _text(path: Path, kind: str, code: int) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        refuse([f"there is no file {path}; name {kind} in YAML or JSON"], code=code)
    except IsADirectoryError:
        refuse([f"{path} is a directory; name {kind} in YAML or JSON"], code=code)
    except UnicodeDecodeError as problem:
        says = f"{path} is not UTF-8 text (byte {problem.start}); save it as UTF-8"
        refuse([says], code=code)
    except OSError as problem:
        refuse([f"{path} cannot be read: {_cause(problem)}"], code=code)


def _cause(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()


def plain_plan(plan: Plan) -> dict[str, Any]:
    """The plan as plain data in the contract's order, optional keys left out where empty."""
    data = plan.model_dump(mode="json", by_alias=True)
    for appointment in data["appointments"]:
        for item in (*appointment["stages"], *appointment["notes"]):
            for key in _OPTIONAL_KEYS & item.keys():
                if item[key] is None:
                    del item[key]
    return data


def text_of(data: Any, path: Path) -> str:
    """The text of plain data, YAML or JSON as the path's suffix says; the same every time."""
    if path.suffix.lower() in _YAML_SUFFIXES:
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    return _PLAIN.dump_json(data, indent=1).decode() + "\n"


def refuse_unwritable(out: Path, *sources: Path) -> None:
    """End with 2, before any work is done, where a file could not be written in the end."""
    if out == STANDARD_OUTPUT:
        return
    folder = out.resolve().parent
    if out.is_dir():
        refuse([f"{out} is a directory; name a file to write the plan to"])
    if not folder.is_dir():
        refuse([f"there is no directory {folder} to write {out.name} in; make it first"])
    if not os.access(out if out.exists() else folder, os.W_OK):
        refuse([f"{out} cannot be written: permission denied"])
    if any(out.exists() and source.exists() and out.samefile(source) for source in sources):
        refuse([f"{out} is the scenario itself; name another file for the plan"])


def write(text: str, out: Path) -> None:
    """Write a file whole: a reader sees the old one or the new one, never a part of one."""
    if out == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
        return
    try:
        _replace(text, out)
    except OSError as problem:
        refuse([f"{out} cannot be written: {_cause(problem)}"])


def _replace(text: str, out: Path) -> None:
    if out.exists() and not stat.S_ISREG(out.stat().st_mode):
        out.write_text(text, encoding="utf-8")  # a pipe or a device has no old content to keep
        return
    target = out.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
