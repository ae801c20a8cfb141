"""Is there anything to do for a slot? Asked before a process is started, of what this process has open anyway.

    nothing due in the outbox     no message waits, not even for a later try
    no change since a check       unchanged.py

Question: what does a job cost that runs every few minutes and mostly finds nothing?
Choice: a command may have a question beside it, which one short look answers. Where it answers that there is nothing to
do, the slot is done and no process was started; in every other case the process is, and finds out itself.
Why: most of such a run is Python starting up: 288 looks into an empty outbox were 200 s of a day.
Declined: doing the work here. What can hang, grow or crash stays in a process with a limit of time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from finops_lib.runs import clock
from finops_lib.runs.schedule.children import Child, Ended, Launcher, log_of
from finops_lib.runs.schedule.due import Due
from finops_lib.runs.schedule.unchanged import BudgetsAsChecked
from finops_lib.settings import Settings
from finops_lib.state.open import State
from finops_lib.state.outbox import count_unsent


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found.

    Args:
        said: why there is nothing to do; "" = there may be something.
        done: told when the process that was started then has ended well.
    """

    said: str = ""
    done: Callable[[], None] = lambda: None


Question = Callable[[datetime], Look]


def of_the_outbox(settings: Settings, state: State) -> Question:
    """Ask whether a message waits: where none does, none can be due, held by a sender that died, or folded."""
    return lambda now: Look("" if count_unsent(state) else "nothing to deliver")


def of_the_budgets(settings: Settings, state: State) -> Question:
    """Ask whether anything has changed since a check that ended well."""
    checked = BudgetsAsChecked(settings, state)

    def look(now: datetime) -> Look:
        seen = checked.look(now)
        if seen is None:
            return Look()
        since = checked.since(seen)
        return (
            Look(f"nothing changed since {since:%Y-%m-%d %H:%M} UTC")
            if since
            else Look(done=lambda: checked.remember(seen, at=now))
        )

    return look


# By all words after `finops`: with an option more it is another command, which nobody has a question for.
QUESTIONS: Mapping[tuple[str, ...], Callable[[Settings, State], Question]] = {
    ("alerts", "deliver"): of_the_outbox,
    ("budgets", "check"): of_the_budgets,
}


@dataclass(frozen=True, slots=True)
class Idle:
    """A slot for which there was nothing to do: it is over as it begins."""

    said: str

    def poll(self) -> Ended:
        return Ended(0, timed_out=False, said=self.said)

    def stop(self) -> None:
        """Nothing runs."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A child of which somebody wants to know that it ended well."""

    child: Child
    done: Callable[[], None]

    def poll(self) -> Ended | None:
        ended = self.child.poll()
        if ended is not None and ended.exit_code == 0 and not ended.timed_out:
            self.done()
        return ended

    def stop(self) -> None:
        self.child.stop()


@dataclass(frozen=True, slots=True)
class AskingLauncher:
    """Starts what is due, unless there is nothing to do.

    Args:
        launcher: starts the process.
        questions: by the words of a command.
        logs: gets what was said, where the process's log would be.
    """

    launcher: Launcher
    questions: Mapping[tuple[str, ...], Question]
    logs: Path

    @classmethod
    def of(cls, launcher: Launcher, settings: Settings, state: State, logs: Path) -> AskingLauncher:
        """Give one that has all the questions there are."""
        return cls(launcher, {words: make(settings, state) for words, make in QUESTIONS.items()}, logs)

    def start(self, due: Due) -> Child:
        question = self.questions.get(due.job.words_of(due.slot))
        if question is None:
            return self.launcher.start(due)
        look = question(clock.now())
        if not look.said:
            return Watched(self.launcher.start(due), look.done)
        log_of(self.logs, due).write_text(f"{look.said}\n", encoding="utf-8")
        return Idle(look.said)
