"""The page of anomalies that are written down: listed with their status, looked into at any level, the same again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finops_lib.runs import anomalies
from finops_lib.runs.anomaly_detect import detect_in_lake
from finops_lib.runs.notebook import run_notebook
from finops_lib.runs.rerun import rerun
from finops_lib.settings import Settings, load_settings
from finops_lib.state.runs import RunRecord
from tests.notebooks.conftest import Place

pytestmark = pytest.mark.slow


def _run(settings: Settings, **parameters: str) -> tuple[RunRecord, Path]:
    record = run_notebook(
        settings, "anomalies", parameters=parameters, params_file=None, as_of=None, snapshot=None, timeout_s=240.0
    )
    assert (record.status, record.error) == ("SUCCEEDED", None)
    assert record.report
    return record, settings.outputs / Path(record.report).parent


def test_recorded_anomalies_are_listed_looked_into_and_the_same_when_made_again(
    sample_place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sample_place.enter(monkeypatch)
    # The other pages of the sample estate know of no detection.
    monkeypatch.setenv("FINOPS_STATE", f"sqlite:///{tmp_path / 'state.sqlite'}")
    settings = load_settings()
    found = detect_in_lake(settings, deliver=False).found
    in_dollars = [one for one in found if one.currency == "USD"]
    anomalies.acknowledge(settings, in_dollars[0].anomaly_id, note="looking")

    first, folder = _run(settings, lookback_days="60")
    told = json.loads((folder / "result.json").read_text(encoding="utf-8"))["anomalies"]
    assert {one["anomaly_id"] for one in told} == {one.anomaly_id for one in in_dollars}
    assert {one["status"] for one in told} >= {"acknowledged", "closed"}
    assert all(one["cause"] for one in told)
    assert {one["level"] for one in told} > {"service"}

    resources = (one for one in found if one.level == "resource")
    # One in another currency than the page's usual one, where there is one.
    machine = min(resources, key=lambda one: (one.currency == "USD", one.anomaly_id))
    _, alone = _run(settings, anomaly_id=machine.anomaly_id[:8])
    result = json.loads((alone / "result.json").read_text(encoding="utf-8"))
    # The page is in the currency of what it is about.
    assert (result["currency"], [one["anomaly_id"] for one in result["anomalies"]]) == (
        machine.currency,
        [machine.anomaly_id],
    )

    anomalies.resolve(settings, in_dollars[0].anomaly_id, cause="a launch")
    assert rerun(settings, first.run_id).is_same
