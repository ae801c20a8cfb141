"""Blocks of YAML that people write: an unknown key is an error, and a secret is a reference."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
# Where a secret is, never the secret itself.
SecretReference = Annotated[str, StringConstraints(pattern=r"^(env|file):\S.*$")]


class Strict(BaseModel):
    """A block of YAML in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
