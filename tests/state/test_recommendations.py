"""A search is written down once, its evidence kept up to date, and what is over comes back as another occurrence."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from finops_lib.errors import ConfigError
from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.state.audit import list_lines, verify
from finops_lib.state.models import AuditRow, RecommendationEventRow, RecommendationRow
from finops_lib.state.open import State, open_state
from finops_lib.state.recommendation_words import (
    approve_recommendation,
    implement_recommendation,
    reject_recommendation,
    schedule_recommendation,
    snooze_recommendation,
    withdraw_recommendation,
)
from finops_lib.state.recommendations import Recorded, get_recommendation, list_recommendations, record_recommendations
from tests.analyses.advice import advice
from tests.lake.crowd import forkserver, started
from tests.state.conftest import NOON, on_every_state

DAY = date(2026, 5, 19)
# What a search of these tests finds.
_MANY = 20


def record(state: State, *found: Recommendation, days: int = 0, who: str = "cron", **options: Any) -> Recorded:
    """Write down a search that is made some days later."""
    when = timedelta(days=days)
    return record_recommendations(state, found, as_of=DAY + when, at=NOON + when, who=who, **options)


def kept(state: State, recommendation_id: str = "") -> KeptRecommendation:
    if not recommendation_id:
        [one] = list_recommendations(state)
        return one
    return get_recommendation(state, recommendation_id)[0]


def history(state: State, recommendation_id: str) -> list[str]:
    return [event.action for event in get_recommendation(state, recommendation_id)[1]]


def approve(state: State, one: KeptRecommendation, who: str = "ann", days: int = 0) -> KeptRecommendation:
    return approve_recommendation(
        state,
        one.recommendation_id,
        evidence_hash=one.recommendation.evidence_hash,
        baseline="{}",
        at=NOON + timedelta(days=days),
        who=who,
    )


def counts(state: State) -> tuple[int, int, int]:
    with state.read() as session:
        tables = (RecommendationRow, RecommendationEventRow, AuditRow)
        found = [session.scalar(select(func.count()).select_from(table)) for table in tables]
    return tuple(map(int, found))  # type: ignore[return-value,arg-type]  # count gives a number


@on_every_state
def test_a_finding_is_kept_with_all_it_says_and_written_to_the_log(state: State) -> None:
    found = advice(
        "12.345678", facts={"idle_days": "40"}, confidence=0.75, one_time_cost=Decimal("1.50"), data_through=DAY
    )
    done = record(state, found, run_id="r1", snapshot=7)
    one = kept(state)
    assert (done.new, one.recommendation, one.status) == ((one.recommendation_id,), found, "pending")
    assert (one.proposed_by, one.first_found, one.last_found, one.times_found) == ("cron", DAY, DAY, 1)
    [line] = list_lines(state)
    assert (line.action, line.object, line.run_id) == (
        "recommendation found",
        f"recommendation:{one.recommendation_id}",
        "r1",
    )
    assert get_recommendation(state, one.recommendation_id[:5])[0] == one


@on_every_state
def test_the_same_search_again_changes_nothing_and_a_later_one_only_when_it_was_seen(state: State) -> None:
    record(state, advice("50"))
    before = counts(state)
    assert record(state, advice("50")) == Recorded()
    record(state, advice("50.2", evidence="idle for 41 days"), days=1)
    assert counts(state) == before
    one = kept(state)
    assert (one.times_found, one.last_found, one.recommendation.evidence) == (
        2,
        DAY + timedelta(days=1),
        "idle for 41 days",
    )
    # A tenth more is worth a line in its history, and none in the audit log.
    assert record(state, advice("55"), days=2).changed == (one.recommendation_id,)
    assert counts(state) == (1, 2, 1)


def test_several_piles_of_one_name_are_one_recommendation(state: State) -> None:
    piles = [advice("5", resource="", region="a"), advice("7", resource="", region="b")]
    record(state, *piles)
    assert record(state, *reversed(piles)) == Recorded()
    assert kept(state).recommendation.monthly_savings == 7


def test_a_search_through_an_earlier_day_is_refused(state: State) -> None:
    record(state, advice("50"), days=3)
    with pytest.raises(ConfigError, match="looked for through 2026-05-22 already, after 2026-05-19"):
        record(state, advice("50"))


def test_what_is_not_found_for_ninety_days_is_over_and_comes_back_as_another(state: State) -> None:
    record(state, advice("50"))
    first = kept(state).recommendation_id
    assert record(state, days=89).expired == ()
    assert record(state, days=90).expired == (first,)
    done = record(state, advice("50"), days=91)
    assert done.new == (f"{first}-2",)
    assert (kept(state, f"{first}-2").previous_id, kept(state, f"{first}-2").occurrence) == (first, 2)
    assert history(state, first) == ["found", "expired"]
    # A beginning names the newest of its occurrences.
    assert kept(state, first[:6]).recommendation_id == f"{first}-2"


def test_another_target_for_the_same_resource_takes_its_place(state: State) -> None:
    record(state, advice("50", target="m5.large"))
    first = kept(state).recommendation_id
    done = record(state, advice("60", target="m5.medium"), days=1)
    assert done.superseded == (first,)
    assert kept(state, first).superseded_by == done.new[0]


def test_what_the_bill_shows_no_more_has_resolved_itself(state: State) -> None:
    record(state, advice("50"), advice("50", resource="i-2"))
    name = ("aws", "111", "i-1")
    done = record(state, advice("50", resource="i-2"), days=5, gone={name})
    [first] = done.resolved
    assert kept(state, first).status == "resolved_externally"
    # Found all the same, it is there: rules may know more than the bill.
    assert record(state, advice("50"), advice("50", resource="i-2"), days=6, gone={name}).resolved == ()


def test_a_rejected_one_is_silent_until_its_day_or_until_it_has_grown_by_half(state: State) -> None:
    record(state, advice("50"), advice("50", resource="i-2", current_monthly_cost=Decimal(500)))
    one, two = (row.recommendation_id for row in list_recommendations(state))
    reject_recommendation(state, one, reason="a standby", until=DAY + timedelta(days=31), at=NOON, who="ann")
    reject_recommendation(state, two, reason="a standby", until=None, at=NOON, who="ann")
    both = [row.recommendation for row in list_recommendations(state)]
    assert record(state, *both, days=20) == Recorded()
    assert record(state, *both, days=31).woken == (one,)
    grown = [
        replace(row, monthly_savings=Decimal("75.01"))
        for row in both
        if row.resource_id == kept(state, two).recommendation.resource_id
    ]
    assert record(state, *(replace(row, monthly_savings=Decimal(75)) for row in grown), days=32).woken == ()
    assert record(state, *grown, days=33).woken == (two,)
    assert kept(state, two).status == "pending"


def test_a_snoozed_one_wakes_on_its_day_and_sleeps_180_days_at_most(state: State) -> None:
    record(state, advice("50"))
    one = kept(state).recommendation_id
    with pytest.raises(ConfigError, match="cannot sleep until 2026-11-17; next: name a day until 2026-11-16"):
        snooze_recommendation(state, one, until=date(2026, 11, 17), at=NOON, who="ann")
    with pytest.raises(ConfigError, match="which is not to come"):
        snooze_recommendation(state, one, until=NOON.date(), at=NOON, who="ann")
    snooze_recommendation(state, one, until=NOON.date() + timedelta(days=10), at=NOON, who="ann")
    assert record(state, advice("50"), days=9).woken == ()
    assert record(state, advice("50"), days=10).woken == (one,)


def test_who_proposed_it_does_not_approve_it(state: State) -> None:
    record(state, advice("50"), who="ann")
    with pytest.raises(ConfigError, match="was proposed by ann, who cannot approve it"):
        approve(state, kept(state), "ann")
    assert approve(state, kept(state), "bob").status == "approved"
    with pytest.raises(ConfigError, match="is approved; next: approve takes one that is pending or snoozed"):
        approve(state, kept(state), "eve")


def test_a_commitment_needs_two_who_are_not_the_same(state: State) -> None:
    record(state, advice("50", step="commit", type="plan"))
    first = approve(state, kept(state), "ann")
    assert (first.status, first.reason) == ("pending", "approved by ann; needs one more person")
    with pytest.raises(ConfigError, match="approved by ann already; next: a commitment needs two different people"):
        approve(state, kept(state), "ann")
    second = approve(state, kept(state), "bob")
    assert (second.status, [one.who for one in second.approvals]) == ("approved", ["ann", "bob"])
    assert history(state, second.recommendation_id) == ["found", "co-approved", "approved"]


def test_who_approves_has_seen_the_evidence_as_it_is(state: State) -> None:
    record(state, advice("50"))
    seen = kept(state)
    record(state, advice("50", evidence="another"), days=1)
    with pytest.raises(ConfigError, match="found again with other evidence meanwhile; next: finops savings show"):
        approve(state, seen)


@pytest.mark.parametrize(
    ("change", "is_material"),
    [
        ({"monthly_savings": Decimal(60)}, False),
        ({"monthly_savings": Decimal("60.01")}, True),
        ({"current_monthly_cost": Decimal(121)}, True),
        ({"price_grade": "D"}, True),
        ({"evidence": "idle for longer"}, False),
    ],
)
def test_an_approval_lapses_when_evidence_or_price_change_by_more_than_a_fifth(
    state: State, change: dict[str, Any], is_material: bool
) -> None:
    record(state, advice("50"))
    approve(state, kept(state))
    done = record(state, replace(advice("50"), **change), days=1)
    one = kept(state)
    assert (one.status, bool(done.lapsed)) == (("pending", True) if is_material else ("approved", False))
    assert bool(one.approvals) is not is_material
    assert bool(one.baseline) is not is_material


def test_an_approval_that_nobody_acts_on_for_sixty_days_is_asked_again(state: State) -> None:
    record(state, advice("50"))
    first = approve(state, kept(state)).recommendation_id
    assert record(state, advice("50"), days=59).expired == ()
    done = record(state, advice("50"), days=60)
    assert (done.expired, done.new) == ((first,), (f"{first}-2",))
    assert kept(state, f"{first}-2").status == "pending"


def test_a_plan_is_scheduled_implemented_with_a_reference_or_withdrawn(state: State) -> None:
    record(state, advice("50"))
    one = approve(state, kept(state)).recommendation_id
    with pytest.raises(ConfigError, match="cannot be done on 2026-05-19, which is past"):
        schedule_recommendation(state, one, on=DAY, at=NOON, who="ann")
    assert schedule_recommendation(state, one, on=date(2026, 6, 1), at=NOON, who="ann").status == "scheduled"
    with pytest.raises(ConfigError, match="which is to come"):
        implement_recommendation(state, one, on=date(2026, 6, 2), reference="T-1", by="tom", at=NOON, who="ann")
    later = NOON + timedelta(days=13)
    done = implement_recommendation(state, one, on=date(2026, 6, 2), reference="T-1", by="tom", at=later, who="ann")
    assert (done.status, done.implemented_on, done.implemented_by, done.reference) == (
        "implemented",
        date(2026, 6, 2),
        "tom",
        "T-1",
    )
    with pytest.raises(ConfigError, match="is implemented; next: withdraw takes one that is approved or scheduled"):
        withdraw_recommendation(state, one, reason="no", at=later, who="ann")
    # Still found because its look-back holds old days: neither doubled nor changed.
    assert record(state, advice("50"), days=20) == Recorded()


def test_what_was_withdrawn_is_proposed_anew(state: State) -> None:
    record(state, advice("50"))
    one = approve(state, kept(state)).recommendation_id
    withdraw_recommendation(state, one, reason="a freeze", at=NOON, who="ann")
    assert record(state, advice("50"), days=1).new == (f"{one}-2",)


def test_ids_that_are_not_there_or_not_clear_are_refused(state: State) -> None:
    record(state, *(advice("50", resource=f"i-{number}") for number in range(40)))
    ids = sorted(one.recommendation_id for one in list_recommendations(state))
    shared = next(a[:1] for a, b in pairwise(ids) if a[0] == b[0])
    with pytest.raises(ConfigError, match="several recommendations begin with"):
        kept(state, shared)
    for name in ("nope", "%"):
        with pytest.raises(ConfigError, match="there is no recommendation"):
            get_recommendation(state, name)


@on_every_state
def test_what_happened_cannot_be_rewritten(state: State) -> None:
    record(state, advice("50"))
    for change in ("update recommendation_event set who = 'x'", "delete from recommendation_event"):
        with pytest.raises(DatabaseError, match="keeps what was written"), state.write() as session:
            session.execute(text(change))


def many(saving: str = "50") -> Sequence[Recommendation]:
    return [advice(saving, resource=f"i-{number}") for number in range(_MANY)]


def _race(url: str, start: float, said: Any) -> None:
    state = open_state(url)
    while time.time() < start:
        time.sleep(0.001)
    said.put(len(record(state, *many()).new))
    state.close()


@pytest.mark.slow
@on_every_state
def test_of_searches_at_the_same_moment_one_writes_and_none_doubles(state: State, state_url: str) -> None:
    crowd, said, start = 4, forkserver().SimpleQueue(), time.time() + 1.0
    processes = [started(_race, state_url, start, said) for _ in range(crowd)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * crowd
    assert sorted(said.get() for _ in range(crowd)) == [0] * (crowd - 1) + [_MANY]
    assert counts(state) == (_MANY, _MANY, _MANY)
    assert verify(state).broken_at is None


def _search_on_and_on(url: str, said: Any) -> None:
    state = open_state(url)
    for number in range(10_000):
        # Another target each time: all of before is superseded, all of now is new.
        found = [replace(one, target=f"{random.random()}-{number}") for one in many()]
        record(state, *found)
        if number == 0:
            # However slow the machine is, the blow falls on a database that holds something.
            said.put(True)


@pytest.mark.slow
@on_every_state
def test_killed_at_any_moment_all_of_a_search_is_there_or_nothing(state: State, state_url: str) -> None:
    chance = random.Random(5)
    for _ in range(6):
        said = forkserver().SimpleQueue()
        process = started(_search_on_and_on, state_url, said)
        said.get()
        process.join(chance.uniform(0.05, 0.4))
        process.kill()
        process.join()
        with state.write() as session:
            # A server may still be busy with the last statement of a client that is gone.
            from finops_lib.state.audit import take_turn

            take_turn(session)
        rows, events, lines = counts(state)
        assert rows % _MANY == 0
        assert events == lines == 2 * rows - _MANY * bool(rows)
        assert len(list_recommendations(state, statuses=["pending"])) == (_MANY if rows else 0)
        assert verify(state).broken_at is None
    assert rows > 0


def test_moments_and_days_are_what_was_given(state: State) -> None:
    record(state, advice("50"))
    one = approve(state, kept(state))
    assert isinstance(one.approved_at, datetime)
    assert (one.approved_at, one.approvals[0].at) == (NOON, NOON)
