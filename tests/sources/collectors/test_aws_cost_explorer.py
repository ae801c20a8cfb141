"""Cost Explorer: few questions, the month's own total, and every way in which an answer can be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from finops_lib.errors import ConfigError, SourceError
from finops_lib.lake.open import connect
from finops_lib.sources.collectors import COLLECTORS, Asked, Part
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files
from tests.sources.collectors.cost_explorer import Item, Way, answer, queue

pytestmark = pytest.mark.slow

MAY = date(2026, 5, 1)
A, B = "111111111111", "222222222222"
EC2, S3, PLANS = (
    "Amazon Elastic Compute Cloud - Compute",
    "Amazon Simple Storage Service",
    "Savings Plans for AWS Compute usage",
)
# A Savings Plan of 10 for which 6 are used; the covered usage would have cost 9 without it.
ITEMS = [
    Item("2026-05-02", A, EC2, "Usage", "3.0000000001"),
    Item("2026-05-03", B, S3, "Usage", "2"),
    Item("2026-05-03", A, EC2, "SavingsPlanCoveredUsage", "9", "6"),
    Item("2026-05-03", A, EC2, "SavingsPlanNegation", "-9", "0"),
    Item("2026-05-03", A, PLANS, "SavingsPlanRecurringFee", "10", "4"),
    Item("2026-05-01", A, EC2, "Tax", "0.7"),
    Item("2026-05-04", B, S3, "Credit", "-1.5"),
    Item("2026-05-04", B, S3, "Enterprise Discount Program Discount", "-0.25"),
    Item("2026-05-05", A, S3, "Refund", "-0.5"),
    Item("2026-05-06", A, "AWS Support (Business)", "Support fee", "29"),
    # Costs nothing, so that nothing is asked about it.
    Item("2026-05-06", A, S3, "Fee", "0"),
]  # fmt: skip
# 3.0000000001 + 2 + 9 - 9 + 10 + 0.7 - 1.5 - 0.25 - 0.5 + 29
BILLED = Decimal("42.4500000001")
CLASSES = {
    "commitment": ["SavingsPlanRecurringFee"],
    "credit": ["Credit", "Enterprise Discount Program Discount"],
    "fee": ["Support fee"],
    "refund": ["Refund"],
    "tax": ["Tax"],
    "usage": ["SavingsPlanCoveredUsage", "SavingsPlanNegation", "Usage"],
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


def question(granularity: str, *groups: str, filter_: Any = None, end: str = "2026-06-01") -> dict[str, Any]:
    asked = {
        "TimePeriod": {"Start": "2026-05-01", "End": end},
        "Granularity": granularity,
        "Metrics": ["UnblendedCost", "AmortizedCost", "UsageQuantity"],
        "GroupBy": [
            {"Type": "TAG" if name.islower() else "DIMENSION", "Key": name} for name in groups
        ],
    }  # fmt: skip
    return asked | ({"Filter": filter_} if filter_ else {})


def only(dimension: str, *values: str) -> dict[str, Any]:
    return {"Dimensions": {"Key": dimension, "Values": list(values)}}


def types(names: Sequence[str]) -> dict[str, Any]:
    return only("RECORD_TYPE", *names)


OVERVIEW = question("MONTHLY", "RECORD_TYPE", "LINKED_ACCOUNT")
BY_CLASS = [question("DAILY", "SERVICE", "LINKED_ACCOUNT", filter_=types(names)) for names in CLASSES.values()]


def collect(
    way: Way, folder: Path, *, today: date = date(2026, 7, 1), months: tuple[date, ...] = (MAY,), **more: Any
) -> list[Part]:
    held = more.pop("held", {})
    collector = COLLECTORS.get("aws-cost-explorer")
    options = collector.options.model_validate({"endpoint_url": way.url, **more})
    return list(collector.collect(options, Asked("ce", months, today, held, folder)))


def read(con: duckdb.DuckDBPyConnection, part: Part) -> Delivery:
    return read_delivery(con, find_files(part.files), dialect=part.dialect)


def test_one_question_per_class_that_costs_anything_and_the_total_is_awss(
    way: Way, moto_url: str, tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    queue(moto_url, [answer(ITEMS, asked) for asked in (OVERVIEW, *BY_CLASS)])
    [part] = collect(way, tmp_path)
    assert way.questions == [OVERVIEW, *BY_CLASS]
    assert (part.month, part.notes) == (MAY, ("7 requests to Cost Explorer",))
    delivery = read(con, part)
    [totals] = delivery.totals
    assert (totals.provider, totals.month, totals.billed_in) == ("aws", MAY, BILLED)
    # Covered usage costs 6 and the unused plan 4, the fee itself nothing: as much as was billed.
    assert totals.effective_in == BILLED
    query = "select ChargeCategory, sum(BilledCost), sum(EffectiveCost) from charges group by all order by all"
    assert con.execute(query).fetchall() == [
        ("Credit", Decimal("-2.25"), Decimal("-2.25")),
        ("Purchase", Decimal("39"), Decimal("29")),
        ("Tax", Decimal("0.7"), Decimal("0.7")),
        ("Usage", Decimal("5.0000000001"), Decimal("15.0000000001")),
    ]
    columns = "BillingAccountId, SubAccountName, ServiceCategory, CommitmentDiscountStatus"
    query = f"select {columns} from charges where EffectiveCost = 4"
    assert con.execute(query).fetchall() == [("123456789012", "account 1", "Compute", "Unused")]


def test_what_the_days_lack_to_the_month_is_a_charge_of_its_own(
    way: Way, moto_url: str, tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    month, days = [Item("2026-05-02", A, EC2, "Usage", "3.01")], [Item("2026-05-02", A, EC2, "Usage", "3.0099999999")]
    queue(moto_url, [answer(month, OVERVIEW), answer(days, BY_CLASS[-1])])
    [part] = collect(way, tmp_path)
    assert read(con, part).totals[0].billed_in == Decimal("3.01")
    rows = con.execute("select BilledCost, SubAccountId, ChargeCategory from charges order by 1").fetchall()
    assert rows == [(Decimal("0.0000000001"), A, "Adjustment"), (Decimal("3.0099999999"), A, "Usage")]


@pytest.mark.parametrize(
    ("refine_by", "group", "column", "expected"),
    [
        ("REGION", "REGION", "RegionId", ["eu-west-1", "us-east-1"]),
        ("TAG:team", "team", "Tags['user:team']", ["shop", None]),
    ],
)
def test_usage_can_be_refined_account_by_account_and_adds_up_all_the_same(
    way: Way, moto_url: str, tmp_path: Path, con: duckdb.DuckDBPyConnection,
    refine_by: str, group: str, column: str, expected: list[str | None],
) -> None:  # fmt: skip
    items = [
        Item("2026-05-02", A, EC2, "Usage", "3"),
        Item("2026-05-02", B, EC2, "Usage", "4", region="eu-west-1", team="shop"),
    ]
    by_account = [
        question("DAILY", "SERVICE", group, filter_={"And": [types(["Usage"]), only("LINKED_ACCOUNT", account)]})
        for account in (A, B)
    ]
    queue(moto_url, [answer(items, asked) for asked in (OVERVIEW, *by_account)])
    [part] = collect(way, tmp_path, refine_by=refine_by)
    assert way.questions == [OVERVIEW, *by_account]
    assert read(con, part).totals[0].billed_in == 7
    found = con.execute(f"select {column} from charges order by 1 nulls last").fetchall()
    assert [value for (value,) in found] == expected


def test_a_source_to_compare_with_asks_once_a_month(
    way: Way, moto_url: str, tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    queue(moto_url, [answer(ITEMS, OVERVIEW)])
    [part] = collect(way, tmp_path, compare_with="aws-export")
    assert way.questions == [OVERVIEW]
    assert read(con, part).totals[0].billed_in == BILLED


def test_pages_are_followed(way: Way, moto_url: str, tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    items = [Item(f"2026-05-0{day}", A, EC2, "Usage", str(day)) for day in (1, 2, 3)]
    pages = [answer([item], BY_CLASS[-1]) | {"NextPageToken": f"page-{n}"} for n, item in enumerate(items)]
    del pages[-1]["NextPageToken"]
    queue(moto_url, [answer(items, OVERVIEW), *pages])
    [part] = collect(way, tmp_path)
    assert [asked.get("NextPageToken") for asked in way.questions] == [None, None, "page-0", "page-1"]
    assert read(con, part).totals[0].billed_in == 6


@pytest.mark.parametrize(("token", "said"), [("page-1", "a page that repeats"), ("page-0", "come back to one")])
def test_a_page_that_repeats_is_an_error(way: Way, moto_url: str, tmp_path: Path, token: str, said: str) -> None:
    items = [Item(f"2026-05-0{day}", A, EC2, "Usage", "1") for day in (1, 2)]
    again = items[0] if token == "page-1" else items[1]
    pages = [answer([items[0]], BY_CLASS[-1]) | {"NextPageToken": "page-0"}]
    pages.append(answer([again], BY_CLASS[-1]) | {"NextPageToken": token})
    queue(moto_url, [answer(items, OVERVIEW), *pages])
    with pytest.raises(SourceError, match=said):
        collect(way, tmp_path)


def test_the_ceiling_of_requests_is_kept_before_it_is_passed(way: Way, moto_url: str, tmp_path: Path) -> None:
    queue(moto_url, [answer(ITEMS, asked) for asked in (OVERVIEW, *BY_CLASS)])
    with pytest.raises(ConfigError, match=r"ce: .* would need more than 3 requests .*max_requests"):
        collect(way, tmp_path, max_requests=3)
    assert len(way.questions) == 3


def test_a_settled_month_is_not_asked_again_unless_it_is_named(way: Way, moto_url: str, tmp_path: Path) -> None:
    queue(moto_url, [answer([], OVERVIEW)] * 3)
    [part] = collect(way, tmp_path)
    assert (part.marker, part.files) == ("settled, unblended, by account", ())
    more: dict[str, Any] = {"months": (), "held": {MAY: part.marker}, "today": date(2026, 6, 20)}
    collector = COLLECTORS.get("aws-cost-explorer")
    before = len(way.questions)
    options = collector.options.model_validate({"endpoint_url": way.url, "months": 2})
    [june] = collector.collect(options, Asked("ce", (), more["today"], more["held"], tmp_path))
    assert june.month == date(2026, 6, 1)
    # The open month is asked for until today, and again by the next run.
    assert way.questions[before]["TimePeriod"] == {"Start": "2026-06-01", "End": "2026-06-21"}
    assert june.marker == ""
    assert [part.month for part in collect(way, tmp_path, held=more["held"])] == [MAY]


@pytest.mark.parametrize(
    ("today", "estimated"), [(date(2026, 6, 14), False), (date(2026, 7, 1), True)], ids=["too fresh", "estimated"]
)
def test_a_month_that_can_still_change_has_no_marker(
    way: Way, moto_url: str, tmp_path: Path, con: duckdb.DuckDBPyConnection, today: date, estimated: bool
) -> None:
    queue(moto_url, [answer(ITEMS[1:2], asked, estimated=estimated) for asked in (OVERVIEW, BY_CLASS[-1])])
    [part] = collect(way, tmp_path, today=today)
    assert part.marker == ""
    read(con, part)
    assert con.execute("select x_Extra['x_Estimated'] from charges").fetchall() == [(str(estimated).lower(),)]


def _fault(name: str, message: str = "slower") -> tuple[int, dict[str, str]]:
    return 400, {"__type": name, "message": message}


def test_throttling_is_waited_out(way: Way, moto_url: str, tmp_path: Path) -> None:
    way.faults = [_fault("ThrottlingException"), _fault("LimitExceededException")]
    queue(moto_url, [answer(ITEMS[1:2], asked) for asked in (OVERVIEW, BY_CLASS[-1])])
    [part] = collect(way, tmp_path)
    assert len(way.questions) == 4
    # What was throttled is not paid.
    assert part.notes == ("2 requests to Cost Explorer",)


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (_fault("ExpiredTokenException", "expired"), ConfigError, r"does not accept the credentials \(ExpiredTokenEx"),
        (_fault("AccessDeniedException", "no"), ConfigError, "allow ce:GetCostAndUsage to these credentials"),
        (_fault("DataUnavailableException", "not yet"), SourceError, "DataUnavailableException: not yet"),
    ],
)
def test_a_refusal_says_who_must_act(
    way: Way, tmp_path: Path, fault: tuple[int, dict[str, str]], error: type[Exception], said: str
) -> None:
    way.faults = [fault]
    with pytest.raises(error, match=said) as caught:
        collect(way, tmp_path)
    assert "never-to-be-told" not in str(caught.value)
    assert len(way.questions) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Keys": ["Usage"]}, "a group that is not whole"),
        ({"Metrics": {"UnblendedCost": {"Amount": "1", "Unit": "USD"}}}, "no AmortizedCost"),
        (
            {"Metrics": {name: {"Amount": "much", "Unit": "USD"} for name in OVERVIEW["Metrics"]}},
            "'much' for an amount",
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_an_error(
    way: Way, moto_url: str, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    broken = answer(ITEMS[:1], OVERVIEW)
    broken["ResultsByTime"][0]["Groups"][0] |= change
    queue(moto_url, [broken])
    with pytest.raises(SourceError, match=said):
        collect(way, tmp_path)


def test_permissions_are_tried_for_free(way: Way) -> None:
    collector = COLLECTORS.get("aws-cost-explorer")
    options = collector.options.model_validate({"endpoint_url": way.url})
    way.faults = [_fault("ValidationException", "Start date is too early")]
    assert [tried.ok for tried in collector.try_permissions(options)] == [True, True]
    way.faults = [_fault("AccessDeniedException", "no")]
    tried = collector.try_permissions(options)
    assert [(one.permission.name, one.ok) for one in tried] == [
        ("ce:GetCostAndUsage", False),
        ("sts:GetCallerIdentity", True),
    ]
    assert "AWS refused (no)" in tried[0].said


@pytest.mark.parametrize("wrong", [{"refine_by": "OWNER"}, {"months": 15}, {"cost": "blended"}, {"secret": "x"}])
def test_options_that_are_none_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        COLLECTORS.get("aws-cost-explorer").options.model_validate(wrong)
