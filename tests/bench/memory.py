"""Memory of a load (goal: under 1.5 GB), and the disk its rows take (goal: under 30 bytes each)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from finops_lib.lake.objects import data_objects
from finops_lib.lake.open import connect, open_lake
from finops_lib.sample import write_estate
from tests.bench.place import scaled, settings_in

_SLICE = 1_000_000
_YEAR = 10_000_000
_MONTHS = 12
_CODE = (
    "import sys; from pathlib import Path; from finops_lib.runs.ingest import ingest; "
    "from finops_lib.settings import load_settings; ingest(load_settings(), [Path(sys.argv[1])], source='bench')"
)


def measure(folder: Path) -> None:
    """Print the peak memory of the process that loads one big slice, and twelve as one delivery."""
    write_estate(folder / "bills", as_of=date(2026, 9, 30), rows=scaled(_SLICE))
    for name, months, rows in (("one slice", 1, scaled(_SLICE)), ("twelve slices", _MONTHS, scaled(_YEAR))):
        bills = make_bills(folder / "bills" / "aws", folder / name, months=months, rows=rows)
        settings = settings_in(folder / f"{name} loaded")
        gigabytes, seconds = _peak_of_load(bills)
        size = sum(file.bytes for file in data_objects(settings.lake) if "/main/cost/" in file.path)
        with open_lake(settings.lake) as lake:
            [[loaded]] = lake.con.execute("select count(*) from cost").fetchall()
        memory = f"{gigabytes:.2f} GB at most (goal: 1.5)"
        print(
            f"{name:<13} {loaded:>10,} rows  {seconds:6.1f} s  {memory}  {size / loaded:.1f} B/row (goal: 30)",
            flush=True,
        )


def make_bills(estate: Path, folder: Path, *, months: int, rows: int) -> Path:
    """Repeat the sample's charges, each time as those of other resources, until there are enough for every month."""
    folder.mkdir(parents=True)
    con = connect()
    charges = f"read_parquet('{estate}/*.parquet', union_by_name = true)"
    [[there]] = con.execute(f"select count(*) from {charges}").fetchall()
    each = rows // months
    for number in range(months):
        month = date(2025, 1 + number, 1)
        following = date(2025 + (number + 1) // 12, (number + 1) % 12 + 1, 1)
        period = f"TIMESTAMP '{month}' as BillingPeriodStart, TIMESTAMP '{following}' as BillingPeriodEnd"
        ids = "ResourceId || '-' || copy as ResourceId"
        copies = f"{charges}, (select range as copy from range({each // there + 1}))"
        select = f"select * exclude (copy) replace ({period}, {ids}) from {copies} limit {each}"
        con.execute(f"copy ({select}) to '{folder}/{month:%Y-%m}.parquet' (format parquet, compression zstd)")
    con.close()
    return folder


def _peak_of_load(bills: Path) -> tuple[float, float]:
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", _CODE, str(bills)])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss / 1e6, time.perf_counter() - started
