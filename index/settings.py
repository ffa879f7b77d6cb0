"""Where an archive's record, originals and search index are: `baocao.toml` in its folder, and the environment.

The environment goes before the file; a key `search_ca_file` of the file is the variable `BAOCAO_SEARCH_CA_FILE`.
With nothing said all three are in the archive's folder. A secret is never part of a message.
"""

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from baocao.errors import UsageError

if TYPE_CHECKING:
    from baocao.index.search import SearchEngine

FILE = "baocao.toml"
_KEYS = (
    "record", "record_password", "record_password_file", "originals", "search_fallback",
    "search", "search_api_key", "search_api_key_file", "search_user", "search_password", "search_password_file",
    "search_ca_file", "search_index_prefix", "search_shards", "search_replicas", "search_timeout",
    "oidc_issuer", "oidc_client", "oidc_secret", "oidc_secret_file", "oidc_name_claim", "oidc_role_claim", "oidc_roles",
    "embedding_model",
)  # fmt: skip
_POSTGRES = ("postgresql", "postgresql+psycopg", "postgres")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL database that keeps the record; `url` as libpq takes it, without the password."""

    url: str
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Return the database of the archive in `folder`, or None for SQLite in the folder.

        Raises UsageError for settings that cannot be right.
        """
        told = _told(folder)
        if "record" not in told:
            return None
        parts = urlsplit(told["record"])
        try:
            right = parts.scheme in _POSTGRES and bool(parts.path.strip("/")) and (parts.port or 1) > 0
        except ValueError:
            right = False
        if not right:
            raise UsageError("`record` is no address such as postgresql+psycopg://user@host:5432/database.")
        password = _secret(folder, told, "record_password")
        user, at, host = parts.netloc.rpartition("@")
        name, _, inside = user.partition(":")
        return cls(
            parts._replace(scheme="postgresql", netloc=name + at + host).geturl(), password or unquote(inside) or None
        )

    @property
    def shown(self) -> str:
        """Return host and database, for messages."""
        parts = urlsplit(self.url)
        return f"{parts.netloc.rpartition('@')[2] or 'localhost'}{parts.path}"


def originals(folder: Path) -> str:
    """Return where the originals are: a folder's path, or an address that fsspec knows, such as s3://bucket/originals."""
    told = _told(folder).get("originals", "originals").removeprefix("file://")
    return told if "://" in told else str(folder / told)


def embedding_model(folder: Path) -> Path | None:
    """Return the folder of the sentence-embedding model that difficulties are compared with beside their words."""
    told = _told(folder).get("embedding_model")
    return folder / told if told else None


