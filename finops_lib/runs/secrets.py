"""Secrets are references (`env:NAME`, `file:PATH`), resolved where they are used; known values never reach a file.

Question: how is a token kept out of reports that anybody may open?
Choice: the runner knows the secret values of its run and takes every form of them out of everything it writes,
before the files reach their final place.
Why: a token that a library puts in an error message is in nobody's code. Declined: hiding cells (the notebook
still holds them), and trusting authors.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from finops_lib.errors import ConfigError

REDACTED = "[secret]"

_REFERENCE = re.compile(r"(env|file):(\S.*)", re.DOTALL)
_SECRET_NAME = re.compile(
    # PGPASSWORD has no underscore before its password.
    r"(?:^|[_\W])(?:token|secret|[a-z]*passw(?:or)?d|passphrase|(?:api|access|private|signing|account|shared|storage)_?key"
    r"|connection_?string|shared_?access_?signature|credentials?|auth|dsn|webhook(?:_?url)?|sas|pwd)s?(?:$|[_\W\d])",
    re.IGNORECASE,
)
# Shorter values are words that occur anywhere; taking them out would spoil the report and protect nothing.
_SHORTEST = 8
# Names that match a pattern above although their values are paths or settings that everyone may know.
_NOT_SECRET_NAME = re.compile(
    r"(?:_FILE|_PATH|_DIR|_SOCK|_SOCKET|_HOME|_TYPE|_METHOD|_MODE)$|^SSH_AUTH_SOCK$", re.IGNORECASE
)


def is_secret_name(name: str) -> bool:
    """Whether a name says that its value is a secret, as `smtp_password` or `apiKey` do."""
    # camelCase gets its underscores first, so that one pattern serves both.
    return bool(_SECRET_NAME.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)))


def is_reference(value: str) -> bool:
    """Whether a text is `env:NAME` or `file:PATH`."""
    return _REFERENCE.fullmatch(value) is not None


def resolve(reference: str) -> str:
    """Give the value behind `env:NAME` or `file:PATH`; any other text is given back as it is.

    Raises:
        ConfigError: the variable is not set, or the file cannot be read. Never says the value.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return reference
    kind, target = found.groups()
    if kind == "env":
        if target not in os.environ:
            raise ConfigError(
                f"{reference}: the variable is not set", next_step=f"export {target}=...", reference=reference
            )
        return os.environ[target]
    try:
        # An editor leaves a newline at the end of a file; no password ends in one.
        return Path(target).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{reference}: the file cannot be read", next_step="check the path and its permissions", reference=reference
        ) from error


def known_secrets(references: Iterable[object], environment: Mapping[str, str]) -> set[str]:
    """Collect the secret values a run can come across.

    Args:
        references: parameters and settings, nested as they are; texts in them that are references are resolved.
        environment: its variables with a secret's name count, and so does a password inside any URL or
            connection string.
    """
    secrets = {value for reference in references for value in _resolved(reference)}
    for name, value in environment.items():
        if is_secret_name(name) and not _NOT_SECRET_NAME.search(name) and not Path(value).is_absolute():
            secrets.add(value)
    secrets |= {password for value in [*secrets, *environment.values()] for password in _passwords_inside(value)}
    # The lines of a key file may be printed one by one.
    lines = {line.strip() for secret in secrets for line in secret.splitlines()}
    return {secret for secret in secrets | lines if len(secret) >= _SHORTEST}


def _resolved(value: object) -> Iterator[str]:
    if isinstance(value, str) and is_reference(value):
        try:
            yield resolve(value)
        except ConfigError:
            # The notebook that needs it will say so; what is not there cannot leak.
            return
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _resolved(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _resolved(item)


def _passwords_inside(value: str) -> Iterator[str]:
    """Give the password of a URL, as it stands there and decoded, and the secrets of `Name=value;AccountKey=...`."""
    if found := re.match(r"[a-z][a-z0-9+.-]*://[^/@:\s]*:([^/@\s]+)@", value, re.IGNORECASE):
        yield found.group(1)
        # Drivers decode it before they connect, and say it so in their errors.
        yield unquote(found.group(1))
        if len(found.group(1)) < _SHORTEST:
            # Too short to be looked for everywhere, but not where it stands in its URL.
            yield found.group(0)
    if asked := re.match(r"[a-z][a-z0-9+.-]*://[^?\s]*\?(?:\S*&)?password=([^&\s]+)", value, re.IGNORECASE):
        yield from (asked.group(1), unquote(asked.group(1)), f"password={asked.group(1)}")
    for part in value.split(";"):
        name, _, secret = part.partition("=")
        if ";" in value and is_secret_name(name.strip()):
            yield secret.strip()


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Takes secrets out of text in every form they usually take: raw, JSON, HTML, URL, hexadecimal, base64.

    Args:
        forms: in lower case, the longest first, so that no part of a longer form is left standing.
    """

    forms: tuple[str, ...]

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Scrubber:
        forms = {form.lower() for secret in secrets for form in _forms(secret)}
        return cls(tuple(sorted(forms, key=lambda form: (-len(form), form))))

    def scrub(self, text: str) -> str:
        """Give the text with every known secret replaced."""
        # A search per form is far cheaper than one pattern of all of them over a page of a megabyte.
        found = self._found(text)
        return re.sub("|".join(map(re.escape, found)), REDACTED, text, flags=re.IGNORECASE) if found else text

    def scrub_tree(self, value: Any) -> Any:
        """Give nested lists and mappings with every text and number in them scrubbed, keys too."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, Mapping):
            return {self.scrub(str(key)): self.scrub_tree(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.scrub_tree(item) for item in value]
        if isinstance(value, int | float) and self.leaks(str(value)):
            return REDACTED
        return value

    def leaks(self, text: str) -> bool:
        """Whether a known secret is in the text."""
        return bool(self._found(text))

    def _found(self, text: str) -> list[str]:
        lowered = text.lower()
        return [form for form in self.forms if form in lowered]


def _forms(secret: str) -> Iterator[str]:
    quoted = json.dumps(secret)[1:-1]
    yield from (
        secret,
        quoted,
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(quoted)[1:-1],
        repr(secret)[1:-1],
    )
    for escaped in (secret, quoted):
        yield from (
            html.escape(escaped),
            html.escape(escaped, quote=False),
            html.escape(escaped).replace("&#x27;", "&#39;"),
        )
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (quote(quote(secret, safe=""), safe=""), secret.encode().hex())
    yield from _base64_forms(secret.encode())


def _base64_forms(secret: bytes) -> Iterator[str]:
    """Give what base64 of any text that contains the secret must contain, wherever in that text it begins."""
    for offset in range(3):
        # The first and last characters of the group mix in bits of the neighbours; only those in between are sure.
        padded = b"\0" * offset + secret
        sure = slice(-(-offset * 8 // 6), len(padded) * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(padded).decode()[sure]
            yield text
            yield quote(text, safe="")
