"""Tables for reading: figures right-aligned, status in words, small trends; long ones can be searched and sorted.

table(frame, {"ServiceName": Column("Service"), "effective_cost": Column("Effective cost", "money")},
      title="Ten services make 82 % of October", currency="USD", source="daily_cost", empty="No charge in October.")
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any, Literal

import polars as pl
from great_tables import GT
from great_tables import html as gt_html

from finops_lib.errors import ConfigError
from finops_lib.reports import format as say
from finops_lib.reports import markup
from finops_lib.reports.marks import sparkline, status_html, status_text
from finops_lib.reports.page import Element

Kind = Literal[
    "text",
    "sentence",
    "provider",
    "money",
    "number",
    "percent",
    "day",
    "month",
    "moment",
    "duration",
    "change",
    "spark",
    "status",
    "copy",
]

# Up to here a table is read whole; beyond it is searched.
SHORT = 15
MOST_ROWS = 500
LONGEST_CELL = 80
RIGHT = frozenset({"money", "number", "percent", "change", "duration"})


@dataclass(frozen=True, slots=True)
class Column:
    """How one column is shown.

    Args:
        label: the header, in the reader's words; for a percent it names the base.
        kind: `text` is a name, cut where it is long, and `sentence` is read whole; `change` is money with a plus sign,
            `percent` takes a fraction, `spark` a list of numbers, `status` a colour or its everyday name; `copy` is a
            text that a button takes to the clipboard.
        style: of money: unit, cent or headline.
        currency_from: the column that holds the row's currency, where a table has several.
        word_from: the column that holds the word beside a status.
        in_mail: whether there is room for it in a mail, on a phone.
    """

    label: str
    kind: Kind = "text"
    style: say.MoneyStyle = "unit"
    currency_from: str = ""
    word_from: str = ""
    in_mail: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: as shown, as said in plain text, and with all its digits for the CSV."""

    html: str
    words: str
    exact: str


def table(
    frame: pl.DataFrame,
    columns: Mapping[str, Column] | None = None,
    *,
    title: str = "",
    source: str = "",
    currency: str = "",
    empty: str = "Nothing to show.",
    total: str = "",
    limit: int = MOST_ROWS,
) -> Element:
    """Show a frame as a table, or the sentence `empty` if it has no rows.

    Args:
        columns: in the order shown; without it every column as its type suggests.
        title: the finding.
        source: where it comes from: mart, period, cost kind.
        currency: of all money in the table, said once in the headers.
        total: label of a last row that adds up money and counts; rounded parts above it add up to it.
        limit: rows beyond it are left out, and counted in the note.
    """
    shown = columns if columns is not None else {name: Column(name, _kind_of(frame, name)) for name in frame.columns}
    wanted = [name for key, column in shown.items() for name in (key, column.currency_from, column.word_from) if name]
    if absent := [name for name in wanted if name not in frame.columns]:
        raise ConfigError.unknown("column", absent[0], frame.columns)
    if frame.is_empty():
        said = {"kind": "sentence", "text": empty}
        return Element(
            f'<p class="fw-sentence fw-empty">{markup.text(empty, None)}</p>', markup.clean(empty), part=said
        )

    rows = frame.head(limit).to_dicts()
    cells = {key: _cells(rows, key, column, currency, bool(total)) for key, column in shown.items()}
    if total:
        for place, (key, column) in enumerate(shown.items()):
            cells[key].append(_total_cell(rows, key, column, currency, total if place == 0 else ""))
    is_long = len(rows) > SHORT
    labels = [_header(column, currency) for column in shown.values()]
    body = _grid(
        list(cells.values()), labels, [column.kind in RIGHT for column in shown.values()], is_long, bool(total)
    )
    note = f"{say.number(limit)} of {say.plural(frame.height, 'row')} shown. " if frame.height > limit else ""
    return Element(
        f'<figure class="fw-table"{f" data-rows={len(rows)}" if is_long else ""}>'
        + (f"<figcaption>{markup.text(title, None)}</figcaption>" if title else "")
        # The region takes the focus so that a table wider than a phone can be scrolled by keys.
        + f'<div class="fw-scroll" tabindex="0" role="region" aria-label="{escape(markup.clean(title or "Table"))}">'
        + f"{body}</div>"
        + (
            f'<p class="fw-source">{note}{f"Source: {markup.text(source, None)}" if source else ""}</p>'
            if note or source
            else ""
        )
        + "</figure>",
        _plain(title, labels, list(cells.values())),
        part=_part(title, list(shown.values()), labels, list(cells.values()), has_total=bool(total), rows=frame.height),
    )


