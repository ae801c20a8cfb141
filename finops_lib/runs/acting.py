"""Who acts? Asked here and nowhere else; the audit log writes it down."""

from __future__ import annotations

import getpass
import os

from finops_lib.errors import ConfigError

_LONGEST = 200


def acting_user() -> str:
    """Give FINOPS_USER, which a schedule or a shared account sets, or else the user of the operating system.

    Raises:
        ConfigError: FINOPS_USER cannot be printed on one line.
    """
    told = os.environ.get("FINOPS_USER", "").strip()
    if told:
        if not told.isprintable() or len(told) > _LONGEST:
            raise ConfigError(
                "FINOPS_USER is not a name", next_step=f"set it to one line of at most {_LONGEST} characters"
            )
        return told
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that nobody gave a name.
        return f"user {os.getuid()}"
