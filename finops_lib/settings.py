"""Environment and YAML -> one frozen Settings. Only `runs` and `cli` read it; everyone else receives plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from finops_lib.alert_settings import (
    AlertRules,
    AnomalyConfig,
    ChannelConfig,
    Name,
    QuietConfig,
    RecipientConfig,
    RouteConfig,
    directory_of,
)
from finops_lib.analyses.alerts.routing import Directory
from finops_lib.analyses.alerts.rules import Rule
from finops_lib.commitment_settings import CommitmentConfig, OfferFile
from finops_lib.errors import ConfigError
from finops_lib.focus import DIMENSIONS
from finops_lib.lake import MEMORY_LIMIT
from finops_lib.lake.place import Place
from finops_lib.offers import Offer
from finops_lib.plans import Budget, FutureEvent
from finops_lib.registry import Registry
from finops_lib.runs.secrets import is_secret_name
from finops_lib.strict import Currency, Strict
from finops_lib.yaml_text import read_yaml

_Model = TypeVar("_Model", bound=BaseModel)


SourceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class DimensionRules(Strict):
    """How one allocation dimension is read from a charge (domain.md 7.1); the first source that gives a value wins."""

    keys: list[str] = []
    aliases: dict[str, list[str]] = {}
    accounts: dict[str, str] = {}
    billing_accounts: dict[str, str] = {}
    default: str | None = None


def _known_dimensions(dimensions: dict[str, DimensionRules]) -> dict[str, DimensionRules]:
    for name in dimensions:
        if name not in DIMENSIONS:
            raise ValueError(f"unknown dimension {name!r}; choose from {', '.join(DIMENSIONS)}")
    return dimensions


class AllocationRules(Strict):
    """The rule set that promotes tags and accounts to allocation dimensions."""

    rules_version: int = 1
    dimensions: Annotated[dict[str, DimensionRules], AfterValidator(_known_dimensions)] = {}


FILES = "files"


def _require_options(key: str, plugins: Registry[Any], name: str, options: dict[str, Any]) -> None:
    """Check the options of a plug-in by its own model, and say what is wrong without their values."""
    try:
        plugins.get(name).options.model_validate(options)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in (key, *problem["loc"]))
        raise ValueError(f"{place}: {problem['msg']}") from None


class SourceConfig(Strict):
    """One configured source of bills: files in a folder or bucket, or an interface that is asked.

    Args:
        kind: `files`, or a name from COLLECTORS; its `options` are checked by the collector's own model.
        path: of `files`: a folder, file, s3:// or az:// URI.
        apart_from: sources that hold other charges of the same accounts, so that both may be in the lake.
        inventory: options of the provider's inventory, or the `path` of one that was exported; absent = none is taken.
    """

    name: SourceName
    provider: str
    kind: str = FILES
    path: str = ""
    dialect: str = ""
    options: dict[str, Any] = {}
    apart_from: tuple[SourceName, ...] = ()
    inventory: dict[str, Any] | None = None

    @property
    def compare_with(self) -> str:
        """The source whose bill this one's totals are held against; nothing of it is loaded then. "" = none."""
        return str(self.options.get("compare_with", ""))

    @model_validator(mode="after")
    def _fits_its_kind(self) -> SourceConfig:
        if self.kind == FILES:
            if not self.path and self.inventory is None:
                raise ValueError("a path is needed, an s3:// or az:// URI included")
            if self.options:
                raise ValueError("options belong to a source with a kind; files have none")
        elif self.path:
            raise ValueError(f"a path belongs to a source of files, not to kind {self.kind}")
        else:
            # Imported here, because few sources need it and every command reads the settings.
            from finops_lib.sources.collectors import COLLECTORS

            _require_options("options", COLLECTORS, self.kind, self.options)
        if self.inventory is not None:
            from finops_lib.sources.inventory import INVENTORIES, inventory_of

            _require_options("inventory", INVENTORIES, inventory_of(self.provider, self.inventory), self.inventory)
        return self


def _names_are_their_own(sources: list[SourceConfig]) -> list[SourceConfig]:
    names = [source.name for source in sources]
    for source in sources:
        if names.count(source.name) > 1:
            raise ValueError(f"two sources are called {source.name!r}")
        if source.compare_with and source.compare_with not in names:
            raise ValueError(f"{source.name} is compared with {source.compare_with!r}, which is not a source")
        if strange := [name for name in source.apart_from if name not in names]:
            raise ValueError(f"{source.name} is apart from {strange[0]!r}, which is not a source")
    return sources


class Workbench(Strict):
    """The file params/workbench.yaml."""

    currency: Currency | Literal[""] = ""
    allocation: AllocationRules = AllocationRules()
    sources: Annotated[list[SourceConfig], AfterValidator(_names_are_their_own)] = []
    channels: dict[Name, ChannelConfig] = {}
    routes: dict[Name, RouteConfig] = {}
    recipients: list[RecipientConfig] = []
    quiet_hours: list[QuietConfig] = []
    anomalies: AnomalyConfig = AnomalyConfig()
    commitments: CommitmentConfig = CommitmentConfig()
    # Where readers can open the outputs folder; empty = nowhere, and a mail brings the report along.
    reports_url: Annotated[str, StringConstraints(pattern=r"^(https?://[!-;=?-~]{1,500})?$")] = ""

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> Workbench:
        self.directory()
        return self

    def directory(self) -> Directory:
        """Give who can be told of an alert, and how."""
        return directory_of(self.channels, self.routes, self.recipients, self.quiet_hours)


