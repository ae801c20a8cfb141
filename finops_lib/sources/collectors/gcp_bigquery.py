"""Google Cloud's bill from BigQuery: the standard and the detailed export, and Google's own FOCUS export.

Which of the three a table is, and how it is partitioned, is read from BigQuery itself. One cheap question finds the
invoice months that have grown since they were loaded: rows are only ever appended, late ones and corrections too, so a
month's version is its newest time of export together with its number of charges (a batch has one time of export, and
may be half there when it is asked for). Only those months are read again, whole.

Question: how can a scheduled run not cost a fortune?
Choice: every question carries a condition on partitions (bigquery_sql.py), is estimated by a dry run, which is free,
and held against a budget for the run before anything is paid; BigQuery is told the limit of each question as well.
Why: a limit per question alone lets a loop of questions through. Declined: reading tables by the Storage API, which has
no dry run and no limit; and a destination table of our own, which needs the right to write.

Rows come over REST, page by page, and go to Parquet in files of bounded size: no table is held in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from finops_lib.errors import ConfigError, SourceError
from finops_lib.periods import BillingPeriod
from finops_lib.quoting import literal
from finops_lib.sources.bigquery_rows import write_parquet
from finops_lib.sources.collectors import COLLECTORS, Asked, Options, Part, Permission, Tried
from finops_lib.sources.collectors.bigquery_client import (
    ASK,
    GET,
    READ,
    Asking,
    BigQueryOptions,
    Budget,
    asking_bigquery,
)
from finops_lib.sources.collectors.bigquery_errors import told
from finops_lib.sources.collectors.bigquery_sql import (
    INGESTION_TIME,
    Export,
    Question,
    changed_months,
    charges_of,
)

if TYPE_CHECKING:
    from google.cloud import bigquery
    from google.cloud.bigquery.table import RowIterator

_ROWS_PER_FILE = 100_000
# A month is still growing while late usage arrives, and the window of a question is as long.
_GROWING_MONTHS = 3


class Estimate(Protocol):
    """How many bytes would a question read?"""

    def __call__(self, asking: Asking, question: Question) -> int: ...


def dry_run(asking: Asking, question: Question) -> int:
    """Estimate as BigQuery does."""
    return asking.dry_run(question)


@dataclass(frozen=True, slots=True)
class Version:
    """What BigQuery holds of one invoice month, and the days of the first and last partition that hold it."""

    period: BillingPeriod
    changed: datetime
    charges: int
    first: date
    last: date

    @property
    def marker(self) -> str:
        return f"{self.changed.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {self.charges}"


@dataclass(slots=True)
class GcpBigQuery:
    """The kind of source `gcp-bigquery`."""

    estimate: Estimate = dry_run
    options: type[Options] = BigQueryOptions
    permissions: tuple[Permission, ...] = (GET, READ, ASK)

    def collect(self, options: BigQueryOptions, asked: Asked) -> Iterator[Part]:
        """Fetch the invoice months that have grown, oldest first; see `Collector`."""
        with asking_bigquery(options) as asking:
            with told(options.table, "reading its columns", permission=GET.name):
                table = asking.table()
            export = export_of(table, options.table)
            budget = Budget(options)
            wanted = _wanted(asked, options)
            newest = max(wanted[-1], BillingPeriod.of(asked.today).next)
            look = changed_months(export, wanted[0], newest)
            versions = {version.period: version for version in self._versions(asking, budget, look)}
            changed = [
                versions[period]
                for period in wanted
                if period in versions and asked.held.get(period.start) != versions[period].marker
            ]
            questions = [charges_of(export, v.period, first=v.first, last=v.last) for v in changed]
            with told(options.table, "estimating", permission=ASK.name):
                estimates = [self.estimate(asking, question) for question in questions]
            # All months before the first: a run that stops in the middle has paid for it already.
            budget.hold(estimates, f"reading {len(changed)} invoice months" if len(changed) != 1 else "reading a month")
            for version, question in zip(changed, questions, strict=True):
                yield self._fetch(asking, question, version, asked)
            for period in wanted if asked.months else ():
                if period not in versions:
                    yield Part(period.start, (), marker="", notes=(f"{options.table} has no charges of {period}",))

    def _versions(self, asking: Asking, budget: Budget, question: Question) -> Iterator[Version]:
        table, doing = question.export.table, "looking for months that changed"
        with told(table, doing, permission=READ.name):
            budget.hold([self.estimate(asking, question)], doing)
            answer = asking.rows(question)
            rows = [tuple(row.values()) for row in answer]
        if len(rows) != answer.total_rows:
            raise SourceError(
                f"{table}: {doing}: {len(rows)} of {answer.total_rows} months came",
                next_step="run the command again; no month was fetched",
            )
        for month, changed, charges, first, last in rows:
            if changed is None or not re.fullmatch(r"\d{4}(0[1-9]|1[0-2])", month or ""):
                raise SourceError(
                    f"{table}: {charges:,} charges have no invoice month ({month}) or no time of export ({changed})",
                    next_step="ask Google's support; no month was fetched, since these may belong to any",
                )
            yield Version(BillingPeriod(int(month[:4]), int(month[4:])), changed, charges, _day(first), _day(last))

    def _fetch(self, asking: Asking, question: Question, version: Version, asked: Asked) -> Part:
        table, what = question.export.table, f"{question.export.table} {version.period}"
        with told(table, f"reading {version.period}", permission=READ.name):
            rows = asking.rows(question)
            fields = [field.to_api_repr() for field in rows.schema]
            folder = asked.folder / str(version.period)
            folder.mkdir()
            files: list[Path] = []
            done = 0
            for batch in _batches(rows, folder / "rows.jsonl"):
                done += batch
                files.append(_to_parquet(folder / "rows.jsonl", fields, folder / f"{len(files):06d}.parquet", what))
                asked.progress(what, done, rows.total_rows)
        if done < version.charges or done != rows.total_rows:
            raise SourceError(
                f"{what}: {done:,} charges came, {max(version.charges, rows.total_rows or 0):,} are there",
                next_step="run the command again; the lake still holds what it held of this month",
            )
        return Part(
            month=version.period.start,
            files=tuple(files),
            marker=version.marker,
            origins={file: f"bigquery://{what.replace(' ', '/')}/{file.stem}" for file in files},
        )

    def try_permissions(self, options: BigQueryOptions) -> list[Tried]:
        """Ask for the table, one row of it, and the dry run of a question."""
        with asking_bigquery(options) as asking:
            tried = [_try(GET, asking.options, asking.table)]
            if not tried[0].ok:
                return tried
            table = asking.table()
            period = BillingPeriod(2020, 1)
            question = charges_of(export_of(table, options.table), period, first=period.start, last=period.start)

            def read() -> None:
                list(asking.client.list_rows(table, max_results=1, **asking.patience()))

            def ask() -> None:
                asking.dry_run(question)

            return [*tried, _try(READ, options, read), _try(ASK, options, ask)]


class _Try(Protocol):
    def __call__(self) -> object: ...


def _try(permission: Permission, options: BigQueryOptions, call: _Try) -> Tried:
    try:
        with told(options.table, "trying", permission=permission.name):
            call()
    except (ConfigError, SourceError) as error:
        return Tried(permission, ok=False, said=str(error))
    return Tried(permission, ok=True, said="")


def export_of(table: bigquery.Table, name: str) -> Export:
    """Say which export a table is and how it is partitioned.

    Raises:
        ConfigError: it is none of the exports, or is partitioned by nothing that a window can be put on.
    """
    fields = {field.name: field for field in table.schema}
    is_focus = {"BilledCost", "BillingPeriodStart", "x_ExportTime"} <= fields.keys()
    if not is_focus and not {"invoice", "export_time", "cost", "credits"} <= fields.keys():
        raise ConfigError(
            f"{name} is no billing export: it lacks invoice, export_time, cost or credits",
            next_step="name the table gcp_billing_export_v1_…, gcp_billing_export_resource_v1_… or that of FOCUS",
            table=name,
        )
    exported = "x_ExportTime" if is_focus else "export_time"
    month = "format_timestamp('%Y%m', BillingPeriodStart)" if is_focus else "invoice.month"
    partitioning = table.time_partitioning
    # A table without partitions is read whole whatever is asked; then the budget alone protects.
    column = exported if partitioning is None else partitioning.field or INGESTION_TIME
    type_ = "TIMESTAMP" if column == INGESTION_TIME else str(fields[column].field_type)
    if type_ not in ("TIMESTAMP", "DATE", "DATETIME"):
        raise ConfigError(
            f"{name} is partitioned by {column}, which is no time", next_step="name the export's own table", table=name
        )
    by_usage = column in ("usage_start_time", "usage_end_time", "ChargePeriodStart", "ChargePeriodEnd")
    return Export(name, month, exported, column, type_, by_usage)  # type: ignore[arg-type]


def _wanted(asked: Asked, options: BigQueryOptions) -> list[BillingPeriod]:
    """Give the months to look at: those asked for, or what still grows and what of the past is not held."""
    if asked.months:
        return sorted({BillingPeriod.of(month) for month in asked.months})
    # The next month, because usage of a month's last days may be on its invoice.
    months = [BillingPeriod.of(asked.today).next]
    while len(months) <= max(options.history_months, _GROWING_MONTHS):
        months.append(months[-1].previous)
    growing = set(months[: _GROWING_MONTHS + 1])
    return sorted(month for month in months if month in growing or month.start not in asked.held)


def _day(partition: date | datetime) -> date:
    return partition.date() if isinstance(partition, datetime) else partition


def _batches(rows: RowIterator, path: Path) -> Iterator[int]:
    """Write rows as they came to `path`, one a line, and give their number each time that a file is full."""
    count = 0
    stream = path.open("w", encoding="utf-8")
    try:
        for page in rows.pages:
            for row in page.raw_page.get("rows", ()):
                stream.write(json.dumps(row))
                stream.write("\n")
                count += 1
            if count >= _ROWS_PER_FILE:
                stream.close()
                yield count
                count = 0
                stream = path.open("w", encoding="utf-8")
    finally:
        stream.close()
    if count:
        yield count


def _to_parquet(path: Path, fields: Sequence[dict[str, Any]], target: Path, what: str) -> Path:
    import duckdb

    reader = f"read_json({literal(str(path))}, format = 'newline_delimited', columns = {{f: 'STRUCT(v JSON)[]'}})"
    with duckdb.connect(config={"threads": 1}) as con:
        write_parquet(con, f"select f from {reader}", fields, target, path=what)
    path.unlink()
    return target


COLLECTORS.register("gcp-bigquery")(GcpBigQuery())
