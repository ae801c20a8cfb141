"""`kill -9` in the middle of `finops anomalies detect`: nothing half-written, and the next run tells it all, once."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select

from finops_lib.delivery import REPEAT
from finops_lib.runs.anomaly_detect import detect_in_lake
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings, load_settings
from finops_lib.state.anomalies import list_anomalies
from finops_lib.state.audit import verify
from finops_lib.state.models import AlertEventRow, AnomalyEventRow, AnomalyRow, AuditRow, OutboxRow
from finops_lib.state.outbox import list_outbox
from tests.conftest import WriteBill
from tests.delivery.letters import Receiver
from tests.lake.crowd import forkserver, started
from tests.postgres import new_database
from tests.runs.spiked_bill import load_bill, spiked_bill

pytestmark = pytest.mark.slow

AS_OF = "2026-05-19"
CHANNEL = "channels:\n  chat: {kind: slack, options: {url: 'env:CHAT_ADDRESS'}}\n"
# Kills that are spread over what a run writes; each costs two runs. What is written when is the same in both kinds of
# database: of the second it is asked whether its transactions hold.
KILLS = {"sqlite": 6, "postgres": 3}
_WRITES = ("insert", "update", "delete")
_TABLES = (AnomalyRow, AnomalyEventRow, AlertEventRow, AuditRow, OutboxRow)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def loaded(settings: Settings, write_bill: WriteBill, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A lake in which two services cost more on one day, one of them by most of it, and a channel that is told."""
    load_bill(settings, spiked_bill(write_bill, "bill.csv", {"Amazon RDS": "900", "Amazon S3": "300"}))
    settings.params.mkdir(exist_ok=True)
    settings.workbench_file.write_text(CHANNEL, encoding="utf-8")
    monkeypatch.setenv("CHAT_ADDRESS", f"{receiver.url}/hook")
    return load_settings()


def _detect_and_die(at: int, said: Any) -> None:
    """Detect, and die just before the `at`-th write or commit; say how many there were."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def execute(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().lower().startswith(_WRITES):
            count()

    event.listen(Engine, "before_cursor_execute", execute)
    event.listen(Engine, "commit", count)
    detect_in_lake(load_settings(), as_of=AS_OF)
    said.put(seen)


def _run(at: int) -> int:
    """Run in a process of its own that dies at a write; give how many there were, 0 = it died."""
    said = forkserver().SimpleQueue()
    process = started(_detect_and_die, at, said)
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return said.get() if process.exitcode == 0 else 0


def _counts(settings: Settings) -> list[int]:
    with opened_state(settings) as state, state.read() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in _TABLES]


@pytest.mark.parametrize(("kind", "kills"), KILLS.items())
def test_a_killed_run_has_written_all_or_nothing_and_the_next_one_tells_it_once(
    loaded: Settings,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    kind: str,
    kills: int,
) -> None:
    def fresh(number: int) -> Settings:
        server = request.getfixturevalue("postgres") if kind == "postgres" else ""
        url = new_database(server) if server else f"sqlite:///{loaded.lake.folder}/state{number}.sqlite"
        monkeypatch.setenv("FINOPS_STATE", url)
        settings = load_settings()
        with opened_state(settings):
            # Its tables are there: of the run only what it finds and tells is written.
            receiver.requests.clear()
        return settings

    undisturbed = fresh(0)
    writes = _run(at=0)
    whole = _counts(undisturbed)
    with opened_state(undisturbed) as state:
        expected = list_anomalies(state)
    # RDS and S3, each with its event, its alert and its message; found, told and over by then in the audit log.
    assert (len(expected), whole) == (2, [2, 2, 2, 6, 2])
    assert writes > kills

    died_before, died_after = 0, 0
    for number in range(1, kills + 1):
        settings = fresh(number)
        assert _run(at=1 + (writes - 1) * (number - 1) // (kills - 1)) == 0
        kept = _counts(settings)
        assert kept in ([0] * len(_TABLES), whole)
        died_before, died_after = died_before + (kept != whole), died_after + (kept == whole)
        assert _run(at=0) > 0
        assert _counts(settings) == whole
        with opened_state(settings) as state:
            assert list_anomalies(state) == expected
            assert verify(state).broken_at is None
            assert {one.standing for one in list_outbox(state)} == {"sent"}
        # What had left before its sender died is sent once more, and says so; else each is sent once.
        sent = Counter(text for one in receiver.requests if REPEAT not in (text := json.dumps(one.body)))
        assert sorted(sent.values()) == [1, 1]
    told = len(receiver.requests)
    _run(at=0)
    assert (_counts(settings), len(receiver.requests)) == (whole, told)
    # Both sides of the commit were reached.
    assert died_before > 0
    assert died_after > 0
