"""A recommendation's whole life over months of bills: found, approved, done, verified, and back again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.findings import KeptRecommendation
from finops_lib.runs import savings
from finops_lib.runs.folder import RunFolder
from finops_lib.runs.handover import RERUN_OF
from finops_lib.runs.opened import opened_state
from finops_lib.runs.savings_decide import approve, implement, reject
from finops_lib.runs.savings_export import export
from finops_lib.runs.savings_find import Found, find_in_lake
from finops_lib.runs.savings_inputs import INPUT, savings_inputs
from finops_lib.runs.savings_verify import Checked, verify_in_lake
from finops_lib.settings import Settings
from finops_lib.state import audit
from finops_lib.state.recommendations import list_recommendations
from tests.conftest import MadeOnce, WriteBill
from tests.runs.savings_estate import NAT, NAT_A_DAY, VOLUME, Remedies, load

pytestmark = pytest.mark.slow

APRIL, CHANGED = date(2026, 4, 1), date(2026, 6, 5)
MONTH = Decimal(365) / 12
Acts = Callable[[str], None]


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> Acts:
    """Give a function that lets somebody act."""
    return lambda who: monkeypatch.setenv("FINOPS_USER", who)


@pytest.fixture
def found(settings: Settings, write_bill: WriteBill, as_user: Acts, made_once: MadeOnce) -> Settings:
    """April and May are loaded, and the schedule has looked for savings."""

    def fill() -> None:
        load(settings, write_bill, APRIL, date(2026, 5, 31))
        find(settings, date(2026, 5, 30))

    as_user("cron")
    made_once("savings-life", fill)
    return settings


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def find(settings: Settings, day: date) -> Found:
    return find_in_lake(settings, as_of=day.isoformat(), now=at(day + timedelta(days=1)))


def verified(settings: Settings, day: date) -> dict[str, Checked]:
    done = verify_in_lake(settings, as_of=day.isoformat(), now=at(day + timedelta(days=1)))
    return {checked.kept.recommendation.resource_id: checked for checked in done}


def known(settings: Settings) -> dict[str, KeptRecommendation]:
    """Give the newest occurrence about each resource."""
    with opened_state(settings) as state:
        kept = list_recommendations(state)
    return {one.recommendation.resource_id: one for one in sorted(kept, key=lambda one: one.occurrence)}


def decide(settings: Settings, as_user: Acts, *resources: str) -> None:
    """Let somebody approve, and say that all of it was done on the day of the change."""
    as_user("ann")
    for resource in resources:
        one = known(settings)[resource].recommendation_id
        approve(settings, one, now=at(date(2026, 6, 2)))
        implement(settings, one, reference="CHG-1", by="tom", on=CHANGED, now=at(date(2026, 6, 6)))


def test_a_whole_life_from_found_to_verified_to_regressed(
    found: Settings, write_bill: WriteBill, as_user: Acts
) -> None:
    pending = known(found)
    assert {resource: one.status for resource, one in pending.items()} == {NAT: "pending", VOLUME: "pending"}
    decide(found, as_user, NAT, VOLUME)
    # The estate changes, and two more months of bills come in.
    remedies = Remedies(nat_deleted=CHANGED, volume_changed=CHANGED)
    load(found, write_bill, date(2026, 6, 1), date(2026, 6, 12), remedies)
    early = verified(found, date(2026, 6, 12))
    # A week without a charge says that the gateway is gone; the volume needs two weeks of bills.
    assert early[NAT].verification is not None
    assert early[VOLUME].verification is None
    assert early[VOLUME].reason == "bills must be complete through 2026-06-21, they are through 2026-06-12"
    load(found, write_bill, date(2026, 6, 1), date(2026, 7, 20), remedies)
    find(found, date(2026, 7, 20))
    later = verified(found, date(2026, 7, 20))
    truth = {NAT: NAT_A_DAY * MONTH, VOLUME: Decimal(2)}
    for resource, planted in truth.items():
        said = later[resource].verification
        assert said is not None
        assert said.low <= planted <= said.high
        assert known(found)[resource].status == "verified"
    bill = later[NAT].verification
    # 26 days of June and 20 of July at 1.08
    assert bill is not None
    assert bill.banked == {"2026-06": NAT_A_DAY * 26, "2026-07": NAT_A_DAY * 20}
    assert [one.is_news for one in verified(found, date(2026, 7, 20)).values()] == [False, False]
    [row] = savings.portfolio_rows(tuple(known(found).values()), since=date(2026, 1, 1), through=date(2026, 7, 20))
    assert row["net_monthly"] == 0
    assert row["realisation_rate"] == pytest.approx(1, abs=0.02)
    # Somebody changes the volume back.
    load(
        found, write_bill, date(2026, 7, 1), date(2026, 8, 20), replace(remedies, volume_changed_back=date(2026, 8, 1))
    )
    again = find(found, date(2026, 8, 20)).recorded
    assert (len(again.regressed), len(again.new)) == (1, 1)
    back = known(found)[VOLUME]
    assert (back.status, back.occurrence, back.previous_id) == ("pending", 2, again.regressed[0])
    # What was banked stays, and nothing more is claimed for what has come back.
    assert set(verified(found, date(2026, 8, 20))) == {NAT}
    with opened_state(found) as state:
        assert audit.verify(state).broken_at is None
        actions = [line.action for line in audit.list_lines(state, object=f"recommendation:{again.regressed[0]}")]
    assert actions == [
        f"recommendation {what}" for what in ("found", "approved", "implemented", "verified", "regressed")
    ]


def test_what_was_only_claimed_is_not_realised_and_new_advice_is_less_sure(
    found: Settings, write_bill: WriteBill, as_user: Acts
) -> None:
    decide(found, as_user, NAT)
    before = known(found)[NAT].recommendation.confidence
    load(found, write_bill, date(2026, 6, 1), date(2026, 7, 20))
    said = verified(found, date(2026, 7, 20))[NAT].verification
    assert said is not None
    assert (said.status, said.realised) == ("not_realised", 0)
    as_user("cron")
    find(found, date(2026, 7, 20))
    back = known(found)[NAT]
    assert (back.status, back.occurrence) == ("pending", 2)
    # None of one came true, beside five imagined ones that did.
    assert back.recommendation.confidence == round(before * 5 / 6, 3)


def test_what_disappears_by_itself_is_resolved_and_claimed_by_nobody(found: Settings, write_bill: WriteBill) -> None:
    load(found, write_bill, date(2026, 6, 1), date(2026, 6, 20), Remedies(nat_deleted=CHANGED))
    assert len(find(found, date(2026, 6, 9)).recorded.resolved) == 0
    assert len(find(found, date(2026, 6, 12)).recorded.resolved) == 1
    assert known(found)[NAT].status == "resolved_externally"


def test_a_baseline_is_frozen_at_the_approval_whatever_is_restated_later(
    found: Settings, write_bill: WriteBill, as_user: Acts
) -> None:
    decide(found, as_user, NAT)
    # May is restated without the gateway.
    load(found, write_bill, date(2026, 5, 1), date(2026, 6, 20), Remedies(nat_deleted=date(2026, 5, 1)))
    said = verified(found, date(2026, 6, 20))[NAT].verification
    assert said is not None
    assert said.realised == (NAT_A_DAY * MONTH).quantize(Decimal("0.000001"))


def test_rows_of_the_list_add_up_to_the_portfolio(found: Settings) -> None:
    rows = savings.listed(found)
    assert list(rows[0]) == list(savings.LISTED)
    assert {row["resource_id"] for row in rows} == {NAT, VOLUME}
    [total] = savings.totals(found)
    assert sum(row["net_monthly_savings"] for row in rows) == total["net_monthly"] <= total["gross_monthly"]
    assert total["low"] <= total["base"] <= total["high"] <= total["addressable_monthly"]
    for row in rows:
        assert row["annual_savings"] == 12 * row["monthly_savings"]
        assert row["projected_monthly_cost"] == row["current_monthly_cost"] - row["monthly_savings"] >= 0


def test_decisions_need_reasons_references_and_somebody_else(found: Settings, as_user: Acts) -> None:
    one = known(found)[NAT].recommendation_id
    with pytest.raises(ConfigError, match="was proposed by cron"):
        approve(found, one)
    as_user("ann")
    with pytest.raises(ConfigError, match="--reason is empty"):
        reject(found, one, reason=" ")
    approve(found, one)
    with pytest.raises(ConfigError, match="--reference is empty"):
        implement(found, one, reference="")
    with pytest.raises(ConfigError, match=r"is approved; next: when it is done: finops savings implement"):
        verify_in_lake(found, recommendation_ids=[one])


def test_a_policy_is_for_what_is_approved_and_every_export_is_noted(found: Settings, as_user: Acts) -> None:
    one = known(found)[NAT].recommendation_id
    assert NAT in export(found, [one], kind="ticket")
    with pytest.raises(ConfigError, match="is pending, not approved; next: finops savings approve"):
        export(found, [one], kind="custodian")
    with pytest.raises(ConfigError, match="unknown kind of export 'jira'"):
        export(found, [one], kind="jira")
    as_user("ann")
    approve(found, one)
    assert "resource: aws.nat-gateway" in export(found, [one], kind="custodian")
    with opened_state(found) as state:
        lines = [line for line in audit.list_lines(state) if line.action == "recommendation exported"]
    assert [(line.who, line.details["kind"]) for line in lines] == [("cron", "ticket"), ("ann", "custodian")]


def test_a_page_keeps_what_it_read_and_is_made_again_from_it(
    found: Settings, tmp_path: Path, as_user: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere, day = RunFolder(None, ""), date(2026, 5, 31)
    (tmp_path / "run").mkdir()
    first = savings_inputs(found, RunFolder(tmp_path / "run", "r1"), as_of=day)
    assert {one.recommendation.resource_id for one in first} == {NAT, VOLUME}
    assert savings_inputs(found, nowhere, as_of=date(2026, 5, 29)) == ()
    as_user("ann")
    approve(found, first[0].recommendation_id)
    assert savings_inputs(found, nowhere, as_of=day) != first
    # The inputs that the first run kept are the params of its rerun.
    monkeypatch.setenv(RERUN_OF, "r1")
    rerun = found.model_copy(update={"params": tmp_path / "run" / "inputs"})
    assert (rerun.params / INPUT).is_file()
    assert savings_inputs(rerun, nowhere, as_of=day) == first


def test_without_a_lake_or_a_state_nothing_is_made_by_looking(settings: Settings) -> None:
    with pytest.raises(LakeError, match="there is no lake"):
        find_in_lake(settings)
    assert savings_inputs(settings, RunFolder(None, ""), as_of=APRIL) == ()
    assert not (settings.lake.folder / "state.sqlite").exists()
