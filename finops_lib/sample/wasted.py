"""What is waste in the sample estate, what only looks like it, and what did acting on some of it save?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from finops_lib.sample.accounts import ACCOUNT
from finops_lib.sample.charges import ARRIVED
from finops_lib.sample.commitments import COMMITMENTS
from finops_lib.sample.curves import MONTH, Calendar
from finops_lib.sample.lines import Bill, Line, resource_on
from finops_lib.sample.planted import KINDS, LOOK_ALIKES, NEEDS_MORE, UNUSED_FEE, UNUSED_SUBSCRIPTION
from finops_lib.sample.records import Account
from finops_lib.sample.remedies import Acted, days_saved, share_left
from finops_lib.sample.resources import resource_id

# A disk is charged, but it is the machine that stopped; a snapshot is charged, but it is its image that nobody uses.
_MACHINES = {"aws": "instance", "azure": "vm", "gcp": "gce"}
ORPHAN_INTERFACES = ("mobile-test", ("old-runner-nic", "old-build-nic"))


def wasted(bills: Mapping[str, Bill], calendar: Calendar) -> list[dict[str, Any]]:
    """Give all planted waste as it stands without any action, one record per kind and resource."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    money: dict[tuple[str, str], list[float]] = {}

    def add(kind: str, account: Account, resource: str, daily: float, saved: float, **more: object) -> None:
        label = KINDS[account.provider][kind]
        key = (kind, resource)
        found.setdefault(
            key,
            {
                "kind": kind,
                "check": label.check,
                "also": list(label.also),
                "needs": label.needs,
                "is_review": label.is_review,
                "provider": account.provider,
                "account_id": account.id,
                "resource_id": resource,
                "billed_as": [resource],
                "related": [],
                "target": "",
                "currency": account.currency,
            },
        ).update({name: value for name, value in more.items() if value})
        sums = money.setdefault(key, [0.0, 0.0])
        sums[0] += daily * MONTH
        sums[1] += 0.0 if label.is_review else saved * MONTH

    for provider, bill in bills.items():
        last = calendar.last - len(ARRIVED[provider]) + 1
        names = list(dict.fromkeys(line.fleet.name for line in bill.lines))
        for number, line in enumerate(bill.lines[: bill.drawn]):
            if not line.fleet.waste:
                continue
            month = bill.money[names.index(line.fleet.name), last - 30 : last]
            daily = float(month[month > 0].mean()) * line.weight
            saved = daily * (1 - share_left(line.fleet, bill.skus[number]))
            account = ACCOUNT[line.fleet.account]
            billed, name = _named(bill, line)
            kind, needs = line.fleet.waste, NEEDS_MORE.get(line.fleet.name, "")
            target = line.fleet.becomes.target if line.fleet.becomes else ""
            if kind == "unused-image":
                image = _image(line, name)
                add(kind, account, image, daily, saved, billed_as=[billed], related=[billed])
                continue
            related = [resource_id(account, _MACHINES[provider], name)] if kind == "stopped-instance-disk" else []
            add(kind, account, billed, daily, saved, related=related, target=target, needs=needs)
        for commitment in COMMITMENTS:
            if ACCOUNT[commitment.account].provider == provider:
                covered = [n for n, name in enumerate(names) if _fleet(bill, name) == commitment.key]
                daily = float(commitment.per_day) - bill.money[covered, last - 30 : last].sum(axis=0).mean()
                add("unused-commitment", ACCOUNT[commitment.account], commitment.id, daily, daily)
    add("marketplace-without-usage", ACCOUNT["shared"], UNUSED_SUBSCRIPTION, UNUSED_FEE / MONTH, 0.0)
    account = ACCOUNT[ORPHAN_INTERFACES[0]]
    for name in ORPHAN_INTERFACES[1]:
        add("azure-orphan-nic", account, resource_id(account, "nic", name), 0.0, 0.0)
        found["azure-orphan-nic", resource_id(account, "nic", name)]["billed_as"] = []
    return [
        record | {"monthly_cost": f"{money[key][0]:.2f}", "monthly_saving": f"{money[key][1]:.2f}"}
        for key, record in found.items()
    ]


def look_alikes(bills: Mapping[str, Bill], calendar: Calendar) -> list[dict[str, str]]:
    """Give what no rule may name as that kind, with the reason, one record per resource and kind."""
    return [
        {
            "looks_like": kind,
            "reason": LOOK_ALIKES[line.fleet.name].reason,
            "shown_by": LOOK_ALIKES[line.fleet.name].shown_by,
            "provider": provider,
            "account_id": ACCOUNT[line.fleet.account].id,
            "resource_id": _image(line, name) if kind == "unused-image" else billed,
            "billed_as": billed,
        }
        for provider, bill in bills.items()
        for line in bill.lines
        if line.fleet.name in LOOK_ALIKES
        for billed, name in [_named(bill, line, on=_last_charged(bill, line, calendar))]
        for kind in LOOK_ALIKES[line.fleet.name].looks_like
    ]  # fmt: skip


def realised(acted: Sequence[Acted], calendar: Calendar) -> list[dict[str, Any]]:
    """Give what each action saved on each day of which everything has arrived."""
    merged: dict[tuple[str, str, date], list[Acted]] = {}
    for one in acted:
        merged.setdefault((one.line.fleet.waste, one.resource_id, one.on), []).append(one)
    return [
        {
            "kind": kind,
            "provider": ACCOUNT[ones[0].line.fleet.account].provider,
            "account_id": ACCOUNT[ones[0].line.fleet.account].id,
            "resource_id": resource,
            "currency": ACCOUNT[ones[0].line.fleet.account].currency,
            "on": str(on),
            "days": _sum_of_days(ones, calendar),
        }
        for (kind, resource, on), ones in merged.items()
    ]


def _sum_of_days(ones: list[Acted], calendar: Calendar) -> dict[str, str]:
    provider = ACCOUNT[ones[0].line.fleet.account].provider
    until = calendar.as_of - timedelta(days=len(ARRIVED[provider]))
    parts = [days_saved(one, calendar, until) for one in ones]
    return {day: f"{sum(float(part[day]) for part in parts):.6f}" for day in parts[0]}


def _named(bill: Bill, line: Line, on: int | None = None) -> tuple[str, str]:
    """Give id and name of the resource in a line's slot; `on`: a position in the calendar."""
    number = line.first_resource if on is None else int(resource_on(line, np.array([on]))[0])
    return str(bill.resources["ResourceId"][number]), str(bill.resources["ResourceName"][number])


def _image(line: Line, name: str) -> str:
    return resource_id(ACCOUNT[line.fleet.account], "image", name)


def _last_charged(bill: Bill, line: Line, calendar: Calendar) -> int:
    """Give the last day that this line is charged for and of which everything has arrived."""
    names = list(dict.fromkeys(one.fleet.name for one in bill.lines))
    money = bill.money[names.index(line.fleet.name), : calendar.last - len(ARRIVED[bill.provider]) + 1]
    return int(np.flatnonzero(money)[-1])


def _fleet(bill: Bill, name: str) -> str:
    return next(line.fleet.commitment for line in bill.lines if line.fleet.name == name)
