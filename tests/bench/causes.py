"""Root causes on sample estates: is the labelled resource or price item named first, and is all money told?

Asked twice: at the node that the label names, and at its whole account, where everything else that moved is in the way.
Goals: first in at least 90 %, a residual of 0.00 in all. The episode is taken from the label, so this measures what is
said of an anomaly, not whether it is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from finops_lib.analyses.anomalies import Investigation
from finops_lib.findings import Anomaly
from finops_lib.runs.anomaly_cause import investigate
from finops_lib.runs.collect import collect
from finops_lib.sample import sample_workbench_yaml, write_estate
from finops_lib.settings import Settings
from tests.bench.clock import stopwatch
from tests.bench.place import scaled, settings_in

SEEDS = (7, 8, 9)
AS_OF = date(2026, 10, 20)
# The least with a charge per day in all thirteen months: the oldest labels lie far back.
ROWS = 125_000
FIRST_GOAL = 0.9


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of one label."""

    name: str
    kind: str
    is_first: bool
    found: Investigation


def measure(folder: Path) -> None:
    """Print each label with what was named first, and the two figures of the goal."""
    answers: list[Answer] = []
    wide: list[Answer] = []
    for seed in SEEDS[: scaled(len(SEEDS))]:
        settings, truth = sample_lake(folder / str(seed), seed=seed, rows=ROWS)
        with stopwatch() as took:
            answers += ask_all(settings, truth)
        wide += ask_all(settings, truth, at_account=True)
        print(f"estate {seed}: {len(truth['anomalies'])} labels explained in {took.wall:.1f} s", flush=True)
    for answer in (*answers, *(answer for answer in wide if not answer.is_first)):
        mark = "first" if answer.is_first else "MISSED"
        print(f"{mark:6}  {answer.name:18}  {answer.found.decomposition.residual:.2f}  {answer.found.cause.sentence}")
    print(in_figures(answers, "asked at the labelled node"))
    print(in_figures(wide, "asked at the whole account"))


def in_figures(answers: Sequence[Answer], how: str) -> str:
    """Say the two figures of the goal."""
    first = sum(answer.is_first for answer in answers)
    exact = sum(answer.found.decomposition.residual == 0 for answer in answers)
    return (
        f"{how}: labelled resource or price item first in {first} of {len(answers)} (goal {FIRST_GOAL:.0%}), "
        f"residual 0.00 in {exact} (goal: all)"
    )


def sample_lake(folder: Path, *, seed: int, rows: int) -> tuple[Settings, dict[str, Any]]:
    """Write a sample estate, load it, and give the settings of its lake with its truth."""
    params = folder / "params"
    params.mkdir(parents=True)
    estate = write_estate(folder / "bills", as_of=AS_OF, seed=seed, rows=rows)
    (params / "workbench.yaml").write_text(sample_workbench_yaml("bills"), encoding="utf-8")
    settings = settings_in(folder)
    collect(settings, settings.workbench.sources)
    return settings, json.loads(estate.truth.read_text(encoding="utf-8"))


def ask_all(
    settings: Settings, truth: dict[str, Any], *, since: date = date.min, at_account: bool = False
) -> Iterator[Answer]:
    """Explain every label that begins from a day on; `at_account`: whatever else moved in its account is in the way."""
    for label in truth["anomalies"]:
        if date.fromisoformat(label["start"]) >= since:
            asked = label | {"service": None} if at_account else label
            found = investigate(settings, episode_of(asked, truth))
            yield Answer(label["name"], label["kind"], _names_it(found, label), found)


def episode_of(label: dict[str, Any], truth: dict[str, Any]) -> Anomaly:
    """Give the episode that a perfect detector would have reported, through the last complete day."""
    complete = date.fromisoformat(truth["complete_through"][label["provider"]])
    service = label["service"] or "*"
    impact = float(label["impact"])
    return Anomaly(
        scope=f"{label['provider']}/{label['account_id']}/{service}",
        provider=label["provider"],
        account=label["account_id"],
        service=service,
        start=date.fromisoformat(label["start"]),
        end=min(date.fromisoformat(label["end"]), complete),
        expected=0.0,
        actual=impact,
        impact=impact,
        currency=label["currency"],
        deviation_pct=None,
        methods=("label",),
        score=1.0,
        cause="",
    )


def _names_it(found: Investigation, label: dict[str, Any]) -> bool:
    if not found.walk.suspects:
        return False
    first = found.walk.suspects[0]
    # The right name with the wrong direction or a trifle of the money would be luck.
    if found.walk.share(first.change) <= Decimal(0):
        return False
    if first.level == "resource":
        return first.id.lower() in {name.lower() for name in label["resource_ids"]}
    return first.name in label["meters"]
