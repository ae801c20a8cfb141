"""Is there anything to do for a slot? Asked before a process is started, of what this process has open anyway.

Question: what does a job cost that runs every few minutes and mostly finds nothing?
Choice: a command may have a question beside it, which one short look at the state answers. Where it answers that there
is nothing to do, the slot is done and no process was started; in every other case the process is, and finds out itself.
Why: most of such a run is Python starting up: 288 looks into an empty outbox were 200 s of a day.
Declined: doing the work here. What can hang, grow or crash stays in a process with a limit of time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from finops_lib.runs.schedule.children import Child, Ended, Launcher, log_of
from finops_lib.runs.schedule.due import Due
from finops_lib.state.open import State
from finops_lib.state.outbox import count_unsent

# Gives in words why there is nothing to do; "" = there may be something.
Question = Callable[[State], str]


def nothing_to_deliver(state: State) -> str:
    """Say so where no message waits, not even for a later try: then nothing can be due, held or folded."""
    return "" if count_unsent(state) else "nothing to deliver"


# By all words after `finops`: with an option more it is another command, which nobody has a question for.
QUESTIONS: Mapping[tuple[str, ...], Question] = {("alerts", "deliver"): nothing_to_deliver}


@dataclass(frozen=True, slots=True)
class Idle:
    """A slot for which there was nothing to do: it is over as it begins."""

    said: str

    def poll(self) -> Ended:
        return Ended(0, timed_out=False, said=self.said)

    def stop(self) -> None:
        """Nothing runs."""


@dataclass(frozen=True, slots=True)
class AskingLauncher:
    """Starts what is due, unless there is nothing to do.

    Args:
        launcher: starts the process.
        logs: gets what was said, where the process's log would be.
    """

    launcher: Launcher
    state: State
    logs: Path

    def start(self, due: Due) -> Child:
        question = QUESTIONS.get(due.job.words_of(due.slot))
        said = question(self.state) if question else ""
        if not said:
            return self.launcher.start(due)
        log = log_of(self.logs, due)
        log.write_text(f"{said}\n", encoding="utf-8")
        return Idle(said)
