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
SOURCE = (
    "daily_resource_meter_cost and commitment_usage, effective cost of the last 30 complete days "
    "in a month of 365/12 days"
)
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


def savings_answer(total: Total, *, read: int) -> Element:
    """Answer the page's question in one or two sentences.

    Args:
        read: how many resources and commitments the rules could look at.
    """
    if not read:
        return page.answer(QUESTION, "Nothing can be told: the bill has no charge that a rule can read.", "grey")
    if not total.counted:
        return page.answer(QUESTION, NOTHING, "green", "nothing found")
    [(type_, group), *_] = _groups(total.counted)
    first = f"{_do(type_, len(group))}, up to {say.money(_sum(group), total.currency)} a month"
    return page.answer(QUESTION, f"{first}. All findings together can be expected to save {headline(total)}.")


def savings_figures(total: Total) -> Element:
    """Show the net saving with its range, the sure part, and how many findings there are."""
    if not total.counted:
        return page.sentence("There is no saving to add up.")
    year = say.money(total.base * 12, total.currency)
    unowned = [r for r in total.counted if not r.owner]
    weighed = f"{year} a year; each finding weighed by its confidence"
    sure = "findings with a confidence of 75 % or more, weighed"
    most = "one saving per resource, never more than it costs"
    return page.figures(
        [
            Figure("To be expected, a month", say.money(total.base, total.currency), weighed),
            Figure("Sure part, a month", say.money(total.low, total.currency), sure),
            Figure("If all of it works out", say.money(total.high, total.currency), most),
            Figure("Findings", str(len(total.counted)), f"{len(unowned)} of them with no team named"),
        ]
    )


def savings_table(total: Total, limit: int = 0) -> Element:
    """Show the do-first list, the largest expected saving first; `limit` 0 = all."""
    shown = list(total.counted)[: limit or None]
    rows = [
        {
            "what": _noun(r.type, 1),
            "resource": _short(r.resource_id),
            "expected": _expected([r]),
            "saving": r.monthly_savings,
            "confidence": r.confidence,
            "owner": r.owner or NOBODY,
            "action": r.action,
            "evidence": r.evidence,
        }
        for r in shown
    ]
    columns = {
        "what": Column("Finding"),
        "resource": Column("Resource"),
        "expected": Column("Expected, a month", "money"),
        "saving": Column("at most", "money"),
        "confidence": Column("Confidence", "percent"),
        "owner": Column("Team"),
        "action": Column("What to do"),
        "evidence": Column("Evidence"),
    }
    is_cut = len(shown) < len(total.counted)
    part = (
        f"{len(shown)} of {say.plural(len(total.counted), 'finding')}; all"
        if is_cut
        else say.plural(len(shown), "finding")
    )
    title = f"{part} can be expected to save {say.money(total.base, total.currency)} a month" if shown else ""
    sums = "" if is_cut else "All"
    return table(_frame(rows), columns, title=title, source=SOURCE, currency=total.currency, empty=NOTHING, total=sums)


def savings_by_type(total: Total) -> page.Showable:
    """Draw what each kind of waste is worth."""
    kinds = [(_noun(type_, len(group)), _expected(group)) for type_, group in _groups(total.counted)]
    title = f"Most can be expected from {kinds[0][0]}" if kinds else ""
    groups = [(name[:1].upper() + name[1:], saving) for name, saving in kinds]
    return _bars(groups, total, title, "by kind of waste", empty="No kind of waste was found.")


