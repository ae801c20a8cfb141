"""Slack: Block Kit within its rules, nobody woken by a name, and what a webhook answers."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from finops_lib.delivery import REPEAT, NotDelivered
from finops_lib.delivery.slack import Slack, SlackOptions
from finops_lib.delivery.slack_blocks import body_of, escaped
from finops_lib.errors import ConfigError
from tests.delivery.letters import HOSTILE, ORDINARY, Receiver, held
from tests.stand_in import Fault

SECRET = "T0/B0/abcdefghijkl"
OPTIONS = SlackOptions(url="env:SLACK_URL", timeout_s=0.5)
DIGEST = {**ORDINARY, "figures": [], "drivers": [], "items": [ORDINARY] * 90}


def texts(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give every text object of the blocks."""
    found = []
    for block in blocks:
        found += [block["text"]] if "text" in block else []
        found += [*block.get("fields", ()), *block.get("elements", ())]
    return found


@pytest.mark.parametrize("payload", [ORDINARY, HOSTILE, DIGEST, {**DIGEST, "items": [HOSTILE] * 90}, {"title": "x"}])
def test_the_blocks_keep_the_rules_of_block_kit(payload: Mapping[str, Any]) -> None:
    body = body_of(payload, may_repeat=True)
    blocks = body["blocks"]
    # The limits of the Block Kit reference, written down here and not taken from the code.
    assert 1 <= len(blocks) <= 50
    assert body["text"]
    for block in blocks:
        assert set(block) <= {"type", "text", "fields", "elements"}
        match block["type"]:
            case "header":
                assert block["text"]["type"] == "plain_text"
                assert 1 <= len(block["text"]["text"]) <= 150
            case "section":
                assert ("text" in block) != ("fields" in block)
                assert len(block.get("fields", ())) <= 10
                assert all(1 <= len(field["text"]) <= 2000 for field in block.get("fields", ()))
            case "context":
                assert 1 <= len(block["elements"]) <= 10
            case other:
                pytest.fail(f"a block of type {other}")
    for text in texts(blocks):
        assert text["type"] in ("plain_text", "mrkdwn")
        assert set(text) <= ({"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text"})
        assert 1 <= len(text["text"]) <= 3000
    # Slack's own library agrees.
    for block, parsed in zip(blocks, Block.parse_all(blocks), strict=True):
        parsed.validate_json()
        assert parsed.to_dict() == block


def test_no_name_becomes_markup_a_mention_or_a_line() -> None:
    for text in texts(body_of(HOSTILE, may_repeat=False)["blocks"]):
        # The only angle brackets are those of our own link; the link of this payload is none.
        assert not re.search(r"[<>]", text["text"])
        assert not re.search(r"&(?!amp;|lt;|gt;)", text["text"])
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00\r\u2028]", text["text"])
        if text["type"] == "mrkdwn":
            shown = re.sub(r"^\*[^*]*\*\n", "", text["text"]).removeprefix("Take note of it: `").removesuffix("`")
            assert not re.search(r"[*_~`]", shown)


def test_an_escape_is_never_cut_in_two() -> None:
    assert escaped("a&b", 10) == "a&amp;b"
    # 150 & would be 750 characters; 29 of them and the dots are what fits into 150.
    assert escaped("&" * 150, 150) == "&amp;" * 29 + "\u2026"


def test_a_reader_finds_what_to_know_and_what_to_do() -> None:
    told = "\n".join(text["text"] for text in texts(body_of(ORDINARY, may_repeat=True)["blocks"]))
    for part in (
        "\U0001f7e0 shop: 103 % of 600k USD expected",
        "*Used*\n482,000 USD (80.3 %)",
        "1. Amazon EC2 (service): 212k USD, +31.0k USD",
        "<https://finops.example.org/outputs/budgets/1/report.html?a=1&amp;b=2|Open the report>",
        "`finops alerts acknowledge 0123456789abcdef`",
        REPEAT,
    ):
        assert part in told


def test_a_message_is_posted_with_its_id() -> None:
    with Receiver() as receiver:
        reference = Slack().send(OPTIONS, held(), reveal=lambda _: f"{receiver.url}/{SECRET}")
    [request] = receiver.requests
    assert (request.path, request.headers["idempotency-key"]) == (f"/{SECRET}", "f" * 32)
    assert request.body == body_of(ORDINARY, may_repeat=False)
    assert "success" in reference


@pytest.mark.parametrize(
    ("fault", "wait_s", "is_unclear", "is_final"),
    [
        (Fault(500, "oops"), None, False, False),
        (Fault(503, "later", {"Retry-After": "7"}), 7.0, False, False),
        (Fault(429, "slow down", {"Retry-After": "2"}), 2.0, False, False),
        (Fault(429, "slow down"), 1.0, False, False),
        (Fault(400, "invalid_payload"), None, False, True),
        (Fault(404, "no_service"), None, False, False),
        (Fault(302, "", {"Location": "https://elsewhere.example"}), None, False, False),
        (Fault(hang_s=5), None, True, False),
        (Fault(reset=True), None, True, False),
        (Fault(cut=True), None, True, False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_failure_says_whether_it_can_have_arrived(
    fault: Fault, wait_s: float | None, is_unclear: bool, is_final: bool
) -> None:
    with Receiver() as receiver, pytest.raises(NotDelivered) as caught:
        receiver.faults = {"/": [fault]}
        Slack().send(OPTIONS, held(), reveal=lambda _: f"{receiver.url}/{SECRET}")
    error = caught.value
    assert (error.wait_s, error.is_unclear, error.is_final) == (wait_s, is_unclear, is_final)
    assert SECRET not in str(error)
    assert len(receiver.requests) == 1


def test_a_wait_may_be_told_as_a_date() -> None:
    with Receiver() as receiver, pytest.raises(NotDelivered) as caught:
        # The stand-in dates its answers by the clock of this machine.
        receiver.faults = {"/": [Fault(429, "", {"Retry-After": formatdate(time.time() + 60, usegmt=True)})]}
        Slack().send(OPTIONS, held(), reveal=lambda _: f"{receiver.url}/{SECRET}")
    assert caught.value.wait_s == pytest.approx(60, abs=5)


def test_nobody_there_is_nothing_sent() -> None:
    with pytest.raises(NotDelivered, match="Slack cannot be reached") as caught:
        Slack().send(OPTIONS, held(), reveal=lambda _: f"http://127.0.0.1:9/{SECRET}")
    assert not caught.value.is_unclear
    assert SECRET not in repr(caught.value)


def test_an_answer_that_repeats_the_secret_does_not_pass_it_on() -> None:
    with Receiver() as receiver, pytest.raises(NotDelivered) as caught:
        receiver.faults = {"/": [Fault(403, f"{SECRET} is not allowed, abcdefghijkl")]}
        Slack().send(OPTIONS, held(), reveal=lambda _: f"{receiver.url}/{SECRET}")
    assert "abcdefghijkl" not in str(caught.value)


@pytest.mark.parametrize("address", ["http://hooks.example.org/x", "ftp://x", "hooks.example.org", "", "http://[::1"])
def test_a_secret_does_not_travel_in_plain_text(address: str) -> None:
    with pytest.raises(ConfigError, match="the address of Slack is not an https address"):
        Slack().try_reach(OPTIONS, reveal=lambda _: address)
