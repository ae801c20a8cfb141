"""Blobs of one container of Azure Blob Storage, through azure-storage-blob (extra `azure`).

The account comes from AZURE_STORAGE_CONNECTION_STRING, or from AZURE_STORAGE_ACCOUNT with azure-identity's
DefaultAzureCredential (environment, managed identity, `az login`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from finops_lib.errors import ConfigError, DataError, SourceError
from finops_lib.sources.locations import Entry

PERMISSIONS = ("Storage Blob Data Reader",)
_CONNECT_S, _READ_S = 5, 60
_TRIES_MORE, _WAIT_S = 2, 1


class Container:
    """One container; what goes wrong becomes an error of ours that names the place."""

    def __init__(self, name: str) -> None:
        try:
            import azure.storage.blob as blobs
        except ImportError as error:
            raise ConfigError(
                f"az://{name} needs: pip install finops[azure]", next_step="install it, or copy the files to a folder"
            ) from error
        self._name = name
        options: dict[str, Any] = {
            "connection_timeout": _CONNECT_S,
            "read_timeout": _READ_S,
            # The library's own policy waits 15 s before its second try.
            "retry_policy": blobs.LinearRetry(backoff=_WAIT_S, retry_total=_TRIES_MORE),
        }
        connection = os.environ.get("AZURE_STORAGE_CONNECTION_STRING", "")
        account = os.environ.get("AZURE_STORAGE_ACCOUNT", "")
        self._credential: Any = None
        try:
            if connection:
                service = blobs.BlobServiceClient.from_connection_string(connection, **options)
            elif account:
                self._credential = _default_credential(name)
                url = f"https://{account}.blob.core.windows.net"
                service = blobs.BlobServiceClient(url, credential=self._credential, **options)
            else:
                raise ConfigError(
                    f"az://{name}: no storage account is named",
                    next_step="set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT",
                )
            self._client: Any = service.get_container_client(name)
        except ValueError as error:
            # The text of the error may quote the connection string, which holds a key.
            raise ConfigError(
                f"az://{name}: the storage account's settings cannot be read",
                next_step="correct AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT",
            ) from error

    def entries(self, prefix: str) -> list[Entry]:
        with _told(f"az://{self._name}/{prefix}"):
            if prefix:
                exact = next(iter(self._client.list_blobs(name_starts_with=prefix, results_per_page=1)), None)
                if exact is not None and exact.name == prefix and not _is_folder(exact):
                    return [self._entry(exact)]
            found = self._client.list_blobs(name_starts_with=f"{prefix}/" if prefix else None)
            return [self._entry(item) for item in found if not _is_folder(item)]

    def read(self, entry: Entry) -> bytes:
        with _told(entry.uri):
            content: bytes = self._download(entry).readall()
            return content

    def fetch(self, entry: Entry, target: Path) -> None:
        with _told(entry.uri), target.open("wb") as stream:
            self._download(entry).readinto(stream)

    def close(self) -> None:
        self._client.close()
        if self._credential is not None:
            self._credential.close()

    def _download(self, entry: Entry) -> Any:
        from azure.core import MatchConditions

        blob = self._client.get_blob_client(entry.key)
        return blob.download_blob(etag=entry.etag, match_condition=MatchConditions.IfNotModified)

    def _entry(self, item: Any) -> Entry:
        return Entry(
            uri=f"az://{self._name}/{item.name}",
            key=item.name,
            bytes=item.size,
            modified=item.last_modified.astimezone(UTC).replace(tzinfo=None),
            etag=item.etag,
        )


def _is_folder(item: Any) -> bool:
    # Accounts with a hierarchical namespace list their folders as blobs without content.
    return bool((item.metadata or {}).get("hdi_isfolder"))


def _default_credential(name: str) -> Any:
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        raise ConfigError(
            f"az://{name} needs: pip install finops[azure]",
            next_step="install it, or set AZURE_STORAGE_CONNECTION_STRING",
        ) from error
    return DefaultAzureCredential()


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Say what azure-storage-blob raises in one line, as the error of whoever must act."""
    from azure.core import exceptions

    try:
        yield
    except exceptions.ResourceNotFoundError as error:
        raise DataError(
            f"{place}: not there ({_code(error)})", next_step="check container and prefix", path=place
        ) from error
    except exceptions.ResourceModifiedError as error:
        raise DataError(
            f"{place}: changed while it was read, so the export is being written right now",
            next_step="try again when it is complete",
            path=place,
        ) from error
    except exceptions.HttpResponseError as error:
        raise SourceError(
            f"{place}: Azure refused: {_code(error)}",
            next_step=f"check the credentials and their roles ({', '.join(PERMISSIONS)})",
            path=place,
        ) from error
    except exceptions.AzureError as error:
        raise SourceError(
            f"{place}: Azure did not answer: {_first_line(error)}",
            next_step="check the network and AZURE_STORAGE_*, then run the command again",
            path=place,
        ) from error


def _code(error: Any) -> str:
    return str(getattr(error, "error_code", None) or _first_line(error))


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
