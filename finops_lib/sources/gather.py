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
from finops_lib.sources import bigquery_rows
from finops_lib.sources.bigquery_rows import is_rows_file
from finops_lib.sources.collectors import OnProgress, unseen
from finops_lib.sources.exports import NamedFile
from finops_lib.sources.exports.content import has_rows
from finops_lib.sources.locations import Entry, Store
from finops_lib.sources.locations.local import LocalDisk
from finops_lib.sources.survey import Found, Survey, surveyed
from finops_lib.sources.unpack import is_archive, unpack

# What is shown while the files that were fetched are read: it takes longer than fetching them.
LOADING = "loading"
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

    def dialects(self) -> dict[Path, str]:
        """Give the dialect of each file whose manifest says it."""
        return {path: named.dialect for path, named in self.named.items() if named.dialect}

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
    with surveyed(places) as survey, fetched(survey) as result:
        yield result


@contextmanager
def fetched(survey: Survey, progress: OnProgress = unseen) -> Iterator[Gathered]:
    """Give the files of a survey, the remote ones as copies, for as long as the block lasts.

    Args:
        progress: told each file before it is fetched, and LOADING when all are there.
    """
    with tempfile.TemporaryDirectory(prefix="finops-") as name:
        folder = Path(name).resolve()
        result = Gathered(notes=list(survey.notes))
        try:
            for plain in survey.plain:
                result.paths += _opened(result, plain, folder)
            for number, found in enumerate(survey.found):
                progress(found.entry.uri, number, len(survey.found))
                _add(result, found, folder)
            if survey.found:
                progress(LOADING, len(survey.found), None)
            yield result
        except FinOpsError as error:
            _speak_of_origins(error, result.origins)
            raise


def _add(result: Gathered, found: Found, folder: Path) -> None:
    for path in _opened(result, _local(result, found.store, found.entry, folder), folder):
        if found.named is not None:
            result.named[path] = found.named
            # A shrunk export leaves chunks without rows, some without a single byte; they are no bills.
            if not has_rows(path):
                continue
        result.paths.append(path)


def _opened(result: Gathered, path: Path, folder: Path) -> list[Path]:
    """Give a billing file itself, or what is in it: the members of an archive, BigQuery's rows as Parquet."""
    if not path.is_file():
        return [path]
    if is_archive(path.name):
        origin = result.origin(path)

        def place(member: str) -> Path:
            name = member.replace("\\", "/").rpartition("/")[2]
            return _new_file(result, folder, name[-_LONGEST_NAME:], f"{origin}!{member}")

        return unpack(path, place)
    if is_rows_file(path.name):
        made = _new_file(result, folder, f"{path.name}.parquet", result.origin(path))
        bigquery_rows.to_parquet(path, made.parent)
        times = path.stat()
        os.utime(made, ns=(times.st_atime_ns, times.st_mtime_ns))
        return [made]
    return [path]


def _new_file(result: Gathered, folder: Path, name: str, origin: str) -> Path:
    """Give the path of a file to be written, in a folder of its own: two may be called alike."""
    path = folder / f"{len(result.origins):06d}" / name
    path.parent.mkdir()
    result.origins[path] = origin
    return path


def _local(result: Gathered, store: Store, entry: Entry, folder: Path) -> Path:
    """Give the file itself where it is local, else a copy of it."""
    if isinstance(store, LocalDisk):
        return Path(entry.key).resolve()
    path = _new_file(result, folder, entry.key.rpartition("/")[2], entry.uri)
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
