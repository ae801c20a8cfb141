"""Which numbers of a result are compared, under which names, and which speak for a page."""

from __future__ import annotations

import json
from decimal import Decimal

from finops_lib.analyses.run_changes import split_changes
from finops_lib.runs.measures import headlines, read_measures


def _read(**result: object) -> dict[tuple[str, str], Decimal]:
    return read_measures(json.dumps(result))


def test_amounts_are_money_of_the_nearest_currency_and_counts_have_no_unit() -> None:
    assert _read(currency="USD", month_cost="470494.227040745966", n=7, part={"currency": "EUR", "base": "1.10"}) == {
        ("month_cost", "USD"): Decimal("470494.227040745966"),
        ("n", ""): Decimal(7),
        ("part.base", "EUR"): Decimal("1.10"),
    }


def test_binary_numbers_are_taken_digit_by_digit() -> None:
    assert read_measures('{"share": 0.1}') == {("share", ""): Decimal("0.1")}


def test_words_are_no_numbers() -> None:
    assert _read(as_of="2026-11-26", provider="365", is_empty=False, expected=None, budgets={"web": "red"}) == {}


def test_records_go_by_what_identifies_them() -> None:
    budget = {"budget": "web", "currency": "EUR", "actual": "12.5", "amount": "40000", "colour": "red", "p_exceed": 1.0}
    money = {"x_Provider": "aws", "x_SourceId": "payer", "BillingCurrency": "USD", "billed_cost": "3.5", "charges": 4}
    assert _read(currency="USD", budgets=[budget], money=[money], others=[{"a": 1}], error=[1.5, 2]) == {
        ("budgets.count", ""): Decimal(1),
        ("budgets.web.actual", "EUR"): Decimal("12.5"),
        ("budgets.web.amount", "EUR"): Decimal(40000),
        ("money.count", ""): Decimal(1),
        ("money.aws payer.billed_cost", "USD"): Decimal("3.5"),
        ("money.aws payer.charges", ""): Decimal(4),
        ("others.count", ""): Decimal(1),
    }


def test_records_that_nothing_tells_apart_are_added() -> None:
    one = {"resource_id": "i-1", "type": "idle", "currency": "USD", "monthly_savings": "2.5"}
    found = _read(portfolio={"counted": [one, one]})
    assert found["portfolio.counted.i-1 idle.monthly_savings", "USD"] == 5


def test_a_page_is_spoken_for_by_its_declared_numbers_the_largest_changes_first() -> None:
    def budgets(**spent: str) -> dict[tuple[str, str], Decimal]:
        rows = [{"budget": name, "currency": "USD", "actual": value, "amount": "9"} for name, value in spent.items()]
        return _read(budgets=rows)

    before, after = budgets(a="1", b="2", c="3"), budgets(a="1", b="12", c="-3")
    changes = split_changes(before, [("new_days", after)], after)
    # b moved by 10, c by -6, a by 0; then the amounts, five numbers in all.
    assert [label for label, _ in headlines("budgets", changes)][:3] == ["b, spent", "c, spent", "a, spent"]
    assert len(headlines("budgets", changes)) == 5
    # A notebook that nobody declared: its numbers as they are called.
    assert headlines("story", changes)[0][0] == "budgets.b.actual"


def test_a_field_that_is_no_number_is_left_out() -> None:
    item = {"budget": "web", "currency": "USD", "actual": {"a": 1}, "amount": True, "forecast_p50": "soon"}
    assert _read(budgets=[item]) == {("budgets.count", ""): Decimal(1)}
