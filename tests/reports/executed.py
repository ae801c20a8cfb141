"""An executed notebook of some elements, as the runner leaves it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from finops_lib.reports import charts, page
from finops_lib.reports.markup import Showable
from finops_lib.reports.tables import Column, table

ANSWER = page.answer(
    "Where does the money go?",
    "412k USD so far. Compute moved most.",
    "red",
    "over",
    headline="412k USD, 596k expected",
)


def executed(*shown: Showable, strips: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give a notebook whose cells show these, each tagged `email`; `strips` are what its setup shows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FINOPS_RUN_DIR", "/nowhere")
        cells = [_cell("email", one._repr_mimebundle_()) for one in shown]  # type: ignore[attr-defined]
        part = {"kind": "strips", "items": [dict(page.strip("stale", text).part) for text in strips]}
        setup = _cell("setup", {"text/html": "", "application/vnd.finops.part+json": part})
    return {"cells": [setup, *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def a_table(rows: int, name: str = "service") -> page.Element:
    frame = pl.DataFrame(
        {"name": [f"{name} {row}" for row in range(rows)], "cost": [float(row) for row in range(rows)]}
    )
    return table(frame, {"name": Column("Service"), "cost": Column("Cost", "money")}, title="Services", currency="USD")


def a_chart(title: str = "Costs rose") -> Showable:
    frame = pl.DataFrame({"day": [date(2026, 10, 1) + timedelta(days=n) for n in range(9)], "cost": list(range(9))})
    return charts.daily(frame, y="cost", title=title, subtitle="USD a day", source="daily_cost", currency="USD")


def _cell(tag: str, data: dict[str, Any]) -> dict[str, Any]:
    output = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}
    return {"cell_type": "code", "source": "", "metadata": {"tags": [tag]}, "outputs": [output], "execution_count": 1}
