"""The sample estate over two months: its waste is found, approved and removed, and later bills show what that saved."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finops_lib.findings import KeptRecommendation, Verification
from finops_lib.runs import savings
from finops_lib.runs.collect import collect
from finops_lib.runs.opened import opened_state
from finops_lib.runs.savings_decide import approve, implement
from finops_lib.runs.savings_find import find_in_lake
from finops_lib.runs.savings_verify import verify_in_lake
from finops_lib.sample import Estate, sample_workbench_yaml, write_estate
from finops_lib.settings import Settings, load_settings
from finops_lib.state.recommendations import list_recommendations

pytestmark = pytest.mark.slow

FIRST, CHANGED, LATER = date(2026, 3, 17), date(2026, 3, 24), date(2026, 5, 1)
ROWS = 12_000
MONTH = Decimal(365) / 12


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def told(estate: Estate, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(estate.truth.read_text(encoding="utf-8"))[what]
    return found


def loaded(bills: Path) -> Settings:
    settings = load_settings()
    settings.params.mkdir(exist_ok=True)
    settings.workbench_file.write_text(sample_workbench_yaml(bills.name), encoding="utf-8")
    settings = load_settings()
    assert not collect(settings, settings.workbench.sources).refusals
    return settings


def planted(estate: Estate) -> dict[tuple[str, str], dict[date, Decimal]]:
    """Give provider and resource -> what its removal has saved on each day."""
    found: dict[tuple[str, str], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for one in told(estate, "implemented"):
        for day, saved in one["days"].items():
            found[one["provider"], one["resource_id"].lower()][date.fromisoformat(day)] += Decimal(saved)
    return found


def test_what_later_bills_say_is_what_was_planted(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bills = tmp_path / "bills"
    first = write_estate(bills, as_of=FIRST, rows=ROWS)
    settings = loaded(bills)
    monkeypatch.setenv("FINOPS_USER", "cron")
    find_in_lake(settings, now=at(FIRST + timedelta(days=1)))
    done = _approve_and_implement(settings, told(first, "waste"), monkeypatch)
    # At least what the bill alone shows, on all three providers.
    assert len(done) > 30
    assert {name for name, _ in done} == {"aws", "azure", "gcp"}

    shutil.rmtree(bills)
    acted = dict.fromkeys((resource for _, resource in done), CHANGED)
    later = write_estate(bills, as_of=LATER, labelled_as_of=FIRST, rows=ROWS, implemented=acted)
    settings = loaded(bills)
    checked = verify_in_lake(settings, now=at(LATER + timedelta(days=1)))

    truth = planted(later)
    said = {name: one.verification for one in checked if (name := _name(one.kept)) in truth and one.verification}
    assert set(said) == set(done)
    outside = {name: one for name, one in said.items() if not one.low <= _a_month(truth[name], one) <= one.high}
    # A range of 95 %: one in twenty may miss.
    assert len(outside) <= len(said) / 20, outside
    banked = sum(sum(one.banked.values()) for one in said.values())
    # What the bills are complete through is banked; the truth knows of days after it.
    through = min(date.fromisoformat(day) for day in _complete_through(later).values())
    really = sum(saved for days in truth.values() for day, saved in days.items() if day <= through)
    # The truth deletes volumes whole; of what is terminated, the snapshot that is kept instead stays to be paid.
    kept = {_name(one.kept): one.kept.recommendation for one in checked}
    a_day = {name: (one.current_monthly_cost - one.monthly_savings) * 12 / 365 for name, one in kept.items()}
    ended = [name for name in said if kept[name].step == "terminate"]
    instead = sum(a_day[name] * sum(day <= through for day in truth[name]) for name in ended)
    assert banked == pytest.approx(really - instead, rel=Decimal("0.02"))
    [row] = [row for row in savings.totals(settings, as_of=LATER) if row["currency"] == "USD"]
    dollars = [one.verification for one in checked if one.verification and one.kept.recommendation.currency == "USD"]
    assert row["banked_year_to_date"] == sum(sum(one.banked.values()) for one in dollars)


def _complete_through(estate: Estate) -> dict[str, str]:
    days: dict[str, str] = json.loads(estate.truth.read_text(encoding="utf-8"))["complete_through"]
    return days


def _approve_and_implement(
    settings: Settings, waste: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> dict[tuple[str, str], KeptRecommendation]:
    """Say of everything found that is planted waste that it was done; give it by provider and resource id."""
    ids = {(one["provider"], name.lower()) for one in waste if not one["is_review"] for name in one["billed_as"]}
    monkeypatch.setenv("FINOPS_USER", "ann")
    with opened_state(settings) as state:
        kept = [one for one in list_recommendations(state) if one.recommendation.monthly_savings > 0]
    done: dict[tuple[str, str], KeptRecommendation] = {}
    for one in kept:
        # A promise cannot be undone, and one resource is acted on once.
        if _name(one) not in ids or one.recommendation.step == "commit" or _name(one) in done:
            continue
        approve(settings, one.recommendation_id, now=at(FIRST + timedelta(days=2)))
        done[_name(one)] = implement(
            settings, one.recommendation_id, reference="CHG-1", on=CHANGED, now=at(CHANGED + timedelta(days=1))
        )
    return done


def _name(kept: KeptRecommendation) -> tuple[str, str]:
    return kept.recommendation.provider, kept.recommendation.resource_id.lower()


def _a_month(days: dict[date, Decimal], said: Verification) -> Decimal:
    """Give what was planted for the days that were compared, per month."""
    window = [amount for day, amount in days.items() if said.after_start <= day <= said.after_end]
    return sum(window, Decimal(0)) / ((said.after_end - said.after_start).days + 1) * MONTH
