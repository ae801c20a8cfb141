"""A source's inventory: what is found replaces what was known, what is refused leaves it, what is gone stays known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finops_lib.errors import ConfigError, QualityError, SourceError
from finops_lib.lake.inventory import replace_inventory
from finops_lib.lake.open import open_lake
from finops_lib.runs import inventory
from finops_lib.runs.inventory import InventoryReport, collect_inventory
from finops_lib.settings import Settings
from finops_lib.sources.collectors import Options, Permission, Tried
from finops_lib.sources.inventory import INVENTORIES, AskedInventory, Resource, Scope, Series
from tests.conftest import on_every_lake

VM = "invented-vm"


class InventedOptions(Options):
    """Nothing but a region."""

    region: str = "north"


@dataclass
class Invented:
    """A provider of the test's own: it gives what the test puts there, and remembers what it was asked."""

    looks: list[Scope] = field(default_factory=list)
    points: list[Series | Scope] = field(default_factory=list)
    fails_after_looks: bool = False
    asked: list[AskedInventory] = field(default_factory=list)
    options: type[Options] = InventedOptions
    permissions: tuple[Permission, ...] = ()

    def scopes(self, options: Any, asked: AskedInventory) -> Iterator[Scope]:
        self.asked.append(asked)
        yield from self.looks
        if self.fails_after_looks:
            raise SourceError("the provider hung up")

    def series(self, options: Any, asked: AskedInventory, resources: list[Resource]) -> Iterator[Series | Scope]:
        yield from self.points

    def try_permissions(self, options: Any) -> list[Tried]:
        return []


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Invented:
    INVENTORIES.names()
    invented = Invented()
    monkeypatch.setitem(INVENTORIES._plugins, "invented", invented)
    return invented


def vm(id_: str, *, region: str = "north", **facts: Any) -> Resource:
    return Resource(VM, id_, "acc", region, **facts)


def look(*resources: Resource, region: str = "north", **facts: str) -> Scope:
    return Scope(VM, "acc", region, resources, **facts)


