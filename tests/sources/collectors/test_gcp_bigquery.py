"""Google's bill from a BigQuery on this machine: whole months, only those that changed, or a plain word why not."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery as api

from finops_lib.errors import ConfigError, SourceError
from finops_lib.lake.open import connect
from finops_lib.periods import BillingPeriod
from finops_lib.sources.collectors import COLLECTORS, Asked, Part
from finops_lib.sources.collectors.bigquery_client import Asking, BigQueryOptions
from finops_lib.sources.collectors.bigquery_sql import Question
from finops_lib.sources.collectors.gcp_bigquery import GcpBigQuery
from finops_lib.sources.delivery import read_delivery
from finops_lib.sources.files import find_files
from tests.servers import free_port
from tests.sources.collectors.faults import FaultyProxy, Kind, faulty_proxy
from tests.sources.google_bills import DETAILED, RESOURCE, STANDARD, Field, charge

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 10)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
PROJECT = "shop-billing"
MakeTable = Callable[..., str]


def charge_in(month: str, **parts: Any) -> dict[str, Any]:
    """Give a charge of an invoice month that was exported on the third of it."""
    day = f"{month[:4]}-{month[4:]}-03"
    times = {"usage_start_time": f"{day}T10:00:00Z", "usage_end_time": f"{day}T11:00:00Z"}
    row = charge(invoice__month=month, **{**times, "export_time": f"{day}T14:00:00.123456Z", **parts})
    return {**row, "resource": RESOURCE}


@pytest.fixture(scope="module")
def client(bigquery: str) -> Iterator[api.Client]:
    options = ClientOptions(api_endpoint=bigquery)
    client = api.Client(PROJECT, credentials=AnonymousCredentials(), client_options=options)
    client.create_dataset("billing")
    yield client
    client.close()


@pytest.fixture(scope="module")
def make_table(client: api.Client) -> MakeTable:
    """Give a function that makes a table with rows, partitioned by a column or ("") by arrival."""

    def make(fields: list[Field], rows: list[dict[str, Any]], *, partition: str | None = "export_time") -> str:
        name = f"{PROJECT}.billing.export_{uuid.uuid4().hex[:8]}"
        table = api.Table(name, schema=[api.SchemaField.from_api_repr(field) for field in fields])
        if partition is not None:
            table.time_partitioning = api.TimePartitioning(type_="DAY", field=partition or None)
        client.create_table(table)
        append(client, name, rows)
        return name

    return make


@pytest.fixture(scope="module")
def detailed(make_table: MakeTable) -> str:
    """A table that no test changes: one charge in January, two in February, the second with an odd number."""
    february = [charge_in("202602"), charge_in("202602", cost=1.2345e-05, credits=[])]
    return make_table(DETAILED, [charge_in("202601", cost=5.0), *february])


def append(client: api.Client, table: str, rows: list[dict[str, Any]]) -> None:
    names = {field.name for field in client.get_table(table).schema}
    assert not client.insert_rows_json(table, [{k: v for k, v in row.items() if k in names} for row in rows])


def options_of(url: str, table: str, **more: Any) -> BigQueryOptions:
    return BigQueryOptions(table=table, api_endpoint=url, **{"retry_seconds": 5, "history_months": 3, **more})


def collect(
    options: BigQueryOptions,
    folder: Path,
    *,
    months: tuple[date, ...] = (),
    held: Mapping[date, str] | None = None,
    today: date = TODAY,
    collector: GcpBigQuery | None = None,
) -> list[Part]:
    private = folder / uuid.uuid4().hex
    private.mkdir()
    asked = Asked(source="google", months=months, today=today, held=held or {}, folder=private)
    return list((collector or COLLECTORS.get("gcp-bigquery")).collect(options, asked))


def months_of(parts: list[Part]) -> list[date]:
    return [part.month for part in parts]


def loaded(parts: list[Part], columns: str) -> list[tuple[Any, ...]]:
    """Read the files as a load does and give some columns of the charges."""
    con = connect()
    try:
        read_delivery(con, find_files([file for part in parts for file in part.files]))
        return con.execute(f"select {columns} from charges order by all").fetchall()
    finally:
        con.close()


def test_months_come_whole_with_labels_and_credits_and_money_to_the_last_digit(
    bigquery: str, detailed: str, tmp_path: Path
) -> None:
    # A page a row, so that there is more than one.
    parts = collect(options_of(bigquery, detailed, page_rows=1), tmp_path)
    assert months_of(parts) == [JANUARY, FEBRUARY]
    assert parts[1].marker == "2026-02-03T14:00:00.123456Z 2"
    [file] = parts[0].files
    assert parts[0].origins[file].startswith(f"bigquery://{detailed}/2026-01")
    # 5 - 0.1; 0.3 - 0.1; 0.000012345
    expected = [("2026-01", Decimal("4.9")), ("2026-02", Decimal("0.000012345")), ("2026-02", Decimal("0.2"))]
    assert loaded(parts, "strftime(x_BillingMonth, '%Y-%m'), BilledCost") == expected
    tags = {"team": "shop", "cost-center": "7", "compute.googleapis.com/cores": "4"}
    assert loaded(parts[:1], "Tags, ResourceName, json(x_Extra['x_Credits'])[0]->>'type'") == [
        (tags, "vm-1", "PROMOTION")
    ]


def test_a_second_run_fetches_nothing_and_a_late_row_only_its_month(
    bigquery: str, client: api.Client, make_table: MakeTable, tmp_path: Path
) -> None:
    table = make_table(DETAILED, [charge_in("202601"), charge_in("202602")])
    options = options_of(bigquery, table)
    held = {part.month: part.marker for part in collect(options, tmp_path)}
    assert collect(options, tmp_path, held=held) == []
    # January's charge arrives in March, in a partition of March.
    append(client, table, [charge_in("202601", cost=7.0, credits=[], export_time="2026-03-09T10:00:00Z")])
    [january] = collect(options, tmp_path, held=held)
    assert (january.month, january.marker) == (JANUARY, "2026-03-09T10:00:00.000000Z 2")
    assert loaded([january], "BilledCost") == [(Decimal("0.2"),), (Decimal("7"),)]
    # A batch has one time of export: the rest of it still makes a new version.
    held[JANUARY] = january.marker
    append(client, table, [charge_in("202601", cost=8.0, credits=[], export_time="2026-03-09T10:00:00Z")])
    assert [part.marker for part in collect(options, tmp_path, held=held)] == ["2026-03-09T10:00:00.000000Z 3"]


def test_a_row_that_is_very_late_is_seen_whichever_months_are_asked_for(
    bigquery: str, make_table: MakeTable, tmp_path: Path
) -> None:
    late = charge_in("202510", cost=7.0, credits=[], export_time="2026-03-01T00:00:00Z")
    table = make_table(DETAILED, [charge_in("202510"), late])
    [october] = collect(options_of(bigquery, table), tmp_path, months=(date(2025, 10, 1),))
    assert loaded([october], "BilledCost") == [(Decimal("0.2"),), (Decimal("7"),)]


def test_months_that_are_asked_for_are_fetched_and_one_without_charges_is_told(
    bigquery: str, detailed: str, tmp_path: Path
) -> None:
    january, march = collect(options_of(bigquery, detailed), tmp_path, months=(MARCH, JANUARY))
    assert (january.month, len(january.files)) == (JANUARY, 1)
    assert (march.month, march.files, march.marker) == (MARCH, (), "")
    assert march.notes == (f"{detailed} has no charges of 2026-03",)


def test_a_standard_export_partitioned_by_arrival(bigquery: str, make_table: MakeTable, tmp_path: Path) -> None:
    # The rows arrive now, whenever that is: they are of this month's invoice.
    today = datetime.fromtimestamp(time.time()).astimezone().date()
    month = f"{today:%Y%m}"
    table = make_table(STANDARD, [charge_in(month)], partition="")
    [part] = collect(options_of(bigquery, table), tmp_path, today=today)
    assert part.month == BillingPeriod.of(today).start
    assert loaded([part], "BilledCost, ResourceName") == [(Decimal("0.2"), None)]
    # Whoever looks for them where they did not arrive does not find them: the window is on the partition.
    assert collect(options_of(bigquery, table), tmp_path, today=today - timedelta(days=365)) == []


def test_a_table_without_partitions_still_gets_a_window(bigquery: str, make_table: MakeTable, tmp_path: Path) -> None:
    table = make_table(STANDARD, [charge_in("202602")], partition=None)
    assert months_of(collect(options_of(bigquery, table), tmp_path)) == [FEBRUARY]


def test_google_s_focus_export_is_its_own_dialect(bigquery: str, make_table: MakeTable, tmp_path: Path) -> None:
    texts = ("BillingCurrency", "ChargeCategory", "ProviderName", "ServiceName", "BillingAccountId")
    times = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "x_ExportTime")
    pair = [{"name": name, "type": "STRING", "mode": "NULLABLE"} for name in ("Key", "Value")]
    fields = [
        *({"name": name, "type": "STRING", "mode": "NULLABLE"} for name in texts),
        *({"name": name, "type": "TIMESTAMP", "mode": "NULLABLE"} for name in times),
        *({"name": name, "type": "NUMERIC", "mode": "NULLABLE"} for name in ("BilledCost", "EffectiveCost")),
        {"name": "x_Labels", "type": "RECORD", "mode": "REPEATED", "fields": pair},
    ]
    row = {
        **dict(zip(texts, ("USD", "Usage", "Google Cloud", "BigQuery", "a-1"), strict=True)),
        "BillingPeriodStart": "2026-02-01T00:00:00Z",
        "BillingPeriodEnd": "2026-03-01T00:00:00Z",
        "ChargePeriodStart": "2026-02-02T00:00:00Z",
        "ChargePeriodEnd": "2026-02-03T00:00:00Z",
        "x_ExportTime": "2026-02-04T00:00:00Z",
        "BilledCost": "1.123456789",
        "EffectiveCost": "1",
        "x_Labels": [{"Key": "team", "Value": "shop"}],
    }
    table = make_table(fields, [row], partition="x_ExportTime")
    [part] = collect(options_of(bigquery, table), tmp_path)
    assert (part.month, part.marker) == (FEBRUARY, "2026-02-04T00:00:00.000000Z 1")
    [read] = loaded([part], "BilledCost, Tags, cast(x_BillingMonth as VARCHAR)")
    assert read == (Decimal("1.123456789"), {"team": "shop"}, "2026-02-01")


class Estimates:
    """Bytes that BigQuery would read, since the emulator always says none."""

    def __init__(self, *each: int) -> None:
        self.left = list(each)

    def __call__(self, asking: Asking, question: Question) -> int:
        return self.left.pop(0)


@pytest.mark.parametrize(
    ("estimates", "why"),
    [
        ((600,), r"looking for months that changed would read 600 bytes, max_bytes_billed allows 500"),
        ((10, 10, 501), r"reading 2 invoice months would read 501 bytes, max_bytes_billed allows 500"),
        ((10, 495, 496), r"reading 2 invoice months would read 1,001 bytes, bytes_budget allows 1,000"),
    ],
)
def test_nothing_is_read_that_is_over_the_budget(
    bigquery: str, detailed: str, tmp_path: Path, estimates: tuple[int, ...], why: str
) -> None:
    options = options_of(bigquery, detailed, max_bytes_billed=500, bytes_budget=1000)
    with faulty_proxy(bigquery) as proxy, pytest.raises(ConfigError, match=why):
        within = options.model_copy(update={"api_endpoint": proxy.url})
        collect(within, tmp_path, collector=GcpBigQuery(Estimates(*estimates)))
    # Only the look at the months may have run, and only if it was allowed.
    assert len([seen for seen in proxy.seen if "POST" in seen and "/jobs" in seen]) == (len(estimates) > 1)
    assert not list(tmp_path.rglob("*.parquet"))


def test_what_is_within_the_budget_is_read(bigquery: str, detailed: str, tmp_path: Path) -> None:
    options = options_of(bigquery, detailed, max_bytes_billed=500, bytes_budget=1000)
    parts = collect(options, tmp_path, collector=GcpBigQuery(Estimates(10, 490, 500)))
    assert months_of(parts) == [JANUARY, FEBRUARY]


@pytest.fixture
def proxy(bigquery: str) -> Iterator[FaultyProxy]:
    with faulty_proxy(bigquery) as proxy:
        yield proxy


def test_what_passes_by_itself_is_waited_for(proxy: FaultyProxy, detailed: str, tmp_path: Path) -> None:
    # Two of them in a row at most, since the client waits longer each time.
    faults: tuple[tuple[Kind, str], ...] = (
        ("429", "/tables/"),
        ("cut", "/tables/"),
        ("500", "/jobs"),
        ("reset", "/queries/"),
    )
    for kind, path in faults:
        proxy.fail(kind, path)
    parts = collect(options_of(proxy.url, detailed, retry_seconds=30, page_rows=1), tmp_path)
    assert proxy.all_came
    expected = [(Decimal("0.000012345"),), (Decimal("0.2"),), (Decimal("4.9"),)]
    assert loaded(parts, "BilledCost") == expected


@pytest.mark.parametrize(
    ("kind", "path", "why"),
    [
        ("500", "", "BigQuery did not answer in time .*told 500"),
        ("reset", "/queries/", "BigQuery did not answer"),
        ("half", "/tables/", "BigQuery's answer is not whole"),
        ("half", "/queries/", "BigQuery's answer is not whole"),
        ("fewer", "pageToken=", "looking for months that changed: 1 of 2 months came"),
    ],
)
def test_what_does_not_pass_ends_within_seconds_and_is_told(
    proxy: FaultyProxy, detailed: str, tmp_path: Path, kind: Kind, path: str, why: str
) -> None:
    proxy.fail(kind, path, times=1000)
    started = time.monotonic()
    with pytest.raises(SourceError, match=why):
        collect(options_of(proxy.url, detailed, retry_seconds=1, wait_seconds=20, page_rows=1), tmp_path)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("kind", "path", "why"),
    [("500", "", "reading 2026-02: .*told 500"), ("fewer", "pageToken=", "2026-02: 1 charges came, 2 are there")],
)
def test_what_was_complete_is_given_before_a_later_month_fails(
    proxy: FaultyProxy, detailed: str, tmp_path: Path, kind: Kind, path: str, why: str
) -> None:
    options = options_of(proxy.url, detailed, retry_seconds=1, page_rows=1)
    parts = COLLECTORS.get("gcp-bigquery").collect(options, Asked("google", (), TODAY, {}, tmp_path))
    assert next(parts).month == JANUARY
    proxy.fail(kind, path, times=1000)
    with pytest.raises(SourceError, match=why):
        next(parts)


def test_a_refusal_names_the_permission(proxy: FaultyProxy, detailed: str, tmp_path: Path) -> None:
    proxy.fail("403", "/tables/", times=1000)
    with pytest.raises(ConfigError, match=r"Google refused it .*grant bigquery\.tables\.get"):
        collect(options_of(proxy.url, detailed), tmp_path)
    [tried] = COLLECTORS.get("gcp-bigquery").try_permissions(options_of(proxy.url, detailed))
    assert not tried.ok
    assert "told 403" in tried.said


def test_every_permission_can_be_tried(bigquery: str, detailed: str) -> None:
    collector = COLLECTORS.get("gcp-bigquery")
    tried = collector.try_permissions(options_of(bigquery, detailed))
    assert [(one.permission, one.ok, one.said) for one in tried] == [(p, True, "") for p in collector.permissions]


def test_a_table_that_is_not_there_or_no_bill_is_the_operator_s(
    bigquery: str, make_table: MakeTable, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="check `table`"):
        collect(options_of(bigquery, f"{PROJECT}.billing.nothing"), tmp_path)
    other = make_table([{"name": "day", "type": "DATE", "mode": "NULLABLE"}], [], partition="day")
    with pytest.raises(ConfigError, match="is no billing export"):
        collect(options_of(bigquery, other), tmp_path)


def test_charges_of_no_month_stop_the_run(bigquery: str, make_table: MakeTable, tmp_path: Path) -> None:
    table = make_table(STANDARD, [charge_in("202602"), {**charge_in("202602"), "invoice": None}])
    with pytest.raises(SourceError, match="1 charges have no invoice month"):
        collect(options_of(bigquery, table), tmp_path)


def test_where_nobody_listens_the_run_ends_at_once(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(SourceError, match="nobody answers at http://127"):
        collect(options_of(f"http://127.0.0.1:{free_port()}", "shop.billing.export"), tmp_path)
    assert time.monotonic() - started < 5


def test_without_credentials_it_says_where_they_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "absent.json"))
    with pytest.raises(ConfigError, match=r"no usable Google credentials .*gcloud auth application-default login"):
        collect(BigQueryOptions(table="shop.billing.export"), tmp_path)


@pytest.mark.parametrize("table", ["billing.export", "a.b.c; drop table x", "a.b.`c`"])
def test_a_table_is_named_in_full_or_the_settings_are_refused(table: str) -> None:
    with pytest.raises(ValueError, match="should match pattern"):
        BigQueryOptions(table=table)
