"""A check that lacks what it needs is not evaluated; it is never `nothing found`."""

from __future__ import annotations

import pytest

from finops_lib.analyses.savings import RULES, evaluations
from finops_lib.analyses.savings.needs import Look
from tests.analyses.savings.described import estate, meter, resource

OURS = [name for name in RULES.names() if name.startswith(("azure-", "gcp-"))]


def looks(rule: str, *, refused: bool = False) -> tuple[Look, ...]:
    """Give a look, or a refusal, for all that a rule needs."""
    [provider] = RULES.get(rule).providers
    needs, said = ("Some.Permission", "no role allows it") if refused else ("", "")
    found = None if refused else 1
    needed = [need.look for need in RULES.get(rule).needs if need.kind != "bill"]
    return tuple(Look(provider, "a", "", type_, found, needs, said) for type_ in needed)


@pytest.mark.parametrize("rule", OURS)
def test_a_check_says_how_far_it_got(rule: str) -> None:
    [provider] = RULES.get(rule).providers
    billed = resource(f"{provider}-disk", "d", meter("volume", "1"))

    def status(given: tuple[Look, ...]) -> tuple[str, str]:
        [one] = [one for one in evaluations(estate(billed, looks=given)) if one.rule == rule]
        return one.status, one.permission

    assert status(()) == ("not evaluated", "")
    assert status(looks(rule)) == ("evaluated", "")
    assert status(looks(rule, refused=True)) == ("not evaluated", "Some.Permission")
    # One account of two refused.
    assert status((*looks(rule), *looks(rule, refused=True))) == ("in part", "Some.Permission")
