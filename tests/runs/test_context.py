from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError
from finops_lib.runs.context import Context, Coverage, freshness_check, resolve_context


def covers(
    source: str = "payer",
    *,
    provider: str = "aws",
    currency: str = "USD",
    newest: date = date(2026, 10, 20),
    complete: date | None = date(2026, 10, 18),
    cost: int = 100,
) -> Coverage:
    return Coverage(provider, source, currency, date(2026, 10, 1), newest, complete, Decimal(cost))


def test_empty_parameters_mean_the_newest_complete_day_and_the_main_currency() -> None:
    context = resolve_context(
        [covers(), covers("azure-main", provider="azure", currency="EUR", cost=90)], as_of="", currency="", provider=""
    )
    assert (context.as_of, context.currency, context.is_empty) == (date(2026, 10, 18), "USD", False)
    assert [notice.text for notice in context.notices] == [
        "Charges in EUR are not in the sums of this page, which are in USD."
    ]


def test_the_newest_complete_day_is_complete_for_every_live_source() -> None:
    slow = covers("gcp-main", provider="gcp", newest=date(2026, 10, 19), complete=date(2026, 10, 16))
    assert resolve_context([covers(), slow], as_of="", currency="", provider="").as_of == date(2026, 10, 16)
    assert resolve_context([covers(), slow], as_of="", currency="", provider="aws").as_of == date(2026, 10, 18)


def test_a_source_that_stopped_is_named_and_holds_nobody_back() -> None:
    stopped = covers("old", newest=date(2026, 10, 5), complete=date(2026, 10, 5))
    context = resolve_context([covers(), stopped], as_of="", currency="", provider="")
    assert context.as_of == date(2026, 10, 18)
    [notice] = context.notices
    assert (notice.kind, notice.text) == (
        "stale",
        "old has delivered nothing after 5 Oct 2026: its later cost is missing here.",
    )


def test_a_source_of_several_providers_is_named_with_the_one_meant() -> None:
    stopped = covers("public", provider="azure", newest=date(2026, 10, 5), complete=date(2026, 10, 5))
    context = resolve_context([covers("public"), stopped], as_of="", currency="", provider="")
    assert context.notices[0].text.startswith("public (azure) has delivered nothing after")


def delivers(name: str, delivered_at: datetime, *, hours: int = 48) -> Coverage:
    """A source whose data is whole, that is stale so many hours after its delivery."""
    stale_from = delivered_at + timedelta(hours=hours)
    return replace(covers(name), delivered_at=delivered_at, stale_from=stale_from)


def test_a_source_that_went_silent_is_stale_on_every_page_since_its_last_delivery() -> None:
    silent = delivers("payer", datetime(2026, 10, 20, 6, tzinfo=UTC))
    lively = delivers("other", datetime(2026, 10, 22, 6, tzinfo=UTC))
    # silent for 48 hours on the 22nd at 6
    in_time, too_late = (datetime(2026, 10, 22, 6, minute, tzinfo=UTC) for minute in (0, 1))
    fresh = resolve_context([silent, lively], as_of="", currency="", provider="", now=in_time)
    assert fresh.notices == ()
    late = resolve_context([silent, lively], as_of="", currency="", provider="", now=too_late)
    assert [(notice.kind, notice.text) for notice in late.notices] == [
        ("stale", "payer has delivered nothing since 20 Oct 2026, 06:00 UTC: what came later is missing here.")
    ]
    # It is named, and the numbers stay those of the same day.
    assert late.as_of == fresh.as_of


def test_sources_that_fell_silent_together_are_told_in_one_sentence() -> None:
    silent = [delivers(name, datetime(2026, 10, 20, 6, tzinfo=UTC)) for name in ("b", "a", "c")]
    now = datetime(2026, 10, 30, tzinfo=UTC)
    [notice] = resolve_context(silent, as_of="", currency="", provider="", now=now).notices
    assert notice.text.startswith("a, b and c have delivered nothing since 20 Oct 2026, 06:00 UTC")


