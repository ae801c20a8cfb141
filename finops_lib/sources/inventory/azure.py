"""Azure: Resource Graph says what there is, Azure Monitor how busy it is.

Identity: azure-identity's DefaultAzureCredential (environment, managed identity, `az login`; extra `azure`). The role
Reader on each subscription is enough for all of it.

Question: how is a permission that is missing told from a subscription that is empty?
Choice: each subscription is first asked what the caller may do in all of it (Microsoft.Authorization/permissions).
Why: Resource Graph leaves out what the caller may not read, without a word. Who may read some resource groups only gets
`not evaluated`, not half an inventory. Declined: listing each kind at its own provider, since some cannot be listed by
subscription.

One look covers all regions of a subscription: its Scope has no region, its resources have theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from finops_lib.breaker import Breaker
from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources.collectors import Options, Permission, Tried
from finops_lib.sources.http_manners import is_local
from finops_lib.sources.inventory import INVENTORIES, AskedInventory, Resource, Scope, Series
from finops_lib.sources.inventory.azure_graph import Allowed, allowed, may, rows
from finops_lib.sources.inventory.azure_kinds import KINDS, Kind, account, query, resource
from finops_lib.sources.inventory.azure_metrics import ACTION as METRICS_ACTION
from finops_lib.sources.inventory.azure_metrics import METRICS
from finops_lib.sources.inventory.azure_metrics import series as metrics_of
from finops_lib.sources.inventory.looks import one_line
from finops_lib.sources.inventory.rest import Refused, Rest, opened

_PROVIDER = "Azure"
_ENDPOINT = "https://management.azure.com"
# Resource Graph allows few questions a second, so many subscriptions are asked in one.
_SUBSCRIPTIONS_AT_ONCE = 100
_NO_METRIC = "Azure Monitor's metric "
_PERMISSIONS_ACTION = "Microsoft.Authorization/permissions/read"

# (type/metric, account, region) -> the look at it
_Looks = dict[tuple[str, str, str], Scope]


class AzureOptions(Options):
    """Which subscriptions are looked at.

    Args:
        subscriptions: their ids; () = all that the identity sees.
        endpoint: of Azure Resource Manager; another one for a national cloud. Plain http only for a stand-in on this
            machine, which gets no real token.
    """

    subscriptions: tuple[str, ...] = ()
    endpoint: str = _ENDPOINT


class AccessToken(Protocol):
    @property
    def token(self) -> str: ...


class Credential(Protocol):
    """The part of azure-identity that is used."""

    def get_token(self, *scopes: str) -> AccessToken: ...


class AzureInventory:
    """All looks at Azure.

    Args:
        credential: makes the credential for a real endpoint.
    """

    options: type[Options] = AzureOptions
    permissions: tuple[Permission, ...] = (
        Permission(_PERMISSIONS_ACTION, "to tell `nothing there` from `not allowed to see`; in the role Reader"),
        *(Permission(kind.action, f"{kind.needed_for}; in the role Reader") for kind in KINDS),
        Permission(METRICS_ACTION, "utilisation; in the roles Reader and Monitoring Reader"),
    )

    def __init__(self, credential: Callable[[], Credential] | None = None) -> None:
        self._credential = credential

    def scopes(self, options: AzureOptions, asked: AskedInventory) -> Iterator[Scope]:
        """Look at each kind of resource in all subscriptions; what one subscription refuses stops no other."""
        breaker = Breaker(_PROVIDER)
        with self._opened(options) as rest:
            granted, refused = _granted(rest, options)
            for done, kind in enumerate(KINDS):
                asked.progress(kind.type, done, len(KINDS))
                open_to_us = [one for one, permissions in granted.items() if may(permissions, kind.action)]
                for start in range(0, len(open_to_us), _SUBSCRIPTIONS_AT_ONCE):
                    yield from _look(rest, kind, open_to_us[start : start + _SUBSCRIPTIONS_AT_ONCE], breaker)
                for one in granted:
                    if one not in open_to_us:
                        said = f"no role of the identity allows {kind.action} in the whole subscription"
                        yield Scope(kind.type, account(one), "", needs=kind.action, said=said)
                for one, refusal in refused.items():
                    yield Scope(kind.type, account(one), "", needs="role Reader", said=refusal.said)

    def series(
        self, options: AzureOptions, asked: AskedInventory, resources: list[Resource]
    ) -> Iterator[Series | Scope]:
        """Fetch resource by resource; where one is refused, the rest of its kind in that subscription is not asked."""
        measured = [one for one in resources if one.type in METRICS]
        if not measured:
            return
        looks: _Looks = {}
        refused: dict[tuple[str, str], Refused] = {}
        breaker = Breaker(_PROVIDER)
        with self._opened(options) as rest:
            for done, one in enumerate(measured):
                kind = (one.type, one.account)
                if kind in refused:
                    _note(looks, one, _needs(refused[kind], METRICS_ACTION), refused[kind].said)
                    continue
                asked.progress(f"metrics of {one.name}", done, len(measured))
                try:
                    with breaker.call():
                        yield from _metrics_of(rest, one, asked, looks)
                except Refused as refusal:
                    refused[kind] = refusal
                    _note(looks, one, _needs(refusal, METRICS_ACTION), refusal.said)
                except SourceError as error:
                    if breaker.is_open:
                        raise
                    _note(looks, one, "answer of Azure Monitor", one_line(error.what))
        yield from looks.values()

    def try_permissions(self, options: AzureOptions) -> list[Tried]:
        """Ask each subscription what the caller may do in it."""
        with self._opened(options) as rest:
            granted, refused = _granted(rest, options)
        tried = []
        for permission in self.permissions:
            missing = [one for one, roles in granted.items() if not may(roles, permission.name)]
            if permission.name == _PERMISSIONS_ACTION:
                # It was just used.
                missing = []
            missing += refused
            count = len(granted) + len(refused)
            said = f"not allowed in {', '.join(missing)}" if missing else f"allowed in {count} subscription(s)"
            tried.append(Tried(permission, not missing, one_line(said)))
        return tried

    @contextmanager
    def _opened(self, options: AzureOptions) -> Iterator[Rest]:
        endpoint = options.endpoint.rstrip("/")
        token = (
            _local_token
            if is_local(endpoint)
            else _tokens((self._credential or _default_credential)(), f"{endpoint}/.default")
        )
        with opened(_PROVIDER, endpoint, token) as rest:
            yield rest


INVENTORIES.register("azure")(AzureInventory())


def _granted(rest: Rest, options: AzureOptions) -> tuple[Mapping[str, Allowed], Mapping[str, Refused]]:
    """Give what the identity may do in each subscription, and the subscriptions that do not even tell."""
    granted: dict[str, Allowed] = {}
    refused: dict[str, Refused] = {}
    for one in _subscriptions(rest, options):
        try:
            granted[one] = allowed(rest, one)
        except Refused as refusal:
            refused[one] = refusal
    return granted, refused


def _subscriptions(rest: Rest, options: AzureOptions) -> Sequence[str]:
    if options.subscriptions:
        return tuple(dict.fromkeys(one.lower() for one in options.subscriptions))
    try:
        found = rows(rest, query("subscriptions"))
    except Refused as refusal:
        raise ConfigError(
            f"Azure does not let the identity ask for its subscriptions: {refusal.code}: {refusal.said}",
            next_step="give it the role Reader on the subscriptions",
        ) from refusal
    if not found:
        raise ConfigError(
            "the identity sees no subscription of Azure",
            next_step="give it the role Reader on the subscriptions, or name them under options.subscriptions",
        )
    return [str(row["subscriptionId"]).lower() for row in found if row.get("subscriptionId")]


def _look(rest: Rest, kind: Kind, subscriptions: Sequence[str], breaker: Breaker) -> Iterator[Scope]:
    """Look at one kind in some subscriptions with one question: one Scope for each subscription."""
    found: dict[str, list[Resource]] = {account(one): [] for one in subscriptions}
    try:
        with breaker.call():
            for row in rows(rest, query(kind.query), subscriptions):
                try:
                    one = resource(kind, row)
                except (ValueError, TypeError, AttributeError) as error:
                    raise rest.broken(kind.type, f"a row cannot be read: {error}") from error
                if one.account not in found:
                    raise rest.broken(kind.type, f"a row of {one.account}, which was not asked for")
                found[one.account].append(one)
    except Refused as refusal:
        needs, said = _needs(refusal, kind.action), refusal.said
        yield from (Scope(kind.type, one, "", needs=needs, said=said) for one in found)
    except SourceError as error:
        if breaker.is_open:
            raise
        said = one_line(error.what)
        yield from (Scope(kind.type, one, "", needs="answer of Azure Resource Graph", said=said) for one in found)
    else:
        yield from (Scope(kind.type, one, "", tuple(resources)) for one, resources in found.items())


def _metrics_of(rest: Rest, one: Resource, asked: AskedInventory, looks: _Looks) -> Iterator[Series]:
    """Give the series of one resource, and note in `looks` which metrics were asked for or are not known."""
    unknown: set[str] = set()
    for item in metrics_of(rest, one, asked):
        if isinstance(item, Series):
            yield item
            continue
        unknown.add(item.metric.name)
        key = (f"{one.type}/{item.metric.name}", one.account, one.region)
        looks.setdefault(key, Scope(*key, needs=f"{_NO_METRIC}{item.metric.azure!r}", said=item.said))
    for metric in METRICS[one.type]:
        key = (f"{one.type}/{metric.name}", one.account, one.region)
        # One resource that has the metric shows that it is there; any other refusal stays.
        if metric.name not in unknown and (key not in looks or looks[key].needs.startswith(_NO_METRIC)):
            looks[key] = Scope(*key)


def _note(looks: _Looks, one: Resource, needs: str, said: str) -> None:
    """Note that no metric of this resource was seen, so that the look at its region is not whole."""
    for metric in METRICS[one.type]:
        key = (f"{one.type}/{metric.name}", one.account, one.region)
        looks[key] = Scope(*key, needs=needs, said=said)


def _needs(refusal: Refused, action: str) -> str:
    """Give what is missing: an action for a permission, or what Azure calls the refusal."""
    return action if refusal.status == 403 else f"{refusal.code} of Azure"


def _local_token(renew: bool) -> str:
    return "local"


def _tokens(credential: Credential, scope: str) -> Callable[[bool], str]:
    """Keep one token until it is refused: `az` is a process of its own, too slow to be asked each time."""
    kept: list[str] = []

    def token(renew: bool) -> str:
        from azure.core.exceptions import ClientAuthenticationError

        if renew or not kept:
            try:
                kept[:] = [credential.get_token(scope).token]
            except ClientAuthenticationError as error:
                raise ConfigError(
                    f"Azure gives no token: {one_line(error.message)}",
                    next_step="sign in with `az login`, or set AZURE_CLIENT_ID and what belongs to it",
                ) from error
        return kept[0]

    return token


def _default_credential() -> Credential:
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        raise ConfigError("the inventory of Azure needs: pip install finops[azure]", next_step="install it") from error
    credential: Credential = DefaultAzureCredential()
    return credential
