"""Azure's costs by day and group from its cost query: for accounts that have no export to a storage account.

An export says more (quantities, prices, tags) and costs no quota; where there is one, give its folder instead.

Each month is asked twice, as ActualCost and as AmortizedCost, in the same groups, and written to one file (dialect
azure-query): what was billed from one, what it effectively cost from the other.

Question: how is an answer known to be all that was asked for?
Choice: a month at a time, which is short enough for daily sums, and the days it does not cover at its begin and end are
asked for again; a part of what seems to have no costs at all, too. Once an answer proves to be cut, each day is asked
for that no answer has.
Why: Azure cuts longer answers short, and grouped ones sometimes to their last day, without a word. Declined: to trust
the documented limits.

The query has no version of a month, so the months that may still change are asked every time; equal answers are equal
files, and change nothing in the lake.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from finops_lib.errors import ConfigError, SourceError
from finops_lib.periods import BillingPeriod
from finops_lib.sources.azure_query import FIXED
from finops_lib.sources.collectors import COLLECTORS, Asked, Options, Part, Permission, Tried
from finops_lib.sources.collectors.azure_qpu import LIMITS, QpuBudget
from finops_lib.sources.collectors.azure_query_client import (
    PERMISSION,
    CostQuery,
    Tokens,
    client,
    is_number,
    tokens_for,
)

_TYPES = ("ActualCost", "AmortizedCost")
# Without these two a row does not say what kind of charge it is.
_ALWAYS = ("ChargeType", "PricingModel")
_COMMITTED = ("reservation", "savingsplan")
# Usage arrives for days, and a month is closed some days after its end.
_GROWING_MONTHS = 2
_A_DAY = timedelta(days=1)


class AzureQueryOptions(Options):
    """Which costs are asked for.

    Args:
        scope: `subscriptions/<id>`, a resource group, a billing account or profile, a management group.
        grouping: dimensions beside ChargeType and PricingModel, which are always there.
        cost: the sum that is asked for; older pay-as-you-go offers know only PreTaxCost.
        currency: of all costs, for scopes whose answers do not say it.
        history_months: how many months before this one a first run fetches.
        endpoint: of Azure Resource Manager; another one for a national cloud. Plain http only for a stand-in on this
            machine, which gets no real token.
        qpu_share: the part of the tenant's query budget that this source may use.
        patience_s: how long to wait in all for one answer while Azure throttles.
    """

    scope: str = Field(min_length=1)
    grouping: tuple[str, ...] = ("SubscriptionId", "ResourceGroupName", "ServiceName")
    cost: Literal["Cost", "PreTaxCost"] = "Cost"
    currency: str = Field(default="", pattern="^([A-Z]{3})?$")
    history_months: int = Field(default=12, ge=0, le=36)
    endpoint: str = "https://management.azure.com"
    qpu_share: float = Field(default=1.0, gt=0, le=1)
    patience_s: float = Field(default=600.0, ge=0)

    @field_validator("endpoint")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _refuse_resources_of_many_subscriptions(self) -> AzureQueryOptions:
        is_narrow = self.scope.strip("/").lower().startswith("subscriptions/")
        if "resourceid" in (name.lower() for name in self.grouping) and not is_narrow:
            raise ValueError("grouping by ResourceId needs a scope of one subscription or less: subscriptions/<id>")
        return self

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Give what is grouped by, each once."""
        seen: dict[str, str] = {}
        for name in (*_ALWAYS, *self.grouping):
            seen.setdefault(name.lower(), name)
        return tuple(seen.values())


@dataclass(frozen=True, slots=True)
class _Group:
    """A day, a currency and the values of the dimensions, in their order."""

    day: date
    currency: str
    values: tuple[str, ...]


