"""What people write about alerts: channels, routes, recipients and quiet hours in workbench.yaml, and alert_rules.yaml.

Checked here and turned into the records of `analyses.alerts`; secrets stay references.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from finops_lib.analyses.alerts.quiet import WEEKDAYS, QuietHours
from finops_lib.analyses.alerts.routing import DEFAULT_ROUTE, Directory, Recipient
from finops_lib.analyses.alerts.rules import Comparator, Metric, Rule
from finops_lib.analyses.scopes import canonical, parse_scope
from finops_lib.errors import ConfigError
from finops_lib.strict import Currency, Strict

EVERYTHING = "all"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_EVENT_KINDS = ("forecast", "burn", "stale", "rule", "anomaly")


class ChannelConfig(Strict):
    """One channel: its kind, and the options that its kind has."""

    kind: str
    options: dict[str, Any] = {}

    @model_validator(mode="after")
    def _fits_its_kind(self) -> ChannelConfig:
        self.checked_options()
        return self

    def checked_options(self) -> Any:
        """Give the options as the record of the channel's kind; ValueError says what is wrong, without values."""
        # Imported here, because few installations have a channel and every command reads the settings.
        from finops_lib.delivery import CHANNELS

        try:
            return CHANNELS.get(self.kind).options.model_validate(self.options)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in ("options", *problem["loc"]))
            hint = " (write env:NAME or file:PATH)" if "env|file" in problem["msg"] else ""
            said = "must be a reference" if hint else problem["msg"]
            raise ValueError(f"{place}: {said}{hint}") from None


def _canonical(text: str) -> str:
    """Give a scope as it is compared; "" stays everything."""
    try:
        return canonical(parse_scope(text)) if text else text
    except ConfigError as error:
        raise ValueError(str(error)) from error


ScopeText = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_canonical)]


class RecipientConfig(Strict):
    """Somebody who reads messages: `address` is a mail address or a channel's name, `scope` what they may read of.

    Args:
        reports: notebooks whose report they get whenever the schedule has made it.
        unsubscribed: they get no report any more, whoever names them; alerts of what they own still come.
    """

    name: Name
    address: Text
    scope: ScopeText = ""
    reports: list[Name] = []
    unsubscribed: bool = False

    def recipient(self) -> Recipient:
        # A scope of everything is no limit.
        return Recipient(self.name, self.address, "" if self.scope == EVERYTHING else self.scope)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a time zone; write e.g. Europe/Berlin") from error
    return name


class QuietConfig(Strict):
    """A quiet time of the day; `weekdays` are those on which it begins."""

    begins: time = Field(alias="from")
    ends: time = Field(alias="to")
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    weekdays: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = list(WEEKDAYS)  # type: ignore[arg-type]

    def quiet_hours(self) -> QuietHours:
        return QuietHours(self.begins, self.ends, self.zone, tuple(WEEKDAYS.index(day) for day in self.weekdays))


def _known_rows(route: dict[str, list[str]]) -> dict[str, list[str]]:
    for row in route:
        if row not in _EVENT_KINDS and not re.fullmatch(r"[1-9]\d{0,3}", row):
            raise ValueError(f"{row!r} is neither a threshold in percent nor one of {', '.join(_EVENT_KINDS)}")
    return route


def _rows_as_words(route: Any) -> Any:
    """Give a threshold in percent, a number in YAML, as the word it is here."""
    if not isinstance(route, dict):
        return route
    return {str(row) if isinstance(row, int) else row: to for row, to in route.items()}


RouteConfig = Annotated[dict[str, list[str]], BeforeValidator(_rows_as_words), AfterValidator(_known_rows)]


def directory_of(
    channels: Mapping[str, ChannelConfig],
    routes: Mapping[str, Mapping[str, list[str]]],
    recipients: list[RecipientConfig],
    quiet: list[QuietConfig],
) -> Directory:
    """Give who can be told, as routing knows it.

    Raises:
        ValueError: a route names what is not there, or two recipients have one name.
    """
    from finops_lib.delivery import CHANNELS

    names = [recipient.name for recipient in recipients]
    if doubled := next((name for name in names if names.count(name) > 1), ""):
        raise ValueError(f"recipients: two are called {doubled!r}")
    places = {*channels, *CHANNELS.names()} if routes else set(channels)
    for route, rows in routes.items():
        for row, destinations in rows.items():
            for destination in destinations:
                channel, _, person = destination.partition(":")
                if channel not in places:
                    raise ValueError(f"routes.{route}.{row}: there is no channel {channel!r}")
                if person and person not in ("owner", "parent_owner", *names) and "@" not in person:
                    raise ValueError(f"routes.{route}.{row}: there is no recipient {person!r}")
    return Directory(
        channels={name: channel.kind for name, channel in channels.items()},
        routes={"default": DEFAULT_ROUTE, **routes},
        # No scope is no limit.
        recipients=tuple(
            Recipient(one.name, one.address, "" if one.scope == EVERYTHING else one.scope) for one in recipients
        ),
        quiet=tuple(one.quiet_hours() for one in quiet),
    )


class AnomalyConfig(Strict):
    """How the estate is watched.

    Args:
        alerts_per_week: so many are told to one owner in a calendar week, the largest money first.
        least_impact: episodes of less money are left out, in the currency of the node.
        top_resources: so many resources are judged by themselves, those that cost most.
    """

    alerts_per_week: int = Field(default=5, ge=0, le=1000)
    least_impact: float = Field(default=25.0, ge=0, allow_inf_nan=False)
    top_resources: int = Field(default=500, ge=0, le=50_000)


class RuleConfig(Strict):
    """One custom rule. See `analyses.alerts.rules.Rule` for what each word means."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    metric: Metric
    scope: ScopeText
    comparator: Comparator = ">"
    threshold: float = Field(allow_inf_nan=False)
    currency: Currency
    window_days: int = Field(default=1, ge=1, le=366)
    min_amount: float = Field(default=0.0, allow_inf_nan=False)
    consecutive: int = Field(default=1, ge=1, le=31)
    hysteresis: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    route: str = ""
    owner: str = ""

    def rule(self) -> Rule:
        return Rule(**self.model_dump())


def _names_are_their_own(rules: list[RuleConfig]) -> list[RuleConfig]:
    names = [rule.name for rule in rules]
    if doubled := next((name for name in names if names.count(name) > 1), ""):
        raise ValueError(f"two rules are called {doubled!r}")
    return rules


class AlertRules(Strict):
    """The file params/alert_rules.yaml."""

    rules: Annotated[list[RuleConfig], AfterValidator(_names_are_their_own)] = []
