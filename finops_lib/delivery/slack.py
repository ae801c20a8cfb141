"""Slack, by an incoming webhook.

A webhook knows no idempotency: a message whose answer never came is sent again, and says that it may be a repeat.
"""

from __future__ import annotations

from finops_lib.delivery import CHANNELS, Options, Reveal
from finops_lib.delivery.plain import clean
from finops_lib.delivery.post import check_address, post
from finops_lib.delivery.slack_blocks import body_of
from finops_lib.messages import Leased
from finops_lib.strict import SecretReference


class SlackOptions(Options):
    """`url`: where the webhook's address is kept, for whoever knows it may post."""

    url: SecretReference


class Slack:
    """Incoming webhooks, about one message a second."""

    options: type[Options] = SlackOptions
    spacing_s = 1.0
    needs_target = False
    folds = True

    def send(self, options: SlackOptions, held: Leased, *, reveal: Reveal) -> str:
        """Post one message; a webhook gives it no name, so the answer's own words are all there is."""
        address = reveal(options.url)
        message = held.message
        answer = post(
            address,
            body_of(message.payload, may_repeat=held.may_repeat),
            whose="Slack",
            # Slack ignores it; a relay in between can tell a repeat by it.
            headers={"Idempotency-Key": message.message_id},
            timeout_s=options.timeout_s,
            secrets=(address, address.rsplit("/", 1)[-1]),
        )
        return clean(answer.text, 100)

    def try_reach(self, options: SlackOptions, *, reveal: Reveal) -> str:
        """Look whether the address is there and well-formed: asking Slack would mean posting."""
        check_address(reveal(options.url), whose="Slack")
        return "the webhook's address is there"


CHANNELS.register("slack")(Slack())
