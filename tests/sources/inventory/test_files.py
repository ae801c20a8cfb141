"""An exported inventory: read whole as its providers would have told it, or refused with the line that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from finops_lib.errors import ConfigError, DataError
from finops_lib.sources.inventory import FILES, INVENTORIES, AskedInventory, Hours, Resource, Scope, inventory_of
from finops_lib.sources.inventory.files import FilesOptions

VM = {
    "type": "invented-vm",
    "resource_id": "vm-1",
    "account": "111",
    "region": "north",
    "state": "running",
    "created_at": "2026-05-01T08:00:00+02:00",
    "attributes": {"instance_type": "small"},
}
LOOKS = [
    {"type": "invented-vm", "account": "111", "region": "north"},
    {"type": "invented-disk", "account": "111", "region": "", "needs": "disks:List", "said": "not\nallowed"},
]
HOUR = {
    "SubAccountId": "111",
    "RegionId": "north",
    "resource_type": "invented-vm",
    "ResourceId": "vm-1",
    "metric": "cpu",
    "unit": "percent",
    "hour": datetime.fromisoformat("2026-05-02T10:00:00"),
    "points": 12,
    "mean": 7.5,
    "max": 9.0,
    "bins": [7, 9],
    "counts": [10, 2],
}
TYPES = {"points": pl.UInt16, "bins": pl.List(pl.UInt16), "counts": pl.List(pl.UInt16), "hour": pl.Datetime("us")}
Export = Callable[..., Path]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Write an export of one machine; lists of resources, looks and hours can be given."""

    def write(
        resources: list[dict[str, object]] | None = None,
        looks: list[dict[str, str]] | None = None,
        hours: list[dict[str, object]] | None = None,
    ) -> Path:
        folder = tmp_path / "export"
        (folder / "metrics").mkdir(parents=True, exist_ok=True)
        (folder / "export.json").write_text('{"taken_at": "2026-05-03T07:00:00Z"}')
        for name, lines in (("resources", resources or [VM]), ("looks", looks or LOOKS)):
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
        if hours:
            pl.DataFrame(hours, schema_overrides=TYPES).write_parquet(folder / "metrics" / "may.parquet")
        return folder

    return write


@pytest.fixture
def asked(tmp_path: Path) -> AskedInventory:
    return AskedInventory(
        "export", datetime.fromisoformat("2026-04-01T00:00:00"), datetime.fromisoformat("2026-05-03T00:00:00"), tmp_path
    )


def scopes(folder: Path, asked: AskedInventory) -> list[Scope]:
    return list(INVENTORIES.get(FILES).scopes(FilesOptions(path=str(folder)), asked))


def hours(folder: Path, asked: AskedInventory) -> list[object]:
    return list(INVENTORIES.get(FILES).series(FilesOptions(path=str(folder)), asked, []))


def test_every_look_is_given_with_what_it_found_and_when_it_was_made(export: Export, asked: AskedInventory) -> None:
    taken_at = datetime.fromisoformat("2026-05-03T07:00:00")
    vm = Resource(
        "invented-vm",
        "vm-1",
        "111",
        "north",
        state="running",
        # Two hours east of Greenwich it was eight.
        created_at=datetime.fromisoformat("2026-05-01T06:00:00"),
        attributes={"instance_type": "small"},
    )
    assert scopes(export(), asked) == [
        Scope("invented-vm", "111", "north", (vm,), taken_at=taken_at),
        Scope("invented-disk", "111", "", (), "disks:List", "not allowed", taken_at),
    ]


def test_a_look_at_all_regions_finds_resources_of_each(export: Export, asked: AskedInventory) -> None:
    everywhere = [{"type": "invented-vm", "account": "111", "region": ""}]
    south = {**VM, "resource_id": "vm-2", "region": "south"}
    [scope] = scopes(export([VM, south], everywhere), asked)
    assert [(one.resource_id, one.region) for one in scope.resources] == [("vm-1", "north"), ("vm-2", "south")]


