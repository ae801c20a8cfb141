"""The commitments part of the savings page: the outcome first, the curve, and why nothing is proposed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.reports import charts
from finops_lib.reports import commitments as page
from finops_lib.reports import commitments_ending as ending


@dataclass(frozen=True)
class Measures:
    currency: str = "USD"
    utilisation: float | None = 0.9
    coverage: float | None = 0.4
    waste_share: float | None = 0.1
    savings_rate: float | None = -0.02
    savings_rate_at_list: float | None = 0.05
    committed_cost: Decimal = Decimal(100)
    unused_effective_cost: Decimal = Decimal(10)
    net_saving: Decimal = Decimal(-2)


@dataclass(frozen=True)
class Point:
    level: float
    monthly_cost: float


@dataclass(frozen=True)
class Proposal:
    provider: str = "aws"
    pool: str = "compute m5"
    instrument: str = "compute-plan"
    term_months: int = 12
    payment: str = "no-upfront"
    currency: str = "USD"
    hourly_commitment: Decimal = Decimal("1.5")
    units: int | None = None
    optimum: Decimal = Decimal(2)
    utilisation: float = 0.96
    coverage_before: float = 0.0
    coverage_after: float = 0.6
    saving_net: Decimal = Decimal(195)
    saving_p10: Decimal = Decimal(-50)
    saving_down_30: Decimal = Decimal(-120)
    break_even_utilisation: float = 0.72
    payback_months: float | None = 0
    next_tranche: Decimal = Decimal("0.5")
    alternative: str = "specific"
    is_preferred: bool = True
    rate_source: str = "the bill"
    curve: tuple[Point, ...] = (Point(0, 1000), Point(2, 805), Point(4, 1100))


@dataclass(frozen=True)
class Withheld:
    provider: str = "aws"
    pool: str = "warehouse"
    on_demand_per_month: Decimal = Decimal(900)
    saving_at_most: Decimal | None = Decimal(90)
    reason: str = "the bill knows it by the day only"
    currency: str = "USD"


@dataclass(frozen=True)
class Term:
    name: str = "plan-1yr"
    type: str = "Savings Plan"
    provider: str = "aws"
    start: date | None = None
    end: date | None = date(2027, 1, 29)
    basis: str = "stated term"
    monthly_cost: Decimal = Decimal(500)
    step: Decimal = Decimal(120)
    currency: str = "USD"
    extra: dict[str, Any] = field(default_factory=dict)


def plain(element: Any) -> str:
    text: str = element.text()
    return text.replace("\u00a0", " ")


def test_a_rate_below_nothing_is_said_as_it_is() -> None:
    said = plain(page.commitment_figures(Measures()))
    assert "Effective savings rate: \N{MINUS SIGN}2.0 %" in said
    assert "Waste rate: 10.0 % (10.0 USD paid for and not used)" in said


def test_without_commitments_nothing_is_measured() -> None:
    nothing = Measures(committed_cost=Decimal(0), coverage=None)
    assert "no usage that one could pay for" in plain(page.commitment_figures(nothing))


def test_a_purchase_shows_what_speaks_against_it() -> None:
    said = plain(page.proposals_table([Proposal(), Proposal(is_preferred=False, alternative="flexible")]))
    assert "1 purchase would save 195 USD a month; two people have to approve each" in said
    row = said.splitlines()[2]
    assert "proposed" in row
    assert "at once" in row
    assert "alternative (flexible)" in said.splitlines()[3]


def test_the_curve_marks_the_best_level_and_the_one_that_is_proposed() -> None:
    chart = page.cost_curves([Proposal()])
    assert isinstance(chart, charts.Chart)
    assert "compute m5: 1.50 an hour saves 195 USD a month" in plain(chart)
    # Between 1000 at 0 and 805 at 2: 1000 - 0.75 x 195 = 853.75
    drawn = json.dumps(chart.spec)
    for mark in ('"value": 805.0, "text": "least cost"', '"value": 853.75, "text": "proposed"'):
        assert mark in drawn


def test_without_a_proposal_there_is_a_sentence_and_the_reasons() -> None:
    assert "No purchase is proposed" in plain(page.cost_curves([]))
    assert "No purchase is proposed" in plain(page.proposals_table([]))
    said = plain(page.withheld_table([Withheld()]))
    assert "Nothing is proposed for 1 kind of usage" in said
    assert "by the day only" in said


def test_what_ends_is_said_with_what_it_changes() -> None:
    months = pl.DataFrame({"month": [date(2027, 1, 1), date(2027, 2, 1)], "ends": [1, 0], "step": [120.0, 0.0]})
    assert "changes a month by +120 USD" in plain(ending.cliff_chart(months, "USD"))
    assert "No commitment whose end is known" in plain(ending.cliff_chart(months.head(0), "USD"))
    said = plain(ending.expiry_table([Term(), Term(name="old", end=None, basis="not known")]))
    assert "1 of 2 commitments have an end that is known" in said
