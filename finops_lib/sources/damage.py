"""Are the bytes of a delivery whole, and still the ones that were hashed?

DuckDB reads gzip without looking at its checksum, and takes a NUL byte for text. Both are looked at here, by a thread
beside the reading: a damaged file that can be read to its end must not become money.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from finops_lib.errors import DataError
from finops_lib.sources.diagnosis import rows_with_nul
from finops_lib.sources.files import BillingFile, modified

_CHUNK = 1 << 20
_GZIP_WINDOW = 31


def refuse_damaged(files: Sequence[BillingFile]) -> None:
    """Read the CSV files once more, for their bytes alone.

    Raises:
        DataError: compressed data that is cut off or fails its checksum, a NUL byte, a file that is gone or changed.
    """
    for file in files:
        try:
            if file.format == "csv":
                _read_to_the_end(file)
            status = file.path.stat()
        except OSError as error:
            raise DataError(
                f"{file.path}: gone or no longer readable while it was being read ({error.strerror})",
                next_step="run the command again when the file is there to stay; nothing was loaded",
                path=file.path,
            ) from error
        if (status.st_size, modified(status)) != (file.bytes, file.modified):
            raise DataError(
                f"{file.path}: changed while it was being read",
                next_step="run the command again when the file is written to its end; nothing was loaded",
                path=file.path,
            )


def _read_to_the_end(file: BillingFile) -> None:
    is_gzip = file.path.name.lower().endswith(".gz")
    try:
        for part in _unpacked(file) if is_gzip else _chunks(file):
            if b"\0" in part:
                _refuse_nul(file)
    except (zlib.error, EOFError) as error:
        raise DataError(
            f"{file.path}: damaged, {error}",
            next_step="have the file delivered again, or download it again; nothing was loaded",
            path=file.path,
        ) from error


def _chunks(file: BillingFile) -> Iterator[bytes]:
    with file.path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _unpacked(file: BillingFile) -> Iterator[bytes]:
    """Give the bytes of a gzip file of one or more members, each checked by its sum; never more than a chunk at once.

    Raises:
        EOFError: the file ends inside a member.
        zlib.error: a checksum fails, or what follows a member is none.
    """
    member = None
    for chunk in _chunks(file):
        rest = chunk
        while rest:
            member = member or zlib.decompressobj(_GZIP_WINDOW)
            yield _unpack(member, rest)
            rest = member.unused_data if member.eof else member.unconsumed_tail
            member = None if member.eof else member
    while member is not None and not member.eof:
        more = _unpack(member, b"")
        if not more and not member.eof:
            raise EOFError("cut off: its compressed data has no end")
        yield more


def _unpack(member: zlib._Decompress, data: bytes) -> bytes:
    try:
        return member.decompress(data, _CHUNK)
    except zlib.error as error:
        is_checksum = "data check" in str(error) or "length check" in str(error)
        reason = "its checksum fails" if is_checksum else "its compressed data cannot be read"
        raise zlib.error(reason) from error


def _refuse_nul(file: BillingFile) -> None:
    shown, count = rows_with_nul(file)
    rows = f": {' | '.join(shown)}" if shown else ""
    raise DataError(
        f"{file.path}: NUL bytes in {count} row{'s' if count != 1 else ''}{rows}",
        next_step="have the file delivered again; nothing was loaded (row 1 is the first after the header)",
        path=file.path,
    )
