"""Each dialect: rows/s of reading and checking a delivery, beside DuckDB merely reading the file, and peak memory.

Memory is that of a child process, at N and at 10 N rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from finops_lib.lake.open import connect
from finops_lib.quoting import identifier
from finops_lib.sources import DIALECTS
from finops_lib.sources.delivery import read_delivery
from finops_lib.sources.files import find_files, read_statement
from tests.bench.clock import stopwatch
from tests.bench.place import PROJECT, scaled

_ROWS = 100_000
_ROUNDS = 3
_CODE = (
    "import sys, json, resource; from pathlib import Path; from finops_lib.lake.open import connect; "
    "from finops_lib.sources.delivery import read_delivery; from finops_lib.sources.files import find_files; "
    "read = read_delivery(connect(), find_files([Path(sys.argv[1])]), dialect=sys.argv[2]); "
    "print(json.dumps([sum(t.rows for t in read.totals), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6]))"
)
# A charge number n in the columns of a dialect: column -> SQL.
Charge = Mapping[str, str]
_DAY = "(timestamp '2026-05-01' + to_hours(cast(n % 720 as BIGINT)))"
_HOUR = f"strftime({_DAY}, '%Y-%m-%dT%H:%M:%SZ')"
_NEXT = f"strftime({_DAY} + interval 1 hour, '%Y-%m-%dT%H:%M:%SZ')"
_MONEY = "cast(cast(n % 9973 as DECIMAL(18,0)) / 1000000007 as DECIMAL(28,12))"
_TAGS = """'{"team": "team-' || n % 40 || '", "env": "prod", "app": "app-' || n % 300 || '"}'"""
_FOCUS: Charge = {
    **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), _MONEY),
    "BillingCurrency": "'USD'",
    "BillingAccountId": "'999999999999'",
    "BillingPeriodStart": "'2026-05-01T00:00:00Z'",
    "BillingPeriodEnd": "'2026-06-01T00:00:00Z'",
    "ChargePeriodStart": _HOUR,
    "ChargePeriodEnd": _NEXT,
    "ChargeCategory": "'Usage'",
    "ChargeDescription": "'an hour of machine ' || n % 5000",
    "InvoiceIssuerName": "'AWS'",
    "ProviderName": "'AWS'",
    "PublisherName": "'AWS'",
    "ServiceName": "'service ' || n % 60",
    "ServiceCategory": "'Compute'",
    "SubAccountId": "'account-' || n % 30",
    "ResourceId": "'i-' || n % 5000",
    "PricingQuantity": "'1'",
    "Tags": _TAGS,
}
_PAIR = "[{'Key': 'team', 'Value': 'team-' || n % 40}]"
_GOOGLE: Charge = {
    **{name: sql for name, sql in _FOCUS.items() if name != "Tags"},
    "ProviderName": "'Google Cloud'",
    **dict.fromkeys(("x_Labels", "x_ProjectLabels", "x_SystemLabels"), _PAIR),
}
_ORACLE: Charge = {
    "lineItem/referenceNo": "'V2.' || n",
    "lineItem/tenantId": "'ocid1.tenancy.oc1..a'",
    "lineItem/intervalUsageStart": _HOUR,
    "lineItem/intervalUsageEnd": _NEXT,
    "product/service": "'COMPUTE'",
    "product/resourceId": "'ocid1.instance.oc1.iad.' || n % 5000",
    "usage/billedQuantity": "'8'",
    "cost/subscriptionId": "'20209880'",
    "cost/unitPrice": "'0.0015'",
    "cost/myCost": _MONEY,
    "cost/currencyCode": "'USD'",
    "lineItem/isCorrection": "'false'",
    "tags/team": "'team-' || n % 40",
    "tags/env": "'prod'",
}
_LIST: Charge = {
    "Datum": f"strftime({_DAY}, '%d.%m.%Y')",
    "Betrag": f"replace(cast({_MONEY} as VARCHAR), '.', ',')",
    "Dienst": "'Dienst ' || n % 60",
    "Abteilung": "'team-' || n % 40",
}
_MAPPING = """\
columns:
  BilledCost: Betrag
  EffectiveCost: Betrag
  BillingCurrency: {constant: EUR}
  ChargePeriodStart: {column: Datum, format: "%d.%m.%Y"}
  ChargePeriodEnd: {day_after: ChargePeriodStart}
  BillingPeriodStart: {month_of: ChargePeriodStart}
  BillingPeriodEnd: {month_after: ChargePeriodStart}
  ChargeCategory: {constant: Usage}
  ServiceName: Dienst
