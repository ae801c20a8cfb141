"""A report's mail: sealed once for all who may see the same, and given its reader when it is sent.

sealed(letter, ...)      text, HTML with its pictures inside, the report attached; no sender, no reader: mail.eml
addressed(sealed, ...)   the same with From, To, Message-ID and how to unsubscribe, for one reader
"""

from __future__ import annotations

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, EmailPolicy
from typing import cast

from finops_lib.messages import Letter

# RFC 5322 allows 998.
_LONGEST_LINE = 900


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
    return mail.as_bytes(policy=_policy(letter.subject))


def _policy(subject: str) -> EmailPolicy[EmailMessage]:
    # A subject that is broken into lines gets blanks in odd places; one of plain letters need not be broken.
    return SMTP.clone(max_line_length=_LONGEST_LINE) if subject.isascii() else SMTP


def addressed(
    content: bytes, *, sender: Address, target: str, message_id: str, date: str, unsubscribe: str
) -> EmailMessage:
    """Give a sealed letter its reader.

    Args:
        unsubscribe: a mailto: or https: address; "" = none is named.
    """
    mail = BytesParser(policy=SMTP).parsebytes(content)
    mail.policy = _policy(mail["Subject"])
    mail["From"] = sender
    mail["To"] = target
    mail["Date"] = date
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
    return mail
