"""What storage costs in another class: small objects, minimum durations, retrieval, and the move itself."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.savings.tiering import TIERS, Stored, Tier, access_limit, best_tier, costs_in, priced
from finops_lib.analyses.savings.tiering.tiers import GIB, KIB

S3 = {tier.name: tier for tier in TIERS["aws"]}
STANDARD = S3["Standard"]
# The prices of the vectors: 0.0036 a GB, 0.03 per 1,000 objects moved, 0.01 per GB read, requests left out.
FLEXIBLE = replace(S3["Glacier Flexible Retrieval"], reads=Decimal(0))


def stored(gib: int, objects: int, **more: str) -> Stored:
    return Stored(Decimal(gib), objects, **{name: Decimal(value) for name, value in more.items()})  # type: ignore[arg-type]


def rounded(value: Decimal, digits: str = "0.001") -> Decimal:
    return value.quantize(Decimal(digits))


# domain.md 11, vectors 10, 11 and 12.
@pytest.mark.parametrize(
    ("given", "now", "then", "once", "months"),
    [
        # 10,240 x 0.0036 + 1 M x (32 KiB x 0.0036 + 8 KiB x 0.023); 1,000 x 0.03; 30 / (235.52 - 37.149)
        (stored(10240, 1_000_000), "235.520", "37.149", "30", "0.15"),
        (stored(1024, 20_000_000), "23.552", "9.393", "600", "42.38"),
        # 5,120 GiB read at 0.01 more
        (stored(10240, 1_000_000, retrieved_share="0.5"), "235.520", "88.349", "30", "0.20"),
    ],
    ids=["large objects", "small objects", "half of it read"],
)
def test_glacier_flexible_costs_its_overhead_its_retrieval_and_the_move(
    given: Stored, now: str, then: str, once: str, months: str
) -> None:
    today, archived = costs_in(given, STANDARD, STANDARD), costs_in(given, FLEXIBLE, STANDARD)
    assert (rounded(today.monthly), rounded(archived.monthly)) == (Decimal(now), Decimal(then))
    assert archived.once == Decimal(once)
    assert rounded(archived.once / (today.monthly - archived.monthly), "0.01") == Decimal(months)


def test_large_objects_go_to_the_archive_and_small_ones_stay() -> None:
    tiers = (STANDARD, FLEXIBLE)
    assert best_tier(stored(10240, 1_000_000), tiers, accepted_restore_hours=5).tier is FLEXIBLE
    small = best_tier(stored(1024, 20_000_000), tiers, accepted_restore_hours=5)
    # 1 TiB in 20 M objects is 52 KiB each, below 128 KiB.
    assert (small.tier, small.against) == (None, {FLEXIBLE.name: "its objects are too small to be moved"})
    moves_all = replace(FLEXIBLE, moves_from_bytes=0)
    paid_late = best_tier(stored(1024, 20_000_000), (STANDARD, moves_all), accepted_restore_hours=5)
    assert paid_late.against == {FLEXIBLE.name: "the move is paid for after 42 months only"}


def test_a_small_object_is_charged_as_a_larger_one() -> None:
    # 1 M objects of 64 KiB are charged as 128 KiB: 122.07 GiB at 0.0125 instead of 61.035 at 0.023
    half = Stored(Decimal(64 * KIB) * 1_000_000 / GIB, 1_000_000)
    infrequent = costs_in(half, S3["Standard-IA"], STANDARD)
    assert rounded(infrequent.storage) == rounded(Decimal(128 * KIB) * 1_000_000 / GIB * Decimal("0.0125"))
    assert infrequent.storage > costs_in(half, STANDARD, STANDARD).storage


def test_what_is_deleted_early_is_charged_to_the_minimum() -> None:
    # 90 days are 2.959 months: an object that lives one month costs 2.959 of them.
    one_month = stored(1000, 1000, life_months="1")
    whole, short = (costs_in(s, S3["Glacier Instant Retrieval"], STANDARD) for s in (stored(1000, 1000), one_month))
    assert rounded(short.storage / whole.storage) == Decimal("2.959")


# domain.md 5: the monitoring fee is recovered above 250 KiB if everything goes cold, above 500 KiB if half does.
@pytest.mark.parametrize(("cold", "kib"), [("1", 250), ("0.5", 500)])
def test_the_fee_of_intelligent_tiering_sets_a_size_floor(cold: str, kib: int) -> None:
    tiers = (STANDARD, S3["Intelligent-Tiering"])

    def saving(size: int) -> Decimal:
        given = Stored(Decimal(size * KIB) * 1_000_000 / GIB, 1_000_000, cold_share=Decimal(cold))
        return costs_in(given, tiers[0], STANDARD).monthly - costs_in(given, tiers[1], STANDARD).monthly

    assert saving(kib - 5) < 0 < saving(kib + 5)
    assert "not known" in best_tier(stored(10240, 10_000), tiers).against["Intelligent-Tiering"]


def test_from_the_access_limit_on_a_colder_class_is_not_chosen() -> None:
    # (0.023 - 0.004) / 0.03
    instant = S3["Glacier Instant Retrieval"]
    limit = access_limit(STANDARD, instant)
    assert limit is not None
    assert rounded(limit) == Decimal("0.633")
    below, above = (best_tier(stored(10240, 10_000, retrieved_share=a), (STANDARD, instant)) for a in ("0.6", "0.64"))
    assert below.tier is instant
    assert above.against == {instant.name: "64 % are read a month, from 63 % on it costs more"}


def test_an_archive_needs_the_word_of_its_owner_and_a_hold_keeps_everything() -> None:
    cold = stored(10240, 10_000)
    assert best_tier(cold, TIERS["aws"]).tier is S3["Glacier Instant Retrieval"]
    assert best_tier(cold, TIERS["aws"], accepted_restore_hours=12).tier is S3["Glacier Deep Archive"]
    held = best_tier(cold, TIERS["aws"], is_held=True)
    assert (held.tier, set(held.against.values())) == (None, {"a compliance hold keeps it where it is"})


def test_leaving_a_class_early_is_part_of_the_move() -> None:
    given = stored(10240, 1_000_000, early_delete="100")
    assert costs_in(given, FLEXIBLE, STANDARD).once == 130


def test_prices_follow_the_own_rate() -> None:
    # Half of the list price of Standard: half of everything.
    assert priced("aws", Decimal("0.0115"))[2].price == Decimal("0.00625")
    assert priced("gcp", None) == TIERS["gcp"]


@pytest.mark.parametrize("provider", sorted(TIERS))
def test_colder_classes_are_cheaper_to_keep_and_dearer_to_read(provider: str) -> None:
    plain = [tier for tier in TIERS[provider] if tier.cold_price is None]
    assert [tier.price for tier in plain] == sorted((tier.price for tier in plain), reverse=True)
    assert all(tier.retrieval > 0 and tier.least_days >= 30 for tier in plain[1:])


@given(
    gib=st.decimals("0.01", "1e6", places=2),
    objects=st.integers(1, 10**9),
    retrieved_share=st.decimals(0, 3, places=3),
    reads=st.integers(0, 10**9),
    life_months=st.decimals("0.1", 60, places=1),
    provider=st.sampled_from(sorted(TIERS)),
    hours=st.sampled_from([0, 5, 48]),
)
def test_a_choice_never_costs_more_than_staying(
    gib: Decimal, objects: int, retrieved_share: Decimal, reads: int, life_months: Decimal, provider: str, hours: int
) -> None:
    given_ = Stored(gib, objects, retrieved_share, reads, life_months)
    tiers: tuple[Tier, ...] = TIERS[provider]
    choice = best_tier(given_, tiers, accepted_restore_hours=hours)
    today = costs_in(given_, tiers[0], tiers[0])
    assert 0 <= choice.saving <= today.monthly
    assert choice.net <= 12 * choice.saving
    if choice.tier is not None:
        assert choice.net > 0
        assert choice.break_even_months is not None
        assert choice.break_even_months <= 6
        assert choice.tier.restore_hours <= hours
    # Every class but the chosen one says what speaks against it.
    assert len(choice.against) == len(tiers) - 1 - (choice.tier is not None)
