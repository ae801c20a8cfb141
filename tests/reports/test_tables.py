import datetime as dt
import re
from decimal import Decimal

import polars as pl
import pytest

from finops_lib.errors import ConfigError
from finops_lib.reports.tables import Column, table
from tests.reports.sample_page import HOSTILE


def test_hostile_names_stay_text():
    html = table(pl.DataFrame({"name": HOSTILE, "tags": HOSTILE}), title=HOSTILE[0], source=HOSTILE[1]).html()
    for trap in ("<script", "<img", ' onmouseover="', "\u202e", "<style"):
        assert trap not in html
    assert "&lt;script&gt;window.hacked=1&lt;/script&gt;" in html
    # 10,000 characters are cut, and the pointer shows the first 2,000.
    assert "x" * 2001 not in html
    assert "x" * 79 + "\u2026" in html


def test_each_kind_of_cell():
    frame = pl.DataFrame(
        {
            "service": ["EC2"],
            "provider": ["gcp"],
            "cost": [Decimal("1234.56")],
            "move": [12.0],
            "share": [0.082],
            "day": [dt.date(2026, 10, 3)],
            "trend": [[1.0, 2.0, None]],
            "state": ["red"],
            "word": ["over"],
            "empty": pl.Series([None], dtype=pl.Float64),
        }
    )
    columns = {
        "service": Column("Service"),
        "provider": Column("Provider", "provider"),
        "cost": Column("Cost", "money", style="cent"),
        "move": Column("Change", "change"),
        "share": Column("Share of October", "percent"),
        "day": Column("Day", "day"),
        "trend": Column("Trend", "spark"),
        "state": Column("State", "status", word_from="word"),
        "empty": Column("Forecast", "money"),
    }
    shown = table(frame, columns, currency="USD")
    words = re.sub(r"\s+", " ", shown.text())
    assert words == (
        "Service Provider Cost (USD) Change (USD) Share of October Day Trend State Forecast (USD) "
        "EC2 Google Cloud 1,234.56 +12 8.2 % 3 Oct 2026 \u25a0 over not known"
    )
    assert '<td class="fw-right">1,234.56</td>' in shown.html()
    assert '<svg class="fw-spark"' in shown.html()


def test_rounded_cells_add_up_to_the_rounded_total():
    shown = table(
        pl.DataFrame({"name": ["a", "b", "c"], "cost": [Decimal("10.4")] * 3}),
        {"name": Column("Name"), "cost": Column("Cost", "money")},
        total="Total",
    )
    # 3 x 10.4 = 31.2
    assert re.findall(r"\d+", shown.text()) == ["11", "10", "10", "31"]
    assert "<tfoot>" in shown.html()


def test_an_empty_frame_is_a_sentence():
    shown = table(pl.DataFrame({"a": []}), empty="No <service> was charged.")
    assert shown.html() == '<p class="fw-sentence fw-empty">No &lt;service&gt; was charged.</p>'
    assert shown.text() == "No <service> was charged."


def test_only_a_long_table_carries_tools_and_all_digits():
    frame = pl.DataFrame({"name": ["=1+1"] * 16, "cost": [Decimal("0.123456789012")] * 16})
    columns = {"name": Column("Name"), "cost": Column("Cost", "money", style="cent")}
    long, short = table(frame, columns).html(), table(frame.head(15), columns).html()
    assert "data-rows=16" in long
    assert '<span data-v="0.123456789012">0.12</span>' in long
    assert "data-" not in short


def test_rows_beyond_the_limit_are_counted():
    shown = table(pl.DataFrame({"n": range(40)}), limit=20, source="daily_cost")
    assert shown.html().count("<tr>") == 21
    assert "20 of 40 rows shown. Source: daily_cost" in shown.html()


def test_several_currencies_stand_in_their_rows_and_are_never_added():
    frame = pl.DataFrame({"name": ["a", "b"], "cost": [1.0, 2.0], "unit": ["USD", "EUR"]})
    shown = table(frame, {"name": Column("Name"), "cost": Column("Cost", "money", currency_from="unit")}, total="Total")
    assert [line.split() for line in shown.text().splitlines()[1:]] == [["a", "1", "USD"], ["b", "2", "EUR"], ["Total"]]


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="unknown column 'cots'; next: did you mean 'cost'"):
        table(pl.DataFrame({"cost": [1]}), {"cots": Column("Cost")})
