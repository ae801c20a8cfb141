"""From a dialect's FOCUS columns, as text or typed, to the lake's types, with what is wrong beside it.

The rules of design.md 3: money is read as text wherever there is text, kept digit by digit, and rounded half away from
zero at the 12th decimal; what was rounded off is kept in two drift columns, exact to 37 decimals (18 for binary
floats).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from finops_lib.errors import DataError
from finops_lib.focus import (
    ALLOWED_VALUES,
    CHARGE_CATEGORIES,
    FOCUS_COLUMNS,
    INSTANT,
    MONEY,
    PAIRS,
    QUANTITY,
    TEXT,
    Column,
)
from finops_lib.quoting import identifier, literal

REQUIRED = (
    "BilledCost",
    "EffectiveCost",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
)
EXTRA_PREFIX = "x_Extra."
_MONEY_SCALE = 12
_OWN_POSITIONS = ("x_File", "x_Row")
_WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBERS = ("FLOAT", "DOUBLE", *_WHOLE_NUMBERS, *(f"U{name}" for name in _WHOLE_NUMBERS))
_TEXT_ONLY = ("BillingCurrency", "ChargeCategory", "ServiceProviderName", "InvoiceIssuerName", "HostProviderName")
_FURTHEST_SHIFT = 400
_NO_TIME = "is not a time (like 2026-05-01T00:00:00Z)"
# A cast takes words like "epoch" and years like 26 for times; no cloud bill is older or younger than this.
_TIMES = "timestamp '2000-01-01' and timestamp '2100-01-01'"
# Tencent's May begins on 30 April at 16:00 UTC, midnight in its own time; no clock is further ahead than this.
_EASTERNMOST = "14 hours"
# A month, give or take a time zone and an end that is written as its last day.
_DAYS_OF_A_MONTH = "27 and 32"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that refuses a delivery: rows for which `condition` holds, judged on the mapped, untyped columns.

    Args:
        kind: the type that the column has in the lake.
    """

    column: str
    condition: str
    why: str
    kind: str = TEXT


@dataclass(frozen=True, slots=True)
class Conformed:
    """The columns of the select that types the relation `mapped`, and the problems a row of it can have."""

    columns: dict[str, str]
    problems: tuple[Problem, ...]


def conform(columns: Sequence[tuple[str, str]], *, path: str) -> Conformed:
    """Build the typed select over `mapped`, of the columns it has.

    Args:
        columns: (name, DuckDB type) of the relation `mapped`.
    Raises:
        DataError: a required column is not there at all, or one is of a type that cannot be what it should say.
    """
    types = dict(columns)
    _refuse_missing(types, path)
    _refuse_types(types, path)
    known = {column.name for column in FOCUS_COLUMNS}
    unknown = tuple(name for name in types if name not in known and name not in _OWN_POSITIONS)
    typed = {column.name: _typed(column, types[column.name]) for column in FOCUS_COLUMNS if column.name in types}
    problems = tuple(_problems(types))
    wrong = " or ".join(f"({problem.condition})" for problem in problems)
    typed |= {
        "x_BillingMonth": billing_month(_instant("BillingPeriodStart", types)),
        "billed_drift": _drift("BilledCost", types["BilledCost"]),
        "effective_drift": _drift("EffectiveCost", types["EffectiveCost"]),
        "is_wrong": f"coalesce({wrong}, true)",
    }
    return Conformed(typed | _extra(unknown, types), problems)


def billing_month(start: str) -> str:
    """Give the month that begins at the instant `start`, which is in UTC: in the east it is still the day before."""
    return f"cast(date_trunc('month', {start} + interval {_EASTERNMOST}) as DATE)"


def _refuse_missing(types: dict[str, str], path: str) -> None:
    missing = [name for name in REQUIRED if name not in types]
    if not missing:
        return
    lower = {name.lower(): name for name in types}
    other = next((lower[name.lower()] for name in missing if name.lower() in lower), "")
    hint = f" ({other} is there: letters count)" if other else ""
    what = (
        f"the column {missing[0]} is missing" if len(missing) == 1 else f"the columns {', '.join(missing)} are missing"
    )
    raise DataError(
        f"{path}: {what}{hint}",
        next_step="export the file with all mandatory FOCUS columns",
        path=path,
        columns=missing,
    )


