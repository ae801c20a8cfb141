"""A disk that fills up, a folder that turns read-only: one clear line, the lake as it was, and the next load works.

The disks are small tmpfs mounts, since only a real file system refuses a write in the middle.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from finops_lib.errors import ConfigError
from finops_lib.lake.open import open_lake
from finops_lib.lake.place import Place
from finops_lib.marts.build import build
from finops_lib.runs.ingest import ingest
from finops_lib.runs.ledger import listed_runs
from finops_lib.runs.notebook import run_notebook
from finops_lib.settings import Settings, load_settings
from finops_lib.state.open import open_state
from finops_lib.state.runs import start_run
from tests.conftest import WriteBill

MEGABYTE = 1 << 20
JUNE = {
    "BillingPeriodStart": "2026-06-01T00:00:00Z",
    "BillingPeriodEnd": "2026-07-01T00:00:00Z",
    "ChargePeriodStart": "2026-06-02T00:00:00Z",
    "ChargePeriodEnd": "2026-06-03T00:00:00Z",
}


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs leave to mount a small disk: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB, gone again afterwards whatever happens."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def on_disk(disk: Path, settings: Settings, lake_of_one_charge: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose lake lies on the small disk and holds May; the state database lies elsewhere."""
    monkeypatch.setenv("FINOPS_LAKE", str(disk / "lake"))
    monkeypatch.setenv("FINOPS_STATE", f"sqlite:///{settings.outputs.parent / 'state.sqlite'}")
    shutil.copytree(lake_of_one_charge, disk / "lake")
    return load_settings()


def _left(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


def _fill(disk: Path, *, leave: int) -> Path:
    """Write a file that leaves so many bytes free, and give it."""
    padding = disk / "padding"
    padding.write_bytes(b"\0" * (_left(disk) - leave))
    return padding


def _staged(lake: Place) -> list[str]:
    """Name the files of charges; what DuckLake itself lost in a broken commit is found as orphans by `doctor`."""
    return sorted(path.name for path in Path(lake.table_data("cost")).rglob("*") if path.is_file())


def _held(lake: Place) -> tuple[int, object]:
    with open_lake(lake) as seen:
        return seen.snapshot_id, seen.con.execute("select count(*), sum(BilledCost) from cost").fetchall()


def _large(write_bill: WriteBill) -> Path:
    """A delivery whose Parquet file has more than the small disk: digits that no codec makes shorter."""
    chance = random.Random(7)
    charges = [{**JUNE, "ResourceId": f"{chance.getrandbits(1600):x}"} for _ in range(30_000)]
    return write_bill("large.csv", charges)


def test_staging_on_a_full_disk_leaves_the_lake_and_the_disk_as_they_were(
    on_disk: Settings, disk: Path, write_bill: WriteBill
) -> None:
    large, june = _large(write_bill), write_bill("june.csv", [JUNE])
    before, files, left = _held(on_disk.lake), _staged(on_disk.lake), _left(disk)
    with pytest.raises(ConfigError) as caught:
        ingest(on_disk, [large], source="aws")
    assert str(caught.value) == (
        f"{on_disk.lake} cannot be written: there is no space left on its disk; nothing was loaded; "
        "next: free some space and run the command again"
    )
    assert caught.value.exit_code == 2
    assert (_held(on_disk.lake), _staged(on_disk.lake)) == (before, files)
    # What a reader of the catalog leaves beside it is all that may be new.
    assert left - _left(disk) <= 64 * 1024
    [report] = ingest(on_disk, [june], source="aws")
    assert (report.status, report.rows_loaded) == ("loaded", 1)


@pytest.mark.parametrize("leave", [8, 16, 24, 32, 48, 64, 96, 128])
def test_wherever_a_load_runs_out_of_space_it_is_whole_or_not_at_all(
    on_disk: Settings, disk: Path, write_bill: WriteBill, leave: int
) -> None:
    """From 8 kB, where not even the staged file fits, to where only the catalog or nothing is short of room."""
    june = write_bill("june.csv", [JUNE])
    before, files = _held(on_disk.lake), _staged(on_disk.lake)
    padding = _fill(disk, leave=leave * 1024)
    try:
        ingest(on_disk, [june], source="aws")
    except ConfigError as error:
        assert f"{on_disk.lake} cannot be written: there is no space left on its disk; nothing was loaded" in str(error)
        assert _held(on_disk.lake) == before
        padding.unlink()
        assert _staged(on_disk.lake) == files
        [report] = ingest(on_disk, [june], source="aws")
        assert report.status == "loaded"
    else:
        padding.unlink()
    with open_lake(on_disk.lake) as lake:
        assert lake.con.execute("select count(*), sum(BilledCost) from cost").fetchall() == [(2, 20)]


def test_a_catalog_that_finds_no_space_refuses_the_load_and_stays_readable(
    on_disk: Settings, disk: Path, write_bill: WriteBill
) -> None:
    june = write_bill("june.csv", [JUNE])
    before, files = _held(on_disk.lake), _staged(on_disk.lake)
    # The staged file has 13 kB; the catalog's journal needs more than what is left then.
    padding = _fill(disk, leave=56 * 1024)
    with pytest.raises(ConfigError, match="no space left on its disk; nothing was loaded"):
        ingest(on_disk, [june], source="aws")
    assert _held(on_disk.lake) == before
    padding.unlink()
    assert _staged(on_disk.lake) == files
    assert [report.status for report in ingest(on_disk, [june], source="aws")] == ["loaded"]


def test_marts_that_find_no_space_stay_as_they_were_and_are_built_later(
    on_disk: Settings, disk: Path, write_bill: WriteBill
) -> None:
    ingest(on_disk, [write_bill("june.csv", [JUNE])], source="aws")
    padding = _fill(disk, leave=16 * 1024)
    with pytest.raises(ConfigError) as caught:
        build(on_disk.lake)
    assert f"{on_disk.lake} cannot be written: there is no space left on its disk; what is loaded is safe" in str(
        caught.value
    )
    # Not even a reader's page is left, and that is said, too.
    with pytest.raises(OSError, match="No space left"):
        open_lake(on_disk.lake)
    months = "select count(distinct x_BillingMonth) from daily_cost"
    padding.unlink()
    with open_lake(on_disk.lake) as lake:
        assert lake.con.execute(months).fetchall() == [(1,)]
    build(on_disk.lake)
    with open_lake(on_disk.lake) as lake:
        assert lake.con.execute(months).fetchall() == [(2,)]


def test_a_read_only_lake_is_read_and_says_that_it_cannot_be_written(
    on_disk: Settings, disk: Path, write_bill: WriteBill
) -> None:
    june = write_bill("june.csv", [JUNE])
    before, files = _held(on_disk.lake), _staged(on_disk.lake)
    _mount("-o", "remount,ro", str(disk))
    try:
        code = "from finops_lib.cli import main; main()"
        words = ["ingest", str(june), "--source", "aws"]
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            f"finops: {on_disk.lake} cannot be written: it is read-only; nothing was loaded; "
            "next: make it writable and run the command again\n"
        )
        assert _held(on_disk.lake) == before
        assert _staged(on_disk.lake) == files
    finally:
        _mount("-o", "remount,rw", str(disk))
    assert [report.status for report in ingest(on_disk, [june], source="aws")] == ["loaded"]


