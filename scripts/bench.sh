#!/usr/bin/env bash
# Measure speed, side by side with what people run today, and say which promises are met.
#
# Usage: scripts/bench.sh mint|page|call|watch [--rounds N] [--seconds N] [--quick] [--json FILE] [--check]
#
#   mint            cold start and load of mint_client_secret, beside (a) an Express token server, (b) an empty
#                   function and (c) the obvious Python port of (a)
#   page            click to first sound in a real browser over a link with 80 ms round trip, both set-ups beside the
#                   usual page (token, then the Agents SDK); the first paint; an hour of conversation. Needs root,
#                   /dev/net/tun, iproute2 and Chromium
#   call            opening a call through the server, ten at once, beside the time that OpenAI itself takes for it
#   watch           80 calls watched by one process: memory and CPU a call
#   --rounds N      rounds, in which all take turns; medians are of these (default 9)
#   --seconds N     of load a cell (default 4)
#   --quick         only show that the bench works: one short round
#   --json FILE     write every single measurement to FILE
#   --check         exit 1 when a bar is missed
#
# Needs Node 20 and wrk (sudo apt-get install wrk). Exit: 0 measured, 1 a bar missed with --check, 2 cannot measure.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  check_options "$@"
  case "${OPERANDS[0]:-}" in
    mint | page | call | watch) ;;
    *) wrong_usage "say what to measure: mint, page, call or watch" ;;
  esac
  ensure_venv "${FOR_DEV[@]}"
  ensure_node
  case "${OPERANDS[0]}" in
    page) prepare_page ;;
    *) ensure_npm scripts/bench/peers/express ;;
  esac
  PYTHONPATH="$ROOT/scripts:$ROOT/infra:$ROOT/functions" exec "$PYTHON" -m bench "$@"
}

prepare_page() {
  ensure_venv "${FOR_DEV[@]}" tests
  ensure_npm web
  ensure_npm scripts/bench/peers/page
  run_npm --prefix "$ROOT/scripts/bench/peers/page" run --silent build
  ensure_program "${CHROMIUM:-chromium}" "for the page (or name one: CHROMIUM=/path/to/chromium)"
}

main "$@"
