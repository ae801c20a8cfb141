"""The labelled estate is what it says: the same for the same seed, its labels true, its bills late."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from tests.bench.estate import REPORTING_SEEDS, TUNING_SEEDS, Estate, make_estate

SERIES = 240


@pytest.fixture(scope="module")
def estate() -> Estate:
    return make_estate(5, series=SERIES)


def test_a_seed_is_an_estate(estate: Estate) -> None:
    again = make_estate(5, series=SERIES)
    assert (again.bills.truth == estate.bills.truth).all()
    assert again.labels == estate.labels
    assert (make_estate(6, series=SERIES).bills.truth != estate.bills.truth).any()
    assert not set(TUNING_SEEDS) & set(REPORTING_SEEDS)


def test_a_spike_costs_what_its_label_says(estate: Estate) -> None:
    labels = defaultdict(list)
    for label in estate.labels:
        labels[label.series].append(label)
    spikes = [found[0] for found in labels.values() if len(found) == 1 and found[0].kind == "spike"]
    assert len(spikes) > 3
    for spike in spikes:
        row, day = estate.series.index(spike.series), estate.column(spike.start)
        cost = estate.bills.truth[row, day]
        usual = np.median(estate.bills.truth[row, [day - 14, day - 7, day + 7, day + 14]])
        # Without the money of its label the day is an ordinary one, noise and the currency rate of the month aside.
        assert 0.3 * usual < cost - spike.amount < 3 * usual


def test_every_kind_of_event_happens(estate: Estate) -> None:
    kinds = {label.kind for label in estate.labels}
    assert kinds >= {"spike", "long spike", "level shift", "ramp", "drop", "step down", "new service", "diffuse rise"}
    assert any(label.is_announced for label in estate.labels)
    assert all(label.start <= label.end for label in estate.labels)


def test_a_bill_is_late_in_its_last_days_and_whole_before(estate: Estate) -> None:
    known = estate.bills.known_on(400)
    truth = estate.bills.truth[:, :401]
    positive = (truth >= 0).all(axis=1)
    share = known[positive].sum(axis=0) / truth[positive].sum(axis=0)
    assert share[-1] < 0.8
    assert share[-40:-3] == pytest.approx(1, abs=0.01)
    assert (known[:, :300] == truth[:, :300]).all()