def test_hours_come_as_they_are_with_what_was_measured(export: Export, asked: AskedInventory) -> None:
    folder = export(hours=[HOUR])
    assert hours(folder, asked) == [
        Hours(folder / "metrics" / "may.parquet", frozenset({("111", "north", "invented-vm/cpu", "vm-1")}))
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"counts": [10, 1]}, "cpu of vm-1 at 2026-05-02 10:00:00 cannot be"),
        ({"bins": [7]}, "cannot be"),
        ({"hour": datetime.fromisoformat("2026-05-02T10:05:00")}, "at 2026-05-02 10:05:00 cannot be"),
        ({"mean": None}, "cannot be"),
        ({"points": 0, "bins": [], "counts": []}, "cannot be"),
    ],
)
def test_an_hour_that_cannot_be_is_refused(
    change: dict[str, object], said: str, export: Export, asked: AskedInventory
) -> None:
    with pytest.raises(DataError, match=said):
        hours(export(hours=[HOUR, {**HOUR, **change}]), asked)


def test_a_column_of_another_type_is_named(export: Export, asked: AskedInventory) -> None:
    folder = export()
    pl.DataFrame([HOUR]).write_parquet(folder / "metrics" / "may.parquet")
    with pytest.raises(DataError, match="points is Int64 and not UInt16"):
        hours(folder, asked)
    pl.DataFrame([HOUR], schema_overrides=TYPES).drop("unit").write_parquet(folder / "metrics" / "may.parquet")
    with pytest.raises(DataError, match="unit is not there and not String"):
        hours(folder, asked)


def test_what_is_no_parquet_is_refused(export: Export, asked: AskedInventory) -> None:
    folder = export()
    (folder / "metrics" / "may.parquet").write_text("cpu,1\n")
    with pytest.raises(DataError, match=r"may.parquet is not a Parquet file"):
        hours(folder, asked)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", r"resources.jsonl line 2: Invalid JSON"),
        ('{"type": "invented-vm", "account": "111", "region": "north"}', "line 2: resource_id: Field required"),
        (json.dumps({**VM, "created_at": "2026-05-01T08:00:00"}), "line 2: created_at: .*timezone"),
        (json.dumps({**VM, "colour": "red"}), "line 2: colour: Extra inputs"),
        (json.dumps({**VM, "attributes": {"size_gb": 8}}), "line 2: attributes.size_gb: .*string"),
    ],
)
def test_a_line_that_is_none_is_named(line: str, said: str, export: Export, asked: AskedInventory) -> None:
    folder = export()
    with (folder / "resources.jsonl").open("a") as stream:
        stream.write(line + "\n")
    with pytest.raises(DataError, match=said):
        scopes(folder, asked)


@pytest.mark.parametrize(
    ("vm", "said"), [({"account": "222"}, "for which there is no look"), ({"type": "invented-disk"}, "a refused look")]
)
def test_a_resource_that_nobody_could_have_seen_is_refused(
    vm: dict[str, str], said: str, export: Export, asked: AskedInventory
) -> None:
    with pytest.raises(DataError, match=said):
        scopes(export([{**VM, **vm}]), asked)


def test_text_that_is_not_utf_8_is_refused(export: Export, asked: AskedInventory) -> None:
    folder = export()
    (folder / "looks.jsonl").write_bytes('{"type": "größe"}'.encode("latin-1"))
    with pytest.raises(DataError, match="is not text in UTF-8"):
        scopes(folder, asked)


def test_a_folder_without_an_export_says_what_is_missing(tmp_path: Path, asked: AskedInventory) -> None:
    with pytest.raises(ConfigError, match=r"is no export of an inventory: it has no export.json"):
        scopes(tmp_path, asked)
    [tried] = INVENTORIES.get(FILES).try_permissions(FilesOptions(path=str(tmp_path)))
    assert (tried.ok, "is no export" in tried.said) == (False, True)


def test_an_export_that_can_be_read_says_so(export: Export) -> None:
    [tried] = INVENTORIES.get(FILES).try_permissions(FilesOptions(path=str(export())))
    assert tried.ok


def test_a_path_chooses_the_export_whatever_the_provider() -> None:
    assert inventory_of("aws", {"path": "export"}) == FILES
    assert inventory_of("aws", {"profile": "audit"}) == "aws"
