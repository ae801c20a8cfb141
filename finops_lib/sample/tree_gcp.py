"""How are the rows of Google's FOCUS export laid down? As BigQuery extracts them: a Parquet file per month."""

from __future__ import annotations

from pathlib import Path

from finops_lib.periods import BillingPeriod
from finops_lib.sample.accounts import GCP_BILLING
from finops_lib.sample.deliveries import Run, write_dated

TABLE = f"gcp_billing_export_focus_{GCP_BILLING[0].replace('-', '_')}"


def extract(folder: Path, month: BillingPeriod, run: Run) -> tuple[Path, ...]:
    """Write the extract of one month and give its file; there are no manifests, and an extract replaces the former."""
    return (write_dated(run.frame, folder / TABLE / f"{month}-000000000000.parquet", run.at),)
