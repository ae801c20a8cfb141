"""The ingestion page's sentences: whether the data can be trusted, and who repairs it if not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from finops_lib.reports import ingestion, ingestion_tables
from finops_lib.reports.charts import Chart

MONEY = pl.Decimal(38, 18)
SPACE = "\u00a0"
AS_OF = date(2026, 10, 20)


@dataclass(frozen=True)
class Arrived:
    provider: str = "aws"
    source: str = "aws-payer"
    billing_month: str = "2026-09"
    currency: str = "USD"
    status: str = "loaded"
    rows_in: int = 10
    rows_loaded: int = 10
    billed_in: Decimal = Decimal(100)
    billed_loaded: Decimal = Decimal(100)
    billed_before: Decimal | None = None
    message: str = ""
    dataset: str = "cost"


@dataclass(frozen=True)
class Refused:
    source: str = "gcp"
    path: str = "/bills/gcp"
    reason: str = "BilledCost is missing in row 7"


@dataclass(frozen=True)
class Load:
    reports: tuple[Arrived, ...] = ()
    refusals: tuple[Refused, ...] = ()


@dataclass(frozen=True)
class Claim:
    mart: str = "daily_cost"
    words: str = "adds up to the lake's charges"


@dataclass(frozen=True)
class Verdict:
    claim: Claim = Claim()
    offenders: int = 0
    residual: Decimal | None = None
    examples: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.offenders == 0


BROKEN = Verdict(offenders=2, residual=Decimal("0.5"), examples=("aws aws-payer 2026-09-01 USD 0.5",))


def plain(text: str) -> str:
    return text.replace(SPACE, " ")


def sources(*rows: tuple[str, str, int], complete: date | None = AS_OF) -> pl.DataFrame:
    """Sources by name, provider and days behind; each complete through `complete`, with 100 charges."""
    schema = {"x_Provider": pl.String, "x_SourceId": pl.String, "days_behind": pl.Int64}
    frame = pl.DataFrame([(provider, name, behind) for name, provider, behind in rows], schema=schema, orient="row")
    return frame.with_columns(
        pl.lit(date(2026, 1, 1)).alias("first_day"),
        pl.lit(date(2026, 10, 22)).alias("newest_day"),
        pl.lit(complete, dtype=pl.Date).alias("complete_through"),
        pl.lit(2 if complete != date(2026, 10, 22) else 0).alias("incomplete_days"),
        pl.lit(datetime(2026, 10, 22, 6)).alias("delivered_at"),  # noqa: DTZ001 - the lake's UTC times carry no zone
        pl.lit(value=False).alias("is_stale"),
        pl.lit(2).alias("lag_days"),
        pl.lit(value=False).alias("lag_is_learned"),
        pl.lit(10).alias("months"),
        pl.lit(1).alias("loads"),
        pl.lit(100).alias("charges"),
    )


def money(residual: str = "0", drift: str = "0") -> pl.DataFrame:
    row = {"x_Provider": "aws", "x_SourceId": "aws-payer", "BillingCurrency": "USD", "slices": 10, "charges": 100}
    row |= {"rows_in": 100, "values_rounded": 0}
    amounts = {"billed_in": Decimal(5000), "billed_cost": Decimal(5000), "effective_cost": Decimal(5000)}
    amounts |= {"rounding_drift": Decimal(drift), "residual": Decimal(residual)}
    return pl.DataFrame([{**row, **amounts}], schema_overrides=dict.fromkeys(amounts, MONEY))


ONE = sources(("aws-payer", "aws", 0))


def test_whole_right_and_fresh_is_a_yes() -> None:
    said = ingestion.ingestion_answer(Load(), ONE, [Verdict()]).text()
    assert "Yes: 100 charges of 1 source hold what was delivered, to the cent; complete through 20 Oct 2026." in said


def test_a_broken_promise_comes_before_everything_else() -> None:
    said = ingestion.ingestion_answer(Load(refusals=(Refused(),)), ONE, [BROKEN, Verdict()]).text()
    assert "No. 2 rows break this promise: daily_cost adds up to the lake's charges." in said


def test_a_refused_delivery_is_told() -> None:
    said = ingestion.ingestion_answer(Load(refusals=(Refused(),)), ONE, [Verdict()]).text()
    assert "What is in the lake is, but 1 delivery of gcp was refused." in said


def test_a_silent_source_is_named_and_holds_nobody_back() -> None:
    frame = sources(("aws-payer", "aws", 0), ("old", "gcp", 90))
    said = ingestion.ingestion_answer(Load(), frame, [Verdict()]).text()
    assert "Right, but late: old stopped delivering." in said
    assert "complete through 20 Oct 2026" in said


def test_a_source_with_several_providers_is_named_with_the_silent_one() -> None:
    frame = sources(("all", "aws", 0), ("all", "azure", 90))
    assert "all (Azure) stopped delivering" in ingestion.ingestion_answer(Load(), frame, [Verdict()]).text()


def test_figures_say_the_residual_apart_from_stated_rounding() -> None:
    said = plain(ingestion.ingestion_figures(Load(), ONE, money(drift="0.000002"), currency="USD", as_of=AS_OF).text())
    assert (
        "Lake against deliveries: 0 USD (residual; of which <0.001 USD is stated rounding) \u25cf to the last digit"
        in said
    )
    off = ingestion.ingestion_figures(Load(), ONE, money(residual="0.5"), currency="USD", as_of=AS_OF).text()
    assert "does not add up" in off


def test_only_closed_months_are_restated() -> None:
    closed = Arrived(billed_before=Decimal(90))
    growing = Arrived(billing_month="2026-10", billed_before=Decimal(10))
    said = plain(ingestion.ingestion_figures(Load((closed, growing)), ONE, money(), currency="USD", as_of=AS_OF).text())
    # 100 - 90 = 10; October is open and merely grows
    assert "Restated by this run: +10.0 USD (1 closed month: 2026-09)" in said
    quiet = ingestion.ingestion_figures(Load((growing,)), ONE, money(), currency="USD", as_of=AS_OF).text()
    assert "Restated by this run: nothing" in quiet


def test_deliveries_that_changed_nothing_are_one_sentence() -> None:
    same = replace(Arrived(), status="unchanged")
    assert ingestion_tables.deliveries(Load((same, same))).text() == (
        "2 months and currencies came again, and not one of them has changed."
    )
    assert ingestion_tables.deliveries(Load()).text() == ingestion_tables.NOTHING_ARRIVED


def test_deliveries_show_money_in_money_loaded_and_the_change() -> None:
    text = plain(ingestion_tables.deliveries(Load((Arrived(billed_before=Decimal(90)),))).text())
    assert "1 month and currency delivered: 1 loaded" in text
    assert "+10.00 USD" in text


def test_a_rejected_slice_brings_no_money() -> None:
    text = plain(ingestion_tables.deliveries(Load((replace(Arrived(), status="rejected"),))).text())
    assert "100.00 USD" in text
    assert "0.00 USD" in text


def test_refusals_carry_their_reason() -> None:
    assert "BilledCost is missing in row 7" in ingestion_tables.refused_table(Load(refusals=(Refused(),))).text()
    assert ingestion_tables.refused_table(Load()).text() == "No delivery was refused."


def test_day_charts_stop_trusting_days_that_still_fill() -> None:
    days = pl.DataFrame(
        {"x_Provider": ["aws"] * 3, "x_SourceId": ["aws-payer"] * 3, "day": [date(2026, 10, d) for d in (20, 21, 22)]}
    ).with_columns(pl.lit(5).alias("charges"))
    chart = ingestion_tables.day_charts(days, ONE)
    assert isinstance(chart, Chart)
    assert chart.title == "Charges a day by source: the days after 20 Oct are still filling"
    assert [row.get("open") for row in chart.spec["data"]["values"]] == [None, 1, 1]


def test_findings_are_told_in_words() -> None:
    frame = pl.DataFrame(
        {
            "finding": ["letter-case", "brand-new"],
            "column_name": ["ChargeFrequency", "x"],
            "occurrences": [7, 1],
            "slices": [1, 1],
            "sources": ["a", "a"],
            "example": ["Usage-based", "<b>"],
        }
    )
    text = ingestion_tables.quality_table(frame).text()
    assert "another letter case; corrected" in text
    assert "brand new" in text
    assert "<b>" not in ingestion_tables.quality_table(frame).html()
    assert ingestion_tables.quality_table(frame.clear()).text() == "Nothing: the bills keep to FOCUS."


def test_checks_are_counted_and_a_broken_one_shows_an_example() -> None:
    text = ingestion_tables.check_table([BROKEN, Verdict()]).text()
    assert "1 of 2 checks broken" in text
    assert "aws aws-payer 2026-09-01" in text
    assert "1 check, and each of them holds" in ingestion_tables.check_table([Verdict()]).text()


def test_restatements_tell_the_provider_from_ourselves() -> None:
    frame = pl.DataFrame(
        {
            "x_BillingMonth": [date(2026, 9, 1)] * 2,
            "x_Provider": ["aws"] * 2,
            "x_SourceId": ["aws-payer"] * 2,
            "BillingCurrency": ["USD"] * 2,
            "is_our_change": [True, False],
            "restatements": [1, 2],
            "rows_change": [0, 3],
            "billed_change": [Decimal(1), Decimal(2)],
            "effective_change": [Decimal(1), Decimal(2)],
            "loaded_at": [datetime(2026, 10, 22, 6)] * 2,  # noqa: DTZ001 - the lake's UTC times carry no zone
        }
    )
    text = ingestion_tables.restatements(frame).text()
    assert "1 closed month restated" in text
    assert "our rules or mapping changed" in text
    assert "the provider" in text
    assert ingestion_tables.restatements(frame.clear()).text() == "No closed month was restated."


def test_actions_go_from_broken_to_refused_to_silent() -> None:
    frame = sources(("aws-payer", "aws", 0), ("old", "gcp", 90))
    said = plain(
        ingestion.ingestion_actions(Load(refusals=(Refused(),)), frame, [BROKEN], money(), as_of=AS_OF).text()
    ).splitlines()
    assert [line[:30] for line in said] == [
        "1. Send no report until this h",
        "2. Have gcp delivered again: B",
        "3. Ask why old delivers nothin",
    ]
    quiet = ingestion.ingestion_actions(Load(), ONE, [Verdict()], money(), as_of=AS_OF).text()
    assert quiet == "Nothing to repair: the reports of today can be trusted."


def test_an_empty_lake_says_how_to_begin() -> None:
    nothing = sources()
    assert ingestion.NO_CHARGES in ingestion.ingestion_answer(Load(), nothing, [Verdict()]).text()
    assert "finops ingest" in ingestion.ingestion_actions(Load(), nothing, [], money().clear(), as_of=AS_OF).text()
    assert ingestion_tables.source_table(nothing).text() == ingestion.NO_CHARGES
    assert ingestion_tables.money_table(money().clear()).text() == ingestion.NO_CHARGES


def test_the_result_counts_slices_and_names_what_is_broken() -> None:
    result = ingestion.ingestion_result(Load((Arrived(),)), ONE, money(), [BROKEN])
    assert result["slices"] == {"loaded": 1, "unchanged": 0, "rejected": 0}
    assert result["broken"] == [
        {"claim": "daily_cost adds up to the lake's charges", "offenders": 2, "residual": Decimal("0.5")}
    ]


def test_a_source_that_went_silent_is_stale_in_grey_words_and_since_when() -> None:
    frame = ONE.with_columns(pl.lit(value=True).alias("is_stale"))
    said = plain(ingestion_tables.source_table(frame).text())
    assert "STALE since 22 Oct 2026, 06:00 UTC" in said
    # Its days are as complete as they were.
    assert "aws-payer stopped delivering; complete through 20 Oct 2026" in said
    assert "fw-grey" in ingestion_tables.source_table(frame).html()
    answer = ingestion.ingestion_answer(Load(), frame, [Verdict()]).text()
    assert "Right, but late: aws-payer stopped delivering." in answer
    assert "STALE" in answer
