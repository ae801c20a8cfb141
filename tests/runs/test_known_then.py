"""What did we know on the 5th? Asked of every load's totals per day, and of the snapshot of that day."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.lake.open import open_lake
from finops_lib.lake.snapshots import list_snapshots, pin, snapshot_known_on
from finops_lib.lake.upkeep import expire
from finops_lib.runs import clock
from finops_lib.runs.asking import ask, open_for_questions
from finops_lib.runs.ingest import ingest
from finops_lib.runs.upkeep import chosen_snapshot
from finops_lib.settings import Settings
from tests.conftest import WriteBill, on_every_lake

pytestmark = on_every_lake

THIRD = {"ChargePeriodStart": "2026-05-03T00:00:00Z", "ChargePeriodEnd": "2026-05-04T00:00:00Z"}
KNOWN_BEFORE = """
select day, sum(billed_loaded) from (
    select * from load_days where loaded_at < (select loaded_at from loads where load_number = {})
    qualify load_number = max(load_number) over (partition by x_Provider, x_SourceId, x_BillingMonth)
) group by all order by all
"""


def _load_twice(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{"BilledCost": "10"}])], source="aws")
    restated = [{"BilledCost": "11"}, {"BilledCost": "0.5"}, THIRD | {"BilledCost": "2"}]
    ingest(settings, [write_bill("b.csv", restated)], source="aws")


def test_every_load_keeps_its_totals_per_charge_day(settings: Settings, write_bill: WriteBill) -> None:
    _load_twice(settings, write_bill)
    with open_lake(settings.lake) as lake:
        days = "select load_number, cast(day as VARCHAR), rows_loaded, billed_loaded from load_days order by all"
        assert lake.con.execute(days).fetchall() == [
            (1, "2026-05-02", 1, Decimal(10)),
            (2, "2026-05-02", 2, Decimal("11.5")),
            (2, "2026-05-03", 1, Decimal(2)),
        ]
        sums = "select load_number, sum(effective_loaded), sum(list_loaded) from load_days group by all order by all"
        # 8.00 and 12.00 a charge
        assert lake.con.execute(sums).fetchall() == [(1, Decimal(8), Decimal(12)), (2, Decimal(24), Decimal(36))]


def test_sql_says_what_was_known_even_when_the_snapshot_is_gone(settings: Settings, write_bill: WriteBill) -> None:
    _load_twice(settings, write_bill)
    now = clock.now()
    assert expire(settings.lake, superseded_before=now + timedelta(hours=1), at=now).snapshots
    with open_for_questions(settings) as lake:
        known = ask(lake, KNOWN_BEFORE.format(2)).fetchall()
    assert [(str(day), billed) for day, billed in known] == [("2026-05-02", Decimal(10))]


def test_a_day_names_the_snapshot_that_was_the_newest_at_its_end(settings: Settings, write_bill: WriteBill) -> None:
    _load_twice(settings, write_bill)
    newest = list_snapshots(settings.lake)[0]
    today = newest.committed_at.date().isoformat()
    assert chosen_snapshot(settings, None, today) == newest.snapshot_id
    assert chosen_snapshot(settings, None, "2199-01-01") == newest.snapshot_id
    with pytest.raises(LakeError, match="no longer has, or never had"):
        chosen_snapshot(settings, None, "2001-01-01")
    with pytest.raises(ConfigError, match="both name a snapshot"):
        chosen_snapshot(settings, 1, today)


def test_an_expired_day_is_not_answered_by_an_older_one(settings: Settings, write_bill: WriteBill) -> None:
    _load_twice(settings, write_bill)
    held = list_snapshots(settings.lake)
    second_load, first_load = held[0], held[1]
    oldest = held[-1]
    pin(settings.lake, oldest.snapshot_id, owner="test", reason="kept", at=clock.now())
    assert snapshot_known_on(settings.lake, first_load.committed_at) == first_load
    now = clock.now()
    expire(settings.lake, superseded_before=now + timedelta(hours=1), at=now)
    # The first load's snapshot is gone; the pinned one before it does not know that load.
    with pytest.raises(LakeError, match="no longer has"):
        snapshot_known_on(settings.lake, first_load.committed_at)
    assert snapshot_known_on(settings.lake, clock.now()).snapshot_id == second_load.snapshot_id
