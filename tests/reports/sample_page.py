"""A page with everything on it: twelve charts, tables, hostile names. For the browser test, and to look at."""

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.reports import charts, page, tables
from finops_lib.reports import format as say
from finops_lib.reports.tables import Column

HOSTILE = [
    "<script>window.hacked=1</script>",
    "</script><img src=x onerror=window.hacked=1>",
    'javascript:alert(1)" onmouseover="window.hacked=1',
    "=cmd|' /C calc'!A0",
    "line one\nline two\r\nthree",
    "right\u202eto left\u2066",
    "a[0].b{{title}}${1}",
    "x" * 10_000,
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "",
]
TODAY = dt.date(2026, 10, 3)
OPEN_FROM = dt.date(2026, 10, 2)
SERVICES = [
    "AmazonEC2",
    "Amazon RDS",
    "Virtual Machines",
    "BigQuery",
    "Amazon S3",
    "Compute Engine",
    "Azure SQL",
    "CloudWatch",
]
WHERE = {"source": "daily_cost", "currency": "USD"}


def daily_frame(days: int = 33) -> pl.DataFrame:
    """Money by day and provider; the last two days are half reported."""
    first = TODAY - dt.timedelta(days=days - 1)
    sizes = (("aws", 12000), ("azure", 7200), ("gcp", 3100), ("oracle", 420))
    return pl.DataFrame(
        [
            {"day": day, "provider": provider, "effective_cost": Decimal(str(round(_amount(day, size, n), 2)))}
            for n, (provider, size) in enumerate(sizes)
            for day in (first + dt.timedelta(days=i) for i in range(days))
        ]
    )


def _amount(day: dt.date, size: float, phase: int) -> float:
    wave = 1 + 0.08 * math.sin(day.toordinal() / 3 + phase) + (0.09 if day.weekday() < 5 else -0.12)
    spike = 1.35 if day == dt.date(2026, 9, 23) and phase == 0 else 1
    return size * wave * spike * (0.45 if day >= OPEN_FROM else 1)


def service_frame(names: list[str] | None = None) -> pl.DataFrame:
    names = names or SERVICES
    return pl.DataFrame(
        {
            "service": names,
            "provider": [("aws", "azure", "gcp")[i % 3] for i in range(len(names))],
            "now": [round(91000 / (i + 1), 2) for i in range(len(names))],
            "before": [round(84000 / (i + 1) ** 1.05, 2) for i in range(len(names))],
            "move": [round((-1) ** i * 9000 / (i + 1), 2) for i in range(len(names))],
            "share": [0.9 - 0.07 * i for i in range(len(names))],
            "trend": [[float(10 + math.sin(i + j) * 3) for j in range(14)] for i in range(len(names))],
        }
    )


def twelve_charts() -> list[Any]:
    """Every kind of chart, twelve in all."""
    by_provider, services = daily_frame(), service_frame()
    total = by_provider.group_by("day").agg(pl.col("effective_cost").sum().cast(pl.Float64)).sort("day")
    band = total.with_columns(low=pl.lit(20000.0), high=pl.lit(26500.0), usual=pl.lit(23200.0))
    year = daily_frame(390)
    hostile = service_frame(HOSTILE)
    days = {"incomplete_from": OPEN_FROM, "subtitle": "Effective cost, USD a day, 1 Sep \u2013 3 Oct 2026", **WHERE}
    month = {"subtitle": "Effective cost, USD, September 2026", **WHERE}
    budget = total.filter(pl.col("day") >= dt.date(2026, 9, 1)).filter(pl.col("day") <= dt.date(2026, 9, 18))
    ahead = pl.DataFrame(
        [
            {
                "day": dt.date(2026, 9, d),
                "low": 23000.0 * d * 0.97,
                "expected": 23400.0 * d,
                "high": 23400.0 * d * (1 + 0.004 * (d - 18)),
            }
            for d in range(19, 31)
        ]
    )
    return [
        charts.daily(
            by_provider, by="provider", kind="bar", title="AWS is half of the bill, and grew on 23 Sep", **days
        ),
        charts.daily(band, band=("low", "high"), expected="usual", title="23 Sep left the expected range", **days),
        charts.daily(by_provider, by="provider", kind="line", title="Azure is steady", **days),
        charts.daily(year, by="provider", kind="area", title="The bill follows the week, not the season", **days),
        charts.ranked(
            services, label="service", value="now", before="before", title="EC2 alone is a third of September", **month
        ),
        charts.ranked(
            services, label="service", value="now", color="provider", title="Three providers share the top", **month
        ),
        charts.waterfall(services, label="service", value="move", title="EC2 and BigQuery moved September up", **month),
        charts.waterfall(services, label="service", value="move", before=40000, title="From 40k to 46k", **month),
        charts.share_bars(
            services.with_columns(whole=pl.lit(1000.0), part=pl.col("share") * 1000),
            label="service",
            part="part",
            whole="whole",
            target=0.9,
            title="No service reaches 90 % tag coverage",
            **month,
        ),
        charts.multiples(by_provider, facet="provider", title="Each provider by itself", **days),
        charts.burn_down(
            budget,
            amount=620000,
            start=dt.date(2026, 9, 1),
            end=dt.date(2026, 10, 1),
            forecast=ahead,
            title="September ends above its budget",
            **month,
        ),
        charts.ranked(hostile, label="service", value="now", color="service", title="Names from a bill <b>", **month),
    ]


