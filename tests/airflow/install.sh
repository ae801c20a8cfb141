#!/usr/bin/env bash
# Install Airflow into DIR, an environment of its own: tests/airflow/install.sh DIR
# Does nothing where that has been done with the same pins.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
to="${1:?say where to: tests/airflow/install.sh DIR}"

pins="$(cat "$here/requirements.txt" "$0" | sha256sum | cut -c1-16)"
if [ -x "$to/bin/airflow" ] && [ "$(cat "$to/pins" 2>/dev/null)" = "$pins" ]; then
    exit 0
fi
rm -rf "$to"
mkdir -p "$(dirname "$to")"
"${PYTHON:-python3}" -m venv "$to"
# The pins are complete, so that nothing is looked for but them.
"$to/bin/python" -m pip install -q --disable-pip-version-check --no-deps -r "$here/requirements.txt"
"$to/bin/python" -m pip check
echo "$pins" >"$to/pins"
