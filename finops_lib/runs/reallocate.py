"""Derive the allocation dimensions of what the lake holds again, by the rules as they are now.

Every slice whose load was made under other rules is written anew, with the same charges, and replaced as a load is: all
of them in one commit, or none. Its load gets the identity that the same files have under the new rules, so the same
delivery again is `unchanged`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from finops_lib.errors import LockError
from finops_lib.focus import COST_COLUMNS, DIMENSIONS
from finops_lib.lake.catalog import is_there
from finops_lib.lake.create import ensure_lake, statement
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import attach, detach, open_lake, without_pandas
from finops_lib.lake.write import SliceKey, Staged, Sums, commit, discard, stage
from finops_lib.runs.allocate import allocated_select, with_rules
from finops_lib.runs.clock import now
from finops_lib.settings import AllocationRules, Settings
from finops_lib.sources.delivery import fingerprint

_TRIES = 3
_DERIVED = (*DIMENSIONS.values(), "x_AllocationRule")
# What a load says of itself that is not the same under other rules, or is told again by the commit.
_OF_THE_COMMIT = ("load_number", "load_id", "loaded_at", "run_id")
_SAME = (("rows_loaded", "rows_before"), ("billed_loaded", "billed_before"), ("effective_loaded", "effective_before"))


@dataclass(frozen=True, slots=True)
class Reallocated:
    """One slice whose dimensions were derived again; its charges and money are what they were."""

    provider: str
    source: str
    billing_month: str
    charges: int
    rules_before: str
    rules: str
    load_id: str


@without_pandas()
def reallocate(settings: Settings) -> list[Reallocated]:
    """Bring the allocation dimensions of every slice to the rules of params/workbench.yaml.

    Raises:
        QualityError: a slice would not hold the same rows and money afterwards; nothing was changed.
        LockError: another writer was busy for 300 s, or kept loading the slices that were being written.
    """
    if not is_there(settings.lake):
        return []
    ensure_lake(settings.lake)
    rules = settings.workbench.allocation
    for _ in range(_TRIES):
        done = _attempt(settings, rules)
        if done is not None:
            return done
    raise LockError(
        f"the lake {settings.lake} was loaded anew {_TRIES} times while it was being allocated",
        next_step="run finops build --reallocate when the loads are done",
    )


def _attempt(settings: Settings, rules: AllocationRules) -> list[Reallocated] | None:
    """Write the slices anew and replace them; None if somebody loaded one of them meanwhile."""
    staged: list[Staged] = []
    try:
        # One snapshot for all slices, whatever is loaded meanwhile; the replacement then looks at what is there now.
        with open_lake(settings.lake, memory_limit=settings.memory_limit, threads=settings.threads) as lake:
            loads = _outdated_loads(lake.con, rules)
            for key, rows in loads.items():
                staged += _stage_slice(lake.con, settings, rules, key, rows)
            detach(lake.con)
            if staged and not _replace(lake.con, settings, rules, staged, loads):
                return None
    finally:
        discard(settings.lake, staged)
    return [_told(item, loads[item.key], rules) for item in staged]


def _outdated_loads(con: duckdb.DuckDBPyConnection, rules: AllocationRules) -> dict[SliceKey, list[dict[str, Any]]]:
    """Give the current loads (one row per currency) of the slices that were allocated by other rules."""
    found = con.execute(statement("newest_loads"))
    names = [column[0] for column in found.description or []]
    loads: dict[SliceKey, list[dict[str, Any]]] = {}
    for values in found.fetchall():
        row = dict(zip(names, values, strict=True))
        if row["mapping_version"] != with_rules(row["mapping_version"], rules):
            key = SliceKey(row["x_Provider"], row["x_SourceId"], row["x_BillingMonth"])
            loads.setdefault(key, []).append(row)
    return loads


def _stage_slice(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    rules: AllocationRules,
    key: SliceKey,
    rows: Sequence[Mapping[str, Any]],
) -> list[Staged]:
    kept = ", ".join(column.name for column in COST_COLUMNS if column.name not in _DERIVED)
    con.execute(f"create or replace temp view charges as select {kept} from lake.cost where {key.where}")
    columns = ", ".join(column.name for column in COST_COLUMNS)
    select = f"select {columns} from ({allocated_select(con, rules)})"
    # A slice that does not hold what its load says is refused: writing it anew would hide that.
    expected = {(key, row["BillingCurrency"]): _sums(row) for row in rows if row["rows_loaded"]}
    return stage(con, settings.lake, select, {key: _new_load_id(rows, rules)}, expected)


def _sums(row: Mapping[str, Any]) -> Sums:
    kinds = ("rows_loaded", "billed_loaded", "effective_loaded", "list_loaded", "contracted_loaded")
    return Sums(*(row[kind] for kind in kinds))


def _replace(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    rules: AllocationRules,
    staged: Sequence[Staged],
    loads: Mapping[SliceKey, list[dict[str, Any]]],
) -> bool:
    """Replace the slices under the writer lock, unless one of them was loaded since it was read."""
    with writer_lock(settings.lake, purpose="reallocate"):
        attach(con, settings.lake, read_only=False)
        try:
            if _outdated_loads(con, rules) != loads:
                return False
            deliveries = _new_delivery_ids(loads, rules)
            findings = _findings(con, loads)
            for item in staged:
                item.loads = [_new_load(row, rules, deliveries) for row in loads[item.key] if row["rows_loaded"]]
                item.findings = findings.get(item.key, [])
            message = f"reallocate {len(staged)} slices by rules {rules.rules_version}"
            commit(con, staged, loaded_at=now().replace(tzinfo=None), run_id="", message=message)
        finally:
            detach(con)
    return True


def _new_load(row: Mapping[str, Any], rules: AllocationRules, deliveries: Mapping[str, str]) -> dict[str, object]:
    """Give the load's row under the new rules: the same charges, so what was before is what is now."""
    told: dict[str, object] = {name: value for name, value in row.items() if name not in _OF_THE_COMMIT}
    told["mapping_version"] = with_rules(row["mapping_version"], rules)
    told["delivery_id"] = deliveries[row["delivery_id"]]
    return told | {before: row[now_] for now_, before in _SAME}


