"""The catalogue of shapes: what it holds, where each row is from, and that it can be made again."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from importlib import resources
from pathlib import Path

import polars as pl
import pytest

from finops_lib.errors import ConfigError
from finops_lib.sources import shapes
from finops_lib.sources.shapes import COLUMNS, FILE, read_shapes
from finops_lib.sources.shapes.__main__ import main, packed, refresh
from tests.conftest import PROJECT


@pytest.fixture(scope="module")
def catalogue() -> pl.DataFrame:
    return read_shapes()


def row(catalogue: pl.DataFrame, machine_type: str) -> dict[str, object]:
    [found] = catalogue.filter(pl.col("machine_type") == machine_type).to_dicts()
    return found


def test_baselines_are_kept_beside_bursts(catalogue: pl.DataFrame) -> None:
    found = row(catalogue, "m5.large")
    # "Up to 10 Gigabit" is the burst; EBS 650 Mbit/s = 81.25 MB/s
    assert (found["network_gbps"], found["peak_network_gbps"]) == (0.75, 10.0)
    assert (found["disk_mbps"], found["disk_iops"], found["vcpus"], found["memory_mib"]) == (81.25, 3600, 2.0, 8192)
    assert (found["family"], found["line"], found["generation"], found["traits"]) == ("m5", "m", 5, "")


def test_a_family_is_taken_apart(catalogue: pl.DataFrame) -> None:
    found = row(catalogue, "c7i-flex.large")
    assert (found["line"], found["generation"], found["traits"], found["vendor"]) == ("c", 7, "i-flex", "intel")
    graviton = row(catalogue, "m7gd.xlarge")
    assert (graviton["architecture"], graviton["vendor"], graviton["instance_store_gb"]) == ("arm64", "arm", 237)


@pytest.mark.parametrize(("size", "percent"), [("t3.micro", 10.0), ("t3.large", 30.0), ("t2.xlarge", 22.5)])
def test_burstable_types_say_what_they_earn(catalogue: pl.DataFrame, size: str, percent: float) -> None:
    found = row(catalogue, size)
    assert (found["burstable"], found["cpu_baseline_percent"]) == (True, percent)


def test_a_database_class_is_the_type_behind_it(catalogue: pl.DataFrame) -> None:
    found = row(catalogue, "db.r6g.large")
    assert (found["service"], found["family"], found["memory_mib"]) == ("rds", "db.r6g", 16384)
    assert str(found["source"]).startswith("derived from moto")


@pytest.mark.parametrize(
    ("name", "vcpus", "gib", "architecture"),
    [
        ("d4s_v5", 4, 16, "x86_64"),
        ("e8as_v5", 8, 64, "x86_64"),
        ("d16ps_v5", 16, 64, "arm64"),
        ("d4ls_v5", 4, 8, "x86_64"),
        ("f8s_v2", 8, 16, "x86_64"),
        ("n2-highmem-8", 8, 64, "x86_64"),
        ("n1-standard-4", 4, 15, "x86_64"),
        ("t2a-standard-2", 2, 8, "arm64"),
    ],
)
def test_azure_and_google_follow_from_their_names(
    catalogue: pl.DataFrame, name: str, vcpus: int, gib: int, architecture: str
) -> None:
    found = row(catalogue, name)
    assert (found["vcpus"], found["memory_mib"], found["architecture"]) == (vcpus, gib * 1024, architecture)
    # What a name does not say is not known, and never 0.
    assert (found["network_gbps"], found["disk_iops"]) == (None, None)


def test_every_row_says_where_it_is_from_and_since_when(catalogue: pl.DataFrame) -> None:
    assert tuple(catalogue.columns) == COLUMNS
    for name in ("source", "licence", "sha256"):
        assert catalogue.filter(pl.col(name) == "").height == 0
    assert catalogue.schema["valid_from"] == catalogue.schema["fetched_at"] == pl.Date()
    assert catalogue.select("valid_from", "fetched_at").null_count().row(0) == (0, 0)
    assert catalogue.filter(pl.col("sha256").str.len_chars() != 64).height == 0
    # the cost of nothing: no price stands here
    assert not [name for name in catalogue.columns if "price" in name or "cost" in name]


def test_a_type_stands_there_once(catalogue: pl.DataFrame) -> None:
    assert catalogue.select("provider", "service", "machine_type").is_duplicated().sum() == 0


def test_the_file_is_small_and_its_licence_goes_with_it() -> None:
    folder = resources.files(shapes)
    assert len((folder / FILE).read_bytes()) < 300_000
    assert "Apache License" in (folder / "NOTICE.txt").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in (folder / "LICENSE-moto.txt").read_text(encoding="utf-8")


def test_the_wheel_carries_them() -> None:
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f'"**/{pattern}"' in text for pattern in ("*.csv.gz", "NOTICE.txt", "LICENSE-*.txt"))


def test_the_same_sources_make_the_same_file(catalogue: pl.DataFrame, tmp_path: Path) -> None:
    day = catalogue["fetched_at"].max()
    assert isinstance(day, date)
    again = refresh(day.isoformat(), tmp_path)
    assert again.read_bytes() == (resources.files(shapes) / FILE).read_bytes()


def test_a_file_of_nothing_has_a_header_alone() -> None:
    assert pl.read_csv(packed([])).columns == list(COLUMNS)


@pytest.mark.parametrize("arguments", [[], ["yesterday"], ["2026-11-30", "a", "b"]])
def test_wrong_use_says_how(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "python -m finops_lib.sources.shapes DAY" in capsys.readouterr().err


def test_without_moto_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finops_lib.sources.shapes.ec2.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"come from moto, which is not here.*pip install"):
        refresh("2026-11-30", tmp_path)


def test_the_command_writes_where_it_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "finops_lib.sources.shapes", "2026-11-30", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout.startswith(FILE)
    assert (tmp_path / FILE).is_file()
