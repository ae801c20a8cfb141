"""What the state says of budgets, anomalies and advice is narrowed to a reader's scope as the lake is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly, KeptRecommendation, Recommendation
from finops_lib.messages import AlertEvent
from finops_lib.plans import Budget, FutureEvent
from finops_lib.runs.anomaly_inputs import AnomalyInputs
from finops_lib.runs.budget_inputs import BudgetInputs
from finops_lib.runs.readers_scope import (
    check_can_be_narrowed,
    narrow_anomalies,
    narrow_budgets,
    narrow_recommendations,
    without_names,
)

SHOP = "team = 'shop'"
DAY = date(2026, 10, 3)


def a_budget(name: str, scope: str, parent: str = "") -> Budget:
    return Budget(name, scope, "expression", scope, Decimal(100), "USD", parent=parent)


def an_event(subject: str, scope: str) -> AlertEvent:
    at = datetime(2026, 10, 3, tzinfo=UTC)
    return AlertEvent(subject, subject, DAY, "actual", "80", 1, 81.0, "firing", "ann", scope, at)


def an_anomaly(anomaly_id: str, expression: str) -> Anomaly:
    return Anomaly("node", "aws", "1", "EC2", DAY, DAY, 1.0, 3.0, 2.0, "USD", None, (), 4.0, "", anomaly_id=anomaly_id,
                   expression=expression)  # fmt: skip


def advice(owner: str, account: str = "1") -> KeptRecommendation:
    about = Recommendation(
        "idle", "aws", account, "i-1", "stop", "idle", Decimal(9), Decimal(9), "USD", 0.9, "low", owner
    )
    return KeptRecommendation(f"{owner}-{account}", about, "proposed", 1, "search", DAY, DAY)


def test_budgets_outside_go_with_all_that_is_known_of_them_and_so_does_a_parents_name() -> None:
    shop, web = a_budget("shop", SHOP, parent="company"), a_budget("web", "team = 'web'", parent="company")
    change = FutureEvent("launch", DAY, Decimal(5), "day", "ann", series="web")
    events = (an_event("shop", SHOP), an_event("web", "team = 'web'"))
    inputs = BudgetInputs(
        (shop, web, a_budget("company", "all")), events=events, changes=(change,), notice="web differs"
    )
    kept = narrow_budgets(inputs, SHOP)
    assert [(budget.name, budget.parent) for budget in kept.budgets] == [("shop", "")]
    assert [event.subject for event in kept.events] == ["shop"]
    assert (kept.changes, kept.notice) == ((), "")


def test_a_parent_inside_keeps_its_name() -> None:
    inputs = BudgetInputs((a_budget("shop", SHOP), a_budget("prod", f"{SHOP} and environment = 'prod'", parent="shop")))
    assert [budget.parent for budget in narrow_budgets(inputs, SHOP).budgets] == ["", "shop"]


def test_an_anomaly_is_shown_to_whom_its_node_belongs() -> None:
    inputs = AnomalyInputs(
        (an_anomaly("a", f"provider = 'aws' and {SHOP}"), an_anomaly("b", "account = '1'"), an_anomaly("c", "")),
        {"a": 2.0, "b": 3.0},
    )
    kept = narrow_anomalies(inputs, SHOP)
    assert [one.anomaly_id for one in kept.anomalies] == ["a"]
    assert kept.waited_hours == {"a": 2.0}


def test_advice_is_shown_to_the_team_that_pays() -> None:
    found = (advice("shop"), advice("web"), advice(""))
    assert [one.recommendation_id for one in narrow_recommendations(found, SHOP)] == ["shop-1"]
    assert [one.recommendation_id for one in narrow_recommendations(found, "account = '1'")] == [
        "shop-1",
        "web-1",
        "-1",
    ]


def test_a_check_of_the_whole_lake_is_told_without_names_and_amounts() -> None:
    checks = [
        {"name": "sums", "ok": False, "message": "web differs by 12 USD"},
        {"name": "marts", "ok": True, "message": "3"},
    ]
    assert without_names(checks) == [
        {"name": "sums", "ok": False, "message": "does not hold for the whole lake"},
        {"name": "marts", "ok": True, "message": "holds for the whole lake"},
    ]


def test_a_page_about_whole_sources_is_refused_for_a_part() -> None:
    check_can_be_narrowed("ingestion", "")
    with pytest.raises(ConfigError, match="ingestion is about whole sources"):
        check_can_be_narrowed("ingestion", SHOP)
