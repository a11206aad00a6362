#!/usr/bin/env bash
# Go back to the previous release, page and functions together, in one change. Says what it will do, and asks.
#
# Usage: scripts/rollback.sh [--to VERSION] [--yes] [--project ID]
#        scripts/rollback.sh --list [--project ID]
#        scripts/rollback.sh --forget [--yes] [--project ID]
#
#   --list         what was released, newest first; changes nothing
#   --forget       after closing a hole in a function: end the functions of every release but the live one, for good
#   --to VERSION   a version of that list, instead of the one before the present one
#   --yes          do not ask
#   --project ID   the project, instead of PROJECT_ID
#
# A release is a Hosting version whose rewrites are pinned to revisions of the functions: making an older version live
# brings both back. Going back twice goes further back. What the newest revisions are is not changed: scripts/release.sh
# makes them live again. Functions that the page does not use (tasks, the telephone) run their newest revision always.
#
# Exit: 0 it is live, 1 it is not, for the reason given, 2 wrong usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=project.sh
source "$(dirname "$0")/project.sh"
# shellcheck source-path=SCRIPTDIR source=functions.sh
source "$(dirname "$0")/functions.sh"

main() {
  local arguments=()
  check_only_options "$@"
  while (($#)); do
    case "$1" in
      --project) PROJECT_ID=$2 && shift ;;
      --project=*) PROJECT_ID=${1#*=} ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
  cd "$ROOT"
  read_project
  export "${PROJECT_VARIABLES[@]}"
  need_gcloud
  ensure_venv "${FOR_OWNERS[@]}"
  ensure_node
  ensure_npm infra/firebase
  run_release rollback ${arguments[@]+"${arguments[@]}"}
}

main "$@"
