"""How do owners write their tags, and what would a careful reader make of them?

The mess of real bills: keys in several spellings, values with aliases and wrong case, words that mean "nothing", a few
misspelt teams that no alias covers, text that tries to be HTML, and a fifth of the money without any tag at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from finops_lib.sample.records import Account, Owner

DIMENSIONS = ("team", "environment", "project", "cost_center")

# Keys in order of precedence; the reader normalises them (case, separators, `user:`).
KEYS = {
    "team": ("team", "owner-team", "squad"),
    "environment": ("environment", "env", "stage"),
    "project": ("project", "app"),
    "cost_center": ("cost-center", "costcenter", "cc"),
}
_KEY_SPELLINGS = {
    "aws": {
        "team": ("team", "Team", "owner-team", "squad"),
        "environment": ("env", "Env", "environment", "stage"),
        "project": ("project", "Project", "app"),
        "cost_center": ("cost-center", "CostCenter", "Cost Center"),
    },
    "azure": {
        "team": ("Team", "team", "OWNER-TEAM"),
        "environment": ("Environment", "env", "ENV", "stage"),
        "project": ("Project", "app"),
        "cost_center": ("CostCenter", "cost_center", "CC"),
    },
    # Google's labels know no capitals.
    "gcp": {
        "team": ("team", "owner_team", "squad"),
        "environment": ("env", "environment", "stage"),
        "project": ("project", "app"),
        "cost_center": ("cost_center", "cc"),
    },
}
# What is written for a canonical value, and what the workbench is told about it.
ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    "team": {
        "payments": ("payment", "pay"),
        "search": ("search-team", "discovery"),
        "data": ("data-eng", "analytics"),
        "platform": ("plat", "infra"),
        "mobile": ("mobile-apps",),
        "ml": ("machine-learning", "mlops"),
    },
    "environment": {
        "prod": ("production", "live", "prd"),
        "dev": ("development", "sandbox"),
        "test": ("testing", "qa"),
    },
    "project": {
        "checkout": ("check-out",),
        "catalog": (),
        "insights": (),
        "core-infra": (),
        "app": ("mobile-app",),
        "recsys": ("recommendations",),
    },
    # Named although nothing stands for them: Google's lower-case `cc-1010` is then read as CC-1010.
    "cost_center": {f"CC-10{number}0": () for number in range(1, 7)},
}
MISSPELT = {"search": "serach", "platform": "plattform"}
_NOTHING = ("n/a", "unknown", "", "null")
_HOSTILE = "<script>alert('cost')</script> & \"quoted\" 支付"

# In whose name Google's inherited tags are.
ORGANIZATION_NUMBER = "organizations/428813700961"

# Shares of the tagged lines; a fifth of the money is untagged altogether (lines.py chooses which).
_NO_COST_CENTER, _NO_TEAM, _NO_PROJECT, _NO_ENVIRONMENT = 0.35, 0.10, 0.18, 0.06
_ALIAS, _WRONG_CASE, _MISSPELT, _SAYS_NOTHING = 0.25, 0.20, 0.06, 0.04


@dataclass(frozen=True, slots=True)
class Tagging:
    """What one line says about its owner: pairs as the provider writes them, and dimension -> value read from them."""

    pairs: tuple[tuple[str, str], ...]
    read: dict[str, str]


UNTAGGED = Tagging((), {})


def _value(dimension: str, true: str, rng: np.random.Generator, lower: bool) -> tuple[str, str]:
    """Give the value as written, and as read ("" = it says nothing)."""
    dice = rng.random()
    if dice < _SAYS_NOTHING:
        return str(_NOTHING[int(rng.integers(len(_NOTHING)))]), ""
    dice -= _SAYS_NOTHING
    if dimension == "team" and true in MISSPELT and dice < _MISSPELT:
        return MISSPELT[true], MISSPELT[true]
    aliases = ALIASES[dimension].get(true, ())
    aliased = aliases and dice < _MISSPELT + _ALIAS
    written = aliases[int(rng.integers(len(aliases)))] if aliased else true
    if not lower and rng.random() < _WRONG_CASE:
        # Cost centres are codes: a wrong case there would be a wrong code.
        written = written if dimension == "cost_center" else (written.title(), written.upper())[int(rng.integers(2))]
    return (written.lower() if lower else written), true


def write_tags(account: Account, owner: Owner, name: str, rng: np.random.Generator) -> Tagging:
    """Write the tags that this owner would have put on the resource `name`, mess included."""
    lower = account.provider == "gcp"
    prefix = "user:" if account.provider == "aws" else ""
    missing = {
        "team": _NO_TEAM, "environment": _NO_ENVIRONMENT, "project": _NO_PROJECT, "cost_center": _NO_COST_CENTER,
    }  # fmt: skip
    pairs: list[tuple[str, str]] = []
    read: dict[str, str] = {}
    for dimension in DIMENSIONS:
        spellings = _KEY_SPELLINGS[account.provider][dimension]
        # Every account has a habit and leaves it now and then.
        habit = len(account.id + dimension) % len(spellings)
        key = spellings[habit if rng.random() < 0.7 else int(rng.integers(len(spellings)))]
        written, value = _value(dimension, getattr(owner, dimension), rng, lower)
        if rng.random() < missing[dimension]:
            continue
        pairs.append((prefix + key, written))
        if value:
            read[dimension] = value
    if not lower:
        pairs.append((prefix + "Name", name if rng.random() > 0.012 else _HOSTILE))
    return Tagging(tuple(pairs), read)


def tags_text(pairs: tuple[tuple[str, str], ...]) -> str | None:
    """Write the pairs as the JSON text that Azure puts in a bill; None without tags."""
    return json.dumps(dict(pairs), ensure_ascii=False) if pairs else None


def google_lists(
    account: Account, pairs: tuple[tuple[str, str], ...], *, machine: str, folder_pays: bool
) -> dict[str, list[dict[str, Any]]]:
    """Write the pairs as Google does: labels of the resource, and what is said of it from elsewhere.

    Args:
        machine: what runs there, for the system labels; "" = no machine.
        folder_pays: the cost center is no label but a tag inherited from the folder above.
    """
    costs = {key for key in _KEY_SPELLINGS["gcp"]["cost_center"] if folder_pays}
    inherited = [(key, value) for key, value in pairs if key in costs]
    # The folder's own word on teams, which each label overrules.
    inherited += [(key, "folder-default") for key, _ in pairs if key in _KEY_SPELLINGS["gcp"]["team"]]
    return {
        "x_Labels": [{"Key": key, "Value": value} for key, value in pairs if key not in costs],
        "x_Tags": [
            {"Key": key, "Value": value, "x_Inherited": True, "x_Namespace": ORGANIZATION_NUMBER}
            for key, value in inherited
        ],
        "x_ProjectLabels": [{"Key": "data-class", "Value": "internal" if account.mapped else "shared"}],
        "x_SystemLabels": [{"Key": "compute.googleapis.com/machine_spec", "Value": machine}] if machine else [],
    }


def account_value(account: Account, dimension: str) -> str | None:
    """Give what the workbench's account map says of an account; None for accounts of many owners."""
    return str(getattr(account.owner, dimension)) if account.mapped else None


def expected_allocation(account: Account, read: dict[str, str]) -> dict[str, str | None]:
    """Say what a careful reader gets: the tag where it says something, else the account map, else nothing."""
    return {name: read.get(name) or account_value(account, name) for name in DIMENSIONS}
