"""Any other channel, by apprise, against a receiver of its JSON."""

from __future__ import annotations

import pytest

from finops_lib.delivery import REPEAT, NotDelivered
from finops_lib.delivery.other import Other, OtherOptions
from finops_lib.errors import ConfigError
from tests.delivery.letters import HOSTILE, Receiver, held
from tests.stand_in import Fault

# apprise loads every plug-in it has on first use, and some of them modules that Python gives up.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

OPTIONS = OtherOptions(url="env:OTHER", timeout_s=0.5)


def test_a_message_arrives_as_plain_text_that_mentions_nobody() -> None:
    with Receiver() as receiver:
        Other().send(OPTIONS, held(HOSTILE, may_repeat=True), reveal=lambda _: receiver.url.replace("http", "json"))
    [request] = receiver.requests
    assert "@everyone" not in request.body["message"] + request.body["title"]
    assert "<!channel>" not in request.body["message"]
    assert REPEAT in request.body["message"]


@pytest.mark.parametrize("fault", [Fault(500), Fault(hang_s=5)], ids=["broken", "hangs"])
def test_what_apprise_could_not_deliver_may_have_arrived(
    fault: Fault, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with Receiver() as receiver, pytest.raises(NotDelivered) as caught:
        receiver.faults = {"/": [fault]}
        Other().send(OPTIONS, held(), reveal=lambda _: receiver.url.replace("http://", "json://user:secret1234@"))
    assert caught.value.is_unclear
    assert "secret1234" not in f"{caught.value}{capsys.readouterr()}{caplog.text}"


def test_an_address_that_apprise_does_not_know_is_an_error_without_the_address() -> None:
    with pytest.raises(ConfigError, match="apprise does not understand the address") as caught:
        Other().try_reach(OPTIONS, reveal=lambda _: "nonsense://secret1234")
    assert "secret1234" not in str(caught.value)
