"""What providers give for a promise, and how far one wants to go with promises: frozen records.

What follows from them is in `analyses.commitments`; people write them into commitment_offers.yaml and workbench.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

# A reservation is for one family in one region, or for one type; an instance plan for one family in one region and in
# money; a compute plan for everything of its provider that it may pay for.
CommitmentKind = Literal["reservation", "instance-plan", "compute-plan"]
Payment = Literal["all-upfront", "partial-upfront", "no-upfront"]
UPFRONT_SHARE: Mapping[Payment, float] = {"all-upfront": 1.0, "partial-upfront": 0.5, "no-upfront": 0.0}

# Which usage classes of the mart hourly_committable_usage each kind pays for. What a class holds stands in that mart.
ELIGIBLE: Mapping[tuple[str, CommitmentKind], tuple[str, ...]] = {
    ("aws", "reservation"): ("compute", "database", "cache", "search", "warehouse"),
    ("aws", "instance-plan"): ("compute",),
    ("aws", "compute-plan"): ("compute", "serverless"),
    ("azure", "reservation"): ("compute", "application", "database", "cache"),
    ("azure", "compute-plan"): ("compute", "application"),
    ("gcp", "reservation"): ("compute", "accelerator", "database"),
    ("gcp", "compute-plan"): ("compute", "serverless"),
}
KINDS: tuple[CommitmentKind, ...] = get_args(CommitmentKind)
PAYMENTS: tuple[Payment, ...] = get_args(Payment)


@dataclass(frozen=True, slots=True)
class Offer:
    """A price for a promise.

    Args:
        usage_class: compute, serverless, accelerator, application, database, cache, search or warehouse.
        discount: 1 - its price / the customer's own (contracted) on-demand price, before interest; above 0, below 1.
        region, family, platform: what it is for; "" = any.
        source: where the price is from, in words: a price list with its date, a contract, commitments on the bill.
        is_observed: it is what the customer's bill shows, which comes before any list.
    """

    provider: str
    kind: CommitmentKind
    usage_class: str
    term_months: int
    payment: Payment
    discount: float
    region: str = ""
    family: str = ""
    platform: str = ""
    source: str = ""
    is_observed: bool = False

    @property
    def upfront_share(self) -> float:
        return UPFRONT_SHARE[self.payment]


@dataclass(frozen=True, slots=True)
class CommitmentPolicy:
    """How far to go. Caps give up saving on purpose; each proposal says how much.

    Args:
        lookback_days: at most so many of the newest complete days, at least 60.
        cost_of_capital: a year, for what is paid upfront.
        least_utilisation: in the worst 30 of the last 90 days, simulated; 0 = no cap.
        most_coverage: of eligible usage after the purchase; 1 = no cap.
        longest_term_months: longer offers are not looked at.
        tranches: in so many steps an optimum is bought.
        fall, fall_probability: how likely usage falls to what share of today's.
        least_saving: per month, in the currency of the bill; less is not worth a decision.
    """

    lookback_days: int = 90
    cost_of_capital: float = 0.08
    least_utilisation: float = 0.95
    most_coverage: float = 0.85
    longest_term_months: int = 12
    tranches: int = 4
    fall: float = 0.8
    fall_probability: float = 0.25
    least_saving: float = 25.0