def test_a_slow_source_is_stale_only_after_its_own_rhythm() -> None:
    weekly = delivers("payer", datetime(2026, 10, 20, 6, tzinfo=UTC), hours=7 * 24 + 24)
    for day, kinds in ((27, []), (29, ["stale"])):
        now = datetime(2026, 10, day, tzinfo=UTC)
        context = resolve_context([weekly], as_of="", currency="", provider="", now=now)
        assert [notice.kind for notice in context.notices] == kinds


def test_a_page_about_an_old_day_is_judged_as_of_its_own_time() -> None:
    silent = delivers("payer", datetime(2026, 10, 20, 6, tzinfo=UTC))
    now = datetime(2027, 1, 1, tzinfo=UTC)
    # The 17th is news until three days after its end, the 21st at 0; the source fell silent on the 22nd.
    context = resolve_context([silent], as_of="2026-10-17", currency="", provider="", now=now)
    assert (context.notices, context.judged_at) == ((), datetime(2026, 10, 21, tzinfo=UTC))
    # The 19th was news until the 23rd at 0: by then the source was silent.
    context = resolve_context([silent], as_of="2026-10-19", currency="", provider="", now=now)
    assert [notice.kind for notice in context.notices] == ["stale", "incomplete"]


def test_an_incomplete_day_is_allowed_but_said() -> None:
    context = resolve_context([covers()], as_of="2026-10-19", currency="", provider="")
    [notice] = context.notices
    assert (context.as_of, notice.kind) == (date(2026, 10, 19), "incomplete")
    assert notice.text == "payer is complete only through 18 Oct 2026: later days may still grow."


def test_a_day_after_the_newest_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="after the newest day in the lake, 2026-10-20"):
        resolve_context([covers()], as_of="2026-10-21", currency="", provider="")


def test_a_source_without_charges_yet_is_no_alarm() -> None:
    context = resolve_context([covers()], as_of="2026-09-30", currency="", provider="")
    assert [notice.kind for notice in context.notices] == ["info"]


def test_a_provider_or_currency_the_lake_lacks_is_refused() -> None:
    with pytest.raises(ConfigError, match="choose one of: aws"):
        resolve_context([covers()], as_of="", currency="", provider="azure")
    with pytest.raises(ConfigError, match="choose one of: USD"):
        resolve_context([covers()], as_of="", currency="CHF", provider="")


def test_the_configured_currency_is_preferred_only_where_there_is_cost_in_it() -> None:
    both = [covers(), covers("x", currency="EUR", cost=1)]
    assert resolve_context(both, as_of="", currency="", provider="", preferred_currency="EUR").currency == "EUR"
    assert resolve_context(both, as_of="", currency="", provider="", preferred_currency="CHF").currency == "USD"


def test_an_empty_lake_has_a_day_and_a_currency_all_the_same() -> None:
    context = resolve_context([], as_of="2026-10-01", currency="", provider="azure")
    assert (context.is_empty, context.as_of, context.currency) == (True, date(2026, 10, 1), "USD")


def test_a_page_whose_money_is_mostly_old_is_not_fresh() -> None:
    now = datetime(2026, 10, 10, tzinfo=UTC)
    day = date(2026, 10, 8)

    def source(name: str, cost: int, stale_from: datetime) -> Coverage:
        return Coverage("aws", name, "USD", day, day, day, Decimal(cost), now - timedelta(days=4), stale_from)

    context = Context(day, "USD", "", is_empty=False, notices=(), judged_at=now)
    late, punctual = now - timedelta(hours=1), now + timedelta(hours=1)
    # One forgotten export is named on the page and holds nothing back: 40 of 100 are late.
    fresh = freshness_check([source("a", 40, late), source("b", 60, punctual)], context)
    assert (fresh["ok"], fresh["message"]) == (True, "a should have delivered and hold 40 % of the cost")
    old = freshness_check([source("a", 50, late), source("b", 50, punctual)], context)
    assert (old["ok"], old["message"]) == (False, "a should have delivered and hold 50 % of the cost")
    assert freshness_check([source("b", 60, punctual)], context)["message"] == "every source delivers in time"
