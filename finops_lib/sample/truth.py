"""What is true of the sample estate? Sums, labels and owners that tests hold the workbench against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from finops_lib.periods import BillingPeriod
from finops_lib.sample.accounts import ACCOUNT, ACCOUNTS, EUROPE, ORGANIZATION
from finops_lib.sample.anomalies import EVENTS, FEE_AFTER, FEE_BEFORE, FEE_JUMP_NAME, FEE_RESOURCE
from finops_lib.sample.catalogue import service_of
from finops_lib.sample.charges import ARRIVED, MONEY_COLUMNS
from finops_lib.sample.commitments import COMMITMENTS
from finops_lib.sample.curves import Calendar
from finops_lib.sample.extras import fee_jump_day
from finops_lib.sample.lines import Bill, Line, resource_on
from finops_lib.sample.records import Account, Commitment
from finops_lib.sample.remedies import Acted
from finops_lib.sample.spend import days_of, judged_month, spend_by_scope
from finops_lib.sample.tags import ALIASES, DIMENSIONS, KEYS, MISSPELT, expected_allocation
from finops_lib.sample.wasted import look_alikes, realised, wasted

COST_NAMES = {"billed": "BilledCost", "effective": "EffectiveCost", "list": "ListCost", "contracted": "ContractedCost"}
_KIND_OF = {column: name for name, column in COST_NAMES.items()}


def money_text(trillionths: int) -> str:
    """Write whole trillionths as an exact decimal."""
    return format(Decimal(trillionths).scaleb(-12), "f")


@dataclass(slots=True)
class Tally:
    """What was written so far; sums are Python integers, which know no overflow and no rounding."""

    files: list[dict[str, Any]] = field(default_factory=list)
    restated: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    resources: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    services: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    # (provider, line, account id, currency, ChargeCategory) -> rows, billed, effective; line -1 = no line.
    shares: dict[tuple[str, int, str, str, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0, 0])
    )
    # Sums per day of the two months that budgets look at.
    days: list[pl.DataFrame] = field(default_factory=list)


def add_month(
    tally: Tally, charges: pl.DataFrame, *, provider: str, month: BillingPeriod, paths: list[str], as_of: date
) -> None:
    """Count one month's charges, which `paths` hold; they carry `line`, the number of their line or -1."""
    if month >= judged_month(as_of).previous:
        tally.days.append(days_of(charges, provider))
    sums = {currency: _costs(row) for currency, row in _sums(charges).items()}
    file = {"paths": paths, "provider": provider, "month": str(month), "rows": charges.height, "sums": sums}
    tally.files.append(file)
    keys = ("line", "SubAccountId", "BillingCurrency", "ChargeCategory")
    for row in charges.group_by(keys).agg(pl.len(), pl.col("BilledCost", "EffectiveCost").sum()).iter_rows():
        share = tally.shares[provider, *row[:4]]
        for n in range(3):
            share[n] += row[4 + n]
    _count(tally, charges, provider)


def _sums(charges: pl.DataFrame) -> dict[str, dict[str, int]]:
    sums = charges.group_by("BillingCurrency").agg(pl.len().alias("rows"), pl.col(MONEY_COLUMNS).sum())
    return {row.pop("BillingCurrency"): row for row in sums.sort("BillingCurrency").iter_rows(named=True)}


def _costs(row: dict[str, Any]) -> dict[str, Any]:
    return {name: money_text(row[column]) for name, column in COST_NAMES.items()} | {"rows": row["rows"]}


def add_restatement(
    tally: Tally,
    charges: pl.DataFrame,
    first: pl.DataFrame,
    changes: list[dict[str, Any]],
    *,
    provider: str,
    month: BillingPeriod,
) -> None:
    """Note what a month was first said to cost, what it costs, and which changes lie between, per currency."""
    now, before = _sums(charges), _sums(first)
    for currency in now:
        tally.restated.append(
            {
                "provider": provider,
                "month": str(month),
                "currency": currency,
                "before": _costs(before[currency]),
                "after": _costs(now[currency]),
                "change": _costs({name: value - before[currency][name] for name, value in now[currency].items()}),
                "reasons": [
                    {name: change[name] for name in ("kind", "account_id", "service", "note")}
                    | _costs(change)
                    | {"moved": {_KIND_OF[name]: money_text(value) for name, value in change["moved"].items()}}
                    for change in changes
                    if change["currency"] == currency
                ],
            }
        )


