"""Write charges of the lake as one FOCUS file, for other tools and for judges from outside.

FOCUS 1.4 is what the lake holds. For 1.2 the columns that came later are left out and ProviderName and PublisherName
come back: as the provider's file had them, else the name of who provides the service. Ids stay text, times are in UTC,
Tags are a map or, for tools that know no maps, JSON text. Our own columns (x_Team and the like) are left out unless
they are asked for.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb

from finops_lib.errors import ConfigError, LakeError, needs_room
from finops_lib.focus import COST_COLUMNS, FORMER_COLUMNS, INSTANT, OWN_COLUMNS, PAIRS, Column
from finops_lib.lake.open import open_lake
from finops_lib.quoting import identifier, literal
from finops_lib.settings import Settings

Version = Literal["1.2", "1.4"]
Tags = Literal["map", "json"]
VERSIONS: tuple[Version, ...] = ("1.2", "1.4")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written; `billed` per currency."""

    path: Path
    version: str
    rows: int
    billed: dict[str, Decimal]


def export_focus(
    settings: Settings,
    target: Path,
    *,
    version: Version = "1.4",
    months: Sequence[date] = (),
    source: str = "",
    tags: Tags = "map",
    own_columns: bool = False,
    snapshot: int | None = None,
) -> Exported:
    """Write the charges of some billing months, all unless given, as a Parquet file.

    Args:
        target: the file; one that is there is replaced, when the new one is whole.
        months: first days of billing months.
        source: only what was loaded as this source; "" = all.
        tags: how columns of key-value pairs are written.
        own_columns: add our own columns to those of FOCUS.
    Raises:
        ConfigError: not a .parquet file, not a version that can be written, or no room for it.
        LakeError: no lake, or it holds no such charges.
    """
    if target.suffix != ".parquet":
        raise ConfigError(f"{target}: an export is a Parquet file", next_step="give a name that ends in .parquet")
    if version not in VERSIONS:
        raise ConfigError.unknown("FOCUS version", version, VERSIONS)
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    chosen = _chosen(months, source)
    with (
        open_lake(
            settings.lake, snapshot=snapshot, memory_limit=settings.memory_limit, threads=settings.threads
        ) as lake,
        needs_room(target.parent, OSError, duckdb.Error, unchanged="nothing was exported"),
    ):
        sums = f"select BillingCurrency, count(*), sum(BilledCost) from cost where {chosen} group by 1 order by 1"
        found = lake.con.execute(sums).fetchall()
        if not found:
            raise LakeError(
                f"the lake holds no charges {_said(months, source)}".rstrip(),
                next_step="finops runs list, or load them",
            )
        select = f"select {_columns(version, tags, own_columns=own_columns)} from cost where {chosen}"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            lake.con.execute(f"copy ({select}) to {literal(str(unfinished))} (format parquet, compression zstd)")
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
    return Exported(
        path=target,
        version=version,
        rows=sum(rows for _, rows, _ in found),
        billed={currency: billed for currency, _, billed in found},
    )


def _chosen(months: Sequence[date], source: str) -> str:
    conditions = []
    if months:
        conditions.append(f"x_BillingMonth in ({', '.join(f'DATE {literal(month.isoformat())}' for month in months)})")
    if source:
        conditions.append(f"x_SourceId = {literal(source)}")
    return " and ".join(conditions) or "true"


def _said(months: Sequence[date], source: str) -> str:
    of_months = f"of {', '.join(f'{month:%Y-%m}' for month in months)} " if months else ""
    return of_months + (f"from {source}" if source else "")


def _columns(version: Version, tags: Tags, *, own_columns: bool) -> str:
    own = OWN_COLUMNS if own_columns else ()
    columns = {
        column.name: _value(column, tags)
        for column in COST_COLUMNS
        if column in own or (column.level != "own" and column.since <= version)
    }
    if version == "1.2":
        columns |= {name: f"coalesce(x_Extra[{literal(name)}], ServiceProviderName)" for name in FORMER_COLUMNS}
    return ", ".join(f"{columns[name]} as {identifier(name)}" for name in sorted(columns, key=_focus_first))


def _focus_first(name: str) -> tuple[bool, str]:
    return name.startswith("x_"), name


def _value(column: Column, tags: Tags) -> str:
    if column.type == PAIRS and tags == "json":
        return f"cast(to_json({column.name}) as VARCHAR)"
    return f"{column.name} at time zone 'UTC'" if column.type == INSTANT else column.name
