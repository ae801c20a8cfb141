"""AWS legacy Cost and Usage Reports: `<report>/20260501-20260601/<name>-Manifest.json` lists its files in `reportKeys`.

    create-new   <report>/<period>/<assemblyId>/<name>-1.csv.gz   a manifest there, and the newest once more in <period>
    overwrite    <report>/<period>/<name>-00001.csv.gz            one manifest, beside the files
    Parquet      <report>/<name>/year=2026/month=5/<name>-00001.snappy.parquet, the manifest in <report>/<period>

Source: AWS CUR user guide, "Understanding Cost and Usage Reports versions".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from finops_lib.sources.exports import Manifest, NamedFile, absent, fields_of
from finops_lib.sources.locations import Entry

_PERIOD = r"\d{8}-\d{8}"
_MANIFEST = re.compile(rf"(?P<root>(?:.*/)?)(?P<period>{_PERIOD})/(?:(?P<run>[^/]+)/)?[^/]+")
_DATA = re.compile(rf"(?:.*/)?{_PERIOD}/(?:[0-9a-f-]{{36}}/)?[^/]+-\d+\.(?:csv|csv\.gz|csv\.zip|zip)", re.IGNORECASE)
# Of a key only the part below the report's own folder counts, since the tree may have been copied.
_TAIL = re.compile(rf"(?:.*/)?({_PERIOD}/.+|[^/]+/year=\d+/month=\d+/.+)")
_PARTITION = re.compile(r"(?P<root>(?:.*/)?)[^/]+/year=(?P<year>\d+)/month=(?P<month>\d+)/[^/]+")


class _Fields(BaseModel):
    reportKeys: list[str]
    assemblyId: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a manifest lies: `root` ends with `/` or is empty; `period` is "" if it was copied out of its tree."""

    root: str
    period: str
    run: str


def recognises(content: dict[str, Any]) -> bool:
    """Is it a manifest of a legacy report?"""
    return "reportKeys" in content


def is_export(key: str) -> bool:
    """Does a file lie where such a report puts data?"""
    return bool(_DATA.fullmatch(key))


def named_files(manifests: Sequence[Manifest], entries: Sequence[Entry]) -> list[NamedFile]:
    """Give the files that the newest manifest of each report and period names.

    Raises:
        DataError: a manifest lacks its fields, or names a file that is not there.
    """
    newest: dict[tuple[str, str], tuple[Manifest, _Place]] = {}
    for manifest in manifests:
        place = _place_of(manifest)
        period = (place.root, place.period or manifest.entry.key)
        held = newest.get(period)
        if held is None or _age(manifest, place) > _age(*held):
            newest[period] = (manifest, place)
    by_key = {entry.key: entry for entry in entries}
    return [file for manifest, place in newest.values() for file in _files_of(manifest, place, by_key)]


def covered(manifests: Sequence[Manifest], bills: Sequence[Entry]) -> list[Entry]:
    """Give the bills of periods that have a manifest, whether it names them or not."""
    places = [_place_of(manifest) for manifest in manifests]
    folders = tuple(f"{place.root}{place.period}/" if place.period else place.root for place in places)
    months = {(place.root, int(place.period[:4]), int(place.period[4:6])) for place in places if place.period}
    return [bill for bill in bills if bill.key.startswith(folders) or _partition_of(bill.key) in months]


def _partition_of(key: str) -> tuple[str, int, int] | None:
    match = _PARTITION.fullmatch(key)
    return (match["root"], int(match["year"]), int(match["month"])) if match else None


def _place_of(manifest: Manifest) -> _Place:
    match = _MANIFEST.fullmatch(manifest.entry.key)
    if match is None:
        return _Place(manifest.entry.folder, "", "")
    return _Place(match["root"], match["period"], match["run"] or "")


def _age(manifest: Manifest, place: _Place) -> tuple[bool, str]:
    """Order the manifests of one period: its own folder holds the newest; names of assemblies have no order."""
    return place.run == "", f"{manifest.entry.modified:%Y-%m-%dT%H:%M:%S.%f}"


def _month_of(period: str) -> date | None:
    try:
        return datetime.strptime(period[:8], "%Y%m%d").date().replace(day=1)  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None


def _files_of(manifest: Manifest, place: _Place, by_key: dict[str, Entry]) -> list[NamedFile]:
    fields = fields_of(manifest, _Fields)
    found = []
    for key in fields.reportKeys:
        tail = _TAIL.fullmatch(key)
        in_tree = place.root + tail[1] if tail and place.period else ""
        entry = by_key.get(in_tree) or by_key.get(manifest.entry.folder + key.rpartition("/")[2])
        if entry is None:
            raise absent(manifest.entry, key)
        run = fields.assemblyId or place.run or None
        found.append(NamedFile(entry, manifest.entry.uri, run, rows=None, month=_month_of(place.period)))
    return found
