"""What does a check need to know, and was it looked at?

A check without its data is "not evaluated", with what is missing, and never "nothing found" (domain.md 4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

BILL = "bill"
NOT_COLLECTED = "nobody looked"


@dataclass(frozen=True, slots=True)
class Need:
    """Something a check cannot do without.

    Args:
        kind: `bill`, `inventory` or `metrics`.
        of: type of resource as the inventory names it, e.g. `aws-ebs-volume`; "" for the bill.
        metric: e.g. `cpu`; of an inventory an aspect that may be refused by itself, e.g. `lifecycle`.
    """

    kind: Literal["bill", "inventory", "metrics"]
    of: str = ""
    metric: str = ""

    @property
    def look(self) -> str:
        """The look that provides it, as `inventory_scopes` names it."""
        return f"{self.of}/{self.metric}" if self.metric else self.of

    def is_of(self, provider: str) -> bool:
        """Say whether a look at this provider could give it: a rule for several clouds needs of each its own."""
        return self.of.startswith(f"{provider}-")

    @property
    def words(self) -> str:
        if self.kind == "bill":
            return "the bill"
        if self.kind == "inventory" and self.metric:
            return f"the {self.metric} of {self.of}"
        return f"{self.metric} metrics of {self.of}" if self.metric else f"inventory of {self.of}"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at one account and region was allowed to see (a row of `inventory_scopes`).

    Args:
        type: of resource, or `<type>/<metric>`.
        resources: how many there were; None = not known, for `needs` was missing.
    """

    provider: str
    account: str
    region: str
    type: str
    resources: int | None
    needs: str
    said: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How far a check got with one provider.

    Args:
        status: `evaluated`; `in part` = some accounts or regions refused; `not evaluated`.
        needs: what is missing, in words; "" where all is there.
        permission: what would change that, as the provider names it.
        accounts: that refused.
        proxies: what was not there, but only makes the check less sure.
    """

    check: str
    rule: str
    provider: str
    status: Literal["evaluated", "in part", "not evaluated"]
    needs: str = ""
    permission: str = ""
    said: str = ""
    accounts: tuple[str, ...] = ()
    proxies: str = ""


def bill() -> Need:
    return Need("bill")


def inventory(of: str) -> Need:
    return Need("inventory", of)


def aspect(of: str, name: str) -> Need:
    return Need("inventory", of, name)


def metrics(of: str, metric: str) -> Need:
    return Need("metrics", of, metric)


def evaluate(
    rule: str, check: str, provider: str, needs: Iterable[Need], better_with: Iterable[Need], looks: Iterable[Look]
) -> Evaluation:
    """Say how far a check got with one provider, whose bill is there."""
    seen = [look for look in looks if look.provider == provider]
    missing, refused = [], []
    for need in needs:
        if not need.is_of(provider):
            continue
        of_it = [look for look in seen if look.type == need.look]
        refused += [look for look in of_it if look.needs]
        if not any(not look.needs for look in of_it):
            missing.append(need)
    granted = {look.type for look in seen if not look.needs}
    softer = [need.words for need in better_with if need.is_of(provider) and need.look not in granted]
    status: Literal["evaluated", "in part", "not evaluated"] = (
        "not evaluated" if missing else "in part" if refused else "evaluated"
    )
    first = next(iter(refused), None)
    return Evaluation(
        check=check,
        rule=rule,
        provider=provider,
        status=status,
        needs=" and ".join(need.words for need in missing) or (f"{first.type} in some accounts" if first else ""),
        permission=", ".join(dict.fromkeys(look.needs for look in refused)),
        said=first.said if first else NOT_COLLECTED if missing else "",
        accounts=tuple(dict.fromkeys(look.account for look in refused)),
        proxies=" and ".join(softer),
    )
