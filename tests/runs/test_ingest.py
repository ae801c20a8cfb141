"""Deliveries: what replaces what, what is refused, and that the lake is whole whatever happens."""

from __future__ import annotations

from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import pytest

import finops_lib.runs.ingest as ingest_module
from finops_lib.errors import ConfigError, DataError, LockError, QualityError
from finops_lib.lake.catalog import is_there
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.objects import data_objects
from finops_lib.lake.open import open_lake
from finops_lib.runs.ingest import RefusedReplacement, ingest
from finops_lib.settings import Settings, load_settings
from tests.conftest import WriteBill, on_every_lake

pytestmark = on_every_lake

JUNE = {
    "BillingPeriodStart": "2026-06-01T00:00:00Z",
    "BillingPeriodEnd": "2026-07-01T00:00:00Z",
    "ChargePeriodStart": "2026-06-02T00:00:00Z",
    "ChargePeriodEnd": "2026-06-03T00:00:00Z",
}


def _ask(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with open_lake(settings.lake) as lake:
        return lake.con.execute(query).fetchall()


def _statuses(settings: Settings, *paths: Path, replace: bool = False) -> list[tuple[str, str]]:
    return [(r.billing_month, r.status) for r in ingest(settings, paths, source="aws", replace=replace)]


def _files_on_disk(settings: Settings) -> int:
    return sum("/main/cost/" in file.path for file in data_objects(settings.lake))


def test_a_first_load_reports_rows_and_money_of_each_slice(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{"BilledCost": "1.5"}, {"BilledCost": "-0.25"}, JUNE])
    may, june = ingest(settings, [path], source="aws")
    assert (may.provider, may.billing_month, may.currency, may.status, may.message) == (
        "aws",
        "2026-05",
        "USD",
        "loaded",
        "new",
    )
    # 1.5 - 0.25; two rows of 8.00
    assert (may.rows_loaded, may.billed_loaded, may.effective_loaded) == (2, Decimal("1.25"), Decimal(16))
    assert may.billed_before is None
    assert (june.billing_month, june.rows_in, june.billed_in) == ("2026-06", 1, Decimal(10))
    assert _ask(settings, "select count(*), sum(BilledCost) from cost") == [(3, Decimal("11.25"))]


def test_the_same_delivery_again_is_unchanged(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{}, JUNE])
    assert _statuses(settings, path) == [("2026-05", "loaded"), ("2026-06", "loaded")]
    assert _statuses(settings, path) == [("2026-05", "unchanged"), ("2026-06", "unchanged")]
    assert _ask(settings, "select count(*) from loads") == [(2,)]


def test_a_then_b_then_a_again_ends_with_a(settings: Settings, write_bill: WriteBill) -> None:
    a, b = write_bill("a.csv", [{"BilledCost": "10"}]), write_bill("b.csv", [{"BilledCost": "11"}])
    assert [_statuses(settings, path) for path in (a, b, a)] == [[("2026-05", "loaded")]] * 3
    assert _ask(settings, "select BilledCost from cost") == [(Decimal(10),)]


def test_only_the_months_that_changed_are_replaced(settings: Settings, write_bill: WriteBill) -> None:
    may, june = write_bill("may.csv", [{}]), write_bill("june.csv", [JUNE])
    assert _statuses(settings, may) == [("2026-05", "loaded")]
    assert _statuses(settings, may, june) == [("2026-05", "unchanged"), ("2026-06", "loaded")]
    assert _statuses(settings, may, june) == [("2026-05", "unchanged"), ("2026-06", "unchanged")]


def test_a_delivery_of_which_one_month_was_superseded_loads_that_month_again(
    settings: Settings, write_bill: WriteBill
) -> None:
    both, june = write_bill("both.csv", [{}, JUNE]), write_bill("june.csv", [JUNE | {"BilledCost": "12"}])
    assert _statuses(settings, both) == [("2026-05", "loaded"), ("2026-06", "loaded")]
    assert _statuses(settings, june) == [("2026-06", "loaded")]
    assert _statuses(settings, both) == [("2026-05", "unchanged"), ("2026-06", "loaded")]
    assert _ask(settings, "select sum(BilledCost) from cost") == [(Decimal(20),)]


def test_a_restated_month_says_by_how_much(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{"BilledCost": "10"}])], source="aws")
    [report] = ingest(settings, [write_bill("b.csv", [{"BilledCost": "9.5"}, {"BilledCost": "2"}])], source="aws")
    # 9.5 + 2 - 10
    assert (report.billed_before, report.message) == (Decimal(10), "restated by +1.5 USD")
    assert _ask(settings, "select count(*), sum(BilledCost) from cost") == [(2, Decimal("11.5"))]


def test_currencies_are_reported_apart(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{"BillingCurrency": "EUR"}, {"BillingCurrency": "USD", "BilledCost": "3"}])
    reports = ingest(settings, [path], source="aws")
    assert [(r.currency, r.billed_loaded) for r in reports] == [("EUR", Decimal(10)), ("USD", Decimal(3))]


