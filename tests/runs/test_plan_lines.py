"""The plan file: what it may say, which budgets it makes, and what it is told when it is wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError
from finops_lib.plans import ACCRUAL, CASH, Budget, Calendar
from finops_lib.settings import load_budget_plan


def plan(folder: Path, *lines: str) -> list[Budget]:
    path = folder / "budget_plan.yaml"
    path.write_text("budgets:\n" + "".join(f"  - {{{line}}}\n" for line in lines), encoding="utf-8")
    return load_budget_plan(path)


def test_a_preset_scope_becomes_an_expression(tmp_path: Path) -> None:
    [found] = plan(
        tmp_path, "name: web, scope_type: team, scope_value: web, amount: '100.10', currency: USD, owner: Ana"
    )
    assert found == Budget("web", "team = 'web'", "team", "web", Decimal("100.10"), "USD", owner="Ana")
    assert (found.cost, found.counts) == ("effective", ACCRUAL)


def test_an_expression_is_kept_in_its_canonical_text(tmp_path: Path) -> None:
    line = "name: a, scope: \"TEAM='web' or tag['app'] like 'x*'\", amount: '1', currency: USD"
    [found] = plan(tmp_path, line)
    assert (found.scope_type, found.scope) == ("expression", "team = 'web' or tag['app'] like 'x*'")
    assert found.scope_value == found.scope


@pytest.mark.parametrize(
    ("said", "cost", "counts"),
    [
        ("cost: billed", "billed", CASH),
        ("preset: cash", "billed", CASH),
        ("preset: accrual", "effective", ACCRUAL),
        ("preset: cash, counts: [usage, tax]", "billed", ("usage", "tax")),
    ],
)
def test_what_is_counted_follows_from_a_preset_or_is_listed(
    tmp_path: Path, said: str, cost: str, counts: tuple[str, ...]
) -> None:
    [found] = plan(tmp_path, f"name: a, scope: all, amount: '1', currency: USD, {said}")
    assert (found.cost, found.counts) == (cost, counts)


def test_everything_else_is_passed_on(tmp_path: Path) -> None:
    found = plan(
        tmp_path,
        "name: all, scope: all, amount: '9', currency: EUR",
        "name: a, scope: all, phased_amounts: ['1.5', '2', '3'], currency: EUR, period: quarterly, "
        "calendar: {first_month: 10, label_by: end}, profile: even, thresholds: [90, 50], forecast_thresholds: [], "
        "colour_by: static, fx: spot, parent: all, route: board, accepts_upfront: true, "
        "valid_from: 2026-10-01, valid_to: 2027-10-01",
    )[1]
    assert (found.amount, found.phased_amounts) == (Decimal("6.5"), (Decimal("1.5"), Decimal(2), Decimal(3)))
    assert (found.period, found.calendar) == ("quarterly", Calendar(10, "end"))
    assert (found.thresholds, found.forecast_thresholds, found.accepts_upfront) == ((50, 90), (), True)
    assert (found.profile, found.colour_by, found.fx, found.parent, found.route) == (
        *("even", "static", "spot", "all", "board"),
    )
    assert (found.valid_from, found.valid_to) == (date(2026, 10, 1), date(2027, 10, 1))


def test_a_retail_year_is_given_by_its_first_day(tmp_path: Path) -> None:
    amounts = ", ".join(["'1'"] * 12)
    line = "name: a, scope: all, currency: USD, period: custom, calendar: {weeks_from: 2026-02-01}"
    [found] = plan(tmp_path, f"{line}, phased_amounts: [{amounts}]")
    assert (len(found.calendar.boundaries), found.calendar.boundaries[1]) == (13, date(2026, 3, 1))
    with pytest.raises(ConfigError, match="a custom budget of this calendar has 12 parts"):
        plan(tmp_path, f"{line}, phased_amounts: ['1']")


COMMON = "name: a, currency: USD"
WRONG = [
    ("scope: all, amount: '-1'", "amount"),
    ("scope: all, amount: 1.5", "amount"),
    ("scope: all, amount: '1', amuont: '2'", "amuont: unknown key"),
    ("scope: all, amount: '1', period: weekly", "period"),
    ("scope: all, amount: '1', counts: [usage, rent]", r"counts\.1"),
    ("scope: all, amount: '1', thresholds: [0]", r"thresholds\.0"),
    ("scope: all", "give an amount, or phased_amounts"),
    ("amount: '1'", "give a scope, or scope_type and scope_value"),
    ("scope: all, scope_type: team, scope_value: x, amount: '1'", "give a scope, or scope_type and scope_value"),
    ("scope_type: team, amount: '1'", r"scope_value: which team\?"),
    ("scope: \"team = web\", amount: '1'", "character 8: 'web' where a value in quotes is expected"),
    ("scope: all, amount: '1', cost: billed, preset: cash", "give cost or preset, not both"),
    ("scope: all, phased_amounts: ['1', '2'], period: quarterly", "has 3 parts"),
    ("scope: all, amount: '7', phased_amounts: ['1', '2', '3'], period: quarterly", "do not add up"),
    ("scope: all, amount: '1', period: custom", "belongs to a custom period"),
    ("scope: all, amount: '1', calendar: {boundaries: [2026-01-01, 2026-02-01]}", "belongs to a custom period"),
    ("scope: all, amount: '1', calendar: {boundaries: [2026-02-01, 2026-01-01]}", "each after the one before"),
    ("scope: all, amount: '1', calendar: {first_month: 13}", r"calendar\.first_month"),
    ("scope: all, amount: '1', valid_from: 2026-02-01, valid_to: 2026-02-01", "valid_to is the first day"),
    ("scope: all, amount: '1', parent: nobody", "a is part of 'nobody', which is no budget of this plan"),
    ("scope: all, amount: '1', parent: a", "a is part of itself"),
]


@pytest.mark.parametrize(("line", "message"), WRONG)
def test_what_is_wrong_is_said(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, f"{COMMON}, {line}")


def test_parents_do_not_go_in_circles(tmp_path: Path) -> None:
    line = "scope: all, amount: '1', currency: USD"
    with pytest.raises(ConfigError, match="a is part of itself, by way of b"):
        plan(tmp_path, f"name: a, parent: b, {line}", f"name: b, parent: c, {line}", f"name: c, parent: b, {line}")
