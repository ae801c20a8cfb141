import datetime as dt
import json
import re

import altair
import polars as pl
import pytest

from finops_lib.reports import charts, markup, page
from finops_lib.reports.chart import LAB_MIME
from finops_lib.reports.theme import PROVIDERS, Palette
from tests.reports import sample_page
from tests.reports.sample_page import HOSTILE, OPEN_FROM, WHERE, daily_frame, service_frame

SAID = {"title": "It grew", "subtitle": "Effective cost, USD, October 2026", "source": "daily_cost"}


def rows(chart):
    return chart.spec["data"]["values"]


@pytest.fixture(scope="module")
def all_kinds():
    cells = pl.DataFrame({"day": [dt.date(2026, 10, 1)] * 2, "team": ["a", "b"], "cost": [1.0, -2.0]})
    return [*sample_page.twelve_charts(), charts.heat(cells, x="day", y="team", value="cost", **SAID)]


def test_every_kind_is_valid_vega_lite(all_kinds):
    for chart in all_kinds:
        altair.Chart.from_dict(chart.vega_lite(), validate=True)


def test_under_the_runner_a_chart_is_a_figure_with_its_spec(monkeypatch, all_kinds):
    monkeypatch.setenv("FINOPS_RUN_DIR", "/nowhere")
    for chart in all_kinds:
        bundle = chart._repr_mimebundle_()
        assert set(bundle) == {"text/html", "text/plain", markup.PART_MIME}
        html = bundle["text/html"]
        payload = re.search(r'<script type="application/json" class="fw-spec">(.*?)</script>', html)[1]
        assert json.loads(payload) == json.loads(json.dumps(chart.spec))
        assert html.count("<script") == html.count("</script") == 1
        assert f'aria-label="{chart.title[:5]}' in html


def test_in_jupyterlab_a_chart_is_what_it_draws_without_a_network(monkeypatch, all_kinds):
    monkeypatch.delenv("FINOPS_RUN_DIR", raising=False)
    spec = all_kinds[0]._repr_mimebundle_()[LAB_MIME]
    assert spec["$schema"].endswith("vega-lite/v5.json")
    assert spec["title"]["text"] == "AWS is half of the bill, and grew on 23 Sep"
    assert spec["layer"][-1]["encoding"]["color"]["legend"] == {"orient": "top", "title": None}


@pytest.mark.slow
def test_in_jupyterlab_charts_side_by_side_are_pictures(monkeypatch, all_kinds):
    monkeypatch.delenv("FINOPS_RUN_DIR", raising=False)
    html = page.beside(all_kinds[0], all_kinds[9])._repr_mimebundle_()["text/html"]
    assert html.count('src="data:image/svg+xml;base64,') == 2
    assert "<script" not in html
    assert "AWS is half of the bill" in html


def test_hostile_names_are_data_and_nothing_else():
    chart = charts.ranked(service_frame(HOSTILE), label="service", value="now", color="service", **SAID)
    frame = service_frame(HOSTILE).with_columns(day=pl.lit(dt.date(2026, 10, 1)))
    for drawn in (chart, charts.daily(frame, y="now", by="service", top=20, **SAID)):
        html = drawn.html()
        assert "<img" not in html
        assert html.count("</script") == 1
        logic = json.dumps({key: value for key, value in drawn.spec.items() if key != "data"})
        outside_domains = re.sub(r'"domain": \[[^\]]*\]', "", logic)
        assert "hacked" not in re.sub(r'"domain": \[.*?\], "range"', "", outside_domains)
        assert max(len(row.get("series", "")) for row in rows(drawn)) <= 80


def test_incomplete_days_are_marked_and_no_line_reaches_them():
    chart = charts.daily(daily_frame(), by="provider", incomplete_from=OPEN_FROM, **SAID)
    assert {row["day"] for row in rows(chart) if "open" in row} == {"2026-10-02", "2026-10-03"}
    lines = [layer for layer in chart.spec["layer"] if layer["mark"]["type"] == "line"]
    assert all({"filter": "datum.open != 1"} in layer["transform"] for layer in lines)
    assert chart.note == "Rings: the days from 2 Oct on are not complete yet. "


def test_categories_beyond_the_largest_are_drawn_as_other():
    day = dt.date(2026, 10, 1)
    frame = pl.DataFrame({"day": [day] * 4, "team": ["a", "b", "c", None], "effective_cost": [8.0, 4.0, 2.0, 1.0]})
    chart = charts.daily(frame, by="team", top=2, **SAID)
    # 2 + 1 = 3 of 15
    assert [(row["series"], row["value"], row["share"]) for row in rows(chart)] == [
        ("a", 8.0, 0.5333),
        ("b", 4.0, 0.2667),
        ("Other", 3.0, 0.2),
    ]


