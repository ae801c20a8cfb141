"""`finops budgets` and `finops fx` as a person or a script meets them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from finops_lib.cli import main
from finops_lib.runs.doctor import examine
from finops_lib.settings import Settings

Finops = Callable[..., tuple[int, str, str]]

PLAN = """budgets:
  - {name: company, scope_type: organization, scope_value: acme, amount: "600000", currency: USD}
  - {name: payments, scope_type: team, scope_value: payments, amount: "%s", currency: USD}
"""


@pytest.fixture
def finops(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Finops:
    """Give a function that runs one command and gives its exit code, output and errors."""
    monkeypatch.setenv("FINOPS_USER", "Ines O'Hara")
    settings.params.mkdir(parents=True, exist_ok=True)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["finops", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def write_plan(settings: Settings, amount: str = "90000") -> None:
    settings.budget_plan.write_text(PLAN % amount, encoding="utf-8")


def test_a_plan_is_imported_amended_and_shown_with_its_audit_lines(settings: Settings, finops: Finops) -> None:
    write_plan(settings)
    code, said, _ = finops("budgets", "import", "--dry-run", "--format", "json")
    assert (code, [row["action"] for row in json.loads(said)]) == (0, ["created", "created"])
    assert finops("budgets", "import")[0] == 0
    write_plan(settings, "95000.00")
    code, said, _ = finops("budgets", "import", "--format", "json")
    assert json.loads(said)[1] == {
        "budget": "payments",
        "action": "amended",
        "version": 2,
        "changes": {"amount": ["90000", "95000.00"]},
    }
    versions = json.loads(finops("budgets", "show", "payments", "--format", "json")[1])
    assert [(one["version"], one["amount"], one["audit"][0]["who"]) for one in versions] == [
        (1, "90000", "Ines O'Hara"),
        (2, "95000.00", "Ines O'Hara"),
    ]
    assert "amount: 90000 -> 95000.00" not in finops("budgets", "import")[1]


def test_a_budget_is_made_changed_and_closed_by_hand(settings: Settings, finops: Finops) -> None:
    made = ("budgets", "create", "web", "--scope-type", "team", "--scope-value", "web", "--currency", "USD")
    assert finops(*made, "--amount", "10.50")[0] == 0
    assert finops(*made, "--amount", "10.50")[0] == 2
    code, said, _ = finops("budgets", "amend", "web", "--amount", "12", "--from", "2026-12-01", "--format", "json")
    [amended] = json.loads(said)
    assert (code, amended["version"], amended["amount"], amended["valid_from"]) == (0, 2, "12", "2026-12-01")
    assert finops("budgets", "close", "web", "--on", "2026-12-24")[1] == "budget web is closed from 2026-12-24 on\n"
    assert json.loads(finops("budgets", "list", "--format", "json")[1]) == []
    [row] = json.loads(finops("budgets", "list", "--closed", "--format", "json")[1])
    assert (row["name"], row["version"], row["valid_to"]) == ("web", 2, "2026-12-24")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("amend", "web", "--amount", "1e5"), "--amount: String should match pattern"),
        (("amend", "web", "--amount", "-1"), "--amount: String should match pattern"),
        (("amend", "web"), "nothing of budget 'web' would change"),
        (("amend", "wep", "--amount", "1"), "unknown budget 'wep'; next: did you mean 'web'?"),
        (("close", "web", "--on", "tomorrow"), "--on 'tomorrow' is not a day"),
        (("show", "nobody"), "unknown budget 'nobody'"),
        (("history", "nobody"), "unknown budget 'nobody'"),
        (("import", "nowhere.yaml"), "nowhere.yaml is not a file"),
        (
            ("create", "a\nb", "--scope-type", "team", "--scope-value", "x", "--amount", "1", "--currency", "USD"),
            "name",
        ),
        (
            (
                "create",
                "x" * 10_000,
                "--scope-type",
                "team",
                "--scope-value",
                "x",
                "--amount",
                "1",
                "--currency",
                "USD",
            ),
            "name",
        ),
        (
            ("create", "b", "--scope-type", "tribe", "--scope-value", "x", "--amount", "1", "--currency", "USD"),
            "--scope-type",
        ),
        (
            ("create", "b", "--scope-type", "team", "--scope-value", "x", "--amount", "1", "--currency", "usd"),
            "--currency",
        ),
        (("status",), "There is no lake yet; next: finops ingest PATH --source NAME"),
        (("check",), "there is no lake in"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    settings: Settings, finops: Finops, words: tuple[str, ...], problem: str
) -> None:
    made = ("budgets", "create", "web", "--scope-type", "team", "--scope-value", "web", "--currency", "USD")
    finops(*made, "--amount", "10")
    code, said, error = finops("budgets", *words)
    assert (code, said, error.count("\n")) == (2, "", 1)
    assert problem in error
    assert "; next: " in error
    assert len(error) < 500


def test_a_name_that_is_no_name_of_a_user_is_refused(
    settings: Settings, finops: Finops, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plan(settings)
    monkeypatch.setenv("FINOPS_USER", "a\nb")
    code, _, error = finops("budgets", "import")
    assert (code, error.startswith("finops: FINOPS_USER is not a name")) == (2, True)


def test_rates_are_imported_listed_and_refused(settings: Settings, finops: Finops, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("from,to,day,rate,kind\nEUR,USD,2026-05-01,1.0842,book\n", encoding="utf-8")
    assert finops("fx", "import", str(path))[:2] == (0, "rates: 1 new, 0 changed, 0 unchanged\n")
    assert finops("fx", "import", str(path))[:2] == (0, "rates: 0 new, 0 changed, 1 unchanged\n")
    path.write_text("from,to,day,rate,kind\nEUR,USD,2026-05-01,1.1,book\n", encoding="utf-8")
    [row] = json.loads(finops("fx", "import", str(path), "--source", "ecb", "--format", "json")[1])
    assert (row["status"], row["before"], row["rate"]) == ("changed", "1.084200000000000000", "1.100000000000000000")
    [listed] = json.loads(finops("fx", "list", "--format", "json")[1])
    assert listed == {
        "from": "EUR",
        "to": "USD",
        "day": "2026-05-01",
        "rate": "1.100000000000000000",
        "kind": "book",
        "source": "ecb",
    }
    path.write_text("from,to,day,rate,kind\nEUR,USD,2026-05-01,0,book\n", encoding="utf-8")
    code, said, error = finops("fx", "import", str(path))
    assert (code, said, error.count("\n")) == (3, "", 1)


def test_the_state_is_there_for_questions(settings: Settings, finops: Finops) -> None:
    write_plan(settings)
    finops("budgets", "import")
    query = "select number, who, action, object, noted_at from state.audit_log order by number"
    rows = json.loads(finops("sql", query, "--format", "json")[1])
    assert [(row["number"], row["who"], row["object"]) for row in rows] == [
        (1, "Ines O'Hara", "budget:company"),
        (2, "Ines O'Hara", "budget:payments"),
    ]
    for table in ("budget", "budget_status", "alert_event", "outbox", "run"):
        assert finops("sql", f"select * from state.{table}")[0] == 0
    named = {row["name"] for row in json.loads(finops("catalog", "--format", "json")[1])}
    assert {"state.budget", "state.budget_status", "state.audit_log", "fx_rates"} <= named


def test_the_doctor_finds_an_audit_log_that_was_tampered_with(settings: Settings, finops: Finops) -> None:
    write_plan(settings)
    finops("budgets", "import")
    [healthy] = [check for check in examine() if check.check == "audit log"]
    assert (healthy.ok, healthy.message[:18]) == (True, "2 lines, unbroken;")
    with closing(sqlite3.connect(settings.lake.folder / "state.sqlite")) as con, con:
        con.execute("drop trigger audit_log_no_update")
        con.execute("update audit_log set who = 'nobody' where number = 1")
    [broken] = [check for check in examine() if check.check == "audit log"]
    assert (broken.ok, broken.message) == (False, "the chain is broken: line 1 was changed after it was written")
