"""What could be saved? `finops savings find`: found in the lake, written down once, kept up to date by every search.

1  the rules look at the lake, currency by currency, through the newest day that is complete everywhere
2  the confidence of what they find is brought down by what came true of such advice before
3  one transaction: what is new, has changed, has been silent long enough, or is over
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from finops_lib.analyses.savings import find_all
from finops_lib.analyses.savings.realised import calibrated, feedback
from finops_lib.errors import LakeError
from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.lake.catalog import is_there
from finops_lib.lake.open import Lake
from finops_lib.marts.figures import figure_sql
from finops_lib.runs import clock
from finops_lib.runs.acting import acting_user
from finops_lib.runs.budgets import opened_lake
from finops_lib.runs.context import Coverage, complete_day, resolve_context
from finops_lib.runs.figures import bind, run_query
from finops_lib.runs.opened import opened_state
from finops_lib.runs.savings_frames import savings_frames
from finops_lib.settings import Settings, load_commitment_offers
from finops_lib.state.recommendation_life import AGREED, WAITING
from finops_lib.state.recommendations import Recorded, ResourceName, list_recommendations, record_recommendations

if TYPE_CHECKING:
    import polars as pl

# What is not charged for so many complete days is gone; a machine may be off over a long weekend.
GONE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Found:
    """What a search did.

    Args:
        as_of: the last included day.
        found: everything that was found, the largest saving first.
        recorded: what of it is new, has changed or is over.
    """

    as_of: date
    found: tuple[Recommendation, ...]
    recorded: Recorded


def find_in_lake(settings: Settings, *, as_of: str = "", now: datetime | None = None, run_id: str = "") -> Found:
    """Find what could be saved and write it down.

    Args:
        as_of: last included day; empty = the newest complete one.
        now: the moment that people's terms are counted by.
    Raises:
        ConfigError: a day after the newest, or before a search that was written down.
        LakeError: there is no lake, or it holds no charges.
    """
    if not is_there(settings.lake):
        raise LakeError(f"there is no lake in {settings.lake}", next_step="finops ingest PATH --source NAME")
    at = now or clock.now()
    lake, coverage = opened_lake(settings)
    with opened_state(settings) as state, lake:
        context = resolve_context(coverage, as_of=as_of, currency="", provider="", now=at)
        known = list_recommendations(state)
        found = [one for currency in _currencies(coverage) for one in search(settings, lake, context.as_of, currency)]
        found = calibrated(found, feedback(known))
        gone = _gone(lake, coverage, known, context.as_of)
        recorded = record_recommendations(
            state,
            found,
            gone=gone,
            as_of=context.as_of,
            at=at,
            who=acting_user(),
            run_id=run_id,
            snapshot=lake.snapshot_id,
        )
    found.sort(key=lambda one: (one.currency, -one.monthly_savings, one.fingerprint))
    return Found(context.as_of, tuple(found), recorded)


def search(settings: Settings, lake: Lake, as_of: date, currency: str) -> list[Recommendation]:
    """Ask every check about the estate that is charged in one currency, and what to commit to."""

    def query(name: str) -> pl.DataFrame:
        sql = figure_sql(name)
        return run_query(lake, sql, bind(name, sql, {"as_of": as_of, "currency": currency, "provider": ""}, {}))

    offers = load_commitment_offers(settings.commitment_offers)
    policy = settings.workbench.commitments.policy()
    found, _ = find_all(savings_frames(query), as_of=as_of, offers=offers, policy=policy)
    return found


def _currencies(coverage: Sequence[Coverage]) -> list[str]:
    return sorted({source.currency for source in coverage})


def _gone(
    lake: Lake, coverage: Sequence[Coverage], known: Sequence[KeptRecommendation], as_of: date
) -> set[ResourceName]:
    """Give the resources of open recommendations that were charged once and are charged no more."""
    open_ones = [one.recommendation for one in known if one.status in (*WAITING, *AGREED)]
    ids = sorted({bill_id(one) for one in open_ones if one.resource_id})
    rows = run_query(lake, figure_sql("savings_last_days"), {"resource_ids": ids, "as_of": as_of})
    through = {name: complete_through(coverage, name, as_of) for name in {source.provider for source in coverage}}
    gone = {
        (row["x_Provider"], row["account_id"], row["ResourceId"])
        for row in rows.to_dicts()
        if through[row["x_Provider"]] - row["last_day"] >= timedelta(days=GONE_DAYS)
    }
    return {
        (one.provider, one.account, one.resource_id)
        for one in open_ones
        if (one.provider, one.account, bill_id(one)) in gone
    }


def bill_id(recommendation: Recommendation) -> str:
    """Give a resource's id as figure queries have it: Azure writes one id in several letter cases."""
    resource_id = recommendation.resource_id
    return resource_id.lower() if recommendation.provider == "azure" else resource_id


def complete_through(coverage: Sequence[Coverage], provider: str, as_of: date) -> date:
    """Give the last day through which all that a provider charges is known."""
    of_provider = [source for source in coverage if source.provider == provider]
    return min(as_of, complete_day(of_provider)) if of_provider else as_of
