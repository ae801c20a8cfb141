"""Asking BigQuery with limited patience and a limited purse."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import Field

from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources.collectors import Options, Permission
from finops_lib.sources.collectors.bigquery_errors import told
from finops_lib.sources.collectors.bigquery_sql import TABLE_NAME, Question, refuse_unbounded

if TYPE_CHECKING:
    from google.cloud import bigquery
    from google.cloud.bigquery.table import RowIterator

GET = Permission("bigquery.tables.get", "the columns and partitions of the export")
READ = Permission("bigquery.tables.getData", "the charges")
ASK = Permission("bigquery.jobs.create", "asking questions, in the project that pays for them")
_GIB = 1 << 30


class BigQueryOptions(Options):
    """The table, who pays for reading it, and how much at most.

    Args:
        table: project.dataset.table of the export.
        project: that runs and pays for the questions; "" = the table's.
        location: of the dataset; "" = BigQuery finds it.
        max_bytes_billed: of one question; a question that would read more is not asked.
        bytes_budget: of all questions of one run together.
        history_months: so many invoice months are fetched into a lake that holds none of them.
        page_rows: rows of one answer.
        timeout_seconds: until an answer over HTTP is given up; retry_seconds: how long it is tried again.
        wait_seconds: until a question that is still running is given up.
        api_endpoint: another address of the API; one without TLS is asked without credentials.
    """

    table: str = Field(pattern=f"^{TABLE_NAME}$")
    project: str = ""
    location: str = ""
    max_bytes_billed: int = Field(default=50 * _GIB, gt=0)
    bytes_budget: int = Field(default=200 * _GIB, gt=0)
    history_months: int = Field(default=13, ge=1, le=120)
    page_rows: int = Field(default=20_000, ge=1, le=100_000)
    timeout_seconds: float = Field(default=30, gt=0)
    retry_seconds: float = Field(default=20, gt=0)
    wait_seconds: float = Field(default=600, gt=0)
    api_endpoint: str = ""


@dataclass(slots=True)
class Budget:
    """The bytes that a run may read; `hold` is asked before they are paid for."""

    options: BigQueryOptions
    held: int = 0

    def hold(self, estimates: Sequence[int], what: str) -> None:
        """Set bytes aside.

        Raises:
            ConfigError: one question reads more than max_bytes_billed, or all together more than bytes_budget.
        """
        limit, budget, table = self.options.max_bytes_billed, self.options.bytes_budget, self.options.table
        largest, total = max(estimates, default=0), self.held + sum(estimates)
        for name, bytes_, allowed in (("max_bytes_billed", largest, limit), ("bytes_budget", total, budget)):
            if bytes_ > allowed:
                raise ConfigError(
                    f"{table}: {what} would read {bytes_:,} bytes, {name} allows {allowed:,}; nothing of it was read",
                    next_step=f"raise {name} of this source, or name fewer months",
                    bytes=bytes_,
                    limit=allowed,
                )
        self.held = total


@dataclass(frozen=True, slots=True)
class Asking:
    """A client with the patience of a source: every call is tried again for a while, and then given up."""

    client: bigquery.Client
    options: BigQueryOptions

    def patience(self) -> dict[str, Any]:
        from google.cloud.bigquery.retry import DEFAULT_RETRY

        return {
            "retry": DEFAULT_RETRY.with_timeout(self.options.retry_seconds),
            "timeout": self.options.timeout_seconds,
        }

    def table(self) -> bigquery.Table:
        return self.client.get_table(self.options.table, **self.patience())

    def dry_run(self, question: Question) -> int:
        """Give the bytes that BigQuery says it would read; free of charge."""
        job = self._start(question, dry_run=True)
        return int(job.total_bytes_processed or 0)

    def rows(self, question: Question) -> RowIterator:
        patience = {**self.patience(), "timeout": self.options.wait_seconds}
        job = self._start(question, dry_run=False)
        return job.result(page_size=self.options.page_rows, job_retry=None, **patience)

    def _start(self, question: Question, *, dry_run: bool) -> bigquery.QueryJob:
        from google.cloud import bigquery

        refuse_unbounded(question)
        config = bigquery.QueryJobConfig(
            dry_run=dry_run,
            use_query_cache=not dry_run,
            maximum_bytes_billed=self.options.max_bytes_billed,
            query_parameters=[bigquery.ScalarQueryParameter(p.name, p.type, p.value) for p in question.parameters],
        )
        # No retry of the job: with one the client has ten minutes of patience of its own for every question.
        return self.client.query(question.sql, job_config=config, job_retry=None, **self.patience())


@contextmanager
def asking_bigquery(options: BigQueryOptions) -> Iterator[Asking]:
    """Open a client for as long as the block lasts.

    Raises:
        ConfigError: there are no credentials.
        SourceError: nobody listens at api_endpoint.
    """
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials, Credentials
    from google.cloud import bigquery

    endpoint = urlsplit(options.api_endpoint)
    credentials: Credentials | None = None
    if options.api_endpoint:
        _require_listener(options.api_endpoint, endpoint.hostname or "", endpoint.port or 443)
        if endpoint.scheme == "http":
            credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    with told(options.table, "signing in", permission=GET.name):
        client = bigquery.Client(
            project=options.project or options.table.split(".")[0],
            credentials=credentials,
            location=options.location or None,
            client_options=ClientOptions(api_endpoint=options.api_endpoint or None),
        )
    with closing(client):
        yield Asking(client, options)


def _require_listener(address: str, host: str, port: int) -> None:
    # The client would try for as long as its retries last, whatever it is that nobody answers.
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        raise SourceError(
            f"nobody answers at {address} ({error.strerror or error})",
            next_step="check `api_endpoint` of this source and the network",
        ) from error
