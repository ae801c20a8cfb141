# Two commands on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
# Everything below only needs .venv, and .venv is made again whenever the lock is newer.

PYTHON ?= python3
BIN := .venv/bin
# How many tests run at once: one per core.
WORKERS ?= auto

.PHONY: demo test test-fast bench bench-anomalies lint format lock clean

demo: .venv/installed
	$(BIN)/finops demo

test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -m alone
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not alone"

test-fast: .venv/installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow"

bench: .venv/installed
	$(BIN)/python -m tests.bench

bench-anomalies: .venv/installed
	$(BIN)/python -m tests.bench anomalies

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# --no-deps: the lock is complete, and leaves out one package on purpose (see [tool.uv] in pyproject.toml).
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] < (3, 14)))' || \
		{ echo "finops needs Python 3.11, 3.12 or 3.13; this is $$($(PYTHON) --version). Next: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	rm -rf .venv
	@$(PYTHON) -m venv .venv || { echo "python3 -m venv failed. Next: install the venv module (Debian: apt install python3-venv)"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Needs uv (pip install uv). Universal: one lock for 3.11 to 3.13; no addresses in it.
lock:
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		--no-emit-find-links --no-emit-index-url --no-emit-package rfc3987-syntax --no-emit-package lark \
		--all-extras --upgrade --quiet pyproject.toml --output-file requirements.lock

clean:
	rm -rf .venv demo .pytest_cache .mypy_cache .ruff_cache
