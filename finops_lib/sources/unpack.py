"""Billing files out of .zip archives, as AWS and some portals deliver them.

Each member is written to a folder of its own under its last name, so nothing in an archive can name another place. Only
so much is written as a bill can be: CSV shrinks to a fiftieth at best, and what grows far beyond that is no bill.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from finops_lib.errors import DataError
from finops_lib.sources.files import is_billing_file

_CHUNK = 1 << 20
# How many times its size an archive may hold; a small one may hold a little more.
_MOST_TIMES, _MOST_OF_A_SMALL_ONE = 300, 16 << 20
# What the archiver of macOS adds to each file.
_SHADOWS = "__MACOSX/"


def is_archive(name: str) -> bool:
    """Is it called like an archive that can be unpacked here?"""
    return name.lower().endswith(".zip")


def unpack(archive: Path, place: Callable[[str], Path]) -> list[Path]:
    """Write the billing files of an archive to where `place` says, and give them in the archive's order.

    Args:
        place: name of a member -> where to write it; its folder is there.
    Raises:
        DataError: not an archive, damaged, encrypted, without a billing file, or more than a bill can be.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if _is_bill(member)]
            if not members:
                raise DataError(
                    f"{archive}: no billing file in this archive",
                    next_step="give an archive with .csv, .csv.gz or .parquet files",
                    path=archive,
                )
            locked = next((member for member in members if member.flag_bits & 1), None)
            if locked is not None:
                raise DataError(
                    f"{archive}: {locked.filename} in this archive is encrypted",
                    next_step="deliver it without a password",
                    path=archive,
                )
            room = max(archive.stat().st_size * _MOST_TIMES, _MOST_OF_A_SMALL_ONE)
            paths = []
            for member in members:
                path = place(member.filename)
                room -= _write(opened, member, path, archive, room)
                paths.append(path)
    # NotImplementedError is what zipfile says of a kind of compression that it does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        what = " ".join(str(error).split())[:120]
        raise DataError(
            f"{archive}: an archive that cannot be unpacked ({what})",
            next_step="deliver it again, as a plain .zip or unpacked",
            path=archive,
        ) from error
    modified = archive.stat().st_mtime
    for path in paths:
        os.utime(path, (modified, modified))
    return paths


def _is_bill(member: zipfile.ZipInfo) -> bool:
    return not member.is_dir() and not member.filename.startswith(_SHADOWS) and is_billing_file(member.filename)


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, archive: Path, room: int) -> int:
    """Write a member and give its size; what the archive says of that size is not relied on."""
    written = 0
    with opened.open(member) as packed, path.open("wb") as target:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > room:
                raise DataError(
                    f"{archive}: {member.filename} grows beyond {_MOST_TIMES} times the archive, which no bill does",
                    next_step="unpack it yourself if it is a bill after all",
                    path=archive,
                )
            target.write(chunk)
    return written
