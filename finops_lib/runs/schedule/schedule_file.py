"""Read scheduler/schedule.yaml strictly: every key, every name and every line of cron."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError, model_validator

from finops_lib.errors import ConfigError
from finops_lib.recurrence import Recurrence
from finops_lib.runs.schedule.jobs import CatchUp, Job, Schedule
from finops_lib.runs.secrets import is_reference, is_secret_name
from finops_lib.strict import Strict
from finops_lib.yaml_text import read_yaml

FILE = "schedule.yaml"
# Errors that may be gone the next time; wrong parameters and broken claims never are.
RETRIED = ("SourceError", "LockError", "KERNEL_DIED", "TIMED_OUT", "DeliveryError")
_SPAN = re.compile(r"^(\d+)(s|m|h|d)$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,40}$")]


def _span(text: Any) -> timedelta:
    found = _SPAN.match(str(text))
    if found is None or not int(found[1]):
        raise ValueError("write a number and a unit, e.g. 30s, 15m, 6h, 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _known_errors(retries: dict[str, int]) -> dict[str, int]:
    for name in retries:
        if name not in RETRIED:
            raise ValueError(f"{name} is not tried again; there are {', '.join(RETRIED)}")
    return retries


def _texts(parameters: Any) -> Any:
    """Give values as people type them on the command line."""
    if not isinstance(parameters, dict):
        return parameters
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in parameters.items()}


def _no_secrets(parameters: dict[str, str]) -> dict[str, str]:
    # The schedule is printed, rendered and committed.
    for name, value in parameters.items():
        if is_secret_name(name) and not is_reference(value):
            raise ValueError(f"{name} is a secret; write env:NAME or file:PATH, never its value")
    return parameters


Span = Annotated[timedelta, BeforeValidator(_span)]
Retries = Annotated[dict[str, Annotated[int, Field(ge=1, le=20)]], AfterValidator(_known_errors)]


class JobConfig(Strict):
    """One job as it is written. See `jobs.Job` for what each word means."""

    command: Annotated[str, StringConstraints(min_length=1, max_length=500)] = ""
    notebook: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")] | None = None
    parameters: Annotated[dict[str, str], BeforeValidator(_texts), AfterValidator(_no_secrets)] = {}
    cron: str
    timezone: str = ""
    days_before: int | None = Field(default=None, ge=0, le=31)
    after: list[Name] = []
    wait_at_most: Span = timedelta(hours=6)
    timeout: Span = timedelta(minutes=30)
    retries: Retries = {}
    first_wait: Span = timedelta(minutes=1)
    catch_up: CatchUp = "latest"
    owner: str = ""
    recipients: list[str] = []
    enabled: bool = True

    @model_validator(mode="after")
    def _is_one_thing(self) -> JobConfig:
        if bool(self.command) == bool(self.notebook):
            raise ValueError("write either command or notebook")
        if self.parameters and not self.notebook:
            raise ValueError("parameters belong to a notebook; a command has its options in its own words")
        if self.catch_up == "each" and self.days_before is None:
            raise ValueError("catch_up: each needs days_before, or every slot is about the same newest day")
        if self.recipients and not self.notebook:
            raise ValueError("recipients get a report, and only a notebook makes one")
        return self

    def job(self, name: str, timezone: str) -> Job:
        return Job(
            name=name,
            command=("run", self.notebook) if self.notebook else tuple(self.command.split()),
            recurrence=Recurrence.parse(self.cron, self.timezone or timezone),
            notebook=self.notebook or "",
            parameters=self.parameters,
            days_before=self.days_before,
            after=tuple(self.after),
            wait_at_most=self.wait_at_most,
            timeout=self.timeout,
            retries=self.retries,
            first_wait=self.first_wait,
            catch_up=self.catch_up,
            owner=self.owner,
            recipients=tuple(self.recipients),
        )


class ScheduleConfig(Strict):
    """The file scheduler/schedule.yaml."""

    timezone: str = "UTC"
    parallel: int = Field(default=2, ge=1, le=64)
    jobs: dict[Name, JobConfig] = {}


def read_schedule(
    path: Path, *, notebooks: Iterable[str], commands: Iterable[str], recipients: Iterable[str] = ()
) -> Schedule:
    """Read the schedule.

    Args:
        notebooks: stems of those there are.
        commands: first words that `finops` knows.
        recipients: names of workbench.yaml; anybody else is a mail address.
    Raises:
        ConfigError: the file is not there, or a key, name, line of cron or order in it is wrong; says which job.
    """
    if not path.is_file():
        raise ConfigError(f"there is no {path}", next_step="copy scheduler/schedule.yaml of the workbench", path=path)
    try:
        config = ScheduleConfig.model_validate(read_yaml(path))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        said = "unknown key" if problem["type"] == "extra_forbidden" else problem["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{path}: {place}: {said}", next_step="correct the file", path=path) from error
    known = {"notebook": set(notebooks), "command": set(commands), "recipient": set(recipients)}
    written = {name: one for name, one in config.jobs.items() if one.enabled}
    for name, one in config.jobs.items():
        _check(path, name, one, config.jobs, known)
    jobs = {}
    for name in _ordered(path, written):
        try:
            jobs[name] = written[name].job(name, config.timezone)
        except ConfigError as error:
            raise ConfigError(f"{path}: jobs.{name}: {error.what}", next_step=error.next_step, path=path) from error
    return Schedule(jobs, config.parallel)


def _check(path: Path, name: str, one: JobConfig, jobs: Mapping[str, JobConfig], known: Mapping[str, set[str]]) -> None:
    def wrong(key: str, kind: str, value: str, choices: Iterable[str]) -> ConfigError:
        unknown = ConfigError.unknown(kind, value, choices)
        return ConfigError(f"{path}: jobs.{name}.{key}: {unknown.what}", next_step=unknown.next_step, path=path)

    if one.notebook and one.notebook not in known["notebook"]:
        raise wrong("notebook", "notebook", one.notebook, known["notebook"])
    if one.command and one.command.split()[0] not in known["command"]:
        raise wrong("command", "command", one.command.split()[0], known["command"])
    for other in one.after:
        if other not in jobs:
            raise wrong("after", "job", other, jobs)
        if one.enabled and not jobs[other].enabled:
            raise ConfigError(
                f"{path}: jobs.{name}.after: {other} is not enabled, so {name} would wait for ever",
                next_step="enable it, or take it out of after",
                path=path,
            )
    for person in (one.owner, *one.recipients):
        if person and "@" not in person and person not in known["recipient"]:
            raise wrong("recipients", "recipient", person, known["recipient"])


def _ordered(path: Path, jobs: Mapping[str, JobConfig]) -> list[str]:
    try:
        return list(TopologicalSorter({name: one.after for name, one in jobs.items()}).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise ConfigError(
            f"{path}: jobs wait for each other: {circle}", next_step="take one of them out of after", path=path
        ) from error
