"""Old reports go, their lines in the ledger stay; whatever a killed prune left, the next one finishes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError
from finops_lib.lake.snapshots import list_snapshots
from finops_lib.runs import clock
from finops_lib.runs.ledger import listed_runs, open_ledger
from finops_lib.runs.notebook import run_notebook
from finops_lib.runs.prune import pin_run, prune
from finops_lib.runs.rerun import rerun
from finops_lib.runs.retention import Retention
from finops_lib.settings import Settings, load_settings
from finops_lib.state.audit import list_lines
from finops_lib.state.retention import give_up_report
from finops_lib.state.runs import RunRecord, get_run
from tests.runs.conftest import write_notebook

pytestmark = pytest.mark.slow

LEAST = Retention(keep_last=1, keep_days=0, keep_failed_days=0)


@pytest.fixture(scope="module")
def project_of_four_runs(tmp_path_factory: pytest.TempPathFactory, lake_of_one_charge: Path) -> Path:
    """A project in which one notebook was run four times about the same day; to be copied, never changed."""
    home = tmp_path_factory.mktemp("four-runs")
    for folder in ("notebooks", "params"):
        (home / folder).mkdir()
    shutil.copytree(lake_of_one_charge, home / "lake")
    cell = 'from finops_lib.runs import open_run\nopen_run("story").write_result({"n": 1})'
    write_notebook(home / "notebooks", cell)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FINOPS_PROJECT", str(home))
        patch.setenv("FINOPS_REPORT_DIFF", "off")
        for name in ("lake", "outputs", "params"):
            patch.setenv(f"FINOPS_{name.upper()}", str(home / name))
        for _ in range(4):
            assert run_notebook(load_settings(), "story").status == "SUCCEEDED"
    return home


@pytest.fixture
def runs(
    settings: Settings, project_of_four_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[RunRecord]:
    """Four runs of one notebook about the same day, oldest first."""
    monkeypatch.setenv("FINOPS_USER", "ann")
    shutil.copytree(project_of_four_runs, tmp_path, dirs_exist_ok=True)
    with open_ledger(settings) as state:
        return [get_run(state, str(line["run_id"])) for line in reversed(listed_runs(settings))]


def _folders(settings: Settings) -> set[str]:
    return {path.name for path in (settings.outputs / "story").iterdir() if path.is_dir()}


def _pinning(settings: Settings) -> set[str]:
    return {owner for snapshot in list_snapshots(settings.lake) for owner in snapshot.pinned_by}


def test_a_dry_run_touches_nothing_and_the_real_one_keeps_the_line(settings: Settings, runs: list[RunRecord]) -> None:
    ids = [run.run_id for run in runs]
    pin_run(settings, ids[1], "audit")
    expected = {ids[0]: True, ids[1]: False, ids[2]: True, ids[3]: False}
    before = _folders(settings), _pinning(settings), listed_runs(settings)
    assert {one.run_id: one.goes for one in prune(settings, LEAST)} == expected
    assert (_folders(settings), _pinning(settings), listed_runs(settings)) == before

    assert {one.run_id: one.goes for one in prune(settings, LEAST, dry_run=False)} == expected
    assert _folders(settings) == _pinning(settings) == {ids[1], ids[3]}
    with open_ledger(settings) as state:
        gone = get_run(state, ids[0])
        noted = [(line.action, line.who) for line in list_lines(state, object=f"run:{ids[0]}")]
    assert (gone.status, gone.report, gone.pruned_at is not None) == ("SUCCEEDED", None, True)
    assert noted == [("prune report", "ann")]
    gallery = (settings.outputs / "index.html").read_text(encoding="utf-8")
    assert f"{ids[0]}/report.html" not in gallery
    assert "report pruned" in gallery
    assert "kept: audit" in gallery
    with pytest.raises(ConfigError, match="no result that could be made again"):
        rerun(settings, ids[0])
    with pytest.raises(ConfigError, match="has no report"):
        pin_run(settings, ids[0], "too late")
    # Once the pin is gone the report ages like any other.
    pin_run(settings, ids[1], None)
    assert [one.run_id for one in prune(settings, LEAST) if one.goes] == [ids[1]]


def test_what_a_killed_prune_left_is_finished_by_the_next(settings: Settings, runs: list[RunRecord]) -> None:
    ids = [run.run_id for run in runs]
    story = settings.outputs / "story"
    with open_ledger(settings) as state:
        for run_id in ids[:2]:
            give_up_report(state, run_id, why="old", at=clock.now(), who="ann")
    # The first was killed before its folder was touched, the second while its files were being removed.
    (story / ids[1]).rename(story / f".pruned-{ids[1]}")
    prune(settings, Retention(), dry_run=False)
    assert _folders(settings) == _pinning(settings) == {ids[2], ids[3]}


def test_a_link_in_place_of_a_folder_is_removed_and_not_followed(
    settings: Settings, runs: list[RunRecord], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    folder = settings.outputs / "story" / runs[0].run_id
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    prune(settings, LEAST, dry_run=False)
    assert not folder.is_symlink()
    assert json.loads((elsewhere / "result.json").read_text(encoding="utf-8")) == {"n": 1}


def test_reports_in_another_folder_are_left_alone(settings: Settings, runs: list[RunRecord], tmp_path: Path) -> None:
    elsewhere = settings.model_copy(update={"outputs": tmp_path / "other outputs"})
    assert prune(elsewhere, LEAST, dry_run=False) == []
    assert _folders(settings) == _pinning(settings) == {run.run_id for run in runs}
