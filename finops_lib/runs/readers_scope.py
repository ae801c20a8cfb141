"""A run for a reader with a scope: the lake is narrowed to it before the first query, and so is what the state said."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from finops_lib.analyses.scopes import Both, Claim, Scope, is_within, parse_scope
from finops_lib.errors import ConfigError
from finops_lib.lake.open import Lake, attach
from finops_lib.marts.scoped import WHOLE, keep_only

if TYPE_CHECKING:
    from finops_lib.findings import KeptRecommendation, Recommendation
    from finops_lib.runs.anomaly_inputs import AnomalyInputs
    from finops_lib.runs.budget_inputs import BudgetInputs

# The variable that names the scope of a run; the run's record keeps it among the parameters, under this name.
SCOPE_VARIABLE, SCOPE = "FINOPS_RUN_SCOPE", "scope"
# They speak of sources and deliveries as a whole, which belong to no scope.
OF_THE_WHOLE = frozenset({"ingestion"})


def asked_scope() -> str:
    """Give the scope that this run is narrowed to; "" = it sees everything."""
    return os.environ.get(SCOPE_VARIABLE, "")


def check_can_be_narrowed(notebook: str, scope: str) -> None:
    """Raise ConfigError for a page that cannot be made for a reader with a scope."""
    if scope and notebook in OF_THE_WHOLE:
        raise ConfigError(
            f"{notebook} is about whole sources, so no page of it can be made for {scope} alone",
            next_step="send it to recipients without a scope",
            scope=scope,
        )


def narrow_lake(lake: Lake, scope: str) -> None:
    """Let an open lake hold only what a scope pays, for every query that follows."""
    con = lake.con
    attach(con, lake.place, read_only=True, snapshot=lake.snapshot_id, name=WHOLE)
    con.execute("detach lake")
    keep_only(con, parse_scope(scope))


def without_names(checks: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Give the checks of the whole lake as a reader of a part may see them: whether they hold, without whose money."""
    said = {True: "holds for the whole lake", False: "does not hold for the whole lake"}
    return [{**check, "message": said[bool(check["ok"])]} for check in checks]


def narrow_budgets(inputs: BudgetInputs, scope: str) -> BudgetInputs:
    """Keep the budgets that lie within a scope, and what is known of them; the name of a parent outside goes."""
    reader = parse_scope(scope)
    kept = [budget for budget in inputs.budgets if is_within(parse_scope(budget.scope), reader)]
    names = {budget.name for budget in kept}
    return replace(
        inputs,
        budgets=tuple(budget if budget.parent in names else replace(budget, parent="") for budget in kept),
        history=tuple(one for one in inputs.history if one.status.budget in names),
        forecasts=tuple(one for one in inputs.forecasts if one.kept.status.budget in names),
        events=tuple(one for one in inputs.events if one.subject in names and _inside(one.scope, reader)),
        changes=tuple(change for change in inputs.changes if change.series in names),
        # It counts and names budgets of everybody.
        notice="",
    )


def narrow_anomalies(inputs: AnomalyInputs, scope: str) -> AnomalyInputs:
    """Keep the written-down anomalies of nodes that lie within a scope."""
    reader = parse_scope(scope)
    kept = tuple(one for one in inputs.anomalies if one.expression and _inside(one.expression, reader))
    ids = {one.anomaly_id for one in kept}
    waited = {key: hours for key, hours in inputs.waited_hours.items() if key in ids}
    return replace(inputs, anomalies=kept, waited_hours=waited)


def narrow_recommendations(kept: Sequence[KeptRecommendation], scope: str) -> tuple[KeptRecommendation, ...]:
    """Keep the advice about resources that lie within a scope; whose they are says the team that pays most of them."""
    reader = parse_scope(scope)
    return tuple(one for one in kept if is_within(_scope_of(one.recommendation), reader))


def _scope_of(advice: Recommendation) -> Scope:
    said = {
        "provider": advice.provider,
        "account": advice.account,
        "team": advice.owner,
        "region": advice.region,
        "environment": advice.environment,
    }
    claims = [Claim(field, "=", (value,)) for field, value in said.items() if value]
    return claims[0] if len(claims) == 1 else Both(tuple(claims))


def without_scope(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Give a run's parameters as its notebook declares them."""
    return {name: value for name, value in parameters.items() if name != SCOPE}


def _inside(expression: str, reader: Scope) -> bool:
    return is_within(parse_scope(expression), reader)
