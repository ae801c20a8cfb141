"""FOCUS files, versions 1.0-preview to 1.4 (focus.finops.org), from any provider.

A file does not say its version, so the header decides: the newest version that it does not contradict. Columns new in
a version prove it; a conditional group of columns that lacks the companions a later version gave it rules that version
out.

Derived: up to 1.2 there is only ProviderName, whose meaning ServiceProviderName took over in 1.3. ProviderName and
PublisherName are kept in x_Extra where they say something else. HostProviderName stays unknown before 1.3. Oracle's
files still have some names of 1.0-preview (Provider, UsageQuantity, ...), which get those of 1.0.

`focus-daily` is never detected, it has to be named: files that call each day a billing period, as LiteLLM's do. Their
billing period becomes the calendar month, and what they said is kept in x_Extra. Since a load replaces whole months,
all files of a month belong into one command.

Google's own export has these columns too, but lists of labels instead of Tags: a dialect of its own, gcp_focus.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from finops_lib.focus import FOCUS_COLUMNS, FORMER_COLUMNS, PREVIEW_COLUMNS
from finops_lib.sources import DIALECTS, Dialect

_SINCE = {column.name: column.since for column in FOCUS_COLUMNS}
# Where Google's own export keeps what FOCUS puts into Tags.
GOOGLE_LISTS = ("x_Labels", "x_Tags", "x_ProjectLabels", "x_SystemLabels")
_ANCHORS = ("BilledCost", "EffectiveCost", "ChargePeriodStart", "BillingPeriodStart")


def version_of(header: Sequence[str]) -> str:
    """Give the FOCUS version of a header, or "" if it is not a FOCUS file.

    A header needs three of the four anchor columns: a FOCUS file that lacks one is a broken FOCUS file, not an
    unknown one.
    """
    columns = set(header)
    if sum(anchor in columns for anchor in _ANCHORS) < 3:
        return ""
    if _renamed(header):
        return "1.0-preview"
    if "ServiceProviderName" in columns or "HostProviderName" in columns:
        return "1.3" if "ProviderName" in columns else "1.4"
    since = {_SINCE[column] for column in columns if column in _SINCE}
    for version in ("1.4", "1.3", "1.2", "1.1"):
        if version in since:
            return version
    commitments = "CommitmentDiscountId" in columns and "CommitmentDiscountQuantity" not in columns
    prices = "SkuPriceId" in columns and "SkuMeter" not in columns
    return "1.0" if commitments or prices else "1.2"


def _renamed(header: Sequence[str]) -> dict[str, str]:
    """Give the columns of 1.0-preview in a header that has no column of the later name: name -> later name."""
    columns = set(header)
    # Names that no later version knows; a column Region alone can be anybody's.
    if not columns & {"Provider", "InvoiceIssuer", "UsageQuantity"}:
        return {}
    later = {"ServiceProviderName": {"ServiceProviderName", "ProviderName"}}
    found = {old: new for old, new in PREVIEW_COLUMNS.items() if old in columns}
    return {old: new for old, new in found.items() if not later.get(new, {new}) & columns}


def is_google_export(header: Sequence[str]) -> bool:
    """Say whether a FOCUS header is that of Google's own export (gcp_focus.py): its lists instead of Tags."""
    lists = [name for name in GOOGLE_LISTS if name in header]
    return bool(lists) and "Tags" not in header and bool(version_of(header))


def select(header: Sequence[str]) -> str:
    """Give the select that renames what 1.4 renamed."""
    renamed = _renamed(header)
    if renamed:
        names = ", ".join(f'"{old}" as "{new}"' for old, new in renamed.items())
        later = [renamed.get(name, name) for name in header]
        return select(later).removesuffix("from raw") + f"from (select * rename ({names}) from raw) as raw"
    changes = []
    if "ProviderName" in header:
        if "ServiceProviderName" not in header:
            changes.append('ProviderName as "ServiceProviderName"')
            changes.append("cast(null as varchar) as ProviderName")
        else:
            changes.append("nullif(ProviderName, ServiceProviderName) as ProviderName")
    if "PublisherName" in header:
        # Most often the provider itself; then it says nothing new.
        others = [name for name in ("ServiceProviderName", "ProviderName", "InvoiceIssuerName") if name in header]
        same = " or ".join(f"raw.PublisherName = raw.{name}" for name in others) or "false"
        changes.append(f"case when {same} then null else raw.PublisherName end as PublisherName")
    former = [name for name in FORMER_COLUMNS if name in header]
    exclude = f" exclude ({', '.join(former)})" if former else ""
    return f"select {', '.join([f'*{exclude}', *changes])} from raw"


def _select_daily(header: Sequence[str]) -> str:
    """Give the select in which the billing period is the calendar month of the day that the file calls so."""
    period = ("BillingPeriodStart", "BillingPeriodEnd")
    said = ", ".join(f"{name} as x_{name}" for name in period)
    month = "date_trunc('month', try_cast(rtrim(cast(BillingPeriodStart as VARCHAR), 'Z') as TIMESTAMP))"
    columns = f"{month} as BillingPeriodStart, {month} + interval 1 month as BillingPeriodEnd, {said}"
    return f"select * exclude ({', '.join(period)}), {columns} from ({select(header)})"


def _dialect(version: str) -> Dialect:
    def recognises(header: Sequence[str]) -> bool:
        return version_of(header) == version and not is_google_export(header)

    return Dialect(version=1, recognises=recognises, select=select)


for _version in ("1.0-preview", "1.0", "1.1", "1.2", "1.3", "1.4"):
    DIALECTS.register(f"focus-{_version}")(_dialect(_version))
DIALECTS.register("focus-daily")(Dialect(version=1, recognises=lambda header: False, select=_select_daily))
