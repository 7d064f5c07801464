"""How one installation runs: where its data are, under which address, with which secrets."""

import json
import os
import secrets
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from pydantic_settings import BaseSettings, SettingsConfigDict

from scheduler.store.vault import new_key


class Secrets(BaseModel):
    """What nobody else may know. ``field_key`` opens encrypted fields, ``signing_key`` links."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field_key: str
    signing_key: str


class PublicSecrets(Exception):
    """The file with the secrets can be read by others than its owner; run ``chmod 600`` on it."""


class Settings(BaseSettings):
    """Settings from the environment, each under ``CAREWEAVE_`` and its name.

    ``database``: an address such as ``postgresql+psycopg://…``; without one, SQLite in ``data``.
    ``public_url``: under which links that leave the machine are written. ``clinic``: which one
    the pages are of, where there are several. ``requests_a_minute``: of one account;
    ``sign_ins_a_minute``: of one network address; both as one process counts them.
    """

    model_config = SettingsConfigDict(env_prefix="CAREWEAVE_", extra="ignore")

    data: Path = Path("careweave-data")
    database: str | None = None
    public_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    demo: bool = False
    requests_a_minute: int = 1_200
    sign_ins_a_minute: int = 30
    field_key: str | None = None
    signing_key: str | None = None

    @property
    def database_url(self) -> str:
        """The address of the database."""
        return self.database or f"sqlite:///{(self.data / 'careweave.sqlite').resolve()}"

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file of this machine's, with one process that writes."""
        return self.database_url.startswith("sqlite")

    @property
    def own_url(self) -> str:
        """The address under which pages are reached."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @cached_property
    def secrets(self) -> Secrets:
        """The secrets: of the environment, or of the file that the first start has made.

        PublicSecrets where others can read the file.
        """
        if self.field_key and self.signing_key:
            return Secrets(field_key=self.field_key, signing_key=self.signing_key)
        path = self.data / "secrets.json"
        if not path.exists():
            _write_secrets(path)
        if path.stat().st_mode & 0o077:
            raise PublicSecrets(str(path))
        return Secrets.model_validate_json(path.read_text("utf-8"))


def _write_secrets(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = {"field_key": new_key(), "signing_key": secrets.token_urlsafe(32)}
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process was faster, and its secrets are the ones
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(made, file)
