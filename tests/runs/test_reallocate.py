"""Dimensions derived again: the same charges and money, under other rules, replaced like a load."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

import finops_lib.runs.reallocate as reallocate_module
from finops_lib.errors import QualityError
from finops_lib.lake.catalog import newest_snapshot
from finops_lib.lake.objects import data_objects
from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build, stale_slices
from finops_lib.runs.ingest import ingest
from finops_lib.runs.reallocate import reallocate
from finops_lib.settings import AllocationRules, Settings
from tests.conftest import WriteBill, on_every_lake

pytestmark = on_every_lake

JUNE = {
    "BillingPeriodStart": "2026-06-01T00:00:00Z",
    "BillingPeriodEnd": "2026-07-01T00:00:00Z",
    "ChargePeriodStart": "2026-06-02T00:00:00Z",
    "ChargePeriodEnd": "2026-06-03T00:00:00Z",
}


def _under(settings: Settings, version: int, **team: object) -> Settings:
    rules = AllocationRules.model_validate({"rules_version": version, "dimensions": {"team": team}})
    return settings.model_copy(update={"workbench": settings.workbench.model_copy(update={"allocation": rules})})


def _ask(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with open_lake(settings.lake) as lake:
        return lake.con.execute(query).fetchall()


def test_a_changed_rule_reaches_every_charge_and_changes_no_money(settings: Settings, write_bill: WriteBill) -> None:
    tagged = {"Tags": '{"squad": "checkout"}', "BilledCost": "1.5"}
    old = _under(settings, 1, keys=["team"])
    ingest(old, [write_bill("a.csv", [{}, tagged, JUNE])], source="aws")
    assert _ask(old, "select x_Team, sum(BilledCost) from cost group by all order by all") == [
        ("shop", Decimal(20)),
        (None, Decimal("1.5")),
    ]
    new = _under(settings, 2, keys=["team", "squad"])
    may, june = reallocate(new)
    assert (may.billing_month, may.charges, june.charges) == ("2026-05", 2, 1)
    assert (may.rules_before.split(".")[0], may.rules.split(".")[0]) == ("1", "2")
    assert _ask(new, "select x_Team, sum(BilledCost) from cost group by all order by all") == [
        ("checkout", Decimal("1.5")),
        ("shop", Decimal(20)),
    ]
    versions = {json.loads(str(rule))["version"] for (rule,) in _ask(new, "select x_AllocationRule from cost")}
    assert versions == {"2"}
    # One commit for both months, in which the money before is the money now.
    after = "select count(distinct loaded_at), bool_and(billed_before = billed_loaded) from loads where load_number > 2"
    assert _ask(new, after) == [(1, True)]


def test_the_same_delivery_is_unchanged_after_it(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{}, JUNE])
    ingest(_under(settings, 1, keys=["team"]), [path], source="aws")
    new = _under(settings, 2, keys=["squad"], default="nobody")
    reallocate(new)
    assert [report.status for report in ingest(new, [path], source="aws")] == ["unchanged", "unchanged"]
    assert reallocate(new) == []


def test_the_marts_of_reallocated_months_are_built_again(settings: Settings, write_bill: WriteBill) -> None:
    ingest(_under(settings, 1, keys=["team"]), [write_bill("a.csv", [{}])], source="aws")
    build(settings.lake)
    reallocate(_under(settings, 2, keys=["none"], default="all of us"))
    with open_lake(settings.lake) as lake:
        assert [part.source for part in stale_slices(lake.con)] == ["aws"]
    build(settings.lake)
    assert _ask(settings, "select x_Team, billed_cost from daily_cost") == [("all of us", Decimal(10))]


def test_what_a_bill_lacks_stays_on_record(settings: Settings, write_bill: WriteBill) -> None:
    ingest(_under(settings, 1, keys=["team"]), [write_bill("a.csv", [{"ServiceName": ""}])], source="aws")
    before = _ask(settings, "select finding, column_name, occurrences from load_findings order by all")
    assert before
    reallocate(_under(settings, 2, keys=["squad"]))
    after = "select finding, column_name, occurrences from load_findings where load_number = 2 order by all"
    assert _ask(settings, after) == before


def test_a_slice_that_lost_a_charge_is_not_papered_over(settings: Settings, write_bill: WriteBill) -> None:
    ingest(_under(settings, 1, keys=["team"]), [write_bill("a.csv", [{}, {"ResourceId": "i-2"}])], source="aws")
    with open_lake(settings.lake, read_only=False) as lake:
        lake.con.execute("delete from lake.cost where ResourceId = 'i-2'")
    snapshot, files = newest_snapshot(settings.lake), len(list(data_objects(settings.lake)))
    with pytest.raises(
        QualityError, match=r"aws aws 2026-05 in USD: 2 rows, billed 20, .* expected, 1 rows, billed 10"
    ):
        reallocate(_under(settings, 2, keys=["squad"]))
    assert (newest_snapshot(settings.lake), len(list(data_objects(settings.lake)))) == (snapshot, files)


def test_a_load_that_comes_between_is_not_undone(
    settings: Settings, write_bill: WriteBill, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = _under(settings, 1, keys=["team"]), _under(settings, 2, keys=["squad"], default="new")
    ingest(old, [write_bill("a.csv", [{}])], source="aws")
    late = write_bill("late.csv", [{"BilledCost": "12"}])
    replace = reallocate_module._replace
    arrived = []

    def load_first(*arguments: object) -> bool:
        if not arrived:
            arrived.append(ingest(old, [late], source="aws"))
        return replace(*arguments)  # type: ignore[arg-type]

    # Nothing is replaced by a stand-in: the real step only happens after somebody else's load.
    monkeypatch.setattr(reallocate_module, "_replace", load_first)
    reallocate(new)
    assert _ask(settings, "select x_Team, BilledCost from cost") == [("new", Decimal(12))]
