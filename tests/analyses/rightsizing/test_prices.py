"""What an hour of a type costs: from the surest thing that the bill says, with a grade for how sure it is."""

from __future__ import annotations

import polars as pl
import pytest

from finops_lib.analyses.savings.rightsizing.prices import Market, Price, PriceBook
from tests.analyses.rightsizing.machines import EC2, catalogue, price_row, shape

LINUX = Market("aws", EC2, "us-east-1", "linux", "shared")


def book(*rows: dict[str, object]) -> PriceBook:
    columns = {"list_unit_price": pl.Float64(), "contracted_unit_price": pl.Float64()}
    frame = pl.DataFrame(rows, schema_overrides=columns, infer_schema_length=None)
    return PriceBook.of(frame, catalogue(), "ec2")


def price(of: PriceBook, machine_type: str, market: Market = LINUX) -> tuple[float, float | None, str] | None:
    found: Price | None = of.price(market, shape(machine_type))
    return None if found is None else (round(found.agreed, 6), found.listed and round(found.listed, 6), found.grade)


def test_a_is_the_agreed_price_of_the_very_type() -> None:
    assert price(book(price_row("m5.large", 0.096, 0.09)), "m5.large") == (0.09, 0.096, "A")


def test_b_is_its_list_price_at_the_discount_of_family_and_region() -> None:
    seen = book(price_row("m5.large", 0.096, None), price_row("m5.2xlarge", 0.384, 0.3456))
    # 0.3456 / 0.384 = 0.9 in m5: 0.096 x 0.9 = 0.0864
    assert price(seen, "m5.large") == (0.0864, 0.096, "B")


def test_the_discount_is_the_median_of_those_there_are() -> None:
    seen = book(
        price_row("m5.large", 0.096, None),
        price_row("m5.xlarge", 0.192, 0.192 * 0.9),
        price_row("m5.2xlarge", 0.384, 0.384 * 0.8),
        price_row("m5.4xlarge", 0.768, 0.768 * 0.5),
    )
    # of 0.9, 0.8 and 0.5 the median is 0.8
    assert price(seen, "m5.large") == (0.0768, 0.096, "B")


def test_a_list_price_may_be_that_of_another_size_in_proportion() -> None:
    # m5.2xlarge has four times the memory of m5.large: 0.384 / 4 = 0.096; of two sizes the nearer counts
    seen = book(price_row("m5.2xlarge", 0.384, 0.3456), price_row("m5.24xlarge", 5.0, 4.5))
    assert price(seen, "m5.large") == (0.0864, 0.096, "B")


def test_a_size_whose_list_price_is_not_known_lends_its_agreed_one() -> None:
    assert price(book(price_row("m5.xlarge", None, 0.18)), "m5.large") == (0.09, None, "B")


def test_c_is_the_discount_of_the_service() -> None:
    seen = book(price_row("m5.large", 0.096, None), price_row("c5.large", 0.085, 0.068))
    # 0.068 / 0.085 = 0.8 over all of EC2: 0.0768
    assert price(seen, "m5.large") == (0.0768, 0.096, "C")


def test_d_is_the_list_price() -> None:
    assert price(book(price_row("m5.large", 0.096, None)), "m5.large") == (0.096, 0.096, "D")


@pytest.mark.parametrize("elsewhere", [{"RegionId": "eu-west-1"}, {"platform": "rhel"}, {"tenancy": "dedicated"}])
def test_a_price_holds_in_its_market_only(elsewhere: dict[str, object]) -> None:
    assert price(book(price_row("m5.large", 0.096, 0.096, **elsewhere)), "m5.large") is None


def test_a_family_that_is_not_on_the_bill_has_no_price() -> None:
    assert price(book(price_row("m5.large", 0.096, 0.096)), "c5.large") is None
    assert PriceBook.of(None, catalogue(), "ec2").price(LINUX, shape("m5.large")) is None


def test_nothing_is_bought_at_zero() -> None:
    # What a free tier or a defect of an export calls 0 is no price.
    assert price(book(price_row("m5.large", 0.096, 0.0)), "m5.large") == (0.096, 0.096, "D")
    assert price(book(price_row("m5.large", 0.0, 0.0)), "m5.large") is None


def test_a_licence_by_core_breaks_the_proportion_of_burstable_sizes() -> None:
    windows = LINUX._replace(platform="windows")
    seen = book(
        price_row("t3.xlarge", 0.24, 0.24, platform="windows"), price_row("m5.xlarge", 0.376, 0.376, platform="windows")
    )
    # t3.large on Windows costs 0.1108, not the 0.12 of half its price
    assert price(seen, "t3.large", windows) is None
    assert price(seen, "m5.large", windows) == (0.188, 0.188, "B")
    suse = book(price_row("m5.xlarge", 0.3, 0.3, platform="suse"))
    assert price(suse, "m5.large", LINUX._replace(platform="suse")) is None


def test_both_rates_of_google_make_a_price() -> None:
    market = Market("gcp", "Compute Engine", "us-central1", "", "shared")
    here = {"x_Provider": "gcp", "ServiceName": "Compute Engine", "RegionId": "us-central1", "platform": ""}
    cores, memory = (
        price_row("n2", 0.03, 0.027, part="cores", **here),
        price_row("n2", 0.004, 0.0036, part="memory", **here),
    )
    target = shape("n2-standard-4", provider="gcp", service="gce")
    # 4 x 0.027 + 16 x 0.0036 = 0.1656 as agreed, 4 x 0.03 + 16 x 0.004 = 0.184 at list
    found = book(cores, memory).price(market, target)
    assert found is not None
    assert (round(found.agreed, 6), round(found.listed or 0, 6), found.grade) == (0.1656, 0.184, "A")
    assert book(cores).price(market, target) is None
