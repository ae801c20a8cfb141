"""A kernel as JupyterLab starts it: names are completed, the stop button works, nobody is kept waiting for days."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from finops_lib.lake.catalog import newest_snapshot
from finops_lib.lake.upkeep import compact, expire
from finops_lib.marts.build import build
from finops_lib.runs import clock
from finops_lib.runs.ingest import ingest
from finops_lib.runs.lab import lab_environment
from finops_lib.settings import Settings
from tests.conftest import WriteBill

pytestmark = [
    pytest.mark.slow,
    # jupyter_client leaves the context of its sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

PATIENCE = 60
# Longer than any test waits: only an interrupt ends it.
ENDLESS = "select count(*) from range(100000000) a, range(100000000) b where (a.range * b.range) % 7 = 3"


class Kernel:
    """A kernel of `finops lab`, asked as JupyterLab asks it."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self.client = manager, client

    def run(self, code: str, *, meanwhile: Callable[[], None] = lambda: None) -> tuple[str, str, list[str]]:
        """Run a cell; give its status, what it said in plain text, and the HTML it showed, in order."""
        sent = self.client.execute(code)
        said, html = [], []
        busy = False
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "busy" and not busy:
                busy = True
                meanwhile()
            elif kind == "status" and content["execution_state"] == "idle":
                break
            elif kind == "stream":
                said.append(content["text"])
            elif kind in ("execute_result", "display_data", "update_display_data"):
                said.append(content["data"].get("text/plain", ""))
                html.append(content["data"].get("text/html", ""))
            elif kind == "error":
                said.append(f"{content['ename']}: {content['evalue']}")
        while (reply := self.client.get_shell_msg(timeout=PATIENCE))["parent_header"].get("msg_id") != sent:
            pass
        return reply["content"]["status"], "\n".join(said), html

    def complete(self, before: str, after: str = "") -> list[str]:
        """Give what the kernel offers between the two parts of a cell."""
        reply = self.client.complete(before + after, len(before), reply=True, timeout=PATIENCE)
        matches: list[str] = reply["content"]["matches"]
        return matches


@pytest.fixture
def kernel(settings: Settings, write_bill: WriteBill) -> Iterator[Kernel]:
    """A kernel on a lake of one charge."""
    ingest(settings, [write_bill("a.csv", [{}])], source="aws")
    build(settings.lake)
    environment = lab_environment(settings) | {"JPY_SESSION_NAME": "story.ipynb", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    manager = KernelManager(kernel_name="python3")
    # As the server of `finops lab` finds it.
    manager.kernel_spec_manager.kernel_dirs.insert(0, f"{environment['JUPYTER_PATH'].split(os.pathsep)[0]}/kernels")
    manager.start_kernel(env=environment)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_tables_and_columns_are_offered_at_once(kernel: Kernel) -> None:
    assert "daily_cost" in kernel.complete("%%sql\nselect * from dai")
    began = time.monotonic()
    assert kernel.complete("%%sql\nselect Eff", " from cost") == ["EffectiveCost"]
    assert kernel.complete("%%sql\nselect *\nfrom cost as c where c.billed") == ["c.BilledCost"]
    assert (time.monotonic() - began) / 2 < 0.2
    # Python is completed as ever.
    assert "import" in kernel.complete("impor")


def test_the_stop_button_ends_a_slow_question_and_the_next_one_is_answered(kernel: Kernel) -> None:
    assert kernel.run("%%sql\nselect 1 as one")[0] == "ok"
    began = time.monotonic()
    status, said, html = kernel.run(f"%%sql\n{ENDLESS}", meanwhile=lambda: _interrupt_after(kernel, 4))
    assert (status, "KeyboardInterrupt" in said) == ("error", True)
    assert time.monotonic() - began < 15
    # Asked for more than two seconds, the cell said so, and took it back.
    assert "At work with the question" in html[0]
    assert html[-1] == ""
    status, said, _ = kernel.run("%%sql\nselect count(*) as charges from cost")
    assert (status, "1" in said) == ("ok", True)


def test_a_kernel_open_for_days_keeps_nobody_from_loading_or_cleaning_up(
    kernel: Kernel, settings: Settings, write_bill: WriteBill
) -> None:
    opened = 'from finops_lib.runs import open_run\nrun = open_run("story")\nrun'
    asked = 'print(run.query("run_context")["effective_cost"].sum())'
    assert kernel.run(opened)[0] == "ok"
    assert kernel.run(asked)[1].strip() == "8.000000000000"
    seen = newest_snapshot(settings.lake)

    ingest(settings, [write_bill("b.csv", [{}, {"ResourceId": "i-2"}])], source="aws")
    build(settings.lake)
    later = clock.now() + timedelta(days=30)
    expired = expire(settings.lake, superseded_before=later, at=later)
    compact(settings.lake)
    # Everything went but what the kernel reads.
    assert (seen in expired.snapshots, expired.kept_in_use) == (False, 1)
    assert expired.snapshots
    assert kernel.run(asked)[1].strip() == "8.000000000000"

    # Two charges of 8; the setup cell run again lets go of what was read before.
    assert kernel.run(opened)[0] == "ok"
    assert kernel.run(asked)[1].strip() == "16.000000000000"
    assert seen in expire(settings.lake, superseded_before=later, at=later).snapshots


def test_records_are_shown_as_tables(kernel: Kernel) -> None:
    status, _, html = kernel.run(
        "from datetime import date\nfrom decimal import Decimal\nfrom finops_lib.findings import Approval\n"
        "from datetime import datetime, UTC\n"
        'one = Approval("ann", datetime(2026, 5, 4, 9, 30, tzinfo=UTC), "hash", Decimal("12.50"), Decimal("40"))\n'
        "(one,)"
    )
    assert status == "ok"
    assert "<table" in html[0]
    assert "12.50" in html[0]
    assert kernel.run("[1, 2]") == ("ok", "[1, 2]", [""])
    assert "<table" not in kernel.run("one")[2][0]


def _interrupt_after(kernel: Kernel, seconds: float) -> None:
    time.sleep(seconds)
    kernel.manager.interrupt_kernel()
