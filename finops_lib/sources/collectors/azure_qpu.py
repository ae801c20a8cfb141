"""When may Azure's cost query be asked again? It counts query processing units (QPU) in three sliding windows.

A question about a month costs about one unit; what it did cost is in the answer. The budget belongs to the tenant, so
others may have used it up: what the answer says is left counts more than what was counted here.

Source: Microsoft, "Data latency and rate limits" of the Cost Management APIs.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# seconds -> units
LIMITS = {10.0: 12, 60.0: 60, 3600.0: 600}
_CONSUMED = "x-ms-ratelimit-microsoft.costmanagement-qpu-consumed"
_REMAINING = "x-ms-ratelimit-microsoft.costmanagement-qpu-remaining"


@dataclass(slots=True)
class QpuBudget:
    """Units used so far, as (time, units), oldest first.

    Args:
        limits: length of a window in seconds -> units that fit into it.
        clock: seconds from any start; never goes back.
    """

    limits: Mapping[float, int]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    _used: deque[tuple[float, float]] = field(default_factory=deque)
    _closed_until: float = 0.0

    def take(self) -> None:
        """Wait until a question fits into all windows, and count it as one unit."""
        while (wait := self._wait()) > 0:
            self.sleep(wait)
        self._used.append((self.clock(), 1.0))

    def learn(self, headers: Mapping[str, str]) -> None:
        """Correct the last question's units by what its answer says."""
        consumed = _numbers(headers.get(_CONSUMED, ""))
        if consumed and self._used:
            self._used[-1] = (self._used[-1][0], max(consumed))
        remaining = _numbers(headers.get(_REMAINING, ""))
        if remaining and min(remaining) < 1:
            # It does not say which window is used up; if it is a longer one, the next answer says so again.
            self._closed_until = self.clock() + min(self.limits)

    def _wait(self) -> float:
        now = self.clock()
        while self._used and self._used[0][0] <= now - max(self.limits):
            self._used.popleft()
        waits = [self._closed_until - now]
        for seconds, units in self.limits.items():
            inside = [(at, used) for at, used in self._used if at > now - seconds]
            over = sum(used for _, used in inside) + 1 - units
            for at, used in inside:
                if over <= 0:
                    break
                over -= used
                waits.append(at + seconds - now)
        return max(waits)


def _numbers(value: str) -> list[float]:
    """Read `3`, or the amounts of a list like `QueriesPerMin:11;QueriesPerHour:590`."""
    return [float(number) for number in re.findall(r"(?:^|[:=])\s*(\d+(?:\.\d+)?)\s*(?=$|[,;])", value)]
