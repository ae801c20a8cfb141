"""Promote tags and accounts of the rows in `charges` to allocation dimensions, by the rules of params/workbench.yaml.

The rules are applied once to each distinct combination of what they read, in Python, and joined back: exact where SQL
cannot be (Unicode normalisation), and as fast.
"""

from __future__ import annotations

import hashlib
import json

import duckdb

from finops_lib.analyses.allocation import allocate, dimensions_from, relevant_keys
from finops_lib.focus import DIMENSIONS
from finops_lib.quoting import literal
from finops_lib.settings import AllocationRules


def rules_fingerprint(rules: AllocationRules) -> str:
    """Give the identity of a rule set: its version and what it says."""
    text = json.dumps(rules.model_dump(), sort_keys=True)
    return f"rules {rules.rules_version}.{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def with_rules(version: str, rules: AllocationRules) -> str:
    """Give the mapping version of a load: its dialects' part, whatever rules it was under, and these rules."""
    return f"{version.split('; ')[0]}; {rules_fingerprint(rules)}"


def allocated_select(con: duckdb.DuckDBPyConnection, rules: AllocationRules) -> str:
    """Make the table `allocation` and give the select of `charges` with the dimensions joined to it."""
    dimensions = dimensions_from(rules.model_dump()["dimensions"])
    all_keys = con.execute("select distinct unnest(map_keys(Tags)) from charges").fetchall()
    keys = relevant_keys(dimensions, (key for (key,) in all_keys))
    read = {f"tag_{i}": f"Tags[{literal(key)}]" for i, key in enumerate(keys)}
    read |= {"account": "SubAccountId", "billing_account": "BillingAccountId"}
    picked = ", ".join(f"{expression} as {name}" for name, expression in read.items())
    rows = []
    for *values, account, billing_account in con.execute(f"select distinct {picked} from charges").fetchall():
        tags = dict(zip(keys, values, strict=True))
        found = allocate(dimensions, tags=tags, account=account, billing_account=billing_account)
        rule_ids = {"version": str(rules.rules_version)} | {name: rule for name, (_, rule) in found.items()}
        allocated = [found.get(name, (None, ""))[0] for name in DIMENSIONS]
        rows.append([*values, account, billing_account, *allocated, json.dumps(rule_ids, ensure_ascii=False)])
    names = [*read, *DIMENSIONS.values(), "x_AllocationRule"]
    # Column by column: as many parameters as columns, however many combinations there are.
    columns = ", ".join(f"unnest(cast(? as VARCHAR[])) as {name}" for name in names)
    given = [list(column) for column in zip(*rows, strict=True)]
    con.execute(f"create or replace temp table allocation as select {columns}", given)
    on = " and ".join(f"{expression} is not distinct from a.{name}" for name, expression in read.items())
    joined = ", ".join(f"a.{column}" for column in [*DIMENSIONS.values(), "x_AllocationRule"])
    return f"select charges.*, {joined} from charges left join allocation as a on {on}"
