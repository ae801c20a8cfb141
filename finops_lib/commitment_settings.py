"""What people write about commitments: the policy in workbench.yaml, and offers in commitment_offers.yaml.

Checked here and turned into the frozen records of `offers`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from finops_lib.offers import ELIGIBLE, CommitmentKind, CommitmentPolicy, Offer, Payment
from finops_lib.strict import Strict

_Part = Annotated[str, StringConstraints(max_length=100)]
_Share = Annotated[float, Field(ge=0, le=1)]
_DEFAULT = CommitmentPolicy()


class CommitmentConfig(Strict):
    """How far to go with commitments; see CommitmentPolicy."""

    lookback_days: Annotated[int, Field(ge=60, le=90)] = _DEFAULT.lookback_days
    cost_of_capital: Annotated[float, Field(ge=0, le=1)] = _DEFAULT.cost_of_capital
    least_utilisation: _Share = _DEFAULT.least_utilisation
    most_coverage: Annotated[float, Field(gt=0, le=1)] = _DEFAULT.most_coverage
    longest_term_months: Annotated[int, Field(ge=1, le=60)] = _DEFAULT.longest_term_months
    tranches: Annotated[int, Field(ge=1, le=36)] = _DEFAULT.tranches
    fall: _Share = _DEFAULT.fall
    fall_probability: _Share = _DEFAULT.fall_probability
    least_saving: Annotated[float, Field(ge=0)] = _DEFAULT.least_saving
    # Commitment id -> its first day without it, where the bill does not know: from the contract or the inventory.
    ends: dict[str, date] = {}

    def policy(self) -> CommitmentPolicy:
        """Give the policy as the analysis knows it."""
        return CommitmentPolicy(**self.model_dump(exclude={"ends"}))


class OfferConfig(Strict):
    """One price from a price list or a contract; "" = any region, family or platform."""

    provider: str
    kind: CommitmentKind
    usage_class: str
    term_months: Annotated[int, Field(ge=1, le=60)]
    payment: Payment
    discount: Annotated[float, Field(gt=0, lt=1)]
    # Nobody can judge a saving whose price has no source.
    source: Annotated[str, StringConstraints(min_length=3, max_length=200, strip_whitespace=True)]
    region: _Part = ""
    family: _Part = ""
    platform: _Part = ""

    @model_validator(mode="after")
    def _is_for_something(self) -> OfferConfig:
        if (self.provider, self.kind) not in ELIGIBLE:
            known = sorted({provider for provider, _ in ELIGIBLE})
            raise ValueError(f"{self.provider} has no {self.kind} here; providers: {', '.join(known)}")
        classes = ELIGIBLE[self.provider, self.kind]
        if self.usage_class not in classes:
            raise ValueError(f"a {self.kind} of {self.provider} pays for {', '.join(classes)}, not {self.usage_class}")
        return self

    def offer(self) -> Offer:
        """Give the offer as the analysis knows it."""
        return Offer(**self.model_dump())


class OfferFile(Strict):
    """The file params/commitment_offers.yaml."""

    offers: list[OfferConfig] = []