def test_sources_do_not_replace_each_other(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{}])
    ingest(settings, [path], source="payer-1")
    ingest(settings, [path], source="payer-2")
    assert _ask(settings, "select x_SourceId from cost order by all") == [("payer-1",), ("payer-2",)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{}], "aws aws 2026-05 would shrink from 4 to 1 rows"),
        ([{"BilledCost": "1"}] * 4, "aws aws 2026-05 would shrink from 40 to 4 USD billed"),
        ([{"EffectiveCost": "1"}] * 4, "aws aws 2026-05 would shrink from 32 to 4 USD effective"),
        ([{"BillingCurrency": "EUR"}] * 4, "aws aws 2026-05 would shrink from 40 to 0 USD billed"),
    ],
)
def test_a_large_loss_is_refused_unless_announced(
    settings: Settings, write_bill: WriteBill, rows: list[dict[str, str]], message: str
) -> None:
    ingest(settings, [write_bill("a.csv", [{"ResourceId": f"i-{n}"} for n in range(4)])], source="aws")
    small = write_bill("b.csv", rows)
    with pytest.raises(RefusedReplacement, match="add --replace") as caught:
        ingest(settings, [small], source="aws")
    assert message in str(caught.value)
    assert caught.value.exit_code == 3
    assert {report.status for report in caught.value.reports} == {"rejected"}
    assert _ask(settings, "select count(*), sum(BilledCost) from cost") == [(4, Decimal(40))]
    assert ingest(settings, [small], source="aws", replace=True)[0].status == "loaded"


def test_a_refused_delivery_loads_none_of_its_months(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{"ResourceId": f"i-{n}"} for n in range(4)])], source="aws")
    with pytest.raises(RefusedReplacement) as caught:
        ingest(settings, [write_bill("b.csv", [{}, JUNE])], source="aws")
    told = [(r.billing_month, r.status, r.rows_in, r.rows_loaded, r.billed_loaded) for r in caught.value.reports]
    assert told == [("2026-05", "rejected", 1, 0, 0), ("2026-06", "rejected", 1, 0, 0)]


def test_a_currency_that_is_gone_is_reported_with_its_money(settings: Settings, write_bill: WriteBill) -> None:
    usd, eur = {"BilledCost": "5"}, {"BillingCurrency": "EUR", "BilledCost": "-1", "EffectiveCost": "0"}
    ingest(settings, [write_bill("a.csv", [usd, usd | {"ResourceId": "i-2"}, eur])], source="aws")
    without = write_bill("b.csv", [usd, usd | {"ResourceId": "i-2"}])
    with pytest.raises(RefusedReplacement, match="from -1 to 0 EUR billed"):
        ingest(settings, [without], source="aws")
    reports = ingest(settings, [without], source="aws", replace=True)
    told = {r.currency: (r.rows_loaded, r.billed_before, r.message) for r in reports}
    assert told["EUR"] == (0, Decimal(-1), "restated by +1 EUR")
    query = "select rows_loaded, billed_before from loads where BillingCurrency = 'EUR' order by load_number"
    assert _ask(settings, query) == [(1, None), (0, Decimal(-1))]
    assert _statuses(settings, without) == [("2026-05", "unchanged")] * 2


def test_an_interrupt_right_after_the_commit_loses_nothing(
    settings: Settings, write_bill: WriteBill, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ingest_module.commit

    def interrupted(*words: object, **more: object) -> None:
        real(*words, **more)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(ingest_module, "commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ingest(settings, [write_bill("a.csv", [{}])], source="aws")
    assert _ask(settings, "select BilledCost from cost") == [(Decimal(10),)]


def test_a_slice_that_others_replaced_meanwhile_is_loaded_after_all(
    settings: Settings, write_bill: WriteBill, monkeypatch: pytest.MonkeyPatch
) -> None:
    may, other = write_bill("may.csv", [{}]), write_bill("other.csv", [{"BilledCost": "12"}])
    ingest(settings, [may], source="aws")
    real = ingest_module.stage
    raced: list[int] = []

    def overtaken(*words: object, **more: object) -> object:
        staged = real(*words, **more)  # type: ignore[arg-type]
        if not raced:
            raced.append(1)
            ingest(settings, [other], source="aws")
        return staged

    monkeypatch.setattr(ingest_module, "stage", overtaken)
    # May is unchanged when the delivery is looked at, and somebody else's when it is to be committed.
    assert _statuses(settings, may, write_bill("june.csv", [JUNE])) == [("2026-05", "loaded"), ("2026-06", "loaded")]
    assert _ask(settings, "select sum(BilledCost) from cost") == [(Decimal(20),)]
    assert _ask(settings, "select count(*) from cost") == [(2,)]


def test_a_dry_run_changes_nothing(settings: Settings, write_bill: WriteBill) -> None:
    [report] = ingest(settings, [write_bill("a.csv", [{}])], source="aws", dry_run=True)
    assert (report.rows_in, report.rows_loaded) == (1, 0)
    assert report.message == "dry run, nothing loaded; would be: new"
    assert not is_there(settings.lake)


def test_a_broken_row_leaves_no_trace(settings: Settings, write_bill: WriteBill) -> None:
    with pytest.raises(DataError):
        ingest(settings, [write_bill("a.csv", [{}, {"BilledCost": "?"}])], source="aws")
    assert not is_there(settings.lake)


def test_a_delivery_with_no_rows_replaces_nothing(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{}])], source="aws")
    assert ingest(settings, [write_bill("none.csv", [])], source="aws") == []
    assert _ask(settings, "select count(*) from cost") == [(1,)]


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, "ü"])
def test_a_source_has_a_plain_name(settings: Settings, write_bill: WriteBill, name: str) -> None:
    with pytest.raises(ConfigError, match="is not a source name"):
        ingest(settings, [write_bill("a.csv", [{}])], source=name)


