"""How does a notebook become a report? One function, read from the top: check, announce, execute, publish, record."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from finops_lib.errors import ConfigError, FinOpsError, LakeError, SourceError, needs_room
from finops_lib.findings import RunStatus
from finops_lib.lake.catalog import is_there, no_lake
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.open import Lake, open_lake
from finops_lib.lake.snapshots import pin, unpin
from finops_lib.marts.build import build, stale_slices
from finops_lib.runs import clock, processes, stamp
from finops_lib.runs.cells import first_line
from finops_lib.runs.earlier import earlier_run
from finops_lib.runs.folder import CHECKS, CONTEXT, SNAPSHOT
from finops_lib.runs.handover import OUTCOME, SPEC, Outcome
from finops_lib.runs.job import Job, find_notebook, prepare_job, read_notebook
from finops_lib.runs.ledger import open_ledger, rebuild_gallery
from finops_lib.runs.parameters import Value, merge_parameters, read_parameter_file, read_parameters, shown_parameters
from finops_lib.runs.publish import LOG, REPORT_NOTEBOOK, REPORT_PAGE, as_json, plain_page, publish, write_run_json
from finops_lib.runs.readers_scope import SCOPE, check_can_be_narrowed, without_scope
from finops_lib.runs.residuals import in_words
from finops_lib.runs.secrets import Scrubber, known_secrets
from finops_lib.runs.supervise import Ended, Progress, run_child
from finops_lib.settings import Settings
from finops_lib.state.open import State
from finops_lib.state.runs import RunRecord, finish_run, note_progress, start_run, succeeded_under

# It loads before it reads: its numbers come from the snapshot after its load, which only its session can tell.
WRITING_NOTEBOOKS = frozenset({"ingestion"})

EXIT_CODES = {"SUCCEEDED": 0, "SKIPPED": 0, "INVALID_PARAMS": 2}
_SALVAGE_TIMEOUT_S = 60.0
_HEARTBEAT_S = 5.0

OnProgress = Callable[[int, int, str], None]


def run_notebook(
    settings: Settings,
    name: str,
    *,
    parameters: Mapping[str, str] | None = None,
    params_file: Path | None = None,
    as_of: str | None = None,
    snapshot: int | None = None,
    recorded: RunRecord | None = None,
    scope: str = "",
    timeout_s: float = 900.0,
    cell_timeout_s: float | None = None,
    on_progress: OnProgress | None = None,
    trigger: str = "command line",
    once: str = "",
) -> RunRecord:
    """Run one notebook and give what the ledger says about it; a run that fails is an answer, not an exception.

    Args:
        name: the stem of a file in the notebooks folder.
        parameters: values as texts, as a person types them.
        as_of: the same as the parameter of that name.
        snapshot: the lake snapshot to read; None = the newest.
        recorded: a run to be made again: its parameters and snapshot count, and it loads nothing.
        scope: all that the page's reader may see, as an expression of scopes; "" = everything.
        timeout_s: for the whole run, by the clock on the wall.
        cell_timeout_s: for each cell; None = only the run's limit counts.
        on_progress: told how many cells are done, of how many, and under which heading the next one stands.
        trigger: who asked for the run, for the ledger.
        once: a run that succeeded under this key is given instead of a new one; it is the trigger, too.
    Raises:
        ConfigError: there is no such notebook, or no room for what a run leaves.
        SourceError: the lake's server does not answer.
    """
    notebook = find_notebook(settings, name)
    scope = scope or (str(recorded.parameters.get(SCOPE, "")) if recorded else "")
    check_can_be_narrowed(notebook.stem, scope)
    with open_ledger(settings) as state, needs_room(settings.outputs, OSError):
        if once and (before := succeeded_under(state, once)) is not None:
            return before
        run = _new_run(settings, notebook, trigger=once or trigger)
        given: dict[str, object] = {**(parameters or {}), **({"as_of": as_of} if as_of else {})}
        try:
            content = read_notebook(notebook)
            values = (
                _checked_parameters(settings, notebook, content, parameters or {}, params_file, as_of)
                if recorded is None
                else _recorded_parameters(content, recorded, as_of)
            )
            pinned = _pinned_snapshot(settings, run, recorded.snapshot if recorded else snapshot, recorded)
        except (ConfigError, LakeError) as error:
            return _refuse(state, run, given, error, status="INVALID_PARAMS")
        except SourceError as error:
            # The lake's server is away: nobody's parameters are wrong, and whoever asked may try again.
            _refuse(state, run, given, error, status="FAILED")
            raise
        job = prepare_job(
            settings,
            notebook,
            content,
            run,
            values,
            pinned,
            rerun_of=recorded,
            scope=scope,
            earlier=_earlier(settings, state, run, {**values, **({SCOPE: scope} if scope else {})})
            if recorded is None
            else None,
            timeout_s=timeout_s,
            cell_timeout_s=cell_timeout_s,
        )
        start_run(state, job.run)
        try:
            outcome, cpu_seconds, progress = _execute(job, state, on_progress)
            finished = _close(job, outcome, cpu_seconds, progress)
            write_run_json(job.folder, finished)
            publish(job.folder, job.scrubber)
        except BaseException as stop:
            # Interrupted, or broken ourselves: the ledger must not say RUNNING, nor a raw folder stay behind.
            shutil.rmtree(job.folder, ignore_errors=True)
            said = job.scrubber.scrub(f"the runner was stopped: {type(stop).__name__}: {stop}".removesuffix(": "))
            finish_run(state, _ended(replace(job.run, status="FAILED", exit_code=1, error=" ".join(said.split()))))
            raise
        finally:
            shutil.rmtree(job.runtime, ignore_errors=True)
        if finished.status != "SUCCEEDED" and is_there(settings.lake):
            # Nobody makes a broken page again.
            unpin(settings.lake, owner=finished.run_id)
        finish_run(state, finished)
        rebuild_gallery(settings, state)
    return finished


def _new_run(settings: Settings, notebook: Path, *, trigger: str) -> RunRecord:
    started = clock.now()
    commit = stamp.commit_of(settings.project)
    return RunRecord(
        run_id=f"{started:%Y%m%dT%H%M%SZ}-{notebook.stem}-{token_hex(2)}",
        notebook=notebook.stem,
        status="RUNNING",
        parameters={},
        started_at=started,
        trigger=trigger,
        host=processes.this_host(),
        pid=os.getpid(),
        pid_started=processes.birth_of(os.getpid()),
        heartbeat_at=started,
        notebook_hash=stamp.notebook_hash(notebook),
        code_hash=stamp.code_hash(),
        git_sha=commit.sha,
        git_dirty=commit.dirty,
        versions=stamp.installed_versions(),
    )


def _checked_parameters(
    settings: Settings,
    notebook: Path,
    content: Mapping[str, Any],
    texts: Mapping[str, str],
    params_file: Path | None,
    as_of: str | None,
) -> dict[str, Value]:
    """Merge default < params/<stem>.yaml < file < command line; ConfigError for whatever does not fit."""
    if as_of:
        if texts.get("as_of", as_of) != as_of:
            raise ConfigError("--as-of and -p as_of differ", next_step="give one of them")
        texts = {**texts, "as_of": as_of}
    paths = [settings.params / f"{notebook.stem}.yaml"]
    files = [(str(path), read_parameter_file(path)) for path in paths if path.exists()]
    if params_file is not None:
        files.append((str(params_file), read_parameter_file(params_file)))
    return merge_parameters(read_parameters(content), files, texts)


def _recorded_parameters(content: Mapping[str, Any], recorded: RunRecord, as_of: str | None) -> dict[str, Value]:
    texts = {"as_of": as_of} if as_of else {}
    return merge_parameters(read_parameters(content), [(recorded.run_id, without_scope(recorded.parameters))], texts)


def _earlier(settings: Settings, state: State, run: RunRecord, values: Mapping[str, Value]) -> dict[str, Any] | None:
    """Give the run that the report says the changes since: {} = it is the first, None = it is not to say them."""
    if not settings.reports_say_changes:
        return None
    before = earlier_run(settings, state, run, values)
    return {} if before is None else as_json(before)


def _pinned_snapshot(
    settings: Settings, run: RunRecord, snapshot: int | None, recorded: RunRecord | None
) -> int | None:
    """Pin and give the snapshot to read: the one asked for, or the newest; None without a lake or before a load."""
    if recorded is not None and snapshot is None:
        return None
    if snapshot is not None and run.notebook in WRITING_NOTEBOOKS and recorded is None:
        raise ConfigError(
            f"{run.notebook} loads and then reads what it has loaded, not snapshot {snapshot}",
            next_step="leave the snapshot out, or make an earlier run again: finops runs rerun RUN",
        )
    if snapshot is None and (run.notebook in WRITING_NOTEBOOKS or not is_there(settings.lake)):
        return None
    if not is_there(settings.lake):
        raise no_lake(settings.lake)
    ensure_lake(settings.lake)
    with open_lake(settings.lake, snapshot=snapshot, memory_limit=settings.memory_limit, threads=1) as lake:
        if snapshot is not None or not stale_slices(lake.con):
            return _pinned(lake, run)
    # A load whose marts were not built, because it was killed or is still at it: no page of yesterday's marts.
    build(settings.lake, memory_limit=settings.memory_limit, threads=settings.threads)
    with open_lake(settings.lake, memory_limit=settings.memory_limit, threads=1) as lake:
        return _pinned(lake, run)


def _pinned(lake: Lake, run: RunRecord) -> int:
    """Pin what an open lake shows: while it is open, nobody can expire it."""
    pin(lake.place, lake.snapshot_id, owner=run.run_id, reason=f"run of {run.notebook}", at=run.started_at)
    return lake.snapshot_id


def _refuse(
    state: State, run: RunRecord, given: Mapping[str, object], error: FinOpsError, *, status: RunStatus
) -> RunRecord:
    """Record a run that was not started."""
    scrubber = Scrubber.of(known_secrets([dict(given)], os.environ))
    refused = replace(
        run,
        status=status,
        parameters=scrubber.scrub_tree(shown_parameters(given)),
        error=scrubber.scrub(" ".join(str(error).split())),
        exit_code=error.exit_code,
    )
    refused = _ended(refused)
    start_run(state, refused)
    return refused


def _execute(job: Job, state: State, on_progress: OnProgress | None) -> tuple[Outcome, float, Progress]:
    """Run the child; where it could not say what happened, say it for it and have a report made of that."""
    progress = Progress(0, job.run.cells_total, "", None)
    told = time.monotonic()

    def remember(news: Progress) -> None:
        nonlocal progress
        progress = news
        if on_progress is not None:
            on_progress(news.done, news.total, news.title)

    def tick() -> None:
        nonlocal told
        if time.monotonic() - told >= _HEARTBEAT_S:
            told = time.monotonic()
            note_progress(state, job.run.run_id, cells_done=progress.done, cells_total=progress.total, at=clock.now())

    ended = _run_child(job, job.spec.timeout_s, remember, tick)
    outcome = Outcome.read(job.folder / OUTCOME)
    if outcome is not None:
        return outcome, ended.cpu_seconds, progress
    outcome = _outcome_of_dead_child(job, ended, progress).scrubbed(job.scrubber)
    replace(job.spec, salvage=outcome).write(job.folder / SPEC)
    salvaged = _run_child(job, _SALVAGE_TIMEOUT_S, lambda _: None, tick)
    if not (job.folder / REPORT_PAGE).exists():
        (job.folder / REPORT_PAGE).write_text(plain_page(job.spec.title, outcome.error), encoding="utf-8")
        shutil.copyfile(job.spec.notebook, job.folder / REPORT_NOTEBOOK)
    return Outcome.read(job.folder / OUTCOME) or outcome, ended.cpu_seconds + salvaged.cpu_seconds, progress


def _run_child(job: Job, timeout_s: float, remember: Callable[[Progress], None], tick: Callable[[], None]) -> Ended:
    return run_child(
        job.folder / SPEC,
        run_id=job.run.run_id,
        environment=job.environment,
        cwd=job.spec.project,
        log=job.folder / LOG,
        timeout_s=timeout_s,
        on_progress=remember,
        on_tick=tick,
    )


def _outcome_of_dead_child(job: Job, ended: Ended, progress: Progress) -> Outcome:
    """Say what happened to a child that left no word."""
    where = f"in cell {progress.cell}" if progress.cell is not None else "before the first cell"
    if ended.timed_out:
        limit = f"{job.spec.timeout_s:g} s"
        return Outcome("TIMED_OUT", f"the run did not end within its limit of {limit}; it was {where}", progress.cell)
    if ended.exit_code < 0:
        name = signal.Signals(-ended.exit_code).name
        return Outcome("KERNEL_DIED", f"the process of the run was killed by {name} {where}", progress.cell)
    last = first_line("\n".join(reversed((job.folder / LOG).read_text(errors="replace").splitlines())))
    return Outcome("FAILED", f"the process of the run ended with {ended.exit_code} {where}: {last}", progress.cell)


def _close(job: Job, outcome: Outcome, cpu_seconds: float, progress: Progress) -> RunRecord:
    """Give the run's record with all that is known after its end."""
    resolved = _read_context(job.folder)
    snapshot = _read_snapshot(job.folder)
    run = replace(
        job.run,
        status=outcome.status,
        error=job.scrubber.scrub(outcome.error) or None,
        error_cell=outcome.error_cell,
        checks_failed=job.scrubber.scrub(_failed_checks(job.folder)) or None,
        headline=job.scrubber.scrub(outcome.headline) or None,
        exit_code=EXIT_CODES.get(outcome.status, 1),
        cpu_seconds=round(cpu_seconds, 3),
        cells_done=progress.done,
        cells_total=progress.total,
        as_of=job.run.as_of or resolved.get("as_of") or None,
        snapshot=job.run.snapshot if snapshot is None else snapshot,
        report=f"{job.run.notebook}/{job.run.run_id}/{REPORT_PAGE}",
    )
    return _ended(run)


def _read_context(folder: Path) -> dict[str, Any]:
    path = folder / CONTEXT
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _failed_checks(folder: Path) -> str:
    path = folder / CHECKS
    checks = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return in_words([f"{check['name']}: {check['message']}" for check in checks if not check["ok"]])


def _read_snapshot(folder: Path) -> int | None:
    path = folder / SNAPSHOT
    text = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    return int(text) if text.isdigit() else None


def _ended(run: RunRecord) -> RunRecord:
    end: datetime = clock.now()
    return replace(run, finished_at=end, heartbeat_at=end, duration_s=round((end - run.started_at).total_seconds(), 3))
