"""Custom rules: a metric of a scope held against a threshold, every day anew. Rules are data; nothing is evaluated."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from finops_lib.analyses.alerts.decide import BY_ITSELF, Decision, event_id
from finops_lib.errors import ConfigError
from finops_lib.messages import AlertEvent

if TYPE_CHECKING:
    import polars as pl

Metric = Literal[
    "billed_cost", "effective_cost", "billed_change", "effective_change", "burn_multiple", "forecast_share", "anomalies"
]
Comparator = Literal[">", ">=", "<", "<="]

_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What somebody wants to be told about.

    Args:
        metric: `..._cost` = sum over the window, in `currency`; `..._change` = that against the window before, in
            percent; burn_multiple and forecast_share (percent of the amount) = the newest in the window;
            anomalies = their number in the window.
        scope: canonical scope expression; whoever calls brings the days of it.
        window_days: so many days, the judged one included.
        min_amount: the cost of the window must be at least this, in `currency`.
        consecutive: so many days in a row it must hold.
        hysteresis: it is over only when the metric is back by so much, in its own unit.
        route: a name from the routes; "" = the default one.
    """

    name: str
    metric: Metric
    scope: str
    comparator: Comparator
    threshold: float
    currency: str
    window_days: int = 1
    min_amount: float = 0.0
    consecutive: int = 1
    hysteresis: float = 0.0
    route: str = ""
    owner: str = ""


def decide_rule(
    rule: Rule, days: pl.DataFrame, events: Sequence[AlertEvent], *, as_of: date, now: datetime
) -> Decision:
    """Say whether a rule is broken at the end of `as_of`, and whether an earlier breach is over.

    Args:
        days: one row per day of the scope in the rule's currency: day, billed_cost, effective_cost, and, for the
            metrics of that name, burn_multiple, forecast_share, anomalies. A day without a row cost nothing.
        events: all events of this rule.
        as_of: the last included day, a complete one.
    Raises:
        ConfigError: the frame lacks what the metric needs.
    """
    measured = _measured(rule, days, as_of)
    holds = [value is not None and _HOLDS[rule.comparator](value, rule.threshold) for value in measured.values()]
    is_broken = len(holds) >= rule.consecutive and all(holds[-rule.consecutive :])
    open_ones = [event for event in events if event.resolved_at is None]
    # Told once until it was over: a later day of the same breach is no news.
    is_told = any(not _is_over(rule, measured, event) for event in events)
    over = [
        replace(event, state="resolved", resolved_at=now, resolved_by=BY_ITSELF, note=event.note or "back in range")
        for event in open_ones
        if _is_back(rule, measured.get(as_of)) and event.period_start < as_of
    ]
    if not is_broken or is_told or any(event.period_start == as_of for event in events):
        return Decision(resolutions=tuple(over))
    value = measured[as_of]
    assert value is not None
    return Decision((_event(rule, value, as_of, now),), resolutions=tuple(over))


def _measured(rule: Rule, days: pl.DataFrame, as_of: date) -> dict[date, float | None]:
    """Measure the rule's metric on each day that has a whole window, oldest first; None = not known or too little."""
    column = rule.metric if rule.metric in ("burn_multiple", "forecast_share", "anomalies") else f"{_cost(rule)}_cost"
    lacking = {"day", column, f"{_cost(rule)}_cost"} - set(days.columns)
    if lacking:
        raise ConfigError(
            f"rule {rule.name!r} needs {', '.join(sorted(lacking))}, which its scope does not have",
            next_step="choose another metric in params/alert_rules.yaml",
            rule=rule.name,
        )
    rows = {row["day"]: row for row in days.iter_rows(named=True) if row["day"] <= as_of}
    if not rows:
        return {}
    span = (as_of - min(rows)).days + 1
    every = [min(rows) + timedelta(days=offset) for offset in range(span)]
    costs = [float(rows[day][f"{_cost(rule)}_cost"] or 0) if day in rows else 0.0 for day in every]
    values = [rows[day][column] if day in rows else None for day in every]
    size = rule.window_days
    first = 2 * size if rule.metric.endswith("_change") else size
    return {every[end - 1]: _measure(rule, costs[:end], values[:end]) for end in range(first, span + 1)}


def _measure(rule: Rule, costs: Sequence[float], values: Sequence[float | None]) -> float | None:
    size = rule.window_days
    cost = sum(costs[-size:])
    if cost < rule.min_amount:
        return None
    if rule.metric.endswith("_cost"):
        return cost
    if rule.metric.endswith("_change"):
        before = sum(costs[-2 * size : -size])
        # What grew from nothing has no percentage; a rule on the cost itself sees it.
        return 100 * (cost - before) / abs(before) if before else None
    known = [float(value) for value in values[-size:] if value is not None]
    if rule.metric == "anomalies":
        return sum(known)
    return known[-1] if known else None


def _cost(rule: Rule) -> str:
    return "billed" if rule.metric.startswith("billed") else "effective"


def _is_over(rule: Rule, measured: Mapping[date, float | None], event: AlertEvent) -> bool:
    return any(_is_back(rule, value) for day, value in measured.items() if day > event.period_start)


def _is_back(rule: Rule, value: float | None) -> bool:
    """Whether the metric is back by more than the hysteresis; a window that costs too little to matter is back."""
    if value is None:
        return True
    is_upper = rule.comparator in (">", ">=")
    level = rule.threshold - rule.hysteresis if is_upper else rule.threshold + rule.hysteresis
    return not _HOLDS[rule.comparator](value, level)


def _event(rule: Rule, value: float, as_of: date, now: datetime) -> AlertEvent:
    return AlertEvent(
        event_id=event_id(rule.name, as_of, "rule", rule.name, 1),
        subject=rule.name,
        period_start=as_of,
        kind="rule",
        threshold=rule.name,
        occurrence=1,
        value=value,
        state="firing",
        owner=rule.owner,
        scope=rule.scope,
        created_at=now,
        facts={
            "metric": rule.metric,
            "comparator": rule.comparator,
            "limit": rule.threshold,
            "window_days": rule.window_days,
            "consecutive": rule.consecutive,
            "currency": rule.currency,
            "scope_type": "expression",
            "scope_value": rule.scope,
            "route": rule.route,
            "data_through": as_of.isoformat(),
            "colour": "orange",
        },
    )
