"""AWS CUR 2.0 (Data Exports): a fixed set of columns of which an export holds those that its query names.

Tags, cost categories, discounts and product attributes are maps, in CSV as JSON text. CUR 2.0 writes the keys of tags
as `user_team`; they become `user:team`, as in AWS's FOCUS export. The mapping is aws_cur.sql.
"""

from __future__ import annotations

from collections.abc import Sequence

from finops_lib.sources import DIALECTS, Dialect, aws_cur, aws_line_items

# Attributes that are in the map, if they are not columns of their own: column -> key.
_IN_PRODUCT = {"product_product_name": "product_name", "product_region": "region"}
# Quotes inside values are escaped, so behind `{"` and `,"` a key begins.
_KEY_OF_OWNER = r"([{,]\s*\"(?:user|aws))_"


def recognises(header: Sequence[str]) -> bool:
    return aws_line_items.is_report(header) and not aws_cur.recognises(header)


def select(header: Sequence[str]) -> str:
    return aws_line_items.select(header, texts=_texts(header), pairs=_pairs(header))


def native(header: Sequence[str]) -> str:
    return aws_line_items.native(header, texts={}, pairs={})


def _texts(header: Sequence[str]) -> dict[str, str]:
    if "product" not in header:
        return {}
    product = aws_line_items.json_text("product")
    attributes = {name: key for name, key in _IN_PRODUCT.items() if name not in header}
    return {name: f"case when json_valid({product}) then {product}->>'{key}' end" for name, key in attributes.items()}


def _pairs(header: Sequence[str]) -> dict[str, str]:
    found = {name: aws_line_items.json_text(name) for name in ("cost_category", "discount") if name in header}
    if "resource_tags" in header:
        tags = aws_line_items.json_text("resource_tags")
        found["resource_tags"] = f"regexp_replace({tags}, '{_KEY_OF_OWNER}', '\\1:', 'g')"
    return found


DIALECTS.register("aws-cur2")(
    Dialect(version=1, recognises=recognises, select=select, native=native, claims=aws_line_items.CLAIMS)
)
