"""What is a machine advised to become, and what is that worth? Expected money is worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finops_lib.analyses.savings.rightsizing import HOURS, PRICES, SHAPES
from tests.analyses.rightsizing.machines import AS_OF, estate, found_in, hours_row, machine, price_row, quiet, used

MONTH = Decimal(730)


def test_an_idle_machine_is_halved_at_the_price_of_its_family() -> None:
    [hit] = found_in(estate([machine()]))
    # m5.large has half the memory, so half the price: 0.096. 730 hours x (0.192 - 0.096) = 70.08
    assert (hit.target, hit.monthly_savings) == ("m5.large", Decimal("70.08"))
    # Its own price is not on the bill: B.  0.9 = grade B, everything is measured.
    assert (hit.price_grade, hit.confidence, hit.step, hit.effort, hit.check) == (
        "B",
        0.9,
        "rightsize",
        "Medium",
        "A15",
    )
    # nothing is committed: twelve months of it are cash
    assert (hit.list_savings, hit.cash_savings_12m) == (Decimal("70.08"), Decimal("840.96"))


def test_the_facts_give_need_against_limit_for_every_dimension() -> None:
    [hit] = found_in(estate([machine()]))
    # P99.5 18 % of 4 vCPU = 0.72; 80 % of 2 = 1.6. Memory 30 % of 16 GiB = 4.8; 80 % of 8 = 6.4.
    assert hit.facts["cpu P99.5"] == "P99.5 needs 0.72 of 1.6 vCPU allowed"
    assert hit.facts["memory P100"] == "P100 needs 4.8 of 6.4 GiB allowed"
    # 1e5 bytes/s = 0.0008 Gbit/s; 80 % of the baseline of 0.75, not of the burst of 10
    assert hit.facts["network P99"] == "P99 needs 0.0008 of 0.6 Gbit/s allowed"
    # read and written: 0.1 + 0.1 MB/s of 80 % of 81.25; 5 + 5 IOPS of 80 % of 3600
    assert hit.facts["disk throughput P99"] == "P99 needs 0.2 of 65 MB/s allowed"
    assert hit.facts["disk operations P99"] == "P99 needs 10 of 2.88e+03 IOPS allowed"
    assert (hit.facts["profile"], hit.facts["hours measured"], hit.facts["coverage"]) == ("balanced", "768", "1.000")


def test_the_agreed_price_of_the_very_type_is_grade_a() -> None:
    prices = [price_row("m5.xlarge", 0.192, 0.192), price_row("m5.large", 0.096, 0.08)]
    [hit] = found_in(estate([machine()], prices=prices))
    # 730 x (0.192 - 0.08) = 81.76; at list 730 x (0.192 - 0.096) = 70.08
    assert (hit.price_grade, hit.monthly_savings, hit.list_savings) == ("A", Decimal("81.76"), Decimal("70.08"))
    assert hit.confidence == 1.0


def test_without_any_agreed_price_confidence_ends_at_a_half() -> None:
    [hit] = found_in(estate([machine()], prices=[price_row("m5.xlarge", 0.192, None)]))
    assert (hit.price_grade, hit.confidence) == ("D", 0.5)


def test_the_cheapest_target_that_fits_is_advised_and_others_are_named() -> None:
    prices = [
        price_row("m5.xlarge", 0.192, 0.192),
        price_row("m5a.xlarge", 0.172, 0.172),
        price_row("r5.large", 0.126, 0.126),
    ]
    [hit] = found_in(estate([machine()], prices=prices))
    # m5a.large 0.086: 730 x 0.106 = 77.38; m5.large 70.08; r5.large 730 x 0.066 = 48.18
    assert (hit.target, hit.monthly_savings) == ("m5a.large", Decimal("77.38"))
    assert hit.facts["alternatives"] == "m5.large (B) 70.08 a month; r5.large (A) 48.18 a month"


def test_a_machine_is_never_more_than_two_sizes_smaller() -> None:
    still = quiet(mean=0.4, p95=0.8, p99=0.9, p99_5=1.0, maximum=1.0, memory=2.0)
    one = machine("m5.4xlarge", utilisation=still, monthly=560.64)
    [hit] = found_in(estate([one], hours=[hours_row(one, "m5.4xlarge", 0.768)]))
    # 4xlarge -> 2xlarge -> xlarge, and no further before it is measured again: 730 x (0.768 - 0.192) = 420.48
    assert (hit.target, hit.monthly_savings) == ("m5.xlarge", Decimal("420.48"))


@pytest.mark.parametrize(
    ("environment", "p99_5", "target"),
    [
        # production: P99.5 may be 70 % of 2 vCPU = 1.4, which is 35 % of 4
        ("prod", 35.0, "m5.large"),
        ("prod", 36.0, ""),
        # otherwise 80 % of 2 = 1.6, 40 % of 4
        ("", 40.0, "m5.large"),
        ("", 41.0, ""),
        # development: P95 alone counts, and 12 % of 4 = 0.48 is little
        ("dev", 90.0, "m5.large"),
    ],
)
def test_headroom_depends_on_the_environment(environment: str, p99_5: float, target: str) -> None:
    busy = quiet(p99_5=p99_5, maximum=p99_5)
    found = found_in(estate([machine(utilisation=busy, environment=environment)]))
    assert [hit.target for hit in found] == ([target] if target else [])


def test_production_also_holds_the_95th_percentile_at_40_percent() -> None:
    # P95 21 % of 4 = 0.84 of the 0.8 allowed (40 % of 2)
    busy = quiet(p95=21.0, p99=22.0, p99_5=23.0)
    assert found_in(estate([machine(utilisation=busy, environment="prod")])) == []
    assert [hit.target for hit in found_in(estate([machine(utilisation=busy)]))] == ["m5.large"]


def test_the_environment_may_stand_in_a_tag_of_the_inventory() -> None:
    busy = quiet(p99_5=38.0, maximum=38.0)
    [hit] = found_in(estate([machine(utilisation=busy)]))
    assert hit.facts["profile"] == "balanced"
    assert found_in(estate([machine(utilisation=busy, tags={"Environment": "prod"})])) == []


@pytest.mark.parametrize("metric", ["network_in", "network_out"])
def test_the_network_counts_at_its_baseline_and_not_at_its_burst(metric: str) -> None:
    # 0.61 Gbit/s is 81 % of the 0.75 that m5.large has all the time, and 6 % of its "up to 10"
    busy = quiet() | {metric: used(metric, unit="bytes/s", level=0.61e9 / 8)}
    assert found_in(estate([machine(utilisation=busy)])) == []
    calm = quiet() | {metric: used(metric, unit="bytes/s", level=0.59e9 / 8)}
    assert len(found_in(estate([machine(utilisation=calm)]))) == 1


def test_disk_rates_of_both_directions_are_added_up() -> None:
    # 33 + 33 MB/s > 80 % of 81.25 = 65; 32 + 32 < 65
    for each, hits in ((33e6, 0), (32e6, 1)):
        disks = {name: used(name, unit="bytes/s", level=each) for name in ("disk_read_bytes", "disk_write_bytes")}
        assert len(found_in(estate([machine(utilisation=quiet() | disks)]))) == hits
    operations = {name: used(name, unit="ops/s", level=1500.0) for name in ("disk_read_ops", "disk_write_ops")}
    # 3000 > 80 % of 3600 = 2880
    assert found_in(estate([machine(utilisation=quiet() | operations)])) == []


def test_what_is_hardly_measured_may_not_get_less() -> None:
    unmeasured = {name: one for name, one in quiet().items() if not name.startswith("network")}
    assert found_in(estate([machine(utilisation=unmeasured)])) == []
    gaps = quiet()
    gaps["network_in"] = replace(gaps["network_in"], coverage=0.7)
    assert found_in(estate([machine(utilisation=gaps)])) == []


def test_committed_hours_save_nothing_before_the_commitment_ends() -> None:
    one = machine()
    half = hours_row(
        one,
        "m5.xlarge",
        0.192,
        on_demand_hours=Decimal(360),
        committed_hours=Decimal(360),
        on_demand_effective_cost=Decimal("69.12"),
        effective_cost=Decimal("69.12") + Decimal("43.2"),
    )
    [hit] = found_in(estate([one], hours=[half]))
    # 365 on-demand hours a month x 0.096 = 35.04; at list all 730 hours would count: 70.08
    assert (hit.monthly_savings, hit.list_savings) == (Decimal("35.04"), Decimal("70.08"))
    assert (hit.facts["on-demand hours a month"], hit.facts["covered hours a month"]) == ("365", "365")
    covered = hours_row(
        one,
        "m5.xlarge",
        0.192,
        on_demand_hours=Decimal(0),
        committed_hours=Decimal(720),
        on_demand_effective_cost=Decimal(0),
    )
    assert found_in(estate([one], hours=[covered])) == []


@pytest.mark.parametrize(
    ("an_hour", "hits"),
    [
        # m5.xlarge -> m5.large halves the cost: 730 x 0.0136 / 2 = 4.96 and 730 x 0.0138 / 2 = 5.04 a month
        (0.0136, 0),
        (0.0138, 1),
    ],
)
def test_less_than_five_a_month_is_not_worth_a_resize(an_hour: float, hits: int) -> None:
    one = machine()
    prices = [price_row("m5.xlarge", an_hour, an_hour)]
    assert len(found_in(estate([one], hours=[hours_row(one, "m5.xlarge", an_hour)], prices=prices))) == hits


def test_less_than_five_percent_is_not_worth_a_resize() -> None:
    one = machine()
    # 0.192 -> 0.183 = 4.7 %; -> 0.182 = 5.2 %
    for price, hits in ((0.183, 0), (0.182, 1)):
        prices = [price_row("m5.large", price, price), price_row("m5.xlarge", 0.192, 0.192)]
        assert len(found_in(estate([one], prices=prices))) == hits


@pytest.mark.parametrize("frame", [HOURS, PRICES, SHAPES])
def test_without_hours_prices_or_shapes_nothing_is_said(frame: str) -> None:
    whole = estate([machine()])
    frames = {name: rows for name, rows in whole.frames.items() if name != frame}
    assert found_in(replace(whole, frames=frames)) == []


def test_an_old_catalogue_makes_less_sure_and_a_very_old_one_silent() -> None:
    # the shapes are of 2026-11-30: 31 days old, then 91, then 366
    for days, confidence in ((31, 0.9), (91, 0.8), (366, None)):
        day = date(2026, 11, 30) + timedelta(days=days)
        found = found_in(estate([_ending(day)], as_of=day))
        assert [hit.confidence for hit in found] == ([] if confidence is None else [confidence])
        if confidence == 0.8:
            assert found[0].facts["warning"] == "the catalogue of shapes is 91 days old"
    day = date(2026, 11, 30) + timedelta(days=366)
    own_price = [price_row("m5.xlarge", 0.192, 0.192), price_row("m5.large", 0.096, 0.096)]
    # with the customer's own price it is still said
    assert [hit.confidence for hit in found_in(estate([_ending(day)], as_of=day, prices=own_price))] == [0.9]


def _ending(day: date):  # type: ignore[no-untyped-def]
    """Give the machine with metrics that end on another day."""
    one = machine()
    later = day - AS_OF
    moved = {
        name: replace(metric, first_hour=metric.first_hour + later, last_hour=metric.last_hour + later)
        for name, metric in one.utilisation.items()
    }
    return replace(one, utilisation=moved)


def test_a_tight_fit_is_a_higher_risk() -> None:
    # P99.5 38 % of 4 = 1.52 of 1.6: 5 % are left
    [hit] = found_in(estate([machine(utilisation=quiet(p99_5=38.0, maximum=38.0))]))
    assert (hit.risk, hit.facts["tightest margin"]) == ("medium", "5 %")
    [easy] = found_in(estate([machine()]))
    assert easy.risk == "low"


def test_a_short_look_back_without_a_month_end_is_less_sure() -> None:
    short = {name: replace(one, first_hour=used(name, days=20).first_hour) for name, one in quiet().items()}
    [hit] = found_in(estate([machine(utilisation=short)]))
    # grade B 0.9 x no month end 0.9
    assert hit.confidence == pytest.approx(0.81)
