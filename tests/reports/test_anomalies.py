"""The anomaly page: which sentence a reader gets for which find."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from finops_lib.findings import Anomaly
from finops_lib.reports import anomalies as page

AS_OF = date(2026, 11, 20)
SERIES = pl.DataFrame(
    {
        "x_Provider": ["aws", "aws"],
        "account_id": ["111", "111"],
        "account_name": ["shop", "shop"],
        "ServiceName": ["Compute", "Compute"],
        "team": ["web", ""],
        "day": [date(2026, 11, 19), AS_OF],
        "effective_cost": [1.0, 2.0],
    }
)


def anomaly(**values: Any) -> Anomaly:
    usual: dict[str, Any] = {
        "scope": "aws/111/Compute",
        "provider": "aws",
        "account": "111",
        "service": "Compute",
        "start": date(2026, 11, 13),
        "end": date(2026, 11, 13),
        "expected": 100.0,
        "actual": 500.0,
        "impact": 400.0,
        "currency": "USD",
        "deviation_pct": 400.0,
        "methods": ("iqr", "zscore"),
        "score": 9.0,
        "cause": "i-1 in eu-west-1: up 400 USD a day, 100 % of the rise",
    }
    return Anomaly(**{**usual, **values})


DROP = anomaly(service="CDN", scope="aws/111/CDN", actual=20.0, impact=-80.0, deviation_pct=-80.0)


def answer(found: list[Anomaly], judged: tuple[int, int] = (4, 5)) -> str:
    element = page.anomaly_answer(found, judged, as_of=AS_OF, lookback_days=30, currency="USD")
    return element.text().replace("\u00a0", " ")


def test_the_answer_counts_and_names_the_largest() -> None:
    said = answer([anomaly(), DROP])
    assert "1 rise and 1 drop in the 30 days through 20 Nov; 400 USD more than usual." in said
    assert "Largest: Compute rose on 13 Nov, +400 USD against the usual." in said


def test_silence_says_how_much_was_judged() -> None:
    assert "Nothing: no service left its usual range in the 30 days through 20 Nov; 4 of 5 series" in answer([])
    assert "no service has the two weeks of history" in answer([], (0, 5))
    assert "there was no usage through 20 Nov 2026" in answer([], (0, 0))
    assert "good" not in answer([], (0, 5))


def test_a_new_service_has_no_percentage_and_an_open_episode_no_end() -> None:
    new = anomaly(expected=0.0, deviation_pct=None, end=AS_OF)
    assert "Compute is new since 13 Nov, +400 USD" in answer([new])
    assert "since 13 Nov 2026" in page.anomaly_table([new], SERIES, as_of=AS_OF).text()


def test_the_table_names_the_account_and_what_moved() -> None:
    said = page.anomaly_table([anomaly(), DROP], SERIES, as_of=AS_OF).text()
    assert "2 episodes, together +320\u00a0USD against the usual" in said
    assert "shop" in said
    assert "i-1 in eu-west-1" in said
    assert "(1 more on the page anomalies)" in page.anomaly_table([anomaly(), DROP], limit=1).text()


def test_what_is_written_down_says_how_it_stands() -> None:
    seen = anomaly(anomaly_id="a1", status="acknowledged")
    planned = anomaly(anomaly_id="b2", scope="aws/111/CDN", service="CDN", status="expected")
    rest = anomaly(anomaly_id="c3", scope="aws/111/Queue", service="Queue")
    recorded = [seen, planned, rest]
    said = page.anomaly_table(recorded, SERIES, as_of=AS_OF, recorded=recorded).text()
    assert [word in said for word in ("acknowledged", "planned", "open")] == [True] * 3
    # Of what is not written down nothing can be said.
    assert "Status" not in page.anomaly_table(recorded, SERIES, as_of=AS_OF).text()
    figures = page.anomaly_figures(recorded, as_of=AS_OF, recorded=recorded, waited_hours={"a1": 1.0, "b2": 4.0})
    told = figures.text().replace("\u00a0", " ")
    # 400 + 400 of the two that nobody has planned; (1 + 4) / 2 hours
    for words in ("800 USD", "1 acknowledged and 1 planned", "2.50 h", "mean of 2 episodes"):
        assert words in told
    assert "Until" not in page.anomaly_figures(recorded, as_of=AS_OF).text()
    assert "2 rises in the 30 days through 20 Nov; 800 USD more than usual; 1 episode besides was planned" in answer(
        recorded
    )
    assert "Queue" in page.anomaly_actions(recorded, SERIES, as_of=AS_OF).text()
    assert "CDN" not in page.anomaly_actions(recorded, SERIES, as_of=AS_OF).text()


def test_a_node_is_named_by_what_it_is() -> None:
    of_team = anomaly(scope="aws/team=web", level="team", account="", service="")
    machine = anomaly(scope="aws/111/Compute/arn:aws:ec2:i/i-7", level="resource")
    said = page.anomaly_table([of_team, machine], SERIES, as_of=AS_OF).text()
    for words in ("Team web", "aws, any account", "i-7 (Compute)", "shop"):
        assert words in said


def test_what_has_no_cause_is_counted_with_the_way_to_get_it() -> None:
    without = anomaly(cause="", anomaly_id="a1")
    assert "Every episode has beside it what moved" in page.anomaly_causes([anomaly()]).text()
    said = page.anomaly_causes([anomaly(), without]).text()
    assert "1 of 2 episodes has no cause here" in said
    assert "finops run anomalies -p anomaly_id=a1" in said


def test_names_of_a_bill_are_escaped() -> None:
    hostile = anomaly(service="<script>alert(1)</script>", cause="<img src=x onerror=1>")
    html = page.anomaly_table([hostile], SERIES).html() + page.anomaly_actions([hostile], SERIES, as_of=AS_OF).html()
    assert "<script>" not in html
    assert "<img" not in html


def test_without_a_find_every_part_of_the_page_is_a_sentence() -> None:
    empty = SERIES.clear()
    for element in (
        page.anomaly_figures([], as_of=AS_OF),
        page.anomaly_causes([]),
        page.anomaly_table([], empty),
        page.anomaly_charts({}, empty, as_of=AS_OF),
        page.anomaly_actions([], empty, as_of=AS_OF),
    ):
        assert element.text().strip().endswith(".")


def test_actions_are_rises_with_money_team_and_day() -> None:
    said = page.anomaly_actions([anomaly(), DROP], SERIES, as_of=AS_OF).text().replace("\u00a0", " ")
    assert "1. Explain Compute in shop, on 13 Nov: planned, or to be stopped?; +400 USD; web; by 22 Nov 2026" in said
    assert "CDN" not in said


def test_a_chart_shows_the_range_that_was_left() -> None:
    band = pl.DataFrame(
        {"day": [date(2026, 11, 12), date(2026, 11, 13)], "actual": [100.0, 500.0], "expected": [100.0, 100.0],
         "low": [90.0, 90.0], "high": [110.0, 110.0]}
    )  # fmt: skip
    drawn = page.anomaly_charts({anomaly(): band}, SERIES, as_of=AS_OF)
    assert drawn.html().count('class="fw-chart"') == 1
    assert "account shop; i-1 in eu-west-1" in drawn.text()
