"""AWS's legacy Cost and Usage Report: `lineItem/UnblendedCost` in CSV, `line_item_unblended_cost` in Parquet.

Its columns follow the account: one for each product attribute, tag and cost category. Tags are put together again
under the keys that AWS's FOCUS export gives them, `user:team` and `aws:createdBy`. In Parquet AWS has already written
them as `resource_tags_user_cost_center`, and only so they can be given back: `user:cost_center`.

A Parquet report without a single tag column looks like CUR 2.0 with chosen columns, and is taken for it; the mapping
is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from finops_lib.sources import DIALECTS, Dialect, aws_line_items

# Behind a # stands what tells keys apart that differ in letter case alone (files.py).
_TAG = re.compile(r"resourceTags/(?P<csv>.+?)(?:#\d+)?|resource_tags_(?P<owner>user|aws)_(?P<parquet>.+)")
_CATEGORY = re.compile("costCategory/(?P<csv>.+)|cost_category_(?P<parquet>.+)")
_DISCOUNT = re.compile("discount/(?P<csv>.+)|discount_(?P<parquet>.+)")


def recognises(header: Sequence[str]) -> bool:
    """A report with slashes in its names, or with a column per tag."""
    is_legacy = any("/" in name for name in header) or any(_TAG.fullmatch(name) for name in header)
    return is_legacy and "resource_tags" not in header and aws_line_items.is_report(header)


def pairs(header: Sequence[str]) -> dict[str, str]:
    """Give tags, cost categories and discounts as maps of the columns that hold them."""
    kinds = {"resource_tags": _TAG, "cost_category": _CATEGORY, "discount": _DISCOUNT}
    columns = {kind: list(_keys(pattern, header)) for kind, pattern in kinds.items()}
    return {kind: aws_line_items.pairs_of(found) for kind, found in columns.items() if found}


def _keys(pattern: re.Pattern[str], header: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in header:
        if match := pattern.fullmatch(name):
            parts = match.groupdict()
            owner = f"{parts['owner']}:" if parts.get("owner") else ""
            yield parts["csv"] or owner + parts["parquet"], name


def select(header: Sequence[str]) -> str:
    return aws_line_items.select(header, texts={}, pairs=pairs(header))


def native(header: Sequence[str]) -> str:
    return aws_line_items.native(header, texts={}, pairs={})


DIALECTS.register("aws-cur")(
    Dialect(version=1, recognises=recognises, select=select, native=native, claims=aws_line_items.CLAIMS)
)
