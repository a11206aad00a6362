#!/usr/bin/env bash
# Let Cloud Build release what is pushed to a branch: creates or updates the build trigger. Shows the plan, and asks.
#
# Usage: scripts/trigger.sh --connection NAME --repository NAME [--branch REGEX --previews] [--dry-run] [--yes]
#                           [--project ID]
#        scripts/trigger.sh --renew-session [--project ID]
#        scripts/trigger.sh --delete [--dry-run] [--yes] [--project ID]
#
#   --connection NAME   the connection to the repository's host, in REGION. Making it is the one step in the console:
#                       https://console.cloud.google.com/cloud-build/repositories/2nd-gen ("Create host connection",
#                       sign in there, then "Link repository"), because it needs a sign-in at that host
#   --repository NAME   the linked repository's name there
#   --branch REGEX      whose pushes are built (default ^main$); every other branch than main is a preview only
#   --previews          this project is there for previews: whoever can push to those branches can have what its functions
#                       read. What people use belongs in another project, of which only main is released
#   --renew-session     only sign the smoke check in again: its session lives 30 days
#   --delete            remove the trigger and the smoke check's session
#   --dry-run           show the plan and change nothing
#   --yes               do not ask
#
# The build runs as deployer@: it may deploy, and may not change who may invoke. Itself it reads one secret,
# smoke-session, which signs in one guest, "Release check" (scripts/invite.sh --revoke "Release check" signs it out).
#
# Exit: 0 it is so, 1 it is not, for the reason given, 2 wrong usage.
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
  run_release trigger ${arguments[@]+"${arguments[@]}"}
}

main "$@"