def cpu(hours: list[datetime], value: float = 10.0, resource: str = "a") -> Series:
    """Twelve points in each of the hours."""
    starts = [(hour - datetime.fromisoformat("1970-01-01")) // timedelta(seconds=1) for hour in hours]
    times = np.array([start + 300 * point for start in starts for point in range(12)], dtype=np.int64)
    values = np.full(len(times), value)
    return Series(VM, resource, "acc", "north", "cpu", "percent", times, values, values)


def collected(settings: Settings, **options: object) -> InventoryReport:
    return collect_inventory(settings, "cloud", "invented", options)


def ask(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with open_lake(settings.lake) as lake:
        return lake.con.execute(query).fetchall()


STATES = "select ResourceId, state, gone_at is not null from inventory order by 1"


@on_every_lake
def test_what_is_found_is_kept_with_everything_that_is_known_of_it(settings: Settings, provider: Invented) -> None:
    born = datetime.fromisoformat("2026-05-01T06:00:00")
    facts = {"attributes": {"size_gb": "8"}, "tags": {"team": "shop's"}}
    provider.looks = [look(vm("a", name="web", state="running", state_since=born, created_at=born, **facts), vm("b"))]
    provider.points = [cpu([born])]
    report = collected(settings)
    assert [(s.type, s.region, s.resources, s.status) for s in report.scopes] == [
        (VM, "north", 2, "evaluated"),
        (f"{VM}/cpu", "north", 1, "evaluated"),
    ]
    columns = "x_Provider, x_SourceId, ResourceName, state, state_since, created_at, attributes, Tags, gone_at"
    assert ask(settings, f"select {columns} from inventory where ResourceId = 'a'") == [
        ("invented", "cloud", "web", "running", born, born, {"size_gb": "8"}, {"team": "shop's"}, None)
    ]
    hours = "x_SourceId, ResourceId, metric, unit, hour, points, mean, max, bins, counts"
    assert ask(settings, f"select {hours} from metrics") == [
        ("cloud", "a", "cpu", "percent", born, 12, 10.0, 10.0, [10], [12])
    ]
    assert report.metric_hours == 1
    provider.looks, provider.points = [look(vm("b"))], [cpu([born, born + timedelta(hours=1)], 20.0)]
    collected(settings)
    assert ask(settings, STATES) == [("a", "running", True), ("b", "", False)]
    assert ask(settings, "select max from metrics") == [(20.0,), (20.0,)]


def test_a_resource_that_is_not_found_any_more_is_gone_and_can_come_back(
    settings: Settings, provider: Invented
) -> None:
    provider.looks = [look(vm("a", state="running"), vm("b"))]
    collected(settings)
    provider.looks = [look(vm("b"))]
    collected(settings)
    [(gone_at,)] = ask(settings, "select gone_at from inventory where ResourceId = 'a'")
    assert ask(settings, STATES) == [("a", "running", True), ("b", "", False)]
    collected(settings)
    assert ask(settings, "select gone_at from inventory where ResourceId = 'a'") == [(gone_at,)]
    assert ask(settings, "select first_seen < last_seen from inventory where ResourceId = 'b'") == [(True,)]
    provider.looks = [look(vm("a", state="stopped"))]
    collected(settings)
    assert ask(settings, STATES) == [("a", "stopped", False), ("b", "", True)]
    assert ask(settings, "select first_seen < last_seen from inventory where ResourceId = 'a'") == [(True,)]


def test_a_state_without_a_date_began_when_another_one_was_last_left(settings: Settings, provider: Invented) -> None:
    since = "select state_since, last_seen, first_seen from inventory where ResourceId = 'a'"
    for state in ("in-use", "in-use"):
        provider.looks = [look(vm("a", state=state))]
        collected(settings)
    # It may have been so for years before the first look.
    assert ask(settings, since)[0][0] is None
    provider.looks = [look(vm("a", state="available"))]
    collected(settings)
    [(began, seen, _)] = ask(settings, since)
    assert began == seen
    collected(settings)
    [(still, seen, _)] = ask(settings, since)
    assert still == began < seen
    # What the provider says goes before.
    said = datetime.fromisoformat("2026-05-01T06:00:00")
    provider.looks = [look(vm("a", state="available", state_since=said))]
    collected(settings)
    assert ask(settings, since)[0][0] == said


def test_a_resource_that_came_back_has_its_state_since_then(settings: Settings, provider: Invented) -> None:
    for there in ((vm("a", state="available"),), (), (vm("a", state="available"),)):
        provider.looks = [look(*there)]
        collected(settings)
    [(began, seen)] = ask(settings, "select state_since, last_seen from inventory")
    assert began == seen


def test_a_look_that_was_refused_leaves_what_is_known_and_says_what_it_needs(
    settings: Settings, provider: Invented
) -> None:
    scope = "select resources, needs, said, evaluated_at is not null, looked_at > evaluated_at from inventory_scopes"
    provider.looks = [look(needs="vm.list", said="Forbidden")]
    notes: list[str] = []
    report = collect_inventory(settings, "cloud", "invented", {}, note=notes.append)
    assert [(s.resources, s.status, s.needs) for s in report.scopes] == [(None, "not evaluated", "vm.list")]
    assert notes == [f"{VM} in acc north was not evaluated, it needs vm.list: Forbidden"]
    assert ask(settings, scope) == [(None, "vm.list", "Forbidden", False, None)]
    provider.looks = [look(vm("a"))]
    collected(settings)
    assert ask(settings, scope) == [(1, "", "", True, False)]
    provider.looks = [look(needs="vm.list", said="Forbidden")]
    collected(settings)
    assert ask(settings, scope) == [(1, "vm.list", "Forbidden", True, True)]
    assert ask(settings, STATES) == [("a", "", False)]


def test_a_look_at_one_region_or_type_leaves_the_others(settings: Settings, provider: Invented) -> None:
    disk = Resource("invented-disk", "d", "acc", "north")
    provider.looks = [
        look(vm("a")),
        look(vm("s", region="south"), region="south"),
        Scope(disk.type, "acc", "north", (disk,)),
    ]
    collected(settings)
    provider.looks = [look()]
    collected(settings)
    assert ask(settings, STATES) == [("a", "", True), ("d", "", False), ("s", "", False)]


def test_a_look_at_all_regions_replaces_those_of_each(settings: Settings, provider: Invented) -> None:
    provider.looks = [look(vm("a"), vm("s", region="south"), region="")]
    collected(settings)
    provider.looks = [look(vm("a"), region="")]
    collected(settings)
    assert ask(settings, STATES) == [("a", "", False), ("s", "", True)]


def test_a_refused_account_is_forgotten_once_its_regions_were_seen(settings: Settings, provider: Invented) -> None:
    provider.looks = [look(region="", needs="regions.list", said="Forbidden")]
    collected(settings)
    provider.looks = [look(vm("a"))]
    collected(settings)
    assert ask(settings, "select RegionId, needs from inventory_scopes") == [("north", "")]


def test_another_source_is_another_inventory(settings: Settings, provider: Invented) -> None:
    provider.looks = [look(vm("a"))]
    collected(settings)
    collect_inventory(settings, "other", "invented", {})
    provider.looks = [look()]
    collected(settings)
    query = "select x_SourceId, gone_at is not null from inventory order by 1"
    assert ask(settings, query) == [("cloud", True), ("other", False)]


def test_hours_that_are_fetched_again_are_replaced_not_doubled(settings: Settings, provider: Invented) -> None:
    hours = [datetime.fromisoformat(f"2026-04-30T{hour}:00:00") for hour in ("22", "23")]
    midnight = datetime.fromisoformat("2026-05-01T00:00:00")
    provider.looks, provider.points = [look(vm("a"), vm("b"))], [cpu(hours, 10.0), cpu(hours, 50.0, "b")]
    collected(settings)
    # The middle hour came before, the last one comes twice at once.
    provider.points = [cpu([hours[1], midnight], 20.0), cpu([midnight], 20.0)]
    collected(settings)
    assert ask(settings, "select ResourceId, hour, max from metrics order by 1, 2") == [
        *(("a", hours[0], 10.0), ("a", hours[1], 20.0), ("a", midnight, 20.0)),
        *(("b", hours[0], 50.0), ("b", hours[1], 50.0)),
    ]


def test_the_next_run_is_told_which_hours_are_there(settings: Settings, provider: Invented) -> None:
    hours = [datetime.fromisoformat(f"2026-05-01T0{hour}:00:00") for hour in (0, 1)]
    provider.looks, provider.points = [look(vm("a"))], [cpu(hours)]
    collected(settings)
    collected(settings)
    first, second = provider.asked
    assert first.held == {}
    assert second.held == {("a", "cpu"): hours[1]}
    assert second.until - second.since == timedelta(days=inventory.METRIC_DAYS)
    assert (second.until.minute, second.until.second, second.until.microsecond) == (0, 0, 0)
    # What is held ends long before this run's window, so it is wanted from the window's start.
    assert second.since_for("a", "cpu") == second.since_for("b", "cpu") == second.since


def test_points_are_missing_from_the_hour_after_the_newest_that_is_held(tmp_path: Path) -> None:
    since, until = (datetime.fromisoformat(f"2026-05-0{day}T00:00:00") for day in (1, 3))
    newest = datetime.fromisoformat("2026-05-02T07:00:00")
    asked = AskedInventory("cloud", since, until, tmp_path, held={("a", "cpu"): newest})
    assert asked.since_for("a", "cpu") == datetime.fromisoformat("2026-05-02T08:00:00")
    assert asked.since_for("a", "memory") == since


def test_none_is_an_answer_and_not_a_refusal(settings: Settings, provider: Invented) -> None:
    provider.looks = [look(vm("a")), look(region="south")]
    provider.points = [
        Scope(f"{VM}/cpu", "acc", "north"),
        Scope(f"{VM}/memory", "acc", "north", needs="m.read", said="no"),
    ]
    seen = {(s.region, s.type): (s.resources, s.status) for s in collected(settings).scopes}
    assert seen == {
        ("north", VM): (1, "evaluated"),
        ("south", VM): (0, "evaluated"),
        ("north", f"{VM}/cpu"): (0, "evaluated"),
        ("north", f"{VM}/memory"): (None, "not evaluated"),
    }


def test_a_provider_that_hangs_up_leaves_what_came_before(settings: Settings, provider: Invented) -> None:
    provider.looks, provider.fails_after_looks = [look(vm("a"))], True
    report = collected(settings)
    assert ask(settings, STATES) == [("a", "", False)]
    with pytest.raises(SourceError, match="the provider hung up"):
        report.require_whole()


def test_a_run_that_found_nothing_at_all_changes_nothing(settings: Settings, provider: Invented) -> None:
    provider.fails_after_looks = True
    assert collected(settings).failure == "the provider hung up"
    assert not settings.lake.folder.exists()


@pytest.mark.parametrize(
    ("looks", "what"),
    [
        ([look(), look()], "came twice"),
        ([look(vm("a", region="south"))], "holds invented-vm a of another scope"),
    ],
)
def test_looks_that_cannot_be_true_are_refused(
    settings: Settings, provider: Invented, looks: list[Scope], what: str
) -> None:
    provider.looks = looks
    with pytest.raises(QualityError, match=f"the look at {VM} in acc north {what}"):
        collected(settings)


def test_a_commit_that_fails_changes_nothing_and_leaves_no_file(
    settings: Settings, provider: Invented, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour = datetime.fromisoformat("2026-05-01T00:00:00")
    provider.looks, provider.points = [look(vm("a"))], [cpu([hour])]
    collected(settings)

    def fail(*args: Any, **options: Any) -> None:
        # The commit message is the last statement before the commit.
        replace_inventory(*args, **{**options, "message": object()})

    monkeypatch.setattr(inventory, "replace_inventory", fail)
    provider.looks, provider.points = [look()], [cpu([hour], 99.0)]
    with pytest.raises(Exception, match="object"):
        collected(settings)
    assert ask(settings, STATES) == [("a", "", False)]
    assert ask(settings, "select max from metrics") == [(10.0,)]
    assert len(list(Path(settings.lake.table_data("metrics")).rglob("*.parquet"))) == 1


def test_options_that_do_not_fit_are_named_and_their_values_not_shown(settings: Settings, provider: Invented) -> None:
    with pytest.raises(ConfigError, match="options of source cloud: token: unknown key") as caught:
        collected(settings, token="hunter2")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ConfigError, match="unknown provider with an inventory 'nimbus'"):
        collect_inventory(settings, "cloud", "nimbus", {})
