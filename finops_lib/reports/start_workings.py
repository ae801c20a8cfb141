"""How does the workbench itself do? Its jobs, messages that cannot be sent, its notebooks with their newest reports."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote

import polars as pl

from finops_lib.reports import format as say
from finops_lib.reports import markup, page
from finops_lib.reports.frame import day_words
from finops_lib.reports.index import ORDER, WORDS
from finops_lib.reports.marks import status_html, status_text
from finops_lib.reports.page import Element
from finops_lib.reports.tables import Column, table

SchedulerKind = Literal["ok", "info", "error"]
# A report lies in outputs/<notebook>/<run id>/.
_OUTPUTS_FROM_A_REPORT = "../.."
_NOT_RUN = ("grey", "not yet run")
_COLOURS = {"SUCCEEDED": "green", "COVERED": "green", "FAILED": "red", "MISSED": "red"}


@dataclass(frozen=True, slots=True)
class JobStanding:
    """A job of the schedule: its newest slot, and what became of it; "" and None where there was none yet."""

    job: str
    status: str
    slot: datetime | None
    error: str
    next_slot: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that no channel takes."""

    message_id: str
    channel: str
    error: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NotebookStanding:
    """A notebook and its newest report; `report` is relative to the outputs, "" where there is none."""

    notebook: str
    question: str
    status: str = ""
    as_of: str = ""
    started_at: datetime | None = None
    report: str = ""


@dataclass(frozen=True, slots=True)
class Workings:
    """How the workbench itself does.

    Args:
        scheduler: what its health file says, in one line; `scheduler_kind` whether that is well, none started, or bad.
        schedule_error: why the jobs cannot be read; "" = they can, or none is written down.
        outputs: from the notebooks' folder to that of the reports; "" where no link leads there.
    """

    jobs: tuple[JobStanding, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    notebooks: tuple[NotebookStanding, ...] = ()
    scheduler: str = ""
    scheduler_kind: SchedulerKind = "info"
    schedule_error: str = ""
    outputs: str = ""


def unwell(workings: Workings) -> list[JobStanding]:
    """Give the jobs whose newest slot failed or was never run."""
    return [job for job in workings.jobs if _COLOURS.get(job.status) == "red"]


def dead_words(workings: Workings) -> str:
    """Count the messages that cannot be sent, with their channels."""
    channels = sorted({letter.channel for letter in workings.dead_letters})
    return f"{say.plural(len(workings.dead_letters), 'message')} through {say.names(channels)} cannot be sent"


def scheduler_strip(workings: Workings) -> Element:
    """Say how the scheduler is."""
    return page.strip(workings.scheduler_kind, workings.scheduler)


def jobs_table(workings: Workings) -> Element:
    """Show the jobs of the schedule, those that are not well first."""
    if workings.schedule_error:
        return page.strip("error", workings.schedule_error)
    ill = unwell(workings)
    rows = [
        {"status": _COLOURS.get(job.status, "grey"), "word": job.status.lower() or "not yet run", "job": job.job,
         "slot": job.slot, "next": job.next_slot, "error": job.error}
        for job in [*ill, *(job for job in workings.jobs if job not in ill)]
    ]  # fmt: skip
    columns = {
        "job": Column("Job"),
        "status": Column("Newest slot", "status", word_from="word"),
        "slot": Column("It was due", "moment"),
        "next": Column("Next", "moment"),
        "error": Column("Why not", "sentence"),
    }
    if not any(row["error"] for row in rows):
        del columns["error"]
    finding = f"{say.names(job.job for job in ill)} did not do what was due" if ill else "Every job is well"
    nothing = "No job is written down: scheduler/schedule.yaml says what runs by itself."
    frame = pl.DataFrame(rows, schema_overrides={"slot": pl.Datetime("us", "UTC")}) if rows else pl.DataFrame()
    return table(frame, columns if rows else {}, title=finding, source="state.slot", empty=nothing)


def dead_letters(workings: Workings) -> Element:
    """Show the messages that cannot be sent, the newest first."""
    rows = [
        {"channel": one.channel, "since": one.created_at, "error": one.error, "id": one.message_id[:12]}
        for one in workings.dead_letters
    ]
    columns = {
        "channel": Column("Channel"),
        "since": Column("Written", "moment"),
        "error": Column("What the channel said", "sentence"),
        "id": Column("Id"),
    }
    title = f"{dead_words(workings)}; once its channel works: finops alerts retry ID" if rows else ""
    nothing = "Every message was sent, or is still on its way."
    return table(pl.DataFrame(rows), columns if rows else {}, title=title, source="state.outbox", empty=nothing)


@dataclass(frozen=True, slots=True)
class Linked(Element):
    """A list whose links differ: from the notebook in JupyterLab, and from a report in its folder."""

    lab_body: str

    def still(self) -> str:
        """Give the HTML for JupyterLab."""
        return self.lab_body


def where_next(workings: Workings) -> Element:
    """List the notebooks in the order of reading, each with its question and its newest report."""
    place = {name: number for number, name in enumerate(ORDER)}
    ordered = sorted(workings.notebooks, key=lambda one: (place.get(one.notebook, len(ORDER)), one.notebook))
    if not ordered:
        return page.sentence("There is no other notebook here.")
    lab = _list(_row(one, workings.outputs, is_lab=True) for one in ordered)
    report = _list(_row(one, _OUTPUTS_FROM_A_REPORT, is_lab=False) for one in ordered)
    return Linked(report, "\n".join(_plain(one) for one in ordered), lab)


def _list(rows: Iterable[str]) -> str:
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Notebook", "It asks", "Newest report", ""))
    return (
        '<figure class="fw-table"><div class="fw-scroll" tabindex="0" role="region" aria-label="Notebooks">'
        f'<table class="fw-grid"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div></figure>'
    )


def _row(one: NotebookStanding, outputs: str, *, is_lab: bool) -> str:
    name = markup.name(one.notebook)
    if is_lab:
        name = f'<a href="{quote(one.notebook)}.ipynb">{name}</a>'
    words = markup.text(_newest(one))
    if one.report and outputs:
        words = f'<a href="{outputs}/{quote(one.report)}">{words}</a>'
    status = status_html(*WORDS.get(one.status, _NOT_RUN))
    cells = (name, markup.text(one.question), words, status)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _plain(one: NotebookStanding) -> str:
    return f"{one.notebook}: {one.question} {_newest(one)} {status_text(*WORDS.get(one.status, _NOT_RUN))}"


def _newest(one: NotebookStanding) -> str:
    if one.started_at is None:
        return f"none yet; finops run {one.notebook}"
    through = f"data through {day_words(one.as_of)}, " if one.as_of else ""
    return f"{through}made {say.moment(one.started_at)}"
