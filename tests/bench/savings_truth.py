"""Savings against the truth of the sample estate: is all planted waste found, and is nothing recommended on what only
looks like it?

Goals: recall 1.00 of every check, and not one recommendation on a look-alike. Precision is of what a rule says: right
where waste of its kind is planted on that resource; what stands on neither waste nor look-alike is listed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from finops_lib.analyses.savings import find_savings
from finops_lib.findings import Recommendation
from finops_lib.runs.collect import collect, collect_inventories
from finops_lib.runs.inventory import collect_inventory
from finops_lib.runs.session import open_run
from finops_lib.sample import INVENTORY_BEFORE, sample_workbench_yaml, write_estate
from tests.bench.clock import stopwatch
from tests.bench.place import scaled, settings_in

AS_OF = date(2026, 10, 20)
SEED = 7
# Enough for a charge per day in the months that savings look at; the demo's size has hours as well.
ROWS = 250_000
FEWEST_ROWS = 40_000


@dataclass(slots=True)
class Score:
    """What became of one check's planted waste, and of what its rules said; money per month in its own currency."""

    kinds: set[str] = field(default_factory=set)
    planted: int = 0
    found: int = 0
    said: int = 0
    right: int = 0
    planted_saving: float = 0.0
    found_saving: float = 0.0

    @property
    def recall(self) -> float:
        return self.found / self.planted

    @property
    def precision(self) -> float | None:
        """None where nothing was said."""
        return self.right / self.said if self.said else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that can be said of some recommendations.

    Args:
        scores: (provider, number of the check) -> its score, of checks with planted waste.
        missed: planted waste that nobody named.
        on_look_alikes: recommendations that a look-alike's label forbids, with its reason.
        unlabelled: recommendations on resources of which the truth says nothing of that kind.
    """

    scores: Mapping[tuple[str, str], Score]
    missed: tuple[dict[str, Any], ...]
    on_look_alikes: tuple[tuple[Recommendation, str], ...]
    unlabelled: tuple[Recommendation, ...]


def measure(folder: Path) -> None:
    """Print a line per check, then what was missed and what should not have been said."""
    rows = max(scaled(ROWS), FEWEST_ROWS)
    truth = sample_lake(folder, rows=rows)
    with stopwatch() as took:
        found = recommendations(folder, truth)
    verdict = judge(found, truth)
    print(f"{len(found)} recommendations on an estate of {truth['rows']:,} charges in {took.wall:.1f} s")
    print("\n".join(table(verdict)))


def sample_lake(folder: Path, *, rows: int) -> dict[str, Any]:
    """Write a sample estate, load its bills and its inventory, and give its truth."""
    params = folder / "params"
    params.mkdir(parents=True)
    estate = write_estate(folder / "bills", as_of=AS_OF, seed=SEED, rows=rows)
    (params / "workbench.yaml").write_text(sample_workbench_yaml("bills"), encoding="utf-8")
    settings = settings_in(folder)
    refused = collect(settings, settings.workbench.sources).refusals
    for source in settings.workbench.sources:
        before = {"path": f"bills/{INVENTORY_BEFORE}/{source.provider}"}
        collect_inventory(settings, source.name, source.provider, before)
    _, failed = collect_inventories(settings, ())
    if refused or failed:
        raise RuntimeError(f"the sample estate cannot be loaded: {[*refused, *failed]}")
    truth: dict[str, Any] = json.loads(estate.truth.read_text(encoding="utf-8"))
    return truth


def recommendations(folder: Path, truth: Mapping[str, Any]) -> list[Recommendation]:
    """Give what is found in each currency of the estate."""
    settings_in(folder)
    found: list[Recommendation] = []
    for currency in sorted({one["currency"] for one in truth["accounts"]}):
        run = open_run("savings", currency=currency)
        try:
            found += find_savings(run.savings_frames(), as_of=run.as_of)
        finally:
            run.lake.con.close()
    return found


def judge(found: Sequence[Recommendation], truth: Mapping[str, Any]) -> Verdict:
    """Hold recommendations against the truth of the estate that they are about."""
    waste: dict[str, list[dict[str, Any]]] = defaultdict(list)
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    for one in truth["waste"]:
        for name in _names(one):
            waste[name].append(one)
        score = scores[one["provider"], one["check"]]
        score.kinds.add(one["kind"])
        score.planted += 1
        score.planted_saving += float(one["monthly_saving"])
    forbidden = {(one["looks_like"], one["resource_id"].lower()): one["reason"] for one in truth["look_alikes"]}
    forbidden |= {(one["looks_like"], one["billed_as"].lower()): one["reason"] for one in truth["look_alikes"]}
    checks = {(one["provider"], one["kind"]): one["check"] for one in truth["waste"]}
    named: dict[tuple[str, str], float] = {}
    on_look_alikes, unlabelled = [], []
    for said in found:
        name = said.resource_id.lower()
        right = [one for one in waste.get(name, ()) if said.type in _kinds(one)]
        # A rule without planted waste of its own may answer another check as well.
        check = checks.get((said.provider, said.type)) or next((one["check"] for one in right), "")
        if check:
            scores[said.provider, check].said += 1
            scores[said.provider, check].right += bool(right)
        for one in right:
            key = (one["kind"], one["resource_id"])
            named[key] = max(named.get(key, 0.0), float(said.monthly_savings))
        if (reason := forbidden.get((said.type, name))) is not None:
            on_look_alikes.append((said, reason))
        elif not right:
            unlabelled.append(said)
    missed = [one for one in truth["waste"] if (one["kind"], one["resource_id"]) not in named]
    for one in truth["waste"]:
        score = scores[one["provider"], one["check"]]
        score.found += one not in missed
        score.found_saving += named.get((one["kind"], one["resource_id"]), 0.0)
    return Verdict(dict(scores), tuple(missed), tuple(on_look_alikes), tuple(unlabelled))


def table(verdict: Verdict) -> Iterator[str]:
    """Write a verdict for people."""
    yield f"{'':6}{'check':7}{'planted':>8}{'recall':>8}{'said':>6}{'precision':>11}{'planted/mo':>12}{'found/mo':>10}"
    for (provider, check), score in sorted(verdict.scores.items()):
        precision = "-" if score.precision is None else f"{score.precision:.2f}"
        yield (
            f"{provider:6}{check:7}{score.planted:>8}{score.recall:>8.2f}{score.said:>6}{precision:>11}"
            f"{score.planted_saving:>12.2f}{score.found_saving:>10.2f}  {', '.join(sorted(score.kinds))}"
        )
    planted, found = (sum(getattr(score, name) for score in verdict.scores.values()) for name in ("planted", "found"))
    said, right = (sum(getattr(score, name) for score in verdict.scores.values()) for name in ("said", "right"))
    yield f"in all: recall {found}/{planted}, precision {right}/{said}, on look-alikes {len(verdict.on_look_alikes)}"
    for one in verdict.missed:
        yield f"MISSED       {one['provider']:6}{one['check']:6}{one['kind']:32}{one['resource_id']}"
    for one, reason in verdict.on_look_alikes:
        yield f"LOOK-ALIKE   {one.provider:6}{one.check:6}{one.type:32}{one.resource_id}: {reason}"
    for one in verdict.unlabelled:
        what = f"{one.monthly_savings:.2f} {one.evidence}"
        yield f"unlabelled   {one.provider:6}{one.check:6}{one.type:32}{one.resource_id}  {what}"


def _kinds(waste: Mapping[str, Any]) -> tuple[str, ...]:
    return (waste["kind"], *waste["also"])


def _names(waste: Mapping[str, Any]) -> set[str]:
    """Give every id under which a recommendation may rightly name this waste."""
    return {name.lower() for name in (waste["resource_id"], *waste["billed_as"], *waste["related"])}
