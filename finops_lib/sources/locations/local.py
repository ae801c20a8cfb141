"""Files of the local disk, seen as a store. Nothing is fetched: they are read where they lie."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from finops_lib.sources.locations import Entry


class LocalDisk:
    """The local disk; keys are absolute paths."""

    def entries(self, prefix: str) -> list[Entry]:
        root = Path(prefix)
        files = [root] if root.is_file() else sorted(file for file in root.rglob("*") if file.is_file())
        return [self._entry(file) for file in files]

    def read(self, entry: Entry) -> bytes:
        return Path(entry.key).read_bytes()

    def fetch(self, entry: Entry, target: Path) -> None:
        shutil.copyfile(entry.key, target)

    def close(self) -> None:
        pass

    def _entry(self, file: Path) -> Entry:
        status = file.stat()
        modified = datetime.fromtimestamp(status.st_mtime, tz=UTC).replace(tzinfo=None)
        return Entry(uri=str(file), key=file.as_posix(), bytes=status.st_size, modified=modified)
