"""The sample estate's rates: one file, the same for the same days, that the lake takes as it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from finops_lib.periods import BillingPeriod
from finops_lib.sample.rates import write_rates
from finops_lib.sources.rates import read_rates


def test_every_month_has_a_book_rate_and_every_day_a_spot_rate(tmp_path: Path) -> None:
    path = write_rates(tmp_path, first=BillingPeriod(2026, 4), as_of=date(2026, 5, 20))
    rates = read_rates(path, source="sample")
    assert [rate.day for rate in rates if rate.kind == "book"] == [date(2026, 4, 1), date(2026, 5, 1)]
    # 30 days of April and 20 of May
    assert [rate.kind for rate in rates].count("spot") == 50
    assert {(rate.from_currency, rate.to_currency) for rate in rates} == {("EUR", "USD")}
    assert all(1 < rate.rate < 1.2 for rate in rates)


def test_the_same_days_have_the_same_rates_in_every_estate(tmp_path: Path) -> None:
    longer = write_rates(tmp_path, first=BillingPeriod(2026, 1), as_of=date(2026, 5, 20))
    known = {rate.key: rate for rate in read_rates(longer, source="")}
    shorter = write_rates(tmp_path, first=BillingPeriod(2026, 4), as_of=date(2026, 4, 9))
    assert all(known[rate.key] == rate for rate in read_rates(shorter, source=""))