def _part(
    title: str, columns: list[Column], labels: list[str], cells: list[list[Cell]], *, has_total: bool, rows: int
) -> dict[str, Any]:
    """Give what a mail shows of a table: names and numbers of the first rows; sentences and drawings stay behind."""
    fits = [column.in_mail and column.kind not in ("spark", "sentence") for column in columns]
    kept = [place for place, is_kept in enumerate(fits) if is_kept]
    body = [cells[place][: len(cells[place]) - has_total][:SHORT] for place in kept]
    return {
        "kind": "table",
        "title": title,
        "labels": [labels[place] for place in kept],
        "right": [columns[place].kind in RIGHT for place in kept],
        "rows": [[cell.words for cell in row] for row in zip(*body, strict=True)],
        "total": [cells[place][-1].words for place in kept] if has_total else [],
        "of": rows,
    }


def _cells(rows: Sequence[Mapping[str, Any]], key: str, column: Column, currency: str, adds_up: bool) -> list[Cell]:
    if adds_up and _is_rounded_sum(column):
        # Only here, or 10.4 + 10.4 shows as 10 + 10 = 21.
        parts = say.round_parts([row[key] for row in rows])
        show = say.signed_money if column.kind == "change" else say.money
        return [_number_cell(show(part, "", "unit"), row[key]) for part, row in zip(parts, rows, strict=True)]
    return [_cell(row[key], row, column, currency) for row in rows]


def _is_rounded_sum(column: Column) -> bool:
    return column.kind in ("money", "change") and column.style == "unit" and not column.currency_from


def _cell(value: Any, row: Mapping[str, Any], column: Column, currency: str) -> Cell:
    if column.kind == "spark":
        values = list(value) if value is not None else []
        return Cell(sparkline(values, width=90, height=20), "", " ".join(_digits(v) for v in values))
    if column.kind == "status":
        word = str(row[column.word_from] or "") if column.word_from else ""
        said = status_text(value or "grey", word)
        return Cell(status_html(value or "grey", word), said, said.partition(" ")[2])
    if value is None:
        return Cell(f'<span class="fw-none" title="{say.NOT_KNOWN}">{say.DASH}</span>', say.NOT_KNOWN, "")
    if column.kind == "money":
        return _number_cell(say.money(value, _own_currency(row, column), column.style), value)
    if column.kind == "change":
        return _number_cell(say.signed_money(value, _own_currency(row, column), column.style), value)
    if column.kind in WORDS:
        return _number_cell(WORDS[column.kind](value), value)
    if column.kind == "copy":
        whole = markup.clean(value)
        # Shown by the page's script only: without it there is nothing to press.
        button = f'<button type="button" class="fw-button fw-copy" hidden data-copy="{escape(whole)}">Copy</button>'
        return Cell(button, "", whole)
    if column.kind == "sentence":
        whole = markup.clean(value)
        return Cell(f'<span class="fw-told">{markup.text(whole, None)}</span>', whole, whole)
    return _text_cell(say.provider(value) if column.kind == "provider" else value)


WORDS: dict[str, Callable[[Any], str]] = {
    "number": say.number,
    "percent": say.ratio,
    "duration": say.duration,
    "day": lambda value: say.day(value, "full"),
    "month": say.month,
    "moment": say.moment,
}


def _own_currency(row: Mapping[str, Any], column: Column) -> str:
    return str(row[column.currency_from] or "") if column.currency_from else ""