def _count(tally: Tally, charges: pl.DataFrame, provider: str) -> None:
    hours = pl.col("ChargePeriodEnd") - pl.col("ChargePeriodStart") == pl.duration(hours=1)
    row = charges.select(
        negative=(pl.col("BilledCost") < 0).sum(),
        null_resource_ids=pl.col("ResourceId").is_null().sum(),
        corrections=(pl.col("ChargeClass") == "Correction").sum(),
        refunds=((pl.col("ChargeCategory") == "Usage") & (pl.col("BilledCost") < 0)).sum(),
        used=(pl.col("CommitmentDiscountStatus") == "Used").sum(),
        unused=(pl.col("CommitmentDiscountStatus") == "Unused").sum(),
        commitment_purchases=(
            (pl.col("ChargeCategory") == "Purchase") & pl.col("CommitmentDiscountId").is_not_null()
        ).sum(),
        marketplace=(pl.col("PublisherName") != pl.col("ProviderName")).sum(),
        untagged=(~pl.col("tagged")).sum(),
        hourly=hours.sum(),
    ).row(0, named=True)
    counts = tally.counts[provider]
    counts.update(row)
    counts["rows"] += charges.height
    counts.update({f"category {name}": n for name, n in charges["ChargeCategory"].value_counts().iter_rows()})
    tally.resources[provider].update(charges["ResourceId"].drop_nulls().str.to_lowercase().unique())
    tally.services[provider].update(charges["ServiceName"].unique())


def _allocation(tally: Tally, bills: dict[str, Bill]) -> list[dict[str, Any]]:
    accounts = {account.id: account for account in ACCOUNTS}
    merged: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for (provider, number, account_id, currency, category), share in tally.shares.items():
        account = accounts[account_id]
        line = bills[provider].lines[number] if number >= 0 else None
        owner = (line.fleet.owner or account.owner) if line else None
        read = line.tagging.read if line else {}
        true = tuple(getattr(owner, name) for name in DIMENSIONS) if owner else None
        expected = tuple(expected_allocation(account, read).values())
        key = (provider, account_id, currency, category, bool(line and line.pairs), true, expected)
        merged[key] = [a + b for a, b in zip(merged[key], share, strict=True)]
    return [
        {
            "provider": provider,
            "account_id": account_id,
            "currency": currency,
            "charge_category": category,
            "tagged": tagged,
            "organization": EUROPE if account_id == ACCOUNT["eu-commerce"].id else ORGANIZATION,
            "true": dict(zip(DIMENSIONS, true, strict=True)) if true else None,
            "expected": dict(zip(DIMENSIONS, expected, strict=True)),
            "rows": rows,
            "billed": money_text(billed),
            "effective": money_text(effective),
        }
        for (provider, account_id, currency, category, tagged, true, expected), (rows, billed, effective) in sorted(
            merged.items(), key=lambda item: str(item[0])
        )
    ]


def complete_through(provider: str, calendar: Calendar) -> date:
    """Give the last day of which everything has arrived."""
    return calendar.as_of - timedelta(days=len(ARRIVED[provider]))


def _resources(bill: Bill, lines: list[Line], first: int, last: int) -> list[str]:
    numbers = {int(n) for line in lines for n in resource_on(line, np.arange(max(first, 0), last + 1)) if n}
    return [str(bill.resources["ResourceId"][n]) for n in sorted(numbers)]


def _meters(bill: Bill, fleets: tuple[str, ...]) -> list[str]:
    """Name the price items of some fleets, which stay where resources are replaced."""
    names = zip(bill.lines, bill.texts["SkuMeter"], strict=True)
    return sorted({str(meter) for line, meter in names if line.fleet.name in fleets})


