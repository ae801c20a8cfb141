#!/usr/bin/env bash
# Install the outside judges of a FOCUS file into DIR, an environment of their own: tests/judges/install.sh DIR
# Does nothing where that has been done with the same pins.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
to="${1:?say where to: tests/judges/install.sh DIR}"
validator=2.2.1

pins="$(cat "$here/requirements.txt" "$0" | sha256sum | cut -c1-16)"
if [ -x "$to/bin/focus-validator" ] && [ "$(cat "$to/pins" 2>/dev/null)" = "$pins" ]; then
    exit 0
fi
rm -rf "$to"
mkdir -p "$(dirname "$to")"
"${PYTHON:-python3}" -m venv "$to"
"$to/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt"

# It asks for Python 3.12 because of one line, an f-string with a backslash in it.
"$to/bin/python" -m pip download -q --disable-pip-version-check --no-deps --no-binary focus-validator \
    --ignore-requires-python --no-build-isolation -d "$to/source" "focus-validator==$validator"
tar -xzf "$to/source/focus_validator-$validator.tar.gz" -C "$to/source"
"$to/bin/python" - "$to/source/focus_validator-$validator" <<'PATCH'
import pathlib
import sys

source = pathlib.Path(sys.argv[1])
for name, old, new in (
    ("pyproject.toml", 'python = "^3.12"', 'python = ">=3.11"'),
    (
        "focus_validator/config_objects/focus_to_duckdb_converter.py",
        """f"'{k.replace('\\"', '\\"\\"')}'" for k""",
        """"'" + k.replace('"', '""') + "'" for k""",
    ),
):
    path = source / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{name}: the line to change is not there once"
    path.write_text(text.replace(old, new), encoding="utf-8")
PATCH
"$to/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation \
    "$to/source/focus_validator-$validator"
rm -rf "$to/source"
echo "$pins" >"$to/pins"