class Environment(BaseSettings):
    """The FINOPS_* variables of design.md 6."""

    model_config = SettingsConfigDict(env_prefix="FINOPS_", extra="ignore", env_ignore_empty=True)

    project: Path | None = None
    # Text, because a path would make s3:/bucket of s3://bucket.
    lake: str = ""
    catalog: str = ""
    state: str = ""
    outputs: Path | None = None
    params: Path | None = None
    memory_limit: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?\s*[KMGT]i?B$")] = MEMORY_LIMIT
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    report_diff: Literal["on", "off"] = "on"


class Settings(Strict):
    """Everything a run needs to know about where it is. All paths are absolute.

    Args:
        reports_say_changes: a report says what changed since the last one.
    """

    project: Path
    lake: Place
    state_url: str = Field(repr=False)
    outputs: Path
    params: Path
    memory_limit: str
    threads: int | None
    workbench: Workbench
    reports_say_changes: bool = True

    @property
    def notebooks(self) -> Path:
        return self.project / "notebooks"

    @property
    def workbench_file(self) -> Path:
        return self.params / "workbench.yaml"

    @property
    def budget_plan(self) -> Path:
        return self.params / "budget_plan.yaml"

    @property
    def alert_rules(self) -> Path:
        return self.params / "alert_rules.yaml"

    @property
    def commitment_offers(self) -> Path:
        return self.params / "commitment_offers.yaml"


def load_settings() -> Settings:
    """Read the environment and params/workbench.yaml.

    Raises:
        ConfigError: a variable or a key of the file is not what it should be; names it and says what is allowed.
    """
    try:
        environment = Environment()
    except ValidationError as error:
        raise ConfigError(
            f"environment: {_first_problem(error, prefix='FINOPS_')}", next_step="correct the variable, or unset it"
        ) from error
    project = (environment.project or Path.cwd()).resolve()
    lake = Place.of(environment.lake or project / "lake", environment.catalog)
    if lake.is_remote and not environment.state:
        raise ConfigError(
            "FINOPS_STATE is not set, and the lake is not in a folder that could hold the state",
            next_step="set it to a database URL, e.g. postgresql://user@host/database",
        )
    params = (environment.params or project / "params").resolve()
    return Settings(
        project=project,
        lake=lake,
        state_url=environment.state or sqlite_url(lake.folder),
        outputs=(environment.outputs or project / "outputs").resolve(),
        params=params,
        memory_limit=environment.memory_limit,
        threads=environment.threads,
        workbench=load_workbench(params),
        reports_say_changes=environment.report_diff == "on",
    )


def sqlite_url(lake: Path) -> str:
    """Give the URL of the state database that lies in a lake's folder."""
    return f"sqlite:///{lake / 'state.sqlite'}"


def load_workbench(params: Path) -> Workbench:
    """Read `workbench.yaml` in the folder `params`; no file means an empty one."""
    return _read_as(Workbench, params / "workbench.yaml")


def load_budget_plan(path: Path) -> list[Budget]:
    """Read the budgets of a plan file; none if the file is not there."""
    # Imported here, because few commands ask for budgets and every one reads the settings.
    from finops_lib.runs.plan_lines import PlanFile

    return list(_read_as(PlanFile, path).planned())


def load_future_events(path: Path) -> list[FutureEvent]:
    """Read the decided changes of a plan file, one for each budget they belong to; none if the file is not there."""
    from finops_lib.runs.plan_lines import PlanFile

    return list(_read_as(PlanFile, path).future_events())


def load_alert_rules(path: Path) -> list[Rule]:
    """Give the custom rules of a file; none if it is not there."""
    return [rule.rule() for rule in _read_as(AlertRules, path).rules]


def load_commitment_offers(path: Path) -> list[Offer]:
    """Give the prices of a file of offers; none if it is not there."""
    return [offer.offer() for offer in _read_as(OfferFile, path).offers]


def _read_as(model: type[_Model], path: Path) -> _Model:
    """Read a YAML file that must fit `model`; an absent file is an empty one."""
    try:
        return model.model_validate(read_yaml(path) if path.exists() else {})
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_problem(error)}", next_step="correct the file", path=path) from error


def _first_problem(error: ValidationError, *, prefix: str = "") -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    place = prefix + place.upper() if prefix else place
    if problem["type"] == "extra_forbidden":
        # Nobody knows what is behind an unknown key: perhaps a token.
        return f"{place}: unknown key"
    value = problem.get("input")
    if is_secret_name(place) or isinstance(value, dict | list):
        return f"{place}: {problem['msg']}"
    return f"{place}: {problem['msg']} (got {str(value)[:80]!r})"
