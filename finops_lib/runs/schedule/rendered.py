"""Write a rendered schedule into a folder, whole, and without what an older schedule left there."""

from __future__ import annotations

import re
from pathlib import Path

from finops_lib.errors import ConfigError
from finops_lib.runs.schedule.opened import FOLDER, load_schedule
from finops_lib.runs.schedule.render import HEAD, RENDERERS, Where
from finops_lib.settings import Settings

# Nothing of these means anything to a shell, to systemd or to YAML.
_PLAIN = {
    "project": re.compile(r"^/[A-Za-z0-9._/@+-]*$"),
    "finops": re.compile(r"^[A-Za-z0-9._/@+-]+$"),
    "user": re.compile(r"^[a-z_][a-z0-9_-]{0,31}$"),
    "image": re.compile(r"^[a-z0-9][A-Za-z0-9._:/@-]{0,254}$"),
    "namespace": re.compile(r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$"),
}


def write_rendered(settings: Settings, target: str, where: Where, *, to: Path | None) -> list[Path]:
    """Write the files of one scheduler and give them.

    Raises:
        ConfigError: no such scheduler, the schedule is wrong, or a name that the files could not hold.
    """
    render = RENDERERS.get(target)
    for name, allowed in _PLAIN.items():
        if not allowed.fullmatch(getattr(where, name)):
            raise ConfigError(
                f"--{name} {getattr(where, name)!r} cannot be written into the files of a scheduler",
                next_step="use letters, digits and . _ / @ + -; a project's folder begins with /",
            )
    files = render(load_schedule(settings), where)
    folder = to or settings.project / FOLDER / target
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.is_file() and old.name not in files and HEAD in old.read_text(encoding="utf-8", errors="replace")[:200]:
            old.unlink()
    paths = []
    for name, text in files.items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
