"""From what a person names (files, folders, s3:// and az://, export trees) to local files that can be read.

What is remote is fetched into a private temporary folder that is gone afterwards. People never see its name: messages
and records speak of where a file came from.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from finops_lib.errors import DataError, FinOpsError
from finops_lib.sources.exports import NamedFile, aws, follow
from finops_lib.sources.exports.content import has_rows
from finops_lib.sources.files import is_billing_file
from finops_lib.sources.locations import Entry, Store, is_remote, open_store
from finops_lib.sources.locations.local import LocalDisk
from finops_lib.sources.unpack import is_archive, unpack

# A name in an archive may be longer than a disk accepts.
_LONGEST_NAME = 60


@dataclass(slots=True)
class Gathered:
    """Where the files of a delivery can be read now.

    Args:
        paths: files and plain folders, for `find_files`.
        origins: local path -> where it came from, for what was fetched.
        named: local path -> what its manifest says, for the files of exports that have rows.
        notes: what a person should know that was left alone.
    """

    paths: list[Path] = field(default_factory=list)
    origins: dict[Path, str] = field(default_factory=dict)
    named: dict[Path, NamedFile] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def origin(self, path: Path) -> str:
        """Say where a file came from."""
        return self.origins.get(path, str(path))

    def require_rows(self, rows: Mapping[Path, int]) -> None:
        """Refuse files that hold more or fewer rows than their manifests say.

        Args:
            rows: of each file; one that is not in it has none.
        Raises:
            DataError: names the first such file.
        """
        for path, named in self.named.items():
            found = rows.get(path, 0)
            if named.rows is not None and named.rows != found:
                raise DataError(
                    f"{named.entry.uri}: {found} rows, but {named.manifest} says {named.rows}",
                    next_step="have the export delivered again; nothing was loaded",
                    path=named.entry.uri,
                    manifest=named.manifest,
                )


@contextmanager
def gathered(places: Sequence[str | Path]) -> Iterator[Gathered]:
    """Give the files under some places for as long as the block lasts.

    Raises:
        ConfigError: a URI that is not one, or its client is absent or has no credentials.
        DataError: nothing is there, or a manifest cannot be followed.
        SourceError: a provider did not answer or refused.
    """
    with tempfile.TemporaryDirectory(prefix="finops-") as name:
        result = Gathered()
        folder = Path(name).resolve()
        try:
            for place in places:
                _add(result, str(place), folder)
            yield result
        except FinOpsError as error:
            _speak_of_origins(error, result.origins)
            raise


def _add(result: Gathered, place: str, folder: Path) -> None:
    if is_remote(place):
        store, prefix = open_store(place)
        try:
            entries = store.entries(prefix)
            if not entries:
                raise DataError(f"{place}: nothing is there", next_step="check bucket and prefix", path=place)
            _add_entries(result, store, prefix, entries, place, folder)
        finally:
            store.close()
    elif Path(place).is_dir():
        disk = LocalDisk()
        prefix = Path(place).resolve().as_posix()
        _add_entries(result, disk, prefix, disk.entries(prefix), place, folder)
    elif is_archive(place) and Path(place).is_file():
        result.paths += _unpacked(result, Path(place).resolve(), folder)
    else:
        result.paths.append(Path(place))


def _add_entries(result: Gathered, store: Store, prefix: str, entries: list[Entry], place: str, folder: Path) -> None:
    if wider := aws.widen(prefix, entries):
        branches, asked = wider
        entries = [entry for branch in branches for entry in store.entries(branch) if asked.fullmatch(entry.key)]
    is_file = len(entries) == 1 and entries[0].key == prefix
    followed = None if is_file else follow(entries, store.read, place=place)
    if followed is not None:
        result.notes += followed.notes
        for file in followed.files:
            if file.entry.uri in {named.entry.uri for named in result.named.values()}:
                continue
            for path in _readable(result, store, file.entry, folder):
                result.named[path] = file
                # A shrunk export leaves chunks without rows, some without a single byte; they are no bills.
                if has_rows(path):
                    result.paths.append(path)
        return
    bills = [entry for entry in entries if is_billing_file(entry.key) or is_archive(entry.key)]
    if isinstance(store, LocalDisk) and not any(is_archive(bill.key) for bill in bills):
        result.paths.append(Path(place))
        return
    if not bills:
        raise DataError(
            f"{place}: no billing file there", next_step="give .csv, .csv.gz, .parquet or .zip files", path=place
        )
    for bill in bills:
        result.paths += _readable(result, store, bill, folder)


def _readable(result: Gathered, store: Store, entry: Entry, folder: Path) -> list[Path]:
    """Give a billing file, or those of an archive."""
    path = _local(result, store, entry, folder)
    return _unpacked(result, path, folder) if is_archive(path.name) else [path]


def _unpacked(result: Gathered, archive: Path, folder: Path) -> list[Path]:
    """Give copies of the billing files of an archive, each with the archive and its name in it as origin."""
    held = f"{result.origin(archive)}!"
    before = [path for path, origin in result.origins.items() if origin.startswith(held)]
    if before:
        return before

    def place(member: str) -> Path:
        name = member.replace("\\", "/").rpartition("/")[2]
        path = folder / f"{len(result.origins):06d}" / name[-_LONGEST_NAME:]
        path.parent.mkdir()
        result.origins[path] = held + member
        return path

    return unpack(archive, place)


def _local(result: Gathered, store: Store, entry: Entry, folder: Path) -> Path:
    """Give the file itself where it is local, else a copy of it; each file is fetched once."""
    if isinstance(store, LocalDisk):
        return Path(entry.key).resolve()
    for path, uri in result.origins.items():
        if uri == entry.uri:
            return path
    # A folder of its own: two keys may end alike, and a key is not always a name that a disk accepts.
    path = folder / f"{len(result.origins):06d}" / entry.key.rpartition("/")[2]
    path.parent.mkdir()
    result.origins[path] = entry.uri
    store.fetch(entry, path)
    if path.stat().st_size != entry.bytes:
        raise DataError(
            f"{entry.uri}: {entry.bytes} bytes were announced and {path.stat().st_size} came",
            next_step="run the command again",
            path=entry.uri,
        )
    modified = entry.modified.replace(tzinfo=UTC).timestamp()
    os.utime(path, (modified, modified))
    return path


def _speak_of_origins(error: FinOpsError, origins: Mapping[Path, str]) -> None:
    """Put where a file came from in the place of its copy's path, wherever an error speaks of it."""

    def told(value: object) -> object:
        if isinstance(value, str):
            for path, uri in origins.items():
                value = value.replace(str(path), uri)
            return value
        if isinstance(value, Path):
            return origins.get(value, value)
        if isinstance(value, list | tuple):
            return type(value)(told(part) for part in value)
        return value

    error.args = tuple(told(part) for part in error.args)
    for name, value in vars(error).items():
        setattr(error, name, told(value))
