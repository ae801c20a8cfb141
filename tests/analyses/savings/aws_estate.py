"""Resources of AWS for tests of checks, and who was let look at what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.analyses.savings.estate import WEEK_HOURS, Estate
from finops_lib.analyses.savings.identity import key_of
from finops_lib.analyses.savings.needs import Look
from finops_lib.analyses.savings.resources import Meter, Resource, Utilisation
from finops_lib.analyses.savings.rules import RULES
from finops_lib.findings import Recommendation
from tests.analyses.savings.described import AS_OF, LONG_AGO, days_ago, meter, resource, use

INSTANCE, VOLUME, SNAPSHOT, IMAGE = "aws-ec2-instance", "aws-ebs-volume", "aws-ebs-snapshot", "aws-ec2-image"
BALANCER, DATABASE, BUCKET = "aws-load-balancer", "aws-rds-instance", "aws-s3-bucket"
IO = ("disk_read_ops", "disk_write_ops", "disk_read_bytes", "disk_write_bytes")
MIB = 1024 * 1024


def measured(
    metric: str, *, mean: float = 0, p99_5: float = 0, most: float | None = None, **values: Any
) -> Utilisation:
    """Give a metric of the whole window; `most` is its largest point."""
    seen = use(metric, mean=mean, p99=p99_5)
    return replace(seen, **{"maximum": p99_5 if most is None else most, **values})


def idle_machine(**more: object) -> tuple[Utilisation, ...]:
    """Give a machine's metrics of which none reaches what counts as work: 20 bytes a second are 1.7 MB a day."""
    cpu = measured("cpu", mean=0.5, p99_5=1.5, most=2.0, **more)
    return cpu, measured("network_in", mean=15, p99_5=30), measured("network_out", mean=5, p99_5=9)


def io(*, iops: float, throughput: float) -> tuple[Utilisation, ...]:
    """Give a volume's metrics: half of it is read, half written; `throughput` in MB/s."""
    return (
        *(measured(metric, mean=iops / 4, p99_5=iops / 2) for metric in IO[:2]),
        *(measured(metric, mean=throughput / 4 * MIB, p99_5=throughput / 2 * MIB) for metric in IO[2:]),
    )


def priced(kind: str, name: str, monthly: str, *, quantity_a_month: str = "0", **values: Any) -> Meter:
    """Give a meter by what it costs a month of 365/12 days, charged on all of the last 30 days."""
    cost = Decimal(monthly) * 30 * 12 / 365
    whole = meter(kind, "0", **{"days": 30, **{k: values.pop(k) for k in ("days", "until") if k in values}})
    quantity = Decimal(quantity_a_month) * 30 * 12 / 365
    return replace(whole, name=name, quantity=quantity, effective_cost=cost, list_cost=cost, **values)


def instance(name: str = "i-1", *meters: Meter, state: str = "running", **more: Any) -> Resource:
    """Give a machine of 100 a month that runs all hours, unless told otherwise."""
    hours = meters or (priced("instance-hours", "USE1-BoxUsage:m5.xlarge", "100", quantity_a_month="730"),)
    return resource(INSTANCE, name, *hours, state=state, **{"platform": "linux", "lifecycle": "on-demand", **more})


def look(type_: str, *, needs: str = "") -> Look:
    return Look("aws", "111", "westeurope", type_, None if needs else 1, needs, "no" if needs else "")


def week(machine: str, busy: Mapping[int, range], *, unseen: int | None = None) -> dict[str, Any]:
    """Give a machine's row of the hours of the week: which hours of which days (0 = Monday, UTC) are busy."""
    bits = [sum(1 << hour for hour in busy.get(day, ())) for day in range(7)]
    seen = [(1 << 24) - 1] * 7
    if unseen is not None:
        seen[unseen] = 0
    names = {"x_Provider": "aws", "account_id": "111", "ResourceId": machine}
    return {**names, "busy": bits, "seen": seen, "cpu_hours": 672, "network_in_hours": 672, "network_out_hours": 672}


OFFICE = {day: range(8, 18) for day in range(5)}


def estate(*resources: Resource, looks: tuple[Look, ...] = (), weeks: tuple[dict[str, Any], ...] = ()) -> Estate:
    """Bring resources together as `Estate.of` does."""
    frames = {WEEK_HOURS: pl.DataFrame(weeks)} if weeks else {}
    return Estate(AS_OF, "USD", {key_of(one.provider, one.account, one.id): one for one in resources}, looks, frames)


def found(rule: str, *resources: Resource, **more: Any) -> list[Recommendation]:
    """Run one rule over these resources."""
    return list(RULES.get(rule).recommendations(estate(*resources, **more)))


__all__ = [
    "AS_OF", "BALANCER", "BUCKET", "DATABASE", "IMAGE", "INSTANCE", "IO", "LONG_AGO", "MIB", "OFFICE", "SNAPSHOT",
    "VOLUME", "days_ago", "estate", "found", "idle_machine", "instance", "io", "look", "measured", "meter",
    "priced", "resource", "week",
]  # fmt: skip
