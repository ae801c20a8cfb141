"""An alert event in words: what every channel then renders in its own way. Plain text, never markup."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from finops_lib.analyses.alerts.decide import BY_ITSELF
from finops_lib.analyses.alerts.routing import is_critical
from finops_lib.analyses.alerts.thresholds import ANY_SPEND
from finops_lib.delivery.plain import clean
from finops_lib.messages import AlertEvent
from finops_lib.reports import format as say
from finops_lib.runs.anomaly_alert_words import anomaly_figures, anomaly_said

_NAME_LIMIT = 80
_DRIVERS_SHOWN = 3
# A cell or a chat that begins like this is run, or calls somebody.
_LEADS_ASTRAY = ("=", "+", "-", "@")
_METRICS = {
    "billed_cost": "billed cost",
    "effective_cost": "effective cost",
    "billed_change": "change of billed cost",
    "effective_change": "change of effective cost",
    "burn_multiple": "burn multiple",
    "forecast_share": "forecast in percent of the amount",
    "anomalies": "anomalies",
}


def words_of(event: AlertEvent) -> dict[str, Any]:
    """Give the payload of a message about an event, as it is: firing, acknowledged or resolved.

    Its parts: title, subject_line, badge, colour, severity, sentence, figures and drivers (pairs of label and value),
    notes, link, acknowledge, and what PagerDuty files it under.
    """
    facts = event.facts
    title, sentence = _said(event)
    is_over = event.state == "resolved"
    colour = "green" if is_over else str(facts.get("colour", "grey"))
    link = str(facts.get("report", ""))
    return {
        "title": f"Resolved: {title}" if is_over else title,
        "subject_line": _subject(event, title, colour),
        "badge": "resolved" if is_over else f"{colour} \u00b7 {_threshold(event)}",
        "colour": colour,
        "severity": "info" if is_over else _severity(event),
        "sentence": _over(event) if is_over else sentence,
        # Who ends it by hand says why; the figures of before would look like those of now.
        "figures": [] if is_over and event.resolved_by != BY_ITSELF else list(_figures(event)),
        "drivers": [] if is_over else [list(_driver(one, event)) for one in facts.get("drivers", ())[:_DRIVERS_SHOWN]],
        "notes": list(_notes(event)),
        "link": link,
        "acknowledge": "" if is_over else _acknowledge(event),
        "at": (event.resolved_at or event.created_at).isoformat(),
        "event_id": event.event_id,
        "dedup_key": event.dedup_key,
        "thread": hashlib.sha256(event.dedup_key.encode()).hexdigest()[:32],
        "subject": event.subject,
        "scope": event.scope,
        "kind": event.kind,
        "source": f"finops:{event.subject}",
    }


def named(text: object) -> str:
    """Give a name so that it is one line, not too long, and begins no formula and no mention."""
    name = clean(text, _NAME_LIMIT)
    return f"\u201c{name}\u201d" if name.startswith(_LEADS_ASTRAY) else name


def _said(event: AlertEvent) -> tuple[str, str]:
    """Give title and sentence of an event that fires."""
    name = named(event.subject)
    if event.kind == "stale":
        since = say.moment(datetime.fromisoformat(event.facts["since"]))
        return (
            f"{name} delivers no bills",
            f"Nothing came since {since}. Budgets it is part of are grey until it delivers again.",
        )
    if event.kind == "rule":
        return _rule_said(event, name)
    if event.kind == "anomaly":
        return anomaly_said(event, name)
    amount, currency = _amount(event, "amount"), event.facts["currency"]
    used = f"{say.money(_amount(event, 'actual'), currency)} of {say.money(amount, currency)}"
    expected = _expected(event)
    if event.kind == "burn":
        multiple = say.number(event.value / 100, 1)
        title = f"{name}: spent {multiple} times as fast as planned"
        return title, f"{used} are used by {_through(event)}. {expected}".strip()
    if event.kind == "forecast":
        title = f"{name}: {_percent(event.value)} of {say.money(amount, currency)} expected"
        return title, f"{expected} {used} are used by {_through(event)}.".strip()
    if event.threshold == ANY_SPEND:
        title = f"{name}: {say.money(_amount(event, 'actual'), currency)} spent, where nothing was planned"
        return title, f"The budget is {say.money(amount, currency)}; cost came up by {_through(event)}."
    title = f"{name}: {_percent(event.value)} of {say.money(amount, currency)} used"
    return title, f"{used} are used by {_through(event)}. {expected}".strip()


def _rule_said(event: AlertEvent, name: str) -> tuple[str, str]:
    facts = event.facts
    metric, window = _METRICS.get(facts["metric"], facts["metric"]), facts["window_days"]
    measured, limit = _measured(facts, event.value), _measured(facts, facts["limit"])
    span = "on" if window == 1 else f"over {window} days to"
    held = f", {facts['consecutive']} days in a row" if facts["consecutive"] > 1 else ""
    sentence = f"The {metric} of {named(event.scope)} was {measured} {span} {_through(event)}{held}."
    return f"{name}: {metric} {measured}, limit {limit}", sentence


def _measured(facts: Mapping[str, Any], value: float) -> str:
    if facts["metric"].endswith("_cost"):
        return say.money(value, facts["currency"])
    return _percent(value) if facts["metric"].endswith(("_change", "_share")) else say.number(value)


def _over(event: AlertEvent) -> str:
    who = "" if event.resolved_by in ("", BY_ITSELF) else f" ({named(event.resolved_by)})"
    note = clean(event.note) or "it is over"
    return f"{note[:1].upper()}{note[1:]}{who}."


def _expected(event: AlertEvent) -> str:
    """Say what the forecast says, with its interval and the day the money is gone."""
    facts, currency = event.facts, event.facts["currency"]
    if not facts.get("forecast_p50"):
        return "There is no forecast yet."
    middle = f"Expected by the end: {say.money(_amount(event, 'forecast_p50'), currency)}"
    if facts.get("forecast_p10") and facts.get("forecast_p90"):
        low, high = (say.money(_amount(event, name), currency) for name in ("forecast_p10", "forecast_p90"))
        middle += f" (8 of 10 futures lie between {low} and {high})"
    if facts.get("exhaustion_date"):
        is_gone = _amount(event, "actual") >= _amount(event, "amount")
        when = "used up on" if is_gone else "used up most likely on"
        middle += f", {when} {say.day(date.fromisoformat(facts['exhaustion_date']), 'full')}"
    return f"{middle}."


def _subject(event: AlertEvent, title: str, colour: str) -> str:
    """Give a mail's subject: colour, scope, percent, expected total, date."""
    facts = event.facts
    is_over = event.state == "resolved"
    parts = [f"[{'RESOLVED' if is_over else colour.upper()}] {title}"]
    scope_type, scope_value = facts.get("scope_type", ""), facts.get("scope_value", "")
    if scope_type not in ("", "expression") and clean(scope_value) != clean(event.subject):
        parts[0] += f" ({scope_type} {named(scope_value)})"
    if is_over:
        return parts[0]
    if event.kind in ("actual", "burn") and facts.get("forecast_p50"):
        parts.append(f"{say.money(_amount(event, 'forecast_p50'), facts['currency'])} expected")
    if event.kind == "forecast":
        parts.append(say.money(_amount(event, "forecast_p50"), facts["currency"]))
    if facts.get("exhaustion_date"):
        parts.append(f"used up {say.day(date.fromisoformat(facts['exhaustion_date']), 'full')}")
    elif facts.get("data_through"):
        parts.append(f"data through {_through(event)}")
    return ", ".join(parts)


