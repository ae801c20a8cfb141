"""What the pages read of an explained episode: the shapes that `analyses.anomalies.investigate` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from finops_lib.findings import Anomaly


class Moved(Protocol):
    """Something whose cost is known before and during an episode."""

    @property
    def before(self) -> Decimal: ...
    @property
    def actual(self) -> Decimal: ...
    @property
    def change(self) -> Decimal: ...


class Mover(Moved, Protocol):
    """Something that cost another amount than before, as `analyses.anomalies.walk` gives it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_new(self) -> bool: ...
    @property
    def is_gone(self) -> bool: ...


class Step(Protocol):
    """One level of the walk."""

    @property
    def level(self) -> str: ...
    @property
    def movers(self) -> Sequence[Mover]: ...
    @property
    def values(self) -> int: ...
    @property
    def against(self) -> Sequence[Mover]: ...
    @property
    def moved(self) -> Decimal: ...


class Walk(Protocol):
    """The way from the node to the smallest set of names."""

    @property
    def steps(self) -> Sequence[Step]: ...
    @property
    def change(self) -> Decimal: ...
    def share(self, money: Decimal) -> Decimal: ...


class Effect(Protocol):
    """One reason and its money."""

    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...


class Item(Moved, Protocol):
    """One price item before and during."""

    @property
    def kind(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def quantity_before(self) -> Decimal: ...
    @property
    def quantity_actual(self) -> Decimal: ...
    @property
    def rate(self) -> Decimal: ...
    @property
    def quantity(self) -> Decimal: ...


class Decomposition(Moved, Protocol):
    """What a change is made of."""

    @property
    def residual(self) -> Decimal: ...
    @property
    def effects(self) -> Sequence[Effect]: ...
    @property
    def items(self) -> Sequence[Item]: ...


class Tag(Moved, Protocol):
    """A tag value that sets a change apart."""

    @property
    def key(self) -> str: ...
    @property
    def value(self) -> str: ...


class Cause(Protocol):
    """What moved, whose it is, what to check."""

    @property
    def what(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def check(self) -> str: ...


class Details(Protocol):
    """One episode explained, as `analyses.anomalies.investigate` gives it."""

    @property
    def anomaly(self) -> Anomaly: ...
    @property
    def decomposition(self) -> Decomposition: ...
    @property
    def walk(self) -> Walk: ...
    @property
    def resources(self) -> Sequence[Mover]: ...
    @property
    def tag(self) -> Tag | None: ...
    @property
    def cause(self) -> Cause: ...
    @property
    def unexpected(self) -> Decimal: ...
    @property
    def restated(self) -> Decimal: ...
