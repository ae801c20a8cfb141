"""An inventory from files: exported resources, looks and hours of utilisation in a folder, of whichever provider.

For accounts that the workbench may not ask itself, and for looking at an inventory of another day.

    export.json       {"taken_at": "2026-03-18T07:00:00Z"}
    resources.jsonl   one resource a line: type, resource_id, account, region, and what is known of name, state,
                      state_since, created_at, attributes, tags
    looks.jsonl       one look a line: type or type/metric, account, region ("" = all of them), and for a look that was
                      refused `needs` and `said`; a look without resources says that there are none
    metrics/*.parquet the columns of the lake's table `metrics` but for x_Provider and x_SourceId

Types, ids, states and attributes are those of the providers' own inventories. Times have a zone.

Question: when was it looked?
Choice: at `taken_at`, which becomes the time of the looks in the lake.
Why: a resource that an export of May does not hold is gone since May, not since the file was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from finops_lib.errors import ConfigError, DataError
from finops_lib.sources.collectors import Options, Permission, Tried
from finops_lib.sources.inventory import FILES, INVENTORIES, AskedInventory, Hours, Resource, Scope, Series
from finops_lib.sources.inventory.looks import one_line

if TYPE_CHECKING:
    import polars as pl

_EXPORT, _RESOURCES, _LOOKS, _METRICS = "export.json", "resources.jsonl", "looks.jsonl", "metrics"
_READ = Permission("read access to the folder", "resources, looks and utilisation that were exported")
_TEXTS = ("SubAccountId", "RegionId", "resource_type", "ResourceId", "metric", "unit")

T = TypeVar("T", bound=BaseModel)
_Name = Annotated[str, Field(min_length=1)]
_Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC).replace(tzinfo=None))]


class FilesOptions(Options):
    """Where the export is: a folder, relative to that of the params folder's project."""

    path: Annotated[str, Field(min_length=1)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Export(_Line):
    taken_at: _Moment


class _Resource(_Line):
    type: _Name
    resource_id: _Name
    account: _Name
    region: str
    name: str = ""
    state: str = ""
    state_since: _Moment | None = None
    created_at: _Moment | None = None
    attributes: dict[str, str] = {}
    tags: dict[str, str] = {}


class _Look(_Line):
    type: _Name
    account: _Name
    region: str
    needs: str = ""
    said: str = ""


class FilesInventory:
    """Looks that somebody else made; stateless."""

    options: type[Options] = FilesOptions
    permissions: tuple[Permission, ...] = (_READ,)

    def scopes(self, options: FilesOptions, asked: AskedInventory) -> Iterator[Scope]:
        """Give every look of the export with what it found.

        Raises:
            ConfigError: there is no such folder, or it holds no export.
            DataError: a line that is none, a resource that no look would have found or that one was refused.
        """
        folder = _folder(options)
        export = _one(_Export, (folder / _EXPORT).read_text(encoding="utf-8"), _EXPORT)
        taken_at: datetime = export.taken_at
        found: dict[tuple[str, str, str], list[Resource]] = {}
        looks = {(look.type, look.account, look.region): look for look in _lines(_Look, folder / _LOOKS)}
        for one in _lines(_Resource, folder / _RESOURCES):
            key = next((key for key in _scopes_of(one) if key in looks), None)
            if key is None or looks[key].needs:
                why = "no look" if key is None else "only a refused look"
                raise DataError(
                    f"{folder / _RESOURCES}: {one.resource_id} is a {one.type} of {one.account}, for which there is "
                    f"{why} in {_LOOKS}",
                    next_step=f"add the look to {_LOOKS}, or take the resource out",
                )
            found.setdefault(key, []).append(_resource(one))
        for key, look in looks.items():
            resources = tuple(found.get(key, ()))
            yield Scope(look.type, look.account, look.region, resources, look.needs, one_line(look.said), taken_at)

    def series(
        self, options: FilesOptions, asked: AskedInventory, resources: list[Resource]
    ) -> Iterator[Series | Scope | Hours]:
        """Give the files of hours as they are.

        Raises:
            DataError: a file that has not the columns of `metrics`, or values that cannot be.
        """
        for file in sorted((_folder(options) / _METRICS).glob("*.parquet")):
            asked.progress(file.name, 0, None)
            yield _hours(file)

    def try_permissions(self, options: FilesOptions) -> list[Tried]:
        """Look whether the export is there and can be read."""
        try:
            folder = _folder(options)
            (folder / _EXPORT).read_bytes()
        except (ConfigError, OSError) as error:
            return [Tried(_READ, False, one_line(getattr(error, "what", error)))]
        return [Tried(_READ, True, f"{folder} can be read")]


INVENTORIES.register(FILES)(FilesInventory())


def _folder(options: FilesOptions) -> Path:
    folder = Path(options.path)
    missing = [name for name in (_EXPORT, _RESOURCES, _LOOKS) if not (folder / name).is_file()]
    if missing:
        raise ConfigError(
            f"{folder} is no export of an inventory: it has no {missing[0]}",
            next_step=f"put {_EXPORT}, {_RESOURCES} and {_LOOKS} there, or correct inventory.path",
            path=folder,
        )
    return folder


def _lines(model: type[T], file: Path) -> Iterator[T]:
    try:
        with file.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield _one(model, line, f"{file} line {number}")
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not text in UTF-8", next_step="save it as UTF-8") from error


def _one(model: type[T], text: str, place: str) -> T:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise DataError(
            f"{place}: {f'{key}: ' if key else ''}{problem['msg']}", next_step="correct the line", place=place
        ) from error


def _scopes_of(one: _Resource) -> tuple[tuple[str, str, str], ...]:
    return (one.type, one.account, one.region), (one.type, one.account, "")


def _resource(one: _Resource) -> Resource:
    return Resource(
        one.type,
        one.resource_id,
        one.account,
        one.region,
        one.name,
        one.state,
        one.state_since,
        one.created_at,
        one.attributes,
        one.tags,
    )


def _hours(file: Path) -> Hours:
    """Check a file of hours and say what was measured in it."""
    import polars as pl

    try:
        hours = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{file} is not a Parquet file: {one_line(error)}", next_step="export it again") from error
    wanted = _schema()
    if wrong := [name for name, type_ in wanted.items() if hours.schema.get(name) != type_]:
        raise DataError(
            f"{file}: {wrong[0]} is {hours.schema.get(wrong[0], 'not there')} and not {wanted[wrong[0]]}",
            next_step="export the columns of the table `metrics` without x_Provider and x_SourceId",
            column=wrong[0],
        )
    impossible = hours.filter(
        pl.any_horizontal(pl.col(wanted).is_null())
        | (pl.col("hour") != pl.col("hour").dt.truncate("1h"))
        | (pl.col("counts").list.sum() != pl.col("points"))
        | (pl.col("bins").list.len() != pl.col("counts").list.len())
        | (pl.col("points") == 0)
    )
    if impossible.height:
        row = impossible.row(0, named=True)
        raise DataError(
            f"{file}: {row['metric']} of {row['ResourceId']} at {row['hour']} cannot be: each hour is a full one, has "
            "points, and its counts add up to them",
            next_step="export it again; finops sql shows what the lake keeps of other sources",
        )
    measured = hours.select(_TEXTS[:5]).unique().rows()
    return Hours(
        file, frozenset((account, region, f"{type_}/{metric}", id_) for account, region, type_, id_, metric in measured)
    )


def _schema() -> dict[str, pl.DataType]:
    import polars as pl

    bins = pl.List(pl.UInt16())
    return {
        **dict.fromkeys(_TEXTS, pl.String()),
        "hour": pl.Datetime("us"),
        "points": pl.UInt16(),
        "mean": pl.Float64(),
        "max": pl.Float64(),
        "bins": bins,
        "counts": bins,
    }
