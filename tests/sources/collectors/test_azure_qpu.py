"""The budget of Azure's cost query: three windows that slide, and answers that know better."""

from __future__ import annotations

from dataclasses import dataclass, field

from finops_lib.sources.collectors.azure_qpu import LIMITS, QpuBudget

_PREFIX = "x-ms-ratelimit-microsoft.costmanagement-qpu"


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds


def _budget(clock: Clock) -> QpuBudget:
    return QpuBudget(LIMITS, clock, clock.sleep)


def test_twelve_questions_fit_into_ten_seconds() -> None:
    clock = Clock()
    budget = _budget(clock)
    for _ in range(12):
        budget.take()
    assert clock.slept == []
    budget.take()
    assert clock.slept == [10.0]


def test_windows_slide() -> None:
    clock = Clock()
    budget = _budget(clock)
    for second in range(12):
        clock.now = second / 2
        budget.take()
    # The first was at 0.0, so there is room for one at 10.0 and for the next at 10.5.
    budget.take()
    assert clock.now == 10.0
    budget.take()
    assert clock.now == 10.5


def test_sixty_fit_into_a_minute_and_six_hundred_into_an_hour() -> None:
    clock = Clock()
    budget = _budget(clock)
    times = []
    for _ in range(601):
        budget.take()
        times.append(clock.now)
    # Twelve each at 0, 10, 20, 30, 40; the next at 60, and so on: 600 are used at 9 x 60 + 40.
    assert times[59] == 40.0
    assert times[60] == 60.0
    assert times[599] == 580.0
    assert times[600] == 3600.0


def test_what_an_answer_says_counts() -> None:
    clock = Clock()
    budget = _budget(clock)
    budget.take()
    budget.learn({f"{_PREFIX}-consumed": "12"})
    budget.take()
    assert clock.slept == [10.0]


def test_a_budget_that_others_used_up_is_waited_for() -> None:
    clock = Clock()
    budget = _budget(clock)
    budget.take()
    budget.learn({f"{_PREFIX}-consumed": "1", f"{_PREFIX}-remaining": "QpuPer10Sec:0;QpuPerMin:48,QpuPerHour:590"})
    budget.take()
    assert clock.slept == [10.0]


def test_headers_that_say_nothing_change_nothing() -> None:
    clock = Clock()
    budget = _budget(clock)
    for _ in range(12):
        budget.take()
        budget.learn({f"{_PREFIX}-remaining": "plenty", "x-other": "0"})
    assert clock.slept == []
