"""When is a job due? A line of cron in a time zone of its own, with names for days.

Question: whose cron? They disagree about numbers of weekdays, and about a day of the month together with a weekday.
Choice: five fields as cronsim reads them, which keeps Debian's rules on both days on which clocks change; weekdays by
name only, and never a weekday together with a day of the month.
Why: such a line means the same to cron, systemd, Kubernetes and Airflow, so all of them can be written from it.
Declined: APScheduler's own reader, for which 0 is Monday (facts/operations.md 7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from finops_lib.errors import ConfigError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_NUMBERS = re.compile(r"^(\*|\d+(-\d+)?)(/\d+)?(,(\*|\d+(-\d+)?)(/\d+)?)*$")
_DAYS = re.compile(rf"^\*$|^({'|'.join(WEEKDAYS)})([-,]({'|'.join(WEEKDAYS)}))*$")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Moments that come again. They are given in UTC; a moment is the name of what is due at it (its slot).

    Args:
        expression: five fields, lower case, one space between them.
        timezone: IANA name of the clock that they are read from.
    """

    expression: str
    timezone: str = "UTC"

    @classmethod
    def parse(cls, expression: str, timezone: str = "UTC") -> Recurrence:
        """Read a line of cron.

        Raises:
            ConfigError: it means nothing, never comes, or means one thing here and another elsewhere.
        """
        try:
            ZoneInfo(timezone)
        # OSError: a folder of zones, as Europe is, or a name that no file can have.
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ConfigError(f"{timezone!r} is no time zone", next_step="write e.g. Europe/Berlin") from error
        fields = expression.lower().split()
        if len(fields) != len(_FIELDS):
            raise ConfigError(
                f"{expression!r} has {len(fields)} fields",
                next_step="write five: minute, hour, day of month, month, day of week, e.g. 0 3 * * sun",
            )
        for name, field in zip(_FIELDS[:4], fields[:4], strict=True):
            if not _NUMBERS.match(field):
                raise ConfigError(
                    f"{expression!r}: {field!r} is no {name}", next_step="write numbers, ranges, steps or *"
                )
        if not _DAYS.match(fields[4]):
            raise ConfigError(
                f"{expression!r}: {fields[4]!r} is no day of the week",
                next_step="write names, as in sun or mon-fri: for some schedulers 0 is Sunday, for others Monday",
            )
        if fields[2] != "*" and fields[4] != "*":
            raise ConfigError(
                f"{expression!r} names a day of the month and a weekday",
                next_step="write one of them: cron runs on either, systemd only where both fall together",
            )
        recurrence = cls(" ".join(fields), timezone)
        try:
            next(recurrence.after(datetime(2026, 1, 1, tzinfo=UTC)))
        except (CronSimError, StopIteration) as error:
            said = f": {error}" if str(error) else " never comes"
            raise ConfigError(f"{expression!r}{said}", next_step="write e.g. 0 3 * * sun") from error
        return recurrence

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Give the moments after this one, the next first."""
        for found in CronSim(self.expression, moment.astimezone(ZoneInfo(self.timezone))):
            yield found.astimezone(UTC)

    def before(self, moment: datetime) -> Iterator[datetime]:
        """Give the moments before this one, the newest first."""
        for found in CronSim(self.expression, moment.astimezone(ZoneInfo(self.timezone)), reverse=True):
            yield found.astimezone(UTC)

    def between(self, start: datetime, end: datetime) -> list[datetime]:
        """Give the moments of (start, end], the oldest first."""
        return list(takewhile(lambda moment: moment <= end, self.after(start)))

    def newest(self, moment: datetime) -> datetime:
        """Give the newest moment that is not after this one."""
        is_one = next(self.after(moment.replace(microsecond=0) - _SECOND), None) == moment
        return moment if is_one else next(self.before(moment))

    @property
    def words(self) -> str:
        """Say it for people."""
        said = str(CronSim(self.expression, datetime(2026, 1, 1, tzinfo=UTC)).explain())
        return said if self.timezone == "UTC" else f"{said} ({self.timezone})"
