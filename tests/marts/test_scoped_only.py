"""What a reader with a scope sees of the lake: their own rows, and of everything else not even a sum."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops_lib.analyses.scopes import parse_scope
from finops_lib.marts.catalog import read_marts
from finops_lib.marts.scoped import keep_only, scoped_costs
from tests.marts.conftest import MemoryLake
from tests.marts.test_scoped import AS_OF, JUDGED_AT, SINCE, an_estate

SHOWN_WHOLE = {"fx_rates"}


def narrow(lake: MemoryLake, scope: str) -> None:
    """Move the lake behind the name `whole`, as an opened one is attached, and keep a scope of it."""
    lake.build()
    lake.con.execute("attach ':memory:' as whole")
    tables = [name for (name,) in lake.con.execute("show tables").fetchall()]
    for name in tables:
        lake.con.execute(f'create table whole."{name}" as from lake."{name}"')
    lake.con.execute("use memory")
    lake.con.execute("detach lake")
    keep_only(lake.con, parse_scope(scope))


def total(lake: MemoryLake, table: str, column: str = "effective_cost") -> Decimal:
    [[amount]] = lake.con.execute(f'select coalesce(sum("{column}"), 0) from "{table}"').fetchall()
    return Decimal(amount)


@pytest.mark.parametrize(
    ("scope", "expected"),
    # The charges of `an_estate` cost 1, 10, 100 and 1000: web, web, nobody's, data.
    [
        ("team = 'web'", 11),
        ("team is null", 100),
        ("service = 'Storage'", 1100),
        ("tag['app'] = 'cart'", 1),
        ("account = 'payer'", 1000),
        ("all", 1111),
        ("team = 'nobody'", 0),
    ],
)
def test_every_table_of_charges_adds_up_to_the_scopes_own(lake: MemoryLake, scope: str, expected: int) -> None:
    an_estate(lake)
    narrow(lake, scope)
    assert total(lake, "cost", "EffectiveCost") == expected
    for mart in ("daily_cost", "monthly_cost"):
        assert total(lake, mart) == expected


def test_one_resource_of_two_teams_shows_each_its_own_part(lake: MemoryLake) -> None:
    # In the mart it is one row under one team's name, of 3 + 5 = 8.
    lake.charge("2026-11-02", 3, x_Team="shop", ResourceId="i-1")
    lake.charge("2026-11-02", 5, x_Team="web", ResourceId="i-1")
    lake.load(2, 8)
    narrow(lake, "team = 'shop'")
    assert total(lake, "daily_resource_cost") == 3


def test_what_cannot_be_narrowed_is_there_and_empty(lake: MemoryLake) -> None:
    an_estate(lake)
    narrow(lake, "team = 'web'")
    of_charges = {"cost", "daily_cost", "monthly_cost", "daily_resource_cost", "daily_resource_meter_cost"}
    of_charges |= {"commitment_usage", "tag_coverage", "data_freshness", *SHOWN_WHOLE}
    tables = {name for (name,) in lake.con.execute("show tables").fetchall()}
    assert tables >= {"loads", "slice_totals", "data_quality", "monthly_restatements", "inventory", "invoices"}
    for name in tables - of_charges:
        assert lake.con.execute(f'select count(*) from "{name}"').fetchall() == [(0,)], name


def test_no_mart_is_left_out(lake: MemoryLake) -> None:
    narrow(lake, "team = 'web'")
    assert {name for (name,) in lake.con.execute("show tables").fetchall()} >= set(read_marts())


def test_freshness_is_of_the_scopes_own_sources(lake: MemoryLake) -> None:
    lake.charge("2026-11-02", 3, x_Team="shop")
    lake.charge("2026-11-02", 5, x_Team="web", x_SourceId="secret-deal")
    lake.load(1, 3)
    narrow(lake, "team = 'shop'")
    assert lake.con.execute("select x_SourceId from data_freshness").fetchall() == [("aws-payer",)]


def test_a_budgets_scope_is_asked_within_the_readers(lake: MemoryLake) -> None:
    an_estate(lake)
    narrow(lake, "team = 'web'")
    scopes = [parse_scope(text) for text in ("all", "team = 'data'", "tag['app'] = 'cart'")]
    with scoped_costs(lake.con, scopes, since=SINCE) as costs:
        days = costs.days(as_of=AS_OF, judged_at=JUDGED_AT)
    # Everything is 1 + 10 of web; data's 1000 is not there; the tag is on the first charge.
    assert sorted(days["effective_cost"].to_list()) == [1, 11]