def _refuse_types(types: dict[str, str], path: str) -> None:
    """Refuse a Parquet column whose type says that it is something else; a boolean would load as 1."""
    for column in FOCUS_COLUMNS:
        type_ = types.get(column.name, TEXT)
        is_plain = not _is_nested(type_)
        if column.type in (MONEY, QUANTITY):
            fits = is_plain and (type_ in (TEXT, *_NUMBERS) or type_.startswith("DECIMAL"))
        elif column.type == INSTANT:
            fits = is_plain and (type_ in (TEXT, "DATE") or type_.startswith("TIMESTAMP"))
        else:
            fits = type_ == TEXT or column.name not in _TEXT_ONLY
        # A column that holds nothing has no type of its own.
        if not fits and type_ != '"NULL"':
            kind = {MONEY: "an amount of money", QUANTITY: "a number", INSTANT: "a time"}.get(column.type, "text")
            raise DataError(
                f"{path}: the column {column.name} is of type {type_[:60]}, which is not {kind}",
                next_step=f"export it again with {column.name} as {kind}",
                path=path,
                column=column.name,
            )


def _typed(column: Column, type_: str) -> str:
    name = f'"{column.name}"'
    if column.type in (MONEY, QUANTITY):
        return _number(name, type_, column.type)
    if column.type == INSTANT:
        return _instant(column.name, {column.name: type_})
    if column.type == PAIRS:
        return _pairs(name, type_)
    return _text(name, type_)


def _text(name: str, type_: str) -> str:
    if type_ == TEXT:
        return name
    return f"cast(to_json({name}) as VARCHAR)" if _is_nested(type_) else f"cast({name} as VARCHAR)"


def _number(name: str, type_: str, target: str) -> str:
    exact = f"try_cast({_wide(name, type_)} as {target})"
    if type_ != TEXT:
        return exact
    # DuckDB reads text into a decimal of more than 18 digits a hundred times slower than into a shorter one, so the
    # widest type is only for the few values that need it. Every branch keeps all digits that the target keeps.
    decimals = f"length(rtrim(split_part({name}, '.', 2), '0'))"
    short, long = (f"coalesce(try_cast({name} as DECIMAL(18,{scale})), {exact})" for scale in (6, 12))
    fits = f"{decimals} <= 12" if target != MONEY else "true"
    shifted = f"try_cast({_without_exponent(name)} as {target})"
    whens = f"when {_has_exponent(name)} then {shifted} when {decimals} <= 6 then {short} when {fits} then {long}"
    return f"case {whens} else {exact} end"


def exact(text: str) -> str:
    """Give a number from its text (an expression), with all its digits up to the 18th decimal; null if it is none.

    For mappings that add amounts up; an amount that is handed on as it came stays text.
    """
    return _number(text, TEXT, QUANTITY)


def _wide(name: str, type_: str) -> str:
    # DuckDB scales a FLOAT in single precision and so loses digits that it has; as a DOUBLE it keeps them.
    return f"cast({name} as DOUBLE)" if type_ == "FLOAT" else name


def _has_exponent(name: str) -> str:
    return f"(contains({name}, 'e') or contains({name}, 'E'))"


