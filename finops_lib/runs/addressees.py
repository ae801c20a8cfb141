"""Who gets a report, through which channel, and what of it may they see? Read from params/workbench.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finops_lib.alert_settings import EVERYTHING, RecipientConfig
from finops_lib.analyses.scopes import canonical, parse_scope
from finops_lib.errors import ConfigError
from finops_lib.settings import Settings

_MAIL = "mail"
# Who is told of what concerns nobody in particular.
OPERATORS = "operators"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody who gets a report.

    Args:
        name: of the recipient; an address that has none is its own name.
        channel: a name from the channels of workbench.yaml.
        target: a mail address; "" where the channel itself says where it goes.
        scope: all that they may see, in its canonical text; "" = everything.
    """

    name: str
    channel: str
    target: str
    scope: str = ""


def addressees(settings: Settings, notebook: str, named: Sequence[str], *, subscribed: bool) -> list[Addressee]:
    """Give those who get a notebook's report, each once.

    Args:
        named: recipients' names, mail addresses, or names of channels.
        subscribed: whether those who have the notebook among their `reports` get it too.
    Raises:
        ConfigError: nobody has that name, or there is no channel to reach them; nobody is left out in silence.
    """
    recipients = settings.workbench.recipients
    wanted = [one for one in recipients if subscribed and notebook in one.reports]
    chosen = [*(_named(settings, name) for name in named), *(_of(settings, one) for one in wanted)]
    gone = {(one.name, one.address.lower()) for one in recipients if one.unsubscribed}
    kept = [one for one in chosen if (one.name, (one.target or one.channel).lower()) not in gone]
    return list({(one.channel, one.target.lower(), one.scope): one for one in kept}.values())


def find_addressee(settings: Settings, name: str) -> Addressee | None:
    """Give somebody who is to be told of a failure; None where nobody of that name can be reached."""
    try:
        return _named(settings, name) if name else None
    except ConfigError:
        return None


def _named(settings: Settings, name: str) -> Addressee:
    recipients = settings.workbench.recipients
    by_name = {one.name: one for one in recipients}
    if name in by_name:
        return _of(settings, by_name[name])
    sharing = [one for one in recipients if one.address.lower() == name.lower()]
    if len({_scope_of(one) for one in sharing}) > 1:
        raise ConfigError(
            f"{name} is the address of {' and '.join(one.name for one in sharing)}, who may see different things",
            next_step="name the recipient instead of the address",
        )
    if sharing:
        # Whoever has a scope has it under their address as well.
        return _of(settings, sharing[0])
    if "@" not in name and name not in settings.workbench.channels:
        raise ConfigError.unknown("recipient", name, [*by_name, *settings.workbench.channels])
    return _of(settings, RecipientConfig.model_construct(name=name, address=name, scope=""))


def _of(settings: Settings, recipient: RecipientConfig) -> Addressee:
    channels = settings.workbench.channels
    scope = _scope_of(recipient)
    if recipient.address in channels:
        kind = channels[recipient.address].kind
        if kind in (_MAIL, "pagerduty"):
            raise ConfigError(
                f"{recipient.name}: a report cannot be sent to the channel {recipient.address!r} of kind {kind}",
                next_step="give a mail address, or a channel that people read",
            )
        return Addressee(recipient.name, recipient.address, "", scope)
    mail = next((name for name, channel in channels.items() if channel.kind == _MAIL), "")
    if not mail:
        raise ConfigError(
            f"{recipient.name} cannot be reached: there is no channel of kind mail",
            next_step="add one to channels in params/workbench.yaml",
        )
    if "@" not in recipient.address:
        raise ConfigError(
            f"{recipient.name}: {recipient.address!r} is neither a mail address nor a channel",
            next_step="correct recipients in params/workbench.yaml",
        )
    return Addressee(recipient.name, mail, recipient.address, scope)


def _scope_of(recipient: RecipientConfig) -> str:
    scope = "" if recipient.scope == EVERYTHING else recipient.scope
    return canonical(parse_scope(scope)) if scope else ""
