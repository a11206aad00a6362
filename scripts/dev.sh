#!/usr/bin/env bash
# Run the whole site on this machine and print where: the page, the functions, and stand-ins for everything remote.
#
# Usage: scripts/dev.sh [--port N] [--no-build] [--folder F]
#
#   --port N     where the page is served (default 5000)
#   --no-build   serve web/dist as it is
#   --folder F   keeps the bucket and the functions' logs, for you alone (default .voicemint)
#
# Needs no key, no account and no cloud: an offline stand-in answers. With OPENAI_API_KEY set, OpenAI does.
# The first run sets up everything it needs (.venv, web/node_modules). Ctrl-C stops all of it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

main() {
  local build=yes arguments=()
  check_only_options "$@"
  while (($#)); do
    case "$1" in
      --no-build) build=no ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
  check_agents
  ensure_venv "${FOR_DEV[@]}"
  [[ $build == no ]] || ensure_page
  cd "$ROOT"
  PYTHONPATH="$ROOT/infra:$ROOT/functions" exec "$PYTHON" -m standins ${arguments[@]+"${arguments[@]}"}
}

main "$@"
