"""What did the providers first say of a month that they later restated? The final month, with its changes undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import polars as pl

from finops_lib.periods import BillingPeriod
from finops_lib.sample.accounts import ACCOUNT
from finops_lib.sample.charges import MONEY_COLUMNS

# The rate that was charged at first, in percent of the list price.
_WRONG_RATE = 88


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a provider corrected: what kind, whose, in which service, and in words."""

    kind: str
    account: str
    service: str
    note: str


CHANGES = {
    "aws": (
        Change("late-usage", "payments-prod", "Amazon DynamoDB", "usage of the last days arrived after the invoice"),
        Change("re-rated", "payments-prod", "AWS Lambda", "a discount of 12 % that did not apply was taken back"),
        Change(
            "tags-moved",
            "payments-prod",
            "Amazon Relational Database Service",
            "tags that were set late were added to the month",
        ),
        Change(
            "removed", "payments-prod", "Amazon Simple Queue Service", "queues that were deleted are charged no more"
        ),
    ),
    "azure": (
        Change("credit", "mobile-prod", "Virtual Machines", "the month's credit was granted after the invoice"),
        Change("late-usage", "eu-commerce", "Azure SQL Database", "usage of the last days arrived after the invoice"),
    ),
}


def as_first_delivered(
    charges: pl.DataFrame, *, provider: str, month: BillingPeriod
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Undo the changes of a month.

    Args:
        charges: the final charges, money in trillionths.
    Returns:
        The charges as they were first delivered, and for each change what it added: kind, account_id, service,
        currency, note, rows and each cost column in trillionths; `moved`: its billed and effective cost that came
        under other tags.
    """
    told = []
    for change in CHANGES[provider]:
        account = ACCOUNT[change.account]
        before = _undo(charges, change, account.id, month)
        told.append(
            {
                "kind": change.kind,
                "account_id": account.id,
                "service": change.service,
                "currency": account.currency,
                "note": change.note,
                "rows": charges.height - before.height,
                **{name: int(charges[name].sum()) - int(before[name].sum()) for name in MONEY_COLUMNS},
                "moved": _moved(charges, change, account.id),
            }
        )
        charges = before
    return charges, told


def _of_service(change: Change, account_id: str) -> pl.Expr:
    return (pl.col("SubAccountId") == account_id) & (pl.col("ServiceName") == change.service)


def _usage(change: Change, account_id: str) -> pl.Expr:
    return _of_service(change, account_id) & (pl.col("ChargeCategory") == "Usage") & (pl.col("line") >= 0)


def _moved(charges: pl.DataFrame, change: Change, account_id: str) -> dict[str, int]:
    if change.kind != "tags-moved":
        return {"BilledCost": 0, "EffectiveCost": 0}
    tagged = charges.filter(_usage(change, account_id) & pl.col("tagged"))
    return {name: int(tagged[name].sum()) for name in ("BilledCost", "EffectiveCost")}


def _undo(charges: pl.DataFrame, change: Change, account_id: str, month: BillingPeriod) -> pl.DataFrame:
    usage = _usage(change, account_id)
    if change.kind == "credit":
        return charges.filter(~(_of_service(change, account_id) & (pl.col("ChargeCategory") == "Credit")))
    if change.kind == "tags-moved":
        untagged = pl.when(usage).then(None).otherwise(pl.col("Tags"))
        return charges.with_columns(untagged.alias("Tags"), (pl.col("tagged") & ~usage).alias("tagged"))
    if change.kind == "removed":
        gone = charges.filter(usage & (pl.col("ChargePeriodStart") == datetime.combine(month.start, time())))
        deleted = pl.col("ResourceId") + "-deleted"
        return pl.concat([charges, gone.with_columns(deleted, pl.col("ResourceName") + "-deleted")])
    if change.kind == "late-usage":
        last_days = datetime.combine(month.end - timedelta(days=3), time())
        return charges.filter(~(usage & (pl.col("ChargePeriodEnd") > last_days)))
    price = pl.col("ListUnitPrice") * _WRONG_RATE // 100
    costs = ("BilledCost", "EffectiveCost", "ContractedCost")
    return charges.with_columns(
        *(pl.when(usage).then(pl.col("quantity") * price).otherwise(pl.col(name)).alias(name) for name in costs),
        pl.when(usage).then(price).otherwise(pl.col("ContractedUnitPrice")).alias("ContractedUnitPrice"),
    )
