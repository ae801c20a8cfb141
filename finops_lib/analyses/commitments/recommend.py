"""How do proposals enter the savings portfolio? Of alternatives for the same usage only one counts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from finops_lib.analyses.commitments.proposals import Proposal
from finops_lib.findings import Recommendation, Risk

TYPE, CHECK = "commitment-purchase", "C01"

# A price that one's own bill shows is certain, one that somebody wrote into a file is a list price until it is bought.
_CONFIDENCE = {True: 0.9, False: 0.7}
# Where one week in ten costs more than on demand, one is less sure of the whole.
_MAY_LOSE = 0.6
_PRIORITIES = ((1000, "critical"), (500, "high"), (100, "medium"))
_MONEY = Decimal("0.000001")


def recommendations(proposals: Iterable[Proposal]) -> tuple[Recommendation, ...]:
    """Write proposals as recommendations of the step `commit`; they are the last to be taken on what is left of usage.

    A proposal that is not preferred is shown and counted in no sum: together with the preferred one it would promise
    the same usage twice. The saving is stated for the whole proposal, not for the tranche to buy now.
    """
    return tuple(_recommendation(proposal) for proposal in proposals)


def _recommendation(proposal: Proposal) -> Recommendation:
    confidence = round(_CONFIDENCE[proposal.is_observed_rate] * (_MAY_LOSE if proposal.saving_p10 < 0 else 1), 3)
    expected = float(proposal.saving_net) * confidence
    on_demand = (Decimal(str(proposal.on_demand_mean)) * 730).quantize(_MONEY)
    return Recommendation(
        type=TYPE,
        check=CHECK,
        provider=proposal.provider,
        account=proposal.accounts[0] if len(proposal.accounts) == 1 else "",
        resource_id=proposal.conflict_group if proposal.alternative == "flexible" else proposal.pool,
        resource_name=proposal.pool,
        region=proposal.region,
        action=_action(proposal),
        evidence=_evidence(proposal),
        monthly_savings=proposal.saving_net,
        current_monthly_cost=max(on_demand, proposal.saving_net),
        currency=proposal.currency,
        confidence=confidence,
        priority=next((name for least, name in _PRIORITIES if expected >= least), "low"),
        owner="",
        target=f"{proposal.instrument} {proposal.term_months}m {proposal.payment} {proposal.alternative}",
        step="commit",
        effort="Low",
        risk=_risk(proposal),
        price_grade="A" if proposal.is_observed_rate else "B",
        is_headline=proposal.is_preferred,
        shrinks_with="cost",
        facts=_facts(proposal),
        data_through=proposal.data_through,
    )


def _action(proposal: Proposal) -> str:
    what = {
        "reservation": "reserve",
        "instance-plan": "buy an instance savings plan of",
        "compute-plan": "buy a plan of",
    }
    much = f"{proposal.hourly_commitment:.3f} {proposal.currency} an hour"
    if proposal.units is not None and proposal.unit is not None:
        much = f"{proposal.units} units of {proposal.unit:.4f} {proposal.currency} an hour on demand"
    return (
        f"{what[proposal.instrument]} {much} for {proposal.term_months} months, {proposal.payment.replace('-', ' ')}; "
        f"{proposal.next_tranche:.3f} {proposal.currency} an hour of it now"
    )


def _evidence(proposal: Proposal) -> str:
    return (
        f"{proposal.lookback_days} days by the hour: on demand {proposal.on_demand_min:.2f} to "
        f"{proposal.on_demand_max:.2f}, mean {proposal.on_demand_mean:.2f} {proposal.currency} an hour; "
        f"{100 * proposal.utilisation:.0f} % of it would be used, {100 * proposal.break_even_utilisation:.0f} % "
        f"break even; price: {proposal.rate_source}"
    )


def _risk(proposal: Proposal) -> Risk:
    """A promise cannot be taken back: never low, and high where a fall of usage turns it into a loss."""
    return "high" if proposal.saving_p10 < 0 or proposal.saving_down_30 < 0 else "medium"


def _facts(proposal: Proposal) -> dict[str, str]:
    payback = "" if proposal.payback_months is None else f"{proposal.payback_months:.2f}"
    return {
        "conflict_group": proposal.conflict_group,
        "alternative": proposal.alternative,
        "hourly_commitment": str(proposal.hourly_commitment),
        "units": "" if proposal.units is None else str(proposal.units),
        "optimum": str(proposal.optimum),
        "discount": f"{proposal.discount:.6f}",
        "utilisation": f"{proposal.utilisation:.6f}",
        "coverage_before": f"{proposal.coverage_before:.6f}",
        "coverage_after": f"{proposal.coverage_after:.6f}",
        "saving_p10": str(proposal.saving_p10),
        "saving_down_30": str(proposal.saving_down_30),
        "regret_down_30": str(proposal.regret_down_30),
        "payback_months": payback,
        "evidence_hours": str(proposal.evidence_hours),
        "approvers": "2",
    }
