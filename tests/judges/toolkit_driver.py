"""Runs inside the judges' environment: every violation of a file as JSON; the judge's command shows only fifty."""

import json
import sys

from focus_data_toolkit.cli import lint_focus_1_4_structure, read_source_rows, resolve_dataset

dataset = resolve_dataset("cost and usage")
report = lint_focus_1_4_structure(dataset, read_source_rows(sys.argv[1], dataset=dataset))
print(json.dumps(report.messages()))
