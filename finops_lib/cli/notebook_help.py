"""`finops run NOTEBOOK --help`: what that notebook asks, and which parameters it takes."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand


class RunCommand(TyperCommand):
    """The command `run`, whose help is that of the notebook as soon as one is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command line, or show the help of the notebook they name and leave."""
        if any(word in ctx.help_option_names for word in args):
            # The other words are only read, not judged: whoever asks for help may be halfway.
            others = [word for word in args if word not in ctx.help_option_names]
            values, _, _ = self.make_parser(ctx).parse_args(others)
            if isinstance(named := values.get("notebook"), str):
                typer.echo(_help(named))
                ctx.exit()
        return super().parse_args(ctx, args)


def _help(notebook: str) -> str:
    from finops_lib.runs.notebook_help import notebook_help
    from finops_lib.settings import load_settings

    return notebook_help(load_settings(), notebook)
