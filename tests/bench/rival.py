"""Ingest with all its checks against PostgreSQL's COPY of the same rows into an indexed table (goal: 3.5 x)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg

from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.open import open_lake
from finops_lib.runs.ingest import ingest
from finops_lib.sample import write_estate
from tests.bench.clock import stopwatch
from tests.bench.memory import make_bills
from tests.bench.place import scaled, server_or_nothing, settings_in
from tests.postgres import new_database

_ROWS = 500_000
_INDEXED = ("x_SourceId, x_BillingMonth", "ChargePeriodStart", "SubAccountId", "ServiceName")


def measure(folder: Path) -> None:
    """Print rows/s of both, of one slice."""
    with server_or_nothing() as server:
        if not server:
            return
        write_estate(folder / "bills", as_of=date(2026, 9, 30), rows=scaled(_ROWS))
        bills = make_bills(folder / "bills" / "aws", folder / "one", months=1, rows=scaled(_ROWS))
        settings = settings_in(folder)
        with stopwatch() as ours:
            ingest(settings, [bills], source="bench")
        with open_lake(settings.lake) as lake:
            columns = ", ".join(f"to_json({c.name}) as {c.name}" if "MAP" in c.type else c.name for c in COST_COLUMNS)
            lake.con.execute(f"copy (select {columns} from cost) to '{folder}/rows.csv' (format csv, header false)")
            [[rows]] = lake.con.execute("select count(*) from cost").fetchall()
        with psycopg.connect(new_database(server)) as there:
            _make_table(there)
            with stopwatch() as theirs, (folder / "rows.csv").open("rb") as stream:
                with there.cursor().copy("copy cost from stdin (format csv)") as copy:
                    while block := stream.read(1 << 20):
                        copy.write(block)
                there.commit()
            [(size,)] = there.execute("select pg_total_relation_size('cost')").fetchall()
    rates = f"ingest {rows / ours.wall:>9,.0f} rows/s  COPY {rows / theirs.wall:>9,.0f} rows/s"
    print(f"{rows:,} rows  {rates}  {theirs.wall / ours.wall:.1f} x (goal: 3.5)  PostgreSQL {size / rows:,.0f} B/row")


def _make_table(there: psycopg.Connection[tuple[object, ...]]) -> None:
    kinds = {"DECIMAL": "numeric", "TIMESTAMP": "timestamptz", "DATE": "date", "MAP": "jsonb"}
    typed = (
        f"{c.name} {next((kind for start, kind in kinds.items() if c.type.startswith(start)), 'text')}"
        for c in COST_COLUMNS
    )
    there.execute(f"create table cost ({', '.join(typed)})")
    for columns in _INDEXED:
        there.execute(f"create index on cost ({columns})")
    there.commit()
