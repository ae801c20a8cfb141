"""Say numbers, money and dates in the reader's words. The only place that rounds."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Literal

Number = Decimal | float | int | None
MoneyStyle = Literal["headline", "unit", "cent"]

NOT_KNOWN = "not known"
MINUS = "\u2212"
DASH = "\u2013"
# A number and its unit stay on one line.
SPACE = "\u00a0"
PREFIXES = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))
# ISO 4217 minor units that are not two digits, of the currencies that clouds bill in.
MINOR_UNITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}
# The lake's decimals have 38 digits; Python's default context would refuse or cut them at 28.
WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
UNITS_OF_TIME = ((86400, "day", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
SMALLEST = Decimal("0.001")
PROVIDER_NAMES = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud", "oracle": "Oracle"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def money(x: Number, currency: str = "", style: MoneyStyle = "headline") -> str:
    """Say an amount: `headline` 12.4k USD, `unit` 12,431 USD, `cent` 12,430.52 USD.

    Args:
        currency: empty where the table's header or the chart's subtitle says it once.
    """
    value = exact(x)
    if value is None:
        return NOT_KNOWN
    if style == "headline":
        digits = _three_digits(value)
    else:
        digits = _fixed(value, 0 if style == "unit" else MINOR_UNITS.get(currency, 2))
    return f"{digits}{SPACE}{currency}" if currency else digits


def signed_money(x: Number, currency: str = "", style: MoneyStyle = "headline") -> str:
    """Say a difference, so a rise carries its plus sign."""
    return _with_plus(money(x, currency, style), x)


def change(before: Number, after: Number, currency: str = "") -> str:
    """Say a change with its sign and what it is compared with: +18.0k USD (+3.0 % of 600k USD)."""
    old, new = exact(before), exact(after)
    if old is None or new is None:
        return NOT_KNOWN
    difference = signed_money(new - old, currency)
    if old == new:
        return f"unchanged at {money(old, currency)}"
    if old == 0:
        return f"{difference} (before: nothing)"
    return f"{difference} ({_with_plus(ratio((new - old) / abs(old)), new - old)} of {money(old, currency)})"


def percent(part: Number, whole: Number, currency: str = "") -> str:
    """Say a share with its base: 8.2 % of 151k USD."""
    top, bottom = exact(part), exact(whole)
    if top is None or bottom is None:
        return NOT_KNOWN
    base = money(bottom, currency) if currency else number(bottom)
    return f"nothing of {base}" if bottom == 0 else f"{ratio(top / bottom)} of {base}"


def ratio(x: Number) -> str:
    """Say a fraction as percent, only where the words beside it or the column's header name the base."""
    value = exact(x)
    if value is None:
        return NOT_KNOWN
    hundredths = value * 100
    return f"{_fixed(hundredths, 0 if abs(hundredths) >= 100 else 1)}{SPACE}%"


def number(x: Number, decimals: int | None = None) -> str:
    """Say a count or a quantity with thousands separators; without `decimals` at most two, none for a whole number."""
    value = exact(x)
    if value is None:
        return NOT_KNOWN
    if decimals is None:
        if value == value.to_integral_value():
            decimals = 0
        elif abs(value) < Decimal("0.1"):
            return _three_digits(value)
        else:
            decimals = 2 if abs(value) < 100 else 0
    return _fixed(value, decimals)


def day(d: dt.date | None, style: Literal["short", "full", "weekday"] = "short") -> str:
    """Say a day: `short` 3 Oct, `full` 3 Oct 2026, `weekday` Sat 3 Oct."""
    if d is None:
        return NOT_KNOWN
    words = f"{d.day} {MONTHS[d.month - 1]}"
    if style == "full":
        return f"{words} {d.year}"
    return f"{WEEKDAYS[d.weekday()]} {words}" if style == "weekday" else words


def days(first: dt.date | None, last: dt.date | None) -> str:
    """Say an inclusive range of days: 3-9 Oct 2026, 28 Sep - 3 Oct 2026."""
    if first is None or last is None:
        return NOT_KNOWN
    if first == last:
        return day(first, "full")
    if first.year != last.year:
        return f"{day(first, 'full')} {DASH} {day(last, 'full')}"
    if first.month != last.month:
        return f"{day(first)} {DASH} {day(last, 'full')}"
    return f"{first.day}{DASH}{day(last, 'full')}"


def month(d: dt.date | None) -> str:
    """Say a month: Oct 2026."""
    return NOT_KNOWN if d is None else f"{MONTHS[d.month - 1]} {d.year}"


def moment(t: dt.datetime | None) -> str:
    """Say a point in time, in UTC: 3 Oct 2026, 14:05 UTC."""
    if t is None:
        return NOT_KNOWN
    utc = t.astimezone(dt.UTC) if t.tzinfo else t
    return f"{day(utc, 'full')}, {utc:%H:%M} UTC"


