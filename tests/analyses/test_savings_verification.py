"""What later bills say of a change: one measure per kind of action, with a range, and nothing that is not a saving."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.savings.uncertainty import around, standard_error
from finops_lib.analyses.savings.usage_days import UseDay, Window, canonical_unit, family
from finops_lib.analyses.savings.verification import After, Baseline, TooEarly, status_of, verify
from finops_lib.findings import Recommendation, Verification
from tests.analyses.advice import advice

# The approval knew May; the change was made on 5 June, so the 3 days around it are left out on both sides.
DONE = date(2026, 6, 5)
MAY = Window(date(2026, 5, 3), date(2026, 6, 1))
THROUGH = date(2026, 7, 20)
MONTH = Decimal(365) / 12
Rows = tuple[UseDay, ...]


def use(
    first: date,
    last: date,
    quantity: str | Callable[[date], str],
    rate: str,
    *,
    unit: str = "Hrs",
    meter: str = "m5.xlarge",
    covered: str = "1",
) -> Rows:
    """Give a row a day; `covered` is effective over contracted cost."""
    rows = []
    day = first
    while day <= last:
        amount = Decimal(quantity(day) if callable(quantity) else quantity)
        cost = amount * Decimal(rate)
        rows += [UseDay(day, meter, unit, amount, cost * Decimal(covered), cost)] if amount else []
        day += timedelta(days=1)
    return tuple(rows)


def before(quantity: Any = "24", rate: str = "0.2", **values: Any) -> Rows:
    return use(MAY.first, MAY.last, quantity, rate, **values)


def after(quantity: Any = "24", rate: str = "0.1", *, first: date = DONE, **values: Any) -> Rows:
    return use(first, THROUGH, quantity, rate, **values)


def held(
    found: Recommendation, baseline: Rows, later: Rows, *, through: date = THROUGH, estimated: str = "73", **known: Any
) -> Verification:
    said = verify(
        found,
        Baseline(MAY, baseline),
        After(through, tuple(row for row in later if row.day <= through), **known),
        estimated=Decimal(estimated),
        implemented_on=DONE,
    )
    assert isinstance(said, Verification), said
    assert said.low <= said.realised <= said.high
    return said


def resize(**values: Any) -> Recommendation:
    return advice("73", "146", target="m5.large", **values)


def gone(**values: Any) -> Recommendation:
    return advice("146", "146", step="terminate", type="idle-instance", **values)


def test_a_smaller_machine_saves_the_difference_of_the_rates() -> None:
    said = held(resize(), before(), after())
    # 24 hours x (0.2 - 0.1) = 2.40 a day x 365/12 = 73 a month
    assert (said.method, said.status, said.realised) == ("resized", "verified", 73)
    assert (said.before_start, said.before_end) == (date(2026, 5, 3), date(2026, 6, 1))
    assert (said.after_start, said.after_end) == (date(2026, 6, 8), date(2026, 7, 7))
    # 26 days of June from the 5th on, 20 of July: banked through the last complete day.
    assert said.banked == {"2026-06": Decimal("62.4"), "2026-07": Decimal(48)}


def test_more_hours_are_no_loss_and_what_they_would_have_cost_is_avoided_not_realised() -> None:
    said = held(resize(), before("12"), after("24"))
    # By the rates 24 x 0.1 = 2.40 a day; 12 hours of it were there before.
    assert (said.realised, said.avoided) == (Decimal("36.5"), Decimal("36.5"))
    fewer = held(resize(), before("24"), after("12"))
    # Half the hours are not this change's doing.
    assert (fewer.realised, fewer.avoided) == (Decimal("36.5"), 0)


def test_a_price_cut_of_the_provider_is_not_a_saving() -> None:
    cheaper = after(rate="0.05", meter="m5.large")
    said = held(resize(), before(), cheaper, price_changes={"m5.large": Decimal("0.5")})
    # At the prices of before the new machine would cost 0.1.
    assert said.realised == 73
    halved = {"m5.xlarge": Decimal("0.5")}
    assert held(resize(), before(), after(rate="0.1", meter="m5.xlarge"), price_changes=halved).realised == 0


def test_a_commitment_that_moves_to_another_machine_is_not_a_saving() -> None:
    # Nothing was resized; before, a plan took 40 % off, now it covers others.
    assert held(resize(), before(covered="0.6"), after(rate="0.2")).realised == 0
    # Resized as advised: of the 2.40 a day by rates, 60 % were really paid.
    assert held(resize(), before(covered="0.6"), after()).realised == Decimal("43.8")


def test_what_is_paid_instead_counts_and_other_business_does_not() -> None:
    # gp2 to gp3: 10 GB-months a day at 0.10, then at 0.08 and throughput for 0.05 a day.
    stored = {"unit": "GB-Mo", "meter": "gp2"}
    traffic = use(MAY.first, THROUGH, "5", "1", unit="GB", meter="out")
    later = (*after("10", "0.08", unit="GB-Month"), *after("1", "0.05", unit="MBps", meter="tp"), *traffic)
    said = held(resize(), (*before("10", "0.1", **stored), *traffic), later)
    # 10 x 0.02 - 0.05 = 0.15 a day
    assert said.realised == (Decimal("0.15") * MONTH).quantize(Decimal("0.000001"))


def test_speed_that_is_no_longer_provisioned_is_part_of_the_saving() -> None:
    fast = (*before("10", "0.1", unit="GB-Mo", meter="io2"), *before("100", "0.05", unit="IOPS-Mo", meter="iops"))
    said = held(resize(), fast, after("10", "0.08", unit="GB-Mo", meter="gp3"))
    # 10 x 0.1 + 100 x 0.05 = 6 a day, of which 0.80 are left
    assert said.realised == (Decimal("5.2") * MONTH).quantize(Decimal("0.000001"))


@pytest.mark.parametrize("unit", ["Hrs", "vCPU-Hrs"])
def test_a_surcharge_runs_beside_the_hours_it_is_for(unit: str) -> None:
    cluster = before("24", "0.1", meter="cluster")
    surcharge = before("24", "0.5", meter="extended support", unit=unit)
    said = held(resize(), (*cluster, *surcharge), after("24", "0.1", meter="cluster"))
    # 24 hours, not 48: 12 a day are gone.
    assert said.realised == 365


def test_where_the_quantity_is_the_size_less_of_it_was_wanted() -> None:
    cores, memory = {"unit": "hour", "meter": "core"}, {"unit": "gibibyte hour", "meter": "ram"}
    full = (*before("96", "0.03", **cores), *before("384", "0.004", **memory))
    half = (*after("48", "0.03", **cores), *after("192", "0.004", **memory))
    said = held(resize(provider="gcp"), full, half)
    # 96 x 0.03 + 384 x 0.004 = 4.416 a day, and half of it now.
    assert said.realised == (Decimal("2.208") * MONTH).quantize(Decimal("0.000001"))
    shrunk = held(resize(), before("10", "0.1", unit="GB-Mo"), after("5", "0.1", unit="GB-Mo"))
    assert shrunk.realised == (Decimal("0.5") * MONTH).quantize(Decimal("0.000001"))


def test_what_is_gone_saves_what_it_cost_for_a_year_at_most() -> None:
    said = held(gone(), before(), (), estimated="146")
    # 24 x 0.2 = 4.80 a day
    assert (said.method, said.status, said.realised) == ("deleted", "verified", 146)
    assert sum(said.banked.values()) == Decimal("4.8") * 46
    long_after = held(gone(), before(), (), through=date(2028, 1, 31), estimated="146")
    assert sum(long_after.banked.values()) == Decimal("4.8") * 365
    assert max(long_after.banked) == "2027-06"


def test_three_complete_days_without_a_charge_are_enough_and_two_are_not() -> None:
    last = use(DONE, DONE, "10", "0.2")
    assert held(gone(), before(), last, through=DONE + timedelta(days=3), estimated="146").realised == 146
    said = verify(
        gone(),
        Baseline(MAY, before()),
        After(DONE + timedelta(days=2), last),
        estimated=Decimal(146),
        implemented_on=DONE,
    )
    assert isinstance(said, TooEarly)


def test_what_is_still_charged_was_not_deleted() -> None:
    said = held(gone(), before(), after(rate="0.2"), estimated="146")
    assert (said.status, said.realised, said.note) == ("not_realised", 0, "it is still charged")
    # Stopped, but its disks go on: 1.20 of 4.80 a day.
    part = held(gone(), before(), after("24", "0.05"), estimated="146")
    assert (part.status, part.realised) == ("verified", Decimal("109.5"))
    # The advice knew that a quarter stays to be paid: it is taken off once.
    known = held(advice("109.5", "146", step="terminate"), before(), after("24", "0.05"), estimated="109.5")
    assert known.realised == Decimal("109.5")


def test_what_took_its_place_and_what_is_paid_instead_is_no_saving() -> None:
    moved = held(gone(), before(), (), estimated="146", replaced=Decimal("4.5"))
    assert (moved.status, moved.realised) == ("not_realised", (Decimal("0.3") * MONTH).quantize(Decimal("0.000001")))
    snapshot = advice("100", "146", step="terminate")
    # 46 a month were to be paid for a snapshot.
    assert held(snapshot, before(), (), estimated="100").realised == pytest.approx(Decimal(100), abs=Decimal("0.001"))


def test_office_hours_save_the_hours_of_whole_weeks() -> None:
    def office(day: date) -> str:
        return "12" if day.weekday() < 5 else "0"

    schedule = advice("93", "146", step="schedule", target="office-hours")
    said = held(schedule, before(), after(office, "0.2"), estimated="93")
    # 168 - 60 hours a week x 0.2 = 21.60 / 7 a day: 64.3 % of the cost
    assert said.realised == (Decimal("21.6") / 7 * MONTH).quantize(Decimal("0.000001"))
    assert (said.method, said.status) == ("reduced", "verified")
    assert (said.high - said.low) / said.realised < Decimal("0.05")


def test_colder_storage_saves_the_price_difference_less_reads_and_moves() -> None:
    tier = advice("5", "10", step="tier", target="glacier_ir")
    reads = {"unit": "Requests", "meter": "reads"}
    stored = (*before("100", "0.01", unit="GB-Mo", meter="standard"), *before("10", "0.01", **reads))
    later = (*after("100", "0.002", unit="GB-Mo", meter="cold"), *after("10", "0.03", **reads))
    said = held(tier, stored, (*later, *after("1", "0.1", unit="GB", meter="retrieval")), estimated="5")
    # 100 x 0.008 - (0.30 - 0.10) for dearer reads - 0.10 for retrieval = 0.50 a day
    assert (said.method, said.realised) == ("tiered", (Decimal("0.5") * MONTH).quantize(Decimal("0.000001")))


def test_a_commitment_saves_what_its_use_would_have_cost_less_what_it_costs() -> None:
    commit = advice("60", "200", step="commit", resource="")
    days = {DONE + timedelta(days=n): Decimal(2) for n in range(46)}
    said = held(commit, (), (), estimated="60", earned=days)
    assert (said.method, said.realised, sum(said.banked.values())) == (
        "committed",
        (2 * MONTH).quantize(Decimal("0.000001")),
        92,
    )
    stranded = held(commit, (), (), estimated="60", earned={day: Decimal(-1) for day in days})
    assert (stranded.status, stranded.realised) == ("not_realised", -(MONTH).quantize(Decimal("0.000001")))
    assert held(commit, (), (), estimated="60").note == "the bill has no charge of this commitment"


def test_before_two_weeks_of_complete_days_nothing_is_said() -> None:
    for days, is_early in ((15, True), (16, False)):
        through = DONE + timedelta(days=days)
        rows = tuple(row for row in after() if row.day <= through)
        said = verify(
            resize(), Baseline(MAY, before()), After(through, rows), estimated=Decimal(73), implemented_on=DONE
        )
        # 3 days to settle and 14 days: the 8th to the 21st of June.
        assert isinstance(said, TooEarly) is is_early
    assert said.realised == 73  # type: ignore[union-attr]


def test_days_before_that_touch_the_change_are_left_out() -> None:
    early = MAY.first + timedelta(days=20)
    rows = use(early, THROUGH, "24", "0.1")
    said = verify(
        resize(),
        Baseline(MAY, (*use(MAY.first, early - timedelta(days=1), "24", "0.2"), *rows)),
        After(THROUGH, rows),
        estimated=Decimal(73),
        implemented_on=early,
    )
    assert isinstance(said, Verification)
    assert (said.before_end, said.realised) == (early - timedelta(days=4), 73)
    nothing_left = verify(
        resize(), Baseline(MAY, rows), After(THROUGH, rows), estimated=Decimal(73), implemented_on=MAY.first
    )
    assert isinstance(nothing_left, TooEarly)


@pytest.mark.parametrize(
    ("realised", "status"),
    [
        ("70", "verified"),
        ("69.99", "partially_verified"),
        ("20", "partially_verified"),
        ("19.99", "not_realised"),
        ("-5", "not_realised"),
    ],
)
def test_shares_of_the_estimate_have_names(realised: str, status: str) -> None:
    assert status_of(Decimal(realised), Decimal(100)) == status


def test_neighbouring_days_that_are_alike_count_for_less() -> None:
    apart = [Decimal(value) for value in (1, 3) * 10]
    blocks = [Decimal(value) for value in (1,) * 10 + (3,) * 10]
    assert standard_error(blocks) > 2 * standard_error(apart)
    assert standard_error([Decimal(5)] * 9) == standard_error([Decimal(5)]) == 0
    # Nobody knows better than 2 % what a month would have cost.
    assert around(Decimal(100), []) == (98, 102)


def test_units_are_read_in_one_spelling() -> None:
    assert {canonical_unit(unit) for unit in ("Hrs", "Hour", "HOURS ")} == {"hours"}
    assert (family("gibibyte hour"), family("Hrs"), family("GB")) == ("time", "time", "gb")
    assert {family(unit) for unit in ("GB-Mo", "IOPS-Month")} == {"provisioned"}


@given(st.integers(0, 10_000))
def test_the_range_holds_the_truth_of_noisy_machines(seed: int) -> None:
    """The planted truth: half of 24 hours at 0.2, whatever the noise of each day; 200 seeds, few may miss."""
    chance = random.Random(seed)

    def noisy(day: date) -> str:
        return f"{24 * chance.gauss(1, 0.1):.6f}"

    said = held(gone(), before(noisy), (), estimated="146")
    # 3 standard errors and the drift: beyond it is beyond any range of 95 %.
    assert abs(said.realised - 146) < 3 * 146 * Decimal("0.1") / Decimal(30).sqrt() + 146 * Decimal("0.05")


def test_nineteen_of_twenty_ranges_hold_the_truth() -> None:
    hits = 0
    for seed in range(200):
        chance = random.Random(seed)
        said = held(gone(), before(lambda day: f"{24 * chance.gauss(1, 0.2):.6f}"), (), estimated="146")  # noqa: B023
        hits += said.low <= 146 <= said.high
    assert hits >= 190