@dataclass(slots=True)
class _Month:
    """What one month's answers say; amounts are the digits of the answer."""

    amounts: dict[_Group, dict[str, str]] = field(default_factory=dict)
    was_cut: bool = False

    def notes(self, dimensions: Sequence[str]) -> Iterator[str]:
        if self.was_cut:
            yield "Azure cut an answer short without a word; the days that were missing were asked for again"
        changed = sum((self._difference(group, dimensions) for group in self.amounts), Decimal(0))
        if changed:
            yield (
                f"actual and amortized cost differ by {changed.normalize():f} beyond commitments: "
                "costs arrived between the two questions; the next run has both"
            )

    def _difference(self, group: _Group, dimensions: Sequence[str]) -> Decimal:
        value = dict(zip(dimensions, group.values, strict=True))
        kind, model = (value[name].lower().replace(" ", "") for name in _ALWAYS)
        if model in _COMMITTED or kind.startswith("unused"):
            return Decimal(0)
        actual, amortized = (Decimal(self.amounts[group].get(type_, "0")) for type_ in _TYPES)
        return actual - amortized


class AzureCostQuery:
    """The kind of source `azure-cost-query`.

    Args:
        tokens: gives the tokens for an endpoint.
        clock, sleep: for the query budget and for waits.
    """

    options: type[Options] = AzureQueryOptions
    permissions: tuple[Permission, ...] = (PERMISSION,)

    def __init__(
        self,
        *,
        tokens: Callable[[str], Tokens] = tokens_for,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tokens, self._clock, self._sleep = tokens, clock, sleep

    def collect(self, options: AzureQueryOptions, asked: Asked) -> Iterator[Part]:
        """Ask for the months that may have changed, oldest first; see `Collector`."""
        months = _wanted(options, asked)
        with closing(client()) as http:
            query = self._query(http, options)
            for number, period in enumerate(months):
                asked.progress(f"{options.scope} {period}", number, len(months))
                yield _part(_ask_month(query, options, period, asked.today), options, period, asked.folder)

    def try_permissions(self, options: AzureQueryOptions) -> list[Tried]:
        """Ask for one sum over this month."""
        body = _body(options, "ActualCost", granularity="None", grouping=()) | {"timeframe": "MonthToDate"}
        try:
            with closing(client()) as http:
                list(self._query(http, options).pages(body))
        except (ConfigError, SourceError) as error:
            return [Tried(PERMISSION, ok=False, said=str(error))]
        return [Tried(PERMISSION, ok=True, said="")]

    def _query(self, http: Any, options: AzureQueryOptions) -> CostQuery:
        limits = {seconds: max(int(units * options.qpu_share), 1) for seconds, units in LIMITS.items()}
        return CostQuery(
            client=http,
            endpoint=options.endpoint,
            scope=options.scope.strip("/"),
            tokens=self._tokens(options.endpoint),
            budget=QpuBudget(limits, self._clock, self._sleep),
            patience=options.patience_s,
            sleep=self._sleep,
        )


def _wanted(options: AzureQueryOptions, asked: Asked) -> list[BillingPeriod]:
    """Give the months asked for, or those that may still change and what of the past is not held."""
    now = BillingPeriod.of(asked.today)
    if asked.months:
        months = sorted({BillingPeriod.of(month) for month in asked.months})
        if months[-1].start > asked.today:
            raise ConfigError(
                f"{months[-1]} is in the future; Azure would give last year's costs for it",
                next_step="ask for months that have begun",
            )
        return months
    months = [now]
    while len(months) <= max(options.history_months, _GROWING_MONTHS - 1):
        months.append(months[-1].previous)
    growing = set(months[:_GROWING_MONTHS])
    return sorted(month for month in months if month in growing or month.start not in asked.held)


def _ask_month(query: CostQuery, options: AzureQueryOptions, period: BillingPeriod, today: date) -> _Month:
    month = _Month()
    last = min(period.end - _A_DAY, today)
    for type_ in _TYPES:
        _cover(query, options, type_, (period.start, last), month)
    return month


def _cover(
    query: CostQuery,
    options: AzureQueryOptions,
    type_: str,
    days: tuple[date, date],
    month: _Month,
    *,
    is_again: bool = False,
    is_probe: bool = False,
) -> None:
    """Ask for some days, and again for those at begin and end that the answer does not have.

    Args:
        is_again: a longer answer that had these days said nothing of them.
        is_probe: asked only to see whether longer answers are cut.
    """
    start, end = days
    found = _ask_range(query, options, type_, days, month)
    month.was_cut = month.was_cut or (bool(found) and is_again)
    if found:
        rest = [(start, min(found) - _A_DAY), (max(found) + _A_DAY, end)]
    else:
        # An answer that was cut to its last days has nothing if those have nothing: its first half would show that.
        middle = start + (end - start) // 2
        halves = [(start, middle), (middle + _A_DAY, end)]
        if month.was_cut and start < end:
            rest = halves
        elif is_probe or start == end:
            rest = []
        else:
            _cover(query, options, type_, halves[0], month, is_again=True, is_probe=True)
            rest = halves[1:] if month.was_cut else []
    for first, final in rest:
        if first <= final:
            _cover(query, options, type_, (first, final), month, is_again=True)


def _ask_range(
    query: CostQuery, options: AzureQueryOptions, type_: str, days: tuple[date, date], month: _Month
) -> set[date]:
    """Ask for some days, add the answer to the month, and give the days it has costs of."""
    start, end = days
    period = {"from": f"{start}T00:00:00Z", "to": f"{end}T00:00:00Z"}
    body = _body(options, type_, granularity="Daily", grouping=options.dimensions)
    body |= {"timeframe": "Custom", "timePeriod": period}
    found: set[date] = set()
    for page in query.pages(body):
        place = {name.lower(): position for position, name in enumerate(page.columns)}
        missing = [name for name in (options.cost, "UsageDate", *options.dimensions) if name.lower() not in place]
        if missing:
            raise query.broken(f"it has no column {missing[0]}")
        if "currency" not in place and not options.currency:
            raise ConfigError(
                f"the costs of {options.scope} come without a currency",
                next_step="say it in the option `currency` of this source",
            )
        for row in page.rows:
            group = _Group(
                _day(query, row[place["usagedate"]]),
                str(row[place["currency"]]) if "currency" in place else options.currency,
                tuple(_text(row[place[name.lower()]]) for name in options.dimensions),
            )
            cost = row[place[options.cost.lower()]]
            if not is_number(cost):
                raise query.broken(f"a cost of {group.day} is {str(cost)[:40]!r}")
            if not start <= group.day <= end:
                raise query.broken(f"asked for {start} to {end}, it has costs of {group.day}")
            amounts = month.amounts.setdefault(group, {})
            if type_ in amounts:
                raise query.broken(f"a group of {group.day} came twice")
            amounts[type_] = cost
            found.add(group.day)
    return found


def _body(options: AzureQueryOptions, type_: str, *, granularity: str, grouping: Sequence[str]) -> dict[str, Any]:
    dataset = {
        "granularity": granularity,
        "aggregation": {"totalCost": {"name": options.cost, "function": "Sum"}},
        "grouping": [{"type": "Dimension", "name": name} for name in grouping],
    }
    return {"type": type_, "dataset": dataset}


def _day(query: CostQuery, value: object) -> date:
    """Read a day as either kind of answer writes it: 20260101, or 2026-01-01T00:00:00."""
    text = str(value)
    try:
        return date.fromisoformat(text if len(text) == 8 and text.isdigit() else text[:10])
    except ValueError as error:
        raise query.broken(f"{text[:40]!r} is not a day") from error


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _part(month: _Month, options: AzureQueryOptions, period: BillingPeriod, folder: Path) -> Part:
    if not month.amounts:
        return Part(period.start, (), marker="", notes=(f"{options.scope} has no costs of {period}",))
    path = folder / f"azure-cost-{period}.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([*FIXED, *options.dimensions])
        # Sorted, so that equal costs are equal files.
        for group in sorted(month.amounts, key=lambda group: (group.day, group.currency, group.values)):
            costs = (month.amounts[group].get(type_, "0") for type_ in _TYPES)
            writer.writerow([group.day, group.currency, *costs, options.scope.strip("/"), *group.values])
    return Part(
        month=period.start,
        files=(path,),
        marker="",
        origins={path: f"{options.endpoint}/{options.scope.strip('/')} {period}"},
        dialect="azure-query",
        notes=tuple(month.notes(options.dimensions)),
    )


COLLECTORS.register("azure-cost-query")(AzureCostQuery())
