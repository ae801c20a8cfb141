"""From the provider's total to the reports: does each step hold what the one before held? `finops reconcile`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from finops_lib.errors import ConfigError, LakeError
from finops_lib.lake.catalog import is_there
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.open import Lake, open_lake
from finops_lib.marts.build import stale_slices
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import HasConnection, run_query
from finops_lib.runs.folder import RESULT
from finops_lib.runs.held import mark_runs
from finops_lib.runs.ledger import open_ledger
from finops_lib.runs.residuals import (
    Reconciled,
    Row,
    SliceName,
    invoice_steps,
    loaded_steps,
    mart_steps,
    plain,
    stated_steps,
    stated_total_steps,
)
from finops_lib.settings import Settings
from finops_lib.state.runs import RunRecord, list_runs

if TYPE_CHECKING:
    import polars as pl

# What is printed, in this order (design.md 7).
LISTED = (
    "provider",
    "source",
    "billing_month",
    "step",
    "expected",
    "actual",
    "residual",
    "ok",
    "currency",
    "measure",
    "item",
    "explanation",
)
STEPS = ("rows stated", "loaded", "marts", "reports", "invoice", "cost-explorer")
# The report that states what a month cost, and the key of its result.json that does.
_STATING, _STATED = "overview", "month_cost"

Ask = Callable[[str], "pl.DataFrame"]


def reconcile(settings: Settings, *, month: str = "") -> list[Reconciled]:
    """Hold every step against the one before, and mark the runs that a failed check concerns.

    Args:
        month: YYYY-MM; empty = all. Runs are marked for what is wrong in any month.
    Raises:
        ConfigError: not a month.
    """
    if month and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise ConfigError(f"--month {month!r} is not a month", next_step="write it as YYYY-MM", month=month)
    if not is_there(settings.lake):
        return []
    ensure_lake(settings.lake)
    with open_ledger(settings) as state:
        with _open(settings, None) as lake:
            found = steps_of(lake, _asking(lake))
            found += _reports(settings, lake, list_runs(state, notebook=_STATING, status="SUCCEEDED"))
            today = _Today(_rows(_asking(lake), "reconcile_invoiced"), _rows(_asking(lake), "reconcile_stated_totals"))
        mark_runs(
            settings,
            state,
            [step for step in found if not step.ok],
            at=lambda snapshot: _failures_at(settings, snapshot, today),
            states_wrong=lambda run: _states_wrong(settings, run),
        )
    order = {step: number for number, step in enumerate(STEPS)}
    found.sort(key=lambda row: (row.billing_month, row.provider, row.source, row.currency, order[row.step], row.item))
    return [row for row in found if not month or row.billing_month == month]


@dataclass(frozen=True, slots=True)
class _Today:
    """What others say of the charges, by now: the rows of `reconcile_invoiced` and `reconcile_stated_totals`."""

    invoiced: Sequence[Row]
    stated: Sequence[Row]


def steps_of(lake: HasConnection, ask: Ask, *, today: _Today | None = None) -> list[Reconciled]:
    """Compare all that one snapshot of the lake holds.

    Args:
        ask: runs a figure query by its name.
        today: what others say, where not what this snapshot holds of it counts.
    """
    tables = _tables(lake.con)
    loads = _rows(ask, "reconcile_loads")
    stale = {SliceName(part.provider, part.source, part.month) for part in stale_slices(lake.con)}
    # Reports are about what is built; a lake without any mart is before its first.
    marts = _rows(ask, "reconcile_marts") if {"daily_cost", "monthly_cost"} <= tables.keys() else None
    if today is None:
        # A snapshot from before a table was there holds nothing of it.
        today = _Today(
            _rows(ask, "reconcile_invoiced") if "invoices" in tables else [],
            _rows(ask, "reconcile_stated_totals") if "stated_totals" in tables else [],
        )
    with localcontext(prec=100):
        return [
            *stated_steps(_stated(lake.con, tables), loads),
            *loaded_steps(loads),
            *mart_steps(loads, marts, stale),
            *invoice_steps(_rows(ask, "reconcile_charged"), today.invoiced),
            *stated_total_steps(today.stated, loads),
        ]


def _stated(con: duckdb.DuckDBPyConnection, tables: dict[str, set[str]]) -> list[Row]:
    """Give the rows that manifests state for the current loads; none where the table is older than that column."""
    if "rows_stated" not in tables.get("loads", set()):
        return []
    keys = ("x_Provider", "x_SourceId", "x_BillingMonth")
    query = f"select {', '.join(keys)}, load_number, max(rows_stated), sum(rows_in) from loads group by all order by 4"
    newest = {row[:3]: row[4:] for row in con.execute(query).fetchall()}
    return [
        dict(zip(keys, part, strict=True)) | {"rows_stated": stated, "rows_in": int(rows)}
        for part, (stated, rows) in newest.items()
    ]


def _reports(settings: Settings, lake: Lake, runs: Sequence[RunRecord]) -> list[Reconciled]:
    """Hold what the newest report of each month states against what the marts hold now."""
    found: dict[tuple[str, str, str], Reconciled] = {}
    for run in runs:
        result = _read_result(settings, run)
        if result is None:
            continue
        key = (str(result["as_of"])[:7], str(result["currency"]), str(result["provider"]))
        if key not in found:
            found[key] = _report_step(settings, lake, run, result)
    return list(found.values())


def _report_step(settings: Settings, lake: Lake, run: RunRecord, result: dict[str, Any]) -> Reconciled:
    stated = Decimal(result[_STATED])
    now = _month_cost(lake, result)
    cause = ""
    if stated != now and run.snapshot is not None:
        try:
            with _open(settings, run.snapshot) as then_lake:
                then = _month_cost(then_lake, result)
            cause = f"restated since: {plain(now - then)}" if then == stated else ""
        except LakeError:
            cause = f"its snapshot {run.snapshot} is expired: not compared"
    residual = stated - now
    return Reconciled(
        provider=result["provider"] or "all",
        source="all",
        billing_month=str(result["as_of"])[:7],
        currency=result["currency"],
        step="reports",
        measure="effective",
        item=run.run_id,
        expected=now,
        actual=stated,
        residual=residual,
        ok=residual == 0 or bool(cause),
        explanation=cause,
        run_id=run.run_id,
    )


def _states_wrong(settings: Settings, run: RunRecord) -> str:
    """Say what a report states that its own snapshot does not hold; empty = nothing."""
    result = _read_result(settings, run) if run.notebook == _STATING else None
    if result is None or run.snapshot is None:
        return ""
    with _open(settings, run.snapshot) as lake:
        step = _report_step(settings, lake, run, result)
    return "" if step.ok else step.words


def _month_cost(lake: Lake, result: dict[str, Any]) -> Decimal:
    values = {name: result[name] for name in ("as_of", "currency", "provider")}
    return Decimal(run_query(lake, figure_sql("reconcile_month"), values)["effective_cost"][0])


def _read_result(settings: Settings, run: RunRecord) -> dict[str, Any] | None:
    """Read what a report states of its month; None if it states nothing, or its folder is gone."""
    path = settings.outputs / Path(run.report or "").parent / RESULT
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_whole = {"as_of", "currency", "provider", _STATED} <= result.keys() and result[_STATED] is not None
    return result if run.report and is_whole else None


def _failures_at(
    settings: Settings, snapshot: int | None, today: _Today
) -> tuple[dict[SliceName, int], list[Reconciled]]:
    """Give the load that each slice held at a snapshot, and what was wrong there, by what others say today."""
    with _open(settings, snapshot) as lake:
        loads = {
            SliceName(row["x_Provider"], row["x_SourceId"], row["x_BillingMonth"]): row["load_number"]
            for row in _rows(_asking(lake), "reconcile_loads")
        }
        return loads, [step for step in steps_of(lake, _asking(lake), today=today) if not step.ok]


def _open(settings: Settings, snapshot: int | None) -> Lake:
    return open_lake(settings.lake, snapshot=snapshot, memory_limit=settings.memory_limit, threads=settings.threads)


def _asking(lake: HasConnection) -> Ask:
    return lambda name: run_query(lake, figure_sql(name), {})


def _rows(ask: Ask, name: str) -> list[Row]:
    return list(ask(name).iter_rows(named=True))


def _tables(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    query = "select table_name, column_name from duckdb_columns() where database_name = 'lake'"
    for table, column in con.execute(query).fetchall():
        found.setdefault(str(table), set()).add(str(column))
    return found
