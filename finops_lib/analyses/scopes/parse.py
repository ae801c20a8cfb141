"""Read the text of a scope, or say at which character it is not one and what could stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from finops_lib.analyses.scopes.fields import field_named
from finops_lib.analyses.scopes.tree import EVERYTHING, Claim, Not, Scope, both, either
from finops_lib.errors import ConfigError

# Far beyond what a person writes; without an end, a text of brackets would exhaust the stack.
# An anomaly's own scope names an account, service and region as its bill does, each perhaps of 10,000 characters.
_LONGEST = 200_000
_DEEPEST = 50
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>!=|<>|[=(),\[\]]))"""
)
_WORDS = ("all", "and", "or", "not", "in", "like", "is", "null")
_TESTS = "=, !=, in (...), like or is null"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    value: str
    at: int


_END = "end"


def parse_scope(text: str) -> Scope:
    """Read a scope; the empty text and `all` are the whole estate.

    Raises:
        ConfigError: with `at`, the character (from 1) that does not fit, and what could stand there.
    """
    if len(text) > _LONGEST:
        raise ConfigError(f"the scope has {len(text)} characters", next_step=f"write at most {_LONGEST}", at=_LONGEST)
    if not text.strip():
        return EVERYTHING
    reader = _Reader(text, _tokens(text))
    if reader.take("word", "all"):
        scope: Scope = EVERYTHING
    else:
        scope = reader.either(depth=0)
    if reader.here.kind != _END:
        raise reader.wrong("the end, and or or", "join claims by and or or, and put text in quotes")
    return scope


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            mark = text[start]
            what = "a quote that is never closed" if mark in "'\"" else f"{mark!r} has no meaning"
            raise ConfigError(
                f"scope, character {start + 1}: {what}",
                next_step="close the quote; inside text it is written twice" if mark in "'\"" else "put text in quotes",
                at=start + 1,
            )
        kind = str(found.lastgroup)
        tokens.append(_Token(kind, found.group(kind), found.start(kind)))
        at = found.end()
    return [*tokens, _Token(_END, "", end)]


class _Reader:
    """Walks along the tokens; one method per rule of the grammar."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0

    @property
    def here(self) -> _Token:
        return self._tokens[self._next]

    def take(self, kind: str, value: str) -> bool:
        """Step over a word or mark if it is the next one."""
        found = self.here.kind == kind and self.here.value.lower() == value
        self._next += found
        return found

    def wrong(self, expected: str, next_step: str) -> ConfigError:
        found = repr(self.here.value) if self.here.kind != _END else "the end"
        at = self.here.at + 1
        return ConfigError(f"scope, character {at}: {found} where {expected} is expected", next_step=next_step, at=at)

    def either(self, *, depth: int) -> Scope:
        parts = [self._both(depth)]
        while self.take("word", "or"):
            parts.append(self._both(depth))
        return either(parts)

    def _both(self, depth: int) -> Scope:
        parts = [self._claim(depth)]
        while self.take("word", "and"):
            parts.append(self._claim(depth))
        return both(parts)

    def _claim(self, depth: int) -> Scope:
        if depth > _DEEPEST:
            raise self.wrong(f"at most {_DEEPEST} levels of brackets", "write the scope with fewer brackets")
        if self.take("word", "not"):
            return Not(self._claim(depth + 1))
        if self.take("mark", "("):
            inner = self.either(depth=depth + 1)
            self._expect("mark", ")", "close the bracket")
            return inner
        field, key = self._field()
        return self._test(field, key)

    def _field(self) -> tuple[str, str]:
        token = self.here
        if token.kind != "word" or token.value.lower() in _WORDS:
            raise self.wrong("a field", "begin with a field, e.g. team = 'web'")
        self._next += 1
        if token.value.lower() == "tag":
            self._expect("mark", "[", "write tag['key']")
            key = self._quoted("the key of a tag")
            self._expect("mark", "]", "write tag['key']")
            return "tag", key
        try:
            return field_named(token.value), ""
        except ConfigError as error:
            at = token.at + 1
            raise ConfigError(f"scope, character {at}: {error.what}", next_step=error.next_step, at=at) from error

    def _test(self, field: str, key: str) -> Claim:
        if self.take("mark", "="):
            return Claim(field, "=", (self._quoted("a value"),), key)
        if self.take("mark", "!=") or self.take("mark", "<>"):
            return Claim(field, "!=", (self._quoted("a value"),), key)
        if self.take("word", "is"):
            is_not = self.take("word", "not")
            self._expect("word", "null", f"write {field} is null or {field} is not null")
            return Claim(field, "is not null" if is_not else "is null", (), key)
        is_not = self.take("word", "not")
        if self.take("word", "in"):
            return Claim(field, "not in" if is_not else "in", self._values(), key)
        if self.take("word", "like"):
            return Claim(field, "not like" if is_not else "like", (self._quoted("a pattern"),), key)
        raise self.wrong("a comparison", f"compare {field} by {_TESTS}")

    def _values(self) -> tuple[str, ...]:
        self._expect("mark", "(", "write in ('one', 'two')")
        values = {self._quoted("a value")}
        while self.take("mark", ","):
            values.add(self._quoted("a value"))
        self._expect("mark", ")", "write in ('one', 'two')")
        return tuple(sorted(values))

    def _quoted(self, what: str) -> str:
        token = self.here
        if token.kind != "text":
            raise self.wrong(f"{what} in quotes", f"write '{token.value or 'web'}'")
        self._next += 1
        quote = token.value[0]
        return token.value[1:-1].replace(quote * 2, quote)

    def _expect(self, kind: str, value: str, next_step: str) -> None:
        if not self.take(kind, value):
            raise self.wrong(repr(value), next_step)
