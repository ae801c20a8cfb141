"""What changed in a month since it was first reported? Part by part, and the parts add up."""

from __future__ import annotations

import os
from decimal import Decimal

from finops_lib.lake import changes
from finops_lib.lake.open import attach, connect, detach, equip, open_lake
from finops_lib.lake.write import Staged, current_loads
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings, load_settings
from tests.conftest import WriteBill

Part = tuple[str, str]


def charge(resource: str, billed: str, quantity: str = "", **values: str) -> dict[str, str]:
    """A charge whose four costs are the same."""
    money = dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), billed)
    return {"PricingQuantity": quantity, **money, "ResourceId": resource, "ChargeClass": "", **values}


def parts(settings: Settings, amounts: str = "billed_change") -> dict[Part, Decimal]:
    with open_lake(settings.lake) as lake:
        rows = lake.con.execute(
            f"select BillingCurrency, part, sum({amounts}) from load_changes group by all"
        ).fetchall()
    return {(currency, part): amount for currency, part, amount in rows}


def restate(settings: Settings, write_bill: WriteBill, *bills: list[dict[str, str]]) -> None:
    for number, bill in enumerate(bills):
        ingest(settings, [write_bill(f"{number}.csv", bill)], source="payer", replace=True)


def test_every_part_of_a_restatement_has_its_money(settings: Settings, write_bill: WriteBill) -> None:
    shop, web = '{"team": "shop"}', '{"team": "web"}'
    first = [
        charge("more", "10", "4"),
        charge("dearer", "10", "4"),
        charge("both", "10", "4"),
        charge("gone", "3", "1"),
        charge("moved", "6", "2", Tags=shop),
        charge("same", "1", "1", Tags=shop),
        charge("", "2", ChargeCategory="Tax"),
    ]
    now = [
        charge("more", "15", "6"),
        charge("dearer", "12", "4"),
        charge("both", "18", "6"),
        charge("new", "7", "1"),
        charge("moved", "6", "2", Tags=web),
        charge("same", "1", "1", Tags=shop),
        charge("", "2.5", ChargeCategory="Tax"),
        charge("more", "-4", "1"),
        charge("", "-1", ChargeCategory="Credit"),
    ]
    restate(settings, write_bill, first, now)
    assert parts(settings) == {
        # more: 2 units at 2.50; both: the same, and the 8 it rose less those 5; new: 7
        ("USD", "late usage"): Decimal(5 + 5 + 7),
        # dearer: 12 - 10; both: 8 - 5
        ("USD", "re-rated"): Decimal(2 + 3),
        ("USD", "removed"): Decimal(-3),
        # A refund keeps its category, Usage: -4; and the credit.
        ("USD", "credit or refund"): Decimal(-4 - 1),
        ("USD", "tax and fees"): Decimal("0.5"),
        ("USD", "tags moved"): Decimal(0),
    }
    assert parts(settings, "billed_moved")["USD", "tags moved"] == Decimal(6)
    assert sum(parts(settings).values()) == Decimal("56.5") - Decimal(42)
    # 9 charges instead of 7: new, the refund and the credit came, and one is gone.
    assert sum(parts(settings, "rows_change").values()) == 2


def test_a_late_quantity_that_does_not_divide_evenly_leaves_no_crumbs(
    settings: Settings, write_bill: WriteBill
) -> None:
    # 1 / 3 a unit, as a bill writes it: 7 units are 2.333333333333, not 7 times 0.333333333333.
    restate(settings, write_bill, [charge("a", "1", "3")], [charge("a", "2.333333333333", "7")])
    assert parts(settings) == {("USD", "late usage"): Decimal("1.333333333333")}


def test_money_that_moves_and_grows_is_told_apart(settings: Settings, write_bill: WriteBill) -> None:
    first = [charge("a", "5", "5", Tags='{"team": "x"}')]
    now = [charge("a", "2", "2", Tags='{"team": "x"}'), charge("a", "4", "4", Tags='{"team": "y"}')]
    restate(settings, write_bill, first, now)
    # x lost 3 and y won 4: 3 moved, 1 came.
    assert parts(settings) == {("USD", "late usage"): Decimal(1), ("USD", "tags moved"): Decimal(0)}
    assert parts(settings, "billed_moved")["USD", "tags moved"] == Decimal(3)


def test_without_quantities_another_amount_is_another_rate_and_another_charge_is_late(
    settings: Settings, write_bill: WriteBill
) -> None:
    first = [charge("a", "5"), charge("b", "5")]
    restate(settings, write_bill, first, [charge("a", "6"), charge("b", "5"), charge("b", "5")])
    assert parts(settings) == {("USD", "re-rated"): Decimal(1), ("USD", "late usage"): Decimal(5)}


