"""What others make of our exports: every rule they find broken is explained in expected_failures.yaml, or is a defect.

tests/judges/install.sh DIR
FINOPS_JUDGES=DIR python -m pytest tests/judges
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from finops_lib.runs.export import export_focus
from finops_lib.runs.ingest import ingest
from finops_lib.sample import write_estate
from finops_lib.settings import Settings
from finops_lib.yaml_text import read_yaml
from tests.judges.judging import VARIABLE, focus_toolkit, focus_validator, judges_folder

EXPLAINED = read_yaml(Path(__file__).with_name("expected_failures.yaml"))
pytestmark = pytest.mark.slow


@pytest.fixture
def judges() -> Path:
    """Where the judges are installed."""
    folder = judges_folder()
    if folder is None:
        pytest.skip(f"needs the outside judges: tests/judges/install.sh DIR, and {VARIABLE}=DIR")
    return folder


def _judge(settings: Settings, judges: Path, folder: Path, *, lake: str) -> None:
    older = export_focus(settings, folder / "charges-1.2.parquet", version="1.2")
    newer = export_focus(settings, folder / "charges-1.4.parquet", version="1.4", tags="json")
    assert older.rows == newer.rows > 0
    _hold_to(EXPLAINED[lake]["focus-validator"], focus_validator(judges, older.path))
    _hold_to(EXPLAINED[lake]["focus-data-toolkit"], focus_toolkit(judges, newer.path))


def _hold_to(explained: Mapping[str, str], broken: Mapping[str, str]) -> None:
    unexplained = {rule: said for rule, said in broken.items() if rule not in explained}
    assert not unexplained, "a defect, or a line is missing in expected_failures.yaml"
    assert not explained.keys() - broken.keys(), "no longer broken: take it out of expected_failures.yaml"


def test_the_sample_estate_breaks_only_rules_that_are_explained(
    settings: Settings, judges: Path, tmp_path: Path
) -> None:
    estate = write_estate(tmp_path / "bills", as_of=date(2026, 3, 17), rows=10_000)
    for provider in ("aws", "azure", "gcp"):
        ingest(settings, estate.files_of(provider), source=provider)
    _judge(settings, judges, tmp_path, lake="sample estate")


def test_the_public_sample_breaks_only_rules_that_are_explained(
    settings: Settings, judges: Path, tmp_path: Path, shared_data: Path
) -> None:
    ingest(settings, [shared_data / "focus_sample_1_0" / "focus_sample.csv"], source="public")
    _judge(settings, judges, tmp_path, lake="public sample")
