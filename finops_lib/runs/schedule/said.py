"""What a child says goes line by line into its log, without the secrets that are known; nothing else reaches a disk."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO

from finops_lib.runs.secrets import Scrubber

# A line that is longer is written in pieces; a secret is looked for in each, so pieces are long.
_LONGEST_LINE = 1_000_000
# Of a log that grows without end only the beginning and the last words are kept.
_LONGEST_LOG = 20_000_000
_LAST_WORDS = 500
_CLOSED_WITHIN_S = 5.0


class Said:
    """Reads a pipe until its last writer has closed it.

    Attributes:
        last: the last line that said anything, at most 500 characters.
    """

    def __init__(self, pipe: IO[bytes], log: Path, scrubber: Scrubber) -> None:
        self.last = ""
        self._pipe, self._log, self._scrubber = pipe, log, scrubber
        self._thread = threading.Thread(target=self._read, daemon=True, name=f"reads {log.name}")
        self._thread.start()

    def close(self) -> None:
        """Wait for the last line; whoever still holds the pipe open after that is not listened to."""
        self._thread.join(_CLOSED_WITHIN_S)

    def _read(self) -> None:
        written = 0
        with self._pipe, self._log.open("w", encoding="utf-8") as log:
            while raw := self._pipe.readline(_LONGEST_LINE):
                line = self._scrubber.scrub(raw.decode("utf-8", "replace"))
                self.last = line.strip()[:_LAST_WORDS] or self.last
                # Read on in any case: a child must not wait for a full pipe.
                if written < _LONGEST_LOG:
                    log.write(line)
                    log.flush()
                written += len(line)
