"""Opinions written by hand, so that tests of what follows from them need no detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from finops_lib.analyses.anomalies.flagged import Combined
from finops_lib.findings import Anomaly

# A Monday.
FIRST = date(2026, 6, 1)


def judged(
    costs: Sequence[float], sure: Mapping[int, float], *, test: str = "sudden+", expected: Sequence[float] | None = None
) -> Combined:
    """Give one node whose detector is that sure of some days; it expects 100 where nothing else is said."""
    actual = np.array([costs], dtype=float)
    confidence, tests = np.zeros(actual.shape), np.full(actual.shape, "", dtype="<U20")
    for day, value in sure.items():
        confidence[0, day], tests[0, day] = value, test
    told = np.full(actual.shape, 100.0) if expected is None else np.array([expected], dtype=float)
    return Combined(
        ("aws/1/A",), FIRST, actual, confidence, told, np.ones(actual.shape), tests, {"workbench": confidence}
    )


def anomaly(**changes: Any) -> Anomaly:
    """Give an episode of 10 to 12 June that cost 300 too much; a test changes what it talks about."""
    values: dict[str, Any] = {
        "scope": "aws/1/A",
        "provider": "aws",
        "account": "1",
        "service": "A",
        "start": date(2026, 6, 10),
        "end": date(2026, 6, 12),
        "expected": 300.0,
        "actual": 600.0,
        "impact": 300.0,
        "currency": "USD",
        "deviation_pct": 100.0,
        "methods": ("workbench",),
        "score": 0.9,
        "cause": "",
        "confidence": 0.9,
        "test": "sudden+",
        "owner": "web",
        "expression": "provider = 'aws' and account = '1' and service = 'A'",
    }
    return Anomaly(**(values | changes))
