"""How a FOCUS file is recognised and what is derived from it."""

from __future__ import annotations

import pytest

from finops_lib.errors import DataError
from finops_lib.sources import detect
from finops_lib.sources.focus import version_of
from finops_lib.sources.providers import provider_of

_MANDATORY = ["BilledCost", "EffectiveCost", "ChargePeriodStart", "BillingPeriodStart", "ProviderName"]


@pytest.mark.parametrize(
    ("more", "version"),
    [
        ([], "1.2"),
        (["SkuPriceId"], "1.0"),
        (["CommitmentDiscountId"], "1.0"),
        (["SkuPriceId", "SkuMeter"], "1.1"),
        (["CommitmentDiscountId", "CommitmentDiscountQuantity"], "1.1"),
        (["InvoiceId"], "1.2"),
        (["ServiceProviderName"], "1.3"),
        (["AllocatedResourceId"], "1.3"),
        (["InvoiceDetailId"], "1.4"),
    ],
)
def test_a_header_is_of_the_newest_version_it_does_not_contradict(more: list[str], version: str) -> None:
    assert version_of([*_MANDATORY, *more]) == version


def test_a_header_without_the_former_provider_name_is_1_4() -> None:
    assert version_of([*_MANDATORY[:-1], "ServiceProviderName", "HostProviderName"]) == "1.4"


def test_a_focus_file_that_lacks_one_anchor_is_a_broken_focus_file() -> None:
    assert detect([name for name in _MANDATORY if name != "BilledCost"], path="x.csv").startswith("focus-")


def test_another_file_is_refused_with_its_columns_in_the_message() -> None:
    with pytest.raises(
        DataError, match="not a billing file of a known dialect; its columns are date, amount"
    ) as caught:
        detect(["date", "amount"], path="bank.csv")
    assert caught.value.exit_code == 3
    assert caught.value.path == "bank.csv"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("names", "provider"),
    [
        (("AWS", None, None), "aws"),
        (("Microsoft", "Crayon", None), "azure"),
        (("Datadog", "Google Cloud", None), "gcp"),
        (("Databricks", "Microsoft", "Microsoft Azure"), "azure"),
        (("Databricks", "Databricks", "Microsoft Azure"), "databricks"),
        (("Crayon", "Crayon", "Microsoft Azure"), "azure"),
        (("OCI", None, None), "oracle"),
        (("CloudNine, Inc.", None, None), "cloudnine-inc"),
        ((None, " ", ""), "unknown"),
    ],
)
def test_the_provider_is_the_one_whose_bill_it_is(names: tuple[str | None, ...], provider: str) -> None:
    assert provider_of(*names) == provider
