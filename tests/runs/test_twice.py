"""One bill under two names: refused where it would count twice, and shown where it does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import open_lake
from finops_lib.lake.twice import BilledTwice
from finops_lib.marts.build import build
from finops_lib.runs.collect import Collected, collect
from finops_lib.runs.doctor import Check, examine
from finops_lib.runs.ingest import ingest
from finops_lib.runs.reconcile import reconcile
from finops_lib.runs.twice import held_twice
from finops_lib.settings import Settings, load_settings
from finops_lib.sources.collectors import COLLECTORS, Asked, Options, Part, Permission, Tried
from tests.conftest import WriteBill

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
OTHER_MONTH = {
    "BillingPeriodStart": "2026-06-01T00:00:00Z",
    "BillingPeriodEnd": "2026-07-01T00:00:00Z",
    "ChargePeriodStart": "2026-06-02T00:00:00Z",
    "ChargePeriodEnd": "2026-06-03T00:00:00Z",
}


class _Comparing(Options):
    compare_with: str = ""


class _Interface:
    """A provider's interface that answers with the files it is given, month by month."""

    permissions: tuple[Permission, ...] = ()

    def __init__(self, options: type[Options], answers: dict[date, Path]) -> None:
        self.options = options
        self.answers = answers

    def collect(self, options: Options, asked: Asked) -> Iterator[Part]:
        for month, path in self.answers.items():
            copy = asked.folder / path.name
            copy.write_bytes(path.read_bytes())
            yield Part(month, (copy,), "")

    def try_permissions(self, options: Options) -> list[Tried]:
        return []


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[date, Path]:
    """What the interface knows, for its two kinds: one can compare, the other cannot."""
    known: dict[date, Path] = {}
    COLLECTORS.names()
    monkeypatch.setitem(COLLECTORS._plugins, "comparing", _Interface(_Comparing, known))
    monkeypatch.setitem(COLLECTORS._plugins, "asking", _Interface(Options, known))
    return known


def _configured(settings: Settings, kind: str = "comparing", more: str = "") -> Settings:
    text = (
        f"sources:\n- {{name: payer, provider: aws, path: bills}}\n- {{name: api, provider: aws, kind: {kind}{more}}}\n"
    )
    (settings.params / "workbench.yaml").write_text(text)
    return load_settings()


def _collect_api(settings: Settings, *, replace: bool = False) -> Collected:
    [api] = [source for source in settings.workbench.sources if source.name == "api"]
    return collect(settings, [api], replace=replace)


def _billed(settings: Settings) -> dict[tuple[str, str], Decimal]:
    with open_lake(settings.lake) as lake:
        sums = "select x_SourceId, strftime(x_BillingMonth, '%Y-%m'), sum(BilledCost) from cost group by all"
        return {(source, month): billed for source, month, billed in lake.con.execute(sums).fetchall()}


def _check() -> Check:
    [check] = [check for check in examine() if check.check == "bills"]
    return check


def test_a_month_that_an_export_holds_is_refused_and_others_load(
    settings: Settings, write_bill: WriteBill, answers: dict[date, Path]
) -> None:
    settings = _configured(settings)
    ingest(settings, [write_bill("export.csv", [{}])], source="payer")
    answers |= {MAY: write_bill("may.csv", [{}]), JUNE: write_bill("june.csv", [OTHER_MONTH])}
    collected = _collect_api(settings)
    [refusal] = collected.refusals
    assert (refusal.exit_code, refusal.path) == (3, "comparing (2026-05)")
    assert refusal.reason == (
        "api 2026-05: payer holds the bill of account 999999999999 for this month already; it would count twice; next: "
        "write the option `compare_with: payer` in params/workbench.yaml, under api; its totals are then held against "
        "that bill"
    )
    assert _billed(settings) == {("payer", "2026-05"): 10, ("api", "2026-06"): 10}
    assert _check().ok


def test_an_export_that_comes_second_is_refused_too(
    settings: Settings, write_bill: WriteBill, answers: dict[date, Path]
) -> None:
    settings = _configured(settings)
    answers[MAY] = write_bill("may.csv", [{}])
    _collect_api(settings)
    for dry_run in (True, False):
        with pytest.raises(DataError, match=r"payer 2026-05: api holds the bill of account 999999999999") as refused:
            ingest(settings, [write_bill("export.csv", [{}])], source="payer", dry_run=dry_run)
        assert refused.value.exit_code == 3
    assert _billed(settings) == {("api", "2026-05"): 10}
    # A restated month of its own is none of another's business.
    answers[MAY] = write_bill("may.csv", [{"BilledCost": "11"}])
    _collect_api(settings)
    assert _billed(settings) == {("api", "2026-05"): 11}


