"""A scope as an expression of DuckDB: values are constants of it, and no text of a user becomes SQL."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import and_, or_

from duckdb import CoalesceOperator, ColumnExpression, ConstantExpression, Expression, FunctionExpression

from finops_lib.analyses.scopes import FIELDS, Both, Claim, Either, Not, Scope
from finops_lib.analyses.scopes.fields import TAGS

Columns = Callable[[Claim], Expression]


def filter_of(scope: Scope, column: Columns) -> Expression:
    """Give the condition that holds for the rows of a scope; never null, as a claim is true or false.

    Args:
        column: how the field of a claim is read from the rows: `column_of_mart` or `column_of_charge`.
    """
    match scope:
        case Claim():
            return _claim(scope, column(scope))
        case Not(part):
            return ~filter_of(part, column)
        case Both(parts):
            return reduce(and_, (filter_of(part, column) for part in parts))
        case Either(parts):
            return reduce(or_, (filter_of(part, column) for part in parts))
        case _:
            return ConstantExpression(True)


def column_of_mart(claim: Claim) -> Expression:
    """Read a field as `daily_cost` keeps it."""
    return ColumnExpression(FIELDS.get(claim.field, claim.field))


def column_of_charge(claim: Claim) -> Expression:
    """Read a field from a row of `cost`."""
    if claim.field == "tag":
        found = FunctionExpression("map_extract", ColumnExpression(TAGS), ConstantExpression(claim.key))
        return FunctionExpression("list_extract", found, ConstantExpression(1))
    if claim.field == "account":
        # As the mart does: a charge without a sub-account belongs to the account that pays.
        return CoalesceOperator(ColumnExpression("SubAccountId"), ColumnExpression("BillingAccountId"))
    return column_of_mart(claim)


def _claim(claim: Claim, value: Expression) -> Expression:
    match claim.test:
        case "=" | "in":
            return _known(value.isin(*map(ConstantExpression, claim.values)))
        case "!=" | "not in":
            return ~_known(value.isin(*map(ConstantExpression, claim.values)))
        case "like":
            return _known(_like(value, claim.values[0]))
        case "not like":
            return ~_known(_like(value, claim.values[0]))
        case "is null":
            return value.isnull()
        case "is not null":
            return value.isnotnull()


def _known(claim: Expression) -> Expression:
    return CoalesceOperator(claim, ConstantExpression(False))


def _like(value: Expression, pattern: str) -> Expression:
    # What SQL takes for a wildcard is a letter here, and the other way round.
    written = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
    return FunctionExpression("like_escape", value, ConstantExpression(written), ConstantExpression("\\"))
