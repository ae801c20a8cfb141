"""What does a report ask? The text of `queries/<page>_<figure>.sql`, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from finops_lib.errors import ConfigError
from finops_lib.marts.catalog import read_header

FIGURE_HEADER = ("question", "grain", "unit", "reads")


@dataclass(frozen=True, slots=True)
class Figure:
    """One question of a report. Its values are bound by name ($as_of, $currency, $provider, ...)."""

    name: str
    question: str
    grain: str
    unit: str
    reads: tuple[str, ...]
    sql: str


def figure_names() -> list[str]:
    """Name every figure there is."""
    folder = resources.files(__package__) / "queries"
    return sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql"))


def figure_sql(name: str) -> str:
    """Give the text of a figure's query; ConfigError lists the figures there are."""
    known = figure_names()
    if name not in known:
        raise ConfigError.unknown("figure query", name, known)
    return (resources.files(__package__) / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def read_figure(name: str) -> Figure:
    """Read a figure with its header."""
    sql = figure_sql(name)
    header = read_header(sql, FIGURE_HEADER, file=f"{name}.sql")
    reads = tuple(part.strip() for part in header["reads"].split(","))
    return Figure(name, header["question"], header["grain"], header["unit"], reads, sql)
