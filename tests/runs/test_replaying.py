"""Replays: the notebook's own code for its numbers, and nothing else of a run."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from finops_lib.errors import RunError
from finops_lib.runs.job import settings_environment
from finops_lib.runs.made_from import Configuration
from finops_lib.runs.replay import sources
from finops_lib.runs.replaying import replay
from finops_lib.settings import Settings
from tests.runs.conftest import MakeNotebook

pytestmark = pytest.mark.slow

WRITE = "import os, json\nopen(os.environ['FINOPS_RUN_DIR'] + '/result.json', 'w').write(json.dumps({'n': n}))"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "private"
    folder.mkdir()
    return folder


def _replay(settings: Settings, notebook: Path, place: Path, *values: object, timeout_s: float = 120) -> list[object]:
    empty = place / "no inputs"
    asked = [Configuration(None, "", False, "", {"n": value}, empty, empty, empty) for value in values]
    environment = settings_environment(settings)
    texts = replay(
        notebook, asked, environment=environment, project=settings.project, timeout_s=timeout_s, within=place
    )
    return [json.loads(text)["n"] for text in texts]


def test_each_configuration_gets_its_result_and_no_folder_stays(
    settings: Settings, make_notebook: MakeNotebook, place: Path
) -> None:
    notebook = make_notebook("n = n * 10", WRITE, parameters="n: int = 1  # anything")
    assert _replay(settings, notebook, place, 1, 2, 3) == [10, 20, 30]
    assert list(place.iterdir()) == []


def test_magics_and_what_is_only_shown_need_no_kernel(
    settings: Settings, make_notebook: MakeNotebook, place: Path
) -> None:
    notebook = make_notebook("%env FINOPS_X=5\nn += 1", WRITE, parameters="n: int = 1  # anything")
    assert _replay(settings, notebook, place, 1) == [2]
    drawing = "from finops_lib.reports import page\npage.figures(this_is_never_looked_at)"
    notebook = make_notebook(drawing, WRITE, parameters="n: int = 1  # anything")
    assert _replay(settings, notebook, place, 4) == [4]


def test_a_cell_that_raises_is_told_in_one_line(settings: Settings, make_notebook: MakeNotebook, place: Path) -> None:
    notebook = make_notebook("raise ValueError('no\\nsuch day')", parameters="n: int = 1  # anything")
    with pytest.raises(RunError, match="could not be replayed: ValueError: no such day; next:"):
        _replay(settings, notebook, place, 1)
    with pytest.raises(RunError, match="the notebook wrote no result"):
        _replay(settings, make_notebook("n = 2", parameters="n: int = 1  # anything"), place, 1)


def test_over_its_time_nothing_of_it_is_left(settings: Settings, make_notebook: MakeNotebook, place: Path) -> None:
    forever = "import subprocess\nsubprocess.Popen(['sleep', '600'])\nsubprocess.run(['sleep', '600'])"
    notebook = make_notebook(forever, parameters="n: int = 1  # anything")
    # The servers of other tests may be children of this process too.
    before = set(psutil.Process().children(recursive=True))
    started = time.monotonic()
    with pytest.raises(RunError, match="took longer than 3 s"):
        _replay(settings, notebook, place, 1, 2, timeout_s=3)
    assert time.monotonic() - started < 60
    assert set(psutil.Process().children(recursive=True)) <= before
    assert list(place.iterdir()) == []


def test_parameters_come_after_their_cell_and_nothing_after_the_result() -> None:
    def cell(source: str, *tags: str) -> dict[str, object]:
        return {"cell_type": "code", "source": [source], "metadata": {"tags": list(tags)}}

    cells = [cell("n = 1", "parameters"), cell("m = n"), cell("write(m)", "result"), cell("check()")]
    assert list(sources(cells, {"n": 2})) == ["n = 1", "n = 2", "m = n", "write(m)"]
    assert list(sources(cells[1:2], {"n": 2})) == ["n = 2", "m = n"]
