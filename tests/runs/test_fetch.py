"""What is new at a source is fetched month by month; what the lake has is not fetched again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest

from finops_lib.errors import ConfigError, SourceError
from finops_lib.lake.open import open_lake
from finops_lib.runs.collect import Collected, collect
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings, SourceConfig
from finops_lib.sources.collectors import COLLECTORS, Asked, Options, Part, Permission, Tried
from finops_lib.sources.gather import LOADING
from tests.sources.trees import bill, put, put_aws

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def _upload(folder: Path, bucket: str) -> None:
    client = boto3.client("s3")
    for file in folder.rglob("*"):
        if file.is_file():
            client.put_object(Bucket=bucket, Key=file.relative_to(folder).as_posix(), Body=file.read_bytes())
    client.close()


def _source(bucket: str) -> SourceConfig:
    return SourceConfig(name="payer", provider="aws", path=f"s3://{bucket}")


def _told(collected: Collected) -> list[tuple[str, str, str]]:
    return sorted((r.billing_month, r.status, f"{r.billed_loaded.normalize():f}") for r in collected.reports)


def _fetched(settings: Settings, source: SourceConfig, **how: Any) -> tuple[Collected, list[str]]:
    seen: list[str] = []
    collected = collect(
        settings, [source], progress=lambda name: lambda what, done, total: seen.append(what.rpartition("/")[2]), **how
    )
    # All that was fetched was loaded.
    assert not seen or seen.pop() == LOADING
    return collected, seen


def test_a_second_run_fetches_only_the_month_that_moved(settings: Settings, bucket: str, tmp_path: Path) -> None:
    put_aws(tmp_path / "t", "2026-05", {"may.csv": bill("2026-05", "1")})
    put_aws(tmp_path / "t", "2026-06", {"june.csv": bill("2026-06", "2")})
    _upload(tmp_path / "t", bucket)
    first, seen = _fetched(settings, _source(bucket))
    assert (_told(first), seen) == (
        [("2026-05", "loaded", "1"), ("2026-06", "loaded", "2")],
        ["may.csv", "june.csv"],
    )
    again, seen = _fetched(settings, _source(bucket))
    assert (_told(again), seen) == ([("2026-05", "unchanged", "1"), ("2026-06", "unchanged", "2")], [])
    put_aws(tmp_path / "t", "2026-06", {"june.csv": bill("2026-06", "2", "3")})
    client = boto3.client("s3")
    for key in (
        "exports/focus/data/BILLING_PERIOD=2026-06/june.csv",
        "exports/focus/metadata/BILLING_PERIOD=2026-06/focus-Manifest.json",
    ):
        client.put_object(Bucket=bucket, Key=key, Body=(tmp_path / "t" / key).read_bytes())
    client.close()
    moved, seen = _fetched(settings, _source(bucket))
    assert (_told(moved), seen) == ([("2026-05", "unchanged", "1"), ("2026-06", "loaded", "5")], ["june.csv"])


def test_what_was_loaded_by_hand_makes_the_providers_version_void(
    settings: Settings, bucket: str, tmp_path: Path
) -> None:
    put_aws(tmp_path / "t", "2026-05", {"may.csv": bill("2026-05", "1")})
    _upload(tmp_path / "t", bucket)
    collect(settings, [_source(bucket)])
    ingest(settings, [put(tmp_path, "other.csv", bill("2026-05", "1.5"))], source="payer")
    collected, seen = _fetched(settings, _source(bucket))
    assert (_told(collected), seen) == ([("2026-05", "loaded", "1")], ["may.csv"])


def test_equal_bytes_under_a_new_version_are_fetched_once_and_then_known(
    settings: Settings, bucket: str, tmp_path: Path
) -> None:
    put_aws(tmp_path / "t", "2026-05", {"may.csv": bill("2026-05", "1")})
    _upload(tmp_path / "t", bucket)
    collect(settings, [_source(bucket)])
    # The same charges under another name, as a new run of the export leaves them.
    put_aws(tmp_path / "u", "2026-05", {"again.csv": bill("2026-05", "1")})
    _upload(tmp_path / "u", bucket)
    assert [_fetched(settings, _source(bucket))[1] for _ in range(2)] == [["again.csv"], []]


def test_a_broken_month_keeps_no_other_out(settings: Settings, bucket: str, tmp_path: Path) -> None:
    put_aws(tmp_path / "t", "2026-05", {"may.csv": bill("2026-05", "1")})
    put_aws(tmp_path / "t", "2026-06", {"june.csv": bill("2026-06", "much")})
    _upload(tmp_path / "t", bucket)
    collected, _ = _fetched(settings, _source(bucket))
    assert _told(collected) == [("2026-05", "loaded", "1")]
    [refusal] = collected.refusals
    assert "(2026-06)" in refusal.path
    assert "BilledCost 'much'" in refusal.reason


def test_one_month_can_be_chosen(settings: Settings, tmp_path: Path) -> None:
    for month in ("2026-05", "2026-06"):
        put_aws(tmp_path / "t", month, {"a.csv": bill(month, "1")})
    source = SourceConfig(name="payer", provider="aws", path=str(tmp_path / "t"))
    assert _told(collect(settings, [source], months=[JUNE])) == [("2026-06", "loaded", "1")]
    plain = put(tmp_path, "plain/a.csv", bill("2026-05", "1")).parent
    [refusal] = collect(settings, [SourceConfig(name="p", provider="aws", path=str(plain))], months=[MAY]).refusals
    assert (refusal.exit_code, "do not tell their months apart" in refusal.reason) == (ConfigError.exit_code, True)


def test_a_month_that_holds_charges_of_another_is_refused(settings: Settings, tmp_path: Path) -> None:
    put_aws(tmp_path / "t", "2026-05", {"a.csv": bill("2026-06", "1")})
    source = SourceConfig(name="payer", provider="aws", path=str(tmp_path / "t"))
    [refusal] = collect(settings, [source]).refusals
    assert "payer 2026-05: its files hold charges of 2026-06" in refusal.reason


class _Two:
    """An interface with two months, of which the second fails once the first is there."""

    options = Options
    permissions: tuple[Permission, ...] = ()

    def __init__(self) -> None:
        self.answers = {MAY: ("1", "v1"), JUNE: ("", "")}
        self.held: dict[date, str] = {}

    def collect(self, options: Options, asked: Asked) -> Iterator[Part]:
        self.held = dict(asked.held)
        for month, (amount, marker) in self.answers.items():
            if asked.held.get(month) == marker:
                continue
            if not amount:
                raise SourceError(f"{month:%Y-%m} did not come", next_step="run it again")
            file = put(asked.folder, "a.csv", bill(f"{month:%Y-%m}", amount))
            yield Part(month, (file,), marker, notes=("asked in pieces",))
            assert not file.exists()

    def try_permissions(self, options: Options) -> list[Tried]:
        return []


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> _Two:
    plugin = _Two()
    COLLECTORS.names()
    monkeypatch.setitem(COLLECTORS._plugins, "two-months", plugin)
    return plugin


def test_what_was_complete_is_loaded_when_an_interface_fails_later(settings: Settings, two: _Two) -> None:
    source = SourceConfig(name="api", provider="aws", kind="two-months")
    collected = collect(settings, [source])
    assert _told(collected) == [("2026-05", "loaded", "1")]
    assert [(r.exit_code, "2026-06 did not come" in r.reason) for r in collected.refusals] == [(4, True)]
    assert collected.notes == ("api 2026-05: asked in pieces",)
    two.answers[JUNE] = ("2", "v1")
    assert _told(collect(settings, [source])) == [("2026-05", "unchanged", "1"), ("2026-06", "loaded", "2")]
    assert two.held == {MAY: "v1"}
    two.answers[MAY] = ("3", "v2")
    collect(settings, [source])
    assert two.held == {MAY: "v1", JUNE: "v1"}
    with open_lake(settings.lake) as lake:
        # 3 of May as it is now, 2 of June
        assert lake.con.execute("select sum(BilledCost) from cost").fetchall() == [(5,)]


class _Comparing(Options):
    compare_with: str = ""


def test_a_source_to_compare_with_states_totals_and_loads_nothing(
    settings: Settings, two: _Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two, "options", _Comparing, raising=False)
    two.answers = {MAY: ("1", "v1")}
    source = SourceConfig(name="api", provider="aws", kind="two-months", options={"compare_with": "payer"})
    assert [collect(settings, [source]).reports for _ in range(2)] == [(), ()]
    assert two.held == {MAY: "v1"}
    with open_lake(settings.lake) as lake:
        assert lake.con.execute("select count(*) from cost").fetchall() == [(0,)]
        stated = "select x_SourceId, stated_by, x_BillingMonth, billed from stated_totals"
        assert lake.con.execute(stated).fetchall() == [("payer", "api", MAY, 1)]
