"""A recommendation as a hint for whoever keeps the resource in Terraform: which block, and what changes in it.

A hint is not a plan: where the block is and what it is called, only its owner knows. `terraform plan` shows what it
would do before anything is done.
"""

from __future__ import annotations

from collections.abc import Sequence

from finops_lib.errors import ConfigError
from finops_lib.findings import KeptRecommendation
from finops_lib.reports.savings_resource import Named, resource_named
from finops_lib.reports.savings_ticket import one_line

# Which argument of which resource a target is written to.
_ARGUMENTS = {
    "aws_ebs_volume": "type",
    "aws_instance": "instance_type",
    "aws_db_instance": "instance_class",
    "azurerm_linux_virtual_machine": "size",
    "azurerm_managed_disk": "storage_account_type",
    "google_compute_instance": "machine_type",
    "google_compute_disk": "type",
}


def hints(kept: Sequence[KeptRecommendation]) -> str:
    """Write the hints of recommendations, one after the other.

    Raises:
        ConfigError: a resource of no kind that Terraform is known to hold, or an action that is no change of it.
    """
    return "\n".join(_hint(one) for one in kept)


def quoted(text: str) -> str:
    """Write a text as an HCL string in which nothing is a template."""
    escaped = one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def _hint(kept: KeptRecommendation) -> str:
    found = kept.recommendation
    named = resource_named(found.provider, found.resource_id)
    if named is None or not named.kind.terraform:
        raise _no_hint(kept, "its resource is of no kind that a hint is written for")
    head = [
        f"# {one_line(found.action)}",
        f"# {one_line(found.evidence)}",
        f"# finops savings show {kept.recommendation_id}",
    ]
    if found.step == "terminate":
        return "\n".join([*head, *_removal(named)]) + "\n"
    argument = _ARGUMENTS.get(named.kind.terraform, "")
    if not argument or not found.target or found.step not in ("rightsize", "tier", "licence"):
        raise _no_hint(kept, f"to {found.step} it is no change of one of its arguments")
    body = [
        f'resource "{named.kind.terraform}" "this" {{ # the block whose id is {named.id}',
        f"  {argument} = {quoted(found.target)}",
        "}",
    ]
    return "\n".join([*head, *body]) + "\n"


def _removal(named: Named) -> list[str]:
    return [
        f"# Delete the block of this {named.kind.terraform}; keep a snapshot first where it holds data.",
        "# If Terraform does not hold it yet, import it, apply, and then delete both blocks:",
        "import {",
        f"  to = {named.kind.terraform}.this",
        f"  id = {quoted(named.id)}",
        "}",
    ]


def _no_hint(kept: KeptRecommendation, why: str) -> ConfigError:
    return ConfigError(
        f"recommendation {kept.recommendation_id} has no Terraform hint: {why}",
        next_step=f"finops savings export {kept.recommendation_id} --as ticket",
        recommendation_id=kept.recommendation_id,
    )
