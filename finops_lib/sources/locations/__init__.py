"""Where do bills lie? A folder, a bucket of S3 or a container of Azure Blob Storage, seen in one way.

A store lists what is under a prefix and gives single files. Its client library is imported when it is opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from finops_lib.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a store.

    Args:
        uri: what people see: a path, or s3://bucket/key, az://container/key.
        key: its name inside the store, parts separated by `/`; of a local file its absolute path.
        modified: UTC, without a zone.
        etag: the version that was listed; "" for a local file.
    """

    uri: str
    key: str
    bytes: int
    modified: datetime
    etag: str = ""

    @property
    def folder(self) -> str:
        """The key's folder, with the `/` behind it; "" at the top of a bucket."""
        return self.key[: self.key.rfind("/") + 1]


class Store(Protocol):
    """A bucket, a container or the local disk."""

    def entries(self, prefix: str) -> list[Entry]:
        """List the file of that name alone, or everything in the folder of that name; nothing there is no error."""
        ...

    def read(self, entry: Entry) -> bytes:
        """Give a small file whole, in the version that was listed."""
        ...

    def fetch(self, entry: Entry, target: Path) -> None:
        """Write a file, in the version that was listed, to `target`."""
        ...

    def close(self) -> None: ...


def is_remote(place: str) -> bool:
    """Is it a URI rather than a path?"""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", place))


def open_store(uri: str) -> tuple[Store, str]:
    """Open the store of a URI; give it with the prefix that the URI names inside it.

    Raises:
        ConfigError: not a kind of place that can be read, or its client is not installed or has no credentials.
        SourceError: the provider did not answer.
        DataError: there is no such bucket or container.
    """
    scheme, _, rest = uri.partition("://")
    container, _, prefix = rest.partition("/")
    if scheme.lower() not in ("s3", "az") or not container:
        raise ConfigError(
            f"{uri}: not a place that can be read",
            next_step="give a path, s3://bucket/prefix or az://container/prefix",
            path=uri,
        )
    store: Store
    if scheme.lower() == "s3":
        from finops_lib.sources.locations.s3 import Bucket

        store = Bucket(container)
    else:
        from finops_lib.sources.locations.azure import Container

        store = Container(container)
    return store, prefix.strip("/")


def permissions_of(uri: str) -> tuple[str, ...]:
    """Name what a provider must allow for a bucket or container to be read."""
    if uri.lower().startswith("az://"):
        from finops_lib.sources.locations import azure

        return azure.PERMISSIONS
    from finops_lib.sources.locations import s3

    return s3.PERMISSIONS


def try_store(uri: str) -> None:
    """List a place and read the first bytes that a list shows to be there; raises what a load would."""
    store, prefix = open_store(uri)
    try:
        entries = store.entries(prefix)
        smallest = min(entries, key=lambda entry: entry.bytes, default=None)
        if smallest is not None:
            store.read(smallest)
    finally:
        store.close()
