"""YAML that people write: read strictly, never quoted in an error, since it may hold a secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from finops_lib.errors import ConfigError


class _OnceLoader(yaml.SafeLoader):
    """A key given twice is a mistake, of which YAML would silently keep the last."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            name = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else None
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"{key.value} is given twice", problem_mark=key.start_mark)
            seen.add(name or key)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            problem = "a value looks like a date or number and is none; quote it"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file of `key: value` lines; an empty one has none.

    Raises:
        ConfigError: not there, not YAML, something else than keys, or a key twice. Shows no line of the file, since
            it may hold a secret.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_OnceLoader)
    except OSError as error:
        raise ConfigError(
            f"{path} is not a readable YAML file: {error.strerror}",
            next_step="check the path and its permissions",
            path=path,
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(
            f"{path} is not a readable YAML file: {_yaml_problem(error)}", next_step="correct the file", path=path
        ) from error
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(
            f"{path} holds something else than `key: value` lines", next_step="write `key: value` lines", path=path
        )
    return content


def _yaml_problem(error: Exception) -> str:
    if not isinstance(error, yaml.MarkedYAMLError):
        return "it is not UTF-8 text, or nested too deeply"
    # An alias or tag is quoted from the file; punctuation and '<block end>' are not.
    problem = re.sub(r"(alias|tag|handle|anchor) (['\"]).*\2", r"\1", error.problem or "wrong syntax")
    return f"line {error.problem_mark.line + 1}: {problem}" if error.problem_mark else problem
