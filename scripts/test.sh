#!/usr/bin/env bash
# Run the tests. The first run sets up everything they need.
#
# Usage: scripts/test.sh [folder or pytest argument...]
#
#   scripts/test.sh                  all of them: the page's unit tests, then pytest
#   scripts/test.sh functions        tests/functions only; also: infra, scripts, security, web
#   scripts/test.sh security --long  the security suite with minutes of fuzzing instead of seconds
#   scripts/test.sh -k mint -x       pytest's own short options; -n 0: in one process, for --pdb
#   scripts/test.sh --lf             these of its long ones: --lf --ff --sw --pdb --maxfail N --durations N --tb STYLE
#   scripts/test.sh -- --trace       whatever stands after -- goes to pytest as it is
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  local argument unit_tests=yes arguments=()
  SHORT_OPTIONS=passed check_options "$@"
  for argument in "$@"; do
    case "$argument" in
      --) continue ;;
      functions | infra | scripts | security | web) arguments+=("tests/$argument") ;;
      *) arguments+=("$argument") ;;
    esac
    [[ $argument == web ]] || unit_tests=no
  done
  ensure_venv "${FOR_DEV[@]}" tests
  ensure_node
  ensure_npm web
  ensure_page
  ensure_program "${CHROMIUM:-chromium}" "for the browser tests (or name one: CHROMIUM=/path/to/chromium)"
  ensure_headless_shell
  ensure_program wrk "for the test of scripts/bench.sh"
  cd "$ROOT"
  if [[ $unit_tests == yes ]]; then
    step "The page's unit tests (vitest)"
    run_npm --prefix web run --silent test
  fi
  step "pytest"
  "$PYTHON" -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder --durations=12 \
    ${arguments[@]+"${arguments[@]}"}
}

# Once: a system that has no such package is not asked again.
ensure_headless_shell() {
  local asked="$ROOT/.venv/.asked-for-headless-shell"
  [[ -n ${CHROMIUM:-} || -f $asked ]] || command -v chromium-headless-shell >/dev/null ||
    apt_install chromium-headless-shell || step "The browser tests use Chromium itself, which takes longer"
  touch "$asked"
}

main "$@"
