"""The recommendation that tests of savings talk about."""

from __future__ import annotations

from decimal import Decimal

from finops_lib.findings import Recommendation


def advice(saving: str, cost: str = "100", resource: str = "i-1", **values: object) -> Recommendation:
    usual: dict[str, object] = {
        "type": "rightsize-instance",
        "provider": "aws",
        "account": "111",
        "resource_id": resource,
        "action": "make it smaller",
        "evidence": "",
        "monthly_savings": Decimal(saving),
        "current_monthly_cost": Decimal(cost),
        "currency": "USD",
        "confidence": 1.0,
        "priority": "low",
        "owner": "",
        "step": "rightsize",
    }
    return Recommendation(**{**usual, **values})  # type: ignore[arg-type]
