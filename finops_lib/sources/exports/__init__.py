"""Which files of an export tree count? Those its newest manifests name, and no others.

Question: how is an export in a bucket or folder read?
Choice: by its manifests alone.
Why: such a tree holds superseded runs beside the newest, stale chunks of larger months, and months that are being
written right now; a glob would count charges twice. Declined: to trust the folders' names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from finops_lib.errors import DataError
from finops_lib.sources.locations import Entry

_MANIFEST_SUFFIX = "manifest.json"
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A billing file that a manifest names.

    Args:
        manifest: where the manifest is, as people see it.
        run: what the provider calls this run of the export; None where the manifest does not say.
        rows: how many rows the manifest says the file has; None where it does not say.
        month: the first day of the billing month that the export's layout gives; None where it gives none.
        dialect: a name from DIALECTS, where the manifest says what the file's columns do not.
    """

    entry: Entry
    manifest: str
    run: str | None
    rows: int | None
    month: date | None = None
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it lies in the tree, parsed but not understood."""

    entry: Entry
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Followed:
    """What the manifests of a tree name, and what a person should know that was left alone."""

    files: tuple[NamedFile, ...]
    notes: tuple[str, ...]


def is_manifest(key: str) -> bool:
    return key.lower().endswith(_MANIFEST_SUFFIX)


def parse(entry: Entry, read: Callable[[Entry], bytes]) -> Manifest:
    """Read a manifest.

    Raises:
        DataError: not JSON, or not an object.
    """
    try:
        content = json.loads(read(entry).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        what = " ".join(str(error).split())[:120]
        raise DataError(
            f"{entry.uri}: a manifest that is not JSON ({what})",
            next_step="have the export delivered again",
            path=entry.uri,
        ) from error
    if not isinstance(content, dict):
        raise DataError(
            f"{entry.uri}: a manifest that holds no fields", next_step="have the export delivered again", path=entry.uri
        )
    return Manifest(entry, content)


def fields_of(manifest: Manifest, model: type[_Model]) -> _Model:
    """Give the fields of a manifest that we rely on.

    Raises:
        DataError: one is missing or is not what it should be; names it.
    """
    try:
        return model.model_validate(manifest.content)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"]) or "field"
        raise DataError(
            f"{manifest.entry.uri}: the manifest's {field} is missing or wrong ({problem['msg']})"[:400],
            next_step="have the export delivered again",
            path=manifest.entry.uri,
            field=field,
        ) from error


def require_size(manifest: Entry, file: Entry, stated: int | None) -> None:
    """Refuse a file that is larger or smaller than its manifest says.

    Raises:
        DataError: says that the export is probably being written right now.
    """
    if stated is not None and stated != file.bytes:
        raise DataError(
            f"{file.uri}: {file.bytes} bytes, but {manifest.uri} says {stated}; "
            "the export is being written right now, or was copied in part",
            next_step="try again when it is complete",
            path=file.uri,
            manifest=manifest.uri,
        )


def absent(manifest: Entry, name: str) -> DataError:
    """Say that a manifest names a file that is not there."""
    return DataError(
        f"{manifest.uri} names {name}, which is not there; "
        "the export is being written right now, or was copied in part",
        next_step="copy all of it, or try again when it is complete",
        path=name,
        manifest=manifest.uri,
    )


def follow(entries: Sequence[Entry], read: Callable[[Entry], bytes], *, place: str) -> Followed | None:
    """Find the exports among the files of a folder and give what their newest manifests name.

    Args:
        entries: everything in the folder.
        read: gives the content of one entry.
        place: the folder, as people see it.
    Returns:
        None where no export is: a plain folder of bills.
    Raises:
        DataError: a manifest cannot be followed, or nothing is complete yet.
    """
    from finops_lib.sources.exports import aws, aws_cur, azure
    from finops_lib.sources.files import is_billing_file
    from finops_lib.sources.unpack import is_archive

    bills = [entry for entry in entries if is_billing_file(entry.key) or is_archive(entry.key)]
    kinds = (aws, aws_cur, azure)
    manifests: list[list[Manifest]] = [[] for _ in kinds]
    for entry in entries:
        if is_manifest(entry.key):
            manifest = parse(entry, read)
            manifests[_number_of_kind(manifest, [kind.recognises for kind in kinds])].append(manifest)
    if not any(manifests):
        if not any(kind.is_export(bill.key) for kind in kinds for bill in bills):
            return None
        raise DataError(
            f"{place}: an export of which nothing is complete yet: it has no manifest, which is written last",
            next_step="try again when the export has finished, or give the files themselves",
            path=place,
        )
    files: list[NamedFile] = []
    covered: set[str] = set()
    for kind, mine in zip(kinds, manifests, strict=True):
        files += kind.named_files(mine, entries)
        covered |= {bill.key for bill in kind.covered(mine, bills)}
    return Followed(tuple(files), tuple(_left_out(bills, covered)))


def _number_of_kind(manifest: Manifest, recognisers: Sequence[Callable[[dict[str, Any]], bool]]) -> int:
    for number, recognises in enumerate(recognisers):
        if recognises(manifest.content):
            return number
    shown = ", ".join(list(manifest.content)[:6])[:120] or "none"
    raise DataError(
        f"{manifest.entry.uri}: a manifest of an unknown kind (its fields: {shown})",
        next_step="give the folder of one AWS export or Azure cost export, or the files themselves",
        path=manifest.entry.uri,
    )


def _left_out(bills: Sequence[Entry], covered: set[str]) -> list[str]:
    """Say which billing files no manifest of the tree has anything to do with."""
    folders: dict[str, int] = {}
    for bill in bills:
        if bill.key not in covered:
            folder = bill.uri.rpartition("/")[0]
            folders[folder] = folders.get(folder, 0) + 1
    return [
        f"{folder}: {count} billing file{'s' if count > 1 else ''} without a manifest left alone; "
        "an export writes its manifest last"
        for folder, count in sorted(folders.items())
    ]
