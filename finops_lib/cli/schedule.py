"""`finops schedule ...`: what runs by itself, when, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops_lib.cli.app import schedule_app
from finops_lib.cli.printing import FormatOption, print_rows, tell
from finops_lib.runs.listing import Format, records

JobName = Annotated[str, typer.Argument(help="A job of scheduler/schedule.yaml.", metavar="JOB")]
JobOption = Annotated[str, typer.Option("--job", help="Only this job.")]
Count = Annotated[int, typer.Option("--count", help="How many.", min=1)]


@schedule_app.command("list")
def schedule_list(format: FormatOption = Format.table) -> None:
    """List the jobs: what each does, when, after which others, and how it went last."""
    from finops_lib.runs.schedule.opened import listed_jobs
    from finops_lib.settings import load_settings

    rows = listed_jobs(load_settings())
    shown = ("job", "does", "when", "next", "after", "catch_up", "last_status")
    print_rows(rows, format, columns=shown if format is Format.table else None, empty="No job is written down.")


@schedule_app.command("next")
def schedule_next(count: Count = 12, job: JobOption = "", format: FormatOption = Format.table) -> None:
    """Print what is due next, the soonest first."""
    from finops_lib.runs.schedule.opened import next_slots
    from finops_lib.settings import load_settings

    print_rows(next_slots(load_settings(), count=count, job=job), format)


@schedule_app.command("history")
def schedule_history(count: Count = 30, job: JobOption = "", format: FormatOption = Format.table) -> None:
    """Print what became of the newest slots."""
    from finops_lib.runs.schedule.opened import past_slots
    from finops_lib.settings import load_settings

    rows = past_slots(load_settings(), count=count, job=job)
    shown = ("slot", "job", "status", "why", "attempts", "finished_at", "error")
    columns = shown if rows and format is Format.table else None
    print_rows(rows, format, columns=columns, empty="Nothing was ever due: finops schedule start")


@schedule_app.command("start")
def schedule_start() -> None:
    """Run the schedule in the foreground, until Ctrl-C; what was missed is caught up."""
    from finops_lib.runs.schedule.serve import serve
    from finops_lib.settings import load_settings

    serve(load_settings(), say=tell)


@schedule_app.command("health")
def schedule_health() -> None:
    """Say whether the scheduler lives; exit code 1 where it does not, for probes."""
    from finops_lib.runs import clock
    from finops_lib.runs.schedule.health import check_health
    from finops_lib.runs.schedule.serve import folder_of
    from finops_lib.settings import load_settings

    tell(check_health(folder_of(load_settings()), now=clock.now()))


@schedule_app.command("run")
def schedule_run(job: JobName) -> None:
    """Run what one job owes, now, with its retries; for cron, systemd, Kubernetes and Airflow."""
    from finops_lib.runs.schedule.run_now import run_job
    from finops_lib.settings import load_settings

    if not run_job(load_settings(), job, say=tell):
        tell(f"{job} owes nothing")


@schedule_app.command("render")
def schedule_render(
    target: Annotated[str, typer.Argument(help="cron, systemd, kubernetes or airflow.", metavar="TARGET")],
    to: Annotated[Path | None, typer.Option(help="Folder for the files; empty = scheduler/TARGET.")] = None,
    project: Annotated[str, typer.Option(help="The project's folder where the jobs will run.")] = "/srv/finops",
    finops: Annotated[str, typer.Option(help="The command there; empty = in the project's .venv.")] = "",
    user: Annotated[str, typer.Option(help="The account there (systemd).")] = "finops",
    image: Annotated[str, typer.Option(help="The image (kubernetes).")] = "finops-workbench:latest",
    namespace: Annotated[str, typer.Option(help="The namespace (kubernetes); empty = the current one.")] = "",
) -> None:
    """Write the schedule for another scheduler, which then only says when."""
    from finops_lib.runs.schedule.render import Where
    from finops_lib.runs.schedule.rendered import write_rendered
    from finops_lib.settings import load_settings

    where = Where(project, finops or f"{project}/.venv/bin/finops", user, image, namespace)
    for path in write_rendered(load_settings(), target, where, to=to):
        typer.echo(str(path))


@schedule_app.command("backfill")
def schedule_backfill(
    job: JobName,
    from_: Annotated[str, typer.Option("--from", help="First day of slots, YYYY-MM-DD.")],
    to: Annotated[str, typer.Option("--to", help="Last day of slots, YYYY-MM-DD.")],
    parallel: Annotated[int, typer.Option(help="So many at once.", min=1, max=64)] = 1,
    only_missing: Annotated[bool, typer.Option("--only-missing", help="Leave out what succeeded.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would run.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Run a job's slots of some days again, the oldest first; reports are sent to nobody."""
    from finops_lib.periods import parse_day
    from finops_lib.runs.schedule.run_now import backfill
    from finops_lib.settings import load_settings

    found = backfill(
        load_settings(),
        job,
        first=parse_day(from_, name="--from"),
        last=parse_day(to, name="--to"),
        parallel=parallel,
        only_missing=only_missing,
        dry_run=dry_run,
        say=lambda line: tell(line, err=True),
    )
    print_rows(records(found), format, empty="There is nothing to run.")
