"""Which parameters does a notebook declare, and is what somebody passes one of them? Strictly, before anything runs.

papermill only warns about a name it does not know and guesses types from text (`012345678901` becomes a number
without its zero), so we read the cell tagged `parameters` ourselves and pass typed values.
"""

from __future__ import annotations

import ast
import io
import json
import math
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from finops_lib.errors import ConfigError
from finops_lib.periods import parse_day
from finops_lib.runs.secrets import REDACTED, is_reference, is_secret_name
from finops_lib.yaml_text import read_yaml

Value = str | int | float | bool | list[str]

TYPES = ("str", "int", "float", "bool", "list[str]")
_CHOICES = re.compile(r"one of:\s*(.+?)\s*(?:[;(]|\.(?:\s|$)|$)")
_DAY_NAME = re.compile(r"as_of|day|date|\w+_(?:day|date)")
_INT = re.compile(r"[+-]?(?:0|[1-9]\d*)")
_FLOAT = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of the cell tagged `parameters`; its comment is the help, `one of: a, b` in it the choices."""

    name: str
    type: str
    default: Value
    help: str
    choices: tuple[str, ...] = ()

    @property
    def is_day(self) -> bool:
        """Whether its value is an ISO day or empty: dates travel as text."""
        return self.type == "str" and _DAY_NAME.fullmatch(self.name) is not None

    @property
    def is_secret(self) -> bool:
        """Whether its name says secret; then only a reference may be passed."""
        return self.type in ("str", "list[str]") and is_secret_name(self.name)


def read_parameters(notebook: Mapping[str, Any]) -> list[Parameter]:
    """Read the cell tagged `parameters` of a notebook (its JSON); none is no parameters.

    Raises:
        ConfigError: a line is not `name: type = literal`; says which.
    """
    sources = [
        "".join(cell.get("source", ""))
        for cell in notebook.get("cells", [])
        if cell.get("cell_type") == "code" and "parameters" in cell.get("metadata", {}).get("tags", [])
    ]
    if len(sources) > 1:
        raise ConfigError("the notebook has two cells tagged 'parameters'", next_step="keep one")
    return _read_cell(sources[0]) if sources else []


def merge_parameters(
    declared: Sequence[Parameter], files: Sequence[tuple[str, Mapping[str, object]]], texts: Mapping[str, str]
) -> dict[str, Value]:
    """Give each declared parameter its value: default < files, in order < texts of the command line.

    Args:
        files: what each is called, and its typed values.
        texts: values as a person types them.
    Raises:
        ConfigError: an unknown name, or a value that does not fit, with what would fit.
    """
    by_name = {parameter.name: parameter for parameter in declared}
    values = {parameter.name: _fitting(parameter, parameter.default, "its default") for parameter in declared}
    for origin, given in files:
        for name, value in given.items():
            values[name] = _fitting(_known(by_name, name), value, origin)
    for name, text in texts.items():
        parameter = _known(by_name, name)
        values[name] = _fitting(parameter, _parsed(parameter, text), "the command line")
    return values


def shown_parameters(given: Mapping[str, object]) -> dict[str, object]:
    """Give parameters as the ledger may keep them, when they were refused: a literal secret is not kept."""
    return {
        name: REDACTED
        if is_secret_name(name) and not (isinstance(value, str) and is_reference(value))
        else _json(value)
        for name, value in given.items()
    }


def _json(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | list | None) else str(value)


def _read_cell(source: str) -> list[Parameter]:
    try:
        statements = ast.parse(source).body
        comments = {
            token.start[0]: token.string.lstrip("# ").strip()
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        }
    except (SyntaxError, tokenize.TokenError) as error:
        raise ConfigError(f"the parameters cell is not Python: {error}", next_step="correct the notebook") from error
    return [_read_line(statement, comments.get(statement.end_lineno or 0, "")) for statement in statements]


def _read_line(statement: ast.stmt, comment: str) -> Parameter:
    line = ast.unparse(statement)
    if (
        not isinstance(statement, ast.AnnAssign)
        or not isinstance(statement.target, ast.Name)
        or statement.value is None
    ):
        raise ConfigError(
            f"the parameters cell holds {line!r}, which declares no parameter", next_step='write: name: str = "value"'
        )
    type_ = ast.unparse(statement.annotation)
    if type_ not in TYPES:
        raise ConfigError(
            f"parameter {statement.target.id} has the type {type_}", next_step=f"use one of: {', '.join(TYPES)}"
        )
    try:
        default = ast.literal_eval(statement.value)
    except ValueError as error:
        raise ConfigError(f"the default in {line!r} is not a literal", next_step="write the value itself") from error
    found = _CHOICES.search(comment)
    choices = tuple(choice.strip().strip("\"'") for choice in found.group(1).split(",")) if found else ()
    return Parameter(statement.target.id, type_, default, comment, choices)


def _known(by_name: Mapping[str, Parameter], name: str) -> Parameter:
    if name not in by_name:
        raise ConfigError.unknown("parameter", name, by_name)
    return by_name[name]


def _parsed(parameter: Parameter, text: str) -> Value:
    match parameter.type:
        case "int":
            if not _INT.fullmatch(text):
                zero = re.fullmatch(r"[+-]?0\d+", text) is not None
                why = "would lose its leading zero as a whole number" if zero else "is not a whole number"
                raise _unfit(parameter, text, why)
            return int(text)
        case "float":
            if not _FLOAT.fullmatch(text):
                raise _unfit(parameter, text, "is not a number like 0.5")
            return float(text)
        case "bool":
            if text.lower() not in ("true", "false"):
                raise _unfit(parameter, text, "is neither true nor false")
            return text.lower() == "true"
        case "list[str]":
            return _parsed_list(parameter, text)
    return text


def _parsed_list(parameter: Parameter, text: str) -> list[str]:
    if not text.startswith("["):
        return [item.strip() for item in text.split(",")] if text else []
    try:
        items = json.loads(text)
    except ValueError as error:
        raise _unfit(parameter, text, 'is neither a,b nor ["a", "b"]') from error
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise _unfit(parameter, text, "is not a list of texts")
    return items


def _fitting(parameter: Parameter, value: object, origin: str) -> Value:
    """Give the value if it is of the parameter's type, and one that this parameter may have."""
    typed = _typed(parameter, value, origin)
    texts = typed if isinstance(typed, list) else [typed] if isinstance(typed, str) else []
    if parameter.is_secret and any(text and not is_reference(text) for text in texts):
        raise ConfigError(
            f"parameter {parameter.name} ({origin}) holds a secret itself; it would be stored with the report",
            next_step=f"pass a reference: -p {parameter.name}=env:NAME or {parameter.name}=file:PATH",
            name=parameter.name,
        )
    if parameter.is_day and texts[0]:
        parse_day(texts[0], name=parameter.name)
    wrong = [text for text in (texts or [str(typed)]) if parameter.choices and text not in parameter.choices]
    # An empty text stands for "the notebook chooses" and needs no entry in the list.
    if wrong and wrong != [""]:
        raise ConfigError.unknown(f"value of {parameter.name}", wrong[0], parameter.choices)
    return typed