def _anomalies(bills: dict[str, Bill], calendar: Calendar) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for event in EVENTS:
        for provider, bill in bills.items():
            if event.name not in bill.added:
                continue
            lines = [
                line for line in bill.lines if line.fleet.name in event.fleets and not (event.slot_only and line.slot)
            ]
            account = ACCOUNT[lines[0].fleet.account]
            complete = calendar.last - len(ARRIVED[provider]) + 1
            start = calendar.index(event.start)
            end = calendar.index(event.end) if event.end else calendar.last
            services = sorted({service_of(line.fleet).name for line in lines})
            found.append(
                _anomaly(event.name, event.kind, account, services, calendar, start, end)
                | {
                    "resource_ids": _resources(bill, lines, start, end),
                    "meters": _meters(bill, event.fleets),
                    "impact": f"{bill.added[event.name][:complete].sum():.2f}",
                    "note": event.note,
                }
            )
    fee = (fee_jump_day(calendar.anchor) - calendar.first).days
    found.append(
        _anomaly(FEE_JUMP_NAME, "fee_jump", ACCOUNT["shared"], ["Datadog Pro"], calendar, fee, fee)
        | {
            "resource_ids": [FEE_RESOURCE],
            "meters": [],
            "impact": f"{FEE_AFTER - FEE_BEFORE}.00",
            "note": "more seats of a marketplace subscription",
        }
    )
    return found


def _anomaly(
    name: str, kind: str, account: Account, services: list[str], calendar: Calendar, start: int, end: int
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "provider": account.provider,
        "account_id": account.id,
        # A diffuse rise shows at the account, in no service of its own.
        "service": services[0] if len(services) == 1 else None,
        "services": services,
        "start": str(calendar.first + timedelta(days=start)),
        "end": str(calendar.first + timedelta(days=end)),
        "ongoing": end == calendar.last,
        "currency": account.currency,
    }


def _bought(commitment: Commitment, calendar: Calendar) -> str | None:
    return None if commitment.bought is None else str(calendar.anchor - timedelta(days=commitment.bought))


def _ends(commitment: Commitment, calendar: Calendar) -> str | None:
    if commitment.bought is None:
        return None
    return str(calendar.anchor - timedelta(days=commitment.bought) + timedelta(days=365 * commitment.term // 12))


def tell_truth(
    tally: Tally,
    bills: dict[str, Bill],
    *,
    calendar: Calendar,
    seed: int,
    grain: dict[str, Any],
    redelivered: list[dict[str, str]],
    acted: Sequence[Acted] = (),
) -> dict[str, Any]:
    """Put everything that is known about the estate into one JSON-able object."""
    return {
        "seed": seed,
        "as_of": str(calendar.as_of),
        "labelled_as_of": str(calendar.anchor),
        "first_day": str(calendar.first),
        "rows": sum(file["rows"] for file in tally.files),
        "grain": grain,
        "first_incomplete_day": {name: str(complete_through(name, calendar) + timedelta(days=1)) for name in bills},
        "complete_through": {name: str(complete_through(name, calendar)) for name in bills},
        "files": tally.files,
        "restated": tally.restated,
        "redelivered": redelivered,
        "provider_months": [
            {"provider": file["provider"], "month": file["month"], "currency": currency} | sums
            for file in tally.files
            for currency, sums in file["sums"].items()
        ],
        "counts": {
            name: dict(sorted(counts.items()))
            | {"resources": len(tally.resources[name]), "services": len(tally.services[name])}
            for name, counts in tally.counts.items()
        },
        "accounts": [
            {
                "provider": account.provider,
                "id": account.id,
                "name": account.name,
                "currency": account.currency,
                "shared": not account.mapped,
            }
            for account in ACCOUNTS
        ],
        "tags": {"keys": KEYS, "aliases": ALIASES, "misspelt": MISSPELT},
        "allocation": _allocation(tally, bills),
        "anomalies": _anomalies(bills, calendar),
        "waste": wasted(bills, calendar),
        "look_alikes": look_alikes(bills, calendar),
        "implemented": realised(acted, calendar),
        "budget_basis": [
            {
                "scope_type": kind,
                "scope_value": value,
                "currency": currency,
                "complete": money_text(spend.complete),
                "known": money_text(spend.known),
                "before": money_text(spend.before),
            }
            for (kind, value, currency), spend in sorted(
                spend_by_scope(pl.concat(tally.days), bills, calendar.as_of).items()
            )
        ],
        "commitments": [
            {
                "id": commitment.id,
                "provider": ACCOUNT[commitment.account].provider,
                "account_id": ACCOUNT[commitment.account].id,
                "kind": commitment.kind,
                "payment": commitment.payment,
                "per_day": commitment.per_day,
                "discount": commitment.discount,
                "term_months": commitment.term,
                # Of one that is older than the bills, nobody can see in them when it ends.
                "bought": _bought(commitment, calendar),
                "ends": _ends(commitment, calendar),
                "currency": ACCOUNT[commitment.account].currency,
            }
            for commitment in COMMITMENTS
        ],
    }
