"""The schedule for other schedulers: held against what was looked at once, and against the strictest judges at hand."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from finops_lib.errors import ConfigError
from finops_lib.recurrence import Recurrence
from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.opened import load_schedule
from finops_lib.runs.schedule.render import RENDERERS, Where, longest
from finops_lib.runs.schedule.render.systemd import on_calendar
from finops_lib.runs.schedule.rendered import write_rendered
from finops_lib.settings import Settings
from tests.conftest import PROJECT

GOLDEN = Path(__file__).parent / "golden"
COLLECT = Job(
    "collect", ("collect",), Recurrence.parse("10 */6 * * *"), timeout=timedelta(hours=2), retries={"SourceError": 2}
)
SAVINGS = Job("savings", ("savings", "find"), Recurrence.parse("0 3 * * sun"), after=("collect",))
OVERVIEW = Job("overview", ("run", "overview"), Recurrence.parse("30 6 * * mon-fri", "Europe/Berlin"), "overview")
JOBS = Schedule({job.name: job for job in (COLLECT, SAVINGS, OVERVIEW)})
LINES = ("10 */6 * * *", "5 * * * *", "0 2 * * *", "0 3 * * sun", "30 6 * * mon-fri", "*/15 8-18/2 * * tue,thu",
         "0 7 1 * *", "0 0 1 1,7 *", "1-59/2 * * * *")  # fmt: skip
# What the schemas of Kubernetes leave open (facts/operations.md 1).
QUANTITY = re.compile(r"^[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi|Ti|k|M|G|T)?$")
ENUMS = {
    "restartPolicy": {"Never", "OnFailure"},
    "concurrencyPolicy": {"Allow", "Forbid", "Replace"},
    "type": {"RuntimeDefault", "Localhost", "Unconfined"},
}


@pytest.mark.parametrize("target", RENDERERS.names())
def test_what_is_rendered_is_what_was_looked_at(target: str) -> None:
    rendered = RENDERERS.get(target)(JOBS, Where())
    looked_at = {path.stem: path.read_text(encoding="utf-8") for path in sorted((GOLDEN / target).glob("*.txt"))}
    assert dict(sorted(rendered.items())) == looked_at


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_systemd_comes_at_the_same_moments(line: str, zone: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    recurrence = Recurrence.parse(line, zone)
    base = "2026-11-30 12:00:30 UTC"
    said = subprocess.run(
        ["systemd-analyze", "calendar", f"--base-time={base}", "--iterations=6", on_calendar(recurrence)],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    ).stdout
    found = re.findall(r"(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w+ (\S+ \S+) UTC", said)
    expected = islice(recurrence.after(datetime(2026, 11, 30, 12, 0, 30, tzinfo=UTC)), 6)
    assert found == [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in expected], said


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    # Only what exists on this machine can be called by a unit that is verified here.
    where = Where(str(tmp_path), shutil.which("true") or "/bin/true", "root")
    for name, text in RENDERERS.get("systemd")(JOBS, where).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    timers = sorted(str(path) for path in tmp_path.glob("*.timer"))
    done = subprocess.run(["systemd-analyze", "verify", *timers], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if str(tmp_path) in line or "finops-" in line] == []


def manifests() -> list[dict[str, Any]]:
    text = RENDERERS.get("kubernetes")(JOBS, Where(namespace="finops"))["cronjobs.yaml"]
    return [document for document in yaml.safe_load_all(text) if document]


@pytest.mark.parametrize("version", ["1.30", "1.34"])
def test_kubernetes_accepts_every_manifest(version: str) -> None:
    import kubernetes_validate

    for manifest in manifests():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_what_the_schemas_do_not_check_is_right() -> None:
    found = list(parts(manifests()))
    assert {key for key, _ in found} >= {"restartPolicy", "concurrencyPolicy", "schedule", "cpu", "memory", "storage"}
    for key, value in found:
        if key in ENUMS:
            assert value in ENUMS[key], (key, value)
        if key in ("cpu", "memory", "storage", "sizeLimit"):
            assert QUANTITY.match(value), (key, value)
        if key == "schedule":
            assert Recurrence.parse(value).expression == value


def test_a_pod_has_no_more_rights_than_it_needs() -> None:
    for manifest in manifests()[1:]:
        pod = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert manifest["spec"]["concurrencyPolicy"] == "Forbid"


def test_a_limit_leaves_room_for_every_try() -> None:
    # Three tries of two hours, a minute and two minutes between them, ten minutes to say so.
    assert longest(COLLECT) == timedelta(hours=6, minutes=13)
    # Six hours to wait for the collection, half an hour to run, ten minutes.
    assert longest(SAVINGS) == timedelta(hours=6, minutes=40)


def test_the_dags_are_python_and_call_the_same_command() -> None:
    code = RENDERERS.get("airflow")(JOBS, Where())["finops_dags.py"]
    [jobs] = [
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "JOBS"
    ]
    assert [(name, cron, zone, shlex.split(command)[1:]) for name, cron, zone, _, command, _ in jobs] == [
        (job.name, job.recurrence.expression, job.recurrence.timezone, ["schedule", "run", job.name]) for job in JOBS
    ]
    assert [after for *_, after in jobs] == ["", "collect", ""]


@pytest.mark.parametrize("line", LINES)
def test_a_crontab_has_the_line_as_it_was_written(line: str) -> None:
    job = Job("one", ("collect",), Recurrence.parse(line))
    crontab = RENDERERS.get("cron")(Schedule({"one": job}), Where())["crontab"]
    [written] = [text for text in crontab.splitlines() if "schedule run one" in text]
    assert written.startswith(f"{line} cd /srv/finops && ")


def test_files_of_an_older_schedule_are_taken_away_and_others_left(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "units"
    folder.mkdir()
    gone = folder / "finops-gone.timer"
    gone.write_text("# Rendered from scheduler/schedule.yaml; change it there and render again.\n", encoding="utf-8")
    mine = folder / "mine.timer"
    mine.write_text("# my own\n", encoding="utf-8")
    workbench = settings.model_copy(update={"project": PROJECT})
    paths = write_rendered(workbench, "systemd", Where(), to=folder)
    # A service and a timer for each job of the workbench's own schedule.
    jobs = len(load_schedule(workbench).jobs)
    assert (gone.exists(), mine.exists(), len(paths)) == (False, True, 2 * jobs)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("project", "/srv/a b"),
        ("project", "/srv\n"),
        ("project", "srv"),
        ("user", "root; rm"),
        ("image", "x y"),
        ("finops", "$(id)"),
    ],
)
def test_a_name_that_a_file_could_not_hold_is_refused(settings: Settings, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"--{name} .* cannot be written"):
        write_rendered(settings, "cron", Where(**{name: value}), to=None)


def test_another_scheduler_is_named(settings: Settings) -> None:
    with pytest.raises(ConfigError, match=r"unknown scheduler 'nomad'.*airflow, cron, kubernetes, systemd"):
        write_rendered(settings, "nomad", Where(), to=None)


def parts(node: Any) -> Iterator[tuple[str, Any]]:
    """Give every key with its plain value."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, dict | list):
                yield from parts(value)
            else:
                yield key, value
    elif isinstance(node, list):
        for value in node:
            yield from parts(value)
