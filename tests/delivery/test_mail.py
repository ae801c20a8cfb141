"""Mail: what arrives at a real relay, what it says there, and what a relay's answers mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from finops_lib.delivery import NotDelivered
from finops_lib.delivery.mail import Mail, MailOptions
from finops_lib.delivery.mail_page import html_of, text_of
from tests.delivery.letters import HOSTILE, ORDINARY, held
from tests.delivery.relay import Relay, relay
from tests.reports.browser import opened


def no_secret(reference: str) -> str:
    raise AssertionError(f"asked for {reference}")


def send(to: Relay, **changes: object) -> str:
    payload = changes.pop("payload", ORDINARY)
    return Mail().send(to.options, held(payload, target="ann@example.org", **changes), reveal=no_secret)  # type: ignore[arg-type]


def test_a_mail_says_who_what_and_when_in_its_headers() -> None:
    with relay() as taken:
        reference = send(taken)
    [mail] = taken.mails
    assert taken.readers == ["ann@example.org"]
    assert mail["Subject"] == "[ORANGE] shop: 103 % of 600k USD expected, 618k USD, used up 28 Oct 2026"
    assert (mail["From"], mail["To"]) == ("FinOps workbench <finops@example.org>", "ann@example.org")
    assert mail["Date"] == "Sat, 03 Oct 2026 12:00:00 +0000"
    # The same message has the same id, by which a repeat is known.
    assert mail["Message-ID"] == reference == f"<{'f' * 32}@example.org>"
    assert (mail["References"], mail["Auto-Submitted"]) == (f"<{'a' * 32}@example.org>", "auto-generated")


def test_a_subject_in_any_script_arrives_whole() -> None:
    subject = "[RED] Größe 東京 " + "long " * 30 + "618k\u00a0USD"
    with relay() as taken:
        send(taken, payload={**ORDINARY, "subject_line": subject})
    assert taken.mails[0]["Subject"] == subject


def test_the_text_can_be_read_alone_and_the_page_says_the_same() -> None:
    with relay() as taken:
        send(taken)
    [mail] = taken.mails
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text, page = (part.get_content() for part in mail.iter_parts())
    for said in (
        "618k USD",
        "482,000 USD (80.3 %)",
        "1. Amazon EC2 (service)",
        "finops alerts acknowledge 0123456789abcdef",
    ):
        assert said in text
        assert said in page
    assert "Report: https://finops.example.org/outputs/budgets/1/report.html?a=1&b=2" in text
    assert 'href="https://finops.example.org/outputs/budgets/1/report.html?a=1&amp;b=2"' in page
    # Nothing is fetched when the mail is opened.
    assert "src=" not in page
    assert "@import" not in page


def test_no_name_becomes_a_header_a_tag_or_a_line() -> None:
    with relay() as taken:
        send(taken, payload=HOSTILE)
    [mail] = taken.mails
    assert taken.readers == ["ann@example.org"]
    assert mail["Bcc"] is None
    assert len(mail["Subject"]) <= 200
    text, page = (part.get_content() for part in mail.iter_parts())
    assert "<script" not in page
    assert "<img" not in page
    assert "href=" not in page
    assert not any(line.startswith("Bcc:") for line in text.splitlines())
    assert "\u202e" not in text + page
    assert len(page) < 60_000


@pytest.mark.parametrize(
    ("rcpt", "data", "is_unclear", "is_final", "arrived"),
    [
        (["451 4.7.1 greylisted, come again"], [], False, False, 0),
        (["550 5.1.1 nobody of that name"], [], False, True, 0),
        ([], ["452 4.3.1 no room"], False, False, 0),
        ([], ["554 5.7.1 not wanted"], False, True, 0),
        ([], ["hang"], True, False, 1),
        ([], ["drop"], True, False, 1),
    ],
    ids=["greylisted", "no such reader", "no room", "refused", "hangs", "drops"],
)
def test_a_relays_answer_says_whether_to_come_again(
    rcpt: list[str], data: list[str], is_unclear: bool, is_final: bool, arrived: int
) -> None:
    with relay() as taken:
        taken.rcpt, taken.data = rcpt, data
        with pytest.raises(NotDelivered) as caught:
            send(taken)
        assert (caught.value.is_unclear, caught.value.is_final) == (is_unclear, is_final)
        assert len(taken.mails) == arrived
        send(taken)
    # Where the first one had arrived after all, the second has its id.
    assert len({mail["Message-ID"] for mail in taken.mails}) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning", "ignore:Session.login_data:DeprecationWarning")
def test_a_login_is_used_and_a_wrong_one_is_not_repeated_in_the_error() -> None:
    with relay(accepts=lambda user, password: (user, password) == ("me", "right-secret")) as taken:
        options = MailOptions(**{**taken.options.model_dump(), "user": "me", "password": "env:SMTP"})
        Mail().send(options, held(target="ann@example.org"), reveal=lambda _: "right-secret")
        with pytest.raises(NotDelivered, match="does not accept user and password") as caught:
            Mail().send(options, held(target="ann@example.org"), reveal=lambda _: "wrong-secret")
    assert len(taken.mails) == 1
    assert "wrong-secret" not in f"{caught.value!r}"


def test_a_relay_without_tls_gets_nothing_where_tls_is_asked_for() -> None:
    with relay() as taken:
        options = MailOptions(**{**taken.options.model_dump(), "tls": "starttls"})
        with pytest.raises(NotDelivered, match="cannot be reached"):
            Mail().send(options, held(target="ann@example.org"), reveal=no_secret)
    assert taken.mails == []


def test_nobody_there_is_nothing_sent() -> None:
    options = Relay(port=9).options
    with pytest.raises(NotDelivered, match=r"127\.0\.0\.1:9 cannot be reached") as caught:
        Mail().send(options, held(target="ann@example.org"), reveal=no_secret)
    assert not caught.value.is_unclear


@pytest.mark.parametrize("target", ["", "ann", "ann@example.org\r\nRCPT TO:<x@y>", "a@b,c@d", "<ann@example.org>"])
def test_what_is_no_address_is_never_sent_to(target: str) -> None:
    with relay() as taken, pytest.raises(NotDelivered) as caught:
        Mail().send(taken.options, held(target=target), reveal=no_secret)
    assert caught.value.is_final
    assert taken.mails == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 640])
@pytest.mark.parametrize(
    "payload", [ORDINARY, HOSTILE, {**ORDINARY, "items": [ORDINARY, HOSTILE]}], ids=["ordinary", "hostile", "digest"]
)
def test_the_page_fits_the_screen_and_its_text_can_be_told_from_its_ground(
    payload: dict[str, object], width: int, tmp_path: Path
) -> None:
    path = tmp_path / "mail.html"
    path.write_text(html_of(payload), encoding="utf-8")
    with opened(path, width=width) as (page, requests, complaints):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [url for url in requests if not url.startswith("file:")] == []
        assert complaints == []
        smallest = page.evaluate(
            "Math.min(...[...document.querySelectorAll('p,td,a,code,h1,h2,span')].map((e) =>"
            " parseFloat(getComputedStyle(e).fontSize)))"
        )
        assert smallest >= 13
        assert page.inner_text("h1").startswith(str(payload["title"])[:4])
    assert "alert(1)" not in text_of(ORDINARY)
