"""A lake is a folder: it works where it is, wherever that is."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from finops_lib.errors import LakeError
from finops_lib.lake.open import confine, connect, open_lake
from finops_lib.lake.place import Place
from finops_lib.runs.asking import ask, open_for_questions
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings, load_settings
from tests.conftest import WriteBill


def test_a_lake_that_was_copied_is_a_lake_of_its_own(settings: Settings, write_bill: WriteBill, tmp_path: Path) -> None:
    ingest(settings, [write_bill("a.csv", [{}])], source="aws")
    copied = Place.of(tmp_path / "copy")
    shutil.copytree(settings.lake.folder, copied.folder)
    ingest(settings.model_copy(update={"lake": copied}), [write_bill("b.csv", [{"BilledCost": "11"}])], source="aws")
    for place, billed in ((settings.lake, 10), (copied, 11)):
        with open_lake(place) as lake:
            assert lake.con.execute("select BilledCost from cost").fetchall() == [(Decimal(billed),)]


@pytest.mark.parametrize("name", ["it's", "a b", "100 %", "[1]", "x{y}"])
def test_a_lake_may_lie_in_a_folder_of_any_name(
    settings: Settings, write_bill: WriteBill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("FINOPS_LAKE", str(tmp_path / name / "lake"))
    here = load_settings()
    ingest(here, [write_bill("a.csv", [{}])], source="aws")
    with open_for_questions(here) as lake:
        assert ask(lake, "select count(*) from cost").fetchall() == [(1,)]


def test_where_there_is_no_lake_the_reader_is_told_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"no lake in .*; next: finops ingest") as caught:
        open_lake(Place.of(tmp_path))
    assert (caught.value.exit_code, caught.value.path) == (2, Place.of(tmp_path))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["httpfs", "postgres_scanner", "/tmp/x.duckdb_extension"])
def test_who_asks_loads_no_extension(tmp_path: Path, name: str) -> None:
    con = connect()
    confine(con, [str(tmp_path)])
    for statement in (f"load '{name}'", f"install '{name}'"):
        with pytest.raises(duckdb.PermissionException):
            con.execute(statement)
    con.close()
