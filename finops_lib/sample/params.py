"""Which parameters does the demo run with? The text of its workbench.yaml and budget_plan.yaml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import yaml

from finops_lib.sample.accounts import ACCOUNT, ACCOUNTS, EUROPE, ORGANIZATION
from finops_lib.sample.records import Estate
from finops_lib.sample.spend import LONGEST_TAIL, judged_month
from finops_lib.sample.tags import ALIASES, DIMENSIONS, KEYS, account_value

_PAYMENTS_DEV, _EU = ACCOUNT["payments-dev"].id, ACCOUNT["eu-commerce"].id
# name, scope type, scope value, currency, how it ends, owner; the teams are parts of the company's budget
_BUDGETS = (
    ("company", "organization", ORGANIZATION, "USD", "kept", "Ines Albrecht, CFO"),
    ("team-payments", "team", "payments", "USD", "kept", "Tom Reyes"),
    ("team-search", "team", "search", "USD", "kept", "Aiko Mori"),
    ("team-mobile", "team", "mobile", "USD", "kept", "Nadia Haddad"),
    ("project-recsys", "project", "recsys", "USD", "exceeded", "Lars Vik"),
    ("environment-test", "environment", "test", "USD", "kept", "Nadia Haddad"),
    ("databases", "service", "Amazon Relational Database Service", "USD", "missed", "Sam Okoye"),
    ("payments-dev", "account", _PAYMENTS_DEV, "USD", "exceeded", "Tom Reyes"),
    ("europe", "account", _EU, "EUR", "kept", "Clara Weiss"),
)
# A budget of an expression, over a quarter, with an amount for each month.
_PRODUCT_TEAMS = ("mobile", "search")


class _Quoted(str):
    """An id that stands in quotes, so that no YAML reader takes it for a number and drops its leading zero."""


class _Dumper(yaml.SafeDumper):
    """The safe dumper that knows quoted ids."""


_Dumper.add_representer(_Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def _yaml(settings: Mapping[str, object]) -> str:
    return yaml.dump(settings, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def sample_workbench_yaml(data: str = "data") -> str:
    """Write the workbench.yaml of the demo; `data` is the estate's folder as the sources shall name it."""
    dimensions: dict[str, object] = {}
    for name in DIMENSIONS:
        mapped = {_Quoted(account.id): account_value(account, name) for account in ACCOUNTS if account.mapped}
        aliases = {value: list(others) for value, others in ALIASES[name].items()}
        dimensions[name] = {"keys": list(KEYS[name]), "aliases": aliases, "accounts": mapped}
    dimensions["organization"] = {"accounts": {_Quoted(_EU): EUROPE}, "default": ORGANIZATION}
    sources = (("aws-payer", "aws"), ("azure-ea", "azure"), ("gcp-billing", "gcp"))
    settings = {
        "currency": "USD",
        "allocation": {"rules_version": 1, "dimensions": dimensions},
        "sources": [
            {
                "name": name,
                "provider": provider,
                "path": f"{data}/{provider}",
                "inventory": {"path": f"{data}/inventory/{provider}"},
            }
            for name, provider in sources
        ],
    }
    return _yaml(settings)


def sample_budget_plan_yaml(estate: Estate) -> str:
    """Write the budget_plan.yaml of the demo: whatever the as-of date, some budgets break and most hold.

    The amounts follow from what the estate spent in the month of its newest day that is complete everywhere: `exceeded`
    ones are below what is already spent, the `missed` one lies between that and the run rate, the others hold. One is
    the parent of others, one is in euros, one is of an expression and lasts a quarter.
    """
    spent = {
        (row["scope_type"], row["scope_value"], row["currency"]): row
        for row in json.loads(estate.truth.read_text(encoding="utf-8"))["budget_basis"]
    }
    budgets: list[dict[str, object]] = []
    for name, kind, value, currency, ending, owner in _BUDGETS:
        amount = _amount(spent[kind, value, currency], ending, estate.as_of)
        budgets.append(
            {
                "name": name,
                "scope_type": kind,
                "scope_value": _Quoted(value) if kind == "account" else value,
                "amount": str(amount),
                "currency": currency,
                "period": "monthly",
                "cost": "effective",
                "owner": owner,
                **({"parent": _BUDGETS[0][0]} if kind == "team" else {}),
            }
        )
    monthly = sum(_amount(spent["team", team, "USD"], "kept", estate.as_of) for team in _PRODUCT_TEAMS)
    budgets.append(
        {
            "name": "product-teams",
            "scope": f"team in ({', '.join(repr(team) for team in _PRODUCT_TEAMS)})",
            "phased_amounts": [str(monthly)] * 3,
            "currency": "USD",
            "period": "quarterly",
            "preset": "accrual",
            "owner": "Nadia Haddad",
        }
    )
    return _yaml({"budgets": budgets})


def _amount(row: dict[str, str], ending: str, as_of: date) -> Decimal:
    complete, known, before = (Decimal(row[name]) for name in ("complete", "known", "before"))
    month = judged_month(as_of)
    days = (as_of - month.start).days + 1 - LONGEST_TAIL
    expected = complete / days * month.days
    if ending == "exceeded":
        return _rounded(complete * Decimal("0.9"), ROUND_FLOOR, 2)
    if ending == "missed":
        # A month that is over cannot be missed any more; its budget then just held.
        return _rounded(known + max(expected - known, Decimal(0)) * Decimal("0.6"), ROUND_CEILING, 4)
    # The first days carry the month's fees, so that their run rate says little.
    hold = max(before * Decimal("1.04"), known * Decimal("1.05"), expected if days >= 10 else Decimal(0))
    return _rounded(hold * Decimal("1.06"), ROUND_CEILING, 2)


def _rounded(amount: Decimal, rounding: str, digits: int) -> Decimal:
    """Round to so many leading digits: budgets are round numbers."""
    unit = Decimal(10) ** max(amount.adjusted() - digits + 1, 0)
    return (amount / unit).to_integral_value(rounding) * unit
