"""The bench of root causes on one estate: the goals hold, and an older snapshot tells what it told."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from finops_lib.errors import LakeError
from finops_lib.runs.anomaly_cause import investigate
from tests.bench.causes import AS_OF, FIRST_GOAL, ask_all, episode_of, sample_lake


@pytest.mark.slow
def test_the_labelled_resource_is_named_first_and_all_money_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROJECT", "LAKE", "OUTPUTS", "PARAMS", "CATALOG"):
        # Put back as it was when the test is over.
        monkeypatch.setenv(f"FINOPS_{name}", "")
    settings, truth = sample_lake(tmp_path, seed=11, rows=45_000)
    # With so few charges only the last months have one a day.
    recent = AS_OF - timedelta(days=60)
    answers = list(ask_all(settings, truth, since=recent))
    assert len(answers) >= 9
    assert sum(answer.is_first for answer in answers) >= FIRST_GOAL * len(answers)
    assert [answer.found.decomposition.residual for answer in answers] == [0] * len(answers)
    for answer in answers:
        # A cause names its resource, price item or service, and the money.
        assert " USD, " in answer.found.cause.what or " EUR, " in answer.found.cause.what
        assert answer.found.walk.share(answer.found.walk.suspects[0].change) > 0

    athena = next(label for label in truth["anomalies"] if label["name"] == "athena-full-scan")
    episode = episode_of(athena, truth)
    now = investigate(settings, episode)
    day_before = investigate(settings, episode, as_of=date.fromisoformat(athena["start"]) - timedelta(days=1))
    # An episode is never cut to nothing: its first day stays.
    assert day_before.decomposition == now.decomposition
    assert now.cause.owner == "data"
    with pytest.raises(LakeError, match="snapshot 1 of the lake is from before its marts were built"):
        investigate(settings, episode, snapshot=1)