def test_a_currency_that_came_or_went_is_explained_too(settings: Settings, write_bill: WriteBill) -> None:
    restate(settings, write_bill, [charge("a", "5", "1")], [charge("a", "5", "1", BillingCurrency="EUR")])
    assert parts(settings) == {("USD", "removed"): Decimal(-5), ("EUR", "late usage"): Decimal(5)}


def test_a_first_load_and_the_same_load_again_change_nothing(settings: Settings, write_bill: WriteBill) -> None:
    restate(settings, write_bill, [charge("a", "5", "1")], [charge("a", "5", "1")])
    assert parts(settings) == {}


def test_what_our_own_mapping_changed_is_no_restatement_of_the_provider(
    settings: Settings, write_bill: WriteBill
) -> None:
    restate(settings, write_bill, [charge("a", "5", "1")])
    params = settings.params / "workbench.yaml"
    params.parent.mkdir(parents=True, exist_ok=True)
    params.write_text("allocation:\n  dimensions:\n    team:\n      keys: [team]\n", encoding="utf-8")
    restate(load_settings(), write_bill, [charge("a", "7", "1")])
    assert parts(settings) == {("USD", "our mapping"): Decimal(2)}


def test_a_slice_that_is_not_what_its_load_says_is_mended_by_the_next_load(
    settings: Settings, write_bill: WriteBill
) -> None:
    restate(settings, write_bill, [charge("a", "5", "1"), charge("b", "2", "1")])
    con = connect()
    equip(con, settings.lake)
    attach(con, settings.lake, read_only=False)
    con.execute("delete from lake.cost where ResourceId = 'b'")
    con.close()
    restate(settings, write_bill, [charge("a", "7", "1"), charge("b", "2", "1")])
    # The load changes 7 by 2; of that `a` is 2 dearer, and `b` seems to come with 2 that it had before.
    assert sum(parts(settings).values()) == 2
    assert parts(settings)["USD", "repaired"] == -2
    with open_lake(settings.lake) as lake:
        assert lake.con.execute("select sum(BilledCost) from cost").fetchall() == [(9,)]


def test_changes_are_told_anew_when_another_load_came_between(settings: Settings, write_bill: WriteBill) -> None:
    restate(settings, write_bill, [charge("a", "5", "1")])
    con = connect()
    equip(con, settings.lake)
    attach(con, settings.lake, read_only=True)
    [load] = current_loads(con, "payer")
    with open_lake(settings.lake) as lake:
        [(file,)] = lake.con.execute("select data_file from ducklake_list_files('lake', 'cost')").fetchall()
    staged = Staged(load.key, "new", [file])
    versions = {load.key: "another mapping"}
    changes.remember_changes(con, [staged], versions)
    assert staged.compared_with == 1
    detach(con)
    ingest(settings, [write_bill("b.csv", [charge("a", "9", "1")])], source="payer")
    attach(con, settings.lake, read_only=True)
    changes.remember_changes(con, [staged], versions)
    told = con.execute("select replaced_load_number, part, billed_change from slice_changes").fetchall()
    con.close()
    # What is staged still says 5; the lake says 9 by now.
    assert (staged.compared_with, told) == (2, [(2, "our mapping", Decimal(-4))])


def test_usage_days_are_kept_by_service_for_the_45_days_before_a_delivery(
    settings: Settings, write_bill: WriteBill
) -> None:
    bill = write_bill("a.csv", [charge("a", "5", "1"), charge("b", "2", "1"), charge("", "1", ChargeCategory="Tax")])
    os.utime(bill, (1_781_222_400, 1_781_222_400))  # 12 June 2026, 0:00: the 2 May is 41 days before
    ingest(settings, [bill], source="payer")
    late = write_bill("b.csv", [charge("a", "6", "1")])
    os.utime(late, (1_782_000_000, 1_782_000_000))  # 21 June 2026: 50 days
    ingest(settings, [late], source="payer", replace=True)
    with open_lake(settings.lake) as lake:
        rows = lake.con.execute(
            "select load_number, ServiceName, cast(day as VARCHAR), billed_loaded, cast(delivered_on as VARCHAR) "
            "from load_service_days"
        ).fetchall()
    assert rows == [(1, "Amazon Elastic Compute Cloud", "2026-05-02", Decimal(7), "2026-06-12")]
