"""A lake moves to PostgreSQL as a whole or not at all: snapshots, pins, money, and the state beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

import finops_lib.lake.migrate as migrate_module
from finops_lib.errors import ConfigError, FinOpsError, LakeError, QualityError
from finops_lib.lake.migrate import migrate
from finops_lib.lake.objects import data_objects
from finops_lib.lake.place import Place
from finops_lib.lake.snapshots import list_snapshots, pin
from finops_lib.lake.upkeep import expire
from finops_lib.runs.ledger import listed_runs
from finops_lib.runs.migrate import migrate_lake
from finops_lib.runs.notebook import run_notebook
from finops_lib.settings import Settings
from tests.conftest import WriteBill
from tests.lake.conftest import Load, ask, assert_whole, elsewhere
from tests.postgres import new_database

NOW = datetime(2026, 7, 1, tzinfo=UTC)
TOTAL = "select count(*), sum(BilledCost) from cost"


@pytest.fixture
def database(postgres: str) -> str:
    return new_database(postgres)


def _tables(database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        of_a_lake = "table_name ~ '^(ducklake|finops)_'"
        query = f"select table_schema || '.' || table_name from information_schema.tables where {of_a_lake}"
        return [name for (name,) in connection.execute(query).fetchall()]


def test_the_catalog_moves_with_its_snapshots_and_pins(
    settings: Settings, load: Load, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load(10)
    pin(settings.lake, first, owner="board", reason="test", at=NOW)
    load(11)
    before = list_snapshots(settings.lake)
    moved = migrate(settings.lake, Place.of(settings.lake.root, database), at=NOW)
    assert (moved.snapshots, moved.pins, moved.files_copied, moved.was_done) == (len(before), 1, 0, False)
    there = elsewhere(settings, monkeypatch, catalog=database)
    assert list_snapshots(there.lake) == before
    # Four charges of 10, then of 11.
    assert ask(there, TOTAL, snapshot=first) == [(4, Decimal(40))]
    assert ask(there, TOTAL) == [(4, Decimal(44))]
    assert_whole(there)


def test_the_moved_lake_can_be_written_and_kept_small(
    settings: Settings, write_bill: WriteBill, load: Load, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finops_lib.marts.build import build
    from finops_lib.runs.ingest import ingest

    load(10)
    migrate(settings.lake, Place.of(settings.lake.root, database), at=NOW)
    there = elsewhere(settings, monkeypatch, catalog=database)
    ingest(
        there, [write_bill("new.csv", [{"BilledCost": "12", "ResourceId": f"i-{n}"} for n in range(4)])], source="aws"
    )
    build(there.lake)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert expire(there.lake, superseded_before=now, at=now).files_removed > 0
    assert ask(there, TOTAL) == [(4, Decimal(48))]
    assert_whole(there)


def test_the_old_place_can_be_read_but_not_written(settings: Settings, load: Load, database: str) -> None:
    load(10)
    secret = database.replace("finops@", "finops:s3cret-word@")
    migrate(settings.lake, Place.of(settings.lake.root, secret), at=NOW)
    assert ask(settings, TOTAL) == [(4, Decimal(40))]
    with pytest.raises(LakeError, match=r"was moved to .*catalog 127\.0\.0\.1.*set FINOPS_CATALOG") as caught:
        load(11)
    assert "s3cret-word" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_data_move_to_a_bucket_file_by_file(
    settings: Settings, load: Load, database: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load(10)
    load(11)
    target = Place.of(f"s3://{bucket}/team", database)
    moved = migrate(settings.lake, target, at=NOW)
    old = {file.path.removeprefix(settings.lake.data): file.bytes for file in data_objects(settings.lake)}
    assert {file.path.removeprefix(target.data): file.bytes for file in data_objects(target)} == old
    assert (moved.files_copied, moved.bytes_copied) == (len(old), sum(old.values()))
    there = elsewhere(settings, monkeypatch, catalog=database, lake=target.root, state="sqlite:////tmp/none.sqlite")
    assert ask(there, TOTAL, snapshot=first) == [(4, Decimal(40))]
    assert_whole(there)


def test_data_move_to_another_folder(
    settings: Settings, load: Load, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(10)
    assert migrate(settings.lake, Place.of(tmp_path / "new", database), at=NOW).files_copied > 0
    there = elsewhere(settings, monkeypatch, catalog=database, lake=tmp_path / "new")
    for file in data_objects(settings.lake):
        Path(file.path).unlink()
    assert ask(there, TOTAL) == [(4, Decimal(40))]


def test_a_second_migration_says_that_all_is_done(settings: Settings, load: Load, database: str) -> None:
    load(10)
    target = Place.of(settings.lake.root, database)
    first = migrate(settings.lake, target, at=NOW)
    assert migrate(settings.lake, target, at=NOW) == migrate_module.Moved(first.snapshots, 0, 0, 0, True)
    with pytest.raises(LakeError, match="was moved to"):
        migrate(settings.lake, Place.of(settings.lake.root, f"{database}_other"), at=NOW)


def test_a_copy_that_was_finished_but_not_marked_is_recognised(settings: Settings, load: Load, database: str) -> None:
    load(10)
    target = Place.of(settings.lake.root, database)
    migrate(settings.lake, target, at=NOW)
    with closing(sqlite3.connect(settings.lake.catalog_file)) as catalog, catalog:
        catalog.execute("delete from finops_moved")
    assert migrate(settings.lake, target, at=NOW).was_done


def test_a_database_that_holds_another_lake_is_refused(settings: Settings, load: Load, database: str) -> None:
    load(10)
    target = Place.of(settings.lake.root, database)
    migrate(settings.lake, target, at=NOW)
    with closing(sqlite3.connect(settings.lake.catalog_file)) as catalog, catalog:
        catalog.execute("delete from finops_moved")
    load(11)
    with pytest.raises(ConfigError, match="already holds a lake, and not the present state"):
        migrate(settings.lake, target, at=NOW)
    assert ask(settings, TOTAL) == [(4, Decimal(44))]


def test_what_an_interrupted_migration_left_is_no_obstacle(settings: Settings, load: Load, database: str) -> None:
    load(10)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create schema finops_migration; create table finops_migration.ducklake_snapshot (x int)")
    migrate(settings.lake, Place.of(settings.lake.root, database), at=NOW)
    assert {name.split(".")[0] for name in _tables(database)} == {"public"}


def test_a_copy_that_differs_is_taken_back(
    settings: Settings, load: Load, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(10)
    real = migrate_module._copy_catalog

    def spoilt(place: Place, target: Place) -> None:
        real(place, target)
        with psycopg.connect(database) as connection:
            connection.execute("update ducklake_data_file set end_snapshot = 2 where path like '%/load-%'")

    monkeypatch.setattr(migrate_module, "_copy_catalog", spoilt)
    with pytest.raises(QualityError, match=r"snapshot \d+ differs: \(4, .* before, \(0, None, None\) after"):
        migrate(settings.lake, Place.of(settings.lake.root, database), at=NOW)
    assert _tables(database) == []
    load(11)
    assert ask(settings, TOTAL) == [(4, Decimal(44))]


def test_a_file_that_is_not_whole_stops_the_migration(
    settings: Settings, load: Load, database: str, tmp_path: Path
) -> None:
    load(10)
    broken = next(Path(file.path) for file in data_objects(settings.lake) if "/main/cost/" in file.path)
    broken.write_bytes(broken.read_bytes()[:-1])
    with pytest.raises(QualityError, match="the catalog says"):
        migrate(settings.lake, Place.of(tmp_path / "new", database), at=NOW)
    assert _tables(database) == []


@pytest.mark.parametrize(
    ("catalog", "data", "message"),
    [
        ("", "", "no database to move the catalog to"),
        ("mysql://u:s3cret-word@h/d", "", "is not a PostgreSQL URL"),
        ("postgresql://u:s3cret-word@127.0.0.1:1/d", "", "does not answer"),
        ("postgresql://u:s3cret%-word@127.0.0.1:1/d", "", "refuses|does not answer"),
    ],
)
def test_a_place_that_cannot_be_moved_to_is_refused_without_its_password(
    settings: Settings, load: Load, catalog: str, data: str, message: str
) -> None:
    load(10, marts=False)
    with pytest.raises(FinOpsError, match=message) as caught:
        migrate_lake(settings, catalog=catalog, data=data)
    assert "s3cret" not in str(caught.value)


def test_a_catalog_in_postgresql_already_is_said_so(
    settings: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = elsewhere(settings, monkeypatch, catalog=database)
    with pytest.raises(ConfigError, match="in PostgreSQL already"):
        migrate(here.lake, Place.of(here.lake.root, database), at=NOW)


@pytest.mark.slow
def test_the_state_moves_too_and_what_to_set_is_told_without_passwords(
    settings: Settings, load: Load, database: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(10)
    run = run_notebook(settings, "overview", parameters={"as_of": "never"})
    state = new_database(postgres)
    monkeypatch.setenv("NEW_STATE", state.replace("finops@", "finops:s3cret-word@").replace("://", "+psycopg://"))
    parts = migrate_lake(settings, catalog=database.replace("finops@", "finops:s3cret-word@"), state="env:NEW_STATE")
    host = database.split("@")[1].split("/")[0]
    assert [part.set for part in parts] == [
        f"FINOPS_CATALOG=postgresql://finops:PASSWORD@{host}/{database.rsplit('/', 1)[1]}",
        f"FINOPS_LAKE={settings.lake.root}",
        f"FINOPS_STATE=postgresql+psycopg://finops:PASSWORD@{host}/{state.rsplit('/', 1)[1]}",
    ]
    there = elsewhere(settings, monkeypatch, catalog=database, state=state.replace("://", "+psycopg://"))
    assert [row["run_id"] for row in listed_runs(there)] == [run.run_id]
