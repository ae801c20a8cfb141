"""Resources as a bill, an inventory and a monitor know them together, for tests of checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.identity import key_of
from finops_lib.analyses.savings.needs import Look
from finops_lib.analyses.savings.resources import Described, Meter, Resource, Utilisation
from finops_lib.analyses.savings.rules import RULES
from finops_lib.findings import Recommendation

AS_OF = date(2026, 10, 30)
LONG_AGO = datetime.fromisoformat("2025-01-01")
SUBSCRIPTION = "/subscriptions/s1"
GROUP = f"{SUBSCRIPTION}/resourcegroups/run/providers"
# 30.4167 days: a month of one a day.
MONTH = Decimal("30.416667")


def days_ago(days: int) -> datetime:
    return datetime.fromisoformat(AS_OF.isoformat()) - timedelta(days=days)


def meter(kind: str, a_day: str, *, days: int = 30, until: int = 0, quantity: str = "24") -> Meter:
    """Give a meter that was charged on each of `days` days, the last of them `until` days before 30 October."""
    last = AS_OF - timedelta(days=until)
    first = last - timedelta(days=days - 1)
    recent = max(0, min(days, 30 - until))
    cost = Decimal(a_day) * recent
    return Meter(kind, kind, first, last, recent, Decimal(quantity) * recent, cost, cost)


def use(
    metric: str, *, hours: int = 24 * 30, mean: float = 0, p95: float | None = None, p99: float | None = None
) -> Utilisation:
    """Give a metric of a resource; percentiles that are not given are the mean."""
    at_95 = mean if p95 is None else p95
    at_99 = at_95 if p99 is None else p99
    return Utilisation(
        metric=metric,
        unit="percent" if metric in ("cpu", "memory") else "count",
        first_hour=days_ago(31),
        last_hour=days_ago(0),
        hours=hours,
        points=hours * 12,
        coverage=1.0,
        mean=mean,
        p50=mean,
        p95=at_95,
        p99=at_99,
        p99_5=at_99,
        lowest=mean,
        maximum=at_99,
    )


def resource(
    type: str,
    id: str,
    *meters: Meter,
    state: str = "",
    since: datetime | None = None,
    created: datetime | None = LONG_AGO,
    seen: datetime = LONG_AGO,
    tags: Mapping[str, str] | None = None,
    used: tuple[Utilisation, ...] = (),
    team: str = "shop",
    **attributes: str,
) -> Resource:
    """Give a resource of Azure, Google or AWS, by the first word of its type."""
    provider = type.partition("-")[0]
    return Resource(
        provider=provider,
        account={"azure": SUBSCRIPTION, "gcp": "shop", "aws": "111"}[provider],
        id=id,
        name=id.rpartition("/")[2],
        region="westeurope",
        team=team,
        environment="",
        currency="USD",
        data_through=AS_OF,
        window_days=30,
        meters={one.kind: one for one in meters},
        described=Described(
            type=type,
            region="westeurope",
            state=state,
            state_since=since,
            created_at=created,
            first_seen=seen,
            last_seen=days_ago(0),
            attributes=attributes,
            tags=tags or {},
        ),
        utilisation={one.metric: one for one in used},
    )


def estate(*resources: Resource, looks: tuple[Look, ...] = ()) -> Estate:
    """Bring resources together as `Estate.of` does."""
    return Estate(AS_OF, "USD", {key_of(one.provider, one.account, one.id): one for one in resources}, looks)


def found(rule: str, *resources: Resource) -> list[Recommendation]:
    """Run one rule over these resources."""
    return list(RULES.get(rule).recommendations(estate(*resources)))
