"""Azure's cost query against a stand-in that truncates, throttles and breaks off, as Azure does."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from finops_lib.errors import ConfigError, FinOpsError, SourceError
from finops_lib.lake.open import connect
from finops_lib.sources.collectors import COLLECTORS, Asked, Part
from finops_lib.sources.collectors.azure_cost_query import AzureCostQuery, AzureQueryOptions
from finops_lib.sources.collectors.azure_query_client import DefaultTokens, LocalTokens, tokens_for
from finops_lib.sources.delivery import read_delivery
from finops_lib.sources.files import find_files
from tests.azure_rest import Charge, CostApi, Fault, served
from tests.sources.collectors.test_azure_qpu import Clock

MAY = date(2026, 5, 1)
SCOPE = "subscriptions/AAAA"
VM = {"ServiceName": "Virtual Machines", "ChargeType": "Usage", "PricingModel": "OnDemand", "SubscriptionId": "AAAA"}
_RETRY = "x-ms-ratelimit-microsoft.costmanagement-{}-retry-after"


@dataclass
class Tokens:
    """Gives one token after the other, the next where one was refused."""

    given: list[str] = field(default_factory=lambda: ["good"])

    def token(self, *, renew: bool) -> str:
        if renew and len(self.given) > 1:
            self.given.pop(0)
        return self.given[0]


@dataclass
class Collecting:
    """A collector with everything that it is told from outside."""

    api: CostApi
    folder: Path
    clock: Clock = field(default_factory=Clock)
    tokens: Tokens = field(default_factory=Tokens)

    def collector(self) -> AzureCostQuery:
        return AzureCostQuery(tokens=lambda endpoint: self.tokens, clock=self.clock, sleep=self.clock.sleep)

    def options(self, **changes: Any) -> AzureQueryOptions:
        return AzureQueryOptions(**{"scope": SCOPE, "endpoint": self.api.url, **changes})

    def __call__(
        self,
        *months: date,
        today: date = date(2026, 6, 10),
        held: dict[date, str] | None = None,
        **options: Any,
    ) -> list[Part]:
        asked = Asked("azure", months, today, held or {}, self.folder)
        return list(self.collector().collect(self.options(**options), asked))

    def rows(self, **options: Any) -> list[dict[str, str]]:
        """Collect May and give the rows of its file."""
        [part] = self(MAY, **options)
        [path] = part.files
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))


@pytest.fixture
def api() -> Iterator[CostApi]:
    with served(CostApi()) as running:
        yield running


@pytest.fixture
def collecting(api: CostApi, tmp_path: Path) -> Collecting:
    return Collecting(api, tmp_path)


def _day(number: int, cost: str = "1", **changes: Any) -> Charge:
    return replace(Charge(date(2026, 5, number), {"ActualCost": cost, "AmortizedCost": cost}, VM), **changes)


def _days(*days: int) -> list[Charge]:
    return [_day(day) for day in days]


def _kind(charge_type: str, model: str) -> dict[str, str]:
    return VM | {"ChargeType": charge_type, "PricingModel": model}


def test_billed_and_effective_come_from_two_questions(api: CostApi, collecting: Collecting) -> None:
    api.charges = [
        _day(1, "12.5"),
        _day(1, costs={"ActualCost": "30"}, dimensions=_kind("Purchase", "Reservation")),
        _day(1, costs={"ActualCost": "0", "AmortizedCost": "0.75"}, dimensions=_kind("Usage", "Reservation")),
        _day(31, costs={"AmortizedCost": "0.25"}, dimensions=_kind("UnusedReservation", "Reservation")),
    ]
    [part] = collecting(MAY)
    assert (part.month, part.marker, part.dialect, part.notes) == (MAY, "", "azure-query", ())
    con = connect()
    delivery = read_delivery(con, find_files(part.files), dialect=part.dialect)
    names = "ChargeCategory, CommitmentDiscountStatus, PricingCategory, BilledCost, EffectiveCost"
    assert con.execute(f"select {names} from charges order by all nulls first").fetchall() == [
        ("Purchase", None, "Standard", 30, 0),
        ("Usage", None, "Standard", Decimal("12.5"), Decimal("12.5")),
        ("Usage", "Unused", "Committed", 0, Decimal("0.25")),
        ("Usage", "Used", "Committed", 0, Decimal("0.75")),
    ]
    names = "x_Provider, SubAccountId, ServiceName, ServiceCategory, cast(BillingPeriodEnd as date)"
    assert con.execute(f"select distinct {names} from charges").fetchall() == [
        ("azure", "/subscriptions/aaaa", "Virtual Machines", "Compute", date(2026, 6, 1))
    ]
    con.close()
    # 12.5 + 30
    assert [(t.month, t.billed_loaded) for t in delivery.totals] == [(MAY, Decimal("42.5"))]
    assert {question.type for question in api.asked} == {"ActualCost", "AmortizedCost"}


def test_no_digit_of_a_cost_is_lost(api: CostApi, collecting: Collecting) -> None:
    costs = ["0.1234567890123456789", "8e-07", "-3.10", "100000000000000.01", "7"]
    api.charges = [_day(day, cost) for day, cost in enumerate(costs, start=1)]
    rows = collecting.rows()
    assert [row["ActualCost"] for row in rows] == costs
    assert [row["AmortizedCost"] for row in rows] == costs


def test_days_and_currencies_are_written_in_several_ways(api: CostApi, collecting: Collecting) -> None:
    api.charges = [_day(1), _day(1, "2", currency="USD")]
    as_numbers = collecting.rows()
    api.iso_days = True
    assert collecting.rows() == as_numbers
    assert [(row["UsageDate"], row["Currency"], row["ActualCost"]) for row in as_numbers] == [
        ("2026-05-01", "EUR", "1"),
        ("2026-05-01", "USD", "2"),
    ]


def test_an_answer_without_a_currency_needs_it_said(api: CostApi, collecting: Collecting) -> None:
    api.charges, api.has_currency = _days(1), False
    with pytest.raises(ConfigError, match="come without a currency; next: say it in the option `currency`"):
        collecting(MAY)
    [row] = collecting.rows(currency="CHF")
    assert row["Currency"] == "CHF"


def test_other_dimensions_are_asked_for_and_kept(api: CostApi, collecting: Collecting) -> None:
    vm = "/subscriptions/AAAA/resourceGroups/Shop/providers/Microsoft.Compute/virtualMachines/VM-1"
    api.charges = [_day(1, dimensions={**VM, "ResourceId": vm, "Mood": "good"})]
    [part] = collecting(MAY, grouping=("ResourceId", "Mood", "chargetype"))
    con = connect()
    read_delivery(con, find_files(part.files))
    asked = "ResourceId, ResourceName, x_Extra['x_Mood'], x_Extra['x_ResourceIdAsBilled'], SubAccountId"
    assert con.execute(f"select {asked} from charges").fetchall() == [
        (vm.lower(), "VM-1", "good", vm, "/subscriptions/aaaa")
    ]
    con.close()
    names = [group["name"] for group in api.asked[0].body["dataset"]["grouping"]]
    assert names == ["ChargeType", "PricingModel", "ResourceId", "Mood"]


def test_older_offers_are_asked_for_their_own_sum(api: CostApi, collecting: Collecting) -> None:
    api.charges = _days(1)
    [row] = collecting.rows(cost="PreTaxCost")
    assert row["ActualCost"] == "1"
    assert api.asked[0].body["dataset"]["aggregation"] == {"totalCost": {"name": "PreTaxCost", "function": "Sum"}}


def test_a_month_without_costs_is_said_to_be_empty(api: CostApi, collecting: Collecting) -> None:
    [part] = collecting(MAY)
    assert (part.files, part.notes) == ((), ("subscriptions/AAAA has no costs of 2026-05",))


def test_pages_are_asked_for_with_the_same_question(api: CostApi, collecting: Collecting) -> None:
    api.charges, api.page_rows = _days(1, 2, 3, 30, 31), 2
    assert len(collecting.rows()) == 5
    of_actual = [question for question in api.asked if question.type == "ActualCost"]
    assert len(of_actual) == 3
    assert all(question.body == of_actual[0].body for question in of_actual)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"repeats_pages": True}, "a page came twice"),
        ({"next_host": "http://evil.example"}, "its next page is on http://evil.example, which gets no token"),
        ({"next_host": "https://127.0.0.1"}, "its next page is on https://127.0.0.1, which gets no token"),
        ({"shifts_a_year": True}, "asked for 2026-05-01 to 2026-05-31, it has costs of 2025-05-01"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_is_refused(
    api: CostApi, collecting: Collecting, change: dict[str, Any], message: str
) -> None:
    api.charges = [*_days(1, 31), _day(1, day=date(2025, 5, 1))]
    api.page_rows = 1
    for name, value in change.items():
        setattr(api, name, value)
    with pytest.raises(SourceError, match=message):
        collecting(MAY)


_COLUMNS = '"columns":[{"name":"Cost"},{"name":"UsageDate"},{"name":"ChargeType"},{"name":"PricingModel"}]'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"properties":{"rows":[[1,20260501', "the answer cannot be read"),
        (b"<html>", "the answer cannot be read"),
        (b"[]", "the answer cannot be read"),
        (b'{"properties":{"columns":[],"rows":[[1]]}}', "its rows do not have the columns it names"),
        (b'{"properties":{"columns":[{"name":"Cost"}],"rows":[[1]]}}', "it has no column UsageDate"),
        (f'{{"properties":{{{_COLUMNS},"rows":[[NaN,1,"",""]]}}}}'.encode(), "NaN is no amount"),
        (f'{{"properties":{{{_COLUMNS},"rows":[["x",20260501,"",""]]}}}}'.encode(), "a cost of 2026-05-01 is 'x'"),
        (f'{{"properties":{{{_COLUMNS},"rows":[[1,20260541,"",""]]}}}}'.encode(), "'20260541' is not a day"),
        (
            f'{{"properties":{{{_COLUMNS},"rows":[[1,20260501,"",""],[2,20260501,"",""]]}}}}'.encode(),
            "a group of 2026-05-01 came twice",
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_refused(
    api: CostApi, collecting: Collecting, body: bytes, message: str
) -> None:
    api.faults = [Fault(200, body=body)]
    with pytest.raises(SourceError, match=message):
        collecting(MAY, grouping=(), currency="EUR")


def test_an_answer_that_breaks_off_is_asked_for_again(api: CostApi, collecting: Collecting) -> None:
    api.charges = _days(1, 31)
    api.faults = [Fault(200, body=b'{"properties":', is_cut=True)]
    assert len(collecting.rows()) == 2
    assert collecting.clock.slept == [2.0]
    api.faults = [Fault(200, body=b'{"properties":', is_cut=True)] * 4
    with pytest.raises(SourceError, match=r"did not answer for subscriptions/AAAA: .*; next: look at Azure's status"):
        collecting(MAY)


def test_an_answer_that_was_cut_short_is_asked_for_in_pieces(api: CostApi, collecting: Collecting) -> None:
    # The last ten days of each answer: those of 1 to 29 have no costs, so that answer is empty.
    api.charges, api.longest_days = _days(1, 2, 15, 16, 30, 31), 10
    [part] = collecting(MAY)
    assert part.notes == ("Azure cut an answer short without a word; the days that were missing were asked for again",)
    assert len(part.files[0].read_text().splitlines()) == 1 + 6


def test_an_answer_that_was_cut_to_nothing_is_asked_for_in_pieces(api: CostApi, collecting: Collecting) -> None:
    # Only the last day of each answer: the 31st has no costs, the 16th, where the first half ends, has.
    api.charges, api.longest_days = _days(3, 16, 20), 1
    assert [row["UsageDate"] for row in collecting.rows()] == ["2026-05-03", "2026-05-16", "2026-05-20"]


def test_days_that_only_the_last_answers_has_are_all_asked_for(api: CostApi, collecting: Collecting) -> None:
    api.charges, api.only_last_day = _days(1, 2, 3), True
    assert [row["UsageDate"] for row in collecting.rows()] == ["2026-05-01", "2026-05-02", "2026-05-03"]


def test_a_month_that_is_whole_is_asked_for_once(api: CostApi, collecting: Collecting) -> None:
    api.charges = _days(1, 31)
    [part] = collecting(MAY)
    assert (len(api.asked), part.notes) == (2, ())


def test_what_arrives_between_the_two_questions_is_said(api: CostApi, collecting: Collecting) -> None:
    api.charges = [_day(1), _day(31, costs={"ActualCost": "1", "AmortizedCost": "1.5"})]
    [part] = collecting(MAY)
    assert "differ by -0.5 beyond commitments" in part.notes[0]


def test_only_days_that_have_begun_are_asked_for(api: CostApi, collecting: Collecting) -> None:
    collecting(date(2026, 6, 1))
    assert (api.asked[0].start, api.asked[0].end) == (date(2026, 6, 1), date(2026, 6, 10))
    assert all(question.end <= date(2026, 6, 10) for question in api.asked if question.end)
    with pytest.raises(ConfigError, match="2026-07 is in the future; Azure would give last year's costs for it"):
        collecting(date(2026, 7, 1))


def test_months_that_may_change_and_months_not_held_are_fetched(api: CostApi, collecting: Collecting) -> None:
    months = [date(2026, month, 1) for month in range(3, 7)]
    assert [part.month for part in collecting(history_months=3)] == months
    held = dict.fromkeys(months, "")
    # The current month and the one before are never finished.
    assert [part.month for part in collecting(history_months=3, held=held)] == months[2:]


def test_the_longest_wait_that_any_header_asks_for_is_waited(api: CostApi, collecting: Collecting) -> None:
    api.charges = _days(1, 31)
    waits = {_RETRY.format("qpu"): "8", _RETRY.format("entity"): "25", _RETRY.format("tenant"): "3", "Retry-After": "1"}
    api.faults = [Fault(429, waits), Fault(503, {"Retry-After": "4"}), Fault(500)]
    assert len(collecting.rows()) == 2
    # Nobody says how long to wait after the third: 2 x 2 x 2.
    assert collecting.clock.slept == [25.0, 4.0, 8.0]


def test_a_wait_until_a_time_is_understood(api: CostApi, collecting: Collecting) -> None:
    api.charges = _days(1, 31)
    # The server says its own time first, a stand-in that of this machine.
    api.faults = [Fault(429, {"Retry-After": "Fri, 31 Dec 2100 00:00:00 GMT"})]
    with pytest.raises(SourceError, match="429: Too many requests"):
        collecting(MAY)
    assert collecting.clock.slept == []


def test_patience_ends_before_a_wait_that_is_too_long(api: CostApi, collecting: Collecting) -> None:
    api.faults = [Fault(429, {_RETRY.format("client"): "40"})] * 9
    with pytest.raises(SourceError, match="429: Too many requests"):
        collecting(MAY, patience_s=100)
    assert collecting.clock.slept == [40.0, 40.0]


def test_the_budget_is_kept_before_azure_has_to_say_so(api: CostApi, collecting: Collecting) -> None:
    # 13 empty months, two questions each and their first halves: twelve in ten seconds.
    collecting(history_months=12)
    assert (len(api.asked), collecting.clock.now) == (52, 40.0)


def test_a_source_can_be_given_a_part_of_the_budget(api: CostApi, collecting: Collecting) -> None:
    api.charges = _days(1, 31)
    collecting(MAY, qpu_share=0.1)
    # One in ten seconds.
    assert collecting.clock.now == 10.0


def test_what_an_answer_says_of_the_budget_is_kept(api: CostApi, collecting: Collecting) -> None:
    api.charges = _days(1, 31)
    api.headers = {"x-ms-ratelimit-microsoft.costmanagement-qpu-consumed": "12"}
    collecting(MAY)
    assert collecting.clock.slept == [10.0]


def test_an_expired_token_is_renewed_once(api: CostApi, collecting: Collecting) -> None:
    api.charges = _days(1, 31)
    collecting.tokens = Tokens(["old", "good"])
    assert len(collecting.rows()) == 2
    assert [question.token for question in api.asked] == ["old", "good", "good"]
    collecting.tokens = Tokens(["secret-of-mine"])
    with pytest.raises(ConfigError, match="401 Unauthorized: The access token is invalid") as refused:
        collecting(MAY)
    assert "secret-of-mine" not in str(refused.value)
    assert [question.token for question in api.asked[3:]] == ["secret-of-mine"] * 2


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (
            Fault(403),
            ConfigError,
            r"Microsoft\.CostManagement/query/action on this scope \(role Cost Management Reader",
        ),
        (Fault(404), ConfigError, "check the option `scope`"),
        (Fault(400), ConfigError, "check the options `scope`, `grouping` and `cost`"),
        (Fault(302, {"Location": "http://evil.example"}), SourceError, "it answers 302 and sends us elsewhere"),
    ],
)
def test_a_refusal_says_what_to_do(
    api: CostApi, collecting: Collecting, fault: Fault, kind: type[FinOpsError], message: str
) -> None:
    api.faults = [fault]
    with pytest.raises(kind, match=message):
        collecting(MAY)
    assert len(api.asked) == 1


def test_an_address_where_nobody_is_does_not_answer(collecting: Collecting) -> None:
    with pytest.raises(SourceError, match="did not answer"):
        collecting(MAY, endpoint="http://127.0.0.1:9")
    assert collecting.clock.slept == [2.0, 4.0, 8.0]


def test_the_permission_is_tried_with_one_small_question(api: CostApi, collecting: Collecting) -> None:
    api.charges = [_day(1, day=date(2026, 6, 2))]
    [tried] = collecting.collector().try_permissions(collecting.options())
    assert (tried.ok, tried.said, len(api.asked)) == (True, "", 1)
    api.faults = [Fault(403)]
    [tried] = collecting.collector().try_permissions(collecting.options())
    assert not tried.ok
    assert "Cost Management Reader" in tried.said


def test_resources_are_grouped_by_within_a_subscription_only() -> None:
    assert AzureQueryOptions(scope="/subscriptions/a", grouping=("ResourceId",)).dimensions[-1] == "ResourceId"
    with pytest.raises(ValidationError, match="grouping by ResourceId needs a scope of one subscription or less"):
        AzureQueryOptions(scope="providers/Microsoft.Billing/billingAccounts/1", grouping=("resourceid",))


def test_a_token_never_travels_in_plain_text() -> None:
    assert isinstance(tokens_for("https://management.azure.com"), DefaultTokens)
    # A stand-in on this machine gets no real one.
    assert isinstance(tokens_for("http://127.0.0.1:8080"), LocalTokens)
    with pytest.raises(ConfigError, match="a token would travel in plain text"):
        tokens_for("http://management.azure.com")


def test_equal_costs_are_equal_files(api: CostApi, collecting: Collecting) -> None:
    api.charges = [_day(1), _day(2, currency="USD"), _day(2)]
    [first] = collecting(MAY)
    before = first.files[0].read_bytes()
    api.charges.reverse()
    [second] = collecting(MAY)
    assert second.files[0].read_bytes() == before


def test_it_is_registered_under_its_name() -> None:
    assert isinstance(COLLECTORS.get("azure-cost-query"), AzureCostQuery)
