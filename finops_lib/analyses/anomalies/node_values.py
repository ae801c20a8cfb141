"""Whose charges is an episode about? The values that the queries behind it bind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from finops_lib.analyses.scopes import Both, Claim, Scope, parse_scope
from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly

ANY = "*"
# Field of a scope -> the value it is bound by.
_BOUND_AS = {
    **{name: name for name in ("provider", "account", "service", "region", "project", "team", "environment")},
    "ResourceId": "resource",
}


@dataclass(frozen=True, slots=True)
class NodeValues:
    """What the charges of a node have in common; an empty value is any."""

    provider: str
    account: str = ""
    service: str = ""
    region: str = ""
    project: str = ""
    team: str = ""
    environment: str = ""
    resource: str = ""

    def bound(self) -> dict[str, str]:
        """Give the values by the names of the queries' parameters."""
        return asdict(self)


def node_of(anomaly: Anomaly) -> NodeValues:
    """Read the node that an episode was found at, from its expression, or from provider, account and service.

    Raises:
        ConfigError: the expression says more than which values its charges have in common.
    """
    if not anomaly.expression:
        account, service = ("" if name == ANY else name for name in (anomaly.account, anomaly.service))
        return NodeValues(anomaly.provider, account, service)
    claims = dict(_claims(parse_scope(anomaly.expression), anomaly))
    return NodeValues(**{"provider": anomaly.provider, **claims})


def _claims(scope: Scope, anomaly: Anomaly) -> Iterator[tuple[str, str]]:
    for claim in scope.parts if isinstance(scope, Both) else (scope,):
        if not (isinstance(claim, Claim) and claim.test == "=" and claim.field in _BOUND_AS):
            raise ConfigError(
                f"no cause can be looked for at {anomaly.expression}",
                next_step=f"a node is named by =, and, and: {', '.join(_BOUND_AS)}",
                expression=anomaly.expression,
            )
        yield _BOUND_AS[claim.field], claim.values[0]
