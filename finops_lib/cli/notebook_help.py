"""`finops run NOTEBOOK --help`: what that notebook asks, and which parameters it takes."""

from __future__ import annotations

import click
from typer.core import TyperCommand


class RunCommand(TyperCommand):
    """The command `run`, whose help is that of the notebook as soon as one is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asked = [word for word in args if word in ctx.help_option_names]
        if asked:
            # The rest is only read, not judged: whoever asks for help may be halfway.
            rest = [word for word in args if word not in ctx.help_option_names]
            known = self._named(ctx, rest)
            if known:
                click.echo(_help(known))
                ctx.exit()
        return super().parse_args(ctx, args)

    def _named(self, ctx: click.Context, words: list[str]) -> str:
        try:
            values, _, _ = self.make_parser(ctx).parse_args(words)
        except click.UsageError:
            return ""
        named = values.get("notebook")
        return named if isinstance(named, str) else ""


def _help(notebook: str) -> str:
    from finops_lib.runs.notebook_help import notebook_help
    from finops_lib.settings import load_settings

    return notebook_help(load_settings(), notebook)