def test_a_load_is_on_record_with_its_files(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{"BilledCost": "1.0000000000004"}])
    ingest(settings, [path], source="aws", run_id="run-1")
    money_columns = "billed_in, billed_loaded, rounding_drift, values_rounded"
    query = f"select x_SourceId, dialect, rows_in, rows_rejected, {money_columns}, run_id from loads"
    # 13 decimals in, 12 kept
    money = (Decimal("1.0000000000004"), Decimal(1), Decimal("0.0000000000004"))
    assert _ask(settings, query) == [("aws", "focus-1.2", 1, 0, *money, 1, "run-1")]
    [(files,)] = _ask(settings, "select source_files from loads")
    assert str(path) in str(files)
    assert _ask(settings, "select count(*) from cost join loads on x_LoadId = load_id") == [(1,)]


def test_letter_case_is_put_right_and_counted(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{"ChargeCategory": "USAGE"}])], source="aws")
    assert _ask(settings, "select ChargeCategory from cost") == [("Usage",)]
    found = _ask(settings, "select finding, column_name, occurrences, example from load_findings")
    assert ("letter-case", "ChargeCategory", 1, "USAGE") in found


def test_dimensions_are_promoted_by_the_rules(settings: Settings, write_bill: WriteBill) -> None:
    settings.params.mkdir(exist_ok=True)
    (settings.params / "workbench.yaml").write_text(
        "allocation:\n  rules_version: 3\n  dimensions:\n"
        "    team: {keys: [team], aliases: {shop: [e-commerce]}, accounts: {'2': data}}\n"
        "    environment: {keys: [env], default: prod}\n"
    )
    charges = [
        {"Tags": '{"user:Team": "E_Commerce"}', "ResourceId": "1"},
        {"Tags": "", "SubAccountId": "2", "ResourceId": "2"},
        {"Tags": '{"team": "n/a", "ENV": "Dev"}', "ResourceId": "3"},
    ]
    ingest(load_settings(), [write_bill("a.csv", charges)], source="aws")
    rows = _ask(settings, "select x_Team, x_Environment, x_AllocationRule from cost order by ResourceId")
    assert rows == [
        ("shop", "prod", '{"version": "3", "team": "tag:user:Team", "environment": "default"}'),
        ("data", "prod", '{"version": "3", "team": "account", "environment": "default"}'),
        (None, "dev", '{"version": "3", "environment": "tag:ENV"}'),
    ]


def test_new_rules_load_the_same_file_again(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{}])
    assert _statuses(settings, path) == [("2026-05", "loaded")]
    settings.params.mkdir(exist_ok=True)
    (settings.params / "workbench.yaml").write_text("allocation: {dimensions: {team: {keys: [team]}}}\n")
    assert [r.status for r in ingest(load_settings(), [path], source="aws")] == ["loaded"]
    assert _ask(settings, "select x_Team from cost") == [("shop",)]


def test_a_failed_commit_leaves_the_lake_and_the_disk_as_they_were(
    settings: Settings, write_bill: WriteBill, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(settings, [write_bill("a.csv", [{}])], source="aws")
    before = _files_on_disk(settings)

    def fail(*_: object, **__: object) -> int:
        raise QualityError("planted")

    monkeypatch.setattr(ingest_module, "commit", fail)
    with pytest.raises(QualityError, match="planted"):
        ingest(settings, [write_bill("b.csv", [{"BilledCost": "11"}])], source="aws")
    assert _files_on_disk(settings) == before
    assert _ask(settings, "select BilledCost from cost") == [(Decimal(10),)]


def test_whoever_waits_too_long_for_the_lock_is_told_who_holds_it(settings: Settings) -> None:
    with (
        writer_lock(settings.lake, purpose="a long load"),
        pytest.raises(LockError, match=r"being written by pid \d+ \(a long load\)") as caught,
        writer_lock(settings.lake, purpose="another", wait_s=0.2),
    ):
        pass
    assert caught.value.exit_code == 5


def _load_in_process(path: Path) -> str:
    [report] = ingest(load_settings(), [path], source="aws")
    return report.status


@pytest.mark.slow
def test_three_first_loads_at_once_end_with_one(settings: Settings, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{"ResourceId": f"i-{n}"} for n in range(50)])
    with get_context("spawn").Pool(3) as pool:
        statuses = pool.map(_load_in_process, [path] * 3)
    assert sorted(statuses) == ["loaded", "unchanged", "unchanged"]
    assert _ask(settings, "select count(*) from cost") == [(50,)]
    assert _files_on_disk(settings) == 1
