"""The providers' own advice reaches the lake by the command that collects the inventory, and becomes a finding."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from finops_lib.analyses.savings import Estate, evaluations
from finops_lib.analyses.savings.rules import RULES
from finops_lib.lake.open import open_lake
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.clock import now
from finops_lib.runs.figures import bind, run_query
from finops_lib.runs.inventory import collect_inventory
from finops_lib.settings import Settings
from finops_lib.sources.inventory import rest as rest_module
from tests.gcp_compute import GcpStandIn, MonitoringStandIn, refusal

API = "https://www.googleapis.com/compute/v1/projects/shop"
WEB = "//compute.googleapis.com/projects/shop/zones/europe-west1-b/instances/web"
IDLE = "google.compute.instance.IdleResourceRecommender"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "FIRST_WAIT_S", 0.005)


def collected(settings: Settings, google: GcpStandIn) -> None:
    place = f"{API}/zones/europe-west1-b"
    machine = {"id": "1", "name": "web", "status": "RUNNING", "zone": place, "selfLink": f"{place}/instances/web"}
    google.lists = {"instances": {"zones/europe-west1-b": [machine]}}
    cost = {"currencyCode": "USD", "units": "-30"}
    stop = {"action": "replace", "resource": WEB, "path": "/status", "value": "TERMINATED"}
    google.advice = {
        ("europe-west1-b", IDLE): [
            {
                "name": "projects/1/locations/europe-west1-b/recommenders/x/recommendations/r",
                "recommenderSubtype": "STOP_VM",
                "primaryImpact": {"costProjection": {"cost": cost, "duration": "2628000s"}},
                "content": {"operationGroups": [{"operations": [stop]}]},
                "stateInfo": {"state": "ACTIVE"},
            }
        ]
    }
    with MonitoringStandIn() as monitoring:
        urls: dict[str, Any] = dict.fromkeys(("compute_endpoint", "sql_endpoint", "recommender_endpoint"), google.url)
        options = {"projects": ["shop"], "monitoring_endpoint": monitoring.url, **urls}
        collect_inventory(settings, "google", "gcp", options, metric_days=1)


def estate_of_today(settings: Settings) -> Estate:
    day = now().date() + timedelta(days=1)
    with open_lake(settings.lake) as lake:
        frames: dict[str, pl.DataFrame] = {}
        for name in ("savings_inventory", "savings_looks"):
            filled = {"as_of": day, "currency": "USD", "provider": ""}
            frames[name] = run_query(lake, figure_sql(name), bind(name, figure_sql(name), filled, {}))
    return Estate.of(frames, as_of=day, currency="USD")


def test_advice_that_was_collected_becomes_a_finding(settings: Settings) -> None:
    with GcpStandIn() as google:
        collected(settings, google)
    estate = estate_of_today(settings)
    [hit] = RULES.get("gcp-advice").recommendations(estate)
    # 2,628,000 s are a month of 365 / 12 days. The bill does not show the machine, so it is a list price: grade D.
    assert (hit.monthly_savings, hit.step, hit.price_grade, hit.source) == (
        Decimal(30), "terminate", "D", "Google Recommender",
    )  # fmt: skip
    assert hit.resource_id.endswith("/instances/1")


def test_advice_that_was_refused_is_not_evaluated_and_what_was_known_before_stays(settings: Settings) -> None:
    with GcpStandIn() as google:
        collected(settings, google)
        google.refused[IDLE] = refusal(403, "The caller does not have permission")
        collected(settings, google)
    estate = estate_of_today(settings)
    [one] = [one for one in evaluations(estate) if one.rule == "gcp-advice"]
    assert (one.status, one.permission) == (
        "not evaluated", "recommender.computeInstanceIdleResourceRecommendations.list",
    )  # fmt: skip
    assert len(list(RULES.get("gcp-advice").recommendations(estate))) == 1
