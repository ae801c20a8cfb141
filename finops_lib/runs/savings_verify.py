"""Did it pay? `finops savings verify`: what people say they have done, held against later bills.

What was used and paid before is frozen when a recommendation is approved (`baseline_text`), so that no restated bill
and no later price moves what a change is measured by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from finops_lib.analyses.savings.realised import estimated_of
from finops_lib.analyses.savings.usage_days import UseDay, Window, divided
from finops_lib.analyses.savings.verification import (
    GONE_DAYS,
    MOST_CLAIMED,
    MOST_DAYS,
    SETTLING_DAYS,
    After,
    Baseline,
    TooEarly,
    verify,
)
from finops_lib.errors import ConfigError
from finops_lib.findings import KeptRecommendation, Recommendation, Verification
from finops_lib.lake.open import Lake
from finops_lib.marts.figures import figure_sql
from finops_lib.runs import clock
from finops_lib.runs.acting import acting_user
from finops_lib.runs.budgets import opened_lake
from finops_lib.runs.context import Coverage, resolve_context
from finops_lib.runs.figures import run_query
from finops_lib.runs.opened import opened_state
from finops_lib.runs.savings_find import bill_id, complete_through
from finops_lib.settings import Settings
from finops_lib.state.open import State
from finops_lib.state.recommendation_life import DONE
from finops_lib.state.recommendation_words import record_verification
from finops_lib.state.recommendations import get_recommendation, list_recommendations

_BASELINE = TypeAdapter(Baseline)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the bills say of one implemented recommendation.

    Args:
        kept: as it was before.
        verification: None where it is too early; `reason` says what is missing.
        is_news: whether it was written down now.
    """

    kept: KeptRecommendation
    verification: Verification | None
    reason: str = ""
    is_news: bool = False


def baseline_text(settings: Settings, recommendation: Recommendation) -> str:
    """Give what was used and paid on the last complete days of a resource, as JSON to be kept.

    Raises:
        LakeError: there is no lake, or it holds no charges.
    """
    lake, coverage = opened_lake(settings)
    with lake:
        newest = resolve_context(coverage, as_of="", currency="", provider="").as_of
        through = complete_through(coverage, recommendation.provider, newest)
        rows = _rows(lake, recommendation, since=through - timedelta(days=MOST_DAYS - 1), through=through)
    first = min((row.day for row in rows), default=through - timedelta(days=MOST_DAYS - 1))
    return _BASELINE.dump_json(Baseline(Window(first, through), rows)).decode()


def verify_in_lake(
    settings: Settings,
    *,
    recommendation_ids: Sequence[str] = (),
    as_of: str = "",
    now: datetime | None = None,
    run_id: str = "",
) -> list[Checked]:
    """Hold what is said to be implemented against the bills, and write down what they say.

    Args:
        recommendation_ids: only these; none = all that are implemented.
        as_of: last included day; empty = the newest complete one.
    Raises:
        ConfigError: one that is not there, or that nobody says is implemented.
        LakeError: there is no lake, or it holds no charges.
    """
    at = now or clock.now()
    lake, coverage = opened_lake(settings)
    with opened_state(settings) as state, lake:
        day = resolve_context(coverage, as_of=as_of, currency="", provider="", now=at).as_of
        checked = []
        for kept in _implemented(state, recommendation_ids):
            said = _held_against_bills(lake, coverage, kept, day)
            if isinstance(said, TooEarly):
                checked.append(Checked(kept, None, said.reason))
                continue
            news = record_verification(
                state,
                kept.recommendation_id,
                said,
                at=at,
                who=acting_user(),
                run_id=run_id,
                snapshot=lake.snapshot_id,
            )
            checked.append(Checked(kept, said, said.note, news))
    return checked


def _implemented(state: State, recommendation_ids: Sequence[str]) -> list[KeptRecommendation]:
    if not recommendation_ids:
        known = sorted(list_recommendations(state), key=lambda one: one.occurrence)
        newest = {one.recommendation.fingerprint: one for one in known}
        # What came back is another occurrence, with bills of its own.
        return [one for one in newest.values() if one.status in DONE]
    named = [get_recommendation(state, recommendation_id)[0] for recommendation_id in recommendation_ids]
    for kept in named:
        if kept.status not in DONE:
            raise ConfigError(
                f"recommendation {kept.recommendation_id} is {kept.status.replace('_', ' ')}",
                next_step=f"when it is done: finops savings implement {kept.recommendation_id} --reference ...",
                recommendation_id=kept.recommendation_id,
            )
    return named


