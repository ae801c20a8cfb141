"""Google Cloud's own bill: rows of the BigQuery exports, standard (gcp_billing_export_v1) and detailed (resource_v1).

They come as Parquet with nested records, or flattened to CSV with names like `service.id`. A list may be nested, JSON
text, or Python's way of writing one (`[{'key': 'foo', 'value': 'bar'}]`), whose every character must be understood.

What is charged is cost + the credits of the row, as exact decimals of 18 digits behind the point: Google keeps both
as binary floats, read here as the shortest decimals that mean them, added without a float. Credits stay folded into
their charge, as in Google's own FOCUS view: as rows of their own they would belong to no usage of a resource any more.
Each one is still in x_Extra, key x_Credits. A credit that cannot be read refuses its row, and with it the delivery.

Google has no prepaid commitments whose cost would have to be spread: a fee is charged as its term passes, so what is
effective is what is billed. The billing period is the invoice month, from its first day in UTC, as Google's FOCUS
export writes it: the month is Pacific time, so a charge of its last hours may lie up to eight hours behind the
period's end, and one that arrives late may carry the next month.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finops_lib.quoting import identifier, literal
from finops_lib.sources import DIALECTS, Dialect, gcp_focus, mapping
from finops_lib.sources.conform import plain_digits
from finops_lib.sources.focus import GOOGLE_LISTS

EXACT = "DECIMAL(38,18)"
_RECORDS = {
    "service": ("id", "description"),
    "sku": ("id", "description"),
    "project": ("id", "number", "name", "labels", "ancestry_numbers", "ancestors"),
    "location": ("location", "country", "region", "zone"),
    "resource": ("name", "global_name"),
    "price": (
        "effective_price",
        "list_price",
        "pricing_unit_quantity",
        "tier_start_amount",
        "unit",
        "effective_price_default",
        "list_price_consumption_model",
    ),
    "usage": ("amount", "unit", "amount_in_pricing_units", "pricing_unit"),
    "invoice": ("month", "publisher_type"),
    "adjustment_info": ("id", "description", "mode", "type"),
    "subscription": ("instance_id",),
    "consumption_model": ("id", "description"),
}
_NESTED_LISTS = ("project_labels", "project_ancestors")
_LISTS = ("labels", "system_labels", "tags", "credits")
_VALUES = (
    "billing_account_id",
    "usage_start_time",
    "usage_end_time",
    "export_time",
    "cost",
    "currency",
    "currency_conversion_rate",
    "cost_type",
    "transaction_type",
    "seller_name",
    "cost_at_list",
    "cost_at_effective_price_default",
    "cost_at_list_consumption_model",
)
_POSITIONS = ("x_File", "x_Row")
# A text in single quotes, one in double quotes, or what stands between texts.
_TOKENS = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"]+"""


def recognises(header: Sequence[str]) -> bool:
    """Is it a bill, with the two records that no other provider's has, nested or flattened?"""
    names = set(header)
    records = all(
        record in names or f"{record}.{part}" in names for record, part in (("invoice", "month"), ("sku", "id"))
    )
    return records and {"billing_account_id", "cost", "currency", "usage_start_time"} <= names


def select(header: Sequence[str]) -> str:
    """Give the mapping of gcp_billing.sql over `source`, with Tags made of the labels."""
    rows = f"with source as ({_source(header)}) {mapping('gcp_billing')}"
    return gcp_focus.with_tags(rows, (*GOOGLE_LISTS, "x_Credits"))


def native(header: Sequence[str]) -> str:
    """Give what Google charges: the cost of each row, and each credit for itself."""
    month = "cast(try_strptime(invoice_month, '%Y%m') as DATE) as month, currency"
    entries = f"select {month}, unnest({_amounts('credits')}) as amount from source"
    credits = f"select month, currency, {_exact('amount')} as billed from ({entries})"
    return f"with source as ({_source(header)}) select {month}, cost_exact as billed from source union all {credits}"


def _source(header: Sequence[str]) -> str:
    """Give the fixed columns that the mapping knows, all text, whatever the file has; the others as x_ columns."""
    names = set(header)
    parsed = [f"{_record(record)} as {_parsed(record)}" for record in _RECORDS if record in names]
    rows = f"select {', '.join(['*', *parsed])} from raw"
    fields = [f"{_field(names, record, part)} as {record}_{part}" for record in _RECORDS for part in _RECORDS[record]]
    lists = [f"{_list(names, name)} as {name}" for name in _LISTS]
    values = [f"cast({name if name in names else 'null'} as VARCHAR) as {name}" for name in _VALUES]
    columns = [*values, *fields, *lists, *_others(header), f"columns('^({'|'.join(_POSITIONS)})$')"]
    texts = f"select {', '.join(columns)} from ({rows})"
    amounts = f"{_exact('cost')} as cost_exact, {_sum(_amounts('credits'))} as credits_exact"
    return f"select *, {amounts} from ({texts})"


