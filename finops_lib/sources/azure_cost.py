"""Azure cost exports as they were before FOCUS: actual and amortized cost, of every agreement (EA, MCA, pay-as-you-go).

Columns are called differently by each agreement, API version and language, so names are compared without letter case,
blanks and marks, and a name in parentheses is the column's real one: `Ressourcengruppe (ResourceGroup)`. A column that
is not known here is kept in x_Extra under its own name.

Question: which of the two is a file?
Choice: what its export manifest says; else the word `amortized` or `actual` nearest the end of its path (the file, its
folder, the folder above); else actual. Rows that contradict this refuse the delivery (azure_pair.py).
Why: the columns are the same, and charges of type UnusedReservation are in one of them, but not always.

Question: is 05/06/2026 in May or in June?
Choice: in May: Azure writes the month first wherever it writes slashes. A day that this makes impossible is refused.
Why: its exports have no locale. Declined: to guess per file; it would be right until the first file without a 13th.

Source: Microsoft, "Understand cost details fields" and "Convert Cost Management data to FOCUS".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from finops_lib.focus import FOCUS_COLUMNS
from finops_lib.quoting import identifier
from finops_lib.sources import DIALECTS, Dialect, azure_pair, mapping
from finops_lib.sources.conform import plain_digits
from finops_lib.sources.focus import version_of

# The columns of `source` -> their names without letter case, blanks and marks; the first that is there counts.
_NAMES: dict[str, tuple[str, ...]] = {
    "BillingAccountId": ("billingaccountid",),
    "BillingAccountName": ("billingaccountname",),
    "BillingProfileId": ("billingprofileid",),
    "BillingProfileName": ("billingprofilename",),
    "BillingPeriodStartDate": ("billingperiodstartdate", "billingperiodstart"),
    "BillingPeriodEndDate": ("billingperiodenddate", "billingperiodend"),
    "InvoiceId": ("invoiceid",),
    "PreviousInvoiceId": ("previousinvoiceid",),
    "InvoiceSectionId": ("invoicesectionid",),
    "InvoiceSectionName": ("invoicesectionname", "invoicesection"),
    "AccountName": ("accountname",),
    "AccountOwnerId": ("accountownerid", "accountowneremail"),
    "CostCenter": ("costcenter",),
    "PartnerName": ("partnername",),
    "ResellerName": ("resellername",),
    "ResellerMpnId": ("resellermpnid",),
    "CustomerTenantId": ("customertenantid",),
    "CustomerName": ("customername",),
    "SubscriptionId": ("subscriptionid", "subscriptionguid"),
    "SubscriptionName": ("subscriptionname",),
    "Date": ("date", "usagedatetime", "usagedate"),
    "ServicePeriodStartDate": ("serviceperiodstartdate",),
    "ServicePeriodEndDate": ("serviceperiodenddate",),
    "ChargeType": ("chargetype",),
    "Frequency": ("frequency",),
    "PricingModel": ("pricingmodel",),
    "Cost": ("costinbillingcurrency", "cost", "pretaxcost", "extendedcost"),
    "Currency": ("billingcurrency", "billingcurrencycode", "currency", "currencycode"),
    "CostInPricingCurrency": ("costinpricingcurrency",),
    "PricingCurrency": ("pricingcurrency", "pricingcurrencycode"),
    "ExchangeRate": ("exchangeratepricingtobilling", "exchangerate"),
    "ExchangeRateDate": ("exchangeratedate",),
    "CostInUsd": ("costinusd",),
    "Quantity": ("quantity", "usagequantity", "consumedquantity"),
    "UnitOfMeasure": ("unitofmeasure",),
    "UnitPrice": ("unitprice", "resourcerate"),
    "EffectivePrice": ("effectiveprice",),
    "PayGPrice": ("paygprice",),
    "PayGCost": ("paygcostinbillingcurrency",),
    "ProductId": ("productid",),
    "ProductName": ("productname", "product"),
    "PartNumber": ("partnumber",),
    "MeterId": ("meterid",),
    "MeterName": ("metername", "meter"),
    "MeterCategory": ("metercategory",),
    "MeterSubCategory": ("metersubcategory",),
    "MeterRegion": ("meterregion",),
    "ServiceFamily": ("servicefamily",),
    "ConsumedService": ("consumedservice",),
    "ServiceNameOfMeter": ("servicename",),
    "ServiceTier": ("servicetier",),
    "ResourceId": ("resourceid", "instanceid", "instancename"),
    "ResourceName": ("resourcename",),
    "ResourceType": ("resourcetype",),
    "ResourceGroup": ("resourcegroup", "resourcegroupname"),
    "ResourceLocation": ("resourcelocation", "resourcelocationnormalized"),
    "Location": ("location",),
    "AvailabilityZone": ("availabilityzone",),
    "ReservationId": ("reservationid",),
    "ReservationName": ("reservationname",),
    "BenefitId": ("benefitid",),
    "BenefitName": ("benefitname",),
    "ProductOrderId": ("productorderid",),
    "ProductOrderName": ("productordername",),
    "Term": ("term",),
    "OfferId": ("offerid",),
    "PlanName": ("planname",),
    "PublisherType": ("publishertype",),
    "PublisherId": ("publisherid",),
    "PublisherName": ("publishername",),
    "IsAzureCreditEligible": ("isazurecrediteligible",),
    "CostAllocationRuleName": ("costallocationrulename",),
    "ServiceInfo1": ("serviceinfo1",),
    "ServiceInfo2": ("serviceinfo2",),
    "AdditionalInfo": ("additionalinfo",),
    "Tags": ("tags",),
}
# Handed on as they came, because conform.py reads numbers digit by digit.
_UNTOUCHED = ("Cost", "CostInPricingCurrency", "Quantity", "UnitPrice", "PayGPrice", "PayGCost")
# Beside their texts as decimals for multiplication; 20 + 18 digits are as many as a product can have.
_FACTORS = {
    "Cost": "DECIMAL(20,12)",
    "Quantity": "DECIMAL(20,12)",
    "UnitPrice": "DECIMAL(18,12)",
    "PayGPrice": "DECIMAL(18,12)",
    "ExchangeRate": "DECIMAL(18,10)",
}
_DAYS = ("BillingPeriodStartDate", "BillingPeriodEndDate", "Date", "ServicePeriodStartDate", "ServicePeriodEndDate")
_FORMATS = "['%m/%d/%Y', '%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y %I:%M:%S %p']"
# No other bill has all of these; one that lacks another column is a broken Azure bill, not an unknown one.
_ANCHORS = ("SubscriptionId", "Date", "Cost", "MeterCategory")
_OTHER = "other: "
_WORD = re.compile(r"(?<![a-z])(amorti[sz]ed|actual)")
_LEVELS = 3


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Give the columns of `source` that a file has -> what it calls them."""
    plain: dict[str, str] = {}
    for name in header:
        plain.setdefault(_plain(name), name)
    found = {}
    for column, names in _NAMES.items():
        given = next((plain[name] for name in names if name in plain), None)
        if given is not None:
            found[column] = given
    return found


