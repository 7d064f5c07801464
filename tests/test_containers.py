"""The files for containers say what the program can do; no container engine is needed to see it."""

import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from api.cli.commands import app
from api.cli.serve import IDLE_SECONDS

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
OURS = {n: s for n, s in COMPOSE["services"].items() if s.get("image") == "careweave"}


def commands() -> set[str]:
    return {str(command.name) for command in app.registered_commands}


def test_every_process_runs_a_command_that_there_is() -> None:
    assert len(OURS) == 4
    for service in OURS.values():
        assert service["command"][0] in commands()
    (first,) = re.findall(r'^CMD \["(\w+)"', DOCKERFILE, re.MULTILINE)
    assert first in commands()


def test_processes_run_without_root_on_files_that_they_cannot_change() -> None:
    assert "USER careweave" in DOCKERFILE
    for service in OURS.values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]


def test_whoever_waits_waits_for_something_that_tells_its_health() -> None:
    for service in COMPOSE["services"].values():
        for name, how in service.get("depends_on", {}).items():
            other = COMPOSE["services"][name]
            if how["condition"] == "service_healthy":
                assert "healthcheck" in other or other["image"] == "careweave"
    assert "HEALTHCHECK" in DOCKERFILE


def test_no_secret_stands_in_a_file() -> None:
    for name, value in COMPOSE["x-service"]["environment"].items():
        assert "${" in value, name


def test_what_the_image_copies_is_there_and_let_through() -> None:
    allowed = (ROOT / ".dockerignore").read_text("utf-8").split()
    copied = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    for line in copied:
        for name in shlex.split(line)[:-1]:
            assert (ROOT / name).exists()
            assert f"!{name}" in allowed


def test_the_proxy_hangs_up_before_the_service_does() -> None:
    proxy = (ROOT / "setup/Caddyfile").read_text("utf-8")
    [kept] = re.findall(r"keepalive (\d+)s", proxy)
    assert int(kept) < IDLE_SECONDS


def test_the_proxy_finds_both_web_processes() -> None:
    proxy = (ROOT / "setup/Caddyfile").read_text("utf-8")
    assert all(f"{name}:8080" in proxy for name in COMPOSE["services"] if name.startswith("web"))
