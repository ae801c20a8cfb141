"""What had each provider billed by a morning? The final bills, cut off there, and thinned where days are not whole."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb

from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.open import open_lake
from finops_lib.periods import BillingPeriod
from finops_lib.runs.collect import collect
from finops_lib.sample import sample_workbench_yaml, write_estate
from finops_lib.sample.charges import ARRIVED
from tests.bench.place import settings_in

# Its days are the thirteen months before, whatever day it is today.
LAST_DAY = date(2026, 10, 20)
# The least with a charge per day in all thirteen months.
ROWS = 125_000
SOURCES = {"aws": "aws-payer", "azure": "azure-ea", "gcp": "gcp-billing"}
DELIVERED_AT = time(6, tzinfo=UTC)
_FOCUS = ", ".join(f'"{column.name}"' for column in COST_COLUMNS if not column.name.startswith("x_"))


@dataclass(frozen=True, slots=True)
class Bills:
    """The final bills, a file per provider and month, and the labels of what happened."""

    folder: Path
    truth: dict[str, Any]

    def delivered(self, day: date, since: date, to: Path) -> Iterator[tuple[str, Path]]:
        """Write what was billed of the months since one day on the morning after another; give source and folder."""
        con = duckdb.connect()
        for provider, source in SOURCES.items():
            folder = to / provider
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.iterdir():
                old.unlink()
            for final in sorted((self.folder / provider).glob("*.parquet")):
                if not str(BillingPeriod.of(since)) <= final.stem <= str(BillingPeriod.of(day)):
                    continue
                path = folder / final.name
                known = f"select * from read_parquet('{final}') where {known_by(provider, day)}"
                con.execute(f"copy ({known}) to '{path}' (format parquet)")
                at = datetime.combine(day + timedelta(days=1), DELIVERED_AT).timestamp()
                os.utime(path, (at, at))
            yield source, folder


def final_bills(folder: Path, *, seed: int = 7) -> Bills:
    """Write the sample estate, let the product read it, and keep its charges as plain FOCUS files."""
    bills = folder / "bills"
    estate = write_estate(bills, as_of=LAST_DAY, seed=seed, rows=ROWS)
    params = folder / "whole" / "params"
    params.mkdir(parents=True)
    (params / "workbench.yaml").write_text(sample_workbench_yaml(str(bills)), encoding="utf-8")
    settings = settings_in(folder / "whole")
    collect(settings, settings.workbench.sources)
    final = folder / "final"
    with open_lake(settings.lake) as lake:
        months = lake.con.execute("select distinct x_Provider, x_BillingMonth from cost").fetchall()
        for provider, month in months:
            (final / provider).mkdir(parents=True, exist_ok=True)
            path = final / provider / f"{BillingPeriod.of(month)}.parquet"
            lake.con.execute(
                f"copy (select {_FOCUS} from cost where x_Provider = '{provider}' and x_BillingMonth = '{month}') "
                f"to '{path}' (format parquet)"
            )
    return Bills(final, json.loads(estate.truth.read_text(encoding="utf-8")))


def known_by(provider: str, day: date) -> str:
    """Say which charges are known: those of days that are whole, and of the newest days the part that has arrived."""
    charged = "cast(ChargePeriodStart as date)"
    # Whatever has arrived one day is still there the next: a charge's luck is its name's, not the day's.
    luck = f"hash(ResourceId, SkuId, {charged}) % 1000"
    parts = [f"{charged} <= date '{day - timedelta(days=len(ARRIVED[provider]))}'"]
    for back, share in enumerate(reversed(ARRIVED[provider])):
        parts.append(f"({charged} = date '{day - timedelta(days=back)}' and {luck} < {round(1000 * share)})")
    return f"({' or '.join(parts)})"
