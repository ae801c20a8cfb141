"""Configured sources: one that fails does not stop the others, and is not forgotten."""

from __future__ import annotations

import pytest

from finops_lib.errors import ConfigError, DataError
from finops_lib.lake.open import open_lake
from finops_lib.runs.collect import collect, ingest_for_notebook
from finops_lib.runs.doctor import examine
from finops_lib.runs.fetch import source_path
from finops_lib.settings import Settings, SourceConfig
from tests.conftest import WriteBill


def test_a_refused_source_does_not_stop_the_others_but_the_run_has_not_succeeded(
    settings: Settings, write_bill: WriteBill
) -> None:
    good, bad = write_bill("good.csv", [{}]), write_bill("bad.csv", [{"BilledCost": "?"}])
    sources = [SourceConfig(name=name, provider="aws", path=str(path)) for name, path in (("b", bad), ("g", good))]
    collected = collect(settings, sources)
    assert [(r.source, r.status) for r in collected.reports] == [("g", "loaded")]
    assert [(refusal.source, "row 1: BilledCost" in refusal.reason) for refusal in collected.refusals] == [("b", True)]
    with pytest.raises(DataError, match="delivery of b refused"):
        collected.require_all()
    with open_lake(settings.lake) as lake:
        assert lake.con.execute("select count(*) from daily_cost").fetchall() == [(1,)]


def test_a_configured_bucket_is_no_folder_that_could_be_absent(settings: Settings) -> None:
    bucket, folder = (SourceConfig(name="s", provider="aws", path=path) for path in ("s3://bills/in", "bills/in"))
    assert source_path(settings, bucket) == "s3://bills/in"
    assert source_path(settings, folder) == settings.project / "bills" / "in"
    for source, ok in ((bucket, True), (folder, False)):
        text = f"sources: [{{name: s, provider: aws, path: '{source.path}'}}]"
        (settings.params / "workbench.yaml").write_text(text)
        assert [check.ok for check in examine() if check.check == "sources"] == [ok]


def test_an_empty_path_is_not_the_working_directory(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{}])
    collected = ingest_for_notebook(paths=f"{path};", source="aws")
    assert sum(report.rows_loaded for report in collected.reports) == 1
    with pytest.raises(ConfigError, match="names no path"):
        ingest_for_notebook(paths=" ; ", source="aws")


def test_paths_need_a_source_and_a_source_must_be_configured(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="paths without a source"):
        ingest_for_notebook(paths="bills")
    with pytest.raises(ConfigError, match="unknown source 'aws'"):
        ingest_for_notebook(source="aws")
