"""What people write about commitments, and what is refused of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError
from finops_lib.offers import CommitmentPolicy, Offer
from finops_lib.settings import load_commitment_offers, load_workbench
from tests.conftest import PROJECT

OFFER = "provider: aws, kind: compute-plan, usage_class: compute, term_months: 12, payment: no-upfront"


def offers(folder: Path, line: str) -> list[Offer]:
    path = folder / "commitment_offers.yaml"
    path.write_text(f"offers:\n  - {{{line}}}\n", encoding="utf-8")
    return load_commitment_offers(path)


def test_an_offer_is_read_as_it_is_written(tmp_path: Path) -> None:
    [offer] = offers(tmp_path, f"{OFFER}, discount: 0.27, family: m5, source: price list of 2026-11")
    assert (offer.kind, offer.family, offer.region, offer.discount) == ("compute-plan", "m5", "", 0.27)
    assert not offer.is_observed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{OFFER}, discount: 27, source: list", r"offers\.0\.discount"),
        (f"{OFFER}, discount: 0.27", r"offers\.0\.source"),
        (f"{OFFER}, discount: 0.27, source: list, up_to: 0.72", "unknown key"),
        (
            f"{OFFER}, discount: 0.2, source: list".replace("usage_class: compute", "usage_class: database"),
            "not database",
        ),
        (f"{OFFER}, discount: 0.2, source: list".replace("aws", "oracle"), "providers: aws, azure, gcp"),
        (f"{OFFER}, discount: 0.2, source: list".replace("no-upfront", "later"), r"offers\.0\.payment"),
    ],
)
def test_an_offer_that_cannot_be_is_refused_where_it_stands(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        offers(tmp_path, line)


def test_without_a_file_there_are_no_offers(tmp_path: Path) -> None:
    assert load_commitment_offers(tmp_path / "commitment_offers.yaml") == []


def test_the_files_of_the_project_hold_the_policy_that_holds_without_them(tmp_path: Path) -> None:
    commitments = load_workbench(PROJECT / "params").commitments
    assert commitments.policy() == CommitmentPolicy() == load_workbench(tmp_path).commitments.policy()
    assert commitments.ends == {}
    assert load_commitment_offers(PROJECT / "params" / "commitment_offers.yaml") == []


def test_a_policy_is_read_as_it_is_written(tmp_path: Path) -> None:
    text = "commitments: {longest_term_months: 36, ends: {ri-1: 2027-03-01}}\n"
    (tmp_path / "workbench.yaml").write_text(text, encoding="utf-8")
    commitments = load_workbench(tmp_path).commitments
    assert commitments.policy().longest_term_months == 36
    assert commitments.ends == {"ri-1": date(2027, 3, 1)}


@pytest.mark.parametrize("line", ["lookback_days: 30", "tranches: 0", "most_coverage: 0", "fall: 1.2", "no_such: 1"])
def test_a_policy_that_cannot_be_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "workbench.yaml").write_text(f"commitments: {{{line}}}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=line.split(":")[0]):
        load_workbench(tmp_path)
