"""AWS Data Exports: `<export>/metadata/BILLING_PERIOD=2026-05/<name>-Manifest.json` names files under `<export>/data/`.

Overwrite mode has one manifest per month. Create-new mode adds run folders `<timestamp>-<executionId>` below both
months, with a manifest in each and the newest run's manifest once more in the month's own folder.

Source: AWS Data Exports user guide, "Understanding export delivery".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from finops_lib.errors import DataError
from finops_lib.sources.exports import Manifest, NamedFile, absent, fields_of, require_size
from finops_lib.sources.locations import Entry

_PERIOD = r"billing_period=(?P<month>\d{4}-\d{2})"
_LAYOUT = re.compile(
    rf"(?P<root>(?:.*/)?)(?P<kind>data|metadata)/{_PERIOD}/(?:(?P<run>[^/]+)/)?(?P<name>[^/]+)", re.IGNORECASE
)
_DATA_TAIL = re.compile(r"(?:.*/)?(data/billing_period=[^/]+/.+)", re.IGNORECASE)
# AWS has written this part of the path in both letter cases.
_PERIOD_WORD = re.compile("billing_period=", re.IGNORECASE)


class _DataFile(BaseModel):
    s3Uri: str
    size: int | None = None


class _Fields(BaseModel):
    dataFiles: list[str | _DataFile]
    executionId: str | None = None
    billingPeriod: Any = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in an export a manifest lies. `root` ends with `/` or is empty; `run` is "" in a month's own folder.

    `month` is "" where the manifest is not in such a tree.
    """

    root: str
    month: str
    run: str


def recognises(content: dict[str, Any]) -> bool:
    """Is it a manifest of AWS Data Exports?"""
    return "dataFiles" in content or {"executionId", "exportId", "exportArn"} & content.keys() != set()


def is_export(key: str) -> bool:
    """Does a file lie where AWS Data Exports puts data?"""
    return bool((match := _LAYOUT.fullmatch(key)) and match["kind"].lower() == "data")


def widen(prefix: str, entries: Sequence[Entry]) -> tuple[list[str], re.Pattern[str]] | None:
    """Widen a folder inside an export to both branches of it, because data and manifests lie in different ones.

    Args:
        prefix: the folder that was asked for: `data` or `metadata`, one of its months, or one run of a month.
        entries: what lies in it.
    Returns:
        The two branches, and what the keys of the month and run that were asked for look like; None: not such a folder.
    """
    match = re.fullmatch(rf"((?:.*/)?)(data|metadata)(?:/({_PERIOD})(/[^/]+)?)?", prefix, re.IGNORECASE)
    if match is None or not any((place := _LAYOUT.fullmatch(e.key)) and place["root"] == match[1] for e in entries):
        return None
    period = f"billing_period={match['month']}" if match["month"] else "billing_period=[^/]+"
    inside = rf"{re.escape(match[1])}(data|metadata)/{period}{re.escape(match[5] or '')}/.+"
    return [f"{match[1]}data", f"{match[1]}metadata"], re.compile(inside, re.IGNORECASE)


def named_files(manifests: Sequence[Manifest], entries: Sequence[Entry]) -> list[NamedFile]:
    """Give the files that the newest manifest of each export and month names.

    Raises:
        DataError: a manifest lacks its fields, names a file that is not there, or one of another size.
    """
    newest: dict[tuple[str, str], tuple[Manifest, _Place]] = {}
    for manifest in manifests:
        place = _place_of(manifest)
        month = (place.root, place.month or manifest.entry.key)
        held = newest.get(month)
        if held is None or _age(manifest, place) > _age(*held):
            newest[month] = (manifest, place)
    by_key = {_PERIOD_WORD.sub("BILLING_PERIOD=", entry.key): entry for entry in entries}
    by_key |= {entry.key: entry for entry in entries}
    return [file for manifest, place in newest.values() for file in _files_of(manifest, place, by_key)]


def covered(manifests: Sequence[Manifest], bills: Sequence[Entry]) -> list[Entry]:
    """Give the bills of months that have a manifest, whether it names them or not."""
    months = {(place.root, place.month) for place in map(_place_of, manifests)}
    flat = {place.root for place in map(_place_of, manifests) if not place.month}
    return [
        bill
        for bill in bills
        if ((match := _LAYOUT.fullmatch(bill.key)) and (match["root"], match["month"]) in months) or bill.folder in flat
    ]


def _age(manifest: Manifest, place: _Place) -> tuple[bool, str, str]:
    """Order the manifests of one month: its own folder holds the newest run; run folders begin with their time."""
    return place.run == "", place.run, f"{manifest.entry.modified:%Y-%m-%dT%H:%M:%S.%f}"


def _place_of(manifest: Manifest) -> _Place:
    match = _LAYOUT.fullmatch(manifest.entry.key)
    if match is None or match["kind"].lower() != "metadata":
        # Copied out of its tree: such a manifest speaks for the files beside it.
        return _Place(manifest.entry.folder, "", "")
    stated = manifest.content.get("billingPeriod")
    if isinstance(stated, str) and re.fullmatch(r"\d{4}-\d{2}", stated) and stated != match["month"]:
        raise DataError(
            f"{manifest.entry.uri}: the manifest's billingPeriod is {stated}, but it lies in {match['month']}",
            next_step="put the export back as it was delivered",
            path=manifest.entry.uri,
        )
    return _Place(match["root"], match["month"], match["run"] or "")


def _first_day(month: str) -> date | None:
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        return None


def _files_of(manifest: Manifest, place: _Place, by_key: dict[str, Entry]) -> list[NamedFile]:
    fields = fields_of(manifest, _Fields)
    found = []
    for item in fields.dataFiles:
        uri, size = (item, None) if isinstance(item, str) else (item.s3Uri, item.size)
        # The tree may have been copied: of the URI only the part below the export's own folder counts.
        tail = _DATA_TAIL.fullmatch(uri)
        inside = tail[1] if tail and place.month else uri.rpartition("/")[2]
        key = place.root + inside
        entry = by_key.get(key) or by_key.get(_PERIOD_WORD.sub("BILLING_PERIOD=", key))
        if entry is None:
            raise absent(manifest.entry, uri)
        require_size(manifest.entry, entry, size)
        run = fields.executionId or place.run or None
        found.append(NamedFile(entry, manifest.entry.uri, run, rows=None, month=_first_day(place.month)))
    return found
