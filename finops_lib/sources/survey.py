"""What lies at the places that a person or the configuration names? Looked at before anything is fetched.

In a folder, bucket or container with export manifests those say which files count, and of which billing month each is;
anywhere else every billing file counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from finops_lib.errors import DataError
from finops_lib.sources.bigquery_rows import is_rows_file
from finops_lib.sources.exports import NamedFile, aws, follow
from finops_lib.sources.files import is_billing_file
from finops_lib.sources.locations import Entry, Store, is_remote, open_store
from finops_lib.sources.locations.local import LocalDisk
from finops_lib.sources.unpack import is_archive


@dataclass(frozen=True, slots=True)
class Found:
    """A file that counts; `named` is what its manifest says, None where there is none."""

    store: Store
    entry: Entry
    named: NamedFile | None = None

    @property
    def month(self) -> date | None:
        """The billing month that the export's own layout gives; None where it gives none."""
        return self.named.month if self.named else None


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies at some places.

    Args:
        found: the files that count, of places that were listed.
        plain: local files and folders without manifests, which are read where they lie.
        notes: what a person should know that was left alone.
    """

    found: tuple[Found, ...] = ()
    plain: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    stores: tuple[Store, ...] = field(default=(), repr=False)

    @property
    def bytes(self) -> int:
        return sum(found.entry.bytes for found in self.found)

    @property
    def marker(self) -> str:
        """Identify these very versions of these very files, without reading them; "" for files that were not listed."""
        if self.plain or not self.found:
            return ""
        digest = hashlib.sha256()
        for entry in sorted((found.entry for found in self.found), key=lambda entry: entry.uri):
            digest.update(f"{entry.uri}\n{entry.etag or entry.modified.isoformat()}\n{entry.bytes}\n".encode())
        return digest.hexdigest()[:32]

    def by_month(self) -> dict[date | None, Survey]:
        """Give each billing month a survey of its own; None for all together if any file does not tell its month."""
        if self.plain or any(found.month is None for found in self.found):
            return {None: self}
        months = sorted({found.month for found in self.found if found.month})
        return {
            month: replace(self, found=tuple(found for found in self.found if found.month == month), notes=())
            for month in months
        }


@contextmanager
def surveyed(places: Sequence[str | Path]) -> Iterator[Survey]:
    """Look at some places, for as long as the block lasts: their stores stay open to be fetched from.

    Raises:
        ConfigError: a URI that is not one, or its client is absent or has no credentials.
        DataError: nothing is there, or a manifest cannot be followed.
        SourceError: a provider did not answer or refused.
    """
    stores: list[Store] = []
    try:
        looks = [_look(str(place), stores) for place in places]
        # A file that two places hold is one file.
        found = {found.entry.uri: found for look in looks for found in look.found}
        yield Survey(
            tuple(found.values()),
            tuple(dict.fromkeys(path for look in looks for path in look.plain)),
            tuple(note for look in looks for note in look.notes),
            tuple(stores),
        )
    finally:
        for store in stores:
            store.close()


def _look(place: str, stores: list[Store]) -> Survey:
    if is_remote(place):
        store, prefix = open_store(place)
        stores.append(store)
        entries = store.entries(prefix)
        if not entries:
            raise DataError(f"{place}: nothing is there", next_step="check bucket and prefix", path=place)
        return _listed(store, prefix, entries, place)
    if Path(place).is_dir():
        disk = LocalDisk()
        prefix = Path(place).resolve().as_posix()
        return _listed(disk, prefix, disk.entries(prefix), place)
    return Survey(plain=(Path(place),))


def _listed(store: Store, prefix: str, entries: list[Entry], place: str) -> Survey:
    if wider := aws.widen(prefix, entries):
        branches, asked = wider
        entries = [entry for branch in branches for entry in store.entries(branch) if asked.fullmatch(entry.key)]
    is_file = len(entries) == 1 and entries[0].key == prefix
    followed = None if is_file else follow(entries, store.read, place=place)
    if followed is not None:
        return Survey(tuple(Found(store, file.entry, file) for file in followed.files), notes=followed.notes)
    bills = [entry for entry in entries if _is_bill(entry, is_alone=is_file)]
    if isinstance(store, LocalDisk) and not any(is_archive(bill.key) for bill in bills):
        return Survey(plain=(Path(place),))
    if not bills:
        raise DataError(
            f"{place}: no billing file there", next_step="give .csv, .csv.gz, .parquet or .zip files", path=place
        )
    return Survey(tuple(Found(store, bill) for bill in bills))


def _is_bill(entry: Entry, *, is_alone: bool) -> bool:
    # JSON lies around in folders for many reasons; only a file that was named itself is taken for a bill.
    return is_billing_file(entry.key) or is_archive(entry.key) or (is_alone and is_rows_file(entry.key))
