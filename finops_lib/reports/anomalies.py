"""The anomaly page in words: what happened that nobody planned, what it cost, what moved, and who should look."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.findings import Anomaly
from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.anomaly_headlines import STANDINGS, headline, since, what_of, when, where_of
from finops_lib.reports.investigated import Cause, Details
from finops_lib.reports.page import Action, Element, Figure
from finops_lib.reports.tables import Column, table

QUESTION = "What happened that nobody planned?"
NOBODY = "the account's owner; no team is tagged"
QUIET = "No service is known to have left its usual range."
# What nobody has explained yet, as far as is known.
UNEXPLAINED = ("open", "acknowledged", "closed")
NOTHING_NEW = ("expected", "false_positive")
SOURCE = "daily_cost, effective cost of usage on complete days, without fees, purchases, tax and credits"
HOW = (
    "A day is judged by what the same weekdays, weeks and places of the month before it had led to expect, for a "
    "spike, a new level, a slow rise, a drop and a service that is new; for an account also by many small rises "
    "at once. Of days at a confidence of 0.9, nine in ten are real; told is from 0.6, and only what is large in "
    "money and in percent. What an episode cost is counted against the four weeks on its eve, for four weeks at "
    "most: then the new level is the usual. Taxes, purchases, credits and fees are not judged, and a source in "
    "its first weeks can hide something."
)


def anomaly_answer(
    found: Sequence[Anomaly],
    judged: tuple[int, int],
    *,
    as_of: date,
    lookback_days: int,
    currency: str,
    anomaly_id: str = "",
) -> Element:
    """Answer the page's question in one or two sentences.

    Args:
        anomaly_id: the page is about this one, the only one of `found`.
        judged: how many series had a past to be judged by, of how many (`analyses.anomalies.judged_series`).
    """
    span = f"the {lookback_days} days through {say.day(as_of)}"
    if found and anomaly_id:
        words = f"{headline(found[0], as_of)}. {found[0].cause}."
        return page.answer(QUESTION, words, "orange" if found[0].impact > 0 else "yellow", "to be explained")
    planned = sum(a.status in NOTHING_NEW for a in found)
    found = [a for a in found if a.status not in NOTHING_NEW]
    if not (found or judged[1]):
        return page.answer(
            QUESTION, f"Nothing can be told: there was no usage through {say.day(as_of, 'full')}.", "grey"
        )
    if not (found or judged[0]):
        words = "Nothing can be told yet: no service has the two weeks of history that a day is judged by."
        return page.answer(QUESTION, words, "grey")
    known = f"; {say.plural(planned, 'episode')} besides was planned or a false alarm" if planned else ""
    if not found:
        counted = f"{say.number(judged[0])} of {say.plural(judged[1], 'series', 'series')} could be judged"
        return page.answer(QUESTION, f"Nothing: no service left its usual range in {span}; {counted}{known}.", "green")
    rises = [a for a in found if a.impact > 0]
    total = say.money(sum(a.impact for a in rises), currency)
    cost = f"; {total} more than usual" if rises else ""
    drops = say.plural(len(found) - len(rises), "drop") if len(rises) < len(found) else ""
    what = " and ".join(part for part in (say.plural(len(rises), "rise") if rises else "", drops) if part)
    words = f"{what} in {span}{cost}{known}. Largest: {headline(found[0], as_of)}."
    return page.answer(QUESTION, words, "orange" if rises else "yellow", "to be explained")


def anomaly_figures(
    found: Sequence[Anomaly],
    *,
    as_of: date,
    recorded: Sequence[Anomaly] = (),
    waited_hours: Mapping[str, float] | None = None,
) -> Element:
    """Show how many episodes there are, what they cost, how many go on, and how those stand that are written down.

    Args:
        found: of one currency.
        recorded: what is written down.
        waited_hours: id -> how long it waited for somebody's first word.
    """
    if not found:
        return page.sentence("There is no episode to count.")
    currency, standings = found[0].currency, _standings(found, recorded)
    # What was planned is in the list and not in the sums.
    real = [a for a in found if a.status not in NOTHING_NEW]
    rises, drops = [a for a in real if a.impact > 0], [a for a in real if a.impact < 0]
    fresh = [a for a in real if (as_of - a.start).days < 7]
    saved = f"{say.plural(len(drops), 'drop')}: {say.signed_money(sum(a.impact for a in drops), currency)}"
    return page.figures(
        [
            Figure("Cost above the usual", say.money(sum(a.impact for a in rises), currency), saved if drops else ""),
            Figure("Episodes", str(len(real)), f"{len(rises)} up, {len(drops)} down"),
            Figure("Begun in the last 7 days", str(len(fresh)), f"since {say.day(as_of - timedelta(days=6))}"),
            *(_said(found, standings, waited_hours or {}) if standings else [_ongoing(rises, as_of)]),
        ]
    )


def _ongoing(rises: Sequence[Anomaly], as_of: date) -> Figure:
    still = [a for a in rises if a.end >= as_of]
    return Figure("Still going on", str(len(still)), say.names(map(what_of, still)) if still else "none of the rises")


def _said(found: Sequence[Anomaly], standings: Mapping[str, str], waited_hours: Mapping[str, float]) -> list[Figure]:
    """Say how the episodes stand, and how long they wait for a word."""
    count = Counter(standings.values())
    others = [f"{n} {name}" for name, n in count.items() if name != STANDINGS["open"]]
    waited = [waited_hours[a.anomaly_id] for a in found if a.anomaly_id in waited_hours]
    mean = f"{say.number(round(sum(waited) / len(waited), 1))} h" if waited else say.DASH
    of = f"mean of {say.plural(len(waited), 'episode')}" if waited else "nobody has said a word yet"
    return [
        Figure("Open", str(count[STANDINGS["open"]]), say.names(others) if others else "all of them"),
        Figure("Until somebody's first word", mean, of),
    ]


def _standings(found: Sequence[Anomaly], recorded: Sequence[Anomaly]) -> dict[str, str]:
    """Say of those that are written down how they stand, by id."""
    ids = {a.anomaly_id for a in found}
    return {a.anomaly_id: STANDINGS[a.status] for a in recorded if a.anomaly_id in ids}


def anomaly_table(
    found: Sequence[Anomaly],
    series: pl.DataFrame | None = None,
    *,
    as_of: date | None = None,
    limit: int = 0,
    looked_into: Sequence[Details] = (),
    bands: Mapping[Anomaly, pl.DataFrame] | None = None,
    recorded: Sequence[Anomaly] = (),
    nodes: Mapping[str, pl.DataFrame] | None = None,
) -> Element:
    """Show the episodes, the largest money first.

    Args:
        recorded: what is written down; says how those of them stand.
        nodes: anomaly id -> the daily cost of its node, where that is no service of `series`.
        looked_into: gives cause, owner and what to check in columns of their own.
        bands: gives what a day of the episode was expected to cost (`analyses.anomalies.bands`).
        series: the frame they were found in; gives account names and the course of each series.
        as_of: the last included day; an episode that reaches it is still going on.
        limit: how many; 0 = all.
    """
    shown = list(found)[: limit or None]
    names, courses = _names(series), _courses(series, shown)
    own = {name: _last_days(days, as_of) for name, days in (nodes or {}).items()}
    standings = _standings(shown, recorded)
    causes = {one.anomaly.anomaly_id: one.cause for one in looked_into}
    ranges = {a.scope: _range(a, band) for a, band in (bands or {}).items()}
    rows = [
        {
            "when": when(a, as_of),
            "service": what_of(a),
            "account": where_of(a, names),
            "place": f"{what_of(a)} in {where_of(a, names)}",
            "status": standings.get(a.anomaly_id, ""),
            "provider": a.provider,
            "impact": Decimal(str(round(a.impact, 2))),
            "deviation": None if a.deviation_pct is None else a.deviation_pct / 100,
            "course": own.get(a.anomaly_id) or courses.get(a.scope, []),
            "expected": ranges.get(a.scope, ""),
            **_told(a, causes.get(a.anomaly_id)),
            "id": a.anomaly_id,
            "methods": " and ".join(a.methods),
        }
        for a in shown
    ]
    columns = {
        "when": Column("When"),
        "service": Column("Service"),
        "account": Column("Account"),
        "impact": Column("Against the usual", "change"),
        "deviation": Column("of the usual", "percent"),
        "course": Column("Last 60 days", "spark"),
        "expected": Column("Expected a day"),
        "cause": Column("What moved", "sentence"),
        "status": Column("Status"),
        "owner": Column("Owner"),
        "check": Column("What to check"),
        "methods": Column("Found by"),
        "id": Column("Id"),
    }
    if series is None:
        del columns["course"]
    if looked_into:
        # With a cause beside it, what found it matters least; and on a phone the cause must not be the last column.
        order = ("when", "place", "impact", "status", "cause", "owner", "id", "check", "course", "expected")
        columns = {name: ({"place": Column("Where")} | columns)[name] for name in order if name in {"place", *columns}}
    # A column without a word in it only makes the table wider.
    for name in ("expected", "cause", "owner", "check", "status", "id"):
        if name in columns and not any(row[name] for row in rows):
            del columns[name]
    currency = shown[0].currency if shown else ""
    rest = f" ({len(found) - len(shown)} more on the page anomalies)" if len(shown) < len(found) else ""
    title = f"{_finding(shown, currency)}{rest}" if shown else ""
    return table(_frame(rows), columns, title=title, source=SOURCE, currency=currency, empty=QUIET)


def anomaly_causes(found: Sequence[Anomaly]) -> Element:
    """Say whether every episode has its cause beside it, and how to get those that are missing."""
    if not found:
        return page.sentence("There is no episode to explain.")
    missing = [a for a in found if not a.cause]
    if not missing:
        return page.sentence("Every episode has beside it what moved.")
    what = f"{say.number(len(missing))} of {say.plural(len(found), 'episode')}"
    return page.sentence(
        f"{what} {'has' if len(missing) == 1 else 'have'} no cause here: only the largest are looked into on a page. "
        "finops anomalies detect looks into every one and writes it down, for this page as well; "
        f"finops run anomalies -p anomaly_id={missing[0].anomaly_id} looks into one."
    )


def anomaly_charts(bands: Mapping[Anomaly, pl.DataFrame], series: pl.DataFrame, *, as_of: date) -> Element:
    """Draw the largest episodes with the range they left (`analyses.anomalies.bands`)."""
    if not bands:
        return page.sentence("There is no episode to look into.")
    names = _names(series)
    return page.beside(*(_band_chart(a, band, names, as_of) for a, band in bands.items()))


def anomaly_actions(
    found: Sequence[Anomaly], series: pl.DataFrame, *, as_of: date, looked_into: Sequence[Details] = ()
) -> Element:
    """Say who should look at which episode, at what first, and until when."""
    names, teams = _names(series), _teams(series)
    causes = {one.anomaly.anomaly_id: one.cause for one in looked_into}
    items = [
        Action(
            text=f"Explain {what_of(a)} in {where_of(a, names)}, "
            f"{since(a, as_of)}: {_question(causes.get(a.anomaly_id))}",
            money=say.signed_money(a.impact, a.currency),
            owner=_owner(causes.get(a.anomaly_id))
            or a.owner
            or teams.get(a.scope, "")
            or "the account's owner; no team is tagged",
            due=say.day(as_of + timedelta(days=2), "full"),
        )
        for a in found
        if a.impact > 0 and a.status in UNEXPLAINED
    ]
    return page.actions(items, "Nothing to do: no rise needs an explanation.")


def anomaly_method() -> Element:
    """Say how a day is judged, and what that cannot see."""
    return page.sentence(HOW)


def _question(cause: Cause | None) -> str:
    return f"check {cause.check}" if cause else "planned, or to be stopped?"


def _owner(cause: Cause | None) -> str:
    return cause.owner if cause else ""


def _told(a: Anomaly, cause: Cause | None) -> dict[str, str]:
    if cause is None:
        return {"cause": a.cause, "owner": a.owner, "check": ""}
    owner = cause.owner or "no team is tagged"
    if a.status == "resolved":
        # What a person said it was is better than what moved, and there is nothing left to check.
        return {"cause": a.cause or cause.what, "owner": owner, "check": ""}
    return {"cause": cause.what, "owner": owner, "check": cause.check}


def _range(a: Anomaly, band: pl.DataFrame) -> str:
    """Say what a day of the episode was expected to cost, from the lowest to the highest."""
    days = band.filter(pl.col("day").is_between(a.start, a.end)).drop_nulls("expected")
    if days.is_empty():
        return ""
    low, high = days.get_column("low").min(), days.get_column("high").max()
    return f"{say.money(low)} {say.DASH} {say.money(high)}"  # type: ignore[arg-type]


def _band_chart(a: Anomaly, band: pl.DataFrame, names: Mapping[tuple[str, str], str], as_of: date) -> page.Showable:
    where = f"account {where_of(a, names)}" if a.account else where_of(a, names)
    moved = f"; {a.cause}" if a.cause else ""
    return charts.daily(
        band,
        y="actual",
        band=("low", "high"),
        expected="expected",
        currency=a.currency,
        height=220,
        title=headline(a, as_of),
        subtitle=f"Effective cost of usage a day in {a.currency}, {where}{moved}",
        source="daily_cost",
    )


def _finding(shown: Sequence[Anomaly], currency: str) -> str:
    net = say.signed_money(sum(a.impact for a in shown), currency)
    return f"{say.plural(len(shown), 'episode')}, {'together ' if len(shown) > 1 else ''}{net} against the usual"


def _names(series: pl.DataFrame | None) -> dict[tuple[str, str], str]:
    if series is None:
        return {}
    newest = series.sort("day").group_by("x_Provider", "account_id").agg(pl.col("account_name").last())
    return {(r["x_Provider"], r["account_id"]): r["account_name"] for r in newest.iter_rows(named=True)}


def _scope() -> pl.Expr:
    return pl.concat_str("x_Provider", "account_id", "ServiceName", separator="/")


def _teams(series: pl.DataFrame) -> dict[str, str]:
    """Give the team that pays for most days of each series."""
    tagged = series.filter(pl.col("team") != "").group_by(_scope().alias("scope"), "team").len()
    most = tagged.sort("len", "team", descending=[True, False]).group_by("scope", maintain_order=True).first()
    return {row["scope"]: row["team"] for row in most.iter_rows(named=True)}


def _courses(series: pl.DataFrame | None, shown: Sequence[Anomaly]) -> dict[str, list[float]]:
    if series is None or series.is_empty() or not shown:
        return {}
    since = max(series.get_column("day").to_list()) - timedelta(days=59)
    cost = pl.col("effective_cost").cast(pl.Float64)
    by_day = series.filter(pl.col("day") >= since).group_by(_scope().alias("scope"), "day").agg(cost.sum())
    lines: dict[str, dict[date, float]] = {}
    for row in by_day.filter(pl.col("scope").is_in([a.scope for a in shown])).iter_rows(named=True):
        lines.setdefault(row["scope"], {})[row["day"]] = row["effective_cost"]
    days = [since + timedelta(days=n) for n in range(60)]
    return {scope: [line.get(day, 0.0) for day in days] for scope, line in lines.items()}


def _last_days(days: pl.DataFrame, as_of: date | None) -> list[float]:
    """Give what a node cost on each of the last 60 days."""
    if days.is_empty():
        return []
    cost = {day: float(money) for day, money in days.select("day", "effective_cost").iter_rows()}
    newest = as_of or max(cost)
    return [cost.get(newest - timedelta(days=back), 0.0) for back in range(59, -1, -1)]


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = [
        *(
            (name, pl.String())
            for name in (
                "when",
                "service",
                "account",
                "place",
                "provider",
                "status",
                "expected",
                "owner",
                "check",
                "id",
            )
        ),
        ("impact", pl.Decimal(38, 2)),
        ("deviation", pl.Float64()),
        ("course", pl.List(pl.Float64())),
        ("cause", pl.String()),
        ("methods", pl.String()),
    ]
    return pl.DataFrame(rows, schema=schema)
