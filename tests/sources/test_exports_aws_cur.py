"""Legacy Cost and Usage Reports: the newest manifest of a period says which files count."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from finops_lib.errors import DataError
from tests.sources.conftest import Ask, Load, See
from tests.sources.test_unpack import put_zip
from tests.sources.trees import bill, put

MAY, JUNE = "20260501-20260601", "20260601-20260701"
OLD, NEW = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"


def put_manifest(root: Path, folder: str, *keys: str, assembly: str = NEW) -> Path:
    content = {"assemblyId": assembly, "bucket": "payer", "reportKeys": list(keys), "billingPeriod": {"start": "x"}}
    return put(root, f"{folder}/cur-Manifest.json", json.dumps(content))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "bucket"


def test_create_new_mode_loads_the_newest_assembly_only(tree: Path, load: Load, ask: Ask) -> None:
    for assembly, amounts in ((OLD, ("1",)), (NEW, ("1", "2"))):
        key = f"reports/cur/{MAY}/{assembly}/cur-1.csv.gz"
        put(tree, key, gzip.compress(bill("2026-05", *amounts), mtime=0))
        put_manifest(tree, f"reports/cur/{MAY}/{assembly}", key, assembly=assembly)
    put_manifest(tree, f"reports/cur/{MAY}", key)
    assert load(tree) == [("2026-05", "loaded", 2, "3")]
    assert ask("select export_run from loads") == [(NEW,)]


def test_without_the_periods_own_manifest_the_newest_assembly_counts(tree: Path, see: See) -> None:
    for age, (assembly, amount) in enumerate(((NEW, "7"), (OLD, "1"))):
        key = f"cur/{MAY}/{assembly}/cur-1.csv"
        put(tree, key, bill("2026-05", amount))
        manifest = put_manifest(tree, f"cur/{MAY}/{assembly}", key, assembly=assembly)
        os.utime(manifest, (1_780_000_000 + age, 1_780_000_000 + age))
    # The letters of an assembly say nothing; the later manifest counts.
    assert see(tree) == [("2026-05", 1, "1")]


def test_overwrite_mode_loads_what_each_periods_manifest_names(tree: Path, see: See, notes: list[str]) -> None:
    for period, month, amount in ((MAY, "2026-05", "1"), (JUNE, "2026-06", "4")):
        put_zip(tree / f"cur/{period}/cur-00001.csv.zip", {"cur-00001.csv": bill(month, amount)})
        # Left over from a larger run.
        put_zip(tree / f"cur/{period}/cur-00002.csv.zip", {"cur-00002.csv": bill(month, "100")})
        put_manifest(tree, f"cur/{period}", f"other/prefix/cur/{period}/cur-00001.csv.zip")
    assert see(tree) == [("2026-05", 1, "1"), ("2026-06", 1, "4")]
    assert notes == []


def test_parquet_lies_in_partitions_beside_the_manifests_folder(tree: Path, see: See, notes: list[str]) -> None:
    for number, amount in ((1, "1"), (2, "100")):
        put(tree, f"reports/cur/cur/year=2026/month=5/cur-0000{number}.csv", bill("2026-05", amount))
    put_manifest(tree, f"reports/cur/{MAY}", "reports/cur/cur/year=2026/month=5/cur-00001.csv")
    assert see(tree) == [("2026-05", 1, "1")]
    assert notes == []


def test_a_manifest_copied_out_of_its_tree_speaks_for_the_files_beside_it(tree: Path, see: See) -> None:
    put(tree, "cur-1.csv", bill("2026-05", "1"))
    put_manifest(tree, ".", f"reports/cur/{MAY}/{NEW}/cur-1.csv")
    assert see(tree) == [("2026-05", 1, "1")]


def test_a_file_that_is_not_there_is_told(tree: Path, see: See) -> None:
    put_manifest(tree, f"cur/{MAY}", f"cur/{MAY}/{NEW}/cur-1.csv.gz")
    with pytest.raises(DataError, match=rf"cur-Manifest.json names cur/{MAY}/{NEW}/cur-1.csv.gz, which is not there"):
        see(tree)


def test_a_report_without_any_manifest_is_not_complete(tree: Path, see: See) -> None:
    put(tree, f"cur/{MAY}/{NEW}/cur-1.csv.gz", gzip.compress(bill("2026-05", "1"), mtime=0))
    with pytest.raises(DataError, match="an export of which nothing is complete yet"):
        see(tree)
