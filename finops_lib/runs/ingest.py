"""Load billing files: read all of a delivery, stage the slices that changed, replace them in one commit."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from finops_lib.errors import ConfigError, DataError, LockError, needs_room
from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.catalog import is_there
from finops_lib.lake.changes import remember_changes
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.markers import Markers, remember
from finops_lib.lake.open import attach, connect, detach, equip, without_pandas
from finops_lib.lake.write import CurrentLoad, SliceKey, Staged, commit, current_loads, discard, stage
from finops_lib.runs.allocate import allocated_select, with_rules
from finops_lib.runs.clock import now
from finops_lib.runs.invoices import read_invoices
from finops_lib.runs.load_records import Deal, expected_sums, files_of, finding_rows, load_rows
from finops_lib.runs.slice_report import RefusedReplacement as RefusedReplacement
from finops_lib.runs.slice_report import (
    SliceReport,
    as_dry_run,
    as_rejected,
    loss_of,
    report_of,
    unchanged,
    with_vanished,
)
from finops_lib.runs.stated import require_stated_rows, rows_by_path
from finops_lib.runs.twice import refuse_bill_of_another
from finops_lib.settings import Settings
from finops_lib.sources import mapping_version
from finops_lib.sources.conform import enum_expression
from finops_lib.sources.delivery import (
    Delivery,
    SliceTotals,
    fingerprint,
    name_dialects,
    read_delivery,
)
from finops_lib.sources.files import BillingFile, find_files
from finops_lib.sources.gather import Gathered, gathered
from finops_lib.sources.invoices import apart

# How often a load starts again because others replaced what it had looked at.
_TRIES = 3


def ingest(
    settings: Settings,
    paths: Sequence[str | Path],
    *,
    source: str,
    dialect: str = "",
    replace: bool = False,
    dry_run: bool = False,
    run_id: str = "",
    note: Callable[[str], None] = lambda _: None,
) -> list[SliceReport]:
    """Load all billing files under `paths` as one delivery of `source`: whole, or not at all.

    Invoices beside the charges are checked before any charge is loaded, and loaded after them.

    Args:
        paths: files, folders, export trees; local, s3://bucket/prefix or az://container/prefix.
        dialect: a name from DIALECTS, or mapped:PATH.yaml; "" = each file's header decides.
        replace: accept that a slice loses more than half of its rows or money.
        dry_run: read and check, change nothing.
        note: told what was left alone on purpose, e.g. a month that is still being written.
    Raises:
        ConfigError: not a source name, not a place that can be read, or no room for the lake's files.
        DataError: a file or row is wrong, or a slice would lose too much (RefusedReplacement).
        SourceError: a provider did not answer or refused.
        LockError: another writer was busy for 300 s.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", source):
        raise ConfigError(
            f"{source!r} is not a source name", next_step="use 1 to 64 letters, digits, dots, dashes, underscores"
        )
    with gathered(paths) as given:
        for line in given.notes:
            note(line)
        asked = Asked(source, dialect, replace=replace, dry_run=dry_run, run_id=run_id)
        return load(settings, given, asked)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for with a delivery.

    Args:
        dialect: a name from DIALECTS; "" = each file's header decides.
        markers: what the provider calls the version of each billing month of the delivery; the delivery then holds
            these months and no others. None as a month = whatever the files hold.
    """

    source: str
    dialect: str = ""
    replace: bool = False
    dry_run: bool = False
    run_id: str = ""
    markers: Markers = field(default_factory=dict)


@without_pandas()
def load(settings: Settings, given: Gathered, asked: Asked) -> list[SliceReport]:
    """Load files that were gathered as one delivery; raises what `ingest` raises."""
    if not given.paths:
        # Exports whose files have no rows: nothing to load, and nothing they would replace.
        given.require_rows({})
        _note_markers(settings, asked)
        return []
    found = find_files(given.paths, origins=given.origins, dialects=given.dialects())
    files, invoice_files = apart(found)
    with read_invoices(
        settings, invoice_files, source=asked.source, replace=asked.replace, origin=given.origin
    ) as invoices:
        reports = _load(settings, given, files, asked) if files or not invoice_files else []
        return reports + invoices.load(dry_run=asked.dry_run, run_id=asked.run_id)


def _load(settings: Settings, given: Gathered, files: Sequence[BillingFile], asked: Asked) -> list[SliceReport]:
    source, dialect, replace = asked.source, asked.dialect, asked.replace
    rules = settings.workbench.allocation
    version = with_rules(mapping_version(name_dialects(files, dialect)), rules)
    delivery_id = fingerprint((file.sha256 for file in files), version)
    con = connect(memory_limit=settings.memory_limit, threads=settings.threads)
    try:
        equip(con, settings.lake)
        before = _read_current(con, settings, source)
        if same := _same_delivery(before, files, delivery_id):
            require_stated_rows(con, given, files)
            _note_markers(settings, asked)
            return [unchanged(load) for load in same]
        delivery = read_delivery(con, files, dialect=dialect)
        given.require_rows(rows_by_path(delivery))
        _require_months(delivery, asked)
        plan = _plan(delivery, before, source, version, replace=replace)
        if plan.changed and is_there(settings.lake):
            _refuse_twice(con, settings, source)
        if asked.dry_run:
            return [as_dry_run(report) for report in plan.reports]
        if not plan.changed:
            _note_markers(settings, asked)
            return plan.reports
        select = _final_select(con, delivery, rules_select=allocated_select(con, rules), source=source)
        deal = Deal(delivery, given, source, version, delivery_id, replace, asked.run_id, asked.markers)
        for _ in range(_TRIES):
            with needs_room(settings.lake, OSError, duckdb.Error, unchanged="nothing was loaded"):
                ensure_lake(settings.lake)
                staged = stage(con, settings.lake, select, plan.changed, expected_sums(delivery, source))
                try:
                    _compare_with_lake(con, settings, deal, staged, before)
                    now_planned = _commit(con, settings, deal, staged)
                except BaseException:
                    discard(settings.lake, staged)
                    raise
            if now_planned.changed.keys() <= plan.changed.keys():
                return now_planned.reports
            # Overtaken: a slice that was unchanged when we looked has been replaced by somebody else since.
            plan = now_planned
    finally:
        con.close()
    raise LockError(
        f"{source} was loaded by somebody else {_TRIES} times while this delivery was being written",
        next_step="run the command again when the others are done",
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    reports: list[SliceReport]
    changed: dict[SliceKey, str]


def _plan(delivery: Delivery, before: Sequence[CurrentLoad], source: str, version: str, *, replace: bool) -> _Plan:
    """Say for every slice of the delivery whether it changes, and refuse a loss that nobody announced."""
    current: dict[SliceKey, list[CurrentLoad]] = {}
    for load in before:
        current.setdefault(load.key, []).append(load)
    slices: dict[SliceKey, list[SliceTotals]] = {}
    for totals in delivery.totals:
        slices.setdefault(SliceKey(totals.provider, source, totals.month), []).append(totals)
    reports: list[SliceReport] = []
    changed: dict[SliceKey, str] = {}
    losses: list[str] = []
    for key, totals_of_slice in slices.items():
        load_id = fingerprint((file.sha256 for file in files_of(delivery, key)), version)
        old = current.get(key, [])
        if any(load.load_id == load_id for load in old):
            reports += [unchanged(load) for load in old]
            continue
        loss = "" if replace else loss_of(key, totals_of_slice, old)
        losses += [loss] if loss else []
        changed[key] = load_id
        reports += [report_of(key, totals, old, load_id) for totals in with_vanished(totals_of_slice, old)]
    if losses:
        refused = RefusedReplacement(losses[0], next_step="check the export; if the loss is right, add --replace")
        refused.reports = [as_rejected(report, losses[0]) for report in reports]
        raise refused
    return _Plan(reports, changed)


def _commit(con: duckdb.DuckDBPyConnection, settings: Settings, deal: Deal, staged: Sequence[Staged]) -> _Plan:
    """Replace the slices under the writer lock; nothing is, if meanwhile more has to be replaced than was staged."""
    with writer_lock(settings.lake, purpose=f"ingest {deal.source}"):
        attach(con, settings.lake, read_only=False)
        try:
            # Somebody else may have loaded the same slices since we looked: what counts is what the lake holds now.
            before = current_loads(con, deal.source)
            plan = _plan(deal.delivery, before, deal.source, deal.version, replace=deal.replace)
            wanted = [item for item in staged if item.key in plan.changed]
            if len(wanted) < len(plan.changed):
                wanted = []
            if wanted:
                refuse_bill_of_another(con, settings, deal.source)
                for item in wanted:
                    item.loads = load_rows(deal, item.key, before)
                    item.findings = finding_rows(deal, item.key)
                names = ", ".join(f"{item.key.provider} {item.key.month:%Y-%m}" for item in wanted)
                message = f"load {deal.source}: {names}"[:500]
                commit(
                    con,
                    wanted,
                    loaded_at=now().replace(tzinfo=None),
                    run_id=deal.run_id,
                    message=message,
                    markers=deal.markers,
                )
        finally:
            detach(con)
    discard(settings.lake, [item for item in staged if item not in wanted])
    return plan


def _compare_with_lake(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    deal: Deal,
    staged: Sequence[Staged],
    before: Sequence[CurrentLoad],
) -> None:
    """Tell what the staged slices change before the writer lock is taken, so that nobody waits for it."""
    held = {load.key for load in before}
    replacing = [item for item in staged if item.key in held]
    if not replacing:
        return
    attach(con, settings.lake, read_only=True)
    try:
        remember_changes(con, replacing, dict.fromkeys((item.key for item in replacing), deal.version))
    finally:
        detach(con)


def _refuse_twice(con: duckdb.DuckDBPyConnection, settings: Settings, source: str) -> None:
    """Look before anything is staged, and for a dry run; under the writer lock it is looked once more."""
    attach(con, settings.lake, read_only=True)
    try:
        refuse_bill_of_another(con, settings, source)
    finally:
        detach(con)


def _final_select(con: duckdb.DuckDBPyConnection, delivery: Delivery, *, rules_select: str, source: str) -> str:
    """Give the select of all columns of `cost` over the rows in `charges`."""
    own = {"x_SourceId": f"'{source}'", "x_LoadId": "''"}
    own |= {name: enum_expression(name) for name in delivery.misspelt}
    columns = [f"{own.get(column.name, column.name)} as {column.name}" for column in COST_COLUMNS]
    return f"select {', '.join(columns)} from ({rules_select})"


def _read_current(con: duckdb.DuckDBPyConnection, settings: Settings, source: str) -> list[CurrentLoad]:
    if not is_there(settings.lake):
        return []
    ensure_lake(settings.lake)
    attach(con, settings.lake, read_only=True)
    try:
        return current_loads(con, source)
    finally:
        detach(con)


def _require_months(delivery: Delivery, asked: Asked) -> None:
    """Refuse charges of a month that the delivery is not of: loaded with it, they would replace that month's own."""
    told = asked.markers.keys()
    strange = sorted({totals.month for totals in delivery.totals} - told) if told and None not in told else []
    if strange:
        months = ", ".join(f"{month:%Y-%m}" for month in sorted(month for month in told if month))
        raise DataError(
            f"{asked.source} {months}: its files hold charges of {strange[0]:%Y-%m}",
            next_step="have the export delivered again, or load its files with finops ingest",
            source=asked.source,
            month=strange[0],
        )


def _note_markers(settings: Settings, asked: Asked) -> None:
    """Note that the provider's version of some months is what the lake holds already."""
    if not asked.markers or asked.dry_run:
        return
    ensure_lake(settings.lake)
    with writer_lock(settings.lake, purpose=f"collect {asked.source}"):
        con = connect(memory_limit=settings.memory_limit, threads=settings.threads)
        try:
            attach(con, settings.lake, read_only=False)
            remember(con, asked.source, asked.markers, seen_at=now().replace(tzinfo=None))
        finally:
            con.close()


def _same_delivery(before: Sequence[CurrentLoad], files: Sequence[BillingFile], delivery_id: str) -> list[CurrentLoad]:
    """Give the loads of this very delivery if all that it ever filled is still what the lake holds."""
    same = [load for load in before if load.delivery_id == delivery_id]
    held = frozenset[str]().union(*(load.files for load in same))
    whole = all(len({load.key for load in same}) == load.slices_of_delivery for load in same)
    return same if whole and held == {file.sha256 for file in files} else []