def _new_load_id(rows: Sequence[Mapping[str, Any]], rules: AllocationRules) -> str:
    return fingerprint(_hashes(rows), with_rules(rows[0]["mapping_version"], rules))


def _new_delivery_ids(loads: Mapping[SliceKey, list[dict[str, Any]]], rules: AllocationRules) -> dict[str, str]:
    """Give each delivery the identity that its files have under the new rules."""
    by_delivery: dict[str, list[dict[str, Any]]] = {}
    for rows in loads.values():
        for row in rows:
            by_delivery.setdefault(row["delivery_id"], []).append(row)
    return {old: _new_load_id(rows, rules) for old, rows in by_delivery.items()}


def _hashes(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    return {str(file["sha256"]) for row in rows for file in json.loads(row["source_files"])}


def _findings(
    con: duckdb.DuckDBPyConnection, loads: Mapping[SliceKey, list[dict[str, Any]]]
) -> dict[SliceKey, list[dict[str, object]]]:
    """Give the findings of the loads that are replaced: what a bill lacks does not change with the rules."""
    numbers = {rows[0]["load_number"]: key for key, rows in loads.items()}
    wanted = ", ".join(map(str, numbers))
    kept = "load_number, x_Provider, x_SourceId, x_BillingMonth, finding, column_name, occurrences, example"
    findings: dict[SliceKey, list[dict[str, object]]] = {}
    names = kept.split(", ")
    for values in con.execute(f"select {kept} from lake.load_findings where load_number in ({wanted})").fetchall():
        row: dict[str, object] = dict(zip(names, values, strict=True))
        findings.setdefault(numbers[row.pop("load_number")], []).append(row)
    return findings


def _told(item: Staged, rows: Sequence[Mapping[str, Any]], rules: AllocationRules) -> Reallocated:
    before, after = rows[0]["mapping_version"], with_rules(rows[0]["mapping_version"], rules)
    return Reallocated(
        provider=item.key.provider,
        source=item.key.source,
        billing_month=f"{item.key.month:%Y-%m}",
        charges=sum(row["rows_loaded"] for row in rows),
        rules_before=before.partition("; rules ")[2],
        rules=after.partition("; rules ")[2],
        load_id=item.load_id,
    )
