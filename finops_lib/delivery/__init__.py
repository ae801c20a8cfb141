"""Who gets it? Messages leave here, each through a channel of params/workbench.yaml.

slack.py      Slack, by an incoming webhook; slack_blocks.py says how a message looks there
mail.py       mail, by SMTP; mail_page.py says how a message looks there, letter.py what a report's mail is,
              folding.py how headers become lines
pagerduty.py  PagerDuty, Events API v2
other.py      anything else that apprise knows
post.py       one HTTP request, and whether it can have arrived
plain.py      text from outside, made harmless
outbox.py     the sender: takes waiting messages, sends each, says what became of it

A new channel is one file here that registers itself under its kind.

Question: who escapes a name that is markup, a mention, or ten thousand characters long?
Choice: payloads hold plain words; each channel cleans and escapes all of them as it renders.
Why: a channel alone knows what is markup to it. Declined: escaping where a payload is made, for one channel only.

Question: a mail's last dot is out and the answer never comes, or its sender is killed; is it sent again?
Choice: yes, by every channel: under the id of the first (Message-ID, dedup key, Idempotency-Key), saying that it may be
a repeat where people read it, and the outbox keeps that it may have arrived twice.
Why: neither SMTP nor a webhook can be asked what became of a message, and an alert twice costs less than none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from finops_lib.errors import SourceError
from finops_lib.messages import Leased
from finops_lib.registry import Registry

# Gives the secret behind `env:NAME` or `file:PATH`.
Reveal = Callable[[str], str]
# In a payload: the file of a letter, below the outputs folder; and, as it is sent, the letter itself.
LETTER, ENCLOSED = "letter", "enclosed"
# What a reader is told by every channel that cannot take a repeat back.
REPEAT = "May be a repeat: an earlier try got no answer."


class NotDelivered(SourceError):
    """A channel did not take a message.

    Args:
        wait_s: the channel asks for so much patience; None where it does not.
        is_unclear: it may have arrived all the same: the answer never came.
        is_final: the channel works and will never take this message.
    """

    def __init__(
        self,
        what: str,
        *,
        wait_s: float | None = None,
        is_unclear: bool = False,
        is_final: bool = False,
        next_step: str = "",
    ) -> None:
        super().__init__(what, next_step=next_step)
        self.wait_s, self.is_unclear, self.is_final = wait_s, is_unclear, is_final


class Options(BaseModel):
    """What params/workbench.yaml says of a channel of one kind; an unknown key is an error.

    Args:
        timeout_s: so long an answer is waited for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    timeout_s: float = Field(default=20.0, gt=0, le=30)


class Channel(Protocol):
    """A kind of channel. Stateless; connections are made for a message and closed after it.

    Attributes:
        spacing_s: so far apart messages through one channel are.
        needs_target: whether a message says who gets it; otherwise the channel itself does.
        folds: whether many messages may become one.
    """

    options: type[Options]
    spacing_s: float
    needs_target: bool
    folds: bool

    def send(self, options: Any, held: Leased, *, reveal: Reveal) -> str:
        """Send one message and give what the channel calls it.

        Raises:
            NotDelivered: it was not taken; says whether it can have arrived.
            ConfigError: a secret is not where it should be.
        """
        ...

    def try_reach(self, options: Any, *, reveal: Reveal) -> str:
        """Look whether the channel is there without telling anybody anything; give what it said in words.

        Raises:
            NotDelivered: it is not.
            ConfigError: a secret is not where it should be.
        """
        ...


CHANNELS: Registry[Channel] = Registry("kind of channel", "finops_lib.delivery")
