"""What is the providers' own advice worth to this customer, and what of it did we find ourselves?

Question: which number counts, the provider's or ours?
Choice: their share of the cost, on what the customer pays: 35 of 70 at list is half of the effective cost. Never more
than the resource costs; theirs as it is, and marked, where the bill does not show the resource.
Why: providers price at list, or with the discounts of one of several contracts, over their own window.

Advice about a resource and step that one of our checks found as well is not listed again: ours has its evidence at
hand. It says who else advises it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.identity import Key, key_of
from finops_lib.analyses.savings.resources import (
    OWNER_NOT_KNOWN,
    SMALLEST,
    Change,
    Resource,
    priority_of,
    risk_of,
)
from finops_lib.findings import Effort, Recommendation, Step

WORKBENCH = "workbench"
# What no bill has: a number that is none, or not of money.
_TOO_MUCH = Decimal(10**12)
# We have seen none of the evidence, so it is less sure than the same thing found by ourselves; by grade of the price.
CONFIDENCE = {"B": 0.6, "C": 0.5, "D": 0.4}
# What an action is by its words, the first that fits; AWS and Google write it in one word, Azure in a sentence.
_STEPS: tuple[tuple[str, Step], ...] = (
    (r"savings ?plans?|reserv|commitment", "commit"),
    (r"hybrid benefit|licen[cs]e", "licence"),
    (r"access tier|lifecycle|cold storage", "tier"),
    (r"right-?size|resize|skuchange|machine_?type|graviton|scale ?in|upgrade|overprovisioned", "rightsize"),
    (r"delete|remove|release|stop|shut ?down|deallocate|idle|unused|unattached|cleanup|reclaim", "terminate"),
)
_CHANGES: Mapping[Step, Change] = {"commit": "config", "licence": "config", "tier": "replace", "rightsize": "resize"}
_HOLDS_DATA = re.compile(r"disk|volume|database|dbinstance|cluster|snapshot|sql", re.IGNORECASE)
_EFFORTS: Mapping[str, Effort] = {
    "VeryLow": "VeryLow",
    "Low": "Low",
    "Medium": "Medium",
    "High": "High",
    "VeryHigh": "VeryHigh",
}
# Steps that both mean that the resource goes.
_SAME: Mapping[Step, Step] = {"clean-up": "terminate"}


class _Price(NamedTuple):
    """What a piece of advice saves a month of what is paid now, and how sure that price is."""

    saving: Decimal
    cost: Decimal
    grade: str


def advised(estate: Estate, type_: str) -> Iterator[Recommendation]:
    """Give a provider's advice as recommendations, at the customer's own cost.

    Args:
        type_: `aws-advice`, `azure-advice` or `gcp-advice`.
    """
    by_name = {
        (one.account, name): one
        for one in estate.resources.values()
        if one.described is not None and (name := one.described.attributes.get("full_name"))
    }
    for row in estate.of_type(type_):
        attributes = row.described.attributes if row.described else {}
        # Somebody looked at it there and said not now.
        if attributes.get("suppressions", "0") != "0":
            continue
        about = attributes.get("advised_resource", "")
        target = estate.find(row.provider, row.account, about) or by_name.get((row.account, about))
        yield _recommendation(estate, type_, row, attributes, target)


def settled(found: Iterable[Recommendation]) -> list[Recommendation]:
    """Leave out advice that our own checks gave as well, and say there who else gives it.

    Alternatives for one resource and step by one provider, e.g. a term of one or three years, are kept once: the
    largest saving.
    """
    ours: list[Recommendation] = []
    theirs: dict[tuple[tuple[Key, Step], str], Recommendation] = {}
    for one in found:
        if one.source == WORKBENCH:
            ours.append(one)
            continue
        key = (_key(one), one.source)
        if key not in theirs or one.monthly_savings > theirs[key].monthly_savings:
            theirs[key] = one
    known = {_key(one) for one in ours}
    also: dict[tuple[Key, Step], list[str]] = {}
    for one in theirs.values():
        also.setdefault(_key(one), []).append(f"{one.source}: {one.facts.get('their_action') or one.action}")
    noted = [
        replace(one, facts={**one.facts, "also_advised_by": "; ".join(sorted(also[_key(one)]))})
        if _key(one) in also
        else one
        for one in ours
    ]
    return noted + [one for one in theirs.values() if _key(one) not in known]


def step_of(action: str, says: str) -> Step:
    """Say what kind of change advice is about, by its action or else its sentence; "rightsize" if neither says."""
    for words in (action, says):
        for pattern, step in _STEPS:
            if re.search(pattern, words, re.IGNORECASE):
                return step
    return "rightsize"


def _recommendation(
    estate: Estate, type_: str, row: Resource, attributes: Mapping[str, str], target: Resource | None
) -> Recommendation:
    about = attributes.get("advised_resource", "")
    action, says = attributes.get("action", ""), attributes.get("says", "")
    step = step_of(action, says)
    price = _price(estate, attributes, target)
    team = target.team if target else ""
    confidence = CONFIDENCE.get(price.grade, CONFIDENCE["D"])
    confidence = round(confidence if team else confidence * OWNER_NOT_KNOWN, 3)
    holds_data = _HOLDS_DATA.search(attributes.get("resource_kind", "")) is not None
    change = _CHANGES.get(step) or ("delete data" if holds_data else "delete")
    environment = target.environment if target else ""
    service = attributes.get("service") or "Azure Advisor"
    return Recommendation(
        type=type_,
        provider=row.provider,
        account=row.account,
        resource_id=target.id if target else about or row.id,
        action=says or _words(action),
        evidence=_evidence(service, attributes, estate.currency, price),
        monthly_savings=price.saving,
        current_monthly_cost=price.cost,
        currency=estate.currency,
        confidence=confidence,
        priority=priority_of(price.saving, confidence),
        owner=team,
        target=attributes.get("target") or action,
        step=step,
        effort=_EFFORTS.get(attributes.get("effort", ""), "Medium"),
        risk=risk_of(change, environment),
        resource_name=target.name if target else row.name,
        region=row.region,
        environment=environment,
        price_grade=price.grade,
        # Commitments are worked out by ourselves, from hours; theirs are alternatives that nobody may add up.
        is_headline=step != "commit",
        facts=_facts(row, attributes),
        source=service,
        data_through=estate.as_of,
    )


def _price(estate: Estate, attributes: Mapping[str, str], target: Resource | None) -> _Price:
    theirs, their_cost = _their_saving(attributes), _money(attributes.get("monthly_cost"))
    is_own_currency = attributes.get("currency") == estate.currency
    cost = target.monthly_cost if target else Decimal(0)
    if theirs is None:
        return _Price(Decimal(0), cost, "")
    if cost > 0 and their_cost:
        return _Price((cost * min(theirs / their_cost, Decimal(1))).quantize(SMALLEST), cost, "B")
    if not is_own_currency:
        return _Price(Decimal(0), cost, "")
    if cost > 0:
        return _Price(min(theirs, cost).quantize(SMALLEST), cost, "C")
    paid = theirs if their_cost is None else max(theirs, their_cost)
    return _Price(theirs.quantize(SMALLEST), paid.quantize(SMALLEST), "D")


def _their_saving(attributes: Mapping[str, str]) -> Decimal | None:
    """Give what the provider says is saved in a month; None where it gives no number, or none above zero."""
    a_month, a_year = _money(attributes.get("monthly_saving")), _money(attributes.get("annual_saving"))
    return a_month if a_month is not None else a_year / 12 if a_year is not None else None


def _money(text: str | None) -> Decimal | None:
    try:
        amount = Decimal(text or "")
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 < amount < _TOO_MUCH else None


def _evidence(service: str, attributes: Mapping[str, str], currency: str, price: _Price) -> str:
    days = attributes.get("lookback_days", "")
    looked = f" after {days} days" if days else ""
    theirs = _their_saving(attributes)
    stated = f"{theirs:,.2f} {attributes.get('currency', '')} a month" if theirs is not None else "no number"
    how = {
        "B": f"{price.saving:,.2f} {currency} at what is paid here",
        "C": "of which no more than is paid here counts",
        "D": "the bill does not show the resource",
    }.get(price.grade, "which cannot be put into the currency of this bill" if theirs is not None else "a review")
    return f"{service} says so{looked}: {stated}, {how}"


def _facts(row: Resource, attributes: Mapping[str, str]) -> dict[str, str]:
    named = {
        "their_id": row.id,
        "their_action": attributes.get("action", ""),
        "their_saving": attributes.get("monthly_saving") or attributes.get("annual_saving", ""),
        "their_currency": attributes.get("currency", ""),
        "current": attributes.get("current", ""),
        "lookback_days": attributes.get("lookback_days", ""),
        "term": attributes.get("term", ""),
    }
    return {name: text for name, text in named.items() if text}


def _words(action: str) -> str:
    """Turn `MigrateToGraviton` or `STOP_VM` into words."""
    spaced = action.replace("_", " ") if action.isupper() else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", action)
    return spaced.lower()


def _key(one: Recommendation) -> tuple[Key, Step]:
    return key_of(one.provider, one.account, one.resource_id), _SAME.get(one.step, one.step)
