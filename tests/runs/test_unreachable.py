"""A server or bucket that is away: one line, exit code 4, soon; and never a password."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from finops_lib.runs.doctor import examine
from finops_lib.runs.ingest import ingest
from finops_lib.settings import load_settings
from tests.conftest import PROJECT, WriteBill
from tests.postgres import new_database

PASSWORD = "s3cret-word"
COMMANDS = {
    "ingest": ("ingest", "BILL", "--source", "aws"),
    "sql": ("sql", "select 1"),
    "run": ("run", "overview"),
    "doctor": ("doctor", "--format", "json"),
}

pytestmark = pytest.mark.slow


@pytest.fixture
def silent() -> Iterator[int]:
    """A port behind which nobody ever says anything, as behind a firewall."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # Fills the queue, so that further connections hang.
        with socket.create_connection(listener.getsockname()):
            yield int(listener.getsockname()[1])


@pytest.fixture
def bill(write_bill: WriteBill) -> Path:
    return write_bill("a.csv", [{}])


def _finops(command: str, bill: Path, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FINOPS_", "AWS_"))}
    environment = kept | {
        "FINOPS_PROJECT": str(PROJECT),
        "FINOPS_LAKE": str(tmp_path / "lake"),
        "FINOPS_OUTPUTS": str(tmp_path / "outputs"),
        "FINOPS_PARAMS": str(tmp_path / "params"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
        **variables,
    }
    words = [str(bill) if word == "BILL" else word for word in COMMANDS[command]]
    code = "from finops_lib.cli import main; main()"
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, env=environment, timeout=60
    )
    # 15 s and what a busy machine needs to start Python.
    assert time.monotonic() - started < 25
    assert PASSWORD not in done.stdout + done.stderr
    return done


def _assert_one_line(done: subprocess.CompletedProcess[str], command: str, about: str) -> None:
    if command == "doctor":
        failed = [check for check in json.loads(done.stdout) if not check["ok"]]
        assert (done.returncode, [check["check"] for check in failed]) == (1, [about])
        assert failed[0]["next_step"]
        return
    assert done.returncode == 4, done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("finops: the ") and "; next: " in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_dead_catalog_is_one_line(command: str, bill: Path, tmp_path: Path) -> None:
    catalog = f"postgresql://finops:{PASSWORD}@127.0.0.1:1/lake"
    _assert_one_line(_finops(command, bill, tmp_path, FINOPS_CATALOG=catalog), command, "catalog")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_silent_catalog_is_not_waited_for(command: str, bill: Path, tmp_path: Path, silent: int) -> None:
    catalog = f"postgresql://finops:{PASSWORD}@127.0.0.1:{silent}/lake"
    _assert_one_line(_finops(command, bill, tmp_path, FINOPS_CATALOG=catalog), command, "catalog")


@pytest.mark.parametrize("command", ["ingest", "sql", "doctor"])
@pytest.mark.parametrize("is_silent", [False, True])
def test_a_dead_or_silent_bucket_is_one_line(
    command: str, is_silent: bool, bill: Path, tmp_path: Path, postgres: str, silent: int
) -> None:
    variables = {
        "FINOPS_LAKE": "s3://nowhere/lake",
        "FINOPS_CATALOG": new_database(postgres).replace("finops@", f"finops:{PASSWORD}@"),
        "FINOPS_STATE": f"sqlite:///{tmp_path}/state.sqlite",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent if is_silent else 1}",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    _assert_one_line(_finops(command, bill, tmp_path, **variables), command, "bucket")


def test_a_bucket_that_has_gone_away_is_one_line_for_a_run_too(
    bill: Path, tmp_path: Path, postgres: str, bucket: str
) -> None:
    variables = {
        "FINOPS_LAKE": f"s3://{bucket}/lake",
        "FINOPS_CATALOG": new_database(postgres),
        "FINOPS_STATE": f"sqlite:///{tmp_path}/state.sqlite",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    made = _finops("ingest", bill, tmp_path, AWS_ENDPOINT_URL=os.environ["AWS_ENDPOINT_URL"], **variables)
    assert made.returncode == 0, made.stderr
    done = _finops("run", bill, tmp_path, AWS_ENDPOINT_URL="http://127.0.0.1:1", **variables)
    _assert_one_line(done, "run", "bucket")
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as state:
        assert state.execute("select status, exit_code from run").fetchall() == [("FAILED", 4)]


@pytest.mark.parametrize("command", ["sql", "run", "doctor"])
def test_a_dead_state_database_is_one_line(command: str, bill: Path, tmp_path: Path) -> None:
    state = f"postgresql://finops:{PASSWORD}@127.0.0.1:1/state"
    _assert_one_line(_finops(command, bill, tmp_path, FINOPS_STATE=state), command, "state")


def test_a_database_that_does_not_exist_is_for_the_operator(bill: Path, tmp_path: Path, postgres: str) -> None:
    catalog = postgres.replace("finops@", f"finops:{PASSWORD}@").replace("/postgres", "/nothing")
    done = _finops("sql", bill, tmp_path, FINOPS_CATALOG=catalog)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert 'database "nothing" does not exist' in done.stderr


@pytest.mark.parametrize("words", [("--debug",), ()])
def test_no_password_is_shown_by_a_traceback(
    words: tuple[str, ...], bill: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "sql", ("sql", "select 1", *words))
    done = _finops("sql", bill, tmp_path, FINOPS_CATALOG=f"postgresql://finops:{PASSWORD}@127.0.0.1:1/lake")
    assert ("Traceback" in done.stderr) == bool(words)


def test_a_run_on_a_shared_lake_leaves_no_password_in_any_file(bill: Path, tmp_path: Path, postgres: str) -> None:
    secret = {
        "FINOPS_CATALOG": new_database(postgres).replace("finops@", f"finops:{PASSWORD}@"),
        "FINOPS_STATE": new_database(postgres).replace("finops@", f"finops:{PASSWORD}@"),
    }
    for command in ("ingest", "run"):
        done = _finops(command, bill, tmp_path, **secret)
        assert done.returncode == 0, done.stderr
    written = [path for path in (tmp_path / "outputs").rglob("*") if path.is_file()]
    assert {"run.json", "report.html", "report.ipynb", "log.txt"} <= {path.name for path in written}
    assert [path for path in written if PASSWORD.encode() in path.read_bytes()] == []


def test_the_doctor_sees_a_shared_lake_whole(
    bill: Path, tmp_path: Path, postgres: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PROJECT": str(PROJECT),
        "LAKE": f"s3://{bucket}/lake",
        "CATALOG": new_database(postgres).replace("finops@", f"finops:{PASSWORD}@"),
        "STATE": new_database(postgres).replace("finops@", f"finops:{PASSWORD}@"),
        "OUTPUTS": str(tmp_path / "outputs"),
        "PARAMS": str(tmp_path / "params"),
    }.items():
        monkeypatch.setenv(f"FINOPS_{name}", value)
    settings = load_settings()
    ingest(settings, [bill], source="aws")
    checks = {check.check: check for check in examine()}
    assert [name for name, check in checks.items() if not check.ok] == ["marts"]
    assert checks["catalog"].message.endswith(f"{settings.lake}")
    assert checks["snapshots"].message == "3 snapshots, 0 of them pinned"
    assert PASSWORD not in str(checks) + repr(settings)