def _without_exponent(name: str) -> str:
    """Write a number with an exponent as plain digits, null if it is none: DuckDB's own cast makes 5e-14 to 1e-12."""
    mantissa, shift = (f"split_part(lower({name}), 'e', {part})" for part in (1, 2))
    sign = f"case when starts_with({name}, '-') then '-' else '' end"
    unsigned = f"ltrim({mantissa}, '+-')"
    # Further than this the result does not depend on it: too large, or nothing of it is kept.
    places = f"least(abs(try_cast({shift} as BIGINT)), {_FURTHEST_SHIFT})"
    zeros = f"repeat('0', {_FURTHEST_SHIFT})"
    digits = f"{zeros} || replace({unsigned}, '.', '') || {zeros}"
    way = f"case when starts_with({shift}, '-') then -1 else 1 end"
    before = f"{_FURTHEST_SHIFT} + length(split_part({unsigned}, '.', 1)) + {way} * {places}"
    is_number = f"regexp_full_match({name}, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)[eE][+-]?[0-9]+')"
    # The point goes where the exponent puts it; a cast reads no number of hundreds of zeros.
    shifted = f"ltrim(left({digits}, {before}), '0') || '.' || rtrim(substr({digits}, {before} + 1), '0')"
    return f"case when {is_number} then {sign} || '0' || {shifted} end"


def _instant(name: str, types: dict[str, str]) -> str:
    if types[name] == TEXT:
        # A cast to TIMESTAMP drops an offset without a word; only the slower cast to TIMESTAMPTZ applies it.
        has_offset = f"contains(substr({name}, 11), '+') or contains(substr({name}, 11), '-')"
        # Snowflake writes +0000, of which DuckDB reads only +00:00.
        with_colon = f"regexp_replace({name}, ' ?([+-][0-9]{{2}}):?([0-9]{{2}})$', '\\1:\\2')"
        aware = f"try_cast({with_colon} as TIMESTAMPTZ) at time zone 'UTC'"
        # Without the Z, because DuckDB refuses it after minutes (2026-06-03T00:00Z, as Azure writes).
        return f"case when {has_offset} then {aware} else try_cast(rtrim({name}, 'Z') as TIMESTAMP) end"
    if types[name] == "TIMESTAMP WITH TIME ZONE":
        return f"({name} at time zone 'UTC')"
    return f"try_cast({name} as TIMESTAMP)"


def _pairs(name: str, type_: str) -> str:
    if type_ == "MAP(VARCHAR, VARCHAR)":
        return name
    json = name if type_ == TEXT else f"cast(to_json({name}) as VARCHAR)"
    # A map cannot hold a key twice, and TRY does not always catch that error: such tags are left out beforehand.
    keys = f"json_keys({json})"
    is_map = f"json_type({json}) = 'OBJECT' and list_unique({keys}) = len({keys})"
    map_ = f"""from_json({json}, '"MAP(VARCHAR,VARCHAR)"')"""
    return f"case when json_valid({json}) then case when {is_map} then {map_} end end"


def _extra(unknown: Sequence[str], types: dict[str, str]) -> dict[str, str]:
    """Give what is beyond FOCUS, each as a text column of its own; they become the map x_Extra when written."""
    values = {name: _text(identifier(name), types[name]) for name in unknown}
    if types.get("Tags") == TEXT:
        # Tags that cannot be read as pairs are kept as they came.
        values["Tags"] = f"case when Tags is not null and {_pairs('Tags', TEXT)} is null then Tags end"
    return {extra_column(name): value for name, value in values.items()}


def extra_column(name: str) -> str:
    """Give the (quoted) column that holds the value of one key of x_Extra."""
    return identifier(f"{EXTRA_PREFIX}{name}")


def plain_digits(name: str) -> str:
    """Give the expression that writes a number in a text column without an exponent; other text stays or is null.

    For mappings that calculate: DuckDB's own cast of `8e-07` is not exact.
    """
    return f"case when {_has_exponent(name)} then {_without_exponent(name)} else {name} end"


def _drift(name: str, type_: str) -> str:
    """What rounding to 12 decimals takes away: value - rounded value; null where nothing is lost."""
    fine = "DECIMAL(38,37)"
    rounded = f"try_cast({_wide(name, type_)} as {MONEY})"
    if type_ in ("DOUBLE", "FLOAT"):
        # What does not fit is null here as well, and refused with its row.
        return f"try_cast(nullif(try_cast({_wide(name, type_)} as DECIMAL(38,18)) - {rounded}, 0) as {fine})"
    if type_ != TEXT:
        scale = re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", type_)
        loses = scale is not None and int(scale[1]) > _MONEY_SCALE
        return f"try_cast(nullif({name} - {rounded}, 0) as {fine})" if loses else f"cast(null as {fine})"
    shifted = _drift_of_digits(_without_exponent(name))
    return f"case when {_has_exponent(name)} then {shifted} else {_drift_of_digits(name)} end"


