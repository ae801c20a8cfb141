"""A report's mail through a real relay: whole, for one reader, the same again under the same id."""

from __future__ import annotations

import base64
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from finops_lib.delivery import ENCLOSED, REPEAT, NotDelivered
from finops_lib.delivery.letter import sealed
from finops_lib.delivery.mail import Mail
from finops_lib.messages import Letter, Picture
from tests.delivery.letters import held
from tests.delivery.relay import Relay, relay
from tests.reports.browser import opened

# One red pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
LETTER = Letter(
    subject="[RED] Overview: Gr\u00f6\u00dfe 412k",
    colour="red",
    headline="412k",
    changed="It rose.",
    html='<!doctype html><html><body><h1>412k</h1><img src="cid:chart-1" width="560" alt="It rose"></body></html>',
    text="412k\nIt rose.\n.\nFrom the start\n",
    pictures=(Picture("chart-1", "It rose", PIXEL),),
)
CONTENT = sealed(LETTER, attachments={"overview.html": "<p>whole \u00e9</p>"})


def send(
    to: Relay, reader: str = "ann@example.org", message_id: str = "f" * 32, *, may_repeat: bool = False
) -> EmailMessage:
    payload = {"at": "2026-10-03T12:00:00+00:00", ENCLOSED: CONTENT}
    Mail().send(to.options, held(payload, target=reader, message_id=message_id, may_repeat=may_repeat), reveal=str)
    return to.mails[-1]


def test_it_arrives_with_text_page_picture_and_report() -> None:
    with relay() as taken:
        mail = send(taken)
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
                     "image/png", "text/html"]  # fmt: skip
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().replace("\r\n", "\n") == LETTER.text
    assert page.get_content().strip() == LETTER.html
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert (picture["Content-ID"], picture.get_content()) == ("<chart-1>", PIXEL)
    [report] = list(mail.iter_attachments())
    assert (report.get_filename(), report.get_content().strip()) == ("overview.html", "<p>whole \u00e9</p>")


def test_a_repeat_says_so_on_top_and_is_the_same_otherwise() -> None:
    with relay() as taken:
        first, repeat = send(taken), send(taken, may_repeat=True)
    assert repeat["Message-ID"] == first["Message-ID"]
    assert [part.get_content_type() for part in repeat.walk()] == [part.get_content_type() for part in first.walk()]
    text, page = repeat.get_body(("plain",)), repeat.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().replace("\r\n", "\n") == f"{REPEAT}\n\n{LETTER.text}"
    before, after = page.get_content().strip().split(REPEAT)
    assert before.startswith("<!doctype html><html><body><p style=")
    assert f"<!doctype html><html><body>{after.removeprefix('</p>')}" == LETTER.html
    # Seven bits and short lines, as the first.
    assert max(map(len, repeat.as_bytes().splitlines())) <= 78


def test_its_headers_name_one_reader_and_how_to_get_no_more() -> None:
    with relay() as taken:
        mail = send(taken)
        other = send(taken, "bob@example.org", "e" * 32)
    assert mail["Subject"] == LETTER.subject
    assert (mail["From"], mail["To"]) == ("FinOps workbench <finops@example.org>", "ann@example.org")
    assert mail["Date"] == "Sat, 03 Oct 2026 12:00:00 +0000"
    assert mail["Message-ID"] == f"<{'f' * 32}@example.org>"
    assert mail["List-Unsubscribe"] == "<mailto:finops@example.org?subject=unsubscribe>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (mail["Bcc"], mail["Cc"]) == (None, None)
    assert "bob@example.org" not in mail.as_string()
    assert "ann@example.org" not in other.as_string()


@pytest.mark.parametrize("subject", ["[RED] Overview: " + "word " * 28 + "end", "Gr\u00f6\u00dfe " * 20 + "end"])
def test_a_long_subject_arrives_whole(subject: str) -> None:
    with relay() as taken:
        payload = {"at": "", ENCLOSED: sealed(replace(LETTER, subject=subject), attachments={})}
        Mail().send(taken.options, held(payload, target="ann@example.org"), reveal=str)
    assert taken.mails[0]["Subject"] == subject


def test_lines_are_short_enough_for_every_relay() -> None:
    assert max(map(len, CONTENT.split(b"\r\n"))) <= 78
    assert CONTENT.isascii()


def test_a_relay_that_refuses_it_for_good_says_so() -> None:
    with relay() as taken:
        taken.data = ["552 too large"]
        with pytest.raises(NotDelivered, match="552") as refused:
            send(taken)
    assert refused.value.is_final


@pytest.mark.parametrize("width", [640, 400])
def test_its_pictures_are_drawn_in_a_browser(tmp_path: Path, width: int) -> None:
    with relay() as taken:
        mail = send(taken)
    page = mail.get_body(("html",))
    assert page is not None
    html = page.get_content()
    for part in mail.walk():
        if name := part["Content-ID"]:
            picture = base64.b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{name.strip('<>')}", f"data:image/png;base64,{picture}")
    (tmp_path / "mail.html").write_text(html, encoding="utf-8")
    with opened(tmp_path / "mail.html", width=width) as (shown, requests, _):
        assert shown.evaluate("[...document.images].map(image => image.naturalWidth)") == [1]
        assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