def test_a_first_load_into_a_read_only_folder_says_so(
    disk: Path, settings: Settings, write_bill: WriteBill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPS_LAKE", str(disk / "lake"))
    _mount("-o", "remount,ro", str(disk))
    with pytest.raises(ConfigError, match=f"{disk / 'lake'} cannot be written: it is read-only; nothing was loaded"):
        ingest(load_settings(), [write_bill("a.csv", [{}])], source="aws")


def test_a_state_database_without_space_is_named(
    disk: Path, settings: Settings, write_bill: WriteBill, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = disk / "state.sqlite"
    monkeypatch.setenv("FINOPS_STATE", f"sqlite:///{state}")
    here = load_settings()
    ingest(here, [write_bill("a.csv", [{}])], source="aws")
    [refused] = [run_notebook(here, "overview", parameters={"no_such": "1"})]
    with closing(open_state(here.state_url)) as open_before:
        padding = _fill(disk, leave=0)
        with pytest.raises(ConfigError) as caught:
            for number in range(100):
                start_run(open_before, replace(refused, run_id=f"again-{number}", error="x" * 1000))
        assert str(caught.value) == (
            f"the state database {state} cannot be written: there is no space left on its disk; "
            "next: free some space and run the command again"
        )
        padding.unlink()
        start_run(open_before, replace(refused, run_id="after"))
    written = [run["run_id"] for run in listed_runs(here)]
    assert {refused.run_id, "after"} <= set(written)
    # All that was said to be written is there, and nothing of what was not.
    assert len(written) == 2 + sum(run_id.startswith("again-") for run_id in written)


def test_a_state_database_that_cannot_even_be_opened_for_lack_of_space_is_named(
    disk: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = disk / "state.sqlite"
    monkeypatch.setenv("FINOPS_STATE", f"sqlite:///{state}")
    padding = _fill(disk, leave=4096)
    with pytest.raises(ConfigError) as caught:
        listed_runs(load_settings())
    assert str(caught.value).startswith(f"the state database sqlite:///{state} cannot be opened: ")
    assert "that its disk has space" in caught.value.next_step
    padding.unlink()
    assert listed_runs(load_settings()) == []


def _write_notebook(settings: Settings, code: str) -> None:
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    notebook.cells = [nbformat.v4.new_markdown_cell("# What happened?"), nbformat.v4.new_code_cell(code)]
    settings.notebooks.mkdir(exist_ok=True)
    nbformat.write(notebook, settings.notebooks / "story.ipynb")


@pytest.mark.parametrize("leave", [0, 8 * 1024, MEGABYTE])
def test_a_run_whose_outputs_find_no_space_says_so_and_leaves_no_half_report(
    disk: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, leave: int
) -> None:
    monkeypatch.setenv("FINOPS_OUTPUTS", str(disk / "outputs"))
    # The last megabyte goes while the notebook runs.
    fill = f"stream = open({str(disk / 'log')!r}, 'wb', 0)\nwhile True:\n    stream.write(b'x' * 4096)"
    monkeypatch.setenv("FINOPS_PROJECT", str(settings.outputs.parent))
    here = load_settings()
    _write_notebook(here, fill)
    if leave < MEGABYTE:
        _fill(disk, leave=leave)
    with pytest.raises(ConfigError, match="cannot be written: there is no space left on its disk") as caught:
        run_notebook(here, "story", timeout_s=60)
    assert str(disk / "outputs") in str(caught.value)
    assert caught.value.exit_code == 2
    assert [path for path in (disk / "outputs").rglob("*") if "story-" in path.name] == []
    assert [run["status"] for run in listed_runs(here)] in ([], ["FAILED"])
    for name in ("padding", "log"):
        (disk / name).unlink(missing_ok=True)
    _write_notebook(here, "1 + 1")
    record = run_notebook(here, "story", timeout_s=60)
    assert (record.status, (here.outputs / str(record.report)).is_file()) == ("SUCCEEDED", True)