def savings_by_owner(total: Total) -> page.Showable:
    """Draw whose savings they are."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for r in total.counted:
        sums[r.owner or NOBODY] += _expected([r])
    groups = sorted(sums.items(), key=lambda group: (-group[1], group[0]))
    title = f"Team {groups[0][0]} can save most" if groups else ""
    if groups and groups[0][0] == NOBODY:
        title = "Most can be saved where no team is named"
    return _bars(groups, total, title, "by team", empty="No team has a saving to its name.")


def reviews_table(total: Total) -> Element:
    """Show what is worth a look although the bill gives no number."""
    rows = [
        {
            "what": _noun(r.type, 1),
            "resource": _short(r.resource_id),
            "cost": r.current_monthly_cost,
            "action": r.action,
            "evidence": r.evidence,
            "owner": r.owner or NOBODY,
        }
        for r in total.reviews
    ]
    texts = ("what", "resource", "action", "evidence", "owner")
    schema = [("cost", pl.Decimal(38, 12)), *((name, pl.String()) for name in texts)]
    columns = {
        "what": Column("Finding"),
        "resource": Column("Resource"),
        "cost": Column("Costs now, a month", "money"),
        "action": Column("What to do"),
        "evidence": Column("Evidence"),
        "owner": Column("Team"),
    }
    paid = say.money(sum((r.current_monthly_cost for r in total.reviews), Decimal(0)), total.currency)
    title = f"{say.plural(len(rows), 'resource')} to review, costing {paid} a month" if rows else ""
    frame = pl.DataFrame(rows, schema=schema)
    empty = "Nothing is up for review."
    return table(frame, columns, title=title, source=SOURCE, currency=total.currency, empty=empty)


def not_evaluated(checks: Iterable[Open]) -> Element:
    """Show what was not looked at, and why: that is not the same as nothing found."""
    rows = [{"check": c.check, "needs": c.needs, "why": c.why} for c in checks]
    columns = {"check": Column("Not evaluated"), "needs": Column("Needs"), "why": Column("Why the bill is not enough")}
    schema = [("check", pl.String()), ("needs", pl.String()), ("why", pl.String())]
    return table(
        pl.DataFrame(rows, schema=schema), columns, title="Not looked at, which is not the same as nothing found"
    )


def savings_actions(total: Total, *, as_of: date) -> Element:
    """Say the three things that can be expected to bring most, for the team that pays for most of each."""
    items = [
        Action(
            text=_do(type_, len(group)),
            money=f"up to {say.money(_sum(group), total.currency)} a month",
            owner=_owner(group),
            due=say.day(as_of + timedelta(days=14), "full"),
        )
        for type_, group in _groups(total.counted)
    ]
    return page.actions(items, "Nothing to do: no finding can be expected to save money.")


def _groups(found: Iterable[Recommendation]) -> list[tuple[str, list[Recommendation]]]:
    groups: dict[str, list[Recommendation]] = defaultdict(list)
    for r in found:
        groups[r.type].append(r)
    return sorted(groups.items(), key=lambda g: (-_expected(g[1]), g[0]))


def _bars(groups: Sequence[tuple[str, Decimal]], total: Total, title: str, by: str, *, empty: str) -> page.Showable:
    amounts = pl.Decimal(38, 12)
    frame = pl.DataFrame(groups, schema=[("name", pl.String()), ("expected_savings", amounts)], orient="row")
    return charts.ranked(
        frame,
        label="name",
        value="expected_savings",
        currency=total.currency,
        title=title,
        subtitle=f"Expected savings a month in {total.currency}, {by}, effective cost weighed by confidence",
        source="daily_resource_meter_cost, commitment_usage",
        empty=empty,
    )


def _do(type_: str, count: int) -> str:
    pattern = NOUNS.get(type_, (type_, "{}"))[1]
    return pattern.format(f"{count} {_noun(type_, count)}")


def _noun(type_: str, count: int) -> str:
    noun = NOUNS.get(type_, (type_, ""))[0]
    return noun if count == 1 else PLURALS.get(type_, f"{noun}s")


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
    schema = [
        *((name, pl.String()) for name in ("what", "resource")),
        ("expected", pl.Decimal(38, 12)),
        ("saving", pl.Decimal(38, 12)),
        ("confidence", pl.Float64()),
        *((name, pl.String()) for name in ("owner", "action", "evidence")),
    ]
    return pl.DataFrame(rows, schema=schema)
