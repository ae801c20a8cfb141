"""`finops anomalies detect` on a lake: found once, told once, updated or withdrawn when bills are restated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.runs import anomalies
from finops_lib.runs.anomaly_detect import detect_in_lake
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings, load_settings
from finops_lib.state import audit
from finops_lib.state.anomalies import Recorded
from finops_lib.state.outbox import list_outbox
from tests.conftest import WriteBill
from tests.runs.spiked_bill import SPIKE, load_bill, spiked_bill

pytestmark = pytest.mark.slow


def _detect(settings: Settings, **options: Any) -> Any:
    return detect_in_lake(settings, as_of="2026-05-19", **options)


@pytest.fixture
def loaded(settings: Settings, write_bill: WriteBill) -> Settings:
    load_bill(settings, spiked_bill(write_bill, "first.csv", {"Amazon RDS": "900"}, tax="5000"))
    return settings


def test_a_spike_is_found_told_once_and_explained(loaded: Settings) -> None:
    done = _detect(loaded)
    [hit] = done.found
    # r-1 is all of its service, so it is told in its place; a tax of 5,000 is no usage
    assert (hit.level, hit.service, hit.start, hit.end) == ("resource", "Amazon RDS", SPIKE, SPIKE)
    assert hit.impact == pytest.approx(900, abs=5)
    assert (hit.owner, hit.status) == ("", "closed")
    assert done.recorded.new == (hit.anomaly_id,)
    assert [event.threshold for event in done.recorded.alerts] == [hit.anomaly_id]
    assert done.unreached == ("1 alert is told to nobody: params/workbench.yaml configures no channel",)
    again = _detect(loaded)
    assert again.recorded == Recorded()
    [row] = anomalies.listed(loaded)
    assert row["impact"] == Decimal(f"{hit.impact:.6f}")
    assert list(row) == list(anomalies.LISTED)


def test_a_restated_bill_updates_the_same_anomaly_and_then_withdraws_it(
    loaded: Settings, write_bill: WriteBill
) -> None:
    [first] = _detect(loaded).found
    load_bill(loaded, spiked_bill(write_bill, "second.csv", {"Amazon RDS": "2000"}))
    done = _detect(loaded)
    [second] = done.found
    assert (second.anomaly_id, done.recorded.changed) == (first.anomaly_id, (first.anomaly_id,))
    assert second.impact == pytest.approx(2000, abs=5)
    load_bill(loaded, spiked_bill(write_bill, "third.csv", {}))
    done = _detect(loaded)
    assert (done.found, done.recorded.withdrawn) == ((), (first.anomaly_id,))
    assert [row["status"] for row in anomalies.listed(loaded)] == ["withdrawn"]


def test_what_people_say_is_kept_and_changes_what_is_told(loaded: Settings) -> None:
    [hit] = _detect(loaded).found
    anomalies.expect(loaded, hit.anomaly_id, note="the yearly test")
    assert [one.node for one in anomalies.planned(loaded)] == [hit.scope]
    done = _detect(loaded)
    # It is planned now: neither told nor taken back.
    assert (done.found, done.recorded.withdrawn) == ((), ())
    anomalies.reopen(loaded, hit.anomaly_id)
    assert [one.anomaly_id for one in _detect(loaded).found] == [hit.anomaly_id]
    with opened_state(loaded) as state:
        assert audit.verify(state).broken_at is None
    anomalies.plan(loaded, "aws/111111111111/*", SPIKE, note="move")
    assert _detect(loaded).found == ()


def test_a_real_one_needs_a_cause_and_a_plan_needs_a_node(loaded: Settings) -> None:
    [hit] = _detect(loaded).found
    with pytest.raises(ConfigError, match="--cause is empty"):
        anomalies.resolve(loaded, hit.anomaly_id, cause=" ")
    assert anomalies.resolve(loaded, hit.anomaly_id, cause="", is_false_positive=True).status == "false_positive"
    with pytest.raises(ConfigError, match="names no node"):
        anomalies.plan(loaded, "Compute", SPIKE)


def test_messages_wait_in_the_outbox_until_they_are_delivered(loaded: Settings) -> None:
    text = "channels:\n  pager: {kind: slack, options: {url: 'env:NO_SUCH_HOOK'}}\n"
    loaded.params.mkdir(exist_ok=True)
    loaded.workbench_file.write_text(text)
    settings = load_settings()
    done = _detect(settings, deliver=False)
    assert (done.delivered, done.unreached) == (None, ())
    with opened_state(settings) as state:
        [waiting] = list_outbox(state)
    assert (waiting.standing, waiting.message.channel) == ("waiting", "pager")
    assert waiting.message.payload["kind"] == "anomaly"


def test_without_a_lake_or_with_a_wrong_method_nothing_is_written(settings: Settings) -> None:
    with pytest.raises(LakeError, match="there is no lake"):
        detect_in_lake(settings)
    with pytest.raises(ConfigError, match="unknown method"):
        detect_in_lake(settings, methods=("guess",))