@dataclass(frozen=True, slots=True)
class Elastic:
    """An Elasticsearch: its addresses, who asks, and how an index is laid out there."""

    hosts: tuple[str, ...]
    api_key: str | None = field(default=None, repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    prefix: str = "baocao"
    shards: int = 1
    replicas: int = 1
    timeout: float = 10.0  # seconds that an answer may take

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Return the Elasticsearch that the archive in `folder` is searched with, or None for the embedded engine.

        Raises UsageError for settings that cannot be right.
        """
        told = _told(folder)
        hosts = tuple(_address(host) for host in told.get("search", "").replace(",", " ").split())
        if not hosts:
            return None
        user, password = told.get("search_user"), _secret(folder, told, "search_password")
        if (user is None) != (password is None):
            raise UsageError("Of search_user and search_password one is missing; say both, or search_api_key.")
        ca_file = folder / told["search_ca_file"] if "search_ca_file" in told else None
        if ca_file and not ca_file.is_file():
            raise UsageError(f"search_ca_file names {ca_file}, where there is no file.")
        return cls(
            hosts,
            _secret(folder, told, "search_api_key"),
            user,
            password,
            ca_file,
            _prefix(told.get("search_index_prefix", "baocao")),
            int(_number(told, "search_shards", 1, least=1)),
            int(_number(told, "search_replicas", 1, least=0)),
            _number(told, "search_timeout", 10, least=0.1),
        )


@dataclass(frozen=True, slots=True)
class OpenId:
    """An office's OpenID provider, where people log in to the page; `roles` are (value of the claim, role)."""

    issuer: str
    client: str
    secret: str | None = field(default=None, repr=False)
    name_claim: str = "preferred_username"
    role_claim: str | None = None
    roles: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Return the provider of the archive in `folder`, or None where there is none.

        Raises UsageError for settings that cannot be right.
        """
        told = _told(folder)
        if "oidc_issuer" not in told:
            return None
        issuer = told["oidc_issuer"]
        if not is_safe_address(issuer):
            raise UsageError("oidc_issuer is no address such as https://login.tinh.vn/realms/office.")
        if "oidc_client" not in told:
            raise UsageError(
                "oidc_issuer is said, but not oidc_client, the name under which the provider knows the page."
            )
        pairs = [pair.rpartition("=") for pair in told.get("oidc_roles", "").split(",") if pair.strip()]
        roles = tuple((value.strip(), role.strip()) for value, _, role in pairs)
        if any(not value or role not in ("reader", "editor", "admin") for value, role in roles):
            raise UsageError("oidc_roles has to be a list such as [“office-editors=editor”, “office-heads=admin”].")
        if bool(roles) != ("oidc_role_claim" in told):
            raise UsageError("Of oidc_role_claim and oidc_roles one is missing; say both, or none.")
        return cls(
            issuer, told["oidc_client"], _secret(folder, told, "oidc_secret"),
            told.get("oidc_name_claim", "preferred_username"), told.get("oidc_role_claim"), roles,
        )  # fmt: skip


def is_safe_address(address: str) -> bool:
    """Tell whether what is sent to an address is read on its way by nobody: https, or this machine."""
    try:
        parts = urlsplit(address)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        return (
            bool(parts.hostname)
            and "@" not in parts.netloc
            and (parts.scheme == "https" or (parts.scheme == "http" and here))
        )
    except ValueError:
        return False


def search_fallback(folder: Path) -> bool:
    """Tell whether a copy of the index answers while Elasticsearch cannot.

    Raises UsageError for a fallback that is none.
    """
    told = _told(folder).get("search_fallback")
    if told not in (None, "embedded"):
        raise UsageError("search_fallback has to be “embedded”.")
    return told is not None


def open_engine(folder: Path) -> "SearchEngine":
    """Return the engine that searches the archive in `folder`, to look things up."""
    elastic = Elastic.of(folder)
    if elastic is None:
        from baocao.index.embedded import EmbeddedEngine

        return EmbeddedEngine(folder / "index")
    from baocao.index.elastic import ElasticEngine

    return ElasticEngine(elastic)


def _told(folder: Path) -> dict[str, str]:
    """Return what the file says, and over it what the environment says; what is empty is not said."""
    told: dict[str, str] = {}
    try:
        data = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        data = {}
    except (OSError, ValueError) as error:  # the error's own words may show the line, and in it a secret
        raise UsageError(f"{folder / FILE} cannot be read as TOML; write lines such as search = “…”.") from error
    if unknown := sorted(data.keys() - set(_KEYS)):
        raise UsageError(f"{folder / FILE} says {unknown[0]}, which is none of: {', '.join(_KEYS)}.")
    for key in _KEYS:
        value = os.environ.get(f"BAOCAO_{key.upper()}") or data.get(key)
        if value not in (None, ""):
            told[key] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return told


def _address(host: str) -> str:
    parts = urlsplit(host)
    if "@" in parts.netloc:
        raise UsageError("An address in `search` holds a user or password; say them as search_user, search_password.")
    try:
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
        if not parts.hostname:
            raise ValueError
    except (KeyError, ValueError) as error:
        raise UsageError(f"“{host}” in `search` is no address such as https://es1:9200.") from error
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}:{port}{parts.path.rstrip('/')}"


def _secret(folder: Path, told: dict[str, str], key: str) -> str | None:
    """Return a secret that is said itself, or stands in a file; a file's path goes from the archive's folder."""
    if key in told:
        return told[key]
    path = told.get(f"{key}_file")
    if path is None:
        return None
    try:
        return (folder / path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise UsageError(f"{key}_file names {folder / path}, which cannot be read.") from error


def _prefix(name: str) -> str:
    if not _PREFIX.fullmatch(name):
        raise UsageError(f"search_index_prefix “{name}” is no name of small letters a-z, digits, - and _.")
    return name


def _number(told: dict[str, str], key: str, usual: float, *, least: float) -> float:
    try:
        number = float(told.get(key, usual))
    except ValueError:
        number = least - 1
    if not least <= number < 1e6:
        raise UsageError(f"{key} has to be a number of at least {least:g}.")
    return number
