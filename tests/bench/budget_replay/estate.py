"""The sample estate, loaded once by the product itself, and what the scopes of its budgets cost in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import yaml

from finops_lib.analyses.budgets import family_scopes
from finops_lib.analyses.scopes import parse_scope
from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build
from finops_lib.marts.figures import figure_sql
from finops_lib.marts.scoped import scoped_costs
from finops_lib.plans import Budget
from finops_lib.runs.figures import run_query
from finops_lib.runs.ingest import ingest
from finops_lib.runs.rates import import_rates
from finops_lib.sample import RATES_FILE, sample_budget_plan_yaml, sample_workbench_yaml, write_estate
from finops_lib.settings import Settings, load_budget_plan, load_settings
from tests.bench.budget_replay.known import Bills
from tests.bench.place import settings_in

# Its days are the thirteen months before, whatever day it is today.
LAST_DAY = date(2025, 6, 30)
# The fewest charges with which every day of the year has its own.
_ROWS = 84_000
# The sample's amounts are made for its last month, and a year before it nothing comes near them. These get others.
TIGHT = ("team-payments", "team-search", "team-mobile", "environment-test", "europe")
_ADDRESS = "finops.example.org"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay works with: settings whose channels lead to receivers, the bills, what a check reads besides."""

    settings: Settings
    budgets: Sequence[Budget]
    bills: Bills
    movers: pl.DataFrame
    rates: pl.DataFrame


def load_estate(folder: Path, *, webhook: str, mail_port: int) -> Replayed:
    """Write the sample estate, load it and ask what the scopes of its budgets cost.

    Args:
        webhook: where Slack and PagerDuty are; mail goes to a relay on this machine.
    """
    bills = folder / "bills"
    estate = write_estate(bills, as_of=LAST_DAY, rows=_ROWS)
    settings = settings_in(folder)
    settings.params.mkdir(parents=True)
    settings.budget_plan.write_text(_owned(sample_budget_plan_yaml(estate)), encoding="utf-8")
    told = yaml.safe_dump(_told(webhook, mail_port))
    settings.workbench_file.write_text(f"{sample_workbench_yaml(str(bills))}{told}", encoding="utf-8")
    settings = load_settings()
    for source in settings.workbench.sources:
        ingest(settings, [bills / source.provider], source=source.name)
    import_rates(settings, bills / RATES_FILE, source="sample estate")
    build(settings.lake)
    asked = _asked(settings, load_budget_plan(settings.budget_plan))
    amounts = {budget.name: middle_month(budget, asked.bills) for budget in asked.budgets if budget.name in TIGHT}
    settings.budget_plan.write_text(_with_amounts(settings.budget_plan.read_text(encoding="utf-8"), amounts), "utf-8")
    return replace(asked, budgets=load_budget_plan(settings.budget_plan))


def middle_month(budget: Budget, bills: Bills) -> Decimal:
    """Give what the middle one of the months cost: half of them break such a budget, and most come near it."""
    counted = pl.col("charge_class").is_in(list(budget.counts)) & (pl.col("BillingCurrency") == budget.currency)
    mine = bills.final.filter((pl.col("scope") == budget.scope) & counted)
    months = mine.group_by(pl.col("day").dt.truncate("1mo")).agg(pl.col("effective_cost").sum())
    costs: list[Decimal] = sorted(months["effective_cost"])
    return costs[len(costs) // 2].quantize(Decimal(1))


def _with_amounts(plan: str, amounts: Mapping[str, Decimal]) -> str:
    lines = yaml.safe_load(plan)
    for line in lines["budgets"]:
        if line["name"] in amounts:
            line["amount"] = str(amounts[line["name"]])
    return yaml.safe_dump(lines)


def _owned(plan: str) -> str:
    """Give the plan with owners that mail reaches; the sample's are people without an address."""
    lines = yaml.safe_load(plan)
    for line in lines["budgets"]:
        line["owner"] = f"{line['owner'].split(',')[0].replace(' ', '.').lower()}@{_ADDRESS}"
    return yaml.safe_dump(lines)


def _told(webhook: str, mail_port: int) -> dict[str, object]:
    """Give the part of workbench.yaml that says who is told, by the routes that are there without being asked for."""
    mail = {"host": "127.0.0.1", "port": mail_port, "tls": "none", "sender": f"workbench@{_ADDRESS}"}
    return {
        "channels": {
            "slack": {"kind": "slack", "options": {"url": "env:REPLAY_WEBHOOK"}},
            "pager": {"kind": "pagerduty", "options": {"routing_key": "env:REPLAY_KEY", "base_url": webhook}},
            "mail": {"kind": "mail", "options": mail},
        },
        "recipients": [{"name": "operators", "address": f"operators@{_ADDRESS}"}],
    }


def _asked(settings: Settings, budgets: Sequence[Budget]) -> Replayed:
    scopes = sorted({*(budget.scope for budget in budgets), *family_scopes(budgets)})
    with open_lake(settings.lake) as lake:
        with scoped_costs(lake.con, [parse_scope(scope) for scope in scopes], since=date.min) as costs:
            moment = datetime(2025, 7, 1, tzinfo=UTC).replace(tzinfo=None).isoformat()
            days = costs.days(as_of=LAST_DAY, judged_at=moment)
            # What moves a budget is said in words; it decides no alert, and is not replayed.
            movers = costs.movers([])
        rates = run_query(lake, figure_sql("budgets_rates"), {})
    return Replayed(settings, budgets, Bills(days.sort("day", maintain_order=True)), movers, rates)
