"""Each dialect: rows/s of reading and checking a delivery, beside DuckDB merely reading the file, and peak memory.

Memory is that of a child process, at N and at 10 N rows; what it can cost is bounded by DuckDB's limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import groupby
from pathlib import Path

from finops_lib.lake.open import connect
from finops_lib.sources import DIALECTS
from finops_lib.sources.delivery import read_delivery
from finops_lib.sources.files import find_files, read_statement
from tests.bench.bills import Bill, aws, azure, focus, google
from tests.bench.clock import stopwatch
from tests.bench.place import PROJECT, scaled

_ROWS = 100_000
_ROUNDS = 3
_CODE = (
    "import sys, json; from pathlib import Path; from finops_lib.lake.open import connect; "
    "from finops_lib.sources.delivery import read_delivery; from finops_lib.sources.files import find_files; "
    "read = read_delivery(connect(), find_files([Path(sys.argv[1])]), dialect=sys.argv[2]); "
    # The peak since the program began; that of getrusage may be the parent's.
    "peak = Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]; "
    "print(json.dumps([sum(t.rows for t in read.totals), int(peak) / 1e6]))"
)
BILLS: dict[str, Bill] = {**focus.BILLS, **aws.BILLS, **azure.BILLS, **google.BILLS}


def measure(folder: Path) -> None:
    """Print a line for each kind of bill, and the dialects that no bill here is of."""
    mapping = folder / "mapping.yaml"
    mapping.write_text(focus.MAPPING, encoding="utf-8")
    for name, bill in BILLS.items():
        place = folder / name.replace(" ", "-")
        place.mkdir()
        asked = f"mapped:{mapping}" if bill.dialect == "mapped:" else bill.dialect
        rows = scaled(_ROWS)
        small, large = bill.write(place, rows), bill.write(place, 10 * rows)
        least = min(_merely_read(small) for _ in range(_ROUNDS))
        ours = min(_read(small, asked) for _ in range(_ROUNDS))
        memory = " / ".join(
            f"{_peak(path, asked, bill.loaded(count)):.2f}" for path, count in ((small, rows), (large, 10 * rows))
        )
        width = sum(file.bytes for file in find_files([small])) / rows
        rates = f"DuckDB {rows / least:>9,.0f} rows/s  ours {rows / ours:>9,.0f} rows/s  ratio {least / ours:.2f}"
        print(
            f"{name:<22} {rows:>8,} rows of {width:>3.0f} bytes (packed)  {rates}  {memory} GB at N / 10 N", flush=True
        )
    read = {bill.dialect for bill in BILLS.values()} | {"azure-amortized"}
    alike = {name for name in DIALECTS.names() if name.startswith("focus-")}
    print(f"no bill of: {', '.join(sorted(set(DIALECTS.names()) - read - alike)) or 'none'}")


def _merely_read(path: Path) -> float:
    con = connect()
    # Files of unlike headers (a pair) are read one after the other, as they are for a delivery.
    groups = [list(group) for _, group in groupby(find_files([path]), key=lambda file: file.header)]
    with stopwatch() as took:
        for number, group in enumerate(groups):
            con.execute(f"create temp table read_{number} as {read_statement(group)}")
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