def test_a_day_without_any_charge_is_a_gap():
    frame = pl.DataFrame({"day": [dt.date(2026, 10, 1), dt.date(2026, 10, 3)], "effective_cost": [1.0, 2.0]})
    assert [row["value"] for row in rows(charts.daily(frame, **SAID))] == [1.0, None, 2.0]


def test_a_forecast_reaches_beyond_the_last_known_day():
    days = [dt.date(2026, 10, n) for n in (1, 2)]
    frame = pl.DataFrame({"day": days, "effective_cost": [5.0, None], "low": [None, 4.0], "high": [None, 6.0]})
    chart = charts.daily(frame, band=("low", "high"), **SAID)
    assert [(row["value"], row["low"]) for row in rows(chart)] == [(5.0, None), (None, 4.0)]


def test_ranked_bars_are_sorted_and_say_their_change():
    frame = pl.DataFrame({"service": ["S3", "EC2", "S3"], "now": [10.0, 30.0, -5.0], "old": [10.0, 0.0, 5.0]})
    chart = charts.ranked(frame, label="service", value="now", before="old", top=2, **SAID)
    assert [(row["name"], row["text"]) for row in rows(chart)] == [
        ("EC2", "30.0  (new)"),
        ("S3", "10.0  (0)"),
        ("Other (1)", "\u22125.00  (\u221210.0)"),
    ]


def test_words_stand_beyond_the_bar_and_its_mark():
    frame = pl.DataFrame({"service": ["EC2", "Refund"], "now": [90.0, -40.0], "old": [95.0, -60.0]})
    chart = charts.ranked(frame, label="service", value="now", before="old", **SAID)
    assert [(row["at"], "left" in row) for row in rows(chart)] == [(95.0, False), (-60.0, True)]


def test_a_waterfall_ends_where_its_steps_lead():
    frame = pl.DataFrame({"service": ["EC2", "S3"], "move": [-4.0, 10.0]})
    chart = charts.waterfall(frame, label="service", value="move", before=100, **SAID)
    # 100 + 10 - 4 = 106
    assert [(row["name"], row["from"], row["to"]) for row in rows(chart)] == [
        ("Before", 0.0, 100.0),
        ("S3", 100.0, 110.0),
        ("EC2", 110.0, 106.0),
        ("After", 0.0, 106.0),
    ]


def test_a_budget_is_used_up_day_by_day():
    days = [dt.date(2026, 9, n) for n in (1, 3)]
    chart = charts.burn_down(
        pl.DataFrame({"day": days, "effective_cost": [10.0, 20.0]}),
        amount=300,
        start=dt.date(2026, 9, 1),
        end=dt.date(2026, 10, 1),
        **SAID,
    )
    # 10, nothing on the 2nd, 10 + 20; 30 of 300 is a tenth
    assert [(row["value"], row["share"]) for row in rows(chart)] == [(10.0, 0.0333), (10.0, 0.0333), (30.0, 0.1)]
    [pace] = [
        values
        for values in chart.spec["datasets"].values()
        if [row["value"] for row in values if "value" in row] == [10.0, 300.0]
    ]
    assert [row["day"] for row in pace] == ["2026-09-01", "2026-09-30"]


def test_every_kind_without_rows_is_a_sentence():
    none = daily_frame().clear().with_columns(a=pl.lit(1.0), b=pl.lit(""))
    drawn = [
        charts.daily(none, **SAID),
        charts.multiples(none, facet="provider", **SAID),
        charts.burn_down(none, amount=1, start=dt.date(2026, 1, 1), end=dt.date(2026, 2, 1), **SAID),
        charts.ranked(none, label="b", value="a", **SAID),
        charts.waterfall(none, label="b", value="a", **SAID),
        charts.share_bars(none, label="b", part="a", whole="a", **SAID),
        charts.heat(none, x="b", y="provider", value="a", **SAID),
    ]
    assert all(item.html().startswith('<p class="fw-sentence">') for item in drawn)


def test_one_day_and_one_category_are_drawn():
    one = daily_frame(1).head(1)
    for kind in ("line", "area", "bar"):
        assert len(rows(charts.daily(one, by="provider", kind=kind, **SAID))) == 1


def test_colours_stay_with_their_names():
    palette = Palette()
    assert palette.colour("aws") == palette.colour("AWS") == PROVIDERS["aws"]
    assert palette.colour("Other") == PROVIDERS["other"]
    first = palette.colour("payments")
    assert palette.colour("search") != first == palette.colour("payments")
    assert first not in PROVIDERS.values()


def test_the_currency_is_in_the_tooltip():
    chart = charts.daily(daily_frame(), by="provider", title="t", subtitle="s", **WHERE)
    titles = [tip["title"] for tip in chart.spec["layer"][-1]["encoding"]["tooltip"]]
    assert titles == ["Day", "Provider", "Effective cost (USD)", "Share of the day"]
