"""Any table of charges, by a mapping that a person writes: `--dialect mapped:PATH.yaml`.

    columns:
      BilledCost: {column: Betrag, negate: true}          # a source column; its sign turned
      EffectiveCost: Betrag                               # a source column as it is
      BillingCurrency: {constant: EUR}
      ChargePeriodStart: {column: Datum, format: "%d.%m.%Y"}
      ChargePeriodEnd: {day_after: ChargePeriodStart}
      BillingPeriodStart: {month_of: ChargePeriodStart}
      BillingPeriodEnd: {month_after: ChargePeriodStart}
      ChargeCategory: {column: Art, values: {Verbrauch: Usage, Gutschrift: Credit}}
      ResourceId: {columns: [Standort, Nummer], join: "-"}
    tags: {columns: {team: Abteilung}}                    # or {json: Labels}
    numbers: {decimal: ",", thousands: "."}               # how every amount and quantity is written

Question: how does a bill come in whose layout nobody here knows? Choice: names and a few closed words, no expressions.
Why: a mapping can be read by a finance person and cannot run anything. Declined: SQL in YAML.

Nothing is lost: a source column that the mapping does not use is kept in x_Extra as x_<its name>. Nothing is guessed:
a value that `values` does not list stays as it is, and a number or date that is not written as the mapping says is
refused with its row.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from finops_lib.errors import ConfigError, DataError
from finops_lib.focus import FOCUS_COLUMNS, INSTANT, MONEY, QUANTITY
from finops_lib.quoting import identifier, literal
from finops_lib.sources import DESCRIBED_DIALECTS, Dialect
from finops_lib.sources.conform import REQUIRED
from finops_lib.sources.tag_columns import tags_of
from finops_lib.yaml_text import read_yaml

_TYPES = {column.name: column.type for column in FOCUS_COLUMNS}
_NUMBERS = (MONEY, QUANTITY)
_DIRECTIVES = re.compile(r"(?:[^%]|%-?[dmyYHIMSfgpbB]|%%)+")
_POSITIONS = ("x_File", "x_Row")

_Name = Annotated[str, StringConstraints(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Value(_Strict):
    """Where the value of one FOCUS column comes from: one of the first six, and how it is changed on the way."""

    column: _Name | None = None
    columns: Annotated[list[_Name], Field(min_length=1)] | None = None
    constant: _Name | None = None
    day_after: str | None = None
    month_of: str | None = None
    month_after: str | None = None
    join: str | None = None
    format: _Name | None = None
    negate: Literal[True] | None = None
    values: dict[str, str] | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_a_name(cls, given: object) -> object:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _says_one_thing(self) -> _Value:
        given = self.model_fields_set
        origins = given & {"column", "columns", "constant", *_DERIVED}
        changes = given & {"format", "negate", "values"}
        if len(origins) != 1:
            raise ValueError("give one of: column, columns, constant, day_after, month_of, month_after")
        if ("columns" in given) != ("join" in given):
            raise ValueError("columns and join belong together")
        if len(changes) > 1 or (changes and "column" not in given):
            raise ValueError("give one of: format, negate, values, and only with column")
        return self

    @property
    def of_focus(self) -> str:
        """The FOCUS column this one is derived from, or ""."""
        return self.day_after or self.month_of or self.month_after or ""

    def sources(self) -> list[str]:
        """Name the source columns that are read."""
        return [self.column] if self.column else list(self.columns or ())


# What can be made of another instant, each of whole days in UTC; closed words instead of expressions.
_DERIVED: dict[str, Callable[[str], str]] = {
    "day_after": lambda day: f"{day} + interval 1 day",
    "month_of": lambda day: f"date_trunc('month', {day})",
    "month_after": lambda day: f"date_trunc('month', {day}) + interval 1 month",
}


class _Tags(_Strict):
    columns: dict[str, _Name] | None = None
    json_: _Name | None = Field(default=None, alias="json")

    @model_validator(mode="after")
    def _says_one_thing(self) -> _Tags:
        if (self.columns is None) == (self.json_ is None):
            raise ValueError("give either columns or json")
        return self

    def sources(self) -> list[str]:
        return [self.json_] if self.json_ else list((self.columns or {}).values())


class _Numbers(_Strict):
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", "'", " "] | None = None

    @model_validator(mode="after")
    def _are_told_apart(self) -> _Numbers:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands cannot be the same")
        return self


class _Mapping(_Strict):
    columns: dict[str, _Value]
    tags: _Tags | None = None
    numbers: _Numbers = _Numbers()


@DESCRIBED_DIALECTS.register("mapped")
def mapped(where: str) -> Dialect:
    """Give the dialect that the mapping in the file `where` describes.

    Raises:
        ConfigError: not a mapping; names the line or key and what is wrong with it.
    """
    path = Path(where)
    content = read_yaml(path)
    try:
        mapping = _Mapping.model_validate(content)
    except ValidationError as error:
        raise _wrong(path, _first_problem(error)) from error
    for problem in _problems(mapping):
        raise _wrong(path, problem)

    def select(header: Sequence[str]) -> str:
        _refuse_absent(path, mapping, header)
        return _select(mapping, header)

    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:12]
    return Dialect(version=1, recognises=lambda header: False, select=select, content=digest)


def _wrong(path: Path, problem: str) -> ConfigError:
    return ConfigError(f"{path}: {problem}", next_step="correct the mapping", path=path)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    quote = " (quote it)" if problem["type"] == "string_type" else ""
    return f"{place}: {problem['msg'].removeprefix('Value error, ')}{quote}"


def _problems(mapping: _Mapping) -> Iterator[str]:
    """Give what pydantic cannot see: what belongs to which column."""
    for name, value in mapping.columns.items():
        type_ = _TYPES.get(name)
        if name == "Tags":
            yield "columns.Tags: say it under `tags`"
        elif type_ is None:
            yield f"columns.{name}: not a column of FOCUS; other columns are kept in x_Extra without being named"
        elif value.format and type_ != INSTANT:
            yield f"columns.{name}: format is for times, and this is none"
        elif value.format and not _DIRECTIVES.fullmatch(value.format):
            yield f"columns.{name}: {value.format!r} has a sign that is not known (known: %d %m %Y %y %H %M %S %f ...)"
        elif value.negate and type_ not in _NUMBERS:
            yield f"columns.{name}: negate is for amounts and quantities, and this is none"
        elif value.of_focus and type_ != INSTANT:
            yield f"columns.{name}: {value.of_focus} is a time, and this column is none"
        elif value.of_focus and (
            value.of_focus not in mapping.columns
            or _TYPES.get(value.of_focus) != INSTANT
            or mapping.columns[value.of_focus].of_focus
        ):
            yield f"columns.{name}: {value.of_focus} is not a time that the mapping reads from the file"
    missing = [name for name in REQUIRED if name not in mapping.columns]
    if missing:
        yield f"columns: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"


def _refuse_absent(path: Path, mapping: _Mapping, header: Sequence[str]) -> None:
    wanted = [name for value in mapping.columns.values() for name in value.sources()]
    wanted += mapping.tags.sources() if mapping.tags else []
    absent = next((name for name in wanted if name not in header), None)
    if absent is not None:
        raise DataError(
            f"the file has no column {absent!r}, which {path} names; it has {', '.join(header)[:300]}",
            next_step="check that mapping and file belong together",
            path=path,
            column=absent,
        )


def _select(mapping: _Mapping, header: Sequence[str]) -> str:
    columns = {name: _value(name, value, mapping) for name, value in mapping.columns.items()}
    used = {name for value in mapping.columns.values() for name in value.sources()}
    if mapping.tags:
        columns["Tags"] = _tags(mapping.tags)
        used |= set(mapping.tags.sources())
    columns |= {f"x_{name}": identifier(name) for name in header if name not in used}
    made = [f"{sql} as {identifier(name)}" for name, sql in columns.items()]
    positions = f"columns('^({'|'.join(_POSITIONS)})$')"
    return f"select {', '.join([*made, positions])} from raw"


def _value(name: str, value: _Value, mapping: _Mapping) -> str:
    if value.constant is not None:
        return literal(value.constant)
    if value.of_focus:
        kind = next(kind for kind in _DERIVED if kind in value.model_fields_set)
        origin = _value(value.of_focus, mapping.columns[value.of_focus], mapping)
        return _DERIVED[kind](f"date_trunc('day', try_cast({origin} as TIMESTAMP))")
    if value.columns is not None:
        parts = ", ".join(_text(part) for part in value.columns)
        return f"nullif(concat_ws({literal(value.join or '')}, {parts}), '')"
    text = _text(value.sources()[0])
    if _TYPES[name] in _NUMBERS:
        return _number(text, mapping.numbers, negate=bool(value.negate))
    if value.format:
        return _time(text, value.format)
    if value.values is not None:
        whens = " ".join(f"when {literal(raw)} then {literal(focus)}" for raw, focus in value.values.items())
        return f"case {text} {whens} else {text} end" if whens else text
    return text


def _text(column: str) -> str:
    # Also a typed column: as text every number keeps the digits it has.
    return f"cast({identifier(column)} as VARCHAR)"


def _number(text: str, numbers: _Numbers, *, negate: bool) -> str:
    digits = text
    if numbers.decimal != "." or numbers.thousands:
        decimal, mark = re.escape(numbers.decimal), re.escape(numbers.thousands or "")
        grouped = f"[0-9]{{1,3}}({mark}[0-9]{{3}})+|" if mark else ""
        shape = f"[+-]?({grouped}[0-9]+)({decimal}[0-9]+)?"
        plain = f"replace({text}, {literal(numbers.thousands)}, '')" if numbers.thousands else text
        plain = f"replace({plain}, {literal(numbers.decimal)}, '.')"
        said = f" (not with a decimal {'comma' if numbers.decimal == ',' else 'point'})"
        # What is written otherwise must not be read as something else: 1.5 would be fifteen, or one and a half.
        digits = (
            f"case when regexp_full_match({text}, {literal(shape)}) then {plain} else {text} || {literal(said)} end"
        )
    if not negate:
        return digits
    return f"case when {digits} like '-%' then substr({digits}, 2) else '-' || ltrim({digits}, '+') end"


def _time(text: str, format_: str) -> str:
    read = f"strftime(try_strptime({text}, {literal(format_)}), '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"coalesce({read}, {text} || {literal(f' (not written like {format_})')})"


def _tags(tags: _Tags) -> str:
    if tags.json_:
        return identifier(tags.json_)
    return tags_of({key: identifier(column) for key, column in (tags.columns or {}).items()})