def _number_cell(words: str, value: Any) -> Cell:
    return Cell(markup.text(words), markup.clean(words), _digits(value))


def _text_cell(value: Any) -> Cell:
    whole = markup.clean(value)
    return Cell(markup.name(whole, LONGEST_CELL), markup.clean(whole, LONGEST_CELL), whole[:2000])


def _total_cell(rows: Sequence[Mapping[str, Any]], key: str, column: Column, currency: str, label: str) -> Cell:
    adds_up = column.kind in ("money", "change", "number") and not column.currency_from
    if label or not adds_up:
        return Cell(f"<strong>{markup.text(label)}</strong>", label, label)
    known = [amount for row in rows if (amount := say.exact(row[key])) is not None]
    cell = _cell(sum(known, Decimal(0)), {}, column, currency)
    return Cell(f"<strong>{cell.html}</strong>", cell.words, cell.exact)


def _header(column: Column, currency: str) -> str:
    has_money = column.kind in ("money", "change") and currency and not column.currency_from
    return f"{column.label} ({currency})" if has_money else column.label


def _digits(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    exact = say.exact(value)
    return "" if exact is None else f"{exact:f}"


def _kind_of(frame: pl.DataFrame, name: str) -> Kind:
    kind = frame.schema[name]
    if isinstance(kind, pl.Decimal):
        return "money"
    if kind.is_numeric():
        return "number"
    if kind == pl.Date:
        return "day"
    if kind == pl.Datetime:
        return "moment"
    return "spark" if kind == pl.List and kind.inner.is_numeric() else "text"  # type: ignore[attr-defined]


def _grid(columns: list[list[Cell]], labels: list[str], is_right: list[bool], is_long: bool, has_total: bool) -> str:
    """Lay the cells out with great-tables, without its style block and ids: a page has one style and many tables."""
    names = [f"c{place}" for place in range(len(columns))]
    frame = pl.DataFrame(
        {name: [_inside(cell, is_long) for cell in cells] for name, cells in zip(names, columns, strict=True)},
        schema=dict.fromkeys(names, pl.String),
    )
    laid_out = (
        GT(frame, id="fw")
        .cols_label({name: gt_html(markup.text(label)) for name, label in zip(names, labels, strict=True)})
        .cols_align("left")
        .cols_align("right", [name for name, right in zip(names, is_right, strict=True) if right])
        # Every cell is escaped above; without a formatter great-tables would escape it once more.
        .fmt(str)
        .as_raw_html()
    )
    grid = laid_out[laid_out.index("<table") : laid_out.rindex("</table>") + len("</table>")]
    # No attribute below can stand in a cell's text: there, quotes are escaped.
    grid = re.sub(r' (?:id|headers|rowspan|colspan|data-quarto-[a-z-]+|aria-labelledby)="[^"]*"', "", grid)
    grid = re.sub(r'class="gt_table"', 'class="fw-grid"', grid)
    grid = re.sub(r' class="gt_[^"]*gt_right[^"]*"', ' class="fw-right"', grid)
    grid = re.sub(r' class="gt_[^"]*"', "", grid)
    grid = re.sub(r">\s*\n\s*<", "><", grid)
    if has_total:
        head, _, last = grid.rpartition("<tr>")
        grid = f"{head}</tbody><tfoot><tr>{last.replace('</tbody>', '</tfoot>')}"
    return grid


def _inside(cell: Cell, is_long: bool) -> str:
    return (
        f'<span data-v="{escape(cell.exact)}">{cell.html}</span>' if is_long and cell.exact != cell.words else cell.html
    )


def _plain(title: str, labels: list[str], columns: list[list[Cell]]) -> str:
    widths = [
        max(len(label), *(len(cell.words) for cell in cells)) for label, cells in zip(labels, columns, strict=True)
    ]
    lines = [labels, *([cell.words for cell in row] for row in zip(*columns, strict=True))]
    body = ["  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([markup.clean(title), *body] if title else body)
