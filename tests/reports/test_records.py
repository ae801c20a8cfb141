"""Records as tables: what a cell shows of what an analysis found."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finops_lib.findings import Anomaly, Recommendation
from finops_lib.reports import page
from finops_lib.reports.records import are_records, record_facts, record_table

NAT = Recommendation(
    type="idle-nat-gateway",
    provider="aws",
    account="111",
    resource_id="nat-1",
    action="delete",
    evidence="0 bytes in 30 days",
    monthly_savings=Decimal("32.85"),
    current_monthly_cost=Decimal("32.85"),
    currency="USD",
    confidence=0.9,
    priority="low",
    owner="",
    facts={"bytes": "0"},
)


@dataclass(frozen=True)
class Strange:
    name: str


def test_records_are_rows_and_fields_that_say_nothing_are_left_out() -> None:
    shown = record_table([NAT, NAT]).html()
    assert shown.count("nat-1") == 2
    assert "32.85" in shown
    assert "Monthly savings" in shown
    assert "bytes: 0" in shown
    # Nobody has an owner, and no price was needed.
    assert "Owner" not in shown
    assert "Price grade" not in shown


def test_hostile_names_stay_text() -> None:
    spike = Anomaly(
        "<script>x</script>", "aws", "111", "S3", date(2026, 5, 1), date(2026, 5, 2), 1.0, 3.0, 2.0, "USD", None,
        ("z",), 4.0, "",
    )  # fmt: skip
    for element in (record_table([spike]), record_facts(spike)):
        assert "<script>" not in element.html()
        assert "&lt;script&gt;" in element.html()


def test_a_single_record_is_its_facts() -> None:
    said = record_facts(NAT).text()
    assert said.splitlines()[0] == "Recommendation"
    assert "Monthly savings: 32.85" in said


def test_what_is_no_record_of_ours_or_shows_itself_is_left_alone() -> None:
    assert not are_records([])
    assert not are_records([1, 2])
    assert not are_records([Strange("a")])
    assert not are_records([NAT, "nat-1"])
    assert not are_records([page.sentence("All is well.")])
    assert are_records((NAT,))
