"""What AWS, Azure and Google advise themselves (Z18, G08), at the customer's own prices."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.advice import advised
from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.rules import RULES, Finder, Rule
from finops_lib.findings import Recommendation


class AdviceRule(Rule):
    """A rule whose step and effort are those of each piece of advice, and not the same for all."""

    __slots__ = ()

    def recommendations(self, estate: Estate) -> Iterator[Recommendation]:
        return self.find(estate)


def _enter(find: Finder, check: str, provider: str) -> None:
    name = f"{provider}-advice"
    RULES.register(name)(
        AdviceRule(name, find, check, (provider,), (bill(), inventory(name)), (), "rightsize", "Medium")
    )


def aws_advice(estate: Estate) -> Iterator[Recommendation]:
    return advised(estate, "aws-advice")


def azure_advice(estate: Estate) -> Iterator[Recommendation]:
    return advised(estate, "azure-advice")


def gcp_advice(estate: Estate) -> Iterator[Recommendation]:
    return advised(estate, "gcp-advice")


# The catalogue numbers Azure's only: the others are the next free numbers of their provider.
_enter(aws_advice, "A38", "aws")
_enter(azure_advice, "Z18", "azure")
_enter(gcp_advice, "G15", "gcp")