def test_what_only_compares_gives_its_charges_back_when_it_is_told_to(
    settings: Settings, write_bill: WriteBill, answers: dict[date, Path]
) -> None:
    settings = _configured(settings)
    answers[MAY] = write_bill("may.csv", [{}, {"BillingCurrency": "EUR"}])
    _collect_api(settings)
    settings = _configured(settings, more=", options: {compare_with: payer}")
    [refusal] = _collect_api(settings).refusals
    assert refusal.exit_code == 3
    assert "its own charges of 2026-05 are in the lake" in refusal.reason
    assert refusal.reason.endswith("finops collect api --replace takes them out; earlier snapshots keep them")
    gone = _collect_api(settings, replace=True)
    assert [(r.currency, r.rows_loaded, r.billed_before, r.message) for r in gone.reports] == [
        ("EUR", 0, 10, "withdrawn: it only compares with payer"),
        ("USD", 0, 10, "withdrawn: it only compares with payer"),
    ]
    assert _billed(settings) == {}
    ingest(settings, [write_bill("export.csv", [{}])], source="payer")
    assert _billed(settings) == {("payer", "2026-05"): 10}
    build(settings.lake)
    assert [step for step in reconcile(settings) if not step.ok] == []
    assert _collect_api(settings).refusals == ()


def test_other_accounts_of_one_payer_are_other_bills(
    settings: Settings, write_bill: WriteBill, answers: dict[date, Path]
) -> None:
    settings = _configured(settings)
    ingest(settings, [write_bill("export.csv", [{"SubAccountId": "1"}])], source="payer")
    answers[MAY] = write_bill("may.csv", [{"SubAccountId": "2"}])
    assert _collect_api(settings).refusals == ()
    # A charge that does not say its account, a tax for one, may be of any.
    answers[MAY] = write_bill("may.csv", [{"SubAccountId": "2"}, {"SubAccountId": "", "ChargeCategory": "Tax"}])
    assert "account 999999999999" in _collect_api(settings).refusals[0].reason


def test_two_exports_of_one_payer_are_their_owners_business(
    settings: Settings, write_bill: WriteBill, answers: dict[date, Path]
) -> None:
    settings = _configured(settings)
    for source in ("payer", "again"):
        ingest(settings, [write_bill("export.csv", [{}])], source=source)
    assert _billed(settings) == {("payer", "2026-05"): 10, ("again", "2026-05"): 10}


def test_charges_that_are_said_to_be_others_load_beside(
    settings: Settings, write_bill: WriteBill, answers: dict[date, Path]
) -> None:
    settings = _configured(settings, kind="asking")
    ingest(settings, [write_bill("export.csv", [{}])], source="payer")
    answers[MAY] = write_bill("may.csv", [{}])
    [refusal] = _collect_api(settings).refusals
    assert "where they hold different charges of that account, write `apart_from: [payer]`" in refusal.reason
    settings = _configured(settings, kind="asking", more=", apart_from: [payer]")
    assert _collect_api(settings).refusals == ()
    assert _billed(settings) == {("payer", "2026-05"): 10, ("api", "2026-05"): 10}
    assert _check().ok


def test_the_doctor_shows_what_counts_twice_already(
    settings: Settings, write_bill: WriteBill, answers: dict[date, Path]
) -> None:
    # Both were loaded before anybody wrote down that one of them is asked.
    for source in ("payer", "api"):
        ingest(settings, [write_bill("export.csv", [{}])], source=source)
    settings = _configured(settings)
    with open_lake(settings.lake) as lake:
        assert held_twice(lake.con, settings) == [BilledTwice("aws", MAY, "999999999999", "api", "payer")]
    check = _check()
    assert (check.ok, check.message) == (
        False, "api and payer both hold account 999999999999 of 2026-05: it counts twice"
    )  # fmt: skip
    assert "`compare_with: payer`" in check.next_step
    _configured(settings, more=", options: {compare_with: payer}")
    assert _check().next_step.startswith("finops collect api --replace")