def _held_against_bills(
    lake: Lake, coverage: Sequence[Coverage], kept: KeptRecommendation, as_of: date
) -> Verification | TooEarly:
    recommendation, done = kept.recommendation, kept.implemented_on
    if done is None or not kept.baseline:
        return TooEarly("what was used before it was approved is not known")
    through = complete_through(coverage, recommendation.provider, as_of)
    if through < done:
        return TooEarly(f"bills are complete through {through} only")
    baseline = _BASELINE.validate_json(kept.baseline)
    if not baseline.days and recommendation.step != "commit":
        return TooEarly("the bill showed no charge of it by name when it was approved, so there is nothing to compare")
    until = min(through, done + MOST_CLAIMED + timedelta(days=MOST_DAYS))
    after = After(
        through=until,
        days=_rows(lake, recommendation, since=done, through=until),
        price_changes=_price_changes(lake, recommendation, baseline, done, until),
        replaced=_replaced(lake, recommendation, done, until),
        earned=_earned(lake, kept, done, until),
    )
    return verify(recommendation, baseline, after, estimated=estimated_of(kept), implemented_on=done)


def _rows(lake: Lake, recommendation: Recommendation, *, since: date, through: date) -> tuple[UseDay, ...]:
    values = {
        "resource_ids": [bill_id(recommendation)],
        "currency": recommendation.currency,
        "since": since,
        "as_of": through,
    }
    rows = run_query(lake, figure_sql("savings_verify_days"), values).to_dicts()
    mine = (recommendation.provider, recommendation.account)
    return tuple(_use_day(row) for row in rows if (row["x_Provider"], row["account_id"]) == mine)


def _use_day(row: dict[str, Any]) -> UseDay:
    money = row["effective_cost"], row["contracted_cost"]
    return UseDay(row["day"], row["meter"], row["unit"], Decimal(row["quantity"]), *map(Decimal, money))


def _price_changes(
    lake: Lake, recommendation: Recommendation, baseline: Baseline, done: date, through: date
) -> dict[str, Decimal]:
    """Give by how much the provider has changed the prices of a resource's meters, as others pay them."""
    settled = done + timedelta(days=SETTLING_DAYS)
    if recommendation.step in ("terminate", "schedule", "clean-up", "commit") or through < settled:
        return {}
    rows = _rows(lake, recommendation, since=settled, through=through)
    values = {
        "meters": sorted({row.meter for row in rows}),
        "provider": recommendation.provider,
        "currency": recommendation.currency,
        "region": recommendation.region,
        "resource_id": bill_id(recommendation),
        "before_first": baseline.window.first,
        "before_last": min(baseline.window.last, done - _DAY),
        "after_first": settled,
        "after_last": min(through, settled + timedelta(days=MOST_DAYS - 1)),
    }
    found = run_query(lake, figure_sql("savings_verify_prices"), values).to_dicts()
    return {
        row["meter"]: divided(
            divided(Decimal(row["cost_after"]), Decimal(row["quantity_after"])),
            divided(Decimal(row["cost_before"]), Decimal(row["quantity_before"])),
        )
        for row in found
    }


def _replaced(lake: Lake, recommendation: Recommendation, done: date, through: date) -> Decimal:
    """Give the daily cost of what began to be charged when a resource ended, of the same owner and kind."""
    if recommendation.step != "terminate" or through < done + timedelta(days=GONE_DAYS):
        return Decimal(0)
    values = {
        "provider": recommendation.provider,
        "account": recommendation.account,
        "currency": recommendation.currency,
        "resource_id": bill_id(recommendation),
        "implemented_on": done,
        "as_of": through,
    }
    rows = run_query(lake, figure_sql("savings_verify_replacements"), values).to_dicts()
    return sum((divided(Decimal(row["effective_cost"]), Decimal(row["charged_days"])) for row in rows), Decimal(0))


def _earned(lake: Lake, kept: KeptRecommendation, done: date, through: date) -> dict[date, Decimal]:
    if kept.recommendation.step != "commit":
        return {}
    values = {
        "commitment_id": kept.commitment_id,
        "currency": kept.recommendation.currency,
        "since": done,
        "as_of": through,
    }
    rows = run_query(lake, figure_sql("savings_verify_commitment_days"), values).to_dicts()
    return {row["day"]: Decimal(row["net_saving"]) for row in rows}
