"""The savings page in words: what to do first, what it brings, for whom, and what was not looked at."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from finops_lib.findings import Recommendation
from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.page import Action, Element, Figure
from finops_lib.reports.tables import Column, table

QUESTION = "What should we do first to pay less?"
NOTHING = "The bill alone shows no waste that a rule knows."
SOURCE = "daily_resource_meter_cost and commitment_usage, effective cost of the last 30 complete days as a month of 365/12 days"
NOBODY = "no team named"
# What one finding of a type is called, and what is done about many of them.
NOUNS = {
    "idle-public-ipv4": ("idle public address", "Release {}"),
    "idle-nat-gateway": ("idle NAT gateway", "Delete {}"),
    "idle-vpn": ("idle VPN", "Ask whether {} is a standby line, else delete"),
    "idle-vpc-endpoint": ("idle private endpoint", "Delete {}"),
    "idle-load-balancer": ("idle load balancer", "Delete {}"),
    "gp2-volume": ("gp2 volume", "Change {} to gp3"),
    "old-snapshot": ("old snapshot", "Delete {} that no backup plan owns"),
    "previous-generation": ("machine of a previous generation", "Price the current generation for {}"),
    "unused-commitment": ("partly unused commitment", "Move use onto {}, exchange, or let end"),
    "stopped-instance-disk": ("disk of a stopped machine", "Snapshot and delete {}"),
    "extended-support": ("surcharge for an old version", "Upgrade to end {}"),
    "idle-capacity-reservation": ("unused capacity reservation", "Cancel {}"),
    "unattached-volume": ("volume without I/O", "Snapshot and delete {}"),
}
PLURALS = {
    "idle-public-ipv4": "idle public addresses",
    "previous-generation": "machines of a previous generation",
    "stopped-instance-disk": "disks of stopped machines",
    "extended-support": "surcharges for old versions",
    "unattached-volume": "volumes without I/O",
}


class Total(Protocol):
    """What `analyses.savings.portfolio` gives."""

    @property
    def currency(self) -> str: ...
    @property
    def low(self) -> Decimal: ...
    @property
    def base(self) -> Decimal: ...
    @property
    def high(self) -> Decimal: ...
    @property
    def counted(self) -> Sequence[Recommendation]: ...
    @property
    def reviews(self) -> Sequence[Recommendation]: ...


class Open(Protocol):
    """A check that needs more than a bill."""

    @property
    def check(self) -> str: ...
    @property
    def needs(self) -> str: ...
    @property
    def why(self) -> str: ...


def headline(total: Total) -> str:
    """Say the net saving with its range."""
    if not total.counted:
        return "none found"
    low, high = say.money(total.low), say.money(total.high)
    return f"{say.money(total.base, total.currency)} a month (range {low} to {high})"


def savings_answer(total: Total) -> Element:
    """Answer the page's question in one or two sentences."""
    if not total.counted:
        return page.answer(QUESTION, NOTHING, "grey")
    [(type_, group), *_] = _groups(total.counted)
    largest = f"{_do(type_, len(group))}: up to {say.money(_sum(group), total.currency)} a month"
    return page.answer(QUESTION, f"{largest}. All of it together can be expected to save {headline(total)}.", "")


def savings_figures(total: Total) -> Element:
    """Show the net saving with its range, the sure part, and how many findings there are."""
    if not total.counted:
        return page.sentence(NOTHING)
    year = say.money(total.base * 12, total.currency)
    unowned = [r for r in total.counted if not r.owner]
    return page.figures(
        [
            Figure(
                "Can be expected, a month",
                say.money(total.base, total.currency),
                f"{year} a year; each finding weighed by its confidence",
            ),
            Figure(
                "Sure part, a month",
                say.money(total.low, total.currency),
                "findings with a confidence of 75 % or more, weighed",
            ),
            Figure(
                "If all of it works out",
                say.money(total.high, total.currency),
                "one saving per resource, never more than it costs",
            ),
            Figure("Findings", str(len(total.counted)), f"{len(unowned)} of them have no team named"),
        ]
    )