def elements() -> list[Any]:
    """The other elements of a page."""
    services = service_frame()
    columns = {
        "service": Column("Service"),
        "now": Column("September", "money"),
        "move": Column("Change on August", "change"),
        "share": Column("Tagged, share of cost", "percent"),
        "trend": Column("14 days", "spark"),
        "state": Column("Status", "status", word_from="word"),
    }
    states = pl.DataFrame({"state": ["red", "orange", "yellow", "green"] * 2, "word": ["over", "at risk", "", ""] * 2})
    many = pl.concat([service_frame([f"{name} {n}" for name in SERVICES]) for n in range(5)])
    return [
        page.answer(
            "Where does the money go, and what changed?",
            "September cost 702k USD, 4.1 % of 674k USD more than August; AmazonEC2 in production is the cause.",
            "orange",
            "at risk",
        ),
        page.figures(
            [
                page.Figure("Yesterday, 1 Oct", say.money(23412.5, "USD"), "+2.1 % of 22.9k USD", [3, 4, 3.5, 5, 4, 6]),
                page.Figure("Month to date", say.money(23412.5, "USD"), "1 of 31 days"),
                page.Figure("Expected October", say.money(718000, "USD"), "budget 700k USD", status="orange"),
                page.Figure("Year to date", say.money(6312000, "USD"), "+6 % of 5.95M USD", [1, 2, None, 3, 4]),
                page.Figure("Potential savings", say.money(41200, "USD"), "a month, 37 findings"),
            ]
        ),
        page.strip("stale", "azure-main has sent nothing since 30 Sep; its last two days are missing from every sum."),
        tables.table(
            pl.concat([services, states], how="horizontal"),
            columns,
            title="Ten services make 82 % of September",
            currency="USD",
            source="monthly_cost, effective cost",
            total="Total",
        ),
        tables.table(
            many, {k: v for k, v in columns.items() if k != "state"}, title="All services", currency="USD", source="x"
        ),
        tables.table(service_frame(HOSTILE), title="Hostile names", source="<b>daily_cost</b>"),
        tables.table(services.clear(), empty="No service was charged in October."),
        page.sentence("Nothing else left its usual range."),
        page.callout("Restated", "AWS restated August on 12 Sep by +1.2k USD (+0.4 % of 310k USD).", "warning"),
        page.actions(
            [
                page.Action("Stop the 14 idle volumes of team <payments>", "12.4k USD a month", "Payments", "10 Oct"),
                page.Action("Buy a 1-year savings plan for 18 USD an hour", "8.1k USD a month", "Platform", "15 Oct"),
                page.Action("Tag the 212 untagged resources in sandbox", "", "Data", "31 Oct"),
            ]
        ),
        page.facts({"Snapshot": 17, "Rows": "1,204"}, "Facts"),
    ]


def notebook() -> dict[str, Any]:
    """Lay everything out as an executed notebook."""
    head, rest = elements()[:3], elements()[3:]
    drawn = twelve_charts()
    cells: list[dict[str, Any]] = [
        _words("# Where does the money go, and what changed?\n\nFor *finance*. Decides where to look.")
    ]
    cells += [_shown(item) for item in head]
    cells += [
        _words("## By provider\n\nEach day by provider."),
        *map(_shown, drawn[:3]),
        _shown(page.beside(drawn[3], drawn[2])),
    ]
    cells += [_words("## Services\n\nWhat is large."), *map(_shown, drawn[4:6]), *map(_shown, rest[:2])]
    cells += [_words("## What moved"), *map(_shown, drawn[6:9]), _words("## Budgets"), *map(_shown, drawn[9:11])]
    cells += [_words("## Hostile <img src=x onerror=alert(1)> [x](javascript:alert(1))"), _shown(drawn[11])]
    cells += [*map(_shown, rest[2:6]), _words("## What to do"), *map(_shown, rest[6:])]
    return {"cells": cells, "metadata": {}}


def run() -> dict[str, Any]:
    return {
        "run_id": "20261003-overview-1",
        "notebook": "overview",
        "status": "SUCCEEDED",
        "as_of": "2026-10-01",
        "snapshot": 17,
        "parameters": {"provider": HOSTILE[0], "limit": 10},
        "started_at": "2026-10-03T06:00:00Z",
        "duration_s": 12.4,
        "code_hash": "1f3a9c",
        "notebook_hash": "88ab01",
        "versions": {"finops": "0.1.0", "duckdb": "1.5.5"},
    }


SQL = [
    {
        "name": "overview_top_services",
        "sql": "select '<b>' as x\nfrom daily_cost\nwhere day <= $as_of",
        "parameters": {"as_of": "2026-10-01"},
    }
]
CHECKS = [
    {"name": "keeps every cent", "ok": True, "message": "residual 0"},
    {"name": "fresh", "ok": False, "message": "azure <late>"},
]


def _words(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source}


def _shown(item: Any) -> dict[str, Any]:
    output = {"output_type": "execute_result", "data": item._repr_mimebundle_(), "metadata": {}}
    return {"cell_type": "code", "source": "", "outputs": [output]}
