"""Machines by hand: an estate of records, with prices and hours as the figure queries give them.

Prices are the list prices of us-east-1 that domain.md prints: m5 0.048 per vCPU-hour, r5 0.063, t3 0.0104 per GiB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache

import polars as pl

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.identity import key_of
from finops_lib.analyses.savings.resources import Described, Meter, Resource, Utilisation
from finops_lib.analyses.savings.rightsizing import HOURLY_CPU, HOURS, PRICES, SHAPES
from finops_lib.analyses.savings.rightsizing.shapes import Catalogue, Shape
from finops_lib.analyses.savings.rules import RULES
from finops_lib.findings import Recommendation
from finops_lib.sources.shapes import read_shapes

AS_OF = date(2026, 12, 31)
EC2 = "Amazon Elastic Compute Cloud"
# m5.xlarge and its relatives, an hour, agreed = list.
M5_PRICES: Mapping[str, float] = {"m5.xlarge": 0.192}
OLD = datetime.fromisoformat("2025-01-01")
IDLE = {"mean": 6.0, "p50": 5.0, "p95": 12.0, "p99": 15.0, "p99_5": 18.0, "maximum": 22.0}


@cache
def shapes() -> pl.DataFrame:
    return read_shapes()


@cache
def catalogue() -> Catalogue:
    return Catalogue.of(shapes())


def shape(machine_type: str, *, provider: str = "aws", service: str = "ec2") -> Shape:
    found = catalogue().find(provider, service, machine_type)
    assert found is not None
    return found


def used(metric: str, *, days: int = 32, unit: str = "percent", **levels: float) -> Utilisation:
    """Give a metric with every point there, that ends with the last included day."""
    one_level = levels.pop("level", None)
    values = dict.fromkeys(IDLE, one_level) if one_level is not None else {**IDLE, **levels}
    whole = Utilisation(
        metric=metric,
        unit=unit,
        first_hour=datetime.fromisoformat("2026-12-31 23:00"),
        last_hour=datetime.fromisoformat("2026-12-31 23:00"),
        hours=24 * days,
        points=288 * days,
        coverage=1.0,
        lowest=float(values["p50"] or 0),
        **values,  # type: ignore[arg-type]
    )
    first = datetime.fromordinal(AS_OF.toordinal() - days + 1)
    return replace(whole, first_hour=first)


def quiet(*, memory: float | None = 30.0, **cpu: float) -> dict[str, Utilisation]:
    """Give the metrics of a machine that does little; `memory` in percent, None = no agent."""
    found = {"cpu": used("cpu", **cpu)}
    for name in ("network_in", "network_out", "disk_read_bytes", "disk_write_bytes"):
        found[name] = used(name, unit="bytes/s", level=1e5)
    for name in ("disk_read_ops", "disk_write_ops"):
        found[name] = used(name, unit="ops/s", level=5.0)
    if memory is not None:
        found["memory"] = used("memory", level=memory)
    return found


def machine(
    machine_type: str = "m5.xlarge",
    *,
    resource_id: str = "i-1",
    provider: str = "aws",
    resource_type: str = "aws-ec2-instance",
    type_attribute: str = "instance_type",
    monthly: float = 140.16,
    environment: str = "",
    state: str = "running",
    created_at: datetime | None = OLD,
    utilisation: Mapping[str, Utilisation] | None = None,
    attributes: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Resource:
    """Give a machine; 0.192 an hour x 730 hours = 140.16 a month."""
    usual = {type_attribute: machine_type, "ena_support": "yes", "network_interfaces": "1", "volumes": "vol-1"}
    cost = Decimal(str(monthly)) * 360 / 365
    return Resource(
        provider=provider,
        account="111",
        id=resource_id,
        name="",
        region="us-east-1",
        team="shop",
        environment=environment,
        currency="USD",
        data_through=AS_OF,
        window_days=30,
        meters={
            "instance-hours": Meter("instance-hours", "hours", date(2025, 1, 1), AS_OF, 30, Decimal(720), cost, cost)
        },
        described=Described(
            type=resource_type,
            region="us-east-1",
            state=state,
            state_since=None,
            created_at=created_at,
            first_seen=datetime.fromisoformat("2026-12-01"),
            last_seen=datetime.fromisoformat("2026-12-31"),
            attributes=usual | dict(attributes or {}),
            tags=dict(tags or {}),
        ),
        utilisation=quiet() if utilisation is None else utilisation,
    )


def hours_row(one: Resource, machine_type: str, an_hour: float, **changes: object) -> dict[str, object]:
    """Give 30 days of on-demand hours, as savings_machine_hours has them."""
    cost = Decimal(str(an_hour)) * 720
    return {
        "x_Provider": one.provider,
        "account_id": one.account,
        "ResourceId": one.id,
        "RegionId": one.region,
        "ServiceName": EC2,
        "machine_type": machine_type,
        "part": "machine",
        "platform": "linux",
        "tenancy": "shared",
        "BillingCurrency": "USD",
        "data_through": AS_OF,
        "first_day": date(2026, 12, 2),
        "last_day": AS_OF,
        "window_days": 30,
        "on_demand_hours": Decimal(720),
        "committed_hours": Decimal(0),
        "spot_hours": Decimal(0),
        "effective_cost": cost,
        "on_demand_effective_cost": cost,
        "list_cost": cost,
        "list_hours": Decimal(720),
        **changes,
    }


def price_row(machine_type: str, listed: float | None, agreed: float | None, **changes: object) -> dict[str, object]:
    """Give a price, as savings_unit_prices has it."""
    return {
        "x_Provider": "aws",
        "ServiceName": EC2,
        "RegionId": "us-east-1",
        "machine_type": machine_type,
        "part": "machine",
        "platform": "linux",
        "tenancy": "shared",
        "BillingCurrency": "USD",
        "list_unit_price": listed,
        "contracted_unit_price": agreed,
        **changes,
    }


def estate(
    machines: Sequence[Resource],
    *,
    hours: Sequence[Mapping[str, object]] | None = None,
    prices: Sequence[Mapping[str, object]] | None = None,
    hourly: Mapping[str, Sequence[float]] | None = None,
    as_of: date = AS_OF,
) -> Estate:
    """Bring machines together; unless told otherwise, each is an m5.xlarge at 0.192 and m5.xlarge has that price."""
    of_hours = [hours_row(one, "m5.xlarge", 0.192) for one in machines] if hours is None else hours
    of_prices = [price_row("m5.xlarge", 0.192, 0.192)] if prices is None else prices
    frames = {SHAPES: shapes(), HOURS: pl.DataFrame(of_hours, infer_schema_length=None)}
    prices_schema = {"list_unit_price": pl.Float64(), "contracted_unit_price": pl.Float64()}
    frames[PRICES] = pl.DataFrame(of_prices, schema_overrides=prices_schema, infer_schema_length=None)
    if hourly is not None:
        ids = list(hourly)
        frames[HOURLY_CPU] = pl.DataFrame(
            {
                "x_Provider": ["aws"] * len(ids),
                "account_id": ["111"] * len(ids),
                "ResourceId": ids,
                "means": [list(hourly[name]) for name in ids],
            }
        )
    resources = {key_of(one.provider, one.account, one.id): one for one in machines}
    return Estate(as_of, "USD", resources, frames=frames)


def found_in(of: Estate, rule: str = "rightsize-ec2") -> list[Recommendation]:
    return list(RULES.get(rule).recommendations(of))
