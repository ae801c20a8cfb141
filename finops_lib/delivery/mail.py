"""Mail, by SMTP: one message per reader, so that no reader sees the others.

SMTP knows no idempotency: a mail whose answer never came is sent again under the Message-ID of the first, by which mail
programs know it, and says that it may be a repeat.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from finops_lib.delivery import CHANNELS, ENCLOSED, REPEAT, NotDelivered, Options, Reveal
from finops_lib.delivery.folding import policy_for
from finops_lib.delivery.letter import addressed
from finops_lib.delivery.mail_page import html_of, subject_of, text_of
from finops_lib.delivery.plain import clean
from finops_lib.messages import Leased
from finops_lib.strict import SecretReference

MAIL_ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$"


def _mail_address(text: str) -> str:
    if not re.fullmatch(MAIL_ADDRESS, text):
        raise ValueError("not a mail address")
    return text


MailAddress = Annotated[str, AfterValidator(_mail_address)]


class MailOptions(Options):
    """How mail leaves.

    Args:
        tls: starttls = begun on a plain connection, implicit = from the first byte (port 465), none = not at all, for a
            relay on this machine or in this network.
        user, password: where there is a login; the password is a reference.
        sender: the address in From.
        unsubscribe: where a reader says that they want no more reports, a mailto: or https: address; empty = a mail to
            the sender.
    """

    host: str
    sender: MailAddress
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str = ""
    password: SecretReference | None = None
    sender_name: str = "FinOps workbench"
    unsubscribe: str = Field(default="", pattern=r"^$|^(mailto:|https://)[!-;=?-~]{1,300}$")


class Mail:
    """SMTP to one relay."""

    options: type[Options] = MailOptions
    spacing_s = 0.0
    needs_target = True
    folds = True

    def send(self, options: MailOptions, held: Leased, *, reveal: Reveal) -> str:
        """Send one mail; gives its Message-ID."""
        target = held.message.target
        if not re.fullmatch(MAIL_ADDRESS, target):
            raise NotDelivered(f"{clean(target, 80)!r} is not a mail address", is_final=True)
        letter = letter_of(options, held)
        with _relay(options, reveal) as relay:
            with _told(options):
                _accepted(options, *relay.mail(options.sender))
                _accepted(options, *relay.rcpt(target))
            try:
                # Once its last line is out the relay may have it, whatever becomes of the answer.
                code, said = relay.data(letter.as_bytes())
            except smtplib.SMTPDataError as error:
                raise _refusal(options, error.smtp_code, error.smtp_error) from None
            except (OSError, smtplib.SMTPServerDisconnected) as error:
                raise NotDelivered(
                    f"{options.host} took the mail and gave no answer ({type(error).__name__})", is_unclear=True
                ) from None
            _accepted(options, code, said)
        return str(letter["Message-ID"])

    def try_reach(self, options: MailOptions, *, reveal: Reveal) -> str:
        """Connect and log in."""
        with _relay(options, reveal):
            return f"{options.host} answers"


def letter_of(options: MailOptions, held: Leased) -> EmailMessage:
    """Make the mail: headers, the text, the page; a report's is made already and gets its reader."""
    message, payload = held.message, held.message.payload
    user, _, domain = options.sender.rpartition("@")
    if content := payload.get(ENCLOSED):
        return addressed(
            content,
            sender=Address(clean(options.sender_name, 80), user, domain),
            target=message.target,
            message_id=f"<{message.message_id}@{domain}>",
            date=format_datetime(_moment(str(payload.get("at", "")))),
            unsubscribe=options.unsubscribe or f"mailto:{options.sender}?subject=unsubscribe",
            may_repeat=held.may_repeat,
        )
    if held.may_repeat:
        payload = {**payload, "notes": [*payload.get("notes", ()), REPEAT]}
    subject = subject_of(payload)
    letter = EmailMessage(policy=policy_for(subject))
    letter["Subject"] = subject
    letter["From"] = Address(clean(options.sender_name, 80), user, domain)
    letter["To"] = message.target
    letter["Date"] = format_datetime(_moment(str(payload.get("at", ""))))
    letter["Message-ID"] = f"<{message.message_id}@{domain}>"
    if thread := payload.get("thread"):
        # What opens an alert and what closes it stand together in the inbox.
        letter["References"] = f"<{clean(thread, 64)}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    # Seven bits and short lines: what any relay on the way can carry.
    letter.set_content(text_of(payload), cte="quoted-printable")
    letter.add_alternative(html_of(payload), subtype="html", cte="quoted-printable")
    return letter


def _moment(text: str) -> datetime:
    # A message that does not say when it was made is as old as mail itself, not as new as its sending.
    return datetime.fromisoformat(text) if text else datetime(1982, 8, 1, tzinfo=UTC)


@contextmanager
def _relay(options: MailOptions, reveal: Reveal) -> Iterator[smtplib.SMTP]:
    """Give a connection on which a mail can begin."""
    password = reveal(options.password) if options.password else ""
    with _told(options):
        context = ssl.create_default_context()
        if options.tls == "implicit":
            relay: smtplib.SMTP = smtplib.SMTP_SSL(
                options.host, options.port, timeout=options.timeout_s, context=context
            )
        else:
            relay = smtplib.SMTP(options.host, options.port, timeout=options.timeout_s)
    try:
        with _told(options):
            if options.tls == "starttls":
                relay.starttls(context=context)
            relay.ehlo_or_helo_if_needed()
            if options.user:
                relay.login(options.user, password)
        yield relay
    finally:
        _part(relay)


@contextmanager
def _told(options: MailOptions) -> Iterator[None]:
    """Say in our words what kept a mail from beginning; nothing has been sent then."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        what = f"{options.host} does not accept user and password ({error.smtp_code})"
        raise NotDelivered(what, next_step="check user and password of the channel") from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(options, error.smtp_code, error.smtp_error) from None
    except (OSError, smtplib.SMTPException) as error:
        what = f"{options.host}:{options.port} cannot be reached ({type(error).__name__})"
        raise NotDelivered(what, next_step="look at the channel's host, port and tls, and the network") from None


def _part(relay: smtplib.SMTP) -> None:
    # The mail is accepted or refused by now; how the relay says good-bye changes nothing, nor is it waited for.
    if relay.sock is not None:
        relay.sock.settimeout(1)
    try:
        relay.quit()
    except (OSError, smtplib.SMTPException):
        relay.close()


def _accepted(options: MailOptions, code: int, said: bytes) -> None:
    if not 200 <= code < 300:
        raise _refusal(options, code, said)


def _refusal(options: MailOptions, code: int, said: bytes | str) -> NotDelivered:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    # 4xx = later, as greylists say; 5xx = never.
    return NotDelivered(f"{options.host} answered {code}: {clean(words, 200)}", is_final=500 <= code < 600)


CHANNELS.register("mail")(Mail())
