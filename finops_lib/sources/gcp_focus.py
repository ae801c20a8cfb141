"""Google Cloud's own FOCUS export (columns of FOCUS 1.2), extracted from BigQuery to Parquet.

There is no column Tags: Google has lists of {Key, Value} instead. Tags is made of them; a key that is in several lists
has its value from the nearest owner, in this order:

    1. x_Labels                     labels of the resource itself
    2. x_Tags, not inherited        tags bound to the resource
    3. x_ProjectLabels              labels of its project
    4. x_Tags, inherited            tags of a project, folder or organisation above it
    5. x_SystemLabels               what Google says of the resource; it never overrules an owner

Within one list the first entry counts. An entry without a key cannot stand in Tags.

Nothing is lost: all lists and records, and every other column beyond FOCUS, are kept in x_Extra, as JSON text if
nested; an empty list counts as nothing. Lists may also come as JSON text. Derived: a charge without ProviderName (tax,
rounding) is Google's, since the export holds no other provider's; who published a service is in PublisherName.
"""

from __future__ import annotations

from collections.abc import Sequence

from finops_lib.sources import DIALECTS, Dialect, focus

_CREDITS = "x_Credits"
_PROVIDER = "Google Cloud"


def select(header: Sequence[str]) -> str:
    """Give the select that makes Tags of the lists and text of what is nested."""
    named = {"ProviderName", "ServiceProviderName"} & set(header)
    provider = f"coalesce(ServiceProviderName, '{_PROVIDER}')" if named else f"'{_PROVIDER}'"
    exclude = " exclude (ServiceProviderName)" if named else ""
    return with_tags(f"select *{exclude}, {provider} as ServiceProviderName from ({focus.select(header)})", header)


def with_tags(rows: str, columns: Sequence[str]) -> str:
    """Give the select over `rows`, a select with some of Google's lists among its columns, that makes Tags of them.

    The lists themselves become JSON text, null where they are empty.
    """
    lists = [name for name in (*focus.GOOGLE_LISTS, _CREDITS) if name in columns]
    texts = ", ".join(f"nullif({_json(name)}, '[]') as {name}" for name in lists)
    # Once for the pairs and once for the map, so that no list is read twice.
    pairs = f"select * exclude ({', '.join(lists)}), {texts}, {_pairs(columns)} as pairs from ({rows})"
    return f"select * exclude (pairs), {_map('pairs')} as Tags from ({pairs})"


def _json(name: str) -> str:
    """Give a list as JSON text, whether it is nested or text already; the type is not known before the file is read."""
    return (
        f"case when typeof({name}) = 'VARCHAR' then cast({name} as VARCHAR) else cast(to_json({name}) as VARCHAR) end"
    )


def _entries(name: str) -> str:
    """Give the entries {k, v, inherited} of one list; none where the text is no list."""
    json = _json(name)
    fields = (("k", "Key", "key"), ("v", "Value", "value"), ("inherited", "x_Inherited", "inherited"))
    packed = ", ".join(f"{field} := coalesce(p->>'{first}', p->>'{second}')" for field, first, second in fields)
    is_list = f"json_valid({json}) and json_type({json}) = 'ARRAY'"
    entries = f"""from_json(case when {is_list} then {json} end, '["JSON"]')"""
    return f"coalesce(list_transform({entries}, lambda p: struct_pack({packed})), [])"


def _pairs(header: Sequence[str]) -> str:
    """Give all entries of all lists in the order of their precedence."""
    inherited = "coalesce(p.inherited, 'false') = 'true'"
    nearest_first = (
        ("x_Labels", ""),
        ("x_Tags", f"not ({inherited})"),
        ("x_ProjectLabels", ""),
        ("x_Tags", inherited),
        ("x_SystemLabels", ""),
    )
    entries = [
        f"list_filter({_entries(name)}, lambda p: {condition})" if condition else _entries(name)
        for name, condition in nearest_first
        if name in header
    ]
    return f"list_concat({', '.join(entries)})"


def _map(pairs: str) -> str:
    keys = f"list_transform({pairs}, lambda q: q.k)"
    first = f"list_filter({pairs}, lambda p, i: p.k is not null and list_position({keys}, p.k) = i)"
    entries = f"list_transform({first}, lambda p: struct_pack(k := p.k, v := p.v))"
    return f"case when len({first}) > 0 then map_from_entries({entries}) end"


DIALECTS.register("gcp-focus")(Dialect(version=1, recognises=focus.is_google_export, select=select))
