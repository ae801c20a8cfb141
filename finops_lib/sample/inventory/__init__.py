"""The inventory of the sample estate, as an export of files: resources, looks, and hours of utilisation.

    inventory/<provider>/export.json           when it was taken
    inventory/<provider>/resources.jsonl       one resource a line
    inventory/<provider>/looks.jsonl           one look a line; some were refused
    inventory/<provider>/metrics/hours.parquet what the table `metrics` holds, without its source
    inventory-before/<provider>/...            the same as it was 40 days earlier, without utilisation

Providers do not say since when most things are as they are; two looks do. The workbench reads both like any other
export (finops_lib/sources/inventory/files.py), so that what works on the sample works on a real account: types, ids,
states and attributes are those that the collectors of the providers give.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from finops_lib.sample.curves import Calendar
from finops_lib.sample.inventory import aws, azure, gcp
from finops_lib.sample.inventory.hours import hours
from finops_lib.sample.inventory.items import Item, holdings
from finops_lib.sample.inventory.looks import is_measured, is_seen, looks
from finops_lib.sample.lines import Bill

FOLDER, BEFORE = "inventory", "inventory-before"
# Longer than any condition must hold.
_DAYS_BEFORE = timedelta(days=40)
_PROVIDERS = {"aws": aws, "azure": azure, "gcp": gcp}
# The looks are made in the morning after the last day.
_AT = time(7)


def write_inventory(folder: Path, bills: Mapping[str, Bill], *, calendar: Calendar, seed: int) -> list[Path]:
    """Write both exports of each provider; the same arguments give the same bytes."""
    before = replace(calendar, as_of=calendar.as_of - _DAYS_BEFORE)
    files: list[Path] = []
    for name, bill in bills.items():
        files += _write(folder / BEFORE / name, bill, before)
        measured = _write(folder / FOLDER / name, bill, calendar)
        files += [*measured, _write_hours(folder / FOLDER / name, bill, calendar, seed)]
    return files


def items_of(bill: Bill, calendar: Calendar) -> list[Item]:
    """Give what there is of one provider, whether it may be looked at or not."""
    provider = _PROVIDERS[bill.provider]
    return list(provider.items(list(holdings(bill, calendar, stopped=provider.STOPPED)), calendar))


def _write(folder: Path, bill: Bill, calendar: Calendar) -> list[Path]:
    seen = [item for item in items_of(bill, calendar) if is_seen(item)]
    at = datetime.combine(calendar.as_of + timedelta(days=1), _AT)
    folder.mkdir(parents=True, exist_ok=True)
    export, resources, looked = (folder / name for name in ("export.json", "resources.jsonl", "looks.jsonl"))
    export.write_text(json.dumps({"taken_at": f"{at:%Y-%m-%dT%H:%M:%S}Z"}) + "\n")
    resources.write_text("".join(_line(_record(item)) for item in seen), encoding="utf-8")
    looked.write_text("".join(_line(asdict(look)) for look in looks(bill.provider, seen)), encoding="utf-8")
    return [export, resources, looked]


def _write_hours(folder: Path, bill: Bill, calendar: Calendar, seed: int) -> Path:
    file = folder / "metrics" / "hours.parquet"
    file.parent.mkdir(exist_ok=True)
    seen = [_measured(item) for item in items_of(bill, calendar) if is_seen(item)]
    hours(seen, calendar, seed).write_parquet(file, compression="zstd")
    return file


def _measured(item: Item) -> Item:
    return replace(item, busy={name: busy for name, busy in item.busy.items() if is_measured(item, name)})


def _record(item: Item) -> dict[str, object]:
    moments = {
        name: f"{moment:%Y-%m-%dT%H:%M:%S}Z" if (moment := getattr(item, name)) is not None else None
        for name in ("state_since", "created_at")
    }
    return {
        "type": item.type,
        "resource_id": item.resource_id,
        "account": item.account,
        "region": item.region,
        "name": item.name,
        "state": item.state,
        **moments,
        "attributes": dict(item.attributes),
        "tags": dict(item.tags),
    }


def _line(record: Mapping[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
