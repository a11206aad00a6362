#!/usr/bin/env bash
# Format, lint and type checks of everything. Changes nothing; `scripts/check.sh --fix` repairs what a tool can.
#
# Usage: scripts/check.sh [--fix]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_only_options "$@"
  [[ ${1:-} != --fix ]] || fix
  ensure_venv "${FOR_DEV[@]}" tests
  ensure_node
  ensure_npm web
  cd "$ROOT"
  step "ruff" && .venv/bin/ruff format --check . && .venv/bin/ruff check .
  step "mypy" && .venv/bin/mypy functions/*.py functions/voicemint infra/standins scripts/{bench,common,owner,provision,release,smoke}
  step "import-linter" && PYTHONPATH=functions:infra:scripts .venv/bin/lint-imports
  step "shellcheck" && .venv/bin/shellcheck --external-sources scripts/*.sh tests/scripts/docker.sh findings/*.sh .ci/run
  step "eslint" && run_npm --prefix web run --silent lint
  step "the documents' links" && .venv/bin/python tests/links.py
  step "the tests' ids" && .venv/bin/python tests/collect_twice.py
  step "no import circle in the page" && run_npm --prefix web run --silent circles
  step "tsc" && run_npm --prefix web run --silent typecheck
}

fix() {
  ensure_venv "${FOR_DEV[@]}" tests
  (cd "$ROOT" && .venv/bin/ruff check --fix --quiet . && .venv/bin/ruff format --quiet .)
}

main "$@"
