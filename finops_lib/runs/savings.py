"""The list of recommendations and what they are worth: `finops savings list`, `show`, `portfolio`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from finops_lib.analyses.savings import Portfolio, portfolio
from finops_lib.analyses.savings.realised import estimated_of, feedback, p_accept, realised
from finops_lib.analyses.savings.scoring import score
from finops_lib.errors import ConfigError
from finops_lib.findings import KeptRecommendation, RecommendationStatus
from finops_lib.runs import clock
from finops_lib.runs.opened import opened_state
from finops_lib.runs.savings_verify import Checked
from finops_lib.settings import Settings
from finops_lib.state.recommendation_life import approvers_needed
from finops_lib.state.recommendation_rows import RecommendationEvent
from finops_lib.state.recommendations import get_recommendation, list_recommendations

# What still can be done; only these are in a portfolio.
POTENTIAL = ("pending", "approved", "scheduled")
# What waits for somebody.
OPEN = (*POTENTIAL, "snoozed", "implemented")
# What scripts rely on (design.md 7), in this order, then ours.
LISTED = (
    *("recommendation_id", "type", "provider", "account", "resource_id", "priority", "status"),
    *("current_monthly_cost", "projected_monthly_cost", "monthly_savings", "annual_savings", "confidence"),
    *("currency", "action", "evidence"),
    *("net_monthly_savings", "target", "step", "effort", "risk", "owner", "score", "one_time_cost", "price_grade"),
    *("is_headline", "source", "occurrence", "first_found", "last_found", "until", "reason"),
    *("scheduled_for", "implemented_on", "realised_monthly", "realised_low", "realised_high"),
)
# What a person reads in a terminal.
SHOWN = (
    *("recommendation_id", "status", "priority", "type", "resource_id", "monthly_savings", "net_monthly_savings"),
    *("currency", "confidence", "owner", "action"),
)


def listed(
    settings: Settings, *, statuses: Collection[str] | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """Give the recommendations as rows: what waits for somebody first, then the largest saving.

    `monthly_savings` is of each on its own; only `net_monthly_savings` may be added up.
    """
    with opened_state(settings) as state:
        kept = list_recommendations(state)
    nets = net_savings(kept)
    rows = [row_of(one, net=nets.get(one.recommendation_id, Decimal(0))) for one in kept]
    wanted = [row for row in rows if statuses is None or row["status"] in statuses]
    return sorted(wanted, key=lambda row: row["status"] not in OPEN)[:limit]


def row_of(kept: KeptRecommendation, *, net: Decimal) -> dict[str, Any]:
    """Give one recommendation as a row of the list.

    Args:
        net: what it adds to the others.
    """
    found, said = kept.recommendation, kept.verification
    values: dict[str, Any] = {
        **{name: getattr(found, name) for name in LISTED if hasattr(found, name)},
        **{name: getattr(kept, name) for name in LISTED if hasattr(kept, name)},
        "annual_savings": 12 * found.monthly_savings,
        "net_monthly_savings": net,
        "score": score(found).quantize(Decimal("0.01")),
        "realised_monthly": said.realised if said else None,
        "realised_low": said.low if said else None,
        "realised_high": said.high if said else None,
    }
    return {name: values[name] for name in LISTED}


def shown(settings: Settings, recommendation_id: str) -> tuple[dict[str, Any], list[RecommendationEvent]]:
    """Give one recommendation with all that is known of it, and what happened to it, oldest first."""
    with opened_state(settings) as state:
        kept, events = get_recommendation(state, recommendation_id)
        net = net_savings(list_recommendations(state)).get(kept.recommendation_id, Decimal(0))
    more = {
        "facts": dict(kept.recommendation.facts),
        "proposed_by": kept.proposed_by,
        "approved_by": [approval.who for approval in kept.approvals],
        "approvers_needed": approvers_needed(kept.recommendation),
        "implemented_by": kept.implemented_by,
        "reference": kept.reference,
        "previous_id": kept.previous_id,
        "superseded_by": kept.superseded_by,
        "verification": asdict(kept.verification) if kept.verification else None,
    }
    return row_of(kept, net=net) | more, events


def totals(settings: Settings, *, as_of: date | None = None) -> list[dict[str, Any]]:
    """Give the portfolio of each currency: what can be saved, what was claimed this year, and what was banked."""
    with opened_state(settings) as state:
        kept = list_recommendations(state)
    through = as_of or _last_search(kept)
    return portfolio_rows(kept, since=through.replace(month=1, day=1), through=through)


def portfolio_rows(kept: Sequence[KeptRecommendation], *, since: date, through: date) -> list[dict[str, Any]]:
    """Give one row per currency.

    `net_monthly` is what all of it saves when nothing is counted twice, `base` what can be expected, `low` what is
    sure; `gross_monthly` is the sum of each on its own.
    """
    history = realised(kept, since=since, through=through)
    rows = []
    for currency in sorted({one.recommendation.currency for one in kept}):
        total = portfolio_of(kept, currency)
        agreed = portfolio_of([one for one in kept if one.status in ("approved", "scheduled")], currency)
        mine = [one for one in history if one.currency == currency]
        claimed, unverified = (
            sum((getattr(one, name) for one in mine), Decimal(0)) for name in ("claimed", "unverified")
        )
        banked = sum((one.banked for one in mine), Decimal(0))
        rows.append(
            {
                "gross_monthly": total.gross,
                "net_monthly": total.high,
                "low": total.low,
                "base": total.base,
                "high": total.high,
                "addressable_monthly": total.addressable,
                "currency": currency,
                "recommendations": len(total.counted),
                "one_time_cost": total.one_time_cost,
                "approved_monthly": agreed.high,
                "claimed_year_to_date": claimed,
                "banked_year_to_date": banked,
                "realisation_rate": round(float(banked / (claimed - unverified)), 4) if claimed > unverified else None,
                "since": since,
                "through": through,
            }
        )
    return rows


def portfolio_of(kept: Sequence[KeptRecommendation], currency: str) -> Portfolio:
    """Give what the recommendations of one currency that can still be done are worth together."""
    potential = [
        one.recommendation for one in kept if one.status in POTENTIAL and one.recommendation.currency == currency
    ]
    return portfolio(potential, p_accept=p_accept(feedback(kept)))


def net_savings(kept: Sequence[KeptRecommendation]) -> dict[str, Decimal]:
    """Give recommendation id -> what it adds to the others; those that add nothing are left out."""
    ids = {one.recommendation.fingerprint: one.recommendation_id for one in kept if one.status in POTENTIAL}
    currencies = {one.recommendation.currency for one in kept}
    return {
        ids[counted.fingerprint]: counted.monthly_savings
        for currency in sorted(currencies)
        for counted in portfolio_of(kept, currency).counted
    }


def claims(settings: Settings, *, as_of: date | None = None) -> list[dict[str, Any]]:
    """Give what was claimed and what was banked this year as rows, one per type and currency."""
    with opened_state(settings) as state:
        kept = list_recommendations(state)
    through = as_of or _last_search(kept)
    rows = realised(kept, since=through.replace(month=1, day=1), through=through)
    return [asdict(one) | {"rate": None if one.rate is None else round(one.rate, 4)} for one in rows]


def checked_row(checked: Checked) -> dict[str, Any]:
    """Give what bills say of one implemented recommendation as a row."""
    found, said = checked.kept.recommendation, checked.verification
    return {
        "recommendation_id": checked.kept.recommendation_id,
        "type": found.type,
        "resource_id": found.resource_id,
        "implemented_on": checked.kept.implemented_on,
        "status": said.status if said else checked.kept.status,
        "estimated_monthly": estimated_of(checked.kept),
        "realised_monthly": said.realised if said else None,
        "low": said.low if said else None,
        "high": said.high if said else None,
        "avoided_monthly": said.avoided if said else None,
        "banked": dict(said.banked) if said else {},
        "currency": found.currency,
        "method": said.method if said else "",
        "note": checked.reason,
    }


def statuses_named(names: Sequence[str]) -> tuple[str, ...]:
    """Give statuses by name; ConfigError lists those there are."""
    known = get_args(RecommendationStatus)
    for name in names:
        if name not in known:
            raise ConfigError.unknown("status", name, known)
    return tuple(names)


def _last_search(kept: Sequence[KeptRecommendation]) -> date:
    return max((one.last_found for one in kept), default=clock.now().date())
