"""The start page: what it calls red, what it leaves for others, where it leads."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from finops_lib.findings import Anomaly, BudgetStatus, KeptRecommendation
from finops_lib.reports import start, start_workings
from finops_lib.reports.start_workings import DeadLetter, JobStanding, NotebookStanding, Workings
from tests.reports.test_records import NAT

DAY = dt.date(2026, 5, 4)
NOON = dt.datetime(2026, 5, 5, 12, tzinfo=dt.UTC)
SOURCES = pl.DataFrame(
    {
        "x_Provider": ["aws"], "x_SourceId": ["payer"], "newest_day": [DAY], "complete_through": [DAY],
        "is_stale": [False], "days_behind": [0],
    }
)  # fmt: skip
JOB = JobStanding("collect", "FAILED", NOON, "the provider did not answer", NOON)
LETTER = DeadLetter("m-1", "slack", "404 no such channel", NOON)
NOTEBOOK = NotebookStanding("budgets", "Which break?", "SUCCEEDED", "2026-05-04", NOON, "budgets/r 1/report.html")


def _status(colour: str, name: str = "shop") -> BudgetStatus:
    return BudgetStatus(
        name, "team", "shop", DAY.replace(day=1), dt.date(2026, 6, 1), "USD", Decimal(100), Decimal(120), None, None,
        None, colour, False, DAY, "20 USD over",  # type: ignore[arg-type]
    )  # fmt: skip


def _anomaly(status: str, impact: float = 40.0) -> Anomaly:
    return Anomaly(
        "aws/111/S3", "aws", "111", "S3", DAY, DAY, 10.0, 50.0, impact, "USD", 400.0, ("workbench",), 5.0, "", "a-1",
        status=status,  # type: ignore[arg-type]
    )  # fmt: skip


def _kept(status: str) -> KeptRecommendation:
    return KeptRecommendation("r-1", NAT, status, 1, "nightly", DAY, DAY)  # type: ignore[arg-type]


def _now(
    *,
    statuses: list[BudgetStatus] | None = None,
    anomalies: list[Anomaly] | None = None,
    kept: list[KeptRecommendation] | None = None,
    workings: Workings | None = None,
    sources: pl.DataFrame = SOURCES,
) -> start.Standing:
    return start.standing(
        sources,
        statuses=statuses or [],
        anomalies=anomalies or [],
        recommendations=kept or [],
        workings=workings or Workings(),
        as_of=DAY,
        currency="USD",
    )


def test_where_all_is_well_it_says_so() -> None:
    said = start.start_answer(_now(statuses=[_status("green")])).text()
    assert "complete through 4 May 2026. Nothing is red." in said
    assert start.start_actions(_now(statuses=[_status("green")])).text() == "Nothing needs to be done."


def test_what_is_red_is_named() -> None:
    now = _now(
        statuses=[_status("red"), _status("green", "other")], workings=Workings(jobs=(JOB,), dead_letters=(LETTER,))
    )
    said = start.start_answer(now).text()
    assert "Red: 1 budget (shop); 1 job (collect); 1 message through slack cannot be sent." in said
    assert "shop" in start.red_budgets(now, []).text()
    assert "other" not in start.red_budgets(now, []).text()
    # Two things that are not well: the job, and the message.
    assert "Not well: 2" in start.start_figures(now).text()


@pytest.mark.parametrize(("status", "is_open"), [("open", True), ("acknowledged", True), ("resolved", False)])
def test_only_open_anomalies_wait(status: str, is_open: bool) -> None:
    now = _now(anomalies=[_anomaly(status)])
    assert ("1 anomaly" in start.start_answer(now).text()) is is_open
    assert ("aws/111/S3" in start.open_anomalies(now).text()) is is_open


def test_only_savings_nobody_decided_on_wait() -> None:
    assert "nat-1" in start.savings_to_decide(_now(kept=[_kept("pending")])).text()
    assert "32.9\u00a0USD a month at most" in start.start_figures(_now(kept=[_kept("pending")])).text()
    assert "No saving waits" in start.savings_to_decide(_now(kept=[_kept("approved")])).text()


def test_an_empty_lake_is_told_how_to_begin() -> None:
    now = _now(sources=SOURCES.clear())
    assert start.EMPTY in start.start_answer(now).text()
    assert "finops demo" in start.start_actions(now).text()


def test_links_lead_to_the_notebook_in_the_lab_and_to_the_report_from_a_report() -> None:
    shown = start_workings.where_next(Workings(notebooks=(NOTEBOOK,), outputs="../outputs"))
    assert 'href="budgets.ipynb"' in shown.still()
    assert 'href="../outputs/budgets/r%201/report.html"' in shown.still()
    assert 'href="../../budgets/r%201/report.html"' in shown.html()
    assert "ipynb" not in shown.html()


def test_outputs_outside_the_project_are_named_and_not_linked_in_the_lab() -> None:
    shown = start_workings.where_next(Workings(notebooks=(NOTEBOOK,)))
    assert "report.html" not in shown.still()
    assert "data through 4 May 2026" in shown.still()


def test_jobs_that_are_not_well_come_first_and_a_schedule_that_cannot_be_read_is_said() -> None:
    well = JobStanding("backup", "SUCCEEDED", NOON, "", NOON)
    said = start_workings.jobs_table(Workings(jobs=(well, JOB))).text()
    assert said.index("collect") < said.index("backup")
    assert "the provider did not answer" in said
    assert "unknown notebook" in start_workings.jobs_table(Workings(schedule_error="unknown notebook 'x'")).text()