tags: {columns: {team: Abteilung}}
numbers: {decimal: ","}
"""


def _csv(charge: Charge) -> Callable[[Path, int], Path]:
    return lambda folder, rows: _write(
        charge, folder / f"{rows}.csv.gz", rows, "(format csv, header, compression gzip)"
    )


def _parquet(charge: Charge) -> Callable[[Path, int], Path]:
    return lambda folder, rows: _write(charge, folder / f"{rows}.parquet", rows, "(format parquet, compression zstd)")


def _write(charge: Charge, path: Path, rows: int, options: str) -> Path:
    columns = ", ".join(f"{sql} as {identifier(name)}" for name, sql in charge.items())
    con = connect()
    con.execute(f"copy (select {columns} from (select range as n from range({rows}))) to '{path}' {options}")
    con.close()
    return path


# What is measured: name -> (dialect, "" = detected; how its file is written).
WRITERS: dict[str, tuple[str, Callable[[Path, int], Path]]] = {
    "focus-1.2 (CSV.gz)": ("focus-1.2", _csv(_FOCUS)),
    "focus-1.2 (Parquet)": ("focus-1.2", _parquet(_FOCUS)),
    "gcp-focus": ("gcp-focus", _parquet(_GOOGLE)),
    "oracle-cost": ("oracle-cost", _csv(_ORACLE)),
    "mapped": ("mapped:", _csv(_LIST)),
}


def measure(folder: Path) -> None:
    """Print a line for each dialect, and the dialects that nothing here writes a file for."""
    (folder / "mapping.yaml").write_text(_MAPPING, encoding="utf-8")
    for name, (dialect, write) in WRITERS.items():
        place = folder / name.replace(" ", "-")
        place.mkdir()
        asked = f"mapped:{folder / 'mapping.yaml'}" if dialect == "mapped:" else dialect
        rows = scaled(_ROWS)
        small, large = write(place, rows), write(place, 10 * rows)
        least = min(_merely_read(small) for _ in range(_ROUNDS))
        ours = min(_read(small, asked) for _ in range(_ROUNDS))
        memory = " / ".join(
            f"{_peak(path, asked, expected):.2f}" for path, expected in ((small, rows), (large, 10 * rows))
        )
        rates = f"DuckDB {rows / least:>9,.0f} rows/s  ours {rows / ours:>9,.0f} rows/s  ratio {least / ours:.2f}"
        print(f"{name:<20} {rows:>8,} rows  {rates}  {memory} GB at N / 10 N", flush=True)
    written = {dialect for dialect, _ in WRITERS.values()}
    alike = {name for name in DIALECTS.names() if name.startswith("focus-")}
    print(f"no file written for: {', '.join(sorted(set(DIALECTS.names()) - written - alike)) or 'none'}")


def _merely_read(path: Path) -> float:
    con = connect()
    with stopwatch() as took:
        con.execute(f"create temp table read as {read_statement(find_files([path]))}")
    con.close()
    return took.wall


def _read(path: Path, dialect: str) -> float:
    con = connect()
    with stopwatch() as took:
        read_delivery(con, find_files([path]), dialect=dialect)
    con.close()
    return took.wall


def _peak(path: Path, dialect: str, expected: int) -> float:
    command = [sys.executable, "-c", _CODE, str(path), dialect]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT)
    rows, gigabytes = json.loads(done.stdout)
    assert rows == expected
    return float(gigabytes)