def _plain(name: str) -> str:
    inside = re.search(r"\(([^()]+)\)\s*$", name)
    return re.sub(r"[^a-z0-9]", "", (inside[1] if inside else name).lower())


def recognises(header: Sequence[str]) -> bool:
    """Say whether a header is that of an actual or amortized cost file; which of them it does not say."""
    return columns_of(header).keys() >= set(_ANCHORS) and not version_of(header)


def is_called_amortized(path: str) -> bool:
    """Say whether a path calls its file amortized cost; the word nearest the end counts, without one it is actual."""
    for part in reversed(PurePosixPath(path.replace("\\", "/")).parts[-_LEVELS:]):
        if words := _WORD.findall(part.lower()):
            return bool(words[-1] != "actual")
    return False


def _select(dataset: str) -> Callable[[Sequence[str]], str]:
    def select(header: Sequence[str]) -> str:
        parts = {
            "source": _source(header, dataset),
            "regions": mapping("azure_regions"),
            "services": mapping("azure_services"),
            "charge_types": mapping("azure_charge_types"),
        }
        others = _others(header)
        renamed = "".join(f", {identifier(_OTHER + name)} as {identifier(kept)}" for name, kept in others.items())
        exclude = f" exclude ({', '.join(identifier(_OTHER + name) for name in others)})" if others else ""
        with_ = ", ".join(f"{name} as ({query})" for name, query in parts.items())
        return f"with {with_} select *{exclude}{renamed} from ({mapping('azure_cost')})"

    return select


