"""AWS Cost Explorer: the bill by day, account, service and class of charge, where there is no export.

Question: Cost Explorer groups by two dimensions at once, and a bill needs four: day, account, service, and what kind of
charge it is (RECORD_TYPE). Which questions give that with the fewest paid requests?
Choice: one request per month for RECORD_TYPE x LINKED_ACCOUNT, as totals; then one per class of record types that cost
anything (usage, commitment fees, other fees, tax, credits, refunds, other), by SERVICE x LINKED_ACCOUNT and day. That
is at most eight requests a month, however many accounts there are, and pages.
Why: a request per account grows with the organisation, and a class with all its types is one filter. Savings Plan
negations are in the class of usage, where they cancel what they are there to cancel.

The first answer is what the others must add up to. What they lack to it, per class and account, becomes a charge of
its own (`difference`), so that a month's total is always the total that AWS states; sums of rounded days differ from a
rounded month in the last digits now and then.

`refine_by` asks for usage once per account instead, by SERVICE x REGION or SERVICE x TAG: more detail, more requests.

A source with `compare_with` only states totals for another source to be held against (lake/stated.py): one request a
month, and nothing of it is ever a charge.

A month is settled when it ended some weeks ago and AWS calls none of it estimated; a settled month is not asked again
unless it is named.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from finops_lib.errors import FinOpsError, SourceError
from finops_lib.periods import BillingPeriod
from finops_lib.sources.aws_cost_explorer import COLUMNS
from finops_lib.sources.collectors import COLLECTORS, Asked, Options, Part, Permission, Tried
from finops_lib.sources.collectors.aws_cost_explorer_client import CostExplorer, Group

_CLASSES = {
    "Usage": "usage",
    "DiscountedUsage": "usage",
    "SavingsPlanCoveredUsage": "usage",
    "SavingsPlanNegation": "usage",
    "RIFee": "commitment",
    "Recurring reservation fee": "commitment",
    "SavingsPlanRecurringFee": "commitment",
    "SavingsPlanUpfrontFee": "commitment",
    "Upfront reservation fee": "commitment",
    "Fee": "fee",
    "Other out-of-cycle charges": "fee",
    "Support fee": "fee",
    "Tax": "tax",
    "Credit": "credit",
    "Refund": "refund",
}
_METRICS = {"unblended": ("UnblendedCost", "AmortizedCost"), "net": ("NetUnblendedCost", "NetAmortizedCost")}
_QUANTITY = "UsageQuantity"
_ASK, _WHO = Permission("ce:GetCostAndUsage", "costs by day"), Permission("sts:GetCallerIdentity", "whose bill it is")

Totals = dict[tuple[str, str, str], tuple[Decimal, Decimal]]


class CostExplorerOptions(Options):
    """What a source of kind aws-cost-explorer can be told.

    Args:
        cost: `net` = net of negotiated discounts; AWS has it only for accounts with such discounts.
        refine_by: "" or REGION or TAG:<key>: usage is asked for account by account, with this beside the service.
        compare_with: a source whose export is to be held against Cost Explorer's totals; nothing is loaded then.
        months: how many billing months back, the open one included; AWS keeps 14.
        settle_days: a month that ended so long ago does not change any more.
        max_requests: a run makes no more, each costs money.
        billing_account_id: whose bill it is; "" = the account of the credentials.
    """

    cost: Literal["unblended", "net"] = "unblended"
    refine_by: str = Field(default="", pattern=r"^(REGION|TAG:.+)?$")
    compare_with: str = ""
    months: int = Field(default=13, ge=1, le=14)
    settle_days: int = Field(default=14, ge=3)
    max_requests: int = Field(default=200, ge=1)
    billing_account_id: str = ""
    profile: str = ""
    endpoint_url: str = ""


@dataclass(frozen=True, slots=True)
class _Month:
    """One billing month that is asked for; `until` is the first day that is not."""

    period: BillingPeriod
    until: date

    @property
    def name(self) -> str:
        return f"Cost Explorer {self.period}"

    def question(self, options: CostExplorerOptions, granularity: str, *groups: tuple[str, str]) -> dict[str, Any]:
        return {
            "TimePeriod": {"Start": self.period.start.isoformat(), "End": self.until.isoformat()},
            "Granularity": granularity,
            "Metrics": [*_METRICS[options.cost], _QUANTITY],
            "GroupBy": [{"Type": kind, "Key": key} for kind, key in groups],
        }


class AwsCostExplorer:
    """Bills from the Cost Explorer API."""

    options: type[Options] = CostExplorerOptions
    permissions: tuple[Permission, ...] = (_ASK, _WHO)

    def collect(self, options: CostExplorerOptions, asked: Asked) -> Iterator[Part]:
        months = list(_months(options, asked))
        if not months:
            return
        explorer = _open(options, asked.source)
        try:
            payer = options.billing_account_id or explorer.payer()
            for number, month in enumerate(months):
                asked.progress(month.name, number, len(months))
                yield _part(explorer, month, options, asked, payer)
        finally:
            explorer.close()

    def try_permissions(self, options: CostExplorerOptions) -> list[Tried]:
        explorer = _open(options, "aws-cost-explorer")
        tried = []
        try:
            for permission, ask in ((_ASK, explorer.try_it), (_WHO, explorer.payer)):
                try:
                    ask()
                except FinOpsError as error:
                    tried.append(Tried(permission, False, error.what))
                else:
                    tried.append(Tried(permission, True, "answered"))
        finally:
            explorer.close()
        return tried


COLLECTORS.register("aws-cost-explorer")(AwsCostExplorer())


def _open(options: CostExplorerOptions, source: str) -> CostExplorer:
    return CostExplorer(source, profile=options.profile, endpoint_url=options.endpoint_url, most=options.max_requests)


def _months(options: CostExplorerOptions, asked: Asked) -> Iterator[_Month]:
    """Give the months to ask for, oldest first: those that are named, else those that are not settled yet."""
    newest = BillingPeriod.of(asked.today)
    periods = [newest]
    while len(periods) < options.months:
        periods.insert(0, periods[0].previous)
    if asked.months:
        periods = [BillingPeriod.of(month) for month in sorted(asked.months)]
    for period in periods:
        is_settled = asked.held.get(period.start) == _settled(options)
        if period.start <= asked.today and (asked.months or not is_settled):
            yield _Month(period, min(period.end, asked.today + timedelta(days=1)))


def _settled(options: CostExplorerOptions) -> str:
    """Give the marker of a settled month: with other questions it would be another answer."""
    question = f"totals for {options.compare_with}" if options.compare_with else options.refine_by or "by account"
    return f"settled, {options.cost}, {question}"


def _part(explorer: CostExplorer, month: _Month, options: CostExplorerOptions, asked: Asked, payer: str) -> Part:
    before = explorer.requests
    overview = list(
        explorer.groups(
            what=month.name,
            **month.question(options, "MONTHLY", ("DIMENSION", "RECORD_TYPE"), ("DIMENSION", "LINKED_ACCOUNT")),
        )
    )
    costing = [group for group in overview if any(_amounts(group, options))]
    if options.compare_with:
        rows = [_row(group, _class_of(group.first), group.second, options) for group in costing]
    else:
        rows = list(_days(explorer, month, options, costing))
        rows += _differences(_sums(costing, rows, options), month, options)
    path = asked.folder / f"cost-explorer-{month.period}.csv"
    fixed = {
        "BillingMonth": month.period.start.isoformat(),
        "BillingMonthEnd": month.period.end.isoformat(),
        "PayerAccount": payer,
        "Metrics": " ".join(_METRICS[options.cost]),
    }
    _write(path, ({**row, **fixed, "LinkedAccountName": explorer.names.get(row["LinkedAccount"], "")} for row in rows))
    is_estimated = any(group.estimated for group in overview)
    is_old = asked.today >= month.period.end + timedelta(days=options.settle_days)
    return Part(
        month=month.period.start,
        files=(path,) if rows else (),
        marker=_settled(options) if is_old and not is_estimated else "",
        origins={path: f"{month.name}, account {payer}"},
        dialect="aws-cost-explorer",
        notes=(f"{explorer.requests - before} requests to Cost Explorer",),
    )


def _class_of(record_type: str) -> str:
    return _CLASSES.get(record_type) or ("credit" if "discount" in record_type.lower() else "other")


def _days(
    explorer: CostExplorer, month: _Month, options: CostExplorerOptions, costing: list[Group]
) -> Iterator[dict[str, str]]:
    """Ask for the days of every class that costs anything."""
    types: dict[str, set[str]] = defaultdict(set)
    for group in costing:
        types[_class_of(group.first)].add(group.first)
    for class_, names in sorted(types.items()):
        of_class = _is("RECORD_TYPE", sorted(names))
        if class_ == "usage" and options.refine_by:
            for account in sorted({group.second for group in costing if _class_of(group.first) == class_}):
                kind, key = ("DIMENSION", "REGION") if options.refine_by == "REGION" else ("TAG", options.refine_by[4:])
                question = month.question(options, "DAILY", ("DIMENSION", "SERVICE"), (kind, key))
                filter_ = {"And": [of_class, _is("LINKED_ACCOUNT", [account])]}
                for group in explorer.groups(what=f"{month.name}, {account}", **question, Filter=filter_):
                    yield _row(group, class_, account, options) | _refined(group, kind, key)
            continue
        question = month.question(options, "DAILY", ("DIMENSION", "SERVICE"), ("DIMENSION", "LINKED_ACCOUNT"))
        for group in explorer.groups(what=f"{month.name}, {class_}", **question, Filter=of_class):
            yield _row(group, class_, group.second, options) | {"Service": group.first}


def _is(dimension: str, values: list[str]) -> dict[str, Any]:
    return {"Dimensions": {"Key": dimension, "Values": values}}


def _refined(group: Group, kind: str, key: str) -> dict[str, str]:
    if kind == "DIMENSION":
        return {"Service": group.first, "Region": group.second}
    # Cost Explorer writes `key$value`, and `key$` for what has no such tag.
    return {"Service": group.first, "TagKey": key, "TagValue": group.second.partition("$")[2]}


def _row(group: Group, class_: str, account: str, options: CostExplorerOptions) -> dict[str, str]:
    billed, amortized = (_metric(group, name) for name in _METRICS[options.cost])
    quantity, unit = group.metrics.get(_QUANTITY, ("", ""))
    return {
        "PeriodStart": group.start,
        "PeriodEnd": group.end,
        "LinkedAccount": account,
        "RecordClass": class_,
        "Currency": billed[1],
        "Billed": billed[0],
        "Amortized": amortized[0],
        "UsageQuantity": quantity,
        "UsageUnit": unit,
        "Estimated": str(group.estimated).lower(),
    }


def _metric(group: Group, name: str) -> tuple[str, str]:
    if name not in group.metrics:
        raise SourceError(
            f"Cost Explorer sent no {name} for {group.start}, {group.first}",
            next_step="if the account has no negotiated discounts, set cost: unblended in the source's options",
        )
    return group.metrics[name]


def _amounts(group: Group, options: CostExplorerOptions) -> tuple[Decimal, Decimal]:
    billed, amortized = (_number(_metric(group, name)[0]) for name in _METRICS[options.cost])
    return billed, amortized


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise SourceError(
            f"Cost Explorer sent {text[:40]!r} for an amount", next_step="run the command again later"
        ) from error


def _sums(costing: Iterable[Group], rows: Iterable[dict[str, str]], options: CostExplorerOptions) -> Totals:
    """Give what the month's totals are more than its days, per class, account and currency."""
    found: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    with localcontext(prec=60):
        for group in costing:
            key = (_class_of(group.first), group.second, _metric(group, _METRICS[options.cost][0])[1])
            for place, amount in enumerate(_amounts(group, options)):
                found[key][place] += amount
        for row in rows:
            key = (row["RecordClass"], row["LinkedAccount"], row["Currency"])
            for place, name in enumerate(("Billed", "Amortized")):
                found[key][place] -= _number(row[name])
    return {key: (billed, amortized) for key, (billed, amortized) in found.items()}


def _differences(sums: Totals, month: _Month, options: CostExplorerOptions) -> Iterator[dict[str, str]]:
    for (_, account, currency), amounts in sorted(sums.items()):
        if any(amounts):
            billed, amortized = (f"{amount.normalize():f}" for amount in amounts)
            yield {
                "PeriodStart": month.period.start.isoformat(),
                "PeriodEnd": month.until.isoformat(),
                "LinkedAccount": account,
                "RecordClass": "difference",
                "Currency": currency,
                "Billed": billed,
                "Amortized": amortized,
                "Estimated": "false",
            }


def _write(path: Path, rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