def _others(header: Sequence[str]) -> Iterator[str]:
    known = {*_VALUES, *_LISTS, *_RECORDS, *(f"{record}.{part}" for record in _RECORDS for part in _RECORDS[record])}
    for name in header:
        if name not in known:
            yield f"{identifier(name)} as {identifier(f'x_{name}')}"


def _parsed(record: str) -> str:
    return f"record_{record}"


def _record(name: str) -> str:
    """Give a record as a struct of texts, whether it is nested or JSON text; the type is not known before reading."""
    shape = ", ".join(f'"{part}": "VARCHAR"' for part in _RECORDS[name])
    json = _json(name)
    return f"from_json(case when json_valid({json}) then {json} end, '{{{shape}}}')"


def _field(names: set[str], record: str, part: str) -> str:
    if record in names:
        return f"{_parsed(record)}.{part}"
    flat = f"{record}.{part}"
    if flat not in names:
        return "cast(null as VARCHAR)"
    is_list = f"{record}_{part}" in _NESTED_LISTS
    return _list(names, flat) if is_list else f"cast({identifier(flat)} as VARCHAR)"


def _json(name: str) -> str:
    """Give what is nested as JSON text, and text as it is."""
    return (
        f"case when typeof({name}) = 'VARCHAR' then cast({name} as VARCHAR) else cast(to_json({name}) as VARCHAR) end"
    )


def _list(names: set[str], name: str) -> str:
    if name not in names:
        return "cast(null as VARCHAR)"
    # Only what flattens records writes lists in Python's notation.
    is_flat = not names & _RECORDS.keys()
    return _from_python(f"cast({identifier(name)} as VARCHAR)") if is_flat else _json(identifier(name))


def _from_python(text: str) -> str:
    """Give JSON for a text in Python's notation, and any other text as it is."""
    tokens = f"regexp_extract_all({text}, {literal(_TOKENS)})"
    inside = r"""replace(replace(t[2:-2], '"', '\"'), '\''', '''')"""
    words = "replace(replace(replace(t, 'None', 'null'), 'True', 'true'), 'False', 'false')"
    told = f"""case when t[1] = '''' then '"' || {inside} || '"' when t[1] = '"' then t else {words} end"""
    json = f"array_to_string(list_transform({tokens}, lambda t: {told}), '')"
    # A quote that nothing closes is no token: then the tokens are not all of the text.
    is_all = f"array_to_string({tokens}, '') = {text} and json_valid({json})"
    return f"case when {text} is null or json_valid({text}) then {text} when {is_all} then {json} else {text} end"


def _amounts(credits: str) -> str:
    """Give the amounts of a list of credits as text; no list where there are none, [null] where they are unreadable."""
    # As text before it is parsed: the parser makes a binary float of a number and so drops digits of a long one.
    quoted = f"""regexp_replace({credits}, '"amount" *: *([-+0-9.eE]+)', '"amount":"\\1"', 'g')"""
    is_list = f"json_valid({credits}) and json_type({credits}) = 'ARRAY'"
    entries = f"""from_json(case when {is_list} then {quoted} end, '[{{"amount":"VARCHAR"}}]')"""
    amounts = f"coalesce(list_transform({entries}, lambda c: c.amount), [null])"
    return f"case when nullif({credits}, 'null') is null then cast([] as VARCHAR[]) else {amounts} end"


def _sum(amounts: str) -> str:
    """Give the exact sum of texts, null if one of them is no number."""
    exact = f"list_transform({amounts}, lambda amount: {_exact('amount')})"
    whole = f"len(list_filter({exact}, lambda e: e is null)) = 0"
    return f"case when {whole} then cast(coalesce(list_sum({exact}), 0) as {EXACT}) end"


def _exact(text: str) -> str:
    # DuckDB's cast takes 1_000 for a number.
    is_number = f"regexp_full_match({text}, '[-+0-9.eE]+')"
    return f"try_cast(case when {is_number} then {plain_digits(text)} end as {EXACT})"


DIALECTS.register("gcp-billing")(
    Dialect(
        version=1,
        recognises=recognises,
        select=select,
        native=native,
        claims={
            "a charge under a commitment says whether the commitment is on usage or on spend": (
                "CommitmentDiscountId is not null and CommitmentDiscountCategory is null"
            )
        },
    )
)
