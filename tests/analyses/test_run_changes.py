"""One cause after the other: what each adds is a difference of two results, so nothing is lost between them."""

from __future__ import annotations

from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.run_changes import CAUSES, split_changes
from finops_lib.findings import EXACT

COST = ("cost", "USD")


def test_each_step_is_the_difference_to_the_one_before() -> None:
    steps = [("restated", {COST: Decimal("90.5")}), ("new_days", {COST: Decimal("120.75")})]
    [change] = split_changes({COST: Decimal(100)}, steps, {COST: Decimal("120.75")})
    # 90.5 - 100 = -9.5; 120.75 - 90.5 = 30.25; together 20.75
    assert (change.change, change.residual) == (Decimal("20.75"), 0)
    assert (change.causes["restated"], change.causes["new_days"]) == (Decimal("-9.5"), Decimal("30.25"))


def test_a_number_that_comes_or_goes_counts_as_nothing_where_it_is_not() -> None:
    old, new = ("budgets.old.actual", "USD"), ("budgets.new.actual", "USD")
    gone, came = sorted(
        split_changes({old: Decimal(5)}, [("rules", {new: Decimal(7)})], {new: Decimal(7)}), key=lambda c: c.change
    )
    assert (gone.before, gone.after, gone.change, gone.causes["rules"]) == (5, None, -5, -5)
    assert (came.before, came.after, came.change, came.causes["rules"]) == (None, 7, 7, 7)


def test_two_currencies_are_two_numbers() -> None:
    before, after = {("cost", "USD"): Decimal(5)}, {("cost", "EUR"): Decimal(4)}
    changes = split_changes(before, [("parameters", after)], after)
    assert [(change.unit, change.change) for change in changes] == [("EUR", 4), ("USD", -5)]


def test_what_nothing_explains_is_the_residual() -> None:
    [change] = split_changes({COST: Decimal(1)}, [], {COST: Decimal(3)})
    assert (change.residual, set(change.causes.values())) == (2, {Decimal(0)})


amounts = st.decimals(min_value=-(10**16), max_value=10**16, places=12)
results = st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from(["USD", ""])), amounts)


@given(results, st.lists(st.tuples(st.sampled_from(CAUSES), results), max_size=6), results)
def test_the_parts_always_add_up_to_the_digit(before, steps, after) -> None:
    with localcontext(EXACT):
        for change in split_changes(before, steps, after):
            key = (change.measure, change.unit)
            assert sum(change.causes.values()) + change.residual == change.change
            reached = (steps[-1][1] if steps else before).get(key, Decimal(0))
            assert change.residual == after.get(key, Decimal(0)) - reached
