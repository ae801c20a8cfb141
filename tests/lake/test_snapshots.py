"""Snapshots: which there are, for whom they are kept, and that an old one shows what it always showed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.lake.snapshots import list_snapshots, pin, snapshot_known_on, unpin
from finops_lib.lake.upkeep import expire
from finops_lib.runs.upkeep import pin_by_name, unpin_by_name
from finops_lib.settings import Settings
from tests.conftest import on_every_lake
from tests.lake.conftest import Load, ask

pytestmark = on_every_lake

LATER = datetime(2031, 1, 1, tzinfo=UTC)
TOTAL = "select sum(BilledCost) from cost"


def test_each_snapshot_says_what_made_it_and_when_the_next_one_came(settings: Settings, load: Load) -> None:
    load(10)
    built, loaded, *older = list_snapshots(settings.lake)
    assert (built.what, loaded.what) == ("build marts of 1 slices", "load aws: aws 2026-05")
    assert built.superseded_at is None
    assert loaded.superseded_at == built.committed_at
    assert [s.snapshot_id for s in older] == [1, 0]


def test_a_pin_keeps_a_snapshot_until_its_last_owner_lets_go(settings: Settings, load: Load) -> None:
    first = load(10, marts=False)
    for owner in ("board", "audit"):
        pin(settings.lake, first, owner=owner, reason="test", at=LATER)
    pin(settings.lake, first, owner="board", reason="again", at=LATER)
    load(11, marts=False)
    assert {s.snapshot_id: s.pinned_by for s in list_snapshots(settings.lake)}[first] == ("audit", "board")
    assert expire(settings.lake, superseded_before=LATER, at=LATER).kept_pinned == 1
    assert unpin(settings.lake, owner="audit") == 1
    assert expire(settings.lake, superseded_before=LATER, at=LATER).kept_pinned == 1
    assert ask(settings, TOTAL, snapshot=first) == [(Decimal(40),)]
    unpin_by_name(settings, first, "board")
    assert expire(settings.lake, superseded_before=LATER, at=LATER).snapshots == (first,)


def test_a_snapshot_that_is_gone_is_said_so(settings: Settings, load: Load) -> None:
    first = load(10, marts=False)
    load(11, marts=False)
    expire(settings.lake, superseded_before=LATER, at=LATER)
    for ask_for_it in (
        lambda: ask(settings, TOTAL, snapshot=first),
        lambda: pin(settings.lake, first, owner="x", reason="test", at=LATER),
    ):
        with pytest.raises(LakeError, match=rf"no snapshot {first}: .*expired; next: .*finops lake snapshots"):
            ask_for_it()


def test_pins_have_names_and_are_taken_away_by_them(settings: Settings, load: Load) -> None:
    first = load(10, marts=False)
    with pytest.raises(ConfigError, match="needs a name"):
        pin_by_name(settings, first, " ")
    with pytest.raises(ConfigError, match="is not pinned for 'nobody'"):
        unpin_by_name(settings, first, "nobody")


def test_what_was_known_on_a_day_is_the_newest_snapshot_of_then(settings: Settings, load: Load) -> None:
    first = load(10, marts=False)
    load(11, marts=False)
    by_number = {s.snapshot_id: s for s in list_snapshots(settings.lake)}
    moment = by_number[first].committed_at
    assert snapshot_known_on(settings.lake, moment).snapshot_id == first
    with pytest.raises(LakeError, match="no longer has, or never had"):
        snapshot_known_on(settings.lake, by_number[0].committed_at - timedelta(days=1))
    expire(settings.lake, superseded_before=LATER, at=LATER)
    with pytest.raises(LakeError, match="no longer has, or never had"):
        snapshot_known_on(settings.lake, moment)
