"""What can a scope ask about? Names people use, and every column of FOCUS that holds text."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from finops_lib.errors import ConfigError
from finops_lib.focus import COST_COLUMNS, TEXT

TAGS = "Tags"
# The name people use -> the column, as `daily_cost` has it.
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "organization": "x_Organization",
        "project": "x_Project",
        "team": "x_Team",
        "environment": "x_Environment",
        "cost_center": "x_CostCenter",
        "provider": "x_Provider",
        "source": "x_SourceId",
        "account": "account_id",
        "service": "ServiceName",
        "service_category": "ServiceCategory",
        "region": "RegionId",
    }
)
# A budget of one of these names a value instead of an expression (domain.md 1.2).
PRESETS = ("organization", "project", "team", "service", "environment", "account")

_NAMES = {column: name for name, column in FIELDS.items()}
_KINDS = {column.name: column.type for column in COST_COLUMNS}
_SPELLINGS = {name.lower(): name for name in (*_KINDS, *FIELDS)}


def field_named(written: str) -> str:
    """Give the name a field is known by, whatever its letter case and whether people's name or FOCUS's was written.

    Raises:
        ConfigError: there is no such field, or it holds an amount, a moment or pairs.
    """
    name = _SPELLINGS.get(written.lower(), "")
    if name in FIELDS:
        return name
    if name in _NAMES:
        return _NAMES[name]
    if name == TAGS:
        raise ConfigError("Tags holds many values", next_step="name one of them: tag['key'] = 'value'", field=written)
    if not name:
        raise ConfigError.unknown(
            "field", written, [*FIELDS, "tag", *(c for c, kind in _KINDS.items() if kind == TEXT)]
        )
    if _KINDS[name] != TEXT:
        raise ConfigError(
            f"{name} holds no text, so no scope can be made of it",
            next_step=f"choose by a name: {', '.join(FIELDS)}, tag['key'] or a FOCUS column of text",
            field=written,
        )
    return name


def column_of(field: str) -> str:
    """Give the column that a field is read from; tags have one in common."""
    return TAGS if field == "tag" else FIELDS.get(field, field)
