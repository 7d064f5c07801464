"""A published file of the library is never edited: patients may be on it."""

import tomllib
from hashlib import sha256
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "pathways" / "library"
PUBLISHED = tomllib.loads(Path(__file__).with_name("published.toml").read_text(encoding="utf-8"))


def fingerprints() -> dict[str, str]:
    return {
        path.relative_to(LIBRARY).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in LIBRARY.glob("**/*.toml")
    }


def test_no_published_file_was_edited_or_lost() -> None:
    found = fingerprints()
    edited = [file for file, print_ in PUBLISHED.items() if found.get(file) != print_]
    assert edited == [], "write a new version beside it instead"


def test_every_file_is_published_with_its_fingerprint() -> None:
    missing = {file: print_ for file, print_ in fingerprints().items() if file not in PUBLISHED}
    assert missing == {}, "add these lines to tests/pathways/published.toml"