def _figures(event: AlertEvent) -> Iterator[list[str]]:
    facts = event.facts
    if event.kind == "anomaly":
        yield from anomaly_figures(event)
        return
    if event.kind in ("stale", "rule"):
        if event.kind == "rule":
            yield ["Scope", named(event.scope)]
            yield ["Limit", f"{facts['comparator']} {_measured(facts, facts['limit'])}"]
        return
    currency, amount = facts["currency"], _amount(event, "amount")
    yield ["Period", _period(event)]
    yield ["Budget", say.money(amount, currency, "unit")]
    used = _amount(event, "actual")
    share = f" ({_percent(float(100 * used / amount))})" if amount > 0 else ""
    yield ["Used", f"{say.money(used, currency, 'unit')}{share}"]
    if facts.get("forecast_p50"):
        middle = _amount(event, "forecast_p50")
        share = f" ({_percent(float(100 * middle / amount))})" if amount > 0 else ""
        yield ["Expected", f"{say.money(middle, currency, 'unit')}{share}"]
    if facts.get("forecast_p10") and facts.get("forecast_p90"):
        low, high = (_amount(event, name) for name in ("forecast_p10", "forecast_p90"))
        yield ["80 % interval", f"{say.money(low)} {say.DASH} {say.money(high, currency)}"]
    gone = facts.get("exhaustion_date")
    unlikely = "" if facts.get("p_exceed") is None else f" (chance {_percent(100 * facts['p_exceed'])})"
    yield ["Used up", say.day(date.fromisoformat(gone), "full") if gone else f"not expected{unlikely}"]
    yield ["Data through", _through(event)]


