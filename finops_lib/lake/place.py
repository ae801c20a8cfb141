"""Where a lake is: its catalog, a SQLite file or a PostgreSQL database, and its data, a folder or an S3 prefix."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from finops_lib.errors import ConfigError

CATALOG_FILE = "catalog.sqlite"
DATA_FOLDER = "data"
CONNECT_TIMEOUT_S = 5
_S3 = "s3://"
# Options that DuckDB takes in a secret, not in the address.
_IN_SECRET = ("host", "port", "dbname", "user", "password")
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one lake is.

    Args:
        root: an absolute folder, or `s3://bucket/prefix`, without a slash at its end.
        catalog: a PostgreSQL URL; "" = the SQLite file in the folder.
    """

    root: str
    # Not in what Python shows of it: the URL may hold a password.
    catalog: str = field(default="", repr=False)

    @classmethod
    def of(cls, root: Path | str, catalog: str = "") -> Self:
        """Check and tidy what a person wrote.

        Raises:
            ConfigError: a kind of URL that cannot hold a lake, or S3 without a catalog in PostgreSQL.
        """
        text = str(root).rstrip("/") or "/"
        # The values are not shown: both may hold a password.
        if "://" in text and not (text.startswith(_S3) and urlsplit(text).netloc):
            raise ConfigError(
                "FINOPS_LAKE is a URL that cannot hold a lake", next_step="set it to a folder or to s3://bucket/prefix"
            )
        if catalog and urlsplit(catalog).scheme not in _POSTGRES:
            raise ConfigError(
                "FINOPS_CATALOG is not a PostgreSQL URL",
                next_step="write it like postgresql://user@host/database, or unset it: then it is in the lake's folder",
            )
        if text.startswith(_S3):
            if not catalog:
                raise ConfigError(
                    "FINOPS_LAKE is on S3, where a catalog file cannot be shared",
                    next_step="set FINOPS_CATALOG to a PostgreSQL URL",
                )
            return cls(text, catalog)
        return cls(str(Path(text).resolve()), catalog)

    @property
    def is_remote(self) -> bool:
        """Whether the data are objects of a bucket rather than files of a folder."""
        return self.root.startswith(_S3)

    @property
    def folder(self) -> Path:
        """The lake's folder.

        Raises:
            ConfigError: it has none, since its data are on S3.
        """
        if self.is_remote:
            raise ConfigError(f"the lake {self} is not in a folder", next_step="set FINOPS_LAKE to a folder")
        return Path(self.root)

    @property
    def catalog_file(self) -> Path:
        """The SQLite catalog."""
        return self.folder / CATALOG_FILE

    @property
    def data(self) -> str:
        """The folder or prefix of all data files."""
        return f"{self.root}/{DATA_FOLDER}"

    def table_data(self, table: str) -> str:
        """The folder or prefix of a table's data files."""
        return f"{self.data}/main/{table}"

    def __str__(self) -> str:
        """What people are shown; never a password."""
        if not self.catalog:
            return self.root
        parts = urlsplit(self.catalog)
        port = f":{parts.port}" if parts.port else ""
        return f"{self.root} (catalog {parts.hostname or 'localhost'}{port}{parts.path})"


def postgres_options(url: str) -> dict[str, str]:
    """Take a PostgreSQL URL apart into the options of DuckDB's postgres secret."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    given = {
        "host": parts.hostname or asked.get("host", ""),
        "port": str(parts.port or asked.get("port", "")),
        "database": unquote(parts.path.lstrip("/")) or asked.get("dbname", ""),
        "user": unquote(parts.username or "") or asked.get("user", ""),
        "password": unquote(parts.password or "") or asked.get("password", ""),
    }
    return {name: value for name, value in given.items() if value}


def postgres_words(url: str) -> str:
    """Give what else the URL asks for, such as `sslmode`, as libpq's `name=value` words, and not to wait for ever."""
    asked = {"connect_timeout": str(CONNECT_TIMEOUT_S), **dict(parse_qsl(urlsplit(url).query))}
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in asked.items()}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items() if name not in _IN_SECRET)


def without_password(text: str, url: str) -> str:
    """Take the password of a database URL out of a text, as it stands in the URL and decoded."""
    written = urlsplit(url).password or dict(parse_qsl(urlsplit(url).query)).get("password", "")
    for form in {written, unquote(written)} - {""}:
        text = text.replace(form, "[secret]")
    return text


def libpq_url(url: str) -> str:
    """Give the URL as PostgreSQL's own client takes it, without SQLAlchemy's name of a driver."""
    scheme, rest = url.split("://", 1)
    return f"{'postgresql' if scheme in _POSTGRES else scheme}://{rest}"
