"""The pages for leadership and on what was ingested: a hostile name gives the elements that a harmless one gives."""

from __future__ import annotations

import datetime as dt
import html
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from finops_lib.reports import ingestion, ingestion_restated, ingestion_tables, leadership
from finops_lib.reports.index import gallery, latest_page
from finops_lib.reports.ingestion_reconcile import reconcile_table
from finops_lib.reports.markup import PART_MIME, Showable
from tests.hostile import HARMLESS, NAMES, elements_of, steering
from tests.reports.test_index import run
from tests.reports.test_ingestion import AS_OF, BROKEN, Arrived, Load, Refused, Verdict, money, sources
from tests.reports.test_ingestion_reconcile import WRONG
from tests.reports.test_ingestion_restated import changes
from tests.reports.test_leadership import company, movers, totals


def leadership_of(name: str) -> Iterator[Showable]:
    """Give the page for leadership where services, accounts, teams, budgets and commitments are called so."""
    rows = movers((name, 20, 10), (name, 9, 0)).with_columns(pl.lit(name).alias("main_account"))
    over = company("red", forecast_p50=Decimal(650_000), budget=name)
    looked_into: Any = SimpleNamespace(
        anomaly=SimpleNamespace(service=name),
        decomposition=SimpleNamespace(effects=[SimpleNamespace(kind="rate", amount=9)]),
        cause=SimpleNamespace(owner=name),
    )
    term = SimpleNamespace(
        name=name, commitment_id=name, end=dt.date(2026, 11, 1), monthly_cost=Decimal(538), currency="USD"
    )
    ending: Any = [SimpleNamespace(term=term)]
    best = SimpleNamespace(type="idle", account=name, monthly_savings=Decimal(90), confidence=0.9, resource_id=name,
                           currency="USD", owner=name)  # fmt: skip
    savings: Any = SimpleNamespace(counted=[best])
    plan: Any = [SimpleNamespace(name=name, owner=name)]
    course = pl.DataFrame(
        [
            {"budget": name, "day": dt.date(2026, 10, day), "cost": 100.0 * day, "expected_total": None}
            for day in range(1, 18)
        ],
        schema_overrides={"expected_total": pl.Float64},
    ).with_columns(pl.lit(None, pl.Float64).alias("low_total"), pl.lit(None, pl.Float64).alias("high_total"))
    yield leadership.leadership_answer(totals(), [over], rows)
    yield leadership.leadership_figures(totals(), [over], leadership.Saved())
    yield leadership.leadership_movers(rows, [looked_into], totals())
    yield leadership.leadership_decisions(totals(), [over], plan, savings, ending)
    yield leadership.leadership_decisions(totals(), [], [], savings)
    yield leadership.leadership_risks([over, company("grey", budget=name)], ending)
    yield leadership.leadership_chart(totals(), [over], course)


def ingestion_of(name: str) -> Iterator[Showable]:
    """Give the page on ingestion where sources, services, files and what bills hold are called so."""
    arrived = Arrived(source=name, provider=name, billed_before=Decimal(90))
    load: Any = Load((arrived,), (Refused(source=name, path=name, reason=f"{name} in row 7; next: {name}"),))
    broken = replace(BROKEN, examples=(name, name))
    behind = sources((name, name, 0), (name, "gcp", 90))
    amounts = money(residual="0.5").with_columns(pl.lit(name).alias("x_SourceId"), pl.lit(name).alias("x_Provider"))
    finding = {"finding": name, "column_name": name, "occurrences": 7, "slices": 1, "sources": name, "example": name}
    days = pl.DataFrame({"x_Provider": [name] * 3, "x_SourceId": [name] * 3,
                         "day": [dt.date(2026, 10, day) for day in (20, 21, 22)]})  # fmt: skip
    moved = changes(("late usage", name, "12.5", "0"), ("re-rated", name, "-2", "0"), ("tags moved", name, "0", "7"))
    moved = moved.with_columns(pl.lit(name).alias("x_SourceId"))
    curve = pl.DataFrame([{"x_Provider": name, "ServiceName": name, "lag_days": 1, "days": 9}]).with_columns(
        pl.Series("completeness", [Decimal("0.4")], dtype=pl.Decimal(9, 6))
    )
    yield ingestion.ingestion_answer(load, behind, [broken])
    yield ingestion.ingestion_answer(load, behind, [Verdict()], [replace(WRONG, source=name)])
    yield ingestion.ingestion_answer(load, behind, [Verdict()])
    yield ingestion.ingestion_answer(Load(), behind, [Verdict()])
    yield ingestion.ingestion_figures(load, behind, amounts, currency="USD", as_of=AS_OF)
    yield ingestion.ingestion_actions(load, behind, [broken], amounts, as_of=AS_OF)
    yield ingestion_tables.deliveries(load)
    yield ingestion_tables.source_table(behind)
    yield ingestion_tables.day_charts(days.with_columns(pl.lit(5).alias("charges")), behind)
    yield ingestion_tables.money_table(amounts)
    yield ingestion_tables.quality_table(pl.DataFrame([finding]))
    yield ingestion_tables.check_table([broken, Verdict()])
    yield ingestion_tables.refused_table(load)
    yield reconcile_table([replace(WRONG, source=name, item=name, words=name, explanation=name)])
    yield ingestion_restated.restated_words(moved)
    yield ingestion_restated.restated_charts(moved)
    yield ingestion_restated.restated_table(moved)
    yield ingestion_restated.completeness_table(curve)


@pytest.mark.parametrize("page", [leadership_of, ingestion_of])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_name_changes_what_a_page_is_made_of(page: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_RUN_DIR", "/nowhere")
    for hostile, harmless in zip(page(name), page(HARMLESS), strict=True):
        for as_shown in ("html", "still"):
            shown = getattr(hostile, as_shown)()
            assert elements_of(shown) == elements_of(getattr(harmless, as_shown)()), hostile.text()[:300]
            assert steering(html.unescape(shown)) <= {"\n"}
        assert_a_notebook_shows_words(hostile, harmless)


def assert_a_notebook_shows_words(hostile: Any, harmless: Any) -> None:
    """See that a cell of report.ipynb has the outputs of a harmless one, and that its text is lines that are ours."""
    bundle, expected = hostile._repr_mimebundle_(), harmless._repr_mimebundle_()
    assert set(bundle) == set(expected) <= {"text/html", "text/plain", PART_MIME}
    assert json.loads(json.dumps(bundle)) == bundle
    text, plain = bundle["text/plain"], expected["text/plain"]
    assert steering(text) <= {"\n"}
    assert len(text.splitlines()) == len(plain.splitlines())


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_name_changes_what_the_list_of_reports_is_made_of(name: str) -> None:
    def listed(name: str) -> str:
        report = "overview/r/report.html"
        held = run(name, checks_failed=name, reconcile_failed=name, headline=name, pinned=name, report=report)
        failed = run(name, status="FAILED", error=name, report="", hour=5)
        return gallery([held, failed, run(name, status=name, hour=4, run_id=name, report=report)])

    assert elements_of(listed(name)) == elements_of(listed(HARMLESS))
    assert elements_of(latest_page(run(name)))[0] == elements_of(latest_page(run(HARMLESS)))[0]
    assert steering(listed(name)) <= steering(listed(HARMLESS))
