#!/usr/bin/env bash
# Install bqemulator into DIR, for FINOPS_BQEMULATOR=DIR: a virtual environment, and a home with DuckDB's extensions,
# which bqemulator would otherwise fetch from the network at every start. Done once; again when the pins change.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
pins="$(cd "$(dirname "$0")" && pwd)/requirements.txt"
mkdir -p "$1"
dir="$(cd "$1" && pwd)"
if cmp -s "$pins" "$dir/installed"; then
    exit 0
fi
rm -rf "$dir/venv" "$dir/home" "$dir/installed"
"${PYTHON:-python3}" -m venv "$dir/venv"
python="$dir/venv/bin/python"
"$python" -m pip install -qq --disable-pip-version-check --no-deps -r "$pins"
place="$("$python" -c '
import duckdb
print(f"v{duckdb.__version__}/" + duckdb.sql("pragma platform").fetchone()[0])')"
mkdir -p "$dir/home/.duckdb/extensions/$place"
cp "$dir"/venv/lib/python3*/site-packages/duckdb_extension_*/extensions/*/*.duckdb_extension \
    "$dir/home/.duckdb/extensions/$place/"
cp "$pins" "$dir/installed"
