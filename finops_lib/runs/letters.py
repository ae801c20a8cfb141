"""The mail of a run, in its folder: written once from its executed notebook, read again whenever it is sent."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from finops_lib.delivery import ENCLOSED, LETTER, NotDelivered
from finops_lib.errors import ConfigError
from finops_lib.messages import Leased, Letter
from finops_lib.runs.publish import MAIL, REPORT_NOTEBOOK, REPORT_PAGE
from finops_lib.runs.secrets import Scrubber, known_secrets
from finops_lib.settings import Settings
from finops_lib.state.runs import RunRecord

# What most relays take is 10 MB and more, base64 and pictures included.
_LARGEST_ATTACHMENT = 6_000_000
_FOOTER = (
    "Run {run}. To get no more of these, have unsubscribed: true written beside your name in params/workbench.yaml, "
    "or answer this mail."
)


def write_mail(settings: Settings, run: RunRecord) -> tuple[Letter, Path]:
    """Write mail.eml of a run into its folder, without any reader's name; give the letter and the file.

    Raises:
        ConfigError: the run's folder is gone, or its notebook says nothing that a mail could be made of.
        QualityError: it does not fit into a mail.
    """
    # Imported here: drawing charts is for those who send a report.
    from finops_lib.delivery.letter import sealed
    from finops_lib.reports.letter import read_letter, write_letter

    folder = settings.outputs / run.notebook / run.run_id
    scrubber = Scrubber.of(known_secrets([settings.workbench.model_dump(mode="json")], os.environ))
    notebook = scrubber.scrub_tree(json.loads(_read(folder / REPORT_NOTEBOOK, run)))
    page = scrubber.scrub(_read(folder / REPORT_PAGE, run))
    content = read_letter(notebook, name=run.notebook)
    letter = write_letter(content, link=link_to(settings, run), footer=_FOOTER.format(run=run.run_id))
    day = f"-{run.as_of}" if run.as_of else ""
    attached = {f"{run.notebook}{day}.html": page} if len(page) <= _LARGEST_ATTACHMENT else {}
    path = folder / MAIL
    # Whole or not at all: a sender may be reading the one before.
    unfinished = folder / f".{MAIL}.{os.getpid()}"
    unfinished.write_bytes(sealed(letter, attachments=attached))
    unfinished.replace(path)
    return letter, path


def link_to(settings: Settings, run: RunRecord) -> str:
    """Give where a reader opens a run's report; "" = nowhere."""
    base = settings.workbench.reports_url.rstrip("/")
    return f"{base}/{run.notebook}/{run.run_id}/{REPORT_PAGE}" if base else ""


def with_letter(settings: Settings, held: Leased) -> Leased:
    """Give a message with the letter that it names; any other as it is.

    Raises:
        NotDelivered: the file is gone, for good.
    """
    payload = held.message.payload
    if LETTER not in payload:
        return held
    name = str(payload[LETTER])
    path = (settings.outputs / name).resolve()
    try:
        if not path.is_relative_to(settings.outputs.resolve()):
            raise FileNotFoundError
        content = path.read_bytes()
    except OSError:
        raise NotDelivered(
            f"the mail {name} is no longer in the outputs folder",
            is_final=True,
            next_step=f"make it again: finops deliver {Path(name).parent.name}",
        ) from None
    return replace(held, message=replace(held.message, payload={**payload, ENCLOSED: content}))


def _read(path: Path, run: RunRecord) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the report of run {run.run_id} is no longer in {path.parent}",
            next_step=f"make it again: finops runs rerun {run.run_id}",
            run_id=run.run_id,
        ) from error
