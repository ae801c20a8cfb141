"""What the ingestion page says of months already reported, and of how fast days fill."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import polars as pl

from finops_lib.reports import ingestion_restated as restated
from finops_lib.reports.charts import Chart

SPACE = "\u00a0"
MONEY = pl.Decimal(38, 12)
AMOUNTS = ("billed_change", "effective_change", "billed_moved", "effective_moved")
MONTHLY = ("month_billed_change", "month_effective_change", "first_billed_cost", "billed_cost")


def plain(text: str) -> str:
    return text.replace(SPACE, " ").replace("\u2212", "-")


def changes(*parts: tuple[str, str, str, str], first: str = "1000") -> pl.DataFrame:
    """Parts of one month: name, service, change, money that moved to other tags."""
    change = sum((Decimal(part[2]) for part in parts), Decimal(0))
    rows = [
        {
            "x_BillingMonth": date(2026, 8, 1),
            "x_Provider": "aws",
            "x_SourceId": "payer",
            "BillingCurrency": "USD",
            "part": name,
            "main_service": service,
            "billed_change": Decimal(money),
            "effective_change": Decimal(money),
            "billed_moved": Decimal(moved),
            "effective_moved": Decimal(moved),
            "month_billed_change": change,
            "month_effective_change": change,
            "first_billed_cost": Decimal(first),
            "billed_cost": Decimal(first) + change,
            "loaded_at": datetime(2026, 11, 1),  # noqa: DTZ001 - the lake's UTC times carry no zone
        }
        for name, service, money, moved in parts
    ]
    texts = dict.fromkeys(("x_Provider", "x_SourceId", "BillingCurrency", "part", "main_service"), pl.String)
    schema = {"x_BillingMonth": pl.Date, **texts, **dict.fromkeys((*AMOUNTS, *MONTHLY), MONEY)}
    return pl.DataFrame(rows, schema={**schema, "loaded_at": pl.Datetime("us")})


MIXED = changes(
    ("late usage", "DynamoDB", "12.5", "0"),
    ("re-rated", "Lambda", "-2.25", "0"),
    ("tags moved", "RDS", "0", "77"),
)
NOTHING = changes()


def test_a_month_is_told_with_its_reasons_in_money() -> None:
    assert plain(restated.restated_words(MIXED).text()) == (
        "Aug 2026 of payer was first reported with 1,000.00 USD and is now 1,010.25 USD, +10.25 USD: "
        "late usage +12.50 (DynamoDB); re-rated -2.25 (Lambda); 77.00 is under other tags now (RDS)."
    )


def test_a_month_whose_tags_moved_keeps_its_sum() -> None:
    said = plain(restated.restated_words(changes(("tags moved", "RDS", "0", "77"))).text())
    assert said == "Aug 2026 of payer still sums up to 1,000.00 USD billed: 77.00 is under other tags now (RDS)."


def test_the_table_has_a_column_for_each_part_and_they_add_up() -> None:
    _, heads, row = plain(restated.restated_table(MIXED).text()).splitlines()
    names = ("Month", "Source", "Late usage", "Re-rated", "Tags moved", "Sum", "First reported", "Now")
    assert heads.split() == " ".join(names).split()
    assert row.split() == ["Aug", "2026", "payer", "+12.50", "-2.25", "77.00", "+10.25", "USD", "1,000.00", "1,010.25"]


def test_only_a_month_of_several_reasons_is_drawn() -> None:
    assert isinstance(restated.restated_charts(MIXED), Chart)
    one = restated.restated_charts(changes(("removed", "SQS", "-5", "0")))
    assert one.text() == "No month was restated for more than one reason."


def test_without_restatements_it_is_a_sentence() -> None:
    assert restated.restated_words(NOTHING).text() == restated.NOTHING_RESTATED
    assert restated.restated_table(NOTHING).text() == restated.NOTHING_RESTATED
    assert restated.restated_result(NOTHING) == []


def test_the_result_holds_every_part_and_no_clock() -> None:
    rows = restated.restated_result(MIXED)
    assert [row["part"] for row in rows] == ["late usage", "re-rated", "tags moved"]
    assert not any("loaded_at" in row for row in rows)


def test_a_curve_is_shown_day_by_day() -> None:
    schema = {"x_Provider": pl.String, "ServiceName": pl.String, "lag_days": pl.Int32, "days": pl.Int64}
    points = [("aws", "EC2", 1, 9, "0.4"), ("aws", "EC2", 2, 10, "0.999"), ("gcp", "BigQuery", 2, 8, "1")]
    curve = pl.DataFrame([point[:4] for point in points], schema=schema, orient="row").with_columns(
        pl.Series("completeness", [Decimal(point[4]) for point in points], dtype=pl.Decimal(9, 6))
    )
    title, heads, *rows = plain(restated.completeness_table(curve).text()).splitlines()
    assert title == "How full a day is so many days after it, learned for 2 services"
    assert heads.split() == ["Service", "Provider", "+1", "d", "+2", "d", "Days", "seen"]
    assert [row.split() for row in rows] == [
        ["EC2", "AWS", "40.0", "%", "99.9", "%", "10"],
        ["BigQuery", "Google", "Cloud", "not", "known", "100", "%", "8"],
    ]
    assert "Nothing is learned yet" in restated.completeness_table(curve.clear()).text()
