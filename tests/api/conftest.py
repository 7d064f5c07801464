"""The command line as a test meets it: typed in, files beside it, answers read back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli.commands import app

Run = Callable[..., Result]
Write = Callable[[str, Any], Path]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Types a command in on a screen of some width; nothing is a terminal."""

    def typed(*words: str | Path, columns: int = 80) -> Result:
        monkeypatch.setenv("COLUMNS", str(columns))
        return CliRunner().invoke(app, [str(word) for word in words])

    return typed


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a document (or a text) to a file and names it."""

    def written(name: str, document: Any) -> Path:
        path = tmp_path / name
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_text(text, encoding="utf-8")
        return path

    return written
