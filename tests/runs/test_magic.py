"""`%%sql` in a notebook cell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

from finops_lib.runs import magic
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.conftest import WriteBill


@pytest.fixture
def shell(settings: Settings, write_bill: WriteBill) -> Iterator[InteractiveShell]:
    """An IPython shell with the extension loaded, on a lake of one charge."""
    ingest(settings, [write_bill("a.csv", [{}])], source="aws")
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "finops_lib")
    yield shell
    for lake in magic._open_lakes.values():
        lake.con.close()
    magic._open_lakes.clear()
    InteractiveShell.clear_instance()


def test_a_cell_asks_the_lake_and_keeps_the_answer(shell: InteractiveShell) -> None:
    shown = shell.run_cell_magic("sql", "spend", "select x_Provider, BilledCost from cost")
    assert shown.to_dicts()[0]["x_Provider"] == "aws"
    assert shell.user_ns["spend"] is shown


def test_a_kernel_that_stays_open_sees_the_next_load(
    shell: InteractiveShell, settings: Settings, write_bill: WriteBill
) -> None:
    assert shell.run_cell_magic("sql", "", "select count(*) as n from cost").item() == 1
    ingest(settings, [write_bill("b.csv", [{}, {"ResourceId": "i-2"}])], source="aws")
    assert shell.run_cell_magic("sql", "", "select count(*) as n from cost").item() == 2


def test_a_wrong_question_is_one_line(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run_cell_magic("sql", "", "delete from cost") is None
    assert capsys.readouterr().out.startswith("finops: only questions can be asked")
