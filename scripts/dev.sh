#!/usr/bin/env bash
# Run the whole site on this machine and print where: the page, the functions, and stand-ins for everything remote.
#
# Usage: scripts/dev.sh [--port N] [--no-build] [--folder F]
#
#   --port N     where the page is served (default 5000)
#   --no-build   serve web/dist as it is
#   --folder F   keeps the bucket and the functions' logs (default .voicemint)
#
# Needs no key, no account and no cloud: an offline stand-in answers. With OPENAI_API_KEY set, OpenAI does.
# The first run sets up everything it needs (.venv, web/node_modules). Ctrl-C stops all of it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  local build=yes arguments=()
  while (($#)); do
    case "$1" in
      -h | --help) usage && return ;;
      --no-build) build=no ;;
      --port | --folder)
        (($# > 1)) || die "$1 needs a value; see scripts/dev.sh --help"
        arguments+=("$1" "$2") && shift
        ;;
      *) die "unknown argument '$1'; see scripts/dev.sh --help" ;;
    esac
    shift
  done
  ensure_venv functions infra/standins
  [[ $build == no ]] || ensure_page
  cd "$ROOT"
  PYTHONPATH="$ROOT/infra:$ROOT/functions" exec "$PYTHON" -m standins "${arguments[@]}"
}

main "$@"
