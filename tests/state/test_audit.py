"""The audit log: every change has its line, no line can be changed, and whoever does so all the same is found."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from finops_lib.errors import ConfigError
from finops_lib.state import audit
from finops_lib.state.budgets import amend_budget, close_budget, create_budget
from finops_lib.state.open import State
from tests.state.conftest import MAY, NOON, budget, on_every_state, status

TRIGGERS = {
    "sqlite": ["drop trigger audit_log_no_update", "drop trigger audit_log_no_delete"],
    "postgresql": ["alter table audit_log disable trigger all"],
}


def three_lines(state: State) -> None:
    create_budget(state, budget(), reopened_from=MAY, at=NOON, who="ines")
    amend_budget(state, "web", {"amount": Decimal(2000)}, valid_from=MAY, at=NOON, who="tom")
    close_budget(state, "web", valid_to=MAY, at=NOON, who="o'hara; drop table audit_log --")


def tamper(state: State, statement: str) -> None:
    """Do what somebody does who owns the database: switch the protection off, and rewrite."""
    with state.write() as session:
        for removal in TRIGGERS[state.engine.dialect.name]:
            session.execute(text(removal))
        session.execute(text(statement))


@on_every_state
def test_each_change_has_a_line_that_says_who_did_what_when(state: State) -> None:
    three_lines(state)
    lines = audit.list_lines(state)
    assert [(line.number, line.who, line.action, line.object) for line in lines] == [
        (1, "ines", "create", "budget:web"),
        (2, "tom", "amend", "budget:web"),
        (3, "o'hara; drop table audit_log --", "close", "budget:web"),
    ]
    assert {line.noted_at for line in lines} == {NOON}
    assert lines[1].details["changes"] == {"amount": ["1000.10", "2000"], "valid_from": [None, "2026-05-01"]}
    # What the second line found is what the first one left.
    assert (lines[0].before_hash, lines[1].before_hash) == ("", lines[0].after_hash)
    assert audit.verify(state) == audit.Verdict(3, lines[-1].hash)
    assert audit.list_lines(state, object="budget:other") == []
    assert audit.list_lines(state, limit=1) == lines[-1:]


@on_every_state
@pytest.mark.parametrize(
    ("statement", "number", "reason"),
    [
        ("update audit_log set who = 'nobody' where number = 2", 2, "line 2 was changed after it was written"),
        ("update audit_log set details = '{}' where number = 1", 1, "line 1 was changed after it was written"),
        ("delete from audit_log where number = 2", 2, "line 2 is missing"),
        ("delete from audit_log where number = 1", 1, "line 1 is missing"),
        ("update audit_log set previous_hash = 'x' where number = 3", 3, "line 3 does not follow"),
    ],
)
def test_a_line_that_was_tampered_with_is_found(state: State, statement: str, number: int, reason: str) -> None:
    three_lines(state)
    tamper(state, statement)
    verdict = audit.verify(state)
    assert verdict.broken_at == number
    assert reason in verdict.reason


def test_a_line_whose_hash_was_made_to_fit_breaks_the_next_one(state: State) -> None:
    three_lines(state)
    second = audit.list_lines(state)[1]
    line = {name: getattr(second, name) for name in second.__slots__ if name != "hash"}
    forged = audit._link(line | {"who": "x", "details": audit.canonical(second.details)})
    tamper(state, f"update audit_log set who = 'x', hash = '{forged}' where number = 2")
    assert audit.verify(state).reason == "line 3 does not follow from the line before it"


@on_every_state
@pytest.mark.parametrize(
    "statement",
    [
        "update audit_log set who = 'nobody'",
        "delete from audit_log",
        "update budget_status set amount = '0'",
        "delete from budget_status",
        "update budget set definition = '{}'",
        "update budget set valid_from = null",
        "delete from budget",
    ],
)
def test_the_database_itself_refuses_to_rewrite_history(state: State, statement: str) -> None:
    from finops_lib.state.budget_status import append_status

    three_lines(state)
    with state.write() as session:
        append_status(session, status(), evaluated_at=NOON, run_id=None, snapshot=None)
    with pytest.raises(DBAPIError, match="keeps what was written"), state.write() as session:
        session.execute(text(statement))
    assert audit.verify(state).lines == 3


@on_every_state
def test_a_change_that_fails_leaves_no_line(state: State) -> None:
    class Broken(Exception):
        pass

    def change(session_state: State) -> None:
        with session_state.write() as session:
            audit.note(session, at=NOON, who="x", action="create", object="budget:web")
            raise Broken

    with pytest.raises(Broken):
        change(state)
    assert audit.verify(state) == audit.Verdict(0, "")


def test_an_empty_log_is_whole(state: State) -> None:
    assert audit.verify(state) == audit.Verdict(0, "")


def test_many_lines_are_followed_in_portions(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PORTION", 2)
    with state.write() as session:
        for number in range(7):
            audit.note(session, at=NOON, who="x", action="test", object=f"thing:{number}")
    assert audit.verify(state).lines == 7


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.booleans(), max_size=5))
def test_equal_values_are_written_alike_whatever_their_order(values: dict[str, object]) -> None:
    turned = dict(reversed(values.items()))
    try:
        assert audit.canonical(values) == audit.canonical(turned)
    except ConfigError:
        # Half a surrogate pair: no text that a database keeps.
        assert any("\ud800" <= letter <= "\udfff" for letter in repr_of(values))


def repr_of(values: dict[str, object]) -> str:
    return "".join(f"{name}{value}" for name, value in values.items())


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        audit.canonical({"x": float("nan")})


@pytest.mark.parametrize("moment", [datetime(2026, 5, 20, 12, tzinfo=UTC), NOON])
def test_a_moment_hashes_alike_in_every_zone(state: State, moment: datetime) -> None:
    from datetime import timedelta, timezone

    with state.write() as session:
        audit.note(session, at=moment.astimezone(timezone(timedelta(hours=5))), who="x", action="y", object="z")
    assert audit.verify(state).broken_at is None
