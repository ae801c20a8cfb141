"""What does the end of a slot's process mean: done, to be tried again, or failed?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from finops_lib.runs.schedule.children import Ended
from finops_lib.runs.schedule.jobs import Job

# Exit codes of design.md 7 -> the classes of error that a job may name under `retries`.
_CLASSES = {4: ("SourceError", "DeliveryError"), 5: ("LockError",)}
_LONGEST_WAIT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a slot's work ended.

    Args:
        classes: of error, any of which may be named under `retries`; () = trying again changes nothing.
        run_id: of the notebook's run, if there is one.
    """

    succeeded: bool
    exit_code: int
    error: str = ""
    classes: tuple[str, ...] = ()
    run_id: str = ""

    @classmethod
    def of(cls, ended: Ended) -> Outcome:
        """Read it from the process alone."""
        if ended.timed_out:
            return cls(False, ended.exit_code, "it did not end within its limit of time", ("TIMED_OUT",))
        if ended.exit_code < 0:
            said = f"its process was killed by signal {-ended.exit_code}"
            return cls(False, ended.exit_code, said, ("KERNEL_DIED",))
        if ended.exit_code == 0:
            return cls(True, 0)
        return cls(False, ended.exit_code, ended.said, _CLASSES.get(ended.exit_code, ()))

    def retry_in(self, job: Job, attempts: int) -> timedelta | None:
        """Say how long to wait for the next try; None = there is none.

        Args:
            attempts: so many were made.
        """
        allowed = max((job.retries.get(name, 0) for name in self.classes), default=0)
        if self.succeeded or attempts > allowed:
            return None
        return min(job.first_wait * (1 << (attempts - 1)), _LONGEST_WAIT)