def _drift_of_digits(digits: str) -> str:
    fine = "DECIMAL(38,37)"
    tail = f"substr(split_part({digits}, '.', 2), 13, 25)"
    up = f"case when {tail} >= '5' then cast(0.000000000001 as {fine}) else 0 end"
    sign = f"case when starts_with({digits}, '-') then -1 else 1 end"
    is_long = f"length({digits}) >= 14 and length(split_part({digits}, '.', 2)) > 12"
    lost = f"nullif(cast((cast('0.000000000000' || {tail} as {fine}) - {up}) * {sign} as {fine}), 0)"
    return f"case when {is_long} and regexp_full_match({tail}, '[0-9]+') then {lost} end"


def _problems(types: dict[str, str]) -> list[Problem]:
    problems = []
    for column in FOCUS_COLUMNS:
        if column.type in (MONEY, QUANTITY) and column.name in types:
            # A cast also takes 1_000 and blanks around a number, which are in no bill.
            odd = f"contains({column.name}, '_') or contains({column.name}, ' ')"
            is_not_plain = f" or {odd}" if types[column.name] == TEXT else ""
            number = _number(f'"{column.name}"', types[column.name], column.type)
            unreadable = f"({number}) is null{is_not_plain}"
            given = "" if column.name in REQUIRED else f"{column.name} is not null and "
            why = "is not an amount of money" if column.type == MONEY else "is not a number"
            problems.append(Problem(column.name, f"{given}({unreadable})", why, column.type))
    for start, end in (("BillingPeriodStart", "BillingPeriodEnd"), ("ChargePeriodStart", "ChargePeriodEnd")):
        for name in (start, end):
            is_time = f"({_instant(name, types)}) between {_TIMES}"
            problems.append(Problem(name, f"not coalesce({is_time}, false)", _NO_TIME))
        problems.append(
            Problem(end, f"({_instant(end, types)}) <= ({_instant(start, types)})", f"is not after {start}")
        )
    # A load replaces the slice of a whole month: two shorter periods in one month would replace each other.
    start, end = _instant("BillingPeriodStart", types), _instant("BillingPeriodEnd", types)
    problems.append(
        Problem(
            "BillingPeriodEnd",
            f"({end}) > ({start}) and date_diff('day', {start}, {end}) not between {_DAYS_OF_A_MONTH}",
            "is not a month after BillingPeriodStart (if each day is called a billing period: --dialect focus-daily)",
        )
    )
    currency = _text("BillingCurrency", types["BillingCurrency"])
    problems.append(
        Problem(
            "BillingCurrency",
            f"not coalesce(regexp_full_match({currency}, '[A-Z]{{3}}'), false)",
            "is not a currency code (three capital letters, like USD)",
        )
    )
    categories = ", ".join(literal(category.lower()) for category in CHARGE_CATEGORIES)
    problems.append(
        Problem(
            "ChargeCategory",
            f"coalesce(lower(trim(ChargeCategory)), '') not in ({categories})",
            f"is not one of {', '.join(CHARGE_CATEGORIES)}",
        )
    )
    return problems


def enum_expression(name: str) -> str:
    """Give the expression that puts an enum's value into the specification's letter case; unknown values stay."""
    whens = " ".join(f"when {literal(value.lower())} then {literal(value)}" for value in ALLOWED_VALUES[name])
    return f"case lower(trim({name})) {whens} else {name} end"


def _is_nested(type_: str) -> bool:
    return type_.startswith(("MAP", "STRUCT")) or type_.endswith("[]")
