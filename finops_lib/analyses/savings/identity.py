"""Which names are one resource? Bills, inventories and metrics write the same one differently.

AWS bills mix ARNs and bare ids, Azure writes letter case as it likes and puts `/subscriptions/` before an account,
Google's bill says numbers or names. A key is compared, never shown.
"""

from __future__ import annotations

import re

Key = tuple[str, str, str]
# What an ARN ends in, where that alone is the resource's name.
_BARE = re.compile(
    r"^arn:[^:]*:ec2:[^:]*:[^:]*:[a-z-]+/((?:i|vol|snap|nat|eipalloc|vpn|vpce|ami|eni|cr|tgw-attach)-[0-9a-z]+)$"
)
_BUCKET = re.compile(r"^arn:[^:]*:s3:::([^/]+)$")


def key_of(provider: str, account: str, resource_id: str) -> Key:
    """Give what two names of one resource have in common; an empty id stays empty."""
    if provider == "azure":
        return provider, account.lower().removeprefix("/subscriptions/"), resource_id.lower()
    if provider == "aws":
        found = _BARE.match(resource_id) or _BUCKET.match(resource_id)
        return provider, account, found[1] if found else resource_id
    return provider, account, resource_id
