"""What the image leaves out of the lock."""

from __future__ import annotations

from finops_lib.runs.schedule.image_packages import installed, not_needed

REQUIRES = {
    "finops": ["lake[fast]>=1", "judge; extra == 'test'", "drill; extra == 'deep'", "ghost; python_version < '3'"],
    "lake": ["water", "engine; extra == 'fast'", "oars; extra == 'slow'"],
    "drill": ["Water_Pump>=2"],
    "water": ["lake"],
    "water-pump": [],
    "engine": [],
    "oars": [],
    "judge": ["gown"],
    "gown": [],
    "ghost": [],
}


def test_what_nothing_at_work_asks_for_goes() -> None:
    # oars: nobody asks for lake[slow]; ghost: no Python of today; gown: only the judge wears it.
    found = not_needed(REQUIRES, project="finops", extras=frozenset({"deep"}))
    assert found == ["ghost", "gown", "judge", "oars"]


def test_an_extra_that_is_not_wanted_takes_what_only_it_needs() -> None:
    found = not_needed(REQUIRES, project="finops", extras=frozenset())
    assert found == ["drill", "ghost", "gown", "judge", "oars", "water-pump"]


def test_of_this_environment_the_tests_go_and_the_lake_stays() -> None:
    gone = set(not_needed(installed(), project="finops", extras=frozenset({"prophet", "learn", "s3", "azure"})))
    assert gone >= {"pytest", "mypy", "ruff", "moto", "playwright", "kubernetes-validate", "setuptools", "pip"}
    assert not gone & {"duckdb", "polars", "jupyterlab", "papermill", "boto3", "prophet", "scikit-learn", "finops"}
