"""The words everything else is said in: errors, money, periods, plug-ins, the schema."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal

import pytest

from finops_lib import errors
from finops_lib.errors import ConfigError, DataError, FinOpsError, QualityError
from finops_lib.focus import COST_COLUMNS, FOCUS_COLUMNS
from finops_lib.money import Money
from finops_lib.periods import BillingPeriod, days_in, parse_day
from finops_lib.registry import Registry
from tests.conftest import PROJECT


def test_an_error_says_what_and_what_next_and_carries_its_parts() -> None:
    error = DataError("a.csv is empty", next_step="deliver it again", path="a.csv")
    assert str(error) == "a.csv is empty; next: deliver it again"
    assert (error.what, error.next_step, error.exit_code) == ("a.csv is empty", "deliver it again", 3)
    assert error.path == "a.csv"  # type: ignore[attr-defined]


def test_an_unknown_name_comes_with_the_known_ones_and_a_guess() -> None:
    error = ConfigError.unknown("detector", "zscroe", ["iqr", "zscore"])
    assert str(error) == "unknown detector 'zscroe'; next: did you mean 'zscore'? choose one of: iqr, zscore"


def test_every_error_has_an_exit_code_of_the_command_line() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FinOpsError)]
    assert {kind.__name__: kind.exit_code for kind in kinds} == {
        "FinOpsError": 1,
        "ConfigError": 2,
        "LakeError": 2,
        "DataError": 3,
        "SourceError": 4,
        "LockError": 5,
        "QualityError": 1,
        "RunError": 1,
    }


def test_money_of_one_currency_adds_and_of_two_raises() -> None:
    assert Money(Decimal("1.10"), "USD") + Money(Decimal("2.20"), "USD") == Money(Decimal("3.30"), "USD")
    with pytest.raises(QualityError, match="USD and EUR cannot be added") as caught:
        Money(Decimal(1), "USD") - Money(Decimal(1), "EUR")
    assert caught.value.currencies == ("USD", "EUR")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("period", "end", "days", "before"),
    [
        (BillingPeriod(2026, 12), date(2027, 1, 1), 31, "2026-11"),
        (BillingPeriod(2026, 1), date(2026, 2, 1), 31, "2025-12"),
        (BillingPeriod(2028, 2), date(2028, 3, 1), 29, "2028-01"),
    ],
)
def test_a_billing_period_is_one_calendar_month(period: BillingPeriod, end: date, days: int, before: str) -> None:
    assert (period.end, period.days, str(period.previous), period.previous.next) == (end, days, before, period)
    assert len(list(days_in(period.start, period.end))) == days


@pytest.mark.parametrize("text", ["", "2026-13-01", "2026-02-30", "01.02.2026", "20260201", "2026-2-1"])
def test_what_is_not_a_day_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"as_of .* is not a day") as caught:
        parse_day(text, name="as_of")
    assert caught.value.value == text  # type: ignore[attr-defined]


def test_a_plug_in_is_found_by_its_folder_and_its_name_is_taken_once() -> None:
    registry: Registry[str] = Registry("thing", "finops_lib.sources")
    assert registry.register("a")("plug-in") == "plug-in"
    assert (registry.get("a"), registry.names()) == ("plug-in", ["a"])
    with pytest.raises(ConfigError, match="thing 'a' is registered twice"):
        registry.register("a")("another")
    with pytest.raises(ConfigError, match="unknown thing 'b'"):
        registry.get("b")


def test_the_columns_are_those_of_the_specification() -> None:
    specification = PROJECT.parent / "shared" / "focus" / "focus-1.4-columns.csv"
    if not specification.exists():
        pytest.skip(f"needs the public billing files in {PROJECT.parent / 'shared' / 'data'}")
    with specification.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["dataset"] == "Cost and Usage"]
    wanted = [(row["column"], row["level"].lower(), row["nullable"] == "yes", row["since"]) for row in rows]
    assert [(c.name, c.level, c.nullable, c.since) for c in FOCUS_COLUMNS] == wanted
    assert all(column.name.startswith("x_") for column in COST_COLUMNS[len(FOCUS_COLUMNS) :])
