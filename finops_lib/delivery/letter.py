"""A report's mail: sealed once for all who may see the same, and given its reader when it is sent.

sealed(letter, ...)      text, HTML with its pictures inside, the report attached; no sender, no reader: mail.eml
addressed(sealed, ...)   the same with From, To, Message-ID and how to unsubscribe, for one reader; a repeat says so
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from typing import cast

from finops_lib.delivery import REPEAT
from finops_lib.delivery.folding import policy_for
from finops_lib.messages import Letter

_REPEAT_HTML = f'<p style="margin:0;padding:10px 16px;font-size:14px;background:#fff8c5;color:#1f2328">{REPEAT}</p>'


def sealed(letter: Letter, *, attachments: Mapping[str, str]) -> bytes:
    """Give the letter as bytes.

    Args:
        attachments: file name -> an HTML page.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = letter.subject
    # Seven bits and short lines: what any relay on the way can carry.
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    page = cast(EmailMessage, mail.get_payload()[1])  # type: ignore[index]  # an alternative has parts
    for picture in letter.pictures:
        page.add_related(picture.png, "image", "png", cid=f"<{picture.name}>", filename=f"{picture.name}.png")
        # Beside the page, not under it.
        cast(EmailMessage, page.get_payload()[-1]).replace_header(  # type: ignore[index]
            "Content-Disposition", f'inline; filename="{picture.name}.png"'
        )
    for name, content in attachments.items():
        mail.add_attachment(content, subtype="html", cte="base64", filename=name)
    return mail.as_bytes(policy=policy_for(letter.subject))


def addressed(
    content: bytes, *, sender: Address, target: str, message_id: str, date: str, unsubscribe: str, may_repeat: bool
) -> EmailMessage:
    """Give a sealed letter its reader.

    Args:
        unsubscribe: a mailto: or https: address; "" = none is named.
        may_repeat: this reader may have it already.
    """
    mail = BytesParser(policy=SMTP).parsebytes(content)
    mail.policy = policy_for(mail["Subject"])
    mail["From"] = sender
    mail["To"] = target
    mail["Date"] = date
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
    if may_repeat:
        _say_so(mail)
    return mail


def _say_so(mail: EmailMessage) -> None:
    """Say on top of a letter, in text and page, that it may be a repeat."""
    if (text := mail.get_body(("plain",))) is not None:
        text.set_content(f"{REPEAT}\n\n{text.get_content()}", cte="quoted-printable")
    if (page := mail.get_body(("html",))) is not None:
        html = re.sub("<body[^>]*>", lambda body: body[0] + _REPEAT_HTML, page.get_content(), count=1)
        page.set_content(html, subtype="html", cte="quoted-printable")
