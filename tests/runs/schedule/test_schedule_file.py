"""scheduler/schedule.yaml: the workbench's own is right, and what is wrong in one is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from finops_lib.errors import ConfigError
from finops_lib.runs.schedule.jobs import Schedule
from finops_lib.runs.schedule.render import RENDERERS, Where
from finops_lib.runs.schedule.schedule_file import read_schedule
from tests.conftest import PROJECT
from tests.hostile import NAMES

NOTEBOOKS = (*(path.stem for path in (PROJECT / "notebooks").glob("*.ipynb")), "leadership")
COMMANDS = ("alerts", "collect", "budgets", "anomalies", "savings")


def read(folder: Path, text: str) -> Schedule:
    path = folder / "schedule.yaml"
    path.write_text(text, encoding="utf-8")
    return read_schedule(path, notebooks=NOTEBOOKS, commands=COMMANDS, recipients=("ann",))


def test_the_workbenchs_own_schedule_is_read_whole() -> None:
    schedule = read_schedule(PROJECT / "scheduler" / "schedule.yaml", notebooks=NOTEBOOKS, commands=COMMANDS)
    lines = {job.name: job.recurrence.expression for job in schedule}
    assert lines["collect"] == "10 */6 * * *"
    assert lines["budget-check"] == "5 * * * *"
    assert lines["anomalies"] == "0 2 * * *"
    assert lines["savings"] == "0 3 * * sun"
    assert lines["leadership"] == "0 7 * * mon"
    assert schedule.jobs["anomalies"].after == ("collect",)
    order = list(schedule.jobs)
    assert all(order.index(other) < order.index(job.name) for job in schedule for other in job.after)


def test_a_slot_is_about_a_day_of_its_own_time_zone(tmp_path: Path) -> None:
    daily = "{notebook: overview, cron: '0 6 * * *', days_before: 2, parameters: {top: 5}}"
    job = read(tmp_path, f"timezone: Asia/Tokyo\njobs: {{daily: {daily}}}").jobs["daily"]
    # 21:00 UTC on the 9th is 06:00 on the 10th in Tokyo; two days before the 10th.
    assert job.words_of(datetime(2026, 11, 9, 21, tzinfo=UTC)) == (
        "run",
        "overview",
        "-p",
        "top=5",
        "--as-of",
        "2026-11-08",
    )


def test_spans_and_retries_are_read(tmp_path: Path) -> None:
    spans = "timeout: 2h, retries: {SourceError: 3}, first_wait: 90s"
    job = read(tmp_path, f"jobs: {{c: {{command: collect --inventory, cron: '5 * * * *', {spans}}}}}").jobs["c"]
    assert (job.command, job.timeout, job.first_wait) == (
        ("collect", "--inventory"),
        timedelta(hours=2),
        timedelta(seconds=90),
    )
    assert job.retries == {"SourceError": 3}


def test_a_job_that_is_not_enabled_is_not_there(tmp_path: Path) -> None:
    assert list(read(tmp_path, "jobs: {c: {command: collect, cron: '5 * * * *', enabled: false}}").jobs) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{command: collect, cron: '0 3 * * 0'}", "jobs.a: '0 3 \\* \\* 0': '0' is no day of the week"),
        ("{command: collect, cron: '5 * * * *', timezone: Europe}", "jobs.a: .*'Europe'"),
        ("{command: collect, cron: '5 * * * *', retry: 3}", "jobs.a.retry: unknown key"),
        ("{command: colect, cron: '5 * * * *'}", "unknown command 'colect'.*did you mean 'collect'"),
        ("{notebook: overvew, cron: '5 * * * *'}", "unknown notebook 'overvew'.*did you mean 'overview'"),
        ("{command: collect, notebook: overview, cron: '5 * * * *'}", "write either command or notebook"),
        ("{cron: '5 * * * *'}", "write either command or notebook"),
        ("{command: collect, cron: '5 * * * *', timeout: 2}", "write a number and a unit"),
        ("{command: collect, cron: '5 * * * *', timeout: 0h}", "write a number and a unit"),
        ("{command: collect, cron: '5 * * * *', retries: {QualityError: 2}}", "QualityError is not tried again"),
        ("{command: collect, cron: '5 * * * *', after: [b]}", "unknown job 'b'"),
        ("{command: collect, cron: '5 * * * *', after: [a]}", "jobs wait for each other: a -> a"),
        ("{notebook: overview, cron: '5 * * * *', catch_up: each}", "catch_up: each needs days_before"),
        ("{command: collect, cron: '5 * * * *', recipients: [ann]}", "only a notebook makes one"),
        ("{notebook: overview, cron: '5 * * * *', owner: bob}", "unknown recipient 'bob'"),
        ("{command: collect, cron: '5 * * * *', parameters: {x: 1}}", "parameters belong to a notebook"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, f"jobs: {{a: {line}}}")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_hostile_name_becomes_a_line_of_another_scheduler(tmp_path: Path, name: str) -> None:
    # All of a job that is rendered: into crontabs, units, manifests and DAGs.
    line = {"command": "collect", "cron": "5 * * * *"}
    other = {"notebook": name, "cron": "5 * * * *"}
    for jobs in ({name: line}, {"a": {**line, "timezone": name}}, {"a": {**line, "cron": name}}, {"a": other},
                 {"a": {**line, "command": name}}, {"a": {**line, "after": [name]}}):  # fmt: skip
        with pytest.raises(ConfigError) as refused:
            read(tmp_path, yaml.safe_dump({"jobs": jobs}))
        assert str(tmp_path / "schedule.yaml") in str(refused.value)


def test_what_is_written_over_several_lines_is_one_line_of_a_crontab(tmp_path: Path) -> None:
    cron = "5\n*\r\n*\n*\n*"
    schedule = read(tmp_path, yaml.safe_dump({"jobs": {"a": {"command": "collect\n* * * * * id", "cron": cron}}}))
    [line] = [line for line in RENDERERS.get("cron")(schedule, Where())["crontab"].splitlines() if line[:1].isdigit()]
    assert line.startswith("5 * * * * cd /srv/finops && ")


def test_a_job_does_not_wait_for_one_that_is_switched_off(tmp_path: Path) -> None:
    off, waits = (
        "command: collect, cron: '5 * * * *', enabled: false",
        "command: collect, cron: '6 * * * *', after: [a]",
    )
    with pytest.raises(ConfigError, match="a is not enabled, so b would wait for ever"):
        read(tmp_path, f"jobs: {{a: {{{off}}}, b: {{{waits}}}}}")


def test_without_a_file_there_is_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no .*schedule\.yaml"):
        read_schedule(tmp_path / "schedule.yaml", notebooks=(), commands=())
