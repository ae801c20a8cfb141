"""Secrets that a provider, a chat and a notebook repeat in their errors are in nothing that a scheduled day leaves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest

from finops_lib.runs.ledger import open_ledger
from finops_lib.runs.schedule.health import pulse_of, write_pulse
from finops_lib.runs.schedule.opened import load_schedule
from finops_lib.runs.schedule.serve import folder_of, scheduler_of
from finops_lib.settings import load_settings
from finops_lib.state import outbox
from tests.delivery.letters import ORDINARY, Receiver
from tests.delivery.relay import relay
from tests.local_server import LocalServer, QuietHandler
from tests.stand_in import Fault

pytestmark = pytest.mark.slow

PROVIDER, CHAT, STORY = "pr0vider/pass+word-4711", "T0-B0-hook-4712", 'st0ry"token<&-4713'
WORKBENCH = """
sources: [{{name: aws, provider: aws, kind: aws-cost-explorer}}]
channels:
  chat: {{kind: slack, options: {{url: env:CHAT_ADDRESS, timeout_s: 5}}}}
  post: {{kind: mail, options: {{host: 127.0.0.1, port: {port}, tls: none, sender: finops@example.org, timeout_s: 5}}}}
recipients: [{{name: operators, address: ops@example.org}}]
"""
SCHEDULE = """
jobs:
  collect: {command: collect, cron: "0 * * * *", retries: {SourceError: 1}, first_wait: 1s}
  story: {notebook: story, cron: "0 * * * *", parameters: {token: "env:STORY_REFERENCE"}}
