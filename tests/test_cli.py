"""The command line as a person or a script meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from finops_lib import __version__
from finops_lib.marts.build import build
from finops_lib.runs.doctor import examine
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.conftest import WriteBill
from tests.runs.invoices import write_invoice
from tests.sources.trees import bill, put, put_aws


def _finops(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    code = "from finops_lib.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, input=stdin, check=False
    )


def test_ingest_prints_json_with_every_digit(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{"BilledCost": "0.00000080000"}])
    done = _finops("ingest", str(path), "--source", "aws", "--format", "json")
    assert done.returncode == 0, done.stderr
    [report] = json.loads(done.stdout)
    assert report["billed_loaded"] == "0.000000800000"
    assert (report["status"], report["rows_in"], report["billed_before"]) == ("loaded", 1, None)
    fields = "provider source billing_month currency status rows_in rows_loaded billed_in billed_loaded effective_in"
    assert list(report) == [
        *fields.split(),
        *("effective_loaded", "rounding_drift", "billed_before", "load_id", "message", "dataset"),
    ]


def test_the_version_is_printed() -> None:
    done = _finops("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == __version__


def test_bad_input_is_one_line_and_exit_code_3(settings: Settings, write_bill: WriteBill) -> None:
    done = _finops("ingest", str(write_bill("a.csv", [{"BilledCost": "x"}])), "--source", "aws")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("finops: 1 row cannot be loaded, so nothing was: a.csv row 1: BilledCost 'x'")
    assert "Traceback" not in done.stderr


def test_a_month_that_is_still_being_written_is_a_note_on_stderr(settings: Settings, tmp_path: Path) -> None:
    put_aws(tmp_path / "tree", "2026-05", {"a.csv": bill("2026-05", "1")})
    put(tmp_path / "tree", "exports/focus/data/BILLING_PERIOD=2026-06/a.csv", bill("2026-06", "2"))
    done = _finops("ingest", str(tmp_path / "tree"), "--source", "aws", "--format", "json")
    assert (done.returncode, len(json.loads(done.stdout))) == (0, 1)
    assert done.stderr.startswith("finops: note: ")
    assert "BILLING_PERIOD=2026-06: 1 billing file without a manifest left alone" in done.stderr


def test_a_uri_reaches_the_place_that_it_names(settings: Settings) -> None:
    done = _finops("ingest", "gs://bucket/bills", "--source", "gcp")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("finops: gs://bucket/bills: not a place that can be read; next: give a path, s3://")


def test_a_refused_replacement_prints_its_slices_and_exits_with_3(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{}] * 4)], source="aws")
    done = _finops("ingest", str(write_bill("b.csv", [{}])), "--source", "aws", "--format", "json")
    assert done.returncode == 3
    assert [report["status"] for report in json.loads(done.stdout)] == ["rejected"]
    assert "--replace" in done.stderr


def test_debug_shows_the_traceback(settings: Settings, tmp_path: Path) -> None:
    done = _finops("ingest", str(tmp_path / "nowhere.csv"), "--source", "aws", "--debug")
    assert "Traceback" in done.stderr


def test_sql_answers_in_three_formats(settings_with_charge: Settings) -> None:
    query = "select BilledCost, map {'a': 1} as m, 'nan'::double as n, date '2026-05-01' as d, '=1+1' as f from cost"
    assert json.loads(_finops("sql", query, "--format", "json").stdout) == [
        {"BilledCost": "10.000000000000", "m": {"a": 1}, "n": None, "d": "2026-05-01", "f": "=1+1"}
    ]
    csv = _finops("sql", "-", "--format", "csv", stdin=query).stdout
    assert csv == 'BilledCost,m,n,d,f\n10.000000000000,"{""a"": 1}",,2026-05-01,\'=1+1\n'
    assert "10.00" in _finops("sql", query).stdout


def test_a_question_that_fails_on_a_row_is_one_line(settings_with_charge: Settings) -> None:
    done = _finops("sql", "select cast(ServiceName as int) from cost")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("finops: Conversion Error")


def test_two_columns_of_one_name_are_both_printed(settings: Settings) -> None:
    query = "select 1 as a, 2 as a"
    assert json.loads(_finops("sql", query, "--format", "json").stdout) == [{"a": 1, "a_1": 2}]
    assert _finops("sql", query, "--format", "csv").stdout == "a,a_1\n1,2\n"


def test_the_marts_and_the_state_can_be_asked(settings_with_charge: Settings) -> None:
    done = _finops("sql", "select sum(effective_cost) as e from daily_cost", "--format", "json")
    assert json.loads(done.stdout) == [{"e": "8.000000000000"}]
    assert json.loads(_finops("runs", "list", "--format", "json").stdout) == []
    assert json.loads(_finops("sql", "select count(*) as n from state.run", "--format", "json").stdout) == [{"n": 0}]


def test_a_statement_that_changes_something_is_exit_code_2(settings: Settings) -> None:
    assert _finops("sql", "drop table cost").returncode == 2


@pytest.mark.parametrize(
    "words", [["run", "overview", "-p", "novalue"], ["runs", "show", "nothing"], ["run", "unheard-of"]]
)
def test_wrong_use_is_one_line_and_exit_code_2(settings: Settings, words: list[str]) -> None:
    done = _finops(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("finops: ")
    assert "; next: " in done.stderr


def test_the_catalog_names_tables_marts_notebooks_and_plug_ins(settings: Settings) -> None:
    entries = json.loads(_finops("catalog", "--format", "json").stdout)
    kinds = {entry["kind"] for entry in entries}
    plug_ins = {"dialect", "source kind", "inventory", "channel kind", "detector", "forecasting method", "savings rule"}
    assert kinds == {"table", "mart", "notebook", *plug_ins}
    assert all(entry["question"] and entry["detail"] for entry in entries if entry["kind"] != "dialect")


def test_the_doctor_is_content_with_a_fresh_place_and_says_what_is_missing(settings: Settings) -> None:
    done = _finops("doctor", "--format", "json")
    checks = {check["check"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 0, checks
    assert checks["lake"]["next_step"].startswith("finops ingest")


def test_the_doctor_names_the_wrong_key_of_a_file(settings: Settings) -> None:
    settings.params.mkdir(exist_ok=True)
    (settings.params / "workbench.yaml").write_text("curency: USD\n")
    done = _finops("doctor", "--format", "json")
    assert done.returncode == 1
    [problem] = [check for check in json.loads(done.stdout) if not check["ok"]]
    assert "curency: unknown key" in problem["message"]


def test_the_doctor_says_that_the_marts_are_older_than_the_loads(
    settings_with_charge: Settings, write_bill: WriteBill
) -> None:
    assert {check.check: check.ok for check in examine()}["marts"]
    ingest(settings_with_charge, [write_bill("b.csv", [{"BilledCost": "11"}])], source="aws")
    [marts] = [check for check in examine() if check.check == "marts"]
    assert (marts.ok, marts.next_step) == (False, "finops build")
    assert marts.message.startswith("marts are older than the loads")


def test_the_doctor_survives_a_catalog_that_is_none(settings: Settings) -> None:
    settings.lake.folder.mkdir()
    settings.lake.catalog_file.write_bytes(b"this is no database" * 500)
    done = _finops("doctor", "--format", "json")
    assert done.returncode == 1, done.stderr
    [lake] = [check for check in json.loads(done.stdout) if check["check"] == "lake"]
    assert lake["message"].startswith("the lake's catalog ")
    assert "restore catalog.sqlite" in lake["next_step"]


def test_reconcile_prints_each_step_and_fails_where_one_does_not_add_up(
    settings: Settings, write_bill: WriteBill, tmp_path: Path
) -> None:
    empty = _finops("reconcile")
    assert (empty.returncode, empty.stdout) == (0, "Nothing is loaded yet: there is nothing to reconcile.\n")
    bill = write_bill("a.csv", [{"InvoiceId": "INV-1"}])
    invoice = write_invoice(tmp_path / "i.csv", [{"BilledCost": "10.00"}])
    assert _finops("ingest", str(bill), str(invoice), "--source", "aws").returncode == 0
    right = _finops("reconcile", "--month", "2026-05", "--format", "json")
    rows = json.loads(right.stdout)
    assert (right.returncode, {row["residual"] for row in rows}) == (0, {0, "0.000000000000", "0.000000000000000000"})
    fields = "provider source billing_month step expected actual residual ok currency measure item explanation"
    assert list(rows[0]) == fields.split()
    write_invoice(invoice, [{"BilledCost": "10.01"}])
    assert _finops("ingest", str(invoice), "--source", "aws").returncode == 0
    wrong = _finops("reconcile", "--format", "csv")
    assert wrong.returncode == 1
    assert "finops: does not add up: aws aws 2026-05: invoice, INV-1: -0.01 USD billed" in wrong.stderr
    assert "invoice,10.010000000000,10.000000000000,-0.010000000000,false,USD,billed,INV-1," in wrong.stdout
    assert _finops("reconcile", "--month", "May").returncode == 2


def test_the_doctor_names_a_source_that_went_silent(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{}])
    os.utime(path, (1_780_000_000, 1_780_000_000))
    ingest(settings, [path], source="payer")
    [before] = [check for check in examine() if check.check == "freshness"]
    assert (before.ok, before.next_step) == (True, "finops build")
    build(settings.lake)
    [check] = [check for check in examine() if check.check == "freshness"]
    # 1,780,000,000 seconds after 1970
    assert not check.ok
    assert "payer is STALE: nothing delivered since 2026-05-28 20:26 UTC" in check.message


def test_collect_loads_the_configured_sources_and_says_which_one_failed(
    settings: Settings, write_bill: WriteBill
) -> None:
    good, bad = write_bill("good.csv", [{}]), write_bill("bad.csv", [{"BilledCost": "?"}])
    settings.params.mkdir(exist_ok=True)
    (settings.params / "workbench.yaml").write_text(
        f"sources:\n- {{name: good, provider: aws, path: {good}}}\n- {{name: bad, provider: aws, path: {bad}}}\n"
    )
    done = _finops("collect", "--format", "json")
    assert [(row["source"], row["status"], row["billed_loaded"]) for row in json.loads(done.stdout)] == [
        ("good", "loaded", "10.000000000000")
    ]
    assert (done.returncode, "bad.csv row 1: BilledCost '?'" in done.stderr) == (3, True), done.stderr
    assert _finops("collect", "good", "--format", "json").returncode == 0
    assert _finops("collect", "--month", "May").returncode == 2
    unknown = _finops("collect", "god")
    assert (unknown.returncode, "did you mean 'good'?" in unknown.stderr) == (2, True)
    without = _finops("collect", "good", "--inventory")
    assert (without.returncode, "good has no inventory" in without.stderr) == (2, True)


def test_export_writes_what_was_loaded(settings: Settings, write_bill: WriteBill, tmp_path: Path) -> None:
    ingest(settings, [write_bill("a.csv", [{}, {}])], source="aws")
    done = _finops("export", str(tmp_path / "out.parquet"), "--version", "1.2")
    assert "2 charges, billed 20 USD, FOCUS 1.2" in done.stdout, done.stderr
    assert _finops("export", str(tmp_path / "out.csv")).returncode == 2