def savings_table(total: Total, limit: int = 0) -> Element:
    """Show the do-first list, the largest saving first; `limit` 0 = all."""
    shown = list(total.counted)[: limit or None]
    rows = [
        {
            "priority": r.priority,
            "what": NOUNS.get(r.type, (r.type, ""))[0],
            "resource": _short(r.resource_id),
            "provider": r.provider,
            "owner": r.owner or NOBODY,
            "saving": r.monthly_savings,
            "cost": r.current_monthly_cost,
            "confidence": r.confidence,
            "action": r.action,
            "evidence": r.evidence,
        }
        for r in shown
    ]
    columns = {
        "what": Column("Finding"),
        "resource": Column("Resource"),
        "saving": Column("Saves up to, a month", "money", style="cent"),
        "cost": Column("Costs now", "money", style="cent"),
        "confidence": Column("Confidence", "percent"),
        "priority": Column("Priority"),
        "action": Column("What to do"),
        "evidence": Column("Evidence"),
        "owner": Column("Team"),
    }
    rest = f"; the first {len(shown)} of {len(total.counted)}" if len(shown) < len(total.counted) else ""
    title = (
        f"Up to {say.money(_sum(total.counted), total.currency)} a month, if everything works out{rest}"
        if shown
        else ""
    )
    return table(
        _frame(rows),
        columns,
        title=title,
        source=SOURCE,
        currency=total.currency,
        empty=NOTHING,
        total="All" if not rest else "",
    )


def savings_by_type(total: Total) -> page.Showable:
    """Draw what each kind of waste is worth."""
    groups = [
        {"kind": _noun(type_, len(group)).capitalize(), "monthly_savings": _sum(group)}
        for type_, group in _groups(total.counted)
    ]
    top = groups[0]["kind"] if groups else ""
    return _bars(groups, "kind", total, f"Most can be saved on {str(top).lower()}", "by kind of waste")


def savings_by_owner(total: Total) -> page.Showable:
    """Draw whose savings they are."""
    sums: dict[str, list[Recommendation]] = defaultdict(list)
    for r in total.counted:
        sums[r.owner or NOBODY].append(r)
    groups = [{"team": team, "monthly_savings": _sum(group)} for team, group in sums.items()]
    groups.sort(key=lambda g: (-Decimal(str(g["monthly_savings"])), str(g["team"])))
    title = f"Team {groups[0]['team']} can save most" if groups else ""
    if groups and groups[0]["team"] == NOBODY:
        title = "Most can be saved where no team is named"
    return _bars(groups, "team", total, title, "by team")


def reviews_table(total: Total) -> Element:
    """Show what is worth a look although the bill gives no number."""
    rows = [
        {"what": _noun(r.type, 1), "resource": _short(r.resource_id), "cost": r.current_monthly_cost, "action": r.action,
         "evidence": r.evidence, "owner": r.owner or NOBODY}
        for r in total.reviews
    ]  # fmt: skip
    schema = [("what", pl.String()), ("resource", pl.String()), ("cost", pl.Decimal(38, 12)), ("action", pl.String()),
              ("evidence", pl.String()), ("owner", pl.String())]  # fmt: skip
    columns = {
        "what": Column("Finding"),
        "resource": Column("Resource"),
        "cost": Column("Costs now, a month", "money"),
        "action": Column("What to do"),
        "evidence": Column("Evidence"),
        "owner": Column("Team"),
    }
    paid = say.money(sum((r.current_monthly_cost for r in total.reviews), Decimal(0)), total.currency)
    title = f"{_noun_of_reviews(len(rows))} costing {paid} a month" if rows else ""
    empty = "Nothing is up for review."
    return table(
        pl.DataFrame(rows, schema=schema), columns, title=title, source=SOURCE, currency=total.currency, empty=empty
    )


