"""What is a file really, when it is not what its name says? Judged by its first bytes."""

from __future__ import annotations

_PARQUET, _ZIP, _GZIP = b"PAR1", b"PK\x03\x04", b"\x1f\x8b"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def likeness(first: bytes) -> tuple[str, str]:
    """Give what the file seems to be and what to do about it; ("", "") where nothing speaks for anything.

    Args:
        first: the first bytes of a file that is called .csv, unpacked if it is gzip inside; 64 are enough.
    """
    if first.startswith(_GZIP):
        return "it is gzip inside", "call it .csv.gz"
    if first.startswith(_ZIP):
        return "it is a ZIP archive", "unpack it and give the files in it"
    if first.startswith(_PARQUET):
        return "it is Parquet inside", "call it .parquet"
    # Every second byte of Latin letters in UTF-16 is zero.
    if first.startswith(_UTF_16) or first[1:8:2] == b"\0\0\0\0" or first[0:8:2] == b"\0\0\0\0":
        return "it is UTF-16", "save it as UTF-8"
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "it is a web page, as a server sends with an error", "download it again and look at what came"
    if start.startswith((b"<?xml", b"<error")):
        return "it is an XML document, as a server sends with an error", "download it again and look at what came"
    if start.startswith((b"{", b"[")):
        return "it is a JSON document, as a server sends with an error", "download it again and look at what came"
    return "", ""