def duration(seconds: Number) -> str:
    """Say a length of time in its two largest units: 0.8 s, 42 s, 3 min 12 s, 2 h 5 min, 3 days 4 h."""
    value = exact(seconds)
    if value is None:
        return NOT_KNOWN
    if abs(value) < 10:
        return f"{_fixed(value, 1)}{SPACE}s"
    whole = int(abs(value).to_integral_value(ROUND_HALF_UP))
    sign = MINUS if value < 0 else ""
    for size, unit, smaller_size, smaller_unit in UNITS_OF_TIME:
        if whole >= size:
            count, rest = whole // size, whole % size // smaller_size
            name = plural(count, "day") if unit == "day" else f"{count}{SPACE}{unit}"
            return f"{sign}{name} {rest}{SPACE}{smaller_unit}" if rest else f"{sign}{name}"
    return f"{sign}{whole}{SPACE}s"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Say a count with its noun: 1 service, 3 services, 1,204 entries."""
    return f"{number(count)} {noun if count == 1 else nouns or noun + 's'}"


def provider(code: str) -> str:
    """Say a provider as people do: AWS, Google Cloud; one that is not known as it stands in the lake."""
    return PROVIDER_NAMES.get(code, code)


def names(items: Iterable[str], limit: int = 3) -> str:
    """Join names: a, b and c; beyond `limit` the rest is counted: a, b and 4 more."""
    listed = list(items)
    if not listed:
        return "none"
    if len(listed) > limit:
        kept = max(1, limit - 1)
        listed = [*listed[:kept], f"{len(listed) - kept} more"]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def round_parts(parts: Sequence[Number], step: Decimal | int | str = 1) -> list[Decimal | None]:
    """Round parts to multiples of `step` so that they still add up to the rounded total.

    Args:
        parts: of one total, in one currency; None (not known) stays None and is not counted.
        step: 1 for units, "0.01" for cents, 1000 for thousands.
    Source:
        largest remainder (Hamilton): every part is rounded down, then those that lost most get one step back.
    """
    unit = Decimal(step)
    with localcontext(WIDE):
        known = [(index, value / unit) for index, part in enumerate(parts) if (value := exact(part)) is not None]
        floors = {index: value.to_integral_value(ROUND_FLOOR) for index, value in known}
        total = sum((value for _, value in known), Decimal(0)).to_integral_value(ROUND_HALF_UP)
        missing = int(total - sum(floors.values(), Decimal(0)))
        # Equal losses go to the earlier part, so the same bill always rounds the same way.
        by_loss = sorted(known, key=lambda item: (floors[item[0]] - item[1], item[0]))
        for index, _ in by_loss[:missing]:
            floors[index] += 1
        return [floors[index] * unit if index in floors else None for index in range(len(parts))]


def exact(x: Number) -> Decimal | None:
    """Give the decimal that a reader would type for `x`; None for what is not a number (null, nan, infinity)."""
    if x is None or isinstance(x, bool):
        return None
    if isinstance(x, float):
        # float(x) first: numpy's floats are floats, but write themselves differently.
        return Decimal(repr(float(x))) if math.isfinite(x) else None
    value = x if isinstance(x, Decimal) else Decimal(int(x))
    return value if value.is_finite() else None


def _three_digits(value: Decimal) -> str:
    """Round to three significant digits, with a prefix from a thousand on."""
    size = abs(value)
    sign = MINUS if value < 0 else ""
    if size == 0:
        return "0"
    if size < SMALLEST:
        return f"{sign}<{SMALLEST}"
    # Rounded before the prefix is chosen: 999,700 is 1.00M and not 1000k.
    rounded = size.quantize(Decimal(1).scaleb(size.adjusted() - 2), context=WIDE)
    for factor, prefix in PREFIXES:
        if rounded >= factor:
            scaled = rounded / factor
            return f"{sign}{scaled:,.{max(0, 2 - scaled.adjusted())}f}{prefix}"
    # 0.50 and not 0.500: below one unit a reader thinks in cents.
    decimals = 2 if Decimal("0.1") <= rounded < 1 else max(0, 2 - rounded.adjusted())
    return _fixed(value, decimals)


def _fixed(value: Decimal, decimals: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), context=WIDE)
    # What rounds to nothing is nothing, not minus nothing.
    return f"{MINUS if rounded < 0 else ''}{abs(rounded):,.{decimals}f}"


def _with_plus(words: str, x: Number) -> str:
    value = exact(x)
    is_visible = any(digit in words for digit in "123456789")
    return f"+{words}" if value is not None and value > 0 and is_visible else words
