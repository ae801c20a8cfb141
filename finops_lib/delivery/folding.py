"""How a mail's headers become lines: a subject arrives letter by letter as it was written, in whatever script."""

from __future__ import annotations

from email.header import Header
from email.policy import SMTP, EmailPolicy
from typing import Any

# RFC 5322 allows 998. A subject of plain letters need not be broken at all.
_LONGEST_LINE = 900


class _WholeSubject(EmailPolicy):
    """EmailPolicy encodes a subject word by word and, where it breaks the line, loses blanks or adds some."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() != "subject" or str(value).isascii():
            return super().fold_binary(name, value)
        encoded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}".encode("ascii")


_IN_ANY_SCRIPT = _WholeSubject(linesep=SMTP.linesep)
_OF_PLAIN_LETTERS = SMTP.clone(max_line_length=_LONGEST_LINE)


def policy_for(subject: str) -> EmailPolicy[Any]:
    """Give the policy by which a mail with this subject is written."""
    return _OF_PLAIN_LETTERS if subject.isascii() else _IN_ANY_SCRIPT