"""
IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Account>999999999999</Account><Arn>arn:aws:iam::999999999999:user/finops</Arn><UserId>U</UserId>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""
LEAKS = """
from finops_lib.runs.secrets import resolve
print(resolve(token))
raise ValueError(f"could not log in with {resolve(token)}")
"""


class Repeats(QuietHandler):
    """A provider that refuses, and says with which key."""

    def do_POST(self) -> None:
        is_known = b"GetCallerIdentity" in self.body()
        answer = {"__type": "DataUnavailableException", "message": f"the key {PROVIDER} sees nothing yet"}
        content = IDENTITY.encode() if is_known else json.dumps(answer).encode()
        self.send_response(200 if is_known else 400)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@dataclass(frozen=True)
class Day:
    """What a scheduled day left: its files, what its commands said, and the mails that arrived."""

    folder: Path
    said: dict[str, str]
    mails: list[EmailMessage]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """Run a day in which everybody repeats what he was told in confidence."""
    folder = tmp_path_factory.mktemp("planted")
    with pytest.MonkeyPatch.context() as patch, LocalServer(Repeats) as aws, Receiver() as chat, relay() as post:
        for name in ("CATALOG", "STATE", "THREADS", "MEMORY_LIMIT", "RUN_ID", "RUN_DIR", "RUN_SNAPSHOT"):
            patch.delenv(f"FINOPS_{name}", raising=False)
        patch.setenv("FINOPS_PROJECT", str(folder))
        for name in ("LAKE", "OUTPUTS", "PARAMS"):
            patch.setenv(f"FINOPS_{name}", str(folder / name.lower()))
        patch.setenv("AWS_ENDPOINT_URL", aws.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", PROVIDER)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("CHAT_ADDRESS", f"{chat.url}/{CHAT}")
        patch.setenv("STORY_REFERENCE", STORY)
        chat.faults["/"] = [Fault(400, f"no such hook: /{CHAT}") for _ in range(50)]
        yield Day(folder, _lived(folder, post.port), post.mails)
        assert chat.requests


def _lived(folder: Path, port: int) -> dict[str, str]:
    for name, text in {
        "params/workbench.yaml": WORKBENCH.format(port=port),
        "scheduler/schedule.yaml": SCHEDULE,
        "notebooks/story.ipynb": json.dumps(_notebook()),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    said = {words: _finops(*words.split()) for words in ("schedule run collect", "schedule run story")}
    settings = load_settings()
    with open_ledger(settings) as state:
        now = datetime.now(UTC)
        message = outbox.Outgoing("m1", (), "trigger", "chat", "", dict(ORDINARY), now)
        with state.write() as session:
            outbox.enqueue(session, [message], at=now)
        scheduler = scheduler_of(settings, load_schedule(settings), state)
        write_pulse(folder_of(settings), pulse_of(scheduler, at=now, ages={}))
    later = ("alerts deliver", "alerts outbox --format json", "schedule history --format json", "schedule next",
             "schedule list --format csv", "runs list --format json", "doctor", "schedule render cron")  # fmt: skip
    return said | {words: _finops(*words.split()) for words in later}


def _notebook() -> dict[str, object]:
    parameters = 'token: str = ""  # what the story logs in with'
    cells = [("parameters", parameters), ("", LEAKS)]
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [
            {
                "id": f"c{number}",
                "cell_type": "code",
                "execution_count": None,
                "outputs": [],
                "metadata": {"tags": [tag]} if tag else {},
                "source": source,
            }
            for number, (tag, source) in enumerate(cells)
        ],
    }


def _finops(*words: str) -> str:
    command = [sys.executable, "-m", "finops_lib.cli", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout + done.stderr


@pytest.mark.parametrize("secret", [PROVIDER, CHAT, STORY], ids=["provider", "chat", "story"])
def test_no_command_says_a_secret_and_no_file_holds_one(day: Day, secret: str) -> None:
    forms = {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), secret.replace('"', "&quot;")}
    assert [words for words, text in day.said.items() if any(form in text for form in forms)] == []
    files = [path for path in day.folder.rglob("*") if path.is_file()]
    assert {"health.json", "metrics.prom", "state.sqlite", "report.html", "crontab"} <= {path.name for path in files}
    leaking = [path for path in files if any(form.encode() in path.read_bytes() for form in forms)]
    assert leaking == []
    parts = [(str(mail["Subject"]), part.get_content()) for mail in day.mails for part in mail.iter_parts()]
    assert [part for part in parts if any(form in text for form in forms for text in part)] == []


def test_what_was_said_around_the_secrets_stays_readable(day: Day) -> None:
    assert "the key [secret] sees nothing yet" in day.said["schedule run collect"]
    assert "could not log in with [secret]" in day.said["schedule run story"]
    history = json.loads(day.said["schedule history --format json"])
    assert {(slot["job"], slot["status"], slot["attempts"]) for slot in history} == {
        ("collect", "FAILED", 2),
        ("story", "FAILED", 1),
    }
    logs = sorted((day.folder / "outputs" / ".schedule" / "logs").rglob("*.log"))
    assert [path.parent.name for path in logs] == ["collect", "story"]
    assert "[secret]" in logs[0].read_text()
    health = json.loads((day.folder / "outputs" / ".schedule" / "health.json").read_text())
    assert "[secret]" in health["jobs"]["collect"]["last_error"]
    messages = {message["channel"]: message for message in json.loads(day.said["alerts outbox --format json"])}
    assert messages["chat"]["attempts"] >= 1
    # Each failure is told to its owner once, with its cell, and with all of the error but the secret.
    told = {str(mail["Subject"]).split(":")[0]: mail.get_body(("plain",)) for mail in day.mails}
    assert set(told) == {"[FAILED] collect failed", "[FAILED] story failed"}
    assert [text is not None and "[secret]" in text.get_content() for text in told.values()] == [True, True]
    story = told["[FAILED] story failed"]
    assert story is not None
    assert "could not log in with [secret]" in story.get_content()
    assert re.search(r"^Cell +\d", story.get_content(), re.MULTILINE)


def test_a_secret_is_not_written_into_a_schedule(day: Day, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FINOPS_PROJECT", str(tmp_path))
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "scheduler" / "schedule.yaml").write_text(
        SCHEDULE.replace("env:STORY_REFERENCE", "hunter2-hunter2"), encoding="utf-8"
    )
    said = _finops("schedule", "next")
    assert "token is a secret; write env:NAME or file:PATH, never its value" in said
    assert "hunter2-hunter2" not in said
