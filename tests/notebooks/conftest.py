"""Lakes that every notebook is run on: a small sample estate, one single day, and nothing at all."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from finops_lib.runs.collect import collect
from finops_lib.runs.ingest import ingest
from finops_lib.sample import sample_budget_plan_yaml, sample_workbench_yaml, write_estate
from finops_lib.settings import Settings, load_settings
from tests.built_once import built_once
from tests.conftest import CHARGE, PROJECT

AS_OF = date(2026, 10, 20)


@dataclass(frozen=True, slots=True)
class Place:
    """A lake with its params and outputs."""

    home: Path

    def enter(self, patch: pytest.MonkeyPatch) -> Settings:
        """Make the environment point here and give the settings that follow."""
        for name in ("STATE", "THREADS", "MEMORY_LIMIT", "RUN_ID", "RUN_DIR", "RUN_SNAPSHOT"):
            patch.delenv(f"FINOPS_{name}", raising=False)
        patch.setenv("FINOPS_PROJECT", str(PROJECT))
        # As for all tests: a second run of a page would take twice as long.
        patch.setenv("FINOPS_REPORT_DIFF", os.environ.get("FINOPS_REPORT_DIFF", "off"))
        patch.setenv("FINOPS_LAKE", str(self.home / "lake"))
        patch.setenv("FINOPS_OUTPUTS", str(self.home / "outputs"))
        patch.setenv("FINOPS_PARAMS", str(self.home / "params"))
        return load_settings()


def _load_sample(home: Path) -> None:
    place = Place(home)
    params = place.home / "params"
    params.mkdir()
    estate = write_estate(place.home / "bills", as_of=AS_OF, rows=40_000)
    (params / "workbench.yaml").write_text(sample_workbench_yaml("bills"), encoding="utf-8")
    (params / "budget_plan.yaml").write_text(sample_budget_plan_yaml(estate), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        settings = place.enter(patch)
        collected = collect(settings, settings.workbench.sources)
    assert not collected.refusals


@pytest.fixture(scope="session")
def sample_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The sample estate, small but with enough daily history for every analysis, in the lake with its marts."""
    home = tmp_path_factory.mktemp("sample")
    shutil.copytree(built_once(tmp_path_factory, "sample-estate", _load_sample), home, dirs_exist_ok=True)
    return Place(home)


@pytest.fixture(scope="session")
def one_day_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A lake with the charges of one single day."""
    place = Place(tmp_path_factory.mktemp("one-day"))
    bill = place.home / "one.csv"
    values = ",".join('"' + value.replace('"', '""') + '"' for value in CHARGE.values())
    bill.write_text(f"{','.join(CHARGE)}\n{values}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        settings = place.enter(patch)
        ingest(settings, [bill], source="aws")
        collect(settings, [])
    return place


@pytest.fixture(scope="session")
def empty_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """No lake at all."""
    return Place(tmp_path_factory.mktemp("empty"))
