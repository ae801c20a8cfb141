"""Leadership's page in words: one answer, three numbers, three movers, two decisions, and nothing made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from finops_lib.findings import BudgetStatus
from finops_lib.reports import leadership
from finops_lib.reports.overview import Totals

DAY = date(2026, 10, 17)
RATES = SimpleNamespace(savings_rate=0.181)


def totals(**changes: Any) -> Totals:
    known = dict.fromkeys(Totals.__dataclass_fields__, None)
    values = {"as_of": DAY, "currency": "USD", "provider": "", "first_day": DAY, "month": Decimal(320_000)}
    return Totals(**{**known, **values, "expected_month": Decimal(562_000), **changes})  # type: ignore[arg-type]


def company(colour: str = "green", **changes: Any) -> BudgetStatus:
    values: dict[str, Any] = {
        "budget": "company",
        "scope_type": "organization",
        "scope_value": "acme",
        "period_start": date(2026, 10, 1),
        "period_end": date(2026, 11, 1),
        "currency": "USD",
        "amount": Decimal(620_000),
        "actual": Decimal(319_000),
        "burn_per_day": None,
        "forecast_p50": Decimal(565_000),
        "exhaustion_date": None,
        "colour": colour,
        "on_track": colour == "green",
        "data_through": DAY,
        "reason": "",
    }
    return BudgetStatus(**{**values, **changes})


def movers(*rows: tuple[str, int, int]) -> pl.DataFrame:
    columns = ["ServiceName", "effective_cost", "former_cost", "change", "main_account"]
    return pl.DataFrame([(n, now, then, now - then, "shop") for n, now, then in rows], schema=columns, orient="row")


@dataclass(frozen=True)
class Advice:
    currency: str
    verified: int
    banked: Decimal


@pytest.mark.parametrize(
    ("colour", "said"),
    [
        ("red", "No: Oct 2026 is over its budget."),
        ("orange", "No: Oct 2026 is expected to end over its budget."),
        ("yellow", "Perhaps: Oct 2026 may end over its budget."),
        ("green", "Yes: Oct 2026 stays inside its budget."),
    ],
)
def test_the_answer_is_the_companys_budget(colour: str, said: str) -> None:
    answer = leadership.leadership_answer(totals(), [company(colour)], movers(("EC2", 5, 3)))
    assert answer.part["answer"] == f"{said} EC2 in shop moved most."
    # As the budget counts, not as the bill does: 319k and 565k, both held against 620k.
    assert answer.part["headline"] == "319k\u00a0USD month to date, 565k expected against 620k"
    assert answer.part["status"] == colour


def test_without_a_budget_for_all_nothing_is_answered() -> None:
    answer = leadership.leadership_answer(totals(), [company(scope_type="team")], movers())
    assert answer.part["answer"].startswith("That cannot be told: no budget speaks for the whole company.")
    assert answer.part["headline"] == "320k\u00a0USD month to date, 562k expected"


def test_what_was_done_and_not_looked_at_is_not_known_and_what_was_not_done_is_nothing() -> None:
    assert leadership.saved(totals(), RATES, []).realised == 0
    assert leadership.saved(totals(), RATES, [Advice("USD", 0, Decimal(0))]).realised is None
    # 7 + 5 in this currency; another currency is never added.
    advice = [Advice("USD", 1, Decimal(7)), Advice("USD", 2, Decimal(5)), Advice("EUR", 1, Decimal(9))]
    assert leadership.saved(totals(), RATES, advice) == leadership.Saved(0.181, Decimal(12))


def test_what_is_not_known_is_said_to_be() -> None:
    text = leadership.leadership_figures(totals(), [company()], leadership.Saved()).text()
    assert "Effective savings rate: not known yet" in text
    assert "Realised savings this year: not known yet" in text


def test_each_mover_has_cause_owner_action_and_day() -> None:
    found = SimpleNamespace(
        anomaly=SimpleNamespace(service="EC2"),
        decomposition=SimpleNamespace(
            effects=[SimpleNamespace(kind="rate", amount=9), SimpleNamespace(kind="new", amount=-2)]
        ),
        cause=SimpleNamespace(owner="web"),
    )
    rows = movers(("EC2", 20, 10), ("S3", 9, 0), ("RDS", 0, 5), ("SQS", 4, 3))
    text = leadership.leadership_movers(rows, [found], totals()).text()  # type: ignore[list-item]
    # Seven days after the 17th.
    assert text.splitlines() == [
        "1. EC2 in shop, price: ask the provider; +10.0\u00a0USD; team web; by 24 Oct",
        "2. S3 in shop, new: confirm or stop it; +9.00\u00a0USD; owner of shop; by 24 Oct",
        "3. RDS in shop, ended: confirm that it is over; \u22125.00\u00a0USD; owner of shop; by 24 Oct",
    ]


def test_two_decisions_at_most_the_worst_budget_and_what_ends_first() -> None:
    over = company("red", budget="web", scope_type="team", forecast_p50=Decimal(650_000))
    term = SimpleNamespace(
        name="m5-1yr", commitment_id="c", end=date(2026, 11, 1), monthly_cost=Decimal(538), currency="USD"
    )
    best = SimpleNamespace(type="idle", account="shop", monthly_savings=Decimal(90), confidence=0.9, resource_id="i",
                           currency="USD", owner="web")  # fmt: skip
    savings: Any = SimpleNamespace(counted=[best])
    text = leadership.leadership_decisions(totals(), [over], [], savings, [SimpleNamespace(term=term)]).text()  # type: ignore[list-item]
    assert text.splitlines() == [
        # 650k expected - 620k.
        "1. Amend budget web, or decide what stops; 30.0k\u00a0USD over; owner not named; by 24 Oct",
        # Its last day is the one before it ends.
        "2. Renew commitment m5-1yr, or let it end; 538\u00a0USD a month; owner of commitments; by 31 Oct",
    ]


def test_an_empty_lake_has_every_heading_and_no_number() -> None:
    nothing: Any = SimpleNamespace(counted=[])
    parts = [
        leadership.leadership_answer(None, [], movers()),
        leadership.leadership_figures(None, [], leadership.Saved()),
        leadership.leadership_movers(movers(), [], None),
        leadership.leadership_decisions(None, [], [], nothing),
        leadership.leadership_risks([]),
        leadership.leadership_chart(None, [], pl.DataFrame()),
    ]
    assert not any(character.isdigit() for part in parts for character in part.text())
    assert leadership.leadership_result(None, [], movers(), leadership.Saved()) == {"is_empty": True}