def _others(header: Sequence[str]) -> dict[str, str]:
    """Give the columns that the mapping does not know -> the names under which they are kept."""
    known = set(columns_of(header).values())
    taken = {column.name.lower() for column in FOCUS_COLUMNS}
    return {name: f"x_{name}" if name.lower() in taken else name for name in header if name not in known}


def _source(header: Sequence[str], dataset: str) -> str:
    """Give the select from `raw` with all columns of _NAMES, absent ones null, and what has to be calculated of them.

    `<Factor>Number` are decimals, `<Day>Start` timestamps, null where the text is none; the texts stay beside them, so
    that conform.py refuses what cannot be read.
    """
    held = columns_of(header)
    columns = [f"'{dataset}' as Dataset"]
    for name in _NAMES:
        raw = f"raw.{identifier(held[name])}" if name in held else "cast(null as VARCHAR)"
        text = f"cast({raw} as VARCHAR)"
        columns.append(f"{raw if name in _UNTOUCHED else text} as {name}")
        if name in _FACTORS:
            columns.append(f"try_cast({plain_digits(text)} as {_FACTORS[name]}) as {name}Number")
        if name in _DAYS:
            # Each alone takes 5/2/26 for a day of the year 26.
            slashes = f"case when {text} ~ '[0-9]+/[0-9]+/[0-9]{{4}}([^0-9].*)?' then {text} end"
            iso = f"case when {text} ~ '[0-9]{{4}}-.*' then rtrim({text}, 'Z') end"
            columns.append(
                f"coalesce(try_strptime({slashes}, {_FORMATS}), try_cast({iso} as TIMESTAMP)) as {name}Start"
            )
    columns += [f"raw.{identifier(name)} as {identifier(_OTHER + name)}" for name in _others(header)]
    return f"select {', '.join(columns)}, columns('^x_(File|Row)$') from raw"


def _native(header: Sequence[str]) -> str:
    # A binary float is rounded as such, where its shortest text would be another number.
    text = plain_digits("cast(Cost as VARCHAR)")
    exact = f"cast({text} as DECIMAL(38,18)) else cast(Cost as DECIMAL(38,18))"
    billed = f"case when typeof(Cost) = 'VARCHAR' then {exact} end"
    month = "cast(date_trunc('month', coalesce(BillingPeriodStartDateStart, DateStart)) as DATE)"
    return f"select {month} as month, Currency as currency, {billed} as billed from ({_source(header, 'actual')})"


_NOT_AMORTIZED = (
    "the effective cost of commitments is known (actual cost alone does not say it: load the AmortizedCost export "
    "of the same days together with this one)"
)

DIALECTS.register(azure_pair.ACTUAL)(
    Dialect(
        version=1,
        recognises=recognises,
        select=_select("actual"),
        native=_native,
        claims={_NOT_AMORTIZED: "CommitmentDiscountType is not null and EffectiveCost = 0"},
        told_by_path=lambda path: not is_called_amortized(path),
        settle=azure_pair.settle,
    )
)
DIALECTS.register(azure_pair.AMORTIZED)(
    Dialect(
        version=1,
        recognises=recognises,
        select=_select("amortized"),
        told_by_path=is_called_amortized,
        settle=azure_pair.settle,
    )
)