def _typed(parameter: Parameter, value: object, origin: str) -> Value:
    match parameter.type, value:
        case "str", str():
            return value
        case "str", date() if parameter.is_day and type(value) is date:
            return value.isoformat()
        case "str", int() | float() | date() if not isinstance(value, bool):
            raise _unfit(parameter, value, "is a number or date; quote it, or its leading zero is lost", origin)
        case "bool", bool():
            return value
        case "int", int() if not isinstance(value, bool):
            return value
        case "float", int() | float() if not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        case "list[str]", list() if all(isinstance(item, str) for item in value):
            return list(value)
        case "list[str]", list():
            raise _unfit(parameter, value, "holds something that is not text; quote it", origin)
    raise _unfit(parameter, value, f"is not {'an' if parameter.type == 'int' else 'a'} {parameter.type}", origin)


def _unfit(parameter: Parameter, value: object, why: str, origin: str = "the command line") -> ConfigError:
    shown = REDACTED if is_secret_name(parameter.name) else repr(value)
    example = {"str": '"text"', "int": "10", "float": "0.5", "bool": "true", "list[str]": '["a", "b"]'}[parameter.type]
    return ConfigError(
        f"parameter {parameter.name} ({origin}): {shown} {why}",
        next_step=f"give {parameter.name} a value of type {parameter.type}, like {example}",
        name=parameter.name,
    )


def read_parameter_file(path: Path) -> dict[str, Any]:
    """Read a YAML file of parameters.

    Raises:
        ConfigError: not there, not YAML, not `name: value` lines, or a name twice.
    """
    return read_yaml(path)
