"""Burstable machines: who may become one, and whose use says nothing since its credits ran out."""

from __future__ import annotations

import pytest

from finops_lib.analyses.savings.rightsizing.burst import can_burst, lowest_balance, stays_below_baseline
from tests.analyses.rightsizing.machines import estate, found_in, hours_row, machine, price_row, quiet, shape

_PRICES = [price_row("m5.xlarge", 0.192, 0.192), price_row("t3.large", 0.0832, 0.0832)]
_DAYS = 32


def test_the_balance_falls_by_what_is_used_above_what_is_earned() -> None:
    # t3.large earns 30 % of 2 vCPU = 0.6 vCPU-hours an hour; full are 24 x 0.6 = 14.4
    # 3 hours at 50 % of 4 vCPU = 2 used: 14.4 - 3 x 1.4 = 10.2; then it fills up again
    means = [10.0] * 10 + [50.0] * 3 + [10.0] * 10
    assert lowest_balance(means, vcpus=4, target=shape("t3.large")) == pytest.approx(10.2)


def test_a_full_balance_saves_nothing_more_up() -> None:
    # However long it idles before, 11 hours at 1.4 more than earned take 15.4 of the 14.4 there can be.
    for idle_hours in (1, 500):
        means = [0.0] * idle_hours + [50.0] * 11
        assert lowest_balance(means, vcpus=4, target=shape("t3.large")) == pytest.approx(14.4 - 15.4)


def test_every_day_must_stay_below_the_baseline() -> None:
    target = shape("t3.large")
    # 15 % of 4 vCPU = 0.6, just what is earned
    assert stays_below_baseline([15.0] * 48, vcpus=4, target=target)
    # one hour of a day at 16 %: the mean of its 24 hours is above
    assert not stays_below_baseline([15.0] * 24 + [16.0] + [15.0] * 24, vcpus=4, target=target)
    # less than a day says nothing
    assert not stays_below_baseline([1.0] * 23, vcpus=4, target=target)


def test_what_earns_nothing_that_is_known_cannot_be_judged() -> None:
    assert lowest_balance([1.0] * 48, vcpus=2, target=shape("m5.large")) is None
    assert not can_burst([1.0] * 48, vcpus=2, target=shape("m5.large"))


def test_an_idle_machine_becomes_burstable_where_credits_suffice() -> None:
    [hit] = found_in(estate([machine()], prices=_PRICES, hourly={"i-1": [6.0] * 24 * _DAYS}))
    # 730 x (0.192 - 0.0832) = 79.424
    assert (hit.target, str(hit.monthly_savings)) == ("t3.large", "79.424000")


def test_production_does_not_come_to_depend_on_credits() -> None:
    hourly = {"i-1": [6.0] * 24 * _DAYS}
    [hit] = found_in(estate([machine(environment="prod")], prices=_PRICES, hourly=hourly))
    assert hit.target == "m5.large"


def test_nobody_goes_back_to_the_old_hypervisor() -> None:
    prices = [price_row("m5.xlarge", 0.192, 0.192), price_row("t2.large", 0.0928, 0.0928)]
    [hit] = found_in(estate([machine()], prices=prices, hourly={"i-1": [6.0] * 24 * _DAYS}))
    assert hit.target == "m5.large"


@pytest.mark.parametrize(
    "hourly",
    [
        None,
        {"i-1": [6.0] * 24 * 20 + [16.0] * 24 + [6.0] * 24 * 11},
        {"i-1": [6.0] * 24 * 20 + [70.0] * 8 + [0.0] * 24 * 11},
    ],
    ids=["hours are not known", "a day above the baseline", "eight hours that use up the credits"],
)
def test_otherwise_it_stays_one_that_does_not_burst(hourly: dict[str, list[float]] | None) -> None:
    [hit] = found_in(estate([machine()], prices=_PRICES, hourly=hourly))
    assert hit.target == "m5.large"


def _t3(hourly: dict[str, list[float]] | None, **cpu: float) -> list[str]:
    one = machine("t3.xlarge", utilisation=quiet(**cpu), monthly=121.47)
    prices = [price_row("t3.xlarge", 0.1664, 0.1664)]
    found = found_in(estate([one], hours=[hours_row(one, "t3.xlarge", 0.1664)], prices=prices, hourly=hourly))
    return [hit.target for hit in found]


def test_a_burstable_machine_with_credits_is_halved() -> None:
    assert _t3({"i-1": [6.0] * 24 * _DAYS}) == ["t3.large"]


def test_a_machine_whose_credits_ran_out_is_throttled_and_left_alone() -> None:
    # t3.xlarge earns 40 % of 4 = 1.6 an hour, 38.4 at most; 17 hours at 100 % use 2.4 more each: 40.8
    assert _t3({"i-1": [6.0] * 24 * 20 + [100.0] * 17 + [6.0] * 24 * 11}) == []
    # three hours at 60 % cost it 3 x 0.8 = 2.4 credits, and the mean of the day is 0.51 of the 0.6 of t3.large
    assert _t3({"i-1": [6.0] * 24 * 20 + [60.0] * 3 + [6.0] * 24 * 11}) == ["t3.large"]


def test_without_hours_only_a_machine_always_below_its_baseline_has_credits_for_sure() -> None:
    # t3.xlarge earns 40 % of each vCPU; without hours it cannot become another burstable one either
    assert _t3(None, maximum=41.0) == []
    assert _t3(None, maximum=39.0) == []