def not_evaluated(checks: Iterable[Open]) -> Element:
    """Show what was not looked at, and why: that is not the same as nothing found."""
    rows = [{"check": c.check, "needs": c.needs, "why": c.why} for c in checks]
    columns = {"check": Column("Not evaluated"), "needs": Column("Needs"), "why": Column("Why the bill is not enough")}
    schema = [("check", pl.String()), ("needs", pl.String()), ("why", pl.String())]
    return table(
        pl.DataFrame(rows, schema=schema), columns, title="Not looked at, which is not the same as nothing found"
    )


def savings_actions(total: Total, *, as_of: date) -> Element:
    """Say the three things that bring most, each for the team that pays for most of it."""
    items = [
        Action(
            text=_do(type_, len(group)),
            money=f"up to {say.money(_sum(group), total.currency)} a month",
            owner=_owner(group),
            due=say.day(as_of + timedelta(days=14), "full"),
        )
        for type_, group in sorted(_groups(total.counted), key=lambda g: -_expected(g[1]))
    ]
    return page.actions(items, NOTHING)


def _groups(found: Iterable[Recommendation]) -> list[tuple[str, list[Recommendation]]]:
    groups: dict[str, list[Recommendation]] = defaultdict(list)
    for r in found:
        groups[r.type].append(r)
    return sorted(groups.items(), key=lambda g: (-_sum(g[1]), g[0]))


def _bars(groups: list[dict[str, Any]], label: str, total: Total, title: str, by: str) -> page.Showable:
    frame = pl.DataFrame(groups, schema=[(label, pl.String()), ("monthly_savings", pl.Decimal(38, 6))])
    return charts.ranked(
        frame,
        label=label,
        value="monthly_savings",
        currency=total.currency,
        title=title,
        subtitle=f"Savings a month if all work out, {by}, in {total.currency}, effective cost",
        source="daily_resource_meter_cost, commitment_usage",
        empty=NOTHING,
    )


def _do(type_: str, count: int) -> str:
    pattern = NOUNS.get(type_, (type_, "{}"))[1]
    return pattern.format(_noun(type_, count) if count == 1 else f"{count} {_noun(type_, count)}")


def _noun(type_: str, count: int) -> str:
    noun = NOUNS.get(type_, (type_, ""))[0]
    return noun if count == 1 else PLURALS.get(type_, f"{noun}s")


def _noun_of_reviews(count: int) -> str:
    return f"{say.plural(count, 'resource')} to review,"


def _owner(group: Sequence[Recommendation]) -> str:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for r in group:
        sums[r.owner] += r.monthly_savings
    first = max(sorted(sums), key=lambda team: sums[team])
    others = len(sums) - 1
    name = f"team {first}" if first else NOBODY
    return f"{name} and {others} more" if others else name


def _sum(group: Iterable[Recommendation]) -> Decimal:
    return sum((r.monthly_savings for r in group), Decimal(0))


def _expected(group: Iterable[Recommendation]) -> Decimal:
    return sum((r.monthly_savings * Decimal(str(r.confidence)) for r in group), Decimal(0))


def _short(resource_id: str) -> str:
    """Give the last two parts of a long id: enough to find it, short enough to read."""
    if not resource_id:
        return "(the bill names none)"
    parts = [part for part in resource_id.replace(":", "/").split("/") if part]
    return resource_id if len(resource_id) <= 40 else "/".join(parts[-2:])


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    texts = ("priority", "what", "resource", "provider", "owner")
    schema = [
        *((name, pl.String()) for name in texts),
        ("saving", pl.Decimal(38, 12)),
        ("cost", pl.Decimal(38, 12)),
        ("confidence", pl.Float64()),
        ("action", pl.String()),
        ("evidence", pl.String()),
    ]
    return pl.DataFrame(rows, schema=schema)