def _driver(driver: Mapping[str, Any], event: AlertEvent) -> Iterator[str]:
    currency = event.facts["currency"]
    kind = clean(driver.get("dimension", ""), 40)
    yield f"{named(driver.get('label', ''))}{f' ({kind})' if kind else ''}"
    cost, change = (_decimal(driver.get(name)) for name in ("cost", "change"))
    # Without a former cost the change is all of it, and says nothing of its own.
    is_compared = change is not None and driver.get("before", "0") != ""
    yield f"{say.money(cost, currency)}{f', {say.signed_money(change, currency)}' if is_compared else ''}"


def _notes(event: AlertEvent) -> Iterator[str]:
    facts = event.facts
    if event.state == "resolved":
        return
    if facts.get("is_first"):
        yield "This is the first look at this budget in this period."
    also: Sequence[str] = facts.get("also", ())
    if also:
        passed = ", ".join(f"{word} %".replace("burn 150 %", "pace").replace(" any %", "") for word in also)
        yield f"Passed at the same moment: {passed}."
    if facts.get("hidden_drivers"):
        yield f"{say.plural(facts['hidden_drivers'], 'driver')} outside of what you may read of: not shown."
    if facts.get("reason"):
        yield str(facts["reason"])
    if facts.get("cost"):
        yield f"{str(facts['cost']).capitalize()} cost, all that is known; days that are not complete can still grow."


def _severity(event: AlertEvent) -> str:
    if is_critical(event):
        return "critical"
    if event.kind != "actual":
        return "warning"
    level = 100.0 if event.threshold == ANY_SPEND else float(event.threshold)
    return "error" if level >= 100 else "warning" if level >= 80 else "info"


def _acknowledge(event: AlertEvent) -> str:
    if event.kind == "anomaly":
        return f"finops anomalies acknowledge {event.threshold}"
    return f"finops alerts acknowledge {event.event_id}"


def _threshold(event: AlertEvent) -> str:
    if event.kind in ("stale", "rule", "anomaly"):
        return event.kind
    if event.kind == "burn":
        return "pace"
    return "any spend" if event.threshold == ANY_SPEND else f"{event.kind} {event.threshold} %"


def _period(event: AlertEvent) -> str:
    end = date.fromisoformat(event.facts["period_end"]) - timedelta(days=1)
    return say.days(event.period_start, end)


def _through(event: AlertEvent) -> str:
    return say.day(date.fromisoformat(event.facts["data_through"]), "full")


def _percent(value: float) -> str:
    return say.ratio(value / 100)


def _amount(event: AlertEvent, name: str) -> Decimal:
    return Decimal(event.facts[name] or 0)


def _decimal(text: object) -> Decimal | None:
    return None if text in (None, "") else Decimal(str(text))
