"""What does one notebook ask, and which parameters does it take? Read from the notebook itself; no lake is needed."""

from __future__ import annotations

import json

from finops_lib.runs.job import find_notebook, read_notebook
from finops_lib.runs.parameters import Parameter, read_parameters
from finops_lib.settings import Settings


def notebook_help(settings: Settings, name: str) -> str:
    """Give the help of a notebook: its question, whom it serves, and name, type, default and meaning of each parameter.

    Raises:
        ConfigError: there is no such notebook, or its parameters cell is none.
    """
    path = find_notebook(settings, name)
    content = read_notebook(path)
    first = next((_source(cell) for cell in content["cells"] if cell["cell_type"] == "markdown"), "")
    question, _, rest = first.partition("\n")
    declared = read_parameters(content)
    lines = [f"Usage: finops run {path.stem} [-p NAME=VALUE]... [OPTIONS]", ""]
    lines += [f"  {line.strip()}" if line.strip() else "" for line in (question.lstrip("# "), *rest.splitlines())]
    lines += ["", *(_parameters(declared) if declared else ["It takes no parameters."])]
    lines += ["", "A YAML file of such names and values: --params FILE. All options: finops run --help"]
    return "\n".join(lines)


def _parameters(declared: list[Parameter]) -> list[str]:
    shown = [(one.name, one.type, _default(one), one.help) for one in declared]
    widths = [max(len(row[place]) for row in shown) for place in range(3)]
    lines = ["Parameters:"]
    for *parts, meaning in shown:
        lines.append(
            "  " + "  ".join([*(part.ljust(width) for part, width in zip(parts, widths, strict=True)), meaning])
        )
    return lines


def _default(parameter: Parameter) -> str:
    # As it would be written on the command line or in a YAML file.
    return json.dumps(parameter.default, ensure_ascii=False)


def _source(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)  # type: ignore[arg-type]
